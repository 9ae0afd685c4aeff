"""Functions behind the gate: what they may see, and every way in which they can fail, as Lambda reports it."""

import base64
import json

import boto3
import pytest
from aws import archive

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
PYTHON = """
import os, time
import boto3

def echo(event, context):
    return event

def who(event, context):
    return boto3.client("sts").get_caller_identity()["Arn"]

def environment(event, context):
    return dict(os.environ)

def fail(event, context):
    raise KeyError("gone")

def slow(event, context):
    time.sleep(60)

def leave(event, context):
    os._exit(3)

def eat(event, context):
    eaten = []
    while True:
        eaten.append(bytearray(10_000_000))

def importable(event, context):
    found = []
    for name in ("localstack", "harness", "moto"):
        try:
            __import__(name)
            found.append(name)
        except ImportError:
            pass
    return found
"""
BOOTSTRAP = r"""#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while true; do
  head=$(mktemp)
  body=$(curl -sS -D "$head" "$api/next")
  id=$(grep -i lambda-runtime-aws-request-id "$head" | tr -d '\r' | cut -d' ' -f2)
  curl -sS -X POST "$api/$id/response" -d "{\"from\": \"bootstrap\", \"event\": $body}" > /dev/null
done
"""


@pytest.fixture(scope="module")
def account(accounts):
    return accounts["one"]


@pytest.fixture(scope="module")
def client(account):
    keys = {name: account[name] for name in ("aws_access_key_id", "aws_secret_access_key")}
    return lambda service: boto3.client(service, endpoint_url=account["endpoint_url"], region_name="us-west-2", **keys)


@pytest.fixture(scope="module")
def invoke(client):
    role = client("iam").create_role(RoleName="plain", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    functions = client("lambda")

    def run(handler, code=None, runtime="python3.13", payload=None, **options):
        name = handler.replace(".", "-")
        code = code or archive("f.py", PYTHON)
        options = {"Timeout": 30, **options}  # Lambda's own three seconds are few for a start on a busy machine
        functions.create_function(
            FunctionName=name, Role=role, Runtime=runtime, Handler=handler, Code={"ZipFile": code}, **options
        )
        answers = [functions.invoke(FunctionName=name, Payload=json.dumps(payload), LogType="Tail") for _ in range(2)]
        functions.delete_function(FunctionName=name)
        return [
            (
                answer.get("FunctionError"),
                json.loads(answer["Payload"].read()),
                base64.b64decode(answer["LogResult"]).decode(),
            )
            for answer in answers
        ]

    return run


def test_a_function_answers_and_stays_warm(invoke):
    (error, answer, log), (_, _, warm) = invoke("f.echo", payload={"a": [1]})

    assert (error, answer) == (None, {"a": [1]})
    assert [line.split()[0] for line in log.splitlines()] == ["START", "END", "REPORT"]
    assert "Init Duration" in log
    assert "Init Duration" not in warm


def test_a_function_is_its_role(invoke):
    assert invoke("f.who")[0][1] == "arn:aws:sts::111111111111:assumed-role/plain/f-who"


def test_a_function_sees_its_own_variables_and_nothing_of_the_harness(invoke):
    answer = invoke("f.environment", Environment={"Variables": {"MINE": "1"}})[0][1]

    assert answer["MINE"] == "1"
    assert answer["AWS_REGION"] == "us-west-2"
    assert not [
        name for name in answer if name.startswith(("HARNESS", "LOCALSTACK", "GATEWAY", "MOTO", "XDG", "FILESYSTEM"))
    ]
    assert invoke("f.importable")[0][1] == []


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("handler", "options", "error_type", "said"),
    [
        ("f.fail", {}, "KeyError", "gone"),
        ("f.nothing", {}, "Runtime.HandlerNotFound", "nothing"),
        ("nowhere.f", {}, "Runtime.ImportModuleError", "nowhere"),
        ("f.slow", {"Timeout": 1}, "Sandbox.Timedout", "Task timed out after 1.00 seconds"),
        ("f.leave", {}, "Runtime.ExitError", "exit status 3"),
        ("f.eat", {"MemorySize": 128}, "Runtime.OutOfMemory", "signal: killed"),
    ],
)
def test_a_failure_is_reported_as_lambda_does_and_the_next_call_starts_afresh(
    invoke, handler, options, error_type, said
):
    for error, answer, _ in invoke(handler, **options):
        assert (error, answer["errorType"]) == ("Unhandled", error_type)
        assert said in answer["errorMessage"]


def test_a_bootstrap_of_its_own(invoke):
    bootstrap = archive("bootstrap", BOOTSTRAP, 0o755)

    error, answer, _ = invoke("any", code=bootstrap, runtime="provided.al2023", payload={"a": 1})[0]

    assert (error, answer) == (None, {"from": "bootstrap", "event": {"a": 1}})


def test_a_runtime_that_is_not_served_says_so(invoke):
    error, answer, _ = invoke("index.handler", runtime="nodejs22.x")[0]

    assert error == "Unhandled"
    assert "nodejs22.x" in answer["errorMessage"]
