"""What must be equal for a running environment to be used again: the accounts, our version, and our code as it is now."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import harness
from harness.emulator.wanted import Wanted


def fingerprint(wanted: Sequence[Wanted], external_accounts: Sequence[str]) -> str:
    """A digest of all three; the code counts by its files' times and sizes, which a developer's change always changes."""
    package = Path(harness.__file__).parent
    files = [
        (path.relative_to(package).as_posix(), status.st_mtime_ns, status.st_size)
        for path in sorted(package.rglob("*.py"))
        for status in [path.stat()]
    ]
    plain = [harness.__version__, [asdict(one) for one in wanted], list(external_accounts), files]
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()[:16]
