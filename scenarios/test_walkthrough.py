"""The walkthrough's four stages: the chicken and egg of two accounts that name each other's roles, solved step by step."""

import botocore.exceptions
import pytest
from example import ROLE_OF_B, ROOT_OF_B, TABLE

from harness.scenario import statement


@pytest.fixture(scope="module")
def items(harness):
    def read():
        rows = harness.account("account_a").client("dynamodb").scan(TableName=TABLE, ConsistentRead=True)["Items"]
        return {row["MyPrimaryKey"]["S"] for row in rows}

    return read


def test_1_a_trusts_the_whole_of_b(harness, items):
    outputs = harness.apply(["account_a"], variables={"role_which_will_assume": ROOT_OF_B})

    assert outputs["account_a"]["role_to_be_assumed"] == "arn:aws:iam::111111111111:role/foo_bar"
    assert items() == set()


def test_2_b_is_applied_with_the_arn_that_a_put_out_and_items_arrive(harness, items):
    outputs = harness.apply(["account_b"])
    invocation = harness.invoke("bar")

    assert outputs["account_b"]["role_which_will_assume"] == ROLE_OF_B
    assert invocation.error is None, invocation.log
    assert invocation.payload in items()


def test_2_the_item_was_put_by_bars_session_of_as_role(journal):
    put = [
        entry for entry in journal.entries() if entry.fields.get("action") == "dynamodb:PutItem" and not entry.denied
    ]

    assert put[-1].fields["principal"] == "arn:aws:sts::111111111111:assumed-role/foo_bar/BarAppSession"
    assert put[-1].because[0]["policy"] == "arn:aws:iam::111111111111:policy/foo_bar"


def test_3_a_trusts_exactly_bs_role_and_items_still_arrive(harness, items):
    harness.apply(["account_a"], variables={"role_which_will_assume": ROLE_OF_B})
    before = items()
    invocation = harness.invoke("bar")

    assert invocation.error is None, invocation.log
    assert items() - before >= {invocation.payload}


def test_3_every_other_principal_of_b_is_shut_out(harness, principals, denied):
    b = harness.account("account_b")
    other = principals.role_session(b, statement("sts:AssumeRole"))

    denied(lambda: other.assume("arn:aws:iam::111111111111:role/foo_bar"), by="owner/trust")


def test_4_both_are_destroyed(harness):
    assert harness.destroy() == ("account_b", "account_a")

    iam = harness.account("account_a").client("iam")
    with pytest.raises(botocore.exceptions.ClientError, match="NoSuchEntity"):
        iam.get_role(RoleName="foo_bar")
