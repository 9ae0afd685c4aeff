"""Policies on their way into the store: their form, and that every principal they name exists, in this or another account.

A role or user in a policy is stored as its unique id: the entity of that name that is made after it was deleted is another one.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext

from harness.actions import Operation
from harness.gateway.iam_state import IamState
from harness.gateway.peers import Peers
from harness.gateway.quotas import check_size
from harness.policy import InvalidPolicy, PolicyKind, parse_policy
from harness.policy.faults import MALFORMED, invalid_principal

_ENTITY = re.compile(
    r"arn:aws[\w-]*:(?:iam|sts)::(?P<account>\d{12}):(?P<kind>user|role|assumed-role|federated-user)/.+"
)
_ROOT = re.compile(r"(?:arn:aws[\w-]*:iam::)?(?P<account>\d{12})(?::root)?")

# (service, operation): the parameter that holds a policy, and which kind of policy it is.
STORED: Mapping[tuple[str, str], tuple[str, PolicyKind]] = {
    ("iam", "CreateRole"): ("AssumeRolePolicyDocument", PolicyKind.TRUST),
    ("iam", "UpdateAssumeRolePolicy"): ("PolicyDocument", PolicyKind.TRUST),
    ("iam", "PutRolePolicy"): ("PolicyDocument", PolicyKind.IDENTITY),
    ("iam", "PutUserPolicy"): ("PolicyDocument", PolicyKind.IDENTITY),
    ("iam", "PutGroupPolicy"): ("PolicyDocument", PolicyKind.IDENTITY),
    ("iam", "CreatePolicy"): ("PolicyDocument", PolicyKind.IDENTITY),
    ("iam", "CreatePolicyVersion"): ("PolicyDocument", PolicyKind.IDENTITY),
    ("dynamodb", "PutResourcePolicy"): ("Policy", PolicyKind.RESOURCE),
}


@dataclass(slots=True)
class PolicyDesk:
    """Checks policies before they are stored, and remembers which entity each name meant."""

    account_id: str
    iam: IamState
    peers: Peers
    external_accounts: frozenset[str]
    _meant: dict[str, dict[str, str]] = field(default_factory=dict)
    """Unique id of a role -> ARN in its trust policy -> unique id of the entity that the ARN meant when it was saved."""
    _pending: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    """Request id -> (role name, ids), between the check and the store's success."""

    def check(self, operation: Operation, context: RequestContext) -> None:
        """Raise AWS's error for a policy that it would not store. Raises PeerUnavailable."""
        stored = STORED.get((operation.service, operation.name))
        if stored is None:
            return
        parameter, kind = stored
        text = operation.params.get(parameter)
        if not isinstance(text, str):
            return  # the service itself names the missing parameter
        try:
            parse_policy(text, kind)
        except InvalidPolicy as invalid:
            raise CommonServiceException(
                invalid.code, invalid.message, HTTPStatus.BAD_REQUEST, sender_fault=True
            ) from invalid
        check_size(self.iam, operation, text)
        ids = self._resolve(text, context.request_id or "") if kind is not PolicyKind.IDENTITY else {}
        if kind is PolicyKind.TRUST:
            self._pending[context.request_id or ""] = (operation.params.get("RoleName", ""), ids)

    def stored(self, context: RequestContext, *, succeeded: bool) -> None:
        """The store has answered: what the trust policy's names meant is known from now on."""
        pending = self._pending.pop(context.request_id or "", None)
        if pending is None or not succeeded:
            return
        name, ids = pending
        if (role := self.iam.role(name)) is not None:
            self._meant[str(role.id)] = ids

    def trust_policy(self, role_id: str, text: str) -> str:
        """The trust policy with unique ids in the place of the users and roles that it names."""
        ids = self._meant.get(role_id)
        if not ids:
            return text
        document = json.loads(text)
        for holder in _aws_holders(document):
            listed = holder["AWS"] if isinstance(holder["AWS"], list) else [holder["AWS"]]
            holder["AWS"] = [ids.get(entry, entry) for entry in listed]
        return json.dumps(document)

    def _resolve(self, text: str, request_id: str) -> dict[str, str]:
        ids: dict[str, str] = {}
        for holder in _aws_holders(json.loads(text)):
            listed = holder["AWS"] if isinstance(holder["AWS"], list) else [holder["AWS"]]
            for entry in listed:
                if unique_id := self._entity(entry, request_id):
                    ids[entry] = unique_id
        return ids

    def _entity(self, entry: str, request_id: str) -> str | None:
        """The unique id that `entry` means, None for what is not stored by id. Raises AWS's invalid principal."""
        if entry == "*":
            return None
        if whole := _ROOT.fullmatch(entry):
            self._account(whole["account"], entry)
            return None
        entity = _ENTITY.fullmatch(entry)
        if entity is None:
            if self._known_id(entry):
                return None
            raise refused_principal(entry)
        account = entity["account"]
        self._account(account, entry)
        if account in self.external_accounts or entity["kind"] in {"assumed-role", "federated-user"}:
            return None
        unique_id = self._ask(account, entry, request_id)
        if unique_id is None:
            raise refused_principal(entry)
        return unique_id

    def _ask(self, account: str, arn: str, request_id: str) -> str | None:
        if account == self.account_id:
            return self.iam.unique_id(arn)
        found: str | None = self.peers.ask(account, "resolve", {"arn": arn}, request_id=request_id).data["unique_id"]
        return found

    def _account(self, account: str, entry: str) -> None:
        known = account == self.account_id or account in self.peers or account in self.external_accounts
        if not known:
            raise refused_principal(
                entry,
                hint=f"account {account} is not part of this launch; list it under external_accounts in harness.toml",
            )

    def _known_id(self, entry: str) -> bool:
        """A unique id that a stored policy showed after its entity was deleted may be saved again only while it means something."""
        return self.iam.role_by_id(entry) is not None


def refused_principal(entry: str, *, hint: str | None = None) -> CommonServiceException:
    """AWS's refusal of a principal that does not exist; the hint is ours."""
    message = invalid_principal(entry)
    return CommonServiceException(
        MALFORMED, f"{message} ({hint})" if hint else message, HTTPStatus.BAD_REQUEST, sender_fault=True
    )


def _aws_holders(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every Principal or NotPrincipal map with an AWS entry."""
    statements = document.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        for element in ("Principal", "NotPrincipal"):
            holder = statement.get(element)
            if isinstance(holder, dict) and "AWS" in holder:
                yield holder
