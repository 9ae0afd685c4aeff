"""Lambda packages: a folder of sources becomes a zip, byte for byte the same wherever and whenever it is built."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

from harness.config import Config, Package
from harness.errors import UsageError

# The first time that a zip can hold; a real one would make two builds of the same sources differ.
_TIME = (1980, 1, 1, 0, 0, 0)
_LEFT_OUT = frozenset({"__pycache__", ".git", ".DS_Store", ".mypy_cache", ".pytest_cache", ".ruff_cache"})
_PLAIN, _EXECUTABLE = 0o100644, 0o100755


def build_all(config: Config) -> list[Path]:
    """Build every package of the project in place; the zips."""
    return [build(package, config.folder, config.folder / package.target) for package in config.package]


def build(package: Package, folder: Path, target: Path) -> Path:
    """Build one package's zip at `target`; sources are relative to `folder`. Raises UsageError for a folder without files."""
    source = folder / package.source
    files = list(_files(source))
    if not files:
        raise UsageError(f"the package source `{source}` has no files", help="mend `package.source` in harness.toml")
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".draft")
    with zipfile.ZipFile(draft, "w") as archive:
        for file in files:
            archive.writestr(_entry(source, file), file.read_bytes())
    draft.replace(target)
    return target


def _files(source: Path) -> Iterator[Path]:
    return (
        path
        for path in sorted(source.rglob("*"), key=lambda path: path.relative_to(source).as_posix())
        if path.is_file() and not _LEFT_OUT & set(path.relative_to(source).parts) and path.suffix != ".pyc"
    )


def _entry(source: Path, file: Path) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(file.relative_to(source).as_posix(), _TIME)
    entry.external_attr = (_EXECUTABLE if file.stat().st_mode & 0o100 else _PLAIN) << 16
    # Stored, not deflated: compressed bytes depend on the version of zlib.
    entry.compress_type = zipfile.ZIP_STORED
    entry.create_system = 3
    return entry
