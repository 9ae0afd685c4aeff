"""How far an API's call of an API is from its client: integrations over HTTP may lead back to the instance they come from.

Each such call carries a token that is known while it lasts. Whoever learns it, such as a server that the integration calls, can make
requests seem to come from API Gateway for that long: that takes rights away, and gives none.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from harness.sigv4 import Head

HEADER = "x-harness-hop"
MOST = 8
"""Of what is followed."""
_going: dict[str, int] = {}
_here: ContextVar[int] = ContextVar("the calls that led here", default=0)


def arrived(head: Head) -> int:
    """How many calls of integrations led to this request."""
    return _going.get(head.value(HEADER) or "", 0)


@contextmanager
def following(hops: int) -> Iterator[None]:
    """What is called now is called by a request that so many calls led to."""
    token = _here.set(hops)
    try:
        yield
    finally:
        _here.reset(token)


@contextmanager
def going() -> Iterator[dict[str, str]]:
    """The header of a call that an integration makes."""
    token = secrets.token_hex(16)
    _going[token] = _here.get() + 1
    try:
        yield {HEADER: token}
    finally:
        del _going[token]
