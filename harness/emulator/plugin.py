"""The harness's plugin as the instances see it: the package itself, and entry points that exist nowhere else.

The entry points are written per launch and not declared by the package, so that a LocalStack that the user runs for other
purposes, in an environment where the harness is installed, never finds them.
"""

from pathlib import Path

import harness

ENTRY_POINTS = """\
[localstack.aws.provider]
dynamodb:moto = harness.gateway.services.moto_services:dynamodb
dynamodbstreams:moto = harness.gateway.services.moto_services:dynamodbstreams
kinesis:moto = harness.gateway.services.moto_services:kinesis
organizations:moto = harness.gateway.services.moto_services:organizations

[localstack.lambda.runtime_executor]
process = harness.lambdas.plugin:ProcessRuntimeExecutorPlugin
"""


def write_plugin(folder: Path) -> Path:
    """Make `folder` an import path that holds the package and its entry points; the folder."""
    information = folder / f"harness_plugin-{harness.__version__}.dist-info"
    information.mkdir(parents=True, exist_ok=True)
    (information / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: harness-plugin\nVersion: {harness.__version__}\n", encoding="utf-8"
    )
    (information / "entry_points.txt").write_text(ENTRY_POINTS, encoding="utf-8")
    link = folder / "harness"
    if not link.is_symlink():
        link.symlink_to(Path(harness.__file__).parent)
    return folder
