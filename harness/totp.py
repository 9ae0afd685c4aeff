"""Codes of MFA devices: RFC 6238 as every authenticator has it, six digits each half minute.

https://www.rfc-editor.org/rfc/rfc6238; a clock that is one code early or late is suffered, as its section 5.2 recommends.
"""

import base64
import hmac
from collections.abc import Sequence
from itertools import pairwise

STEP = 30
"""Seconds that a code is shown."""
DRIFT = 1
"""How many codes the device may be early or late."""
_MODULUS = 10**6


def step_at(seconds: float) -> int:
    """The number of the code that is shown at a time since the epoch."""
    return int(seconds) // STEP


def code_at(seed: str | bytes, step: int) -> str:
    """The code of a device with that seed, in base 32: https://www.rfc-editor.org/rfc/rfc4226#section-5.3."""
    digest = hmac.digest(base64.b32decode(seed), step.to_bytes(8), "sha1")
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF) % _MODULUS:06}"


def step_of(seed: str | bytes, code: str, now: int, *, after: int) -> int | None:
    """The step whose code this is, around `now` and later than `after`, so that no code counts twice; None where it is none's."""
    steps = (step for step in _around(now, DRIFT) if step > after)
    return next((step for step in steps if hmac.compare_digest(code_at(seed, step).encode(), code.encode())), None)


def follow_each_other(seed: str | bytes, first: str, second: str, now: int) -> bool:
    """Whether the device showed the codes one after the other, not long ago."""
    shown = [code_at(seed, step) for step in _around(now, DRIFT + 1)]
    return (first, second) in pairwise(shown)


def _around(step: int, distance: int) -> Sequence[int]:
    return range(step - distance, step + distance + 1)
