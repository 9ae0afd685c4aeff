"""Decide a journal's line again: the line and the policies kept beside the journal are all that the decision needed.

Pure: the documents come as a function from digest to text.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.actions.global_keys import MODELLED
from harness.iam import decide
from harness.model.decision import Decision
from harness.model.principal import Principal, PrincipalKind, is_service_linked
from harness.model.request import Context, ContextValue, Request
from harness.model.world import Policy, ResourcePolicyKind, World
from harness.policy import PolicyKind, parse_stored

Documents = Callable[[str], str]
"""The text of a policy document by its digest."""

_RESOURCE_KINDS = {ResourcePolicyKind.TRUST: PolicyKind.TRUST, ResourcePolicyKind.KEY: PolicyKind.KEY}


def replay(line: Mapping[str, Any], documents: Documents) -> Decision:
    """The decision that the engine makes of a line of kind `decision`."""
    return decide(*question(line, documents))


def question(line: Mapping[str, Any], documents: Documents) -> tuple[Request, World]:
    """What the engine was asked when it made the line."""
    kind = ResourcePolicyKind(line["resource_policy_kind"])
    request = _request(line)
    world = _world(line["policies"], kind, documents)
    return request, replace(
        world,
        principal_is_service_linked_role=is_service_linked(request.principal.role_arn),
        public_access_restricted=bool(line.get("public_access_restricted")),
    )


def _request(line: Mapping[str, Any]) -> Request:
    caller = line["caller"]
    kind = PrincipalKind(caller["kind"])
    principal = Principal(
        kind=kind,
        arn=line["principal"],
        account=caller.get("account", ""),
        role_arn=caller.get("role_arn", ""),
        unique_id=caller.get("unique_id", ""),
        user_arn=caller.get("user_arn", ""),
        regional_name=caller.get("regional_name", ""),
    )
    values = {key: _value(value) for key, value in line["context"].items()}
    modelled = MODELLED.union(line["modelled"]).difference(line.get("unknown", ()))
    context = Context.of(values, modelled)
    return Request(principal, line["action"], line["resource"], line["resource_account"], context)


def _value(value: Any) -> ContextValue:
    return tuple(value) if isinstance(value, list) else str(value)


def _world(policies: Mapping[str, Any], kind: ResourcePolicyKind, documents: Documents) -> World:
    def read(pair: Sequence[str] | None, parsed: PolicyKind) -> Policy | None:
        return None if pair is None else Policy(pair[0], parse_stored(documents(pair[1]), parsed))

    def read_all(pairs: Sequence[Sequence[str]], parsed: PolicyKind) -> list[Policy]:
        return [policy for pair in pairs if (policy := read(pair, parsed)) is not None]

    def read_levels(levels: Sequence[Sequence[Sequence[str]]], parsed: PolicyKind) -> list[list[Policy]]:
        return [read_all(level, parsed) for level in levels]

    session = policies.get("session")
    return World(
        identity=read_all(policies.get("identity") or (), PolicyKind.IDENTITY),
        boundary=read(policies.get("permissions_boundary"), PolicyKind.BOUNDARY),
        session=None if session is None else read_all(session, PolicyKind.SESSION),
        resource=read(policies.get("resource"), _RESOURCE_KINDS.get(kind, PolicyKind.RESOURCE)),
        resource_kind=kind,
        service_control=read_levels(policies.get("service_control") or (), PolicyKind.SCP),
        resource_control=read_levels(policies.get("resource_control") or (), PolicyKind.RCP),
        vpc_endpoint=read(policies.get("vpc_endpoint"), PolicyKind.VPC_ENDPOINT),
    )
