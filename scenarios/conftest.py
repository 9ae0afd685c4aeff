"""What the example's scenarios share: the example, applied."""

import pytest
from example import ROOT_OF_B, Example


@pytest.fixture(scope="module")
def example(harness):
    """A trusts the whole of B, and B may assume A's role; destroyed after the module."""
    accounts = harness.accounts
    harness.apply(["account_a"], variables={"role_which_will_assume": ROOT_OF_B})
    harness.apply(["account_b"])
    yield Example(accounts["account_a"], accounts["account_b"], accounts["stranger"], harness)
    harness.destroy()
