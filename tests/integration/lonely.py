"""One instance with a peer of the test's own making, or with a gate that a test has broken."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import harness
from harness.emulator.embedded import Embedded
from harness.emulator.folder import RunFolder
from harness.emulator.wanted import Wanted
from harness.wire import Peer


@dataclass
class Lonely(Embedded):
    """An instance of one account, told that another account's peer port is `peer_port`."""

    peer_port: int = 9

    def _launch(self, *args):
        return replace(super()._launch(*args), peers=(Peer("222222222222", "127.0.0.1", self.peer_port),))


def lonely(folder, edits=(), peer_port=9):
    """The instance, not started; each edit is (file of the package, text, its replacement)."""
    run = RunFolder(folder)
    if edits:
        package = folder / "package" / "harness"
        shutil.copytree(Path(harness.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
        for name, old, new in edits:
            text = (package / name).read_text()
            assert text.count(old) == 1, (name, old)
            (package / name).write_text(text.replace(old, new))
        run.plugin.mkdir(parents=True)
        (run.plugin / "harness").symlink_to(package)
    return Lonely(run, [Wanted("one", "111111111111", "us-west-2", ("one",))], eager_services=(), peer_port=peer_port)
