"""Principals that a scenario makes: users, roles and sessions with given policies, removed again at its end."""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Self

from harness.accounts import Account, AccountSession, SessionKeys
from harness.emulator.record import Keys

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ScenarioPrincipal:
    """Someone who can sign: an ARN to name in policies, and a boto3 session."""

    arn: str
    session: AccountSession
    account: Account
    keys: Keys | SessionKeys = field(repr=False)

    def client(self, service: str, *, via: Account | None = None, region: str | None = None, **options: Any) -> Any:
        """A client of this principal, at its own account's door or at another's."""
        return (via or self.account).session_of(self.keys, region=region).client(service, **options)

    def assume(self, role_arn: str, name: str = "scenario", **parameters: Any) -> "ScenarioPrincipal":
        """The session that AssumeRole gives this principal. Raises ClientError when it is refused."""
        answer = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName=name, **parameters)
        return _session(self.account, answer["AssumedRoleUser"]["Arn"], SessionKeys.of(answer["Credentials"]))


def _session(account: Account, arn: str, keys: Keys | SessionKeys) -> ScenarioPrincipal:
    return ScenarioPrincipal(arn, account.session_of(keys), account, keys)


def statement(
    action: str | Sequence[str], resource: str | Sequence[str] = "*", effect: str = "Allow", **more: Any
) -> Document:
    """A policy document of one statement."""
    inner = {"Effect": effect, "Action": action, "Resource": resource, **more}
    return {"Version": "2012-10-17", "Statement": [inner]}


def trust(principal: Mapping[str, Any] | str, action: str | Sequence[str] = "sts:AssumeRole", **more: Any) -> Document:
    """A trust policy of one statement."""
    inner = {"Effect": "Allow", "Principal": principal, "Action": action, **more}
    return {"Version": "2012-10-17", "Statement": [inner]}


class Principals:
    """Makes principals and removes them; a context manager."""

    def __init__(self) -> None:
        """Nothing is made yet."""
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def deployer(self, account: Account) -> ScenarioPrincipal:
        """The account's deployer, who was there before."""
        return _session(account, f"arn:aws:iam::{account.id}:user/deployer", account.record.deployer)

    def root(self, account: Account) -> ScenarioPrincipal:
        """The account's root user."""
        return _session(account, f"arn:aws:iam::{account.id}:root", account.record.root)

    def user(self, account: Account, *policies: Document, name: str | None = None) -> ScenarioPrincipal:
        """A new IAM user with an access key and these inline policies."""
        iam, chosen = account.client("iam"), name or _fresh("user")
        arn = iam.create_user(UserName=chosen)["User"]["Arn"]
        self._stack.callback(iam.delete_user, UserName=chosen)
        self._inline(iam.put_user_policy, iam.delete_user_policy, {"UserName": chosen}, policies)
        key = iam.create_access_key(UserName=chosen)["AccessKey"]
        self._stack.callback(iam.delete_access_key, UserName=chosen, AccessKeyId=key["AccessKeyId"])
        return _session(account, arn, Keys(key["AccessKeyId"], key["SecretAccessKey"]))

    def role(
        self, account: Account, trusted: Document, *policies: Document, name: str | None = None, **options: Any
    ) -> str:
        """A new role with this trust policy and these inline policies; its ARN."""
        iam, chosen = account.client("iam"), name or _fresh("role")
        made = iam.create_role(RoleName=chosen, AssumeRolePolicyDocument=json.dumps(trusted), **options)["Role"]
        self._stack.callback(iam.delete_role, RoleName=chosen)
        self._inline(iam.put_role_policy, iam.delete_role_policy, {"RoleName": chosen}, policies)
        return str(made["Arn"])

    def role_session(self, account: Account, *policies: Document, name: str | None = None) -> ScenarioPrincipal:
        """A session of a new role that only the account's deployer may assume, with these inline policies."""
        deployer = self.deployer(account)
        role = self.role(account, trust({"AWS": deployer.arn}), *policies, name=name)
        return deployer.assume(role)

    def _inline(
        self,
        put: Callable[..., Any],
        delete: Callable[..., Any],
        entity: Mapping[str, str],
        policies: Sequence[Document],
    ) -> None:
        for index, document in enumerate(policies):
            chosen = f"inline-{index}"
            put(**entity, PolicyName=chosen, PolicyDocument=json.dumps(document))
            self._stack.callback(delete, **entity, PolicyName=chosen)


def _fresh(kind: str) -> str:
    return f"scenario-{kind}-{secrets.token_hex(4)}"
