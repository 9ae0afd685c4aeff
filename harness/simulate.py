"""Decision cases: one JSON object a line goes in, its decision comes out; the engine asked about nothing but the line.

Nothing is derived: the condition keys of a case are complete and authoritative.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.iam import decide
from harness.model.arn import Arn
from harness.model.decision import Evidence
from harness.model.principal import Principal, PrincipalKind
from harness.model.request import Context, ContextValue, Request
from harness.model.world import Policy, ResourcePolicyKind, World
from harness.policy import Document, InvalidPolicy, PolicyKind, parse_policy
from harness.policy.parse import LIMITS, too_long

_SERVICE = re.compile(r"[\w.-]+\.amazonaws\.com(?:\.cn)?", re.ASCII)
_HOST = re.compile(r"[\w-]+(\.[\w-]+)+(/[\w./-]*)?", re.ASCII)
_ACCOUNT = re.compile(r"[0-9]{12}")
_FIELDS = frozenset({
    "id", "principal", "action", "resource", "resource_account", "context", "identity_policies", "permissions_boundary",
    "session_policies", "resource_policy", "service_control_policies", "resource_control_policies", "vpc_endpoint_policy",
    "principal_in_management_account", "principal_is_service_linked_role", "expected", "reason", "source",
})  # fmt: skip
_FEDERATED_ACTIONS = ("sts:assumerolewithwebidentity", "sts:assumerolewithsaml")
_NEEDED = ("principal", "action", "resource", "resource_account")


class InvalidCase(Exception):
    """A line that is no valid case."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one line."""

    fields: Mapping[str, Any]

    @property
    def failed(self) -> bool:
        """Whether the line was no valid case."""
        return "error" in self.fields

    def to_json(self) -> str:
        """One line."""
        return json.dumps(self.fields)


def answer_lines(lines: Iterable[str]) -> Iterator[Answer]:
    """One answer for each line that is not blank, in order."""
    return (answer_line(line) for line in lines if line.strip())


def answer_line(line: str) -> Answer:
    """The answer to one line; a fault of it is the answer, with its place."""
    name: Any = None
    try:
        case = _load(line)
        name = case.get("id")
        request, world = read_case(case)
        if len(line) > _SHORTEST_LIMIT:
            _check_sizes(case, world.resource_kind)
    except InvalidCase as invalid:
        return Answer({"id": name, "error": str(invalid)})
    decision = decide(request, world)
    return Answer(
        {"id": name, "decision": decision.effect.value, "because": [_because(one) for one in decision.because]}
    )


def _load(line: str) -> dict[str, Any]:
    try:
        case = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InvalidCase(f"broken JSON: {error}") from error
    if not isinstance(case, dict):
        raise InvalidCase("a case is an object")
    return case


def read_case(case: Mapping[str, Any]) -> tuple[Request, World]:
    """The request and the world of a case. Raises InvalidCase."""
    if unknown := case.keys() - _FIELDS:
        raise InvalidCase(f"unknown key `{min(unknown)}`")
    for key in _NEEDED:
        if not isinstance(case.get(key), str):
            raise InvalidCase(f"`{key}` must be text")
    request = read_request(case)
    return request, _world(case, _resource_kind(request.action, request.resource or ""))


def read_request(case: Mapping[str, Any]) -> Request:
    """The request of a case whose keys are there. Raises InvalidCase."""
    action = case["action"]
    if ":" not in action or "*" in action:
        raise InvalidCase(f"`action` must be one action, prefix:Name, not `{action}`")
    context = Context.of(_context(case.get("context", {})))
    principal = read_principal(case["principal"], context.values, action)
    return Request(principal, action, case["resource"], case["resource_account"], context)


def _resource_kind(action: str, resource: str) -> ResourcePolicyKind:
    lowered = action.lower()
    if lowered.startswith("sts:") and ":role/" in resource:
        return ResourcePolicyKind.TRUST
    if lowered.startswith("kms:") and ":key/" in resource:
        return ResourcePolicyKind.KEY
    return ResourcePolicyKind.RESOURCE


def read_principal(text: str, context: Mapping[str, ContextValue], action: str) -> Principal:
    """The principal that a case's text means; `context` by lower-case names. Raises InvalidCase."""
    if text.startswith("arn:"):
        return _of_arn(text, context)
    if text == "anonymous":
        return Principal(PrincipalKind.ANONYMOUS, text)
    if action.lower().startswith(_FEDERATED_ACTIONS) and _HOST.fullmatch(text):
        return Principal(PrincipalKind.FEDERATED, text)
    if _SERVICE.fullmatch(text):
        return Principal(PrincipalKind.SERVICE, text)
    raise InvalidCase(f"`{text}` is no principal")


def _of_arn(text: str, context: Mapping[str, ContextValue]) -> Principal:
    arn = Arn.parse(text)
    if arn is not None and _ACCOUNT.fullmatch(arn.account):
        partition, service, _, account, resource = arn
        kind, _, rest = resource.partition("/")
        match service, kind, bool(rest):
            case "iam", "root", False:
                return Principal(PrincipalKind.ROOT, text, account)
            case "iam", "user", True:
                return Principal(
                    PrincipalKind.USER, text, account, unique_id=_text(context, "aws:userid"), user_arn=text
                )
            case "sts", "assumed-role", True:
                return _role_session(text, partition, account, rest, context)
            case "sts", "federated-user", True:
                return _federated_user(text, partition, account, rest, context)
            case "iam", "saml-provider" | "oidc-provider", True:
                return Principal(PrincipalKind.FEDERATED, text, account)
    raise InvalidCase(f"`{text}` is no principal")


def _role_session(text: str, partition: str, account: str, rest: str, context: Mapping[str, ContextValue]) -> Principal:
    """A role's session; its role's path is known only where aws:PrincipalArn gives it."""
    role, slash, _ = rest.partition("/")
    if not slash:
        raise InvalidCase(f"`{text}` is no principal: a session is assumed-role/ROLE/SESSION")
    known = _text(context, "aws:principalarn")
    return Principal(
        PrincipalKind.ROLE_SESSION,
        text,
        account,
        role_arn=known or f"arn:{partition}:iam::{account}:role/{role}",
        role_path_known=bool(known),
        unique_id=_text(context, "aws:userid").partition(":")[0],
    )


def _federated_user(
    text: str, partition: str, account: str, name: str, context: Mapping[str, ContextValue]
) -> Principal:
    """A federated user's session. A case cannot say which user asked for it: the one of that name, unless aws:PrincipalArn does."""
    known = _text(context, "aws:principalarn")
    user = known if ":user/" in known else f"arn:{partition}:iam::{account}:user/{name}"
    return Principal(PrincipalKind.FEDERATED_USER, text, account, user_arn=user)


def _text(context: Mapping[str, ContextValue], key: str) -> str:
    value = context.get(key, "")
    return value if isinstance(value, str) else ""


def _context(values: Any) -> dict[str, ContextValue]:
    if not isinstance(values, Mapping):
        raise InvalidCase("`context` must be an object")
    return {key: _value(key, value) for key, value in values.items()}


def _value(key: str, value: Any) -> ContextValue:
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return tuple(value)
    if isinstance(value, str):
        return value
    raise InvalidCase(f"context key `{key}` must be text or a list of texts")


# Where a case's policies stand: the key, their kind, and how deep they are nested in lists.
_POLICIES = (
    ("identity_policies", PolicyKind.IDENTITY, 1),
    ("permissions_boundary", PolicyKind.BOUNDARY, 0),
    ("session_policies", PolicyKind.SESSION, 1),
    ("service_control_policies", PolicyKind.SCP, 2),
    ("resource_control_policies", PolicyKind.RCP, 2),
    ("vpc_endpoint_policy", PolicyKind.VPC_ENDPOINT, 0),
)
_RESOURCE_KINDS = {
    ResourcePolicyKind.RESOURCE: PolicyKind.RESOURCE,
    ResourcePolicyKind.TRUST: PolicyKind.TRUST,
    ResourcePolicyKind.KEY: PolicyKind.KEY,
}
_SHORTEST_LIMIT = min(LIMITS.values())


def _world(case: Mapping[str, Any], kind: ResourcePolicyKind) -> World:
    session = _policies(case, "session_policies", PolicyKind.SESSION)
    federated = ":federated-user/" in case["principal"]
    return World(
        identity=_policies(case, "identity_policies", PolicyKind.IDENTITY),
        boundary=_policy(case, "permissions_boundary", PolicyKind.BOUNDARY),
        session=session if session or federated else None,
        resource=_policy(case, "resource_policy", _RESOURCE_KINDS[kind]),
        resource_kind=kind,
        service_control=_levels(case, "service_control_policies", PolicyKind.SCP),
        resource_control=_levels(case, "resource_control_policies", PolicyKind.RCP),
        vpc_endpoint=_policy(case, "vpc_endpoint_policy", PolicyKind.VPC_ENDPOINT),
        principal_in_management_account=_flag(case, "principal_in_management_account"),
        principal_is_service_linked_role=_flag(case, "principal_is_service_linked_role"),
    )


def _flag(case: Mapping[str, Any], key: str) -> bool:
    value = case.get(key, False)
    if not isinstance(value, bool):
        raise InvalidCase(f"`{key}` must be true or false")
    return value


def _policy(case: Mapping[str, Any], key: str, kind: PolicyKind) -> Policy | None:
    document = case.get(key)
    return None if document is None else Policy(0, _parsed(document, kind, key))


def _policies(case: Mapping[str, Any], key: str, kind: PolicyKind) -> Sequence[Policy]:
    documents = _list(key, case.get(key))
    return tuple([Policy(place, _parsed(one, kind, f"{key}[{place}]")) for place, one in enumerate(documents)])


def _levels(case: Mapping[str, Any], key: str, kind: PolicyKind) -> Sequence[Sequence[Policy]]:
    """Levels of policies; a policy's place counts through all of them."""
    levels: list[Sequence[Policy]] = []
    place = 0
    for depth, level in enumerate(_list(key, case.get(key))):
        where = f"{key}[{depth}]"
        documents = _list(where, level)
        levels.append(
            tuple(
                [Policy(place + index, _parsed(one, kind, f"{where}[{index}]")) for index, one in enumerate(documents)]
            )
        )
        place += len(documents)
    return tuple(levels)


def _list(key: str, value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise InvalidCase(f"`{key}` must be a list")
    return value


def _parsed(document: Any, kind: PolicyKind, key: str) -> Document:
    try:
        return parse_policy(document, kind)
    except InvalidPolicy as invalid:
        raise InvalidCase(f"{key}: {invalid}") from invalid


def _check_sizes(case: Mapping[str, Any], kind: ResourcePolicyKind) -> None:
    """Refuse a document that is longer than any of its kind may be."""
    for key, of_kind, depth in (*_POLICIES, ("resource_policy", _RESOURCE_KINDS[kind], 0)):
        documents = [case.get(key)]
        for _ in range(depth):
            documents = [one for several in documents for one in several or ()]
        for document in documents:
            if document is not None and (fault := too_long(json.dumps(document, ensure_ascii=False), of_kind)):
                raise InvalidCase(f"{key}: {fault}")


def _because(evidence: Evidence) -> dict[str, Any]:
    if evidence.policy is None:
        return {"layer": evidence.layer.value, "missing": "allow"}
    return {
        "layer": evidence.layer.value,
        "policy": evidence.policy,
        "statement": evidence.statement,
        "sid": evidence.sid,
        "effect": evidence.effect,
    }
