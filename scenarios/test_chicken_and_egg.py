"""Neither account can go first with the exact role of the other: AWS refuses a trust policy that names a missing role."""

import io
import json
import time
import zipfile

import pytest
from example import ROLE_OF_B

from harness.errors import ToolFailed
from harness.scenario import trust


@pytest.fixture
def destroyed(harness):
    """Whatever a failed apply left is destroyed."""
    yield
    harness.destroy()


@pytest.mark.usefixtures("destroyed")
def test_a_cannot_trust_a_role_of_b_that_does_not_exist_yet(harness):
    began = time.monotonic()

    with pytest.raises(ToolFailed, match="MalformedPolicyDocument: Invalid principal in policy") as refusal:
        harness.apply(["account_a"], variables={"role_which_will_assume": ROLE_OF_B})

    assert ROLE_OF_B in refusal.value.message
    # Terraform alone would ask again for two minutes.
    assert time.monotonic() - began < 100


def test_the_same_trust_policy_is_stored_once_the_role_exists(harness, principals, allowed, denied):
    a, b = harness.account("account_a"), harness.account("account_b")
    missing = f"arn:aws:iam::{b.id}:role/not-yet"
    document = json.dumps(trust({"AWS": missing}))
    own = principals.role(a, trust({"AWS": f"arn:aws:iam::{a.id}:root"}))
    update = {"RoleName": own.rpartition("/")[2], "PolicyDocument": document}
    iam = a.client("iam")

    refusal = denied(lambda: iam.update_assume_role_policy(**update), by="validation")
    principals.role(b, trust({"AWS": f"arn:aws:iam::{b.id}:root"}), name="not-yet")

    assert (refusal.code, refusal.status) == ("MalformedPolicyDocument", 400)
    assert refusal.message == f'Invalid principal in policy: "AWS":"{missing}"'
    allowed(lambda: iam.update_assume_role_policy(**update))


def test_a_role_that_was_deleted_and_made_again_is_not_trusted(harness, principals, allowed, denied):
    a, b = harness.account("account_a"), harness.account("account_b")
    deployer = principals.deployer(b)
    inline = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]}
    role = principals.role(b, trust({"AWS": deployer.arn}), inline, name="reborn")
    target = principals.role(a, trust({"AWS": role}))
    allowed(lambda: deployer.assume(role).assume(target))

    iam = b.client("iam")
    iam.delete_role_policy(RoleName="reborn", PolicyName="inline-0")
    iam.delete_role(RoleName="reborn")
    iam.create_role(RoleName="reborn", AssumeRolePolicyDocument=json.dumps(trust({"AWS": deployer.arn})))
    iam.put_role_policy(RoleName="reborn", PolicyName="inline-0", PolicyDocument=json.dumps(inline))

    denied(lambda: deployer.assume(role).assume(target), by="owner/trust")
    saved_again = {"RoleName": target.rpartition("/")[2], "PolicyDocument": json.dumps(trust({"AWS": role}))}
    a.client("iam").update_assume_role_policy(**saved_again)
    allowed(lambda: deployer.assume(role).assume(target))


def test_lambda_refuses_a_role_that_does_not_trust_it(harness, principals, allowed, denied):
    b = harness.account("account_b")
    role = principals.role(b, trust({"AWS": f"arn:aws:iam::{b.id}:root"}), name="untrusting")
    functions = b.client("lambda")
    create = {
        "FunctionName": "untrusting",
        "Role": role,
        "Runtime": "python3.13",
        "Handler": "a.b",
        "Code": {"ZipFile": _zip()},
    }

    refusal = denied(lambda: functions.create_function(**create), by="validation")

    assert (refusal.code, refusal.status) == ("InvalidParameterValueException", 400)
    assert refusal.message == "The role defined for the function cannot be assumed by Lambda."
    trusted = json.dumps(trust({"Service": "lambda.amazonaws.com"}))
    b.client("iam").update_assume_role_policy(RoleName="untrusting", PolicyDocument=trusted)
    allowed(lambda: functions.create_function(**create))
    functions.delete_function(FunctionName="untrusting")


def _zip():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.py", "def b(event, context):\n    return None\n")
    return buffer.getvalue()
