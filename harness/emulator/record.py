"""The record of a run: what other commands need to reach it. Holds keys: a file of mode 0600 in the run's folder."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.errors import ToolFailed


@dataclass(frozen=True, slots=True)
class Keys:
    """An access key that does not print its secret."""

    key_id: str
    secret: str

    def __repr__(self) -> str:
        return f"Keys({self.key_id}, ***)"


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """How to reach one account."""

    account_id: str
    region: str
    endpoint_url: str
    peer_port: int | None
    """None where it is not published: the driver then goes through the container."""
    profiles: tuple[str, ...]
    deployer: Keys
    root: Keys


@dataclass(frozen=True, slots=True)
class RunRecord:
    """How to reach the accounts of one run."""

    version: str
    launch_key: str
    issuer_key: str
    """What web identity tokens are signed with, a JSON Web Key as JSON."""
    accounts: Mapping[str, AccountRecord]
    project: str | None = None
    """The Compose project; None for processes of this machine."""
    configuration: str = ""
    """A digest of what the accounts are and of our code: another one must not be reused."""
    proof: Sequence[str] = ()
    """The ids of the requests that proved the accounts: the driver's own, which nobody looks for in a journal."""

    def __repr__(self) -> str:
        return f"RunRecord({', '.join(self.accounts)}, secrets withheld)"

    def write(self, path: Path) -> None:
        """Write the record, whole or not at all."""
        draft = path.with_suffix(".draft")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(self), file)
        draft.replace(path)

    @classmethod
    def read(cls, path: Path) -> "RunRecord | None":
        """The record at `path`, None where there is none. Raises ToolFailed for one that cannot be read."""
        try:
            fields = json.loads(path.read_text(encoding="utf-8"))
            accounts = {name: _account(account) for name, account in fields["accounts"].items()}
            return cls(**fields | {"accounts": accounts})
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError) as error:
            raise ToolFailed(f"the record `{path}` cannot be read", help="`harness down` removes it") from error


def _account(fields: dict[str, object]) -> AccountRecord:
    plain = dict(fields)
    keys = {name: Keys(**plain.pop(name)) for name in ("deployer", "root")}  # type: ignore[arg-type] # JSON that asdict wrote
    profiles = tuple(plain.pop("profiles"))  # type: ignore[arg-type, var-annotated] # the same
    return AccountRecord(**plain, **keys, profiles=profiles)  # type: ignore[arg-type] # the same
