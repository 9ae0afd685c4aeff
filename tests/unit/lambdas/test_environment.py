"""A function sees Lambda's variables and its own, and no others."""

import sys
from pathlib import Path

import pytest

from harness.lambdas.environment import Place, variables

PLACE = Place(Path("/task"), Path("/runtime"), None, Path("/scratch"), Path("/python/bin/python3"))
OFFERED: dict[str, object] = {
    "AWS_LAMBDA_FUNCTION_NAME": "bar",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": 128,
    "AWS_REGION": "us-west-2",
    "AWS_SESSION_TOKEN": "token",
    "LOCALSTACK_RUNTIME_ID": "x",
    "EDGE_PORT": "4566",
}


def built(own: dict[str, str] | None = None, *, runtime: str = "python3.13", place: Place = PLACE) -> dict[str, str]:
    """Build the environment of a function with these variables of its own."""
    return variables(OFFERED, own or {}, place=place, runtime=runtime, endpoint="http://127.0.0.1:1")


def test_only_what_lambda_defines_gets_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither LocalStack's additions nor this process's environment."""
    monkeypatch.setenv("HARNESS_SECRET", "x")
    seen = built()
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "bar"
    assert seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "128"
    assert not [name for name in seen if name.startswith(("LOCALSTACK", "HARNESS", "EDGE"))]


def test_its_own_variables_are_there() -> None:
    """Also where they replace a default."""
    seen = built({"FOO_ROLE": "arn", "LANG": "C"})
    assert (seen["FOO_ROLE"], seen["LANG"]) == ("arn", "C")


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"])
def test_no_variable_leads_past_the_own_instance(name: str) -> None:
    """The endpoint is the instance's, for every service."""
    seen = built({name: "https://sts.amazonaws.com"})
    assert seen["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert "https://sts.amazonaws.com" not in seen.values()


def test_reserved_names_win() -> None:
    """A function cannot claim another task root."""
    seen = built({"LAMBDA_TASK_ROOT": "/elsewhere"})
    assert seen["LAMBDA_TASK_ROOT"] == "/task"


def test_the_runtime_is_named_for_python_only() -> None:
    """As on AWS."""
    assert built(runtime="python3.12")["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.12"
    assert "AWS_EXECUTION_ENV" not in built(runtime="provided.al2023")


def test_the_users_own_configuration_is_out_of_reach() -> None:
    """`~` is the function's scratch folder, which is also its place for temporary files."""
    seen = built()
    assert (seen["HOME"], seen["TMPDIR"]) == ("/scratch", "/scratch")


def test_layers_come_after_the_package() -> None:
    """For imports, programs and libraries."""
    place = Place(Path("/task"), Path("/runtime"), Path("/layers"), Path("/scratch"), Path("/python/bin/python3"))
    libraries = f"python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    folders = ["/task", f"/layers/python/lib/{libraries}", "/layers/python", "/runtime"]
    assert [str(folder) for folder in place.import_path] == folders
    seen = built(place=place)
    assert seen["PATH"].endswith(":/layers/bin")
    assert seen["LD_LIBRARY_PATH"] == "/task/lib:/layers/lib"
