"""All that one decision needs to know: the policies of both sides. Immutable; made from state, or from a decision case."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.policy.document import Document


class ResourcePolicyKind(StrEnum):
    """How the resource's own policy takes part: see harness.iam for the rules of each."""

    RESOURCE = "resource"
    TRUST = "trust"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class Policy:
    """A document under the name that evidence shows: an ARN, an inline policy's name, or a place in a list."""

    name: str | int
    document: "Document"


@dataclass(frozen=True, slots=True)
class World:
    """The policies around one request.

    Control policies are lists of levels, root first, account last; no levels means no organization. The implied
    full-access resource control policy is not listed.
    """

    identity: Sequence[Policy] = ()
    boundary: Policy | None = None
    session: Sequence[Policy] | None = None
    """None: the caller's session has no session policies. Empty: a federated user's session without any, which grants nothing."""
    resource: Policy | None = None
    resource_kind: ResourcePolicyKind = ResourcePolicyKind.RESOURCE
    service_control: Sequence[Sequence[Policy]] = ()
    resource_control: Sequence[Sequence[Policy]] = ()
    vpc_endpoint: Policy | None = None
    public_access_restricted: bool = False
    """The resource is a bucket with a public policy, and S3's RestrictPublicBuckets is on."""
    principal_in_management_account: bool = False
    principal_is_service_linked_role: bool = False
