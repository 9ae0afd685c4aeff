"""Waiting for something that happens by itself, such as a schedule: bounded, and with a sentence when it does not come."""

import time
from collections.abc import Callable

POLL = 0.25


def eventually[T](what: str, find: Callable[[], T | None], *, within: float) -> T:
    """The first result of `find` that is true. Raises AssertionError after `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        if found := find():
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {within:.0f} s")
        time.sleep(POLL)
