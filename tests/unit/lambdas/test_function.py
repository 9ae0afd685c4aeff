"""A Python function under AWS's own runtime client, as the instance starts it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("awslambdaric", reason="AWS's runtime client is not in this environment")

from harness.lambdas import function, place
from harness.lambdas.environment import Place, variables
from harness.lambdas.sandbox import Call, Recipe, Sandbox

type Make = Callable[[str], Sandbox]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Make sandboxes of a module `f` with a function `handler`."""
    made: list[Sandbox] = []

    def make(source: str) -> Sandbox:
        task = tmp_path / "task"
        task.mkdir()
        (task / "f.py").write_text(source)
        where = Place(
            task, place.runtime_folder(tmp_path / "runtime"), None, place.scratch_folder(tmp_path), place.interpreter()
        )
        recipe = Recipe(
            command=[str(where.interpreter), "-s", "-S", "-P", function.__file__],
            arguments=[str(folder) for folder in where.import_path],
            environment=variables(
                {"_HANDLER": "f.handler"}, {}, place=where, runtime="python3.13", endpoint="http://127.0.0.1:1"
            ),
            directory=task,
            version="$LATEST",
            timeout=10,
            memory_mb=512,
        )
        made.append(Sandbox(recipe))
        return made[-1]

    yield make
    for sandbox in made:
        sandbox.stop()


def test_a_handler_gets_event_and_context_and_finds_only_its_own(make: Make) -> None:
    """It can import AWS's libraries, and neither the harness nor what is installed beside it."""
    sandbox = make(
        "import importlib.util, sys\n"
        "def handler(event, context):\n"
        "    seen = [n for n in ('boto3', 'leash', 'harness', 'localstack', 'pytest') if importlib.util.find_spec(n)]\n"
        "    return event['x'], context.aws_request_id, seen, sys.path[0].endswith('task')\n"
    )
    called = sandbox.call(Call("id-1", b'{"x":5}', "arn", "trace"))
    assert json.loads(called.payload) == [5, "id-1", ["boto3"], True]


@pytest.mark.parametrize(
    ("source", "error_type"),
    [
        ("import no_such_module", "Runtime.ImportModuleError"),
        ("x = 1", "Runtime.HandlerNotFound"),
        ("def handler(:", "Runtime.UserCodeSyntaxError"),
        ("raise KeyError('x')", "KeyError"),
    ],
)
def test_a_module_that_cannot_be_loaded_fails_the_call_by_name(make: Make, source: str, error_type: str) -> None:
    """In AWS's client's words."""
    called = make(source).call(Call("id-1", b"{}", "arn", "trace"))
    assert called.failed
    assert json.loads(called.payload)["errorType"] == error_type
