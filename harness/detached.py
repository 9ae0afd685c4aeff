"""Environments that outlive the command that asked for them: a supervisor owns each, and somebody may take it for a while.

Beside a run's folder stands a note, `RUN.taken`: which process uses it, or that it is kept for a person to look at. A
supervisor ends when the process that took its run is gone, so that a killed test session leaves nothing; a run that nobody
took, and one that is kept, stay until `harness down`.

A standby is such a run that nobody has used: what a test session gets with `--harness-reuse`. Open LocalStack cannot be reset to
its beginning, so that a fresh environment, started while nobody was waiting, takes the used one's place.
"""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from harness.emulator.backend import Progress
from harness.emulator.folder import RunFolder, project_folder
from harness.emulator.owner import identity, owner
from harness.emulator.record import RunRecord
from harness.errors import ToolFailed
from harness.run import Run
from harness.supervisor import FAILED, READY

END_TIMEOUT = 30.0
START_TIMEOUT = 300.0
LOG_LINES_IN_ERROR = 12
_POLL = 0.05
_STANDBY = "standby"


def start(run: Run, say: Progress) -> None:
    """Have a supervisor start the run, show its progress, and attach to it. Raises ToolFailed."""
    run.refuse_second()
    log = _log(run.folder)
    with log.open("w", encoding="utf-8") as errors:
        process = _spawn(run, subprocess.PIPE, errors.fileno())
    try:
        _await(process, log, say)
    except BaseException:
        process.terminate()
        process.wait(END_TIMEOUT)
        if owner(run.folder.owner) is None:  # two that start at once: the run may be the other's
            run.folder.remove()
        raise
    run.attach()


def _spawn(run: Run, output: int, errors: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "harness.supervisor", str(run.config.folder)),
            *(run.name, run.backend_name),
        ],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors,
        text=True,
        start_new_session=True,
    )


def _log(folder: RunFolder) -> Path:
    folder.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder.supervisor_log


def _await(process: "subprocess.Popen[str]", log: Path, say: Progress) -> None:
    assert process.stdout is not None  # noqa: S101 - started with PIPE
    for line in process.stdout:
        text = line.rstrip("\n")
        if text == READY:
            return
        if text.startswith(FAILED):
            message, _, remedy = json.loads(text.removeprefix(FAILED)).partition("\0")
            raise ToolFailed(message, help=remedy or None)
        say(text)
    last = "\n".join(log.read_text(encoding="utf-8").splitlines()[-LOG_LINES_IN_ERROR:])
    raise ToolFailed(f"the supervisor ended with status {process.wait()}\n{last}")


def end(folder: RunFolder, *, wait: bool = True) -> bool:
    """End a run's owner, and with it the accounts; whether there was one. Waiting, its folder is removed as well."""
    process = owner(folder.owner)
    if process is not None:
        process.terminate()
        if not wait:  # the note stays as long as the folder does: nobody is to join what is ending
            return True
        try:
            process.wait(END_TIMEOUT)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(END_TIMEOUT)
    folder.taken.unlink(missing_ok=True)
    return process is not None


# taking


def take(folder: RunFolder) -> bool:
    """Note that this process uses the run; False where another does."""
    folder.taken.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(folder.taken, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(identity(), file)
    return True


def keep(folder: RunFolder) -> None:
    """Note that the run stays, for a person to look at."""
    folder.taken.write_text(json.dumps({"kept": True}), encoding="utf-8")


# standbys


def fresh(run: Run, say: Progress) -> Run:
    """An environment in its freshly bootstrapped state, taken by this process: a standby, or a new one. Raises ToolFailed.

    `run` names the project and the backend; a standby of another configuration, version or code is ended, not used.
    """
    wanted = _prefix(run)
    for folder in standbys(run):
        if owner(folder.owner) is None or folder.taken.exists():
            continue
        if not folder.path.name.startswith(wanted):
            say("the accounts that stand by are of another configuration or version: they are ended, not reused")
            end(folder)
        elif take(folder):
            return _join(run, folder, say)
    new = _new(run)
    take(new.folder)
    start(new, say)
    return new


def standbys(run: Run) -> Iterator[RunFolder]:
    """The project's standbys, used or not."""
    project = project_folder(run.config.folder)
    for path in sorted(project.glob(f"{_STANDBY}-*")) if project.is_dir() else ():
        if path.is_dir():
            yield RunFolder(path)


def _prefix(run: Run) -> str:
    """What the names of standbys that fit begin with."""
    return f"{_STANDBY}-{run.backend_name}-{run.configuration}-"


def _new(run: Run) -> Run:
    """A standby that is not started yet."""
    folder = RunFolder(project_folder(run.config.folder) / f"{_prefix(run)}{secrets.token_hex(3)}")
    return Run(run.config, folder, run.backend_name)


def _join(run: Run, folder: RunFolder, say: Progress) -> Run:
    """Wait for a standby that is still starting, and attach to it."""
    deadline = time.monotonic() + START_TIMEOUT
    if RunRecord.read(folder.record) is None:
        say("waiting for the accounts that are being started to stand by")
    while RunRecord.read(folder.record) is None:
        if owner(folder.owner) is None or time.monotonic() > deadline:
            folder.taken.unlink(missing_ok=True)
            raise ToolFailed("the accounts that were to stand by did not start", help=f"see {_log(folder)}")
        time.sleep(_POLL)
    joined = Run(run.config, folder, run.backend_name).attach()
    say(f"reusing the environment: {len(joined.record.accounts)} accounts, freshly bootstrapped")
    return joined


def give_back(run: Run) -> None:
    """End a used environment, and start the next standby; neither is waited for."""
    end(run.folder, wait=False)
    following = _new(run)
    with _log(following.folder).open("w", encoding="utf-8") as log:
        _spawn(following, log.fileno(), log.fileno())
