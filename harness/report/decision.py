"""One decision explained for a person, from its journal line (or from the answer of `simulate`, which has the same shape)."""

from collections.abc import Iterator, Mapping
from typing import Any

_VERDICTS = {
    "allowed": "allowed",
    "implicit_deny": "denied: nothing allows it",
    "explicit_deny": "denied: a statement forbids it",
}
LAYERS = {
    "identity": "identity-based policies",
    "resource": "the resource's policy",
    "trust": "the role's trust policy",
    "key": "the key policy",
    "permissions_boundary": "the permissions boundary",
    "session": "the session policies",
    "service_control": "service control policies",
    "resource_control": "resource control policies",
    "vpc_endpoint": "the VPC endpoint policy",
}


def explanation(line: Mapping[str, Any]) -> Iterator[str]:
    """The lines of the explanation: the question, the verdict, what made it, and what only its conditions kept from counting."""
    yield f"{line['principal']}  {line['action']}  on {line.get('resource') or 'a resource that is not modelled'}"
    yield _VERDICTS[line["decision"]]
    if line.get("message"):
        yield f"AWS says: {line['message']}"
    yield from (f"  {because(evidence)}" for evidence in line["because"])
    if (missing := missing_resource(line)) is not None:
        yield f"  (there is no such {missing} here)"
    if line.get("unmodelled"):
        yield "  (something that is not modelled took part: what is unknown grants nothing, and denies)"
    misses = line.get("near_misses") or ()
    if misses:
        yield "would have counted, but for these conditions:"
    for miss in misses:
        yield f"  {because(miss)}"
        yield from (f"    {_failed(condition)}" for condition in miss["failed"])


# Which resources always have a policy of their own, by the kind of it.
_ALWAYS = {"trust": "role", "key": "key"}


def missing_resource(line: Mapping[str, Any]) -> str | None:
    """The word for what was asked for and is not there, where that is told by its policy; None for everything else."""
    if line["decision"] == "allowed" or line.get("policies", {}).get("resource") is not None:
        return None
    return _ALWAYS.get(line.get("resource_policy_kind", ""))


def because(evidence: Mapping[str, Any]) -> str:
    """One piece of evidence in a few words."""
    name = LAYERS[evidence["layer"]]
    if "policy" not in evidence:
        return str(evidence.get("note") or f"no Allow in {name}")
    sid = f" `{evidence['sid']}`" if evidence.get("sid") else ""
    note = f": {evidence['note']}" if evidence.get("note") else ""
    return f"{evidence['effect']} in {name}: `{evidence['policy']}` Statement[{evidence['statement']}]{sid}{note}"


def _failed(condition: Mapping[str, Any]) -> str:
    value = condition["value"]
    met = "does not have it" if value is None else f"has {listed(value)}"
    return f"{condition['operator']} {condition['key']}: wanted {listed(condition['wanted'])}; the request {met}"


def listed(value: Any) -> str:
    """Values in backticks."""
    values = [value] if isinstance(value, str) else value
    return ", ".join(f"`{one}`" for one in values) or "nothing"
