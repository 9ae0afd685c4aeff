"""The environment variables that a function sees, built from nothing.

1. Only two sources: the variables of its own configuration, and what Lambda defines
   (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html).  Nothing of the instance's or of the
   harness's environment gets through, nor LocalStack's additions for its containers.
2. Where the two meet, Lambda's reserved names win, as do the variables that lead every client to the own instance.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Of what LocalStack offers (ExecutionEnvironment.get_environment_variables), that which AWS defines.
DEFINED_BY_LAMBDA = (
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_FORMAT",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_LEVEL",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS",
    "TZ",
    "_HANDLER",
)

# A function's own variables that would lead its clients past its instance, to the real AWS.
MISLEADING = ("AWS_ENDPOINT_URL", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_USE_FIPS_ENDPOINT")


@dataclass(frozen=True, slots=True)
class Place:
    """Where one execution environment finds its things on this machine."""

    task: Path
    """The unpacked package: /var/task on AWS."""
    runtime: Path
    """boto3 and awslambdaric: /var/runtime on AWS."""
    opt: Path | None
    """The merged layers: /opt on AWS."""
    scratch: Path
    """A folder of its own that it may write to: TMPDIR and HOME."""
    interpreter: Path
    """The Python that runs it, or its leash."""

    @property
    def import_path(self) -> list[Path]:
        """What Python functions import from: https://docs.aws.amazon.com/lambda/latest/dg/python-package.html."""
        if self.opt is None:
            return [self.task, self.runtime]
        libraries = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return [self.task, self.opt / "python" / "lib" / libraries / "site-packages", self.opt / "python", self.runtime]


def variables(
    offered: Mapping[str, object], own: Mapping[str, str], *, place: Place, runtime: str, endpoint: str
) -> dict[str, str]:
    """Build the environment of one function; AWS_LAMBDA_RUNTIME_API comes with each process."""
    python = runtime.startswith("python")
    environment = _defaults(place, python=python)
    environment |= {name: value for name, value in own.items() if not _misleads(name)}
    environment |= {name: str(offered[name]) for name in DEFINED_BY_LAMBDA if name in offered}
    environment |= {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",  # the loopback has no names below it
        "LAMBDA_RUNTIME_DIR": str(place.runtime),
        "LAMBDA_TASK_ROOT": str(place.task),
    }
    if python:  # not defined for provided.*
        environment["AWS_EXECUTION_ENV"] = f"AWS_Lambda_{runtime}"
    return environment


def _defaults(place: Place, *, python: bool) -> dict[str, str]:
    """What a function may set otherwise."""
    path = [str(place.interpreter.parent), "/usr/local/bin", "/usr/bin", "/bin"]
    libraries = [place.task / "lib"]
    defaults = {
        "LANG": "en_US.UTF-8",
        # The user's own ~/.aws would otherwise be read by the function's clients.
        "HOME": str(place.scratch),
        "TMPDIR": str(place.scratch),
    }
    if place.opt is not None:
        path.append(str(place.opt / "bin"))
        libraries.append(place.opt / "lib")
    if python:
        defaults["PYTHONPATH"] = str(place.runtime)
    return defaults | {"PATH": ":".join(path), "LD_LIBRARY_PATH": ":".join(map(str, libraries))}


def _misleads(name: str) -> bool:
    return name in MISLEADING or name.startswith("AWS_ENDPOINT_URL_")
