"""LocalStack's runtime executor that runs functions as child processes of the instance, without Docker.

LocalStack keeps the life of execution environments (`localstack/services/lambda_/invocation/assignment.py`): it makes one
executor for each, at the first call that finds no free one, and stops it when the function is updated or deleted, when
it was idle for ten minutes, and at its own end.  The session of the function's role, which LocalStack assumes for each
environment, comes in by `start`; the logs go out with each result, and LocalStack writes them to CloudWatch Logs as that role.
"""

import hashlib
import re
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from localstack import config
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from harness.lambdas import messages, place
from harness.lambdas.environment import Place, variables
from harness.lambdas.sandbox import Call, Environment, Recipe, Refusing, Sandbox
from harness.process import leash

PYTHON = re.compile(r"python3\.\d+")
PROVIDED = frozenset({"provided", "provided.al2", "provided.al2023"})
FUNCTION = Path(__file__).with_name("function.py")
LEASH = Path(leash.__file__)


def folder() -> Path:
    """Return the folder of the instance's functions; TMPDIR is the instance's own."""
    return Path(tempfile.gettempdir()) / "lambda-functions"


def own_endpoint() -> str:
    """Return the URL at which a function reaches its own instance."""
    listen = config.GATEWAY_LISTEN[0]
    host = "127.0.0.1" if listen.host in {"0.0.0.0", "::", ""} else listen.host  # noqa: S104 - not to bind to
    return f"http://{host}:{listen.port}"


class ProcessRuntimeExecutor(RuntimeExecutor):  # type: ignore[misc]  # LocalStack is untyped
    """One execution environment."""

    def __init__(self, id: str, function_version: FunctionVersion) -> None:  # noqa: A002 - LocalStack's keyword
        """Belong to a function's version; nothing runs before `start`."""
        super().__init__(id=id, function_version=function_version)
        self._scratch: Path | None = None
        self._environment: Environment | None = None

    def start(self, env_vars: dict[str, object]) -> None:
        """Start the function; one that cannot run here fails each of its calls instead, with the reason."""
        self._scratch = place.scratch_folder(folder())
        self._environment = _environment(self.function_version, self._scratch, env_vars)
        self._environment.start()

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        """Call the function and return its answer with the call's log."""
        assert self._environment is not None  # noqa: S101 - LocalStack starts before it invokes
        called = self._environment.call(
            Call(
                request_id=payload["invoke-id"],
                payload=payload["payload"].encode(),
                function_arn=payload["invoked-function-arn"],
                trace_id=payload["trace-id"],
            )
        )
        return InvocationResult(payload["invoke-id"], called.payload, is_error=called.failed, logs=called.log)

    def stop(self) -> None:
        """End the function's process, in mid-call too, and remove what it wrote."""
        if self._environment is not None:
            self._environment.stop()
        if self._scratch is not None:
            place.remove(self._scratch)

    def get_address(self) -> str:
        """Return where the function runs."""
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        """Return the instance's host as the function sees it."""
        return own_endpoint().removeprefix("http://").rpartition(":")[0]

    def get_runtime_endpoint(self) -> str:
        """Return nothing: there is no init program that would call back."""
        return ""

    def get_logs(self) -> str:
        """Return nothing: all output goes with the calls' results."""
        return ""

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        """Unpack the function's package and layers, so that its first call need not."""
        if function_version.config.code:
            function_version.config.code.prepare_for_execution()
        _opt(function_version)
        place.runtime_folder(folder() / "runtime")

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """Leave the package to LocalStack, which unpacked it, and the layers to other versions."""

    @classmethod
    def validate_environment(cls) -> bool:
        """Need nothing but this process."""
        return True


def _opt(version: FunctionVersion) -> Path | None:
    layers = [layer for layer in version.config.layers if layer.code]
    for layer in layers:
        layer.code.prepare_for_execution()
    names = "\n".join(f"{layer.layer_version_arn} {layer.code.code_sha256}" for layer in layers)
    key = hashlib.sha256(names.encode()).hexdigest()[:16]
    return place.opt_folder(folder() / f"opt-{key}", [layer.code.get_unzipped_code_location() for layer in layers])


def _environment(version: FunctionVersion, scratch: Path, offered: Mapping[str, object]) -> Environment:
    runtime = version.config.runtime or version.config.package_type
    refusing = partial(Refusing, version=version.id.qualifier, memory_mb=version.config.memory_size)
    if not (PYTHON.fullmatch(runtime) or runtime in PROVIDED):
        return refusing(partial(messages.unsupported, runtime=runtime))
    where = Place(
        task=version.config.code.get_unzipped_code_location(),
        runtime=place.runtime_folder(folder() / "runtime"),
        opt=_opt(version),
        scratch=scratch,
        interpreter=place.interpreter(),
    )
    program = _program(runtime, where)
    if program is None:
        return refusing(messages.no_bootstrap)
    command, arguments = program
    own = version.config.environment or {}
    return Sandbox(
        Recipe(
            command,
            arguments,
            variables(offered, own, place=where, runtime=runtime, endpoint=own_endpoint()),
            directory=where.task,
            version=version.id.qualifier,
            timeout=version.config.timeout,
            memory_mb=version.config.memory_size,
        )
    )


def _program(runtime: str, where: Place) -> tuple[list[str], list[str]] | None:
    """Return the command before and after the leash's descriptor; None if there is nothing to run."""
    if runtime not in PROVIDED:
        return [str(where.interpreter), "-s", "-S", "-P", str(FUNCTION)], [*map(str, where.import_path)]
    for root in (where.task, where.opt):
        if root is not None and (root / "bootstrap").is_file():
            return [str(where.interpreter), "-I", "-S", str(LEASH)], ["--", str(root / "bootstrap")]
    return None
