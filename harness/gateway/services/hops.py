"""How far a call is from its client: integrations over HTTP may lead back to the APIs they come from, also by way of another account.

Each such call carries a count that every instance of the launch can check, for as long as an integration may take. It is the count of
this one call, of its host and its target: whoever learns it, such as a server that the integration calls, can do nothing with it elsewhere.
"""

import hmac
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import sha256

from harness.sigv4 import Head

HEADER = "x-harness-hop"
MAX_HOPS = 8
"""So many calls may lead to a call of an API."""
_LASTS = 60
"""Seconds: longer than an integration may take."""

_here: ContextVar[int] = ContextVar("the calls that led here", default=0)


class _Seal:
    """By the key that the instances of a launch share."""

    key = secrets.token_bytes(32)


def install(launch_key: bytes) -> None:
    """Have the launch's other instances know the calls, and know theirs."""
    _Seal.key = launch_key


def arrived(head: Head) -> int:
    """How many calls of integrations led to this request."""
    carried = head.value(HEADER)
    if carried is None:
        return 0
    told, _, mac = carried.rpartition(".")
    if not hmac.compare_digest(_mac(told, head.value("host") or "", head.target).encode(), mac.encode()):
        return 0
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
    return {HEADER: f"{told}.{_mac(told, host, target)}"}


def _mac(told: str, host: str, target: str) -> str:
    return hmac.new(_Seal.key, "\n".join(("hop", told, host, target)).encode(), sha256).hexdigest()
