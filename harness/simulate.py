"""Decision cases: one JSON object a line goes in, its decision comes out; the engine asked about nothing but the line.

Nothing is derived: the condition keys of a case are complete and authoritative.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.iam import decide
from harness.model.decision import Evidence
from harness.model.principal import Principal, PrincipalKind
from harness.model.request import Context, ContextValue, Request
from harness.model.world import Policy, ResourcePolicyKind, World
from harness.policy import InvalidPolicy, PolicyKind, parse_policy

_SESSION = re.compile(
    r"arn:(?P<partition>aws[\w-]*):sts::(?P<account>\d{12}):(?P<kind>assumed-role|federated-user)/(?P<name>.+)"
)
_IAM = re.compile(r"arn:aws[\w-]*:iam::(?P<account>\d{12}):(?P<kind>root|user/.+|saml-provider/.+|oidc-provider/.+)")
_SERVICE = re.compile(r"[\w.-]+\.amazonaws\.com(?:\.cn)?")
_FIELDS = frozenset({
    "id", "principal", "action", "resource", "resource_account", "context", "identity_policies", "permissions_boundary",
    "session_policies", "resource_policy", "service_control_policies", "resource_control_policies", "vpc_endpoint_policy",
    "principal_in_management_account", "principal_is_service_linked_role", "expected", "reason", "source",
})  # fmt: skip
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
    except InvalidPolicy as invalid:
        return Answer({"id": name, "error": str(invalid)})
    except InvalidCase as invalid:
        return Answer({"id": name, "error": str(invalid)})
    decision = decide(request, world)
    return Answer(
        {"id": name, "decision": decision.effect.value, "because": [_because(one) for one in decision.because]}
    )


def _load(line: str) -> dict[str, Any]:
    try:
        case = json.loads(line)
    except ValueError as error:
        raise InvalidCase(f"broken JSON: {error}") from error
    if not isinstance(case, dict):
        raise InvalidCase("a case is an object")
    return case


def read_case(case: Mapping[str, Any]) -> tuple[Request, World]:
    """The request and the world of a case. Raises InvalidCase or InvalidPolicy."""
    if unknown := sorted(set(case) - _FIELDS):
        raise InvalidCase(f"unknown key `{unknown[0]}`")
    for key in _NEEDED:
        if not isinstance(case.get(key), str):
            raise InvalidCase(f"`{key}` must be text")
    action = case["action"]
    request = Request(
        principal=read_principal(case["principal"], case.get("context") or {}),
        action=action,
        resource=case["resource"],
        resource_account=case["resource_account"],
        context=Context.of(_context(case.get("context") or {})),
    )
    return request, _world(case, _resource_kind(action, case["resource"]))


def _resource_kind(action: str, resource: str) -> ResourcePolicyKind:
    lowered = action.lower()
    if lowered.startswith("sts:") and ":role/" in resource:
        return ResourcePolicyKind.TRUST
    if lowered.startswith("kms:") and ":key/" in resource:
        return ResourcePolicyKind.KEY
    return ResourcePolicyKind.RESOURCE


def read_principal(text: str, context: Mapping[str, Any]) -> Principal:
    """The principal that a case's text means."""
    if text == "anonymous":
        return Principal(PrincipalKind.ANONYMOUS, text)
    if _SERVICE.fullmatch(text):
        return Principal(PrincipalKind.SERVICE, text)
    if found := _SESSION.fullmatch(text):
        return _session(text, found, {key.lower(): value for key, value in context.items()})
    if found := _IAM.fullmatch(text):
        kind = found["kind"].partition("/")[0]
        if kind == "root":
            return Principal(PrincipalKind.ROOT, text, found["account"])
        if kind == "user":
            return Principal(PrincipalKind.USER, text, found["account"], user_arn=text)
        return Principal(PrincipalKind.FEDERATED, text, found["account"])
    if re.fullmatch(r"[\w-]+(\.[\w-]+)+(/[\w./-]*)?", text):
        return Principal(PrincipalKind.FEDERATED, text)
    raise InvalidCase(f"`{text}` is no principal")


def _session(text: str, found: re.Match[str], context: Mapping[str, Any]) -> Principal:
    account = found["account"]
    if found["kind"] == "federated-user":
        user = context.get("aws:principalarn", "")
        return Principal(PrincipalKind.FEDERATED_USER, text, account, user_arn=user if ":user/" in str(user) else "")
    role = found["name"].partition("/")[0]
    known = context.get("aws:principalarn")
    role_arn = known or f"arn:{found['partition']}:iam::{account}:role/{role}"
    unique_id = str(context.get("aws:userid") or "").partition(":")[0]
    return Principal(
        PrincipalKind.ROLE_SESSION,
        text,
        account,
        role_arn=str(role_arn),
        role_path_known=bool(known),
        unique_id=unique_id,
    )


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


def _world(case: Mapping[str, Any], kind: ResourcePolicyKind) -> World:
    parsed = {ResourcePolicyKind.TRUST: PolicyKind.TRUST, ResourcePolicyKind.KEY: PolicyKind.KEY}.get(
        kind, PolicyKind.RESOURCE
    )
    session = _policies(case, "session_policies", PolicyKind.SESSION)
    federated = ":federated-user/" in case["principal"]
    return World(
        identity=_policies(case, "identity_policies", PolicyKind.IDENTITY),
        boundary=_policy(case, "permissions_boundary", PolicyKind.BOUNDARY),
        session=session if session or federated else None,
        resource=_policy(case, "resource_policy", parsed),
        resource_kind=kind,
        service_control=_levels(case, "service_control_policies", PolicyKind.SCP),
        resource_control=_levels(case, "resource_control_policies", PolicyKind.RCP),
        vpc_endpoint=_policy(case, "vpc_endpoint_policy", PolicyKind.VPC_ENDPOINT),
        principal_in_management_account=case.get("principal_in_management_account") is True,
        principal_is_service_linked_role=case.get("principal_is_service_linked_role") is True,
    )


def _policy(case: Mapping[str, Any], key: str, kind: PolicyKind) -> Policy | None:
    document = case.get(key)
    return None if document is None else Policy(0, parse_policy(document, kind))


def _policies(case: Mapping[str, Any], key: str, kind: PolicyKind) -> Sequence[Policy]:
    return tuple(Policy(place, parse_policy(document, kind)) for place, document in enumerate(_list(case, key)))


def _levels(case: Mapping[str, Any], key: str, kind: PolicyKind) -> Sequence[Sequence[Policy]]:
    places = iter(range(1_000_000))
    return tuple(
        tuple(Policy(next(places), parse_policy(document, kind)) for document in _listed(key, level))
        for level in _list(case, key)
    )


def _list(case: Mapping[str, Any], key: str) -> Sequence[Any]:
    return _listed(key, case.get(key) or [])


def _listed(key: str, value: Any) -> Sequence[Any]:
    if not isinstance(value, list):
        raise InvalidCase(f"`{key}` must be a list")
    return value


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
