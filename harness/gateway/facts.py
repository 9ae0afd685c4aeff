"""What the action tables ask about this account's state."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.gateway.iam_state import IamState


@dataclass(frozen=True, slots=True)
class StateFacts:
    """Facts of one account in one region."""

    iam: IamState
    region: str

    def iam_path(self, kind: str, name: str) -> str:
        """The entity's path."""
        return self.iam.path(kind, name)

    def boundary(self, kind: str, name: str) -> str | None:
        """The entity's boundary."""
        return self.iam.boundary_arn(self.iam.role(name) if kind == "role" else self.iam.user(name))

    def hash_key(self, table: str) -> str | None:
        """The table's partition key."""
        found = self._tables().get(table)
        return None if found is None else str(found.hash_key_attr)

    def tags(self, arn: str) -> Mapping[str, str] | None:
        """Tags of IAM roles and users and of DynamoDB tables; others are not known here."""
        if f":iam::{self.iam.account_id}:" in arn:
            name = arn.rpartition("/")[2]
            entity = self.iam.role(name) if ":role/" in arn else self.iam.user(name) if ":user/" in arn else None
            return {} if entity is None else self.iam.tags(entity)
        if ":dynamodb:" in arn and "/" in arn:
            return self._table_tags(arn)
        return None

    def _table_tags(self, arn: str) -> Mapping[str, str]:
        table = self._tables().get(arn.split("/")[1])
        return {} if table is None else {tag["Key"]: tag["Value"] for tag in table.tags}

    def _tables(self) -> Mapping[str, Any]:
        from moto.dynamodb.models import dynamodb_backends  # noqa: PLC0415 - services load lazily

        tables: Mapping[str, Any] = dynamodb_backends[self.iam.account_id][self.region].tables
        return tables
