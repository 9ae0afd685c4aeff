"""A command as a value, and what became of it."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Command:
    """What to run, where, and with which environment: the whole of it, nothing is inherited."""

    args: Sequence[str]
    folder: Path
    environment: Mapping[str, str] = field(repr=False)

    def __str__(self) -> str:
        """The command line, with the values of Terraform's `-var` withheld: they may be secrets."""
        return shlex.join(_redacted(arg) for arg in self.args)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended."""

    command: Command
    exit_code: int
    """Negative for a signal."""
    lines: Sequence[str]
    """The end of standard output and standard error together."""
    seconds: float
    stopped: bool = False
    """It was ended by us."""

    @property
    def succeeded(self) -> bool:
        """Whether it ended by itself with status 0."""
        return self.exit_code == 0 and not self.stopped

    @property
    def tail(self) -> str:
        """What it printed last."""
        return "\n".join(self.lines)


def _redacted(arg: str) -> str:
    name, equals, _ = arg.removeprefix("-var=").partition("=")
    return f"-var={name}=***" if equals and arg.startswith("-var=") else arg
