"""The pytest plugin: thin hooks and fixtures around one `Harness` per test session.

The accounts start when the first test asks for them and end with the session. The report of a failed test shows the journal's
lines and the instances' log lines of that test.
"""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness import docker_services

if TYPE_CHECKING:
    from harness.accounts import Account
    from harness.journal import JournalReader
    from harness.scenario import Denial, Principals
    from harness.session import Harness

_SHOWN_LOG_LINES = 40


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("harness", "AWS accounts that say no for the right reason")
    group.addoption(
        "--harness-backend",
        metavar="NAME",
        help="`embedded`: processes of this machine; `compose`: containers. HARNESS_BACKEND says it as well",
    )
    group.addoption(
        "--harness-keep",
        action="store_true",
        help="keep the run's folder with logs and journals after the session, and print where it is",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the session's state."""
    config.pluginmanager.register(Running(config), "harness-running")
    if _backend(config) == "compose":  # else a suite's own use of pytest-docker is none of ours
        config.pluginmanager.register(docker_services, "harness-docker-services")


def _backend(config: pytest.Config) -> str:
    return str(config.getoption("--harness-backend") or os.environ.get("HARNESS_BACKEND") or "embedded")


class Running:
    """The session's accounts, if any test asked for them, and what the report shows of them."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._harness: Harness | None = None
        self._marks: tuple[dict[str, int], dict[str, int]] | None = None

    def harness(self, request: pytest.FixtureRequest) -> "Harness":
        """The running accounts, started at the first call."""
        if self._harness is None:
            self._harness = self._started(request)
        return self._harness

    def _started(self, request: pytest.FixtureRequest) -> "Harness":
        from harness.session import BackendName, Harness  # noqa: PLC0415 - only sessions that need accounts pay for the import

        folder, run = Path(self._config.invocation_params.dir), f"pytest-{os.getpid()}"
        harness = Harness.open(folder, run, _backend(self._config))
        with self._uncaptured() as say:
            if harness.backend_name is BackendName.COMPOSE:
                docker_services.start(harness, request, say)
            else:
                harness.up(say)
        return harness

    def _uncaptured(self) -> Any:
        """Progress on the terminal while pytest captures everything else."""
        capture = self._config.pluginmanager.getplugin("capturemanager")
        reporter = self._config.pluginmanager.getplugin("terminalreporter")

        def say(text: str) -> None:
            with capture.global_and_fixture_disabled() if capture else nullcontext():
                reporter.write_line(f"harness: {text}")

        return nullcontext(say if reporter else lambda _text: None)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """Remember where journals and logs end before the test."""
        self._marks = self._ends() if self._harness else None

    def _ends(self) -> tuple[dict[str, int], dict[str, int]]:
        assert self._harness is not None  # noqa: S101 - asked only while it runs
        logs = {name: self._harness.log_mark(name) for name in self._harness.config.accounts}
        return self._harness.journal.mark(), logs

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add the journal's and the instances' lines of a failed test to its report."""
        report = yield
        if report.failed and self._harness is not None:
            report.sections.extend(self._sections())
        return report

    def _sections(self) -> Iterator[tuple[str, str]]:
        assert self._harness is not None  # noqa: S101 - asked only while it runs
        journal, logs = self._marks or ({}, {})
        entries = self._harness.journal.entries(journal)
        for instance in self._harness.instances:
            if not instance.alive:
                yield f"account {instance.name} is gone", instance.died().message
        yield "harness journal", "\n".join(entry.describe() for entry in entries) or "(no request was decided)"
        for name in self._harness.config.accounts:
            lines = self._harness.log_lines(name, logs.get(name, 0))
            if lines:
                yield f"instance log of {name}", "\n".join(lines[-_SHOWN_LOG_LINES:])

    def pytest_sessionfinish(self) -> None:
        """End the accounts, and remove their folder unless it is to be kept."""
        if self._harness is None:
            return
        if self._config.getoption("--harness-keep"):
            self._harness.close()
        else:
            self._harness.remove()

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say where a kept folder is."""
        if self._harness is not None and self._config.getoption("--harness-keep"):
            terminalreporter.write_line(f"harness: logs and journals are kept in {self._harness.folder.path}")

    def pytest_unconfigure(self) -> None:
        """End the accounts also where the session never finished."""
        if self._harness is not None:
            self._harness.close()


@pytest.fixture(scope="session")
def harness(request: pytest.FixtureRequest) -> "Harness":
    """The running environment: accounts, Terraform, functions, the journal and the clock."""
    running: Running = request.config.pluginmanager.getplugin("harness-running")
    return running.harness(request)


@pytest.fixture(scope="session")
def account(harness: "Harness") -> "Callable[[str], Account]":
    """An account by its name in harness.toml: `account("account_a").client("dynamodb")`."""
    return harness.account


@pytest.fixture(scope="session")
def journal(harness: "Harness") -> "JournalReader":
    """The journal of all accounts."""
    return harness.journal


@pytest.fixture
def principals(harness: "Harness") -> "Iterator[Principals]":  # noqa: ARG001 - they live in its accounts
    """Makes users, roles and sessions with given policies, and removes them after the test."""
    from harness.scenario import Principals  # noqa: PLC0415 - only scenarios pay for the import

    with Principals() as made:
        yield made


@pytest.fixture(scope="session")
def allowed() -> "Callable[[Callable[[], Any]], Any]":
    """Expect that a call is allowed: `allowed(lambda: table.put_item(...))`; its result."""
    from harness.scenario import allowed as expect  # noqa: PLC0415 - only scenarios pay for the import

    return expect


@pytest.fixture(scope="session")
def denied(harness: "Harness") -> "Callable[..., Denial]":
    """Expect that a call is denied by a side and layer: `denied(call, by="owner/trust")`; the refusal."""
    from harness.scenario import denied as expect  # noqa: PLC0415 - only scenarios pay for the import

    return partial(expect, harness.journal)
