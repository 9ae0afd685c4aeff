"""What the account is told of its organization: its place, and by digest the policies that bind its principals and resources there."""

from collections.abc import Iterable
from dataclasses import dataclass

from harness.gateway.iam.iam_state import Documents
from harness.wire import ControlPolicy, Membership, Place
from harness.wire.vouch import PolicyRef

Levels = tuple[tuple[PolicyRef, ...], ...]


@dataclass(frozen=True, slots=True)
class OwnMembership:
    """What the launch says, with its documents kept; all empty where the account is in no organization."""

    place: Place | None = None
    service_control: Levels = ()
    resource_control: Levels = ()

    @classmethod
    def of(cls, told: Membership | None, documents: Documents) -> "OwnMembership":
        """Keep the documents."""
        if told is None:
            return cls()

        def kept(levels: Iterable[Iterable[ControlPolicy]]) -> Levels:
            return tuple(tuple(documents.add(one.name, one.document) for one in level) for level in levels)

        return cls(told.place, kept(told.service_control), kept(told.resource_control))
