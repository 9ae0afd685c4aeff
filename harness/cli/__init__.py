"""The command line: small callers of `Harness`, each of which parses, calls and prints."""

import sys

INTERRUPTED = 130
"""The exit code after Ctrl-C: https://tldp.org/LDP/abs/html/exitcodes.html."""


def main() -> None:
    """Run the command line; Ctrl-C while its modules are still being imported ends it as quietly as later."""
    try:
        from harness.cli.app import run  # noqa: PLC0415 - what is interrupted here is mostly the import
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    run()
