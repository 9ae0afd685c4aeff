"""Codes of MFA devices: RFC 6238 as every authenticator has it, six digits each half minute of real time.

https://datatracker.ietf.org/doc/html/rfc6238; a clock that is one code early or late is suffered, as its section 5.2 recommends.
"""

import base64
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

STEP = 30
"""Seconds that a code is shown."""
DRIFT = 1
"""How many codes the device may be early or late."""
_DIGITS = 6


def step_at(time: datetime) -> int:
    """The number of the code that is shown at a time."""
    return int(time.timestamp()) // STEP


def code_at(seed: str, step: int) -> bytes:
    """The code of a device with that seed, in base 32."""
    algorithm = SHA1()  # noqa: S303 - RFC 6238 as authenticators have it
    totp = TOTP(base64.b32decode(seed), _DIGITS, algorithm, STEP, enforce_key_length=False)
    return bytes(totp.generate(step * STEP))


def step_of(seed: str, code: str, now: int, *, after: int) -> int | None:
    """The step whose code this is, around `now` and later than `after`, so that no code counts twice; None where it is none's."""
    steps = (step for step in _around(now, DRIFT) if step > after)
    return next((step for step in steps if bytes_eq(code_at(seed, step), code.encode())), None)


def follow_each_other(seed: str, first: str, second: str, now: int) -> bool:
    """Whether the device showed the codes one after the other, not long ago."""
    shown = [code_at(seed, step) for step in _around(now, DRIFT + 1)]
    return (first.encode(), second.encode()) in pairwise(shown)


def _around(step: int, distance: int) -> Iterator[int]:
    return iter(range(step - distance, step + distance + 1))
