"""A user's virtual MFA device, which shows a code that was not shown before: https://www.rfc-editor.org/rfc/rfc6238."""

import base64
import hmac
import time
from dataclasses import dataclass, field

from harness.scenario.waiting import eventually

STEP = 30
"""Seconds that a code is shown."""


@dataclass(slots=True)
class MfaDevice:
    """For `SerialNumber` and `TokenCode` of AssumeRole and GetSessionToken."""

    serial_number: str
    seed: bytes = field(repr=False)
    """In base32, as CreateVirtualMFADevice gives it."""
    _shown: int = 0

    def code(self) -> str:
        """The next code; each is taken once, so that a third one within a minute is waited for, up to half a minute."""
        step = max(self._shown + 1, _now() - 1)
        # An account takes a code that is early or late by one.
        eventually("another code", lambda: step <= _now() + 1, within=STEP + 1)
        self._shown = step
        return self.at(step)

    def at(self, step: int) -> str:
        """The code of a half minute since the epoch."""
        digest = hmac.digest(base64.b32decode(self.seed), step.to_bytes(8), "sha1")
        start = digest[-1] & 15
        return f"{(int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF) % 1_000_000:06}"

    def parameters(self) -> dict[str, str]:
        """Both parameters, with a fresh code."""
        return {"SerialNumber": self.serial_number, "TokenCode": self.code()}


def _now() -> int:
    return int(time.time()) // STEP
