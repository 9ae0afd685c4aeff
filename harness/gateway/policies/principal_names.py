"""The principals that policies and requests name: that each exists, in this or another account, and which entity it is."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from harness.actions import Operation
from harness.gateway.iam.iam_state import IamState
from harness.gateway.peering.peers import Peers
from harness.gateway.policies.policy_texts import holders
from harness.gateway.policies.service_principals import is_service
from harness.model.arn import Arn
from harness.model.canonical_user import canonical_user
from harness.policy.elements import listed

_ENTITY = re.compile(
    r"arn:aws[\w-]*:(?:iam|sts)::(?P<account>\d{12}):(?P<kind>user|role|assumed-role|federated-user)/.+"
)
_ROOT = re.compile(r"(?:arn:aws[\w-]*:iam::)?(?P<account>\d{12})(?::root)?")

# (service, operation): the parameters that hold principals, where the service makes the policy of them, or a grant.
NAMED: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("events", "PutPermission"): ("Principal",),
    ("kms", "CreateGrant"): ("GranteePrincipal", "RetiringPrincipal"),
    ("lambda", "AddPermission"): ("Principal",),
    ("sns", "AddPermission"): ("AWSAccountId",),
    ("sqs", "AddPermission"): ("AWSAccountIds",),
}


class NoPrincipal(Exception):
    """A principal that does not exist."""

    def __init__(self, entry: str, kind: str = "AWS", hint: str | None = None) -> None:
        super().__init__(entry)
        self.entry = entry
        self.kind = kind
        self.hint = hint


@dataclass(frozen=True, slots=True)
class PrincipalNames:
    """Looks up what policies of this account name."""

    account_id: str
    iam: IamState
    peers: Peers
    external_accounts: frozenset[str]

    def root_of(self, canonical: str) -> str:
        """The ARN of the account with that canonical user id. Raises NoPrincipal."""
        known = (self.account_id, *self.peers.accounts, *self.external_accounts)
        account = next((account for account in known if canonical_user(account) == canonical), None)
        if account is None:
            raise NoPrincipal(str(canonical))
        return f"arn:aws:iam::{account}:root"

    def check_named(self, operation: Operation, request_id: str) -> None:
        """Those that stand by themselves, in the parameters of a request. Raises NoPrincipal and PeerUnavailable."""
        for parameter in NAMED.get((operation.service, operation.name), ()):
            for entry in listed(operation.params.get(parameter) or []):
                if entry == "*" and operation.name == "CreateGrant":  # a grant is for one principal
                    raise NoPrincipal(entry)
                if not is_service(entry):
                    self._entity(entry, request_id)

    def unique_id(self, name: str, request_id: str) -> str | None:
        """The unique id that an ARN means now. Raises PeerUnavailable."""
        arn = Arn.parse(name)
        return self._ask(arn.account, name, request_id) if arn is not None else None

    def resolve(self, text: str, request_id: str) -> dict[str, str]:
        """ARN in the policy -> unique id of the entity that it means. Raises NoPrincipal and PeerUnavailable."""
        document = json.loads(text)
        for holder in holders(document, "Service"):
            for entry in listed(holder["Service"]):
                if entry != "*" and not is_service(entry):
                    raise NoPrincipal(entry, "SERVICE")
        ids: dict[str, str] = {}
        for holder in holders(document, "AWS"):
            for entry in listed(holder["AWS"]):
                if unique_id := self._entity(entry, request_id):
                    ids[entry] = unique_id
        return ids

    def _entity(self, entry: str, request_id: str) -> str | None:
        """The unique id that `entry` means, None for what is not stored by id."""
        if entry == "*":
            return None
        if whole := _ROOT.fullmatch(entry):
            self._account(whole["account"], entry)
            return None
        entity = _ENTITY.fullmatch(entry)
        if entity is None:
            if self._known_id(entry):
                return None
            raise NoPrincipal(entry)
        account = entity["account"]
        self._account(account, entry)
        if account in self.external_accounts or entity["kind"] in {"assumed-role", "federated-user"}:
            return None
        unique_id = self._ask(account, entry, request_id)
        if unique_id is None:
            raise NoPrincipal(entry)
        return unique_id

    def _ask(self, account: str, arn: str, request_id: str) -> str | None:
        if account == self.account_id:
            return self.iam.unique_id(arn)
        found: str | None = self.peers.ask(account, "resolve", {"arn": arn}, request_id=request_id).data["unique_id"]
        return found

    def _account(self, account: str, entry: str) -> None:
        known = account == self.account_id or account in self.peers or account in self.external_accounts
        if not known:
            raise NoPrincipal(
                entry,
                hint=f"account {account} is not part of this launch; list it under external_accounts in harness.toml",
            )

    def _known_id(self, entry: str) -> bool:
        """A unique id that a stored policy showed after its entity was deleted may be saved again only while it means something."""
        return self.iam.role_by_id(entry) is not None
