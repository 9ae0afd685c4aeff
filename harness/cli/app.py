"""All commands under one name, and what they end with."""

import sys

import typer

from harness.cli import INTERRUPTED, cases, compose, doctor, identity, looking, sandbox, terraform, tools
from harness.cli.console import complain, err
from harness.errors import HarnessError, UsageError

app = typer.Typer(
    name="harness",
    help="Stand-ins for AWS accounts that say no for the right reason.",
    no_args_is_help=True,
    add_completion=False,
    # A bug of ours keeps its plain traceback: without local variables, which may hold secrets.
    pretty_exceptions_enable=False,
)
sandbox.register(app)
terraform.register(app)
tools.register(app)
compose.register(app)
cases.register(app)
identity.register(app)
looking.register(app)
doctor.register(app)


def run() -> None:
    """Run the command line; a HarnessError is one sentence and its exit code, a bug of ours a traceback."""
    try:
        if sys.platform == "win32":
            raise UsageError("Windows is not supported", help="run the harness in WSL")
        app()
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            err.print("interrupted")
        raise
    except HarnessError as error:
        complain(error.message, error.help)
        sys.exit(error.exit_code)
