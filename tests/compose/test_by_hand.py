"""`docker compose up --wait` by hand gives the sandbox that `harness up` gives, and no container knows more than it must."""

import io
import json
import zipfile

import boto3
import pytest
from botocore.config import Config

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
BOOTSTRAP = """#!/opt/harness/environment/bin/python
import http.client, json, os, pathlib
api, base = os.environ["AWS_LAMBDA_RUNTIME_API"], "/2018-06-01/runtime/invocation"

def ask(method, path, body=None):
    connection = http.client.HTTPConnection(api)
    connection.request(method, path, body)
    answer = connection.getresponse()
    return answer.headers, answer.read()

def secret(path):
    try:
        return pathlib.Path(path).read_text()
    except OSError as error:
        return type(error).__name__

while True:
    headers, body = ask("GET", base + "/next")
    launches = [secret("/run/harness/" + name) for name in ("record.json", "launch.json")]
    answer = {"event": json.loads(body), "launches": launches, "user": os.getuid()}
    ask("POST", base + "/" + headers["lambda-runtime-aws-request-id"] + "/response", json.dumps(answer))
"""


@pytest.fixture(scope="module")
def accounts(by_hand):
    return json.loads(by_hand.run("env", "--json").stdout)["accounts"]


def client(account, service):
    keys = {name: account[name] for name in ("aws_access_key_id", "aws_secret_access_key")}
    once = Config(retries={"total_max_attempts": 1})
    return boto3.client(service, region_name="us-west-2", endpoint_url=account["endpoint_url"], config=once, **keys)


def test_the_commands_work_on_it_unchanged(by_hand, accounts):
    assert client(accounts["one"], "sts").get_caller_identity()["Account"] == "111111111111"
    client(accounts["one"], "iam").list_users()

    status, journal, second = by_hand.run("status"), by_hand.run("journal"), by_hand.run("up", "--backend", "compose")

    assert status.stdout.count("yes") == 2
    assert "iam:ListUsers" in journal.stdout
    assert (second.returncode, "up already, as the Compose project `by-hand`" in second.stderr) == (1, True)


def test_any_door_leads_to_the_owner(accounts):
    one, two = accounts["one"], accounts["two"]

    assert (
        client({**one, "endpoint_url": two["endpoint_url"]}, "sts").get_caller_identity()["Account"] == "111111111111"
    )


def test_a_queue_url_is_one_that_the_client_can_reach(accounts):
    url = client(accounts["one"], "sqs").create_queue(QueueName="q")["QueueUrl"]

    assert url.startswith(accounts["one"]["endpoint_url"])


def test_a_function_runs_a_program_of_its_own_and_reads_no_launch(accounts):
    one = accounts["one"]
    role = client(one, "iam").create_role(RoleName="plain", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o100755 << 16
        zipped.writestr(entry, BOOTSTRAP)
    functions = client(one, "lambda")
    code = {"ZipFile": buffer.getvalue()}
    functions.create_function(FunctionName="own", Role=role, Runtime="provided.al2023", Handler="any", Code=code)

    answer = functions.invoke(FunctionName="own", Payload=b'{"a": 1}')

    found = json.loads(answer["Payload"].read())
    assert found == {"event": {"a": 1}, "launches": ["PermissionError", "FileNotFoundError"], "user": 65534}


def test_what_docker_tells_of_a_container_holds_no_secret_and_no_way_out(by_hand, accounts):
    told = by_hand.inspect("one")
    text = json.dumps([told, by_hand.inspect("launches")])

    for account in accounts.values():
        assert account["aws_access_key_id"] not in text
        assert account["aws_secret_access_key"] not in text
    assert told["Config"]["User"] == "65534:65534"
    assert told["HostConfig"]["ReadonlyRootfs"]
    assert told["HostConfig"]["CapDrop"] == ["ALL"]
    assert told["HostConfig"]["CapAdd"] is None
    assert told["HostConfig"]["SecurityOpt"] == ["no-new-privileges:true"]
    assert told["HostConfig"]["Memory"] == 2 << 30
    assert [mount["Type"] for mount in told["Mounts"]] == ["volume"]
    assert [port["HostIp"] for ports in told["NetworkSettings"]["Ports"].values() for port in ports] == ["127.0.0.1"]


FILL = """
import pathlib
try:
    with pathlib.Path("/var/lib/harness/fill").open("wb", 0) as file:
        while file.write(b"x" * 4096):
            pass
except OSError:
    pass
"""


def until_refused(iam):
    """The journal's last page may have room for some lines."""
    for _ in range(40):
        iam.list_users()


def test_a_full_disk_refuses_in_one_account_with_a_sentence_and_harms_no_other(by_hand, accounts):
    iam = client(accounts["one"], "iam")
    by_hand.docker("exec", "by-hand-one-1", "python", "-c", FILL)

    with pytest.raises(iam.exceptions.ClientError, match="journal cannot be written.*No space left on device"):
        until_refused(iam)
    client(accounts["two"], "iam").list_users()
    by_hand.docker("exec", "by-hand-one-1", "rm", "/var/lib/harness/fill")

    iam.list_users()


def test_a_second_up_changes_nothing_and_leaves_no_launch_to_read(by_hand, accounts):
    by_hand.docker("compose", "--project-name", "by-hand", "up", "--wait")

    assert client(accounts["one"], "sts").get_caller_identity()["Account"] == "111111111111"
    assert "launch.json" not in by_hand.docker("exec", "--user", "0:0", "by-hand-one-1", "ls", "/run/harness")


def test_zz_down_removes_it_all_and_nothing_else(by_hand):
    by_hand.docker("volume", "create", "other-by-hand")
    before = by_hand.left()

    down = by_hand.run("down")

    assert len(before) > 5
    assert "ended 1 sandbox" in down.stdout
    assert by_hand.left() == ["other-by-hand"]
    by_hand.docker("volume", "rm", "other-by-hand")
