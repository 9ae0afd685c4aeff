"""An instance in a container: the first process, which takes the launch and makes the place that the instance lives in.

1. The first process of a container must reap whatever is orphaned in it: it stays apart from the instance, holds no secret and
   passes signals on.
2. The launch file is removed once it is read: functions run as the instance's own user and could read it.
3. Everything that is written is below `HOME`, a file system in memory that ends with the container.
"""

import os
import signal
from pathlib import Path

from harness.wire import Launch
from harness.wire.settings import Place, localstack_settings

HOME = Path("/var/lib/harness")
STATIC_LIBRARIES = Path("/opt/harness/static-libraries")
JOURNAL = HOME / "journal.jsonl"
PUBLIC_PORT = 4566
EXTERNAL_PORTS = (20000, 20050)


def take_launch(path: Path) -> Launch:
    """Read the launch and remove its file; the process is set up for it then. Raises OSError where there is none."""
    launch = Launch.from_json(path.read_text(encoding="utf-8"))
    path.unlink()
    _settle(launch)
    return launch


def _settle(launch: Launch) -> None:
    place = Place(
        temporary=str(HOME / "tmp"),
        state=str(HOME / "state"),
        cache=str(HOME / "cache"),
        listen=f"0.0.0.0:{launch.public.port}",
        external_ports=EXTERNAL_PORTS,
        queue_urls="dynamic",
    )
    libraries = HOME / "state/usr/lib/localstack"
    for folder in (place.temporary, place.cache, libraries.parent):
        Path(folder).mkdir(parents=True, exist_ok=True)
    if not libraries.is_symlink():
        libraries.symlink_to(STATIC_LIBRARIES)
    os.environ.update(localstack_settings(place, launch.region))
    os.chdir(HOME)


def stand_apart() -> None:
    """Fork: return in the child, which becomes the instance; the parent reaps until the child ends, and ends as it did."""
    child = os.fork()
    if child == 0:
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: os.kill(child, number))
    while True:
        ended, status = os.wait()
        if ended == child:
            os._exit(abs(os.waitstatus_to_exitcode(status)))
