"""The instance's clock: real time plus an offset that the driver may only move forward.

Sessions and `aws:CurrentTime` follow it; signatures and seals are judged by real time.
"""

import threading
import time
from datetime import UTC, datetime, timedelta


class Clock:
    """One per instance."""

    def __init__(self) -> None:
        """Start at real time."""
        self._offset = timedelta()
        self._lock = threading.Lock()

    @staticmethod
    def real() -> datetime:
        """The real time, in UTC."""
        return datetime.fromtimestamp(time.time(), UTC)

    def now(self) -> datetime:
        """The instance's time, in UTC."""
        return self.real() + self._offset

    def advance(self, seconds: float) -> datetime:
        """Move the clock forward; the new time. Raises ValueError for a negative span: time does not go back."""
        if seconds < 0:
            raise ValueError("the clock only moves forward")
        with self._lock:
            self._offset += timedelta(seconds=seconds)
        return self.now()
