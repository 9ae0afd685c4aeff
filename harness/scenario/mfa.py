"""A user's virtual MFA device, which shows a code that was not shown before: https://www.rfc-editor.org/rfc/rfc6238."""

import time
from dataclasses import dataclass, field

from harness.scenario.waiting import eventually
from harness.totp import DRIFT, STEP, code_at, step_at

_ON_ITS_WAY = 5.0
"""Seconds that a request may take until its code is looked at."""


@dataclass(slots=True)
class MfaDevice:
    """For `SerialNumber` and `TokenCode` of AssumeRole and GetSessionToken."""

    serial_number: str
    seed: bytes = field(repr=False)
    """In base32, as CreateVirtualMFADevice gives it."""
    _shown: int = 0

    def code(self) -> str:
        """The next code; each is taken once, so that a third one within a minute is waited for, up to half a minute."""
        # An account takes no code that is earlier, when the request has arrived.
        step = max(self._shown + 1, step_at(time.time() + _ON_ITS_WAY) - DRIFT)
        eventually("another code", lambda: step <= step_at(time.time()) + DRIFT, within=STEP + 1)
        self._shown = step
        return code_at(self.seed, step)

    def parameters(self) -> dict[str, str]:
        """Both parameters, with a fresh code."""
        return {"SerialNumber": self.serial_number, "TokenCode": self.code()}
