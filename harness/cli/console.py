"""What the commands print with: results on standard output, progress and complaints on standard error."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

from harness.terraform import Event

# No emoji: `:secret:` and `:key:` are parts of ARNs.
out = Console(highlight=False, soft_wrap=True, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


def complain(message: str, help: str | None) -> None:  # noqa: A002 - the field's plain name
    """One sentence, and the remedy apart."""
    err.print(f"[bold red]error[/]: {escaped(message)}")
    if help:
        err.print(f"[bold]help[/]: {escaped(help)}")


def note(message: str) -> None:
    """Something that the user may want to know, though nothing failed."""
    err.print(f"[bold]note[/]: {escaped(message)}")


def escaped(text: str) -> str:
    """Text whose square brackets are no markup."""
    return text.replace("[", r"\[")


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Lines with the seconds since the beginning, and a spinner on a terminal while something takes its time."""
    began = time.monotonic()
    with err.status("") as status:

        def say(text: str) -> None:
            err.print(f"[dim]{time.monotonic() - began:6.1f} s[/]  {escaped(text)}")
            status.update(escaped(text))

        yield say


@contextmanager
def events() -> Iterator[Callable[[str, Event], None]]:
    """Terraform's progress, one line per resource when it is done, and what is under way on a terminal."""
    with progress() as say, err.status("") as status:

        def on_event(name: str, event: Event) -> None:
            if event.action == "read":
                return
            if event.phase == "start":
                status.update(f"{name}: {event.action} {event.address}")
            else:
                say(f"{name}: {event}")

        yield on_event
