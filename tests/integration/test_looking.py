"""journal, why, items, logs, fire and doctor, as a person calls them and as a program reads them."""

import io
import json
import time
import zipfile

import boto3
import botocore.exceptions
import pytest

from harness.scenario import eventually

ID = "111111111111"
CODE = "import boto3\ndef handler(event, context):\n    print('seen', event)\n    return 'done'\n"


def create(client, name, role):
    """A function of that name; its ARN."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("f.py", CODE)
    code = {"ZipFile": buffer.getvalue()}
    made = client("lambda").create_function(
        FunctionName=name, Role=role, Runtime="python3.13", Handler="f.handler", Code=code
    )
    client("lambda").get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    return made["FunctionArn"]


@pytest.fixture(scope="module")
def one(sandbox, accounts):
    """The first account's clients, with a table, a function and two schedule rules, of which one has a permission."""
    account = accounts["one"]
    keys = {name: account[name] for name in ("aws_access_key_id", "aws_secret_access_key")}

    def client(service, **other):
        where = {"endpoint_url": account["endpoint_url"], "region_name": "us-west-2"}
        return boto3.client(service, **where, **{**keys, **other})

    key = {"AttributeName": "k", "KeyType": "HASH"}
    client("dynamodb").create_table(
        TableName="T", KeySchema=[key], AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST"
    )  # fmt: skip
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    may = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    iam = client("iam")
    iam.create_role(RoleName="f", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
    iam.put_role_policy(
        RoleName="f", PolicyName="logs", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [may]})
    )
    function = create(client, "f", f"arn:aws:iam::{ID}:role/f")
    events = client("events")
    for rule in ("permitted", "refused"):
        arn = events.put_rule(Name=rule, ScheduleExpression="rate(1 day)")["RuleArn"]
        events.put_targets(Rule=rule, Targets=[{"Id": "f", "Arn": function}])
        if rule == "permitted":
            client("lambda").add_permission(
                FunctionName="f", StatementId="Rule", Action="lambda:InvokeFunction", Principal="events.amazonaws.com", SourceArn=arn
            )  # fmt: skip
    events.put_rule(Name="waiting", EventPattern='{"source": ["x"]}')
    return client


def test_items_are_plain_values(sandbox, one):
    assert sandbox.run("items", "T").stdout.strip() == "T has no items"
    item = {
        "k": {"S": "a"},
        "n": {"N": "1.5"},
        "l": {"L": [{"BOOL": True}]},
        "s": {"SS": ["x", "y"]},
        "b": {"B": b"\x00"},
    }
    one("dynamodb").put_item(TableName="T", Item=item)

    shown, read = sandbox.run("items", "T"), sandbox.run("items", "T", "--json")

    assert "1.5" in shown.stdout
    assert json.loads(read.stdout) == {"k": "a", "n": 1.5, "l": [True], "s": ["x", "y"], "b": "\x00"}


def test_a_rule_is_fired_now_and_decided_as_the_schedule_would_be(sandbox, one):
    permitted, refused = sandbox.run("fire", "permitted"), sandbox.run("fire", "refused", "--json")

    assert "at 1 target" in permitted.stdout
    assert "allowed: events.amazonaws.com lambda:InvokeFunction" in permitted.stdout
    (decision,) = json.loads(refused.stdout)["decisions"]
    assert (decision["decision"], decision["because"]) == ("implicit_deny", [{"layer": "resource", "missing": "allow"}])

    told = sandbox.run("why", decision["request_id"])
    assert "the smallest change that would have allowed it:\n  add to the resource's policy:" in told.stdout
    assert json.loads(sandbox.run("why", "--json").stdout)["line"]["request_id"] == decision["request_id"]


def test_why_tells_of_refusals_that_no_policy_made(sandbox, one):
    refused = {}
    for name, call in {
        "allowed first": lambda: one("iam").get_user(UserName="nobody-there"),
        "unknown key": lambda: one("sts", aws_access_key_id="AKIAIOSFODNN7EXAMPLE").get_caller_identity(),
    }.items():
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            call()
        refused[name] = caught.value.response["ResponseMetadata"]["RequestId"]

    told = sandbox.run("why", refused["allowed first"]).stdout
    assert f"arn:aws:iam::{ID}:user/deployer  iam:GetUser" in told
    assert "AWS says: NoSuchEntity (404): " in told
    assert "allowed, by Allow in identity-based policies: `arn:aws:iam::aws:policy/AdministratorAccess`" in told
    told = sandbox.run("why", refused["unknown key"]).stdout
    assert "\nkey AKIAIOSFODNN7EXAMPLE  sts" in told
    assert "what helps: take a key that there is" in told


@pytest.fixture(scope="module")
def logged(sandbox, one):
    """The function's log is written."""
    sandbox.run("fire", "permitted")
    eventually("the log is written", lambda: "seen {" in sandbox.run("logs", "f").stdout, within=60)


@pytest.mark.usefixtures("logged")
def test_logs_show_what_the_function_said(sandbox):
    messages = [json.loads(line)["message"] for line in sandbox.run("logs", "f", "--json").stdout.splitlines()]
    assert any(message.startswith("REPORT RequestId") for message in messages)


def test_logs_say_why_there_are_none(sandbox, one):
    trust = one("iam").get_role(RoleName="f")["Role"]["AssumeRolePolicyDocument"]
    role = one("iam").create_role(RoleName="mute", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    create(one, "mute", role)
    assert "`mute` has logged nothing yet" in sandbox.run("logs", "mute").stderr

    assert sandbox.run("invoke", "mute").returncode == 0
    said = eventually("the refusal is journalled", lambda: _said(sandbox, "may not write its log"), within=60)
    assert "harness journal --denied" in said
    denied = [json.loads(line) for line in sandbox.run("journal", "--denied", "--json").stdout.splitlines()]
    assert any("/aws/lambda/mute" in line.get("resource", "") for line in denied)
    assert "may not write" not in sandbox.run("logs", "f").stderr


def _said(sandbox, what):
    said = sandbox.run("logs", "mute").stderr
    return said if what in said else None


@pytest.mark.usefixtures("logged")
def test_followed_logs_show_what_comes_with_the_time_of_the_last_or_before_it(sandbox, one):
    logs, group = one("logs"), "/aws/lambda/f"
    logs.create_log_stream(logGroupName=group, logStreamName="by-hand")
    now = int(time.time() * 1000)

    def write(moment, message):
        event = {"timestamp": moment, "message": message}
        logs.put_log_events(logGroupName=group, logStreamName="by-hand", logEvents=[event])

    write(now, "first")
    follower = sandbox.start("logs", "f", "--follow", "--json")
    # What the function says of a call of an earlier test may come at any time.
    by_hand = {"first", "of the same time", "late"}
    shown = (message for line in follower.stdout if (message := json.loads(line)["message"]) in by_hand)
    assert next(shown) == "first"
    write(now, "of the same time")
    assert next(shown) == "of the same time"
    write(now - 1000, "late")
    assert next(shown) == "late"
    follower.terminate()
    follower.communicate(timeout=30)


def test_no_client_hides_its_request_among_those_of_the_proof(sandbox, accounts):
    """The journal leaves those out by their ids, which a client may have learned."""
    record = json.loads(next((sandbox.folder.parent / "state").glob("harness/*/sandbox/run.json")).read_text())
    keys = {name: accounts["one"][name] for name in ("endpoint_url", "aws_access_key_id", "aws_secret_access_key")}
    proof = record["proof"][0]
    sts = boto3.client("sts", region_name="us-west-2", **keys)

    def claim(params, **_):
        params["headers"] |= dict.fromkeys(
            ("x-amzn-RequestId", "x-amz-request-id", "x-request-id", "X-Amzn-Trace-Id"), proof
        )

    sts.meta.events.register("before-call.sts.*", claim)
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        sts.assume_role(RoleArn=f"arn:aws:iam::{ID}:role/hidden", RoleSessionName="hidden")

    given = refused.value.response["ResponseMetadata"]["RequestId"]
    told = [json.loads(line) for line in sandbox.run("journal", "--denied", "--json").stdout.splitlines()]
    (line,) = [line for line in told if str(line.get("resource")).endswith(":role/hidden")]
    assert line["request_id"] == given
    assert given not in record["proof"]
    assert not {one["request_id"] for one in told} & set(record["proof"])


def test_the_journal_is_followed(sandbox, one):
    follower = sandbox.start("journal", "--follow", "--denied", "--json")
    sandbox.run("fire", "refused")

    line = next(line for line in map(json.loads, follower.stdout) if line.get("principal") == "events.amazonaws.com")
    follower.terminate()
    follower.communicate(timeout=30)

    assert (line["account"], line["decision"]) == ("one", "implicit_deny")


def test_doctor_finds_the_sandbox_answering(sandbox):
    told = sandbox.run("doctor", "--json")

    findings = {finding["what"]: finding for finding in json.loads(told.stdout)}
    assert told.returncode == 0
    assert findings["run sandbox"]["said"].endswith("every account answers")
    assert findings["terraform"]["state"] == "ok"
    assert "ok    project" in sandbox.run("doctor").stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("items", "nope"), "no account has a table `nope`"),
        (("items", "T", "--account", "nobody"), "no account `nobody`"),
        (("logs", "nope"), "no account has a function `nope`"),
        (("fire", "nope"), "no account has a rule `nope`"),
        (("fire", "waiting"), "the rule `waiting` has no schedule: it waits for events"),
        (("why", "nope"), "the journal has no request `nope`"),
    ],
)
def test_wrong_names_are_one_sentence(sandbox, one, arguments, sentence):
    refused = sandbox.run(*arguments)

    assert refused.returncode == 2
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr
