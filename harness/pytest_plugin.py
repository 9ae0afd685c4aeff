"""The pytest plugin: thin hooks and fixtures around one `Harness` per test session.

The accounts start when the first test asks for them and end with the session. The report of a failed test shows the journal's
lines and the instances' log lines of that test.
"""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from harness import docker_services
from harness.errors import HarnessError

if TYPE_CHECKING:
    from harness.accounts import Account
    from harness.journal import Entry, JournalReader
    from harness.scenario import Denial, Principals
    from harness.session import Harness

_SHOWN_LOG_LINES = 40
_SHOWN_ALLOWED = 10
"""So many of the last lines are shown of what was allowed; of what was refused all."""


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
        help="leave the accounts up after a session with a failure, and print how to look at them",
    )
    group.addoption(
        "--harness-reuse",
        action="store_true",
        help="use accounts that stand by, freshly bootstrapped, and have others stand by for the next session",
    )
    group.addoption(
        "--harness-workers",
        choices=("own", "shared"),
        default="own",
        help="with pytest-xdist: accounts for each worker, or one set for all of them (default: own)",
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
        self._file: Path | None = None
        self._kept = False

    def harness(self, request: pytest.FixtureRequest) -> "Harness":
        """The running accounts, started at the first call."""
        if self._harness is None:
            failed = None
            try:
                self._harness = self._started(request)
            except HarnessError as error:
                failed = error
            if failed is not None:
                _fail(failed)  # outside of the handling: the sentence once, and no other exception beside it
            self._marks = self._ends()  # what led to the accounts is not the test's
        assert self._harness is not None  # noqa: S101 - it was started, or the test has failed
        return self._harness

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Build what accounts run from before the first test that wants some: it takes minutes once, and tests have their time."""
        wanting = any("harness" in getattr(item, "fixturenames", ()) for item in getattr(session, "items", ()))
        if not wanting or self._config.option.collectonly or _of_worker(self._config, "harness_run"):
            return
        with suppress(HarnessError), self._uncaptured() as say:  # the first test fails with it, as one sentence
            self._opened().run.build(say)

    def _opened(self, run: str | None = None) -> "Harness":
        from harness.session import Harness  # noqa: PLC0415 - only sessions that need accounts pay for the import

        folder = Path(self._config.invocation_params.dir)
        return Harness.open(folder, run or f"pytest-{os.getpid()}", _backend(self._config))

    def _started(self, request: pytest.FixtureRequest) -> "Harness":
        shared = _of_worker(self._config, "harness_run")
        if shared is not None:
            return self._joined(shared)
        harness = self._opened()
        try:
            with self._uncaptured() as say:
                if self._outlives or not docker_services.wanted(harness.run):
                    return self._owned(harness, say)
                docker_services.start(harness.run, request, say)
        except BaseException:
            harness.close()
            harness.run.folder.remove()
            raise
        return harness

    def _joined(self, run: str) -> "Harness":
        """The accounts of the controller of pytest-xdist, with a Terraform copy of this worker's own."""
        harness = self._opened(run)
        harness.workspace = f"terraform-{_of_worker(self._config, 'workerid')}"
        return harness.attach()

    @property
    def _outlives(self) -> bool:
        """Whether the accounts may have to outlive this process: then a supervisor owns them."""
        return bool(self._config.getoption("--harness-reuse") or self._config.getoption("--harness-keep"))

    def _owned(self, harness: "Harness", say: Callable[[str], None]) -> "Harness":
        """Accounts of this session, in a way that pytest-docker has no part in."""
        if not self._outlives:
            harness.up(say)
            return harness
        from harness import detached  # noqa: PLC0415 - only sessions that want it pay for the import

        if self._config.getoption("--harness-reuse"):
            harness.run = detached.fresh(harness.run, say)
            return harness
        detached.take(harness.run.folder)
        detached.start(harness.run, say)
        return harness

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Start the accounts that the workers of pytest-xdist share, before the first of them."""
        if self._config.getoption("--harness-workers") != "shared":
            return
        if self._harness is None:
            try:
                with self._uncaptured() as say:
                    self._harness = self._owned(self._opened(), say)
            except HarnessError as error:
                pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)
        node.workerinput["harness_run"] = self._harness.run.name

    def _uncaptured(self) -> Any:
        """Progress on the terminal while pytest captures everything else."""
        capture = self._config.pluginmanager.getplugin("capturemanager")
        reporter = self._config.pluginmanager.getplugin("terminalreporter")

        def say(text: str) -> None:
            with capture.global_and_fixture_disabled() if capture else nullcontext():
                reporter.write_line(f"harness: {text}")

        return nullcontext(say if reporter else lambda _text: None)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Remember where journals and logs end before the test; a test that can only fail with a dead account says so."""
        self._marks = None
        same, self._file = self._file == item.path, item.path
        if self._harness is None:
            return
        if dead := next((one for one in self._harness.run.instances if not one.alive), None):
            self._recover(dead.died(), same_file=same)
        self._marks = self._ends()

    def _recover(self, death: HarnessError, *, same_file: bool) -> None:
        """Tests of the file in which an account died may need what died with it; the next file gets new accounts."""
        if same_file or self._outlives or _of_worker(self._config, "harness_run"):
            _fail(death)
        assert self._harness is not None  # noqa: S101 - asked only while it runs
        with self._uncaptured() as say:
            say("an account died: starting all of them afresh")
            self._harness.restart(say)

    def _ends(self) -> tuple[dict[str, int], dict[str, int]]:
        assert self._harness is not None  # noqa: S101 - asked only while it runs
        logs = {name: self._harness.run.log_mark(name) for name in self._harness.config.accounts}
        return self._harness.journal.mark(), logs

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add the journal's and the instances' lines of a failed test to its report."""
        report = yield
        if report.failed and self._harness is not None:
            try:
                report.sections.extend(self._sections())
            except HarnessError as error:  # an account that dies meanwhile must not hide the test's own failure
                report.sections.append(("harness", error.message))
        return report

    def _sections(self) -> Iterator[tuple[str, str]]:
        assert self._harness is not None  # noqa: S101 - asked only while it runs
        journal, logs = self._marks or ({}, {})
        entries = self._harness.journal.entries(journal)
        for instance in self._harness.run.instances:
            if not instance.alive:
                yield f"account {instance.name} is gone", instance.died().message
        yield "harness journal", "\n".join(_shown(entries)) or "(no request was decided)"
        for name in self._harness.config.accounts:
            lines = self._harness.run.log_lines(name, logs.get(name, 0))
            if lines:
                yield f"instance log of {name}", "\n".join(lines[-_SHOWN_LOG_LINES:])

    @pytest.hookimpl(trylast=True)  # fixtures that are still set up need the accounts, and pytest-docker its file
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """End the accounts, unless they are to be looked at or others are to stand by in their place."""
        if self._harness is None:
            return
        if _of_worker(self._config, "harness_run") is not None:
            self._harness.close()
        elif not self._outlives:
            self._harness.remove()
        else:
            self._leave(failed=bool(exitstatus))

    def _leave(self, *, failed: bool) -> None:
        from harness import detached  # noqa: PLC0415 - only sessions that want it pay for the import

        assert self._harness is not None  # noqa: S101 - asked only while it runs
        self._harness.close()
        if failed and self._config.getoption("--harness-keep"):
            detached.keep(self._harness.run.folder)
            self._kept = True
        elif self._config.getoption("--harness-reuse"):
            detached.give_back(self._harness.run)
        else:
            detached.end(self._harness.run.folder)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say how to look at accounts that were left up."""
        if self._kept and self._harness is not None:
            run = f"HARNESS_RUN={self._harness.run.name}"
            terminalreporter.write_line(
                f"harness: the accounts are left up, with Terraform's state: {run} harness status"
            )
            terminalreporter.write_line(
                f"harness: {run} harness journal --denied; {run} harness env; `harness down` ends them"
            )

    def pytest_unconfigure(self) -> None:
        """End the accounts also where the session never finished."""
        if self._harness is not None:
            self._harness.close()


def _shown(entries: "list[Entry]") -> "Iterator[str]":
    """The lines of a test for its report."""
    shown = [one for at, one in enumerate(entries) if one.denied or at >= len(entries) - _SHOWN_ALLOWED]
    if len(shown) < len(entries):
        yield f"({len(entries) - len(shown)} earlier lines of what was allowed are left out)"
    yield from (entry.describe() for entry in shown)


def _fail(error: HarnessError) -> NoReturn:
    """Fail the test with the sentence and the remedy: where in our code it was found helps nobody."""
    pytest.fail(str(error), pytrace=False)


def _of_worker(config: pytest.Config, key: str) -> Any:
    """What the controller of pytest-xdist told this worker; None in any other process."""
    return getattr(config, "workerinput", {}).get(key)


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
def allowed(harness: "Harness") -> "Callable[[Callable[[], Any]], Any]":
    """Expect that a call is allowed: `allowed(lambda: table.put_item(...))`; its result."""
    from harness.scenario import allowed as expect  # noqa: PLC0415 - only scenarios pay for the import

    def allowed(call: "Callable[[], Any]") -> Any:
        __tracebackhide__ = True
        return expect(harness.journal, call)

    return allowed


@pytest.fixture(scope="session")
def denied(harness: "Harness") -> "Callable[..., Denial]":
    """Expect that a call is denied by a side and layer: `denied(call, by="owner/trust")`; the refusal."""
    from harness.scenario import denied as expect  # noqa: PLC0415 - only scenarios pay for the import

    def denied(call: "Callable[[], Any]", *, by: "str | set[str]", explicit: bool | None = None) -> "Denial":
        __tracebackhide__ = True
        return expect(harness.journal, call, by=by, explicit=explicit)

    return denied
