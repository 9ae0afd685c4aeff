"""`harness simulate` against running accounts: what would be decided, explained for a person; the call itself answers the same."""

import json

import boto3
import pytest
from aws import keys_of
from botocore.exceptions import ClientError

A, B = "111111111111", "222222222222"
ROLE = f"arn:aws:iam::{A}:role/lent"
BOB = f"arn:aws:iam::{B}:user/bob"


def client(account, service, **keys):
    own = {name: account[name] for name in ("aws_access_key_id", "aws_secret_access_key")}
    return boto3.client(service, endpoint_url=account["endpoint_url"], region_name="us-west-2", **(keys or own))


def document(effect="Allow", **more):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": "sts:AssumeRole", **more}]})


@pytest.fixture(scope="module")
def bob(accounts):
    """A user of the second account who may assume the role of the first with an external id; his STS client."""
    one, two = client(accounts["one"], "iam"), client(accounts["two"], "iam")
    two.create_user(UserName="bob")
    two.put_user_policy(UserName="bob", PolicyName="may", PolicyDocument=document(Resource=ROLE))
    condition = {"StringEquals": {"sts:ExternalId": "secret-handshake"}}
    trust = document(Principal={"AWS": BOB}, Condition=condition, Sid="Partner")
    one.create_role(RoleName="lent", AssumeRolePolicyDocument=trust)
    key = two.create_access_key(UserName="bob")["AccessKey"]
    return client(accounts["two"], "sts", **keys_of(key))


def ask(sandbox, *more, principal=BOB):
    return sandbox.run("simulate", "--principal", principal, "--action", "sts:AssumeRole", "--resource", ROLE, *more)


def test_a_refusal_names_the_condition_that_failed_and_the_value_it_met(sandbox, bob):
    told = ask(sandbox, "--context", "sts:ExternalId=guess")

    assert told.returncode == 0, told.stderr
    assert "denied: nothing allows it" in told.stdout
    assert f"not authorized to perform: sts:AssumeRole on resource: {ROLE}" in told.stdout
    assert f"Allow in the role's trust policy: `{ROLE}` Statement[0] `Partner`" in told.stdout
    assert "StringEquals sts:externalid: wanted `secret-handshake`; the request has `guess`" in told.stdout
    assert "the request does not have it" in ask(sandbox).stdout
    with pytest.raises(ClientError, match="AccessDenied"):
        bob.assume_role(RoleArn=ROLE, RoleSessionName="bob", ExternalId="guess")


def test_with_the_right_value_both_sides_allow_as_the_call_shows(sandbox, bob):
    told = ask(sandbox, "--context", "sts:ExternalId=secret-handshake", "--json")

    line = json.loads(told.stdout)
    assert line["decision"] == "allowed"
    assert {evidence["layer"] for evidence in line["because"]} == {"identity", "trust"}
    assert bob.assume_role(RoleArn=ROLE, RoleSessionName="bob", ExternalId="secret-handshake")["Credentials"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("simulate",), "name a file of cases, or a principal, an action and a resource"),
        (("simulate", "cases.jsonl", "--action", "a:b"), "a file of cases goes without options"),
        (("simulate", "no-such-file"), "cannot read `no-such-file`"),
        (("simulate", "--principal", "arn:aws:iam::222222222222:user/nobody", "--action", "a:b", "--resource", "*"), "there is no principal"),
        (("simulate", "--principal", "lambda.amazonaws.com", "--action", "a:b", "--resource", "*"), "belongs to a running account"),
        (("simulate", "--principal", BOB, "--action", "PutItem", "--resource", "*"), "`PutItem` is no action"),
        (("simulate", "--principal", BOB, "--action", "a:b", "--resource", "*", "--context", "x"), "`x` is not KEY=VALUE"),
    ],
)  # fmt: skip
def test_wrong_input_is_one_sentence(sandbox, arguments, sentence):
    refused = sandbox.run(*arguments)

    assert refused.returncode == 2
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr
