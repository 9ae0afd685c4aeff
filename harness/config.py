"""`harness.toml`: the accounts, their Terraform, and the walk. Read once, checked whole, frozen.

Every fault is one sentence that names the file, the key and the remedy; several faults come together.
"""

import difflib
import functools
import graphlib
import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any

from botocore.loaders import create_loader
from pydantic import AfterValidator, BaseModel, Field, StringConstraints, ValidationError

from harness.errors import UsageError
from harness.organization import Attached, Organization, Resolved, Unit, resolve
from harness.policy import InvalidPolicy, PolicyKind, parse_policy
from harness.toml import NAME, AccountId, Frozen, Name, nearest
from harness.wire import Membership, Network, Quotas


def _region(name: str) -> str:
    partitions = create_loader().load_data("partitions")["partitions"]
    known = [region for partition in partitions for region in partition["regions"]]
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        raise ValueError(f"`{name}` is no region of AWS" + (f"; did you mean `{close[0]}`?" if close else ""))
    return name


Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$"), AfterValidator(_region)]
Address = Annotated[str, AfterValidator(lambda text: str(ip_address(text)))]
Scalar = str | int | float | bool


class Output(Frozen):
    """A reference to another composition's output."""

    output: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$")]

    @property
    def account(self) -> str:
        """The account whose composition has the output."""
        return self.output.partition(".")[0]

    @property
    def name(self) -> str:
        """The output's name."""
        return self.output.partition(".")[2]


Value = Scalar | Output | list[Any] | dict[str, Any]


class QuotasConfig(Frozen):
    """Quotas of an account that AWS has raised, up to its maximum: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html."""

    role_trust_policy_length: Annotated[int, Field(ge=2_048, le=4_096)] = 2_048
    managed_policies_per_role: Annotated[int, Field(ge=10, le=25)] = 10
    managed_policies_per_user: Annotated[int, Field(ge=10, le=20)] = 10

    @property
    def wired(self) -> Quotas:
        """As an instance is told."""
        return Quotas(**self.model_dump())


class NetworkConfig(Frozen):
    """Where the requests to an account's endpoint count as coming from, in place of the loopback."""

    source_ip: Address | None = None
    vpc: Annotated[str, StringConstraints(pattern=r"^vpc-[0-9a-f]+$")] | None = None
    vpc_endpoint: Annotated[str, StringConstraints(pattern=r"^vpce-[0-9a-f]+$")] | None = None
    vpc_endpoint_policy: str | None = None
    """The file with the endpoint's policy, relative to harness.toml."""

    def wired(self, folder: Path) -> Network:
        """As an instance is told."""
        file = self.vpc_endpoint_policy
        text = (folder / file).read_text(encoding="utf-8") if file is not None else None
        return Network(self.source_ip, self.vpc, self.vpc_endpoint, text)


def network(policy: Mapping[str, Any] | None = None, **place: str | None) -> Network:
    """The network of these keys, and a VPC endpoint with that policy, checked as those of harness.toml are. Raises UsageError."""
    try:
        made = NetworkConfig(**place)
    except ValidationError as invalid:
        faults = [_sentence(error) for error in invalid.errors()]
    else:
        text = json.dumps(policy) if policy is not None else None
        wired = Network(made.source_ip, made.vpc, made.vpc_endpoint, text)
        faults = list(_network_faults(wired))
    if faults:
        raise UsageError(f"a network: {faults[0]}", help="the README tells of `accounts.NAME.network`")
    return wired


def _network_faults(wired: Network) -> Iterator[str]:
    """What is wrong with a network."""
    if (wired.vpc is None) is not (wired.vpc_endpoint is None):
        yield "it needs both `vpc` and `vpc_endpoint`, or neither: a VPC is known by its endpoint"
    if wired.vpc_endpoint_policy is None:
        return
    if wired.vpc_endpoint is None:
        yield "a `vpc_endpoint_policy` needs its `vpc_endpoint`"
    try:
        parse_policy(wired.vpc_endpoint_policy, PolicyKind.VPC_ENDPOINT)
    except InvalidPolicy as invalid:
        yield f"`vpc_endpoint_policy`: {invalid}"


class AccountConfig(Frozen):
    """One account."""

    id: AccountId
    region: Region
    composition: str | None = None
    profiles: tuple[str, ...] = ()
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    quotas: QuotasConfig = QuotasConfig()
    network: NetworkConfig = NetworkConfig()


class Package(Frozen):
    """Lambda sources and the zip that they become; paths are relative to harness.toml."""

    source: str
    target: str


class Stage(Frozen):
    """One step of the walk: apply a composition with these variables, then perhaps invoke a function of the account."""

    name: str
    account: str
    apply: bool = True
    variables: Mapping[str, Output | Scalar] = Field(default_factory=dict)
    invoke: str | None = None


class Config(Frozen):
    """The whole file."""

    folder: Path
    """The folder that holds harness.toml."""
    accounts: Annotated[Mapping[Name, AccountConfig], Field(min_length=1)]
    terraform_root: str | None = None
    external_accounts: tuple[AccountId, ...] = ()
    organization: Organization | None = None
    bindings: Mapping[str, Mapping[str, Output]] = Field(default_factory=dict)
    variables: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict)
    package: tuple[Package, ...] = ()
    stage: tuple[Stage, ...] = ()

    @property
    def terraform_path(self) -> Path | None:
        """The Terraform root, None where no account has a composition."""
        return self.folder / self.terraform_root if self.terraform_root is not None else None

    @property
    def compositions(self) -> Mapping[str, str]:
        """Account name to composition folder, relative to the Terraform root."""
        return {name: account.composition for name, account in self.accounts.items() if account.composition is not None}

    @property
    def memberships(self) -> Mapping[str, Membership]:
        """Account name to its place in the organization, for those that are in one."""
        return self.resolved.memberships

    @functools.cached_property
    def resolved(self) -> Resolved:
        """The organization with its policies, read once: what is checked is what counts."""
        if self.organization is None:
            return Resolved({}, ())
        return resolve(self.organization, self.folder, {name: one.id for name, one in self.accounts.items()})

    def profiles(self, name: str) -> tuple[str, ...]:
        """The AWS profiles that mean the account: its name where the file gives none."""
        return self.accounts[name].profiles or (name,)

    def order(self, names: Iterable[str] | None = None) -> tuple[str, ...]:
        """Compositions in the order of their bindings, all or some of them.

        Raises UsageError for an unknown name, for an account without Terraform, and for a cycle, naming its members.
        """
        chosen = set(self.compositions) if names is None else set(names)
        for name in sorted(chosen):
            self._known(name)
        needs = {name: {ref.account for ref in self.bindings.get(name, {}).values()} for name in self.compositions}
        try:
            return tuple(name for name in graphlib.TopologicalSorter(needs).static_order() if name in chosen)
        except graphlib.CycleError as error:
            members = " -> ".join(reversed(error.args[1]))
            raise UsageError(
                f"the bindings in `{self.folder / NAME}` form a cycle: {members}",
                help="break it with a stage that gives one of the variables a first value",
            ) from error

    def _known(self, name: str) -> None:
        if name not in self.accounts:
            raise UsageError(f"no account `{name}` in `{self.folder / NAME}`", help=nearest(name, self.accounts))
        if name not in self.compositions:
            raise UsageError(f"account `{name}` has no Terraform", help="give it a `composition` in harness.toml")


def load(start: Path) -> Config:
    """The configuration of the project that `start` is in. Raises UsageError with every fault of the file."""
    path = find(start)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"`{path}` is not valid TOML: {error}", help="mend the line it names") from error
    try:
        config = Config(**{**_tuples(data), "folder": path.parent})
    except ValidationError as invalid:
        raise _fault(path, [_sentence(error) for error in invalid.errors()]) from invalid
    faults = list(_faults(config))
    if faults:
        raise _fault(path, faults)
    config.order()
    return config


def find(start: Path) -> Path:
    """The harness.toml of the project that `start` is in. Raises UsageError where there is none."""
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / NAME).is_file():
            return folder / NAME
    raise UsageError(f"no {NAME} in `{start.resolve()}` or above it", help="`harness init` writes one")


def _tuples(value: Any) -> Any:
    """TOML's arrays as tuples: the values are frozen, and strict checking takes no list for a tuple."""
    if isinstance(value, dict):
        return {key: _tuples(entry) for key, entry in value.items()}
    return tuple(_tuples(entry) for entry in value) if isinstance(value, list) else value


def _fault(path: Path, faults: list[str]) -> UsageError:
    first, *others = dict.fromkeys(faults)
    more = "".join(f"\n  also: {other}" for other in others)
    return UsageError(
        f"`{path}`: {first}{more}", help="the keys of harness.toml are in the README, under Configuration"
    )


# Where a key stands -> what its neighbours are; the longest beginning counts.
_MODELS: Mapping[tuple[str, ...], type[BaseModel]] = {
    (): Config,
    ("accounts",): AccountConfig,
    ("package",): Package,
    ("stage",): Stage,
    ("organization",): Organization,
    ("organization", "unit"): Unit,
    ("organization", "account"): Attached,
}


# accounts.NAME.TABLE -> what its keys are.
_TABLES: Mapping[str, type[BaseModel]] = {"quotas": QuotasConfig, "network": NetworkConfig}


def _sentence(error: Any) -> str:
    """One of pydantic's errors as a sentence about the key."""
    place = [str(part) for part in error["loc"]]
    key = ".".join(place)
    match error["type"]:
        case "extra_forbidden":
            if (inner := _TABLES.get(place[2]) if len(place) > 3 else None) is not None:  # noqa: PLR2004 - accounts.NAME.TABLE.key
                return f"unknown key `{key}`; {nearest(place[-1], inner.model_fields)}"
            above = next(tuple(place[:end]) for end in (2, 1, 0) if end < len(place) and tuple(place[:end]) in _MODELS)
            return f"unknown key `{key}`; {nearest(place[-1], _MODELS[above].model_fields)}"
        case "missing":
            return f"`{key}` is missing"
        case "string_pattern_mismatch" if place[0] == "external_accounts" or place[::2] == ["accounts", "id"]:
            return f"`{key}` must be an account id of 12 digits in quotes, not `{error['input']}`"
        case "string_pattern_mismatch":
            return f"`{key}` is `{error['input']}`, which does not fit {error['ctx']['pattern']}"
        case "value_error":
            return f"`{key}`: {error['ctx']['error']}"
        case _:
            return f"`{key}`: {error['msg'][0].lower()}{error['msg'][1:]}, not `{error['input']}`"


def _faults(config: Config) -> Iterator[str]:
    yield from _account_faults(config)
    yield from _reference_faults(config)
    yield from _path_faults(config)
    yield from config.resolved.faults


def _account_faults(config: Config) -> Iterator[str]:
    ids = Counter(account.id for account in config.accounts.values())
    for repeated in (one for one, count in ids.items() if count > 1):
        names = [name for name, account in config.accounts.items() if account.id == repeated]
        yield f"accounts {_and(names)} have the same id {repeated}; each account needs its own"
    for one in sorted(set(config.external_accounts) & set(ids)):
        yield f"`external_accounts` lists {one}, which is one of the accounts; leave it out"
    for name, account in config.accounts.items():
        yield from (f"`accounts.{name}.network`: {fault}" for fault in _configured_faults(config, account))
    ports = Counter(account.port for account in config.accounts.values() if account.port is not None)
    for port in (one for one, count in ports.items() if count > 1):
        yield f"two accounts have port {port}; each account needs its own"
    profiles = Counter(profile for name in config.accounts for profile in config.profiles(name))
    for profile in (one for one, count in profiles.items() if count > 1):
        yield f"profile `{profile}` belongs to two accounts; a profile means one"


def _configured_faults(config: Config, account: AccountConfig) -> Iterator[str]:
    try:
        yield from _network_faults(account.network.wired(config.folder))
    except (OSError, UnicodeDecodeError):
        yield f"the file `{account.network.vpc_endpoint_policy}` cannot be read as text"


def _reference_faults(config: Config) -> Iterator[str]:
    for table in ("bindings", "variables"):
        for name in getattr(config, table):
            if name not in config.compositions:
                yield f"`{table}.{name}` names no account with a composition; {nearest(name, config.compositions)}"
    refs = [
        (f"bindings.{name}.{variable}", ref)
        for name, bound in config.bindings.items()
        for variable, ref in bound.items()
    ]
    for stage in config.stage:
        if stage.account not in config.accounts:
            yield f"stage `{stage.name}` names no account: `{stage.account}`; {nearest(stage.account, config.accounts)}"
        elif stage.apply and stage.account not in config.compositions:
            yield f"stage `{stage.name}` applies account `{stage.account}`, which has no composition"
        refs += [(f"stage `{stage.name}`", ref) for ref in stage.variables.values() if isinstance(ref, Output)]
    for place, ref in refs:
        if ref.account not in config.compositions:
            yield f"{place} reads an output of `{ref.account}`, which has no composition; {nearest(ref.account, config.compositions)}"


def _path_faults(config: Config) -> Iterator[str]:
    if config.compositions and config.terraform_path is None:
        yield "`terraform_root` is missing, and accounts have compositions"
    root = config.terraform_path
    if root is not None and not root.is_dir():
        yield f"`terraform_root`: the folder `{root}` does not exist"
    elif root is not None:
        for name, composition in config.compositions.items():
            if not (root / composition).is_dir():
                yield f"`accounts.{name}.composition`: the folder `{root / composition}` does not exist"
    for package in config.package:
        if not (config.folder / package.source).is_dir():
            yield f"`package.source`: the folder `{config.folder / package.source}` does not exist"


def _and(names: list[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)
