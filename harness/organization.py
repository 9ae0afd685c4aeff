"""`[organization]` of harness.toml: which accounts are members, in which units, and the control policies attached to each place.

All that AWS would refuse is found when the file is read: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from harness.policy import InvalidPolicy, PolicyKind, parse_policy
from harness.policy.parse import too_long
from harness.toml import Frozen, Name, nearest
from harness.wire import ControlPolicy, Membership, Place

# https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html, API_Root.html, API_OrganizationalUnit.html
OrganizationId = Annotated[str, StringConstraints(pattern=r"^o-[a-z0-9]{10,32}$")]
RootId = Annotated[str, StringConstraints(pattern=r"^r-[0-9a-z]{4,32}$")]
UnitId = Annotated[str, StringConstraints(pattern=r"^ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}$")]

ROOT = "root"
FULL_AWS_ACCESS = "FullAWSAccess"
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_examples.html
_FULL_ACCESS = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
MAX_DEPTH = 5
# FullAWSAccess and RCPFullAWSAccess count; the latter can not be detached.
MAX_ATTACHED: Mapping[PolicyKind, int] = {PolicyKind.SCP: 10, PolicyKind.RCP: 5}


class Attached(Frozen):
    """The policies attached to one place, as files relative to harness.toml."""

    service_control_policies: tuple[str, ...] = ()
    resource_control_policies: tuple[str, ...] = ()
    full_aws_access: bool = True
    """Whether AWS's FullAWSAccess, which every place has from its beginning, is still attached."""


class Unit(Attached):
    """An organizational unit."""

    name: Name
    id: UnitId | None = None
    parent: str | None = None
    """Another unit's name; the root where there is none."""
    accounts: tuple[str, ...] = ()


class Organization(Attached):
    """The organization; what is attached to it is attached to its root."""

    id: OrganizationId = "o-exampleorgid"
    root_id: RootId = "r-root"
    management_account: Name | None = None
    """The name of an account, or the id of one outside the file."""
    accounts: tuple[str, ...] = ()
    """The accounts directly below the root."""
    unit: tuple[Unit, ...] = ()
    account: Mapping[str, Attached] = Field(default_factory=dict)
    """What is attached to single accounts."""

    @property
    def members(self) -> Sequence[tuple[str, Unit | None]]:
        """Every account's name and unit, as often as it is listed; the management account is one even where it is in no list."""
        listed: list[tuple[str, Unit | None]] = [(name, None) for name in self.accounts]
        listed += [(name, unit) for unit in self.unit for name in unit.accounts]
        names = {name for name, _ in listed}
        manager = self.management_account
        return listed if manager is None or manager.isdigit() or manager in names else [*listed, (manager, None)]

    def above(self, unit: Unit | None) -> Sequence[Unit]:
        """The unit and those above it, the topmost first. The parents must be known and form no cycle."""
        named = {one.name: one for one in self.unit}
        found: list[Unit] = []
        while unit is not None:
            found.insert(0, unit)
            unit = named[unit.parent] if unit.parent is not None else None
        return found

    def unit_id(self, unit: Unit) -> str:
        """The unit's id; where the file gives none, one that stays the same for its name."""
        made = hashlib.sha256(unit.name.encode()).hexdigest()[:8]
        return unit.id or f"ou-{self.root_id.removeprefix('r-')}-{made}"


@dataclass(frozen=True, slots=True)
class Resolved:
    """What the table means: each member by its account's name, or what is wrong with it, in sentences."""

    memberships: Mapping[str, Membership]
    faults: tuple[str, ...]


def resolve(organization: Organization, folder: Path, accounts: Mapping[str, str]) -> Resolved:
    """Read the policies of an organization of these accounts (ids by their names), each file once."""
    shelf = _Shelf(folder)
    root = shelf.node("organization", ROOT, organization)
    units = {one.name: shelf.node(f"organization.unit.{one.name}", one.name, one) for one in organization.unit}
    own = {name: shelf.node(f"organization.account.{name}", name, one) for name, one in organization.account.items()}
    faults = (*_structure_faults(organization, accounts), *shelf.faults)
    if faults:
        return Resolved({}, faults)

    def membership(name: str, unit: Unit | None) -> Membership:
        above = organization.above(unit)
        ids = [organization.id, organization.root_id, *map(organization.unit_id, above)]
        place = Place(organization.id, "".join(f"{one}/" for one in ids))
        if name == organization.management_account:
            return Membership(place)
        nodes = [root, *(units[one.name] for one in above), own.get(name) or shelf.node("", name, Attached())]
        return Membership(
            place,
            tuple(node.service_control for node in nodes),
            tuple(node.resource_control for node in nodes if node.resource_control),
        )

    return Resolved({name: membership(name, unit) for name, unit in organization.members}, ())


@dataclass(frozen=True, slots=True)
class _Node:
    """The policies of one place."""

    service_control: tuple[ControlPolicy, ...]
    resource_control: tuple[ControlPolicy, ...]


@dataclass(slots=True)
class _Shelf:
    """Reads policies, and keeps what is wrong with them."""

    folder: Path
    faults: list[str] = field(default_factory=list)

    def node(self, key: str, where: str, attached: Attached) -> _Node:
        """The policies attached to a place; `where` it is stands in their names."""
        full = (ControlPolicy(f"{FULL_AWS_ACCESS} ({where})", _FULL_ACCESS),) if attached.full_aws_access else ()
        services, resources = attached.service_control_policies, attached.resource_control_policies
        self._check_number(f"{key}.service_control_policies", services, PolicyKind.SCP, len(full))
        self._check_number(f"{key}.resource_control_policies", resources, PolicyKind.RCP, 1)
        if not full and not services:
            self.faults.append(
                f"`{key}` has no service control policy, and AWS does not detach a place's last one; attach another or leave"
                " `full_aws_access` out"
            )
        return _Node(
            (*full, *self._read(f"{key}.service_control_policies", where, services, PolicyKind.SCP)),
            tuple(self._read(f"{key}.resource_control_policies", where, resources, PolicyKind.RCP)),
        )

    def _check_number(self, key: str, files: Sequence[str], kind: PolicyKind, implied: int) -> None:
        for twice in [one for one, count in Counter(files).items() if count > 1]:
            self.faults.append(f"`{key}` lists `{twice}` twice; a policy is attached once")
        most = MAX_ATTACHED[kind]
        if len(files) + implied > most:
            beside = " beside the one of AWS's" if implied else ""
            self.faults.append(
                f"`{key}` lists {len(files)} policies; AWS attaches at most {most - implied} to one place{beside}"
            )

    def _read(self, key: str, where: str, files: Sequence[str], kind: PolicyKind) -> Iterator[ControlPolicy]:
        for file in files:
            path = self.folder / file
            try:
                text = path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                why = "does not exist" if isinstance(error, FileNotFoundError) else "cannot be read as text"
                self.faults.append(f"`{key}`: the file `{path}` {why}")
                continue
            self.faults += [f"`{key}`: `{path}` is no {kind}: {fault}" for fault in _document_faults(text, kind)]
            yield ControlPolicy(f"{file} ({where})", text)


def _document_faults(text: str, kind: PolicyKind) -> Iterator[str]:
    """What AWS would refuse to store."""
    try:
        document = parse_policy(text, kind)
    except InvalidPolicy as invalid:
        yield str(invalid)
        return
    if (fault := too_long(text, kind)) is not None:
        yield str(fault)
    # https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
    for statement in document.statements if kind is PolicyKind.RCP else ():
        place = f"Statement[{statement.position}]"
        if statement.allow:
            yield f"{place}.Effect: only AWS's own RCPFullAWSAccess allows, and it is attached everywhere; write Deny"
        if statement.not_action:
            yield f"{place}.NotAction: is not supported in resource control policies; name the actions"
        elif statement.actions("any-service:any-action"):
            yield f"{place}.Action: `*` is for AWS's own policy; name the services, as in `s3:*`"


def _structure_faults(organization: Organization, accounts: Mapping[str, str]) -> Iterator[str]:
    yield from _member_faults(organization, accounts)
    yield from _manager_faults(organization, accounts)
    yield from _unit_faults(organization)


def _member_faults(organization: Organization, accounts: Mapping[str, str]) -> Iterator[str]:
    places: dict[str, list[str]] = {}
    for name, unit in organization.members:
        key = f"organization.unit.{unit.name}.accounts" if unit else "organization.accounts"
        places.setdefault(name, []).append(f"`{key}`")
        if name not in accounts and name != organization.management_account:
            yield f"`{key}` names no account: `{name}`; {nearest(name, accounts)}"
    for name, listed in places.items():
        if len(listed) > 1:
            yield f"account `{name}` stands in {' and in '.join(listed)}; an account has one place"
    for name in organization.account:
        if name not in places:
            yield f"`organization.account.{name}` is about no member; {nearest(name, places) if places else 'there are none'}"
    if not places:
        yield "`organization` has no account; list some in `organization.accounts` or in a unit"


def _manager_faults(organization: Organization, accounts: Mapping[str, str]) -> Iterator[str]:
    manager = organization.management_account
    if manager is None or manager in accounts:
        return
    names = [name for name, account_id in accounts.items() if account_id == manager]
    if names:
        yield f"`organization.management_account` is {manager}, which is an account of this file; name it: `{names[0]}`"
    elif not (manager.isdigit() and len(manager) == len("999999999999")):
        yield (
            f"`organization.management_account` is neither an account's name nor 12 digits: `{manager}`;"
            f" {nearest(manager, accounts)}"
        )


def _unit_faults(organization: Organization) -> Iterator[str]:
    units = {one.name: one for one in organization.unit}
    yield from _repeated("name", [one.name for one in organization.unit])
    yield from _repeated("id", [organization.unit_id(one) for one in units.values()])
    begin = f"ou-{organization.root_id.removeprefix('r-')}-"
    for unit in organization.unit:
        if not organization.unit_id(unit).startswith(begin):
            yield f"`organization.unit.{unit.name}.id` must begin with the root's, `{begin}`; `root_id` gives the root another"
        if unit.parent is not None and unit.parent not in units:
            yield f"`organization.unit.{unit.name}.parent` names no unit: `{unit.parent}`; {nearest(unit.parent, units)}"
        way = _way(unit, units.get)
        cyclic = len(set(way)) < len(way)
        if cyclic and way[-1] == way[0] == min(way):
            yield f"the units in `organization` form a cycle: {' -> '.join(way)}; one of them needs another parent"
        elif not cyclic and len(way) > MAX_DEPTH:
            yield f"`organization.unit.{unit.name}` is {len(way)} units deep; AWS nests {MAX_DEPTH}"


def _repeated(what: str, values: Sequence[str]) -> Iterator[str]:
    for value in [one for one, count in Counter(values).items() if count > 1]:
        yield f"two units in `organization` have the {what} `{value}`; each needs its own"


def _way(unit: Unit, named: Callable[[str], Unit | None]) -> list[str]:
    """The unit's name and those above it, upwards, until there is none or one comes again."""
    way = [unit.name]
    above: Unit | None = unit
    while above is not None and above.parent is not None and len(set(way)) == len(way):
        above = named(above.parent)
        way += [above.name] if above is not None else []
    return way
