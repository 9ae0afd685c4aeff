"""A command as a value, and what became of it. Both can be printed and logged: neither shows a secret."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.process.redact import redacted, redacted_arguments


@dataclass(frozen=True, slots=True, repr=False)
class Command:
    """What to run, where, and with which environment: the whole of it, nothing is inherited."""

    args: Sequence[str]
    folder: Path
    environment: Mapping[str, str]

    def __str__(self) -> str:
        return shlex.join(redacted_arguments(self.args))

    def __repr__(self) -> str:
        return f"Command({str(self)!r} in {str(self.folder)!r}, {len(self.environment)} variables)"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended."""

    command: Command
    exit_code: int
    """Negative for a signal."""
    lines: Sequence[str] = field(repr=False)
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
        """What it printed last, without secrets."""
        return "\n".join(redacted(line) for line in self.lines)

    def __str__(self) -> str:
        how = "was stopped" if self.stopped else f"ended with {self.exit_code}"
        return f"`{self.command}` {how} after {self.seconds:.1f} s"
