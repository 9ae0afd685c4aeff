"""The example's names, and what a scenario does with it."""

from dataclasses import dataclass

from harness.accounts import Account

TABLE = "TestTable"
ROOT_OF_B = "arn:aws:iam::222222222222:root"
ROLE_OF_B = "arn:aws:iam::222222222222:role/bar"


@dataclass(frozen=True)
class Example:
    """The example, applied: team A's account, team B's, and the stranger's."""

    a: Account
    b: Account
    stranger: Account
    harness: object
    role: str = "arn:aws:iam::111111111111:role/foo_bar"

    def trust(self, principal):
        """Re-apply A with another trusted principal."""
        self.harness.apply(["account_a"], variables={"role_which_will_assume": principal})

    def items(self):
        """The keys of the items in A's table."""
        rows = self.a.client("dynamodb").scan(TableName=TABLE, ConsistentRead=True)["Items"]
        return {row["MyPrimaryKey"]["S"] for row in rows}
