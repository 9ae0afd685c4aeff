"""Resource-based policies from the stores: what a reader makes of what LocalStack keeps. The stores are stand-ins of their shape."""

import json
import sys
from types import SimpleNamespace

import pytest

from harness.gateway.policies.resource_policies import policy_kind, resource_policy
from harness.model.world import ResourcePolicyKind

A = "111111111111"
KEY = f"arn:aws:kms:us-west-2:{A}:key/k"
ANN = f"arn:aws:iam::{A}:user/ann"
DEFAULT = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": A}, "Action": "kms:*", "Resource": "*"}],
}


@pytest.fixture
def in_use(monkeypatch):
    def put(module, attribute, **state):
        stores = {A: {"us-west-2": SimpleNamespace(**state)}}
        monkeypatch.setitem(sys.modules, module, SimpleNamespace(**{attribute: stores}))

    return put


def keys_with(in_use, aliases=(), **grant):
    metadata = {"KeyArn": KEY, "GrantId": "g1", "GranteePrincipal": ANN, **grant}
    in_use(
        "localstack.services.kms.models",
        "kms_stores",
        keys={"k": SimpleNamespace(policy=json.dumps(DEFAULT), metadata={"Arn": KEY, "KeyId": "k"})},
        aliases={name: SimpleNamespace(metadata={"TargetKeyId": "k"}) for name in aliases},
        grants={"g1": SimpleNamespace(metadata=metadata)} if grant else {},
    )
    text = resource_policy(A, "us-west-2", KEY)
    return json.loads(text)["Statement"]


def test_a_service_that_is_not_in_use_has_no_policies_and_is_not_loaded():
    assert resource_policy(A, "us-west-2", KEY) is None
    assert "localstack.services.kms.models" not in sys.modules


def test_a_key_has_its_own_policy_which_must_allow(in_use):
    assert keys_with(in_use) == DEFAULT["Statement"]
    assert policy_kind(KEY) is ResourcePolicyKind.KEY
    assert policy_kind(f"arn:aws:sqs:us-west-2:{A}:q") is ResourcePolicyKind.RESOURCE


def test_a_grant_is_a_statement_beside_the_keys_own(in_use):
    *own, granted = keys_with(in_use, Operations=["Decrypt", "Encrypt"])

    assert own == DEFAULT["Statement"]
    assert granted["Principal"] == {"AWS": ANN}
    assert granted["Action"] == ["kms:Decrypt", "kms:Encrypt"]
    assert "Condition" not in granted


def test_a_grants_constraint_limits_what_has_an_encryption_context_only(in_use):
    constraints = {"EncryptionContextEquals": {"team": "a"}}
    *_, limited, free = keys_with(in_use, Operations=["Decrypt", "DescribeKey"], Constraints=constraints)

    assert limited["Action"] == ["kms:Decrypt"]
    assert limited["Condition"]["StringEquals"] == {"kms:EncryptionContext:team": "a"}
    assert limited["Condition"]["ForAllValues:StringEqualsIgnoreCase"] == {"kms:EncryptionContextKeys": ["team"]}
    assert free["Action"] == ["kms:DescribeKey"]
    assert "Condition" not in free


def test_a_bus_policy_has_no_elements_that_are_null(in_use):
    statement = {
        "Sid": "s",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "events:PutEvents",
        "Resource": "*",
        "Condition": None,
    }
    bus = SimpleNamespace(policy={"Version": "2012-10-17", "Statement": [statement]})
    in_use("localstack.services.events.models", "events_stores", event_buses={"default": bus})

    for resource in ("event-bus/default", "rule/r"):
        text = resource_policy(A, "us-west-2", f"arn:aws:events:us-west-2:{A}:{resource}")
        assert json.loads(text)["Statement"] == [
            {name: value for name, value in statement.items() if value is not None}
        ]
    assert resource_policy(A, "us-west-2", f"arn:aws:events:us-west-2:{A}:rule/other/r") is None


def test_the_region_is_the_resources_not_the_requests(in_use):
    in_use("localstack.services.sqs.models", "sqs_stores", queues={"q": SimpleNamespace(attributes={"Policy": "here"})})

    assert resource_policy(A, "eu-west-1", f"arn:aws:sqs:us-west-2:{A}:q") == "here"


def test_a_key_that_aws_manages_is_for_its_account_through_its_service_whether_or_not_kms_is_in_use():
    arn = f"arn:aws:kms:us-west-2:{A}:alias/aws/s3"
    uses, looks = json.loads(resource_policy(A, "us-west-2", arn))["Statement"]

    assert uses["Principal"] == {"AWS": "*"}
    through = {"kms:CallerAccount": A, "kms:ViaService": "s3.us-west-2.amazonaws.com"}
    assert uses["Condition"] == {"StringEquals": through}
    assert looks["Principal"] == {"AWS": f"arn:aws:iam::{A}:root"}
    assert policy_kind(arn) is ResourcePolicyKind.KEY
    assert resource_policy(A, "us-west-2", f"arn:aws:kms:us-west-2:{A}:alias/mine") is None


def test_a_key_behind_a_reserved_alias_is_awss_whatever_policy_it_was_made_with(in_use):
    uses, _ = keys_with(in_use, aliases=["alias/mine", "alias/aws/lambda"])

    assert uses["Condition"]["StringEquals"]["kms:ViaService"] == "lambda.us-west-2.amazonaws.com"
    assert keys_with(in_use, aliases=["alias/mine"]) == DEFAULT["Statement"]


def test_a_secrets_replica_has_the_policy_of_its_primary(in_use):
    primary = SimpleNamespace(policy="{}")
    secrets = {f"arn:aws:secretsmanager:us-west-2:{A}:secret:{name}": held for name, held in (
        ("primary", primary), ("replica", SimpleNamespace(source=primary)), ("open", SimpleNamespace(policy=None)),
    )}  # fmt: skip
    in_use("moto.secretsmanager.models", "secretsmanager_backends", secrets=secrets)

    names = ("primary", "replica", "open", "missing")
    found = [resource_policy(A, "us-west-2", f"arn:aws:secretsmanager:us-west-2:{A}:secret:{name}") for name in names]
    assert found == ["{}", "{}", None, None]
