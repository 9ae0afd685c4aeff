"""The folders that functions are given: their runtime's libraries, their merged layers, a scratch folder.

All of them are below one folder of the instance, which goes with the instance's other state.
"""

import shutil
import sys
import tempfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

# What AWS's Python runtimes bring along: https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html#python-sdk-included
RUNTIME_DISTRIBUTIONS = (
    "awslambdaric",
    "boto3",
    "botocore",
    "jmespath",
    "python-dateutil",
    "s3transfer",
    "simplejson",
    "six",
    "snapshot-restore-py",
    "urllib3",
)


def interpreter() -> Path:
    """Return the interpreter beneath the instance's virtual environment, which knows nothing of its packages."""
    return Path(sys.executable).resolve()


def runtime_folder(folder: Path) -> Path:
    """Make (once) the folder of links to what every Python function can import."""
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix="runtime-", dir=folder.parent))
        for name in RUNTIME_DISTRIBUTIONS:
            _link(metadata.distribution(name), building)
        _publish(building, folder)
    return folder


def _link(distribution: metadata.Distribution, folder: Path) -> None:
    tops = {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__", "bin"}
    for top in tops:
        link = folder / top
        if not link.exists():
            link.symlink_to(Path(str(distribution.locate_file(top))))


def opt_folder(folder: Path, layers: Sequence[Path]) -> Path | None:
    """Merge a version's layers (once), later ones over earlier ones, as AWS does in /opt; None without layers."""
    if not layers:
        return None
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix="opt-", dir=folder.parent))
        for layer in layers:
            shutil.copytree(layer, building, dirs_exist_ok=True, symlinks=True)
        _publish(building, folder)
    return folder


def _publish(building: Path, folder: Path) -> None:
    """Rename a finished folder to its place, unless another thread has been there first."""
    building.chmod(0o755)
    try:
        building.rename(folder)
    except OSError:
        shutil.rmtree(building)
        if not folder.is_dir():
            raise


def scratch_folder(parent: Path) -> Path:
    """Make a private folder for one execution environment."""
    parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="scratch-", dir=parent))


def remove(folder: Path) -> None:
    """Remove a folder and all in it, whatever a function has done to it."""
    shutil.rmtree(folder, ignore_errors=True)
