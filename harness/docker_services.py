"""The accounts as pytest-docker's services: its fixtures, told what to start and what to remove.

Registered after pytest-docker, so that these fixtures are the ones that count; a conftest's own still win.

pytest-docker leaves things behind in two cases. If setting up fails, its clean-up never runs: `start` removes the project then.
And a failing clean-up command skips the rest: the harness removes the project by itself once more when the session ends,
and the project's reaper when even that cannot be.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.emulator.compose import Compose
    from harness.run import Run

_STARTED: "pytest.StashKey[Compose]" = pytest.StashKey()


def wanted(run: "Run") -> bool:
    """Whether the accounts are to be containers."""
    return run.backend_name == "compose"


def start(run: "Run", request: pytest.FixtureRequest, say: Callable[[str], None]) -> None:
    """Have pytest-docker start the accounts, and prove them. Raises ToolFailed with nothing left."""
    run.claim()
    compose = run.compose()
    request.config.stash[_STARTED] = compose
    try:
        compose.prepare()
        compose.announce(say)
        _ask_for_services(request, compose)
        run.adopt(compose, compose.connect(say))
    except BaseException:
        compose.stop()
        raise


def _ask_for_services(request: pytest.FixtureRequest, compose: "Compose") -> None:
    from harness.emulator.docker import failed  # noqa: PLC0415 - only sessions with containers pay for the import

    try:
        request.getfixturevalue("docker_services")
    except Exception as error:
        if type(error) is not Exception:  # pytest-docker raises its own failure as nothing more precise
            raise
        raise compose.explained(failed("`docker compose up` failed", str(error).splitlines())) from error


def _started(request: pytest.FixtureRequest) -> "Compose":
    compose = request.config.stash.get(_STARTED, None)
    if compose is None:
        raise UsageError("no containers were asked for", help="a test gets them by the fixture `harness`")
    return compose


@pytest.fixture(scope="session")
def docker_compose_file(request: pytest.FixtureRequest) -> str:
    """The project's compose file, made from harness.toml."""
    return str(_started(request).folder.compose_file)


@pytest.fixture(scope="session")
def docker_compose_project_name(request: pytest.FixtureRequest) -> str:
    """A name of this run's own."""
    return _started(request).project


@pytest.fixture(scope="session")
def docker_setup(request: pytest.FixtureRequest) -> list[str]:
    """Build what changed, and wait until every account's health check was answered."""
    return [_started(request).up_command]


@pytest.fixture(scope="session")
def docker_cleanup() -> list[str]:
    """Remove everything of the project, at once: nothing in the containers is worth a farewell."""
    return ["down --volumes --remove-orphans --timeout 0"]
