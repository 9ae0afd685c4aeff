"""`tox -e compose`: every scenario in containers, and what only containers can show.

Without a Docker engine it says so in one line; HARNESS_REQUIRE_DOCKER=1 makes that a failure.
"""

import os
import subprocess
import sys
from pathlib import Path

from harness.emulator.docker import Docker
from harness.errors import ToolFailed

SUITES = (("scenarios",), ("tests/integration/test_reuse.py",), ("tests/compose",))


def missing() -> str | None:
    """Why there are no containers to be had, in one line."""
    docker = Docker(Path.cwd())
    try:
        docker.run("info", "--format", "{{.ServerVersion}}")
        docker.run("compose", "version")
    except ToolFailed as error:
        return f"{error.message.splitlines()[0]}: {error.help}"
    return None


def main(options: list[str]) -> int:
    if (why := missing()) is not None:
        sys.stdout.write(f"compose: no scenario was run: {why}\n")
        return 1 if os.environ.get("HARNESS_REQUIRE_DOCKER") else 0
    environment = {**os.environ, "HARNESS_BACKEND": "compose"}
    runs = [
        subprocess.run([sys.executable, "-m", "pytest", *suite, *options], env=environment, check=False)
        for suite in SUITES
    ]
    return max(run.returncode for run in runs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
