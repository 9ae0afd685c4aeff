"""The instances' own Python environment: LocalStack's exact pins, built once per lock and Python, in the user's cache folder.

The driver's environment is the user's; LocalStack's pins (boto3 and a hundred more) must not meet it.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path

import platformdirs
import uv

from harness.errors import ToolFailed

PYTHON = "3.13"
STATIC = "static-libraries"
RECIPE = 2
"""Counts the changes of how the environment is built from its lock."""
Progress = Callable[[str], None]


def instance_python(progress: Progress) -> Path:
    """The interpreter of the instances' environment, built with `progress` where it is missing. Raises ToolFailed."""
    home = environment_folder()
    python = home / "bin" / "python"
    if not python.exists():
        _build(home, progress)
    return python


def environment_folder() -> Path:
    """Where the environment is, or will be."""
    return platformdirs.user_cache_path("harness") / "instances" / _digest()


def static_libraries(python: Path) -> Path:
    """What LocalStack calls its static libraries: here the index of all services, which takes 3 s to build and 20 ms to load."""
    return python.parents[1] / STATIC


def lock_text() -> str:
    """The lock that ships with the package."""
    return resources.files("harness.emulator").joinpath("localstack.lock").read_text(encoding="utf-8")


def _digest() -> str:
    return f"{hashlib.sha256(f'{RECIPE}\n{lock_text()}'.encode()).hexdigest()[:16]}-py{PYTHON}"


def _build(home: Path, progress: Progress) -> None:
    """Build in a folder of our own and rename, so that an interrupted build leaves nothing that looks whole."""
    home.parent.mkdir(parents=True, exist_ok=True)
    draft = home.with_name(f".{home.name}.{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        _build_in(draft, progress)
        _take(draft, home)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _build_in(draft: Path, progress: Progress) -> None:
    progress(f"building the instances' environment with uv, once (about 345 MB in {draft.parent})")
    _uv("venv", "--quiet", "--relocatable", "--python", _base_python(), str(draft))
    lock = draft / "localstack.lock"
    lock.write_text(lock_text(), encoding="utf-8")
    progress("installing LocalStack into it, and compiling it")
    _uv("pip", "install", "--quiet", "--compile-bytecode", "--python", str(draft / "bin" / "python"), "-r", str(lock))
    _build_catalog(draft)


def _build_catalog(draft: Path) -> None:
    """LocalStack's index of services, once: each launch has an empty cache and would build it anew."""
    folder = draft / STATIC
    folder.mkdir()
    code = f"from localstack.aws import spec; spec.build_service_index_cache({str(folder)!r} + '/' + spec._get_catalog_filename())"
    _run(str(draft / "bin" / "python"), "-c", code)


def _take(draft: Path, home: Path) -> None:
    try:
        draft.rename(home)
    except OSError:
        if not (home / "bin" / "python").exists():  # else another run was faster, with the same lock
            raise


def _base_python() -> str:
    """The running interpreter where it is the right version; else uv looks for one, and downloads it if it must."""
    fits = f"{sys.version_info.major}.{sys.version_info.minor}" == PYTHON
    return str(getattr(sys, "_base_executable", sys.executable)) if fits else PYTHON


def _uv(*arguments: str) -> None:
    _run(uv.find_uv_bin(), *arguments)


def _run(*arguments: str) -> None:
    done = subprocess.run(arguments, env=_environment(os.environ), capture_output=True, text=True, check=False)
    if done.returncode:
        raise ToolFailed(
            f"`{Path(arguments[0]).name} {arguments[1]}` failed: {done.stderr.strip()}",
            help="the instances' environment needs the package index once; check the network or uv's index settings",
        )


# Of the driver's interpreter; and without compiled files each start and each function would compile again.
_NOT_OURS = frozenset({"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE"})


def _environment(inherited: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in inherited.items() if name not in _NOT_OURS}
