"""Who said no: the side and the layer of a refusal, as a scenario names them.

`caller/…` are the policies of the caller's account, `owner/…` those on the resource, `authentication` a request that nobody is
known to have signed or whose token speaks for nobody, `validation` a policy or role that the service would not take.
"""

from collections.abc import Mapping

from harness.journal import Entry

SIDES: Mapping[str, str] = {
    "identity": "caller/identity",
    "permissions_boundary": "caller/permissions_boundary",
    "session": "caller/session",
    "service_control": "caller/service_control",
    "resource": "owner/resource",
    "trust": "owner/trust",
    "key": "owner/key",
    "resource_control": "owner/resource_control",
    "vpc_endpoint": "owner/vpc_endpoint",
}
KINDS = ("authentication", "validation", "peer", "failure")
KNOWN = frozenset({*SIDES.values(), *KINDS})


def reasons(entry: Entry) -> frozenset[str]:
    """The sides and layers that refused."""
    if entry.kind != "decision":
        return frozenset({entry.kind})
    return frozenset(SIDES[evidence["layer"]] for evidence in entry.because)
