"""An account's place in its organization: what its instance is told at its launch, and what it tells others of it.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Place:
    """Where an account stands, as condition keys say it."""

    organization: str
    """The organization's id, `o-a1b2c3d4e5`."""
    path: str
    """From the organization down to the account's unit: `o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/`."""


@dataclass(frozen=True, slots=True)
class ControlPolicy:
    """A service or resource control policy: its name with the place that it is attached to, and its document."""

    name: str
    document: str


Levels = tuple[tuple[ControlPolicy, ...], ...]
"""Policies by level: the root's first, the account's last."""


@dataclass(frozen=True, slots=True)
class Membership:
    """One account's place and the policies that bind it there; none bind the management account."""

    place: Place
    service_control: Levels = ()
    resource_control: Levels = ()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Membership":
        """Read back what `asdict` gives."""
        return cls(Place(**data["place"]), _levels(data["service_control"]), _levels(data["resource_control"]))


def _levels(data: Sequence[Sequence[Mapping[str, str]]]) -> Levels:
    return tuple(tuple(ControlPolicy(**one) for one in level) for level in data)
