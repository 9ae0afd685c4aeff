"""The image holds what an instance imports, and nothing that only the driver needs."""

import ast
from pathlib import Path

import harness

PACKAGE = Path(harness.__file__).parent
ENTRIES = ("gateway", "lambdas")


def listed():
    lines = (PACKAGE / "Dockerfile.dockerignore").read_text().splitlines()
    return {line.removeprefix("!") for line in lines if line.startswith("!")}


def top_level(path):
    """What of the package a file imports, by the first part."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module == "harness":
            names = [f"harness.{alias.name}" for alias in node.names]
        yield from (name.split(".")[1] for name in names if name.startswith("harness."))


def test_everything_that_an_instance_imports_is_in_the_image():
    needed, todo = set(), list(ENTRIES)
    while todo:
        name = todo.pop()
        if name in needed:
            continue
        needed.add(name)
        place = PACKAGE / name
        files = place.rglob("*.py") if place.is_dir() else [place.with_suffix(".py")]
        todo += [found for file in files for found in top_level(file)]

    there = {name.removesuffix(".py") for name in listed()}
    assert needed <= there, needed - there


def test_what_is_listed_exists():
    assert [name for name in listed() if not (PACKAGE / name).exists()] == []


def test_the_drivers_own_parts_are_left_out():
    assert not listed() & {"session.py", "terraform", "cli", "scenario", "emulator", "pytest_plugin.py"}
