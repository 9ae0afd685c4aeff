"""A runner that runs nothing: it plays a script, for tests of what stands above processes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from harness.process.command import Command, Outcome
from harness.process.runner import OnLine, ShouldStop


@dataclass(frozen=True, slots=True)
class Script:
    """What a command prints and how it ends; one that `hangs` ends only by being stopped."""

    lines: Sequence[str] = ()
    exit_code: int = 0
    hangs: bool = False


@dataclass(slots=True)
class FakeRunner:
    """Plays the script that `script_of` has for a command, and keeps the commands."""

    script_of: Callable[[Command], Script] = lambda _command: Script()
    commands: list[Command] = field(default_factory=list)

    def run(self, command: Command, on_line: OnLine, should_stop: ShouldStop) -> Outcome:
        """Print everything, ask once whether to stop (a script that hangs: until it is stopped), and end."""
        self.commands.append(command)
        script = self.script_of(command)
        for line in script.lines:
            on_line(line)
        stopped = should_stop()
        while script.hangs and not stopped:
            stopped = should_stop()
        return Outcome(command, script.exit_code, tuple(script.lines), 0.0, stopped)
