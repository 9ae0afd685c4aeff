"""The executor's registration: entry point `process` of `localstack.lambda.runtime_executor`.

An instance uses it with `LAMBDA_RUNTIME_EXECUTOR=process`.
"""

from typing import TYPE_CHECKING

from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin

if TYPE_CHECKING:
    from harness.lambdas.executor import ProcessRuntimeExecutor


class ProcessRuntimeExecutorPlugin(RuntimeExecutorPlugin):  # type: ignore[misc]  # LocalStack is untyped
    """Finds the executor class; imports it only when LocalStack asks."""

    name = "process"

    def load(self, *_arguments: object, **_keywords: object) -> "type[ProcessRuntimeExecutor]":
        """Return the class, with the functions' logs put right."""
        from harness.lambdas import logs  # noqa: PLC0415 - loads the Lambda service
        from harness.lambdas.executor import ProcessRuntimeExecutor  # noqa: PLC0415 - the same

        logs.install()
        return ProcessRuntimeExecutor
