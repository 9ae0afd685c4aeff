"""The errors a caller can do something about; any other exception is a bug of ours and keeps its traceback.

A message is one lower-case sentence without a full stop that names the thing (user input in backticks);
`help` says the remedy, apart from the message, so that each front end prints it in its own way.
"""

from operator import methodcaller


class HarnessError(Exception):
    """Base of all errors that are answers to the user; the command line prints `message` and `help`, no traceback."""

    exit_code = 1

    def __init__(self, message: str, *, help: str | None = None) -> None:  # noqa: A002 - the field's plain name
        """Keep the message and the remedy apart."""
        super().__init__(message)
        self.message = message
        self.help = help

    def __str__(self) -> str:
        """The sentence, and the remedy in a line of its own: what a traceback ends with."""
        return f"{self.message}\nhelp: {self.help}" if self.help else self.message


class UsageError(HarnessError):
    """The command line or `harness.toml` asks for something that cannot be: exit code 2."""

    exit_code = 2


class ToolFailed(HarnessError):
    """A program that we run (Terraform, uv, an instance, a function) failed or is missing: exit code 1."""


class ScenarioError(HarnessError):
    """A scenario's expectation about the environment does not hold, in a way that is not a denial."""


hidden_in_pytest = methodcaller("errisinstance", HarnessError)
"""A module's `__tracebackhide__`: in pytest's reports an answer to the user is told without our code.

https://docs.pytest.org/en/stable/example/simple.html#writing-well-integrated-assertion-helpers
"""
