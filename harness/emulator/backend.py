"""What the driver knows of the ways to run instances: two implementations, and nobody above can tell them apart.

`embedded` runs processes of this machine, `compose` containers. A backend either starts its instances and owns them, or attaches
to those that another process started, and then only lets go of them.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from harness.emulator.control import Control
from harness.emulator.record import RunRecord
from harness.errors import ToolFailed

Progress = Callable[[str], None]
EAGER_SERVICES = ("dynamodb", "lambda", "logs", "events", "s3")
"""Loaded in the background once an instance is ready, so that the first call of each costs nothing."""


class BackendName(StrEnum):
    """The choices."""

    EMBEDDED = "embedded"
    COMPOSE = "compose"


class Instance(Protocol):
    """One running instance."""

    @property
    def name(self) -> str:
        """The account's name."""

    @property
    def alive(self) -> bool:
        """Whether it runs."""

    def died(self) -> ToolFailed:
        """The error for one that ended by itself, with the last lines of its log."""

    def last_lines(self) -> str:
        """The end of its log."""

    @property
    def log_hint(self) -> str:
        """How to see all of its log."""


class Backend(Protocol):
    """The instances of one run."""

    @property
    def instances(self) -> Sequence[Instance]:
        """Those that this process watches; of attached embedded ones it knows no process."""

    @property
    def controls(self) -> Mapping[str, Control]:
        """How to ask each, by account name."""

    def build(self, progress: Progress) -> None:
        """Make what instances run from, where it is missing or old: minutes the first time. Raises ToolFailed."""

    def start(self, progress: Progress) -> RunRecord:
        """Start all instances and prove them. Raises ToolFailed with nothing left running."""

    def resume(self, record: RunRecord) -> None:
        """Use the instances of another owner, who wrote the record; whether they answer is found when they are asked."""

    def pull_journals(self) -> None:
        """See to it that the journals in the run's folder are complete."""

    def log_mark(self, name: str) -> int:
        """Where the log of an instance ends now."""

    def log_lines(self, name: str, since: int) -> list[str]:
        """The lines of an instance's log from a mark on."""

    def stop(self) -> None:
        """End what `start` started, let go of what `attach` found; safe to call twice."""
