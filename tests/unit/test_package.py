"""Lambda packages: the same bytes whenever and however the sources were written."""

import os
import zipfile

import pytest

from harness.config import Package
from harness.errors import UsageError
from harness.package import build

PACKAGE = Package(source="src", target="out.zip")


def sources(folder, names):
    (folder / "src").mkdir(parents=True)
    for name in names:
        path = folder / "src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return folder


def test_the_bytes_do_not_depend_on_order_time_or_leftovers(tmp_path):
    one = sources(tmp_path / "one", ["b.py", "a/c.py", "bootstrap"])
    two = sources(tmp_path / "two", ["bootstrap", "a/c.py", "b.py", "__pycache__/b.pyc"])
    os.utime(two / "src" / "b.py", (1, 1))
    for folder in (one, two):
        (folder / "src" / "bootstrap").chmod(0o755)

    first, second = (build(PACKAGE, folder, folder / "out.zip").read_bytes() for folder in (one, two))

    assert first == second
    with zipfile.ZipFile(one / "out.zip") as archive:
        assert archive.namelist() == ["a/c.py", "b.py", "bootstrap"]
        assert archive.getinfo("bootstrap").external_attr >> 16 == 0o100755


def test_an_empty_source_is_a_fault(tmp_path):
    with pytest.raises(UsageError, match="has no files"):
        build(PACKAGE, sources(tmp_path, []), tmp_path / "out.zip")
