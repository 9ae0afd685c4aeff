"""What is secret stays where it is: in no journal, log or policy folder, and out of a function's reach."""

import io
import json
import zipfile
from dataclasses import replace

import boto3
import pytest
from raw import CALLS, Call, policy, presigned, query, record_of, send, signed, target, trust

CANARY = "canary-4711"
# Looks into everything that a function of the same user can open without naming a file of the driver's, and says where a needle is.
LOOKING = """
import os, pathlib

def contents():
    yield "environment", repr(dict(os.environ)).encode()
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            yield f"descriptor {descriptor}", os.read(int(descriptor), 65536) if int(descriptor) > 2 and os.path.isfile(f"/proc/self/fd/{descriptor}") else b""
        except OSError:
            pass
    for process in filter(str.isdigit, os.listdir("/proc")):
        for name in ("environ", "cmdline"):
            try:
                yield f"/proc/{process}/{name}", pathlib.Path("/proc", process, name).read_bytes()
            except OSError:
                pass
    for root in {os.getcwd(), os.environ["LAMBDA_TASK_ROOT"], os.environ.get("TMPDIR", "/nowhere"), os.environ.get("HOME", "/nowhere")}:
        for path in pathlib.Path(root).rglob("*") if root not in ("/", "/root") else ():
            try:
                yield str(path), path.read_bytes() if path.is_file() else b""
            except OSError:
                pass

def handler(event, context):
    seen = list(contents())
    found = [where for where, content in seen for needle in event["needles"] if needle.encode() in content]
    return {"found": found, "looked": len(seen), "own": os.environ["AWS_SECRET_ACCESS_KEY"] in repr(seen)}
"""


@pytest.fixture(scope="module")
def one(accounts):
    return accounts["one"]


def secrets_of(record):
    pairs = [keys.secret for account in record.accounts.values() for keys in (account.deployer, account.root)]
    return [record.launch_key, *pairs]


def written(sandbox):
    """Journals, logs and policies of the run, by path."""
    state = sandbox.folder.parent / "state"
    wanted = [path for path in state.rglob("*") if path.suffix in {".jsonl", ".log"} or path.parent.name == "policies"]
    return {path: path.read_text(errors="replace") for path in wanted if path.is_file()}


def test_no_request_leaves_its_secrets_or_parameters_in_what_is_written(one, accounts, sandbox):
    url = one["endpoint_url"]
    iam = boto3.client(
        "iam",
        endpoint_url=url,
        region_name="us-west-2",
        **{name: one[name] for name in ("aws_access_key_id", "aws_secret_access_key")},
    )
    iam.create_role(RoleName="canary", AssumeRolePolicyDocument=trust("111111111111"))
    session = send(url, signed(url, query("sts", "AssumeRole", "2011-06-15", RoleArn="arn:aws:iam::111111111111:role/canary", RoleSessionName="session"), one)).text  # fmt: skip
    assert "<SessionToken>" in session, session
    given = {name: session.partition(f"<{tag}>")[2].partition("<")[0] for name, tag in (("aws_access_key_id", "AccessKeyId"), ("aws_secret_access_key", "SecretAccessKey"), ("aws_session_token", "SessionToken"))}  # fmt: skip
    item = target("dynamodb", "DynamoDB_20120810.PutItem", TableName="missing", Item={"k": {"S": CANARY}})
    calls = [item, query("iam", "CreateLoginProfile", "2010-05-08", "us-east-1", UserName="x", Password=CANARY), replace(CALLS["sts"], body=CALLS["sts"].body + f"&x={CANARY}".encode()), Call("s3", "PUT", "/missing/k", CANARY.encode()), replace(CALLS["dynamodb"], body=f'{{"{CANARY}'.encode()), Call("lambda", "GET", f"/2015-03-31/functions/?Marker={CANARY}")]  # fmt: skip
    requests = []
    for call in calls:
        for keys in (one, given):
            good = signed(url, call, keys, **{"X-Amz-Meta-Note": CANARY})
            requests += [good, good.changed("Authorization", good.value("Authorization")[:-4] + "0000"), good.changed("Authorization", None), good.changed("Authorization", f"Bearer {CANARY}"), good.changed("X-Amz-Security-Token", CANARY)]  # fmt: skip
    requests.append(presigned(url, CALLS["sts"], given, expires=60))
    for door in accounts.values():
        for request in requests:
            send(door["endpoint_url"], request)

    # the AWS access key id and the policy are for the journal; the needles are what is secret about them
    signatures = [
        request.value("Authorization").rpartition("=")[2]
        for request in requests
        if request.changed("Authorization", None) != request
    ]
    needles = [CANARY, given["aws_secret_access_key"], given["aws_session_token"], *secrets_of(record_of(sandbox)), *(text for text in signatures if len(text) == 64)]  # fmt: skip
    files = written(sandbox)
    assert len([path for path in files if path.name == "journal.jsonl"]) == 2
    assert "canary" in "".join(files.values())  # the role's name: the journal was written and is looked into
    assert [(path.name, needle[:12]) for path, text in files.items() for needle in needles if needle in text] == []


def test_a_function_finds_no_keys_but_its_own(one, sandbox):
    options = {"endpoint_url": one["endpoint_url"], "region_name": "us-west-2"}
    keys = {name: one[name] for name in ("aws_access_key_id", "aws_secret_access_key")}
    service = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
    )
    role = boto3.client("iam", **options, **keys).create_role(RoleName="looking", AssumeRolePolicyDocument=service)[
        "Role"
    ]["Arn"]
    boto3.client("iam", **options, **keys).put_role_policy(
        RoleName="looking", PolicyName="logs", PolicyDocument=policy("logs:*")
    )
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as zipped:
        zipped.writestr("looking.py", LOOKING)
    functions = boto3.client("lambda", **options, **keys)
    functions.create_function(FunctionName="looking", Role=role, Runtime="python3.13", Handler="looking.handler", Code={"ZipFile": package.getvalue()}, Timeout=30)  # fmt: skip

    answer = functions.invoke(FunctionName="looking", Payload=json.dumps({"needles": secrets_of(record_of(sandbox))}))
    said = json.loads(answer["Payload"].read())

    assert said["own"] is True, said  # it looks where keys are
    assert said["looked"] > 20
    assert said["found"] == []


def test_no_secret_is_in_an_instances_environment_or_arguments(sandbox):
    instances = [process for process in sandbox.children() if "harness.gateway" in process.cmdline()]

    assert len(instances) == 2
    for process in instances:
        assert "GATEWAY_LISTEN" in process.environ()
        told = repr((process.environ(), process.cmdline()))
        assert not [secret for secret in secrets_of(record_of(sandbox)) if secret in told]
