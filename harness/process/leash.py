"""A leash: a program that cannot outlive its owner, however the owner ends.

    python -I -S leash.py FD [--grace SECONDS] -- COMMAND [ARGUMENT...]

FD is the read end of a pipe whose only write end the owner holds and never writes to.  The kernel closes it when the
owner ends in any way, `kill -9` included, and the leash then ends the command's whole process group: SIGINT first if
there is a grace, SIGKILL after it.  The command need not cooperate: it may hang in a C call, or not be Python at all.
`PR_SET_PDEATHSIG` is no substitute: it fires when the starting *thread* ends, and macOS lacks it.

1. The command runs in a session and process group of its own, without FD.
2. Whatever of its group is left when the command has ended is killed: a leash leaves nothing behind.
3. The leash ends as the command did: the same exit status, or by the same signal.
4. No core dumps: the command's memory holds credentials.
5. This file stands alone and imports little, as it runs before every command with `-I -S` (about 10 ms in all).

A descendant that makes a session of its own leaves the group and thus the leash.
"""

import os
import resource
import select
import signal
import sys
import time

USAGE = "usage: leash.py FD [--grace SECONDS] -- COMMAND [ARGUMENT...]"
FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
# What Python ignores on its own account and a command must not inherit as ignored.
RESTORED = (*FORWARDED, signal.SIGPIPE, signal.SIGXFSZ)
EXIT_USAGE = 2
EXIT_NOT_FOUND = 127


def hold(owner: int, *, grace: float = 0.0) -> None:
    """Fork: return in the child, which is then held; the parent becomes its leash and never returns.

    To be called while the process has a single thread.  The child has a session of its own and `owner` is closed in it.
    """
    os.set_inheritable(owner, False)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    wake, wakened = os.pipe()
    for end in (wake, wakened):
        os.set_blocking(end, False)
    # From here on a signal is at worst a byte in the pipe; none is lost between fork and the first poll.
    signal.set_wakeup_fd(wakened, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, _noted)
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)
    command = os.fork()
    if command:

        def forward(number: int, _frame: object) -> None:
            os.kill(command, number)  # not reaped while this handler is installed, so never another's pid

        for number in FORWARDED:
            signal.signal(number, forward)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        # A reader of the command's output must see its end when the command ends, not when its leash does.
        _close_standard_streams()
        _watch(command, owner, wake, grace)
        _end_like(command)
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    for descriptor in (owner, wake, wakened):
        os.close(descriptor)


def _noted(_signal: int, _frame: object) -> None:
    """Exist: only a handled signal writes to the wakeup descriptor."""


def _close_standard_streams() -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)


def _watch(command: int, owner: int, wake: int, grace: float) -> None:
    """Return when the command has ended, by itself or because the owner did; it is not reaped yet."""
    poll = select.poll()
    poll.register(owner, select.POLLIN)
    poll.register(wake, select.POLLIN)
    deadline: float | None = None
    while not _ended(command):
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        ready = [descriptor for descriptor, _ in poll.poll(None if left is None else left * 1000)]
        if wake in ready:
            os.read(wake, 512)
        if owner in ready and not os.read(owner, 512):
            poll.unregister(owner)
            deadline = time.monotonic() + grace
            if grace:
                os.kill(command, signal.SIGINT)
        if deadline is not None and time.monotonic() >= deadline:
            _kill_group(command)
            deadline = None


def _ended(command: int) -> bool:
    return os.waitid(os.P_PID, command, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _kill_group(command: int) -> None:
    try:
        os.killpg(command, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # The child has not made its group yet; macOS answers EPERM for one with only an unreaped leader.
        os.kill(command, signal.SIGKILL)


def _end_like(command: int) -> None:
    _kill_group(command)  # its pid, and so the group's number, is ours until it is reaped
    for number in FORWARDED:
        signal.signal(number, signal.SIG_IGN)
    _, status = os.waitpid(command, 0)
    if os.WIFSIGNALED(status):
        number = signal.Signals(os.WTERMSIG(status))
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _arguments(argv: list[str]) -> tuple[int, float, list[str]]:
    if "--" not in argv:
        raise SystemExit(USAGE)
    split = argv.index("--")
    options, command = argv[:split], argv[split + 1 :]
    try:
        match options:
            case [owner]:
                grace = "0"
            case [owner, "--grace", grace]:
                pass
            case _:
                raise SystemExit(USAGE)
        parsed = int(owner), float(grace), command
    except ValueError:
        raise SystemExit(USAGE) from None
    if not command:
        raise SystemExit(USAGE)
    return parsed


def main(argv: list[str]) -> None:
    """Run the command on a leash."""
    owner, grace, command = _arguments(argv)
    hold(owner, grace=grace)
    for number in RESTORED:
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvp(command[0], command)  # noqa: S606 - no shell is wanted
    except OSError as error:
        os.write(2, f"leash: cannot run `{command[0]}`: {error.strerror}\n".encode())
        os._exit(EXIT_NOT_FOUND)


if __name__ == "__main__":
    main(sys.argv[1:])
