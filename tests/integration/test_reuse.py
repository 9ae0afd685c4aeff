"""Accounts that stand by: each session gets them as they were bootstrapped, whatever the one before left; on either backend."""

import json
import os
import signal
import subprocess
import sys

import pytest

from harness.scenario import eventually

TERRAFORM = """
provider "aws" {
  profile = "one"
  region  = "us-west-2"
}

resource "aws_iam_role" "left" {
  name = "left-by-terraform"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}
"""
# What a session leaves, and then the same questions to what the next one finds.
LEAVE = """
import io, json, zipfile

def test_leave_everything(harness):
    harness.apply()
    one = harness.account("one")
    one.client("dynamodb").create_table(
        TableName="left", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
    )
    one.client("events").put_rule(Name="left", ScheduleExpression="rate(1 minute)")
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("f.py", "def f(event, context): return 1")
    one.client("lambda").create_function(
        FunctionName="left", Role="arn:aws:iam::111111111111:role/left-by-terraform", Runtime="python3.13", Handler="f.f",
        Code={"ZipFile": zipped.getvalue()},
    )
    key = one.client("iam").create_access_key(UserName="deployer")["AccessKey"]
    token = one.client("sts").get_session_token()["Credentials"]
    harness.advance_clock(3600)
    print(json.dumps({"key": [key["AccessKeyId"], key["SecretAccessKey"]],
                      "session": [token["AccessKeyId"], token["SecretAccessKey"], token["SessionToken"]]}),
          file=open("left.json", "w"))
"""
FIND = """
import json
import pytest
import boto3
from botocore.exceptions import ClientError

def test_find_nothing(harness):
    one = harness.account("one")
    left = json.load(open("left.json"))
    for keys in left.values():
        client = boto3.client("sts", "us-west-2", endpoint_url=one.endpoint_url, aws_access_key_id=keys[0],
                              aws_secret_access_key=keys[1], aws_session_token=[*keys, None][2])
        with pytest.raises(ClientError, match="InvalidClientTokenId"):
            client.get_caller_identity()
    assert one.client("dynamodb").list_tables()["TableNames"] == []
    assert one.client("events").list_rules()["Rules"] == []
    assert one.client("lambda").list_functions()["Functions"] == []
    assert [role["RoleName"] for role in one.client("iam").list_roles()["Roles"]] == []
    assert not harness.deployment.terraform.applied("one")
    assert not any(entry.fields.get("service") == "dynamodb" and "left" in str(entry.fields)
                   for entry in harness.journal.entries()[:5])
"""
QUESTION = 'def test_it_answers(harness):\n    assert harness.account("one").client("iam").list_users()\n'
FAILING = f"{QUESTION}    assert False\n"


@pytest.fixture
def suite(project):
    """Runs pytest in the project, with one test file."""
    (project.folder / "infra" / "one").mkdir(parents=True)
    (project.folder / "infra" / "one" / "main.tf").write_text(TERRAFORM)
    config = project.folder / "harness.toml"
    config.write_text(
        'terraform_root = "infra"\n' + config.read_text().replace('west-2"\n', 'west-2"\ncomposition = "one"\n', 1)
    )

    def start(text, *options):
        (project.folder / "test_it.py").write_text(text)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, "test_it.py"]
        return subprocess.Popen(
            command,
            cwd=project.folder,
            env=project.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return start


def ran(process):
    output, _ = process.communicate(timeout=240)
    return process.returncode, output


def standing_by(project):
    """Whether the accounts of the next session are ready, and those of the last one gone, which would be taken while they end."""
    logs = list(project.state.glob("standby-*.supervisor.log"))
    return len(logs) == 1 and list(project.state.glob("standby-*/run.json"))


@pytest.mark.timeout(300)
def test_the_next_session_finds_nothing_of_the_last_one_and_waits_for_nothing(project, suite):
    assert ran(suite(LEAVE, "--harness-reuse"))[0] == 0
    eventually("the next accounts stand by", lambda: standing_by(project), within=60)

    status, output = ran(suite(FIND, "--harness-reuse", "--durations=0"))

    assert status == 0, output
    assert "reusing the environment: 2 accounts, freshly bootstrapped" in output


@pytest.mark.timeout(300)
def test_accounts_of_another_configuration_are_not_reused(project, suite):
    assert ran(suite(QUESTION, "--harness-reuse"))[0] == 0
    eventually("the next accounts stand by", lambda: standing_by(project), within=60)
    config = project.folder / "harness.toml"
    config.write_text('external_accounts = ["333333333333"]\n' + config.read_text())

    status, output = ran(suite(QUESTION, "--harness-reuse"))

    assert status == 0, output
    assert "another configuration or version: they are ended, not reused" in output


@pytest.mark.timeout(300)
def test_a_failure_leaves_the_accounts_up_to_be_looked_at(project, suite):
    status, output = ran(suite(FAILING, "--harness-keep"))
    run = next(word for word in output.split() if word.startswith("HARNESS_RUN="))
    journal = project.run("journal", **dict([run.split("=")]))
    env = project.run("env", "--json", **dict([run.split("=")]))
    down = project.run("down")

    assert status == 1
    assert "iam:ListUsers" in journal.stdout
    assert set(json.loads(env.stdout)["accounts"]) == {"one", "two"}
    assert "ended 1 sandbox" in down.stdout
    assert not list(project.state.iterdir())


@pytest.mark.timeout(300)
def test_a_killed_session_takes_its_accounts_with_it(project, suite):
    running = suite(
        "import time\n" + QUESTION + '    print("here", flush=True)\n    time.sleep(200)\n', "--harness-reuse", "-s"
    )
    for line in running.stdout:
        if "here" in line:
            break

    os.kill(running.pid, signal.SIGKILL)
    running.communicate()

    eventually("its supervisor has ended", lambda: not list(project.state.glob("standby-*/owner.json")), within=60)
    assert project.run("down").returncode == 0


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("option", "environments"), [("own", 2), ("shared", 1)])
def test_workers_of_xdist_get_accounts_of_their_own_or_share_one_set(project, suite, option, environments):
    write = '    print(harness.account("one").endpoint_url, file=open("endpoint-" + os.environ["PYTEST_XDIST_WORKER"], "w"))\n'
    body = "import os, pytest\n@pytest.mark.parametrize('n', range(2))\ndef test_it(harness, n):\n" + write

    status, output = ran(suite(body, "-n", "2", "--dist", "each", f"--harness-workers={option}"))

    assert status == 0, output
    found = {path.read_text() for path in project.folder.glob("endpoint-*")}
    assert len(found) == environments
