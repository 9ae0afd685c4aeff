"""How far a call is from its client: integrations over HTTP may lead back to the APIs they come from, also by way of another account.

Each such call carries a count that every instance of the launch can check, for as long as an integration may take. It is the count of
this one call, of its host and its target, and another call that comes with it is refused: a server that the integration calls learns it,
and could otherwise have its own requests seem to come from API Gateway.
"""

import hmac
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import sha256

from harness.sigv4 import Head, Reason, Rejected

HEADER = "x-harness-hop"
MAX_HOPS = 8
"""So many calls may lead to a call of an API."""
_LASTS = 60
"""Seconds: longer than an integration may take."""

_here: ContextVar[int] = ContextVar("the calls that led here", default=0)


class _Launch:
    """What its instances share."""

    key = secrets.token_bytes(32)


def install(launch_key: bytes) -> None:
    """Have the launch's other instances know the calls, and know theirs."""
    _Launch.key = launch_key


def arrived(head: Head) -> int | Rejected:
    """How many calls of integrations led to this request; the refusal of one that comes with another call's count."""
    carried = head.value(HEADER)
    if carried is None:
        return 0
    told, _, seals = carried.partition(";")
    of_count, _, of_call = seals.partition(";")
    if not _is(of_count, told):
        return 0  # a client's invention
    if not _is(of_call, told, head.value("host") or "", head.target):
        return Rejected(Reason.MALFORMED, f"its `{HEADER}` belongs to another call, of an API's integration")
    hops, _, until = told.partition(".")
    return int(hops) if time.time() < int(until) else 0


@contextmanager
def following(hops: int) -> Iterator[None]:
    """What is called now is called by a request that so many calls led to."""
    token = _here.set(hops)
    try:
        yield
    finally:
        _here.reset(token)


def header(host: str, target: str) -> dict[str, str]:
    """Of a call that an integration makes now, with its `Host` and its target as they are sent."""
    told = f"{_here.get() + 1}.{int(time.time()) + _LASTS}"
    return {HEADER: ";".join((told, _seal(told), _seal(told, host, target)))}


def _is(seal: str, *sealed: str) -> bool:
    return hmac.compare_digest(_seal(*sealed).encode(), seal.encode())


def _seal(*sealed: str) -> str:
    return hmac.new(_Launch.key, "\n".join(("hop", *sealed)).encode(), sha256).hexdigest()
