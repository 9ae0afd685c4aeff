"""The first code of a Python function's process: `python -s -S -P function.py FD FOLDER...`.

It puts itself on a leash (FD is the pipe that the instance holds) and then is AWS's runtime client, in the one
interpreter: a leash around a second interpreter would cost every cold start 10 ms more.  It runs apart from the harness
package, with an import path of the given folders (the function's package and layers, then AWS's libraries), PYTHONPATH and
the standard library; `-S` keeps the instance's own packages out.
"""

import os
import sys


def on_a_leash(owner: int) -> None:
    """Return in the held process, with no trace of the leash left in what the function can import."""
    sys.path.insert(0, os.path.join(os.path.dirname(__file__), os.pardir, "process"))  # noqa: PTH118, PTH120 - pathlib costs 10 ms here
    import leash  # type: ignore[import-not-found]  # noqa: PLC0415 - found by the line above, not by the package

    del sys.path[0], sys.modules["leash"]
    leash.hold(owner)


def main() -> None:
    """Be the function."""
    _, owner, *folders = sys.argv
    del sys.argv[1:]
    on_a_leash(int(owner))
    sys.path[:] = [*folders, *(folder for folder in sys.path if folder not in folders)]
    from awslambdaric import bootstrap  # noqa: PLC0415 - from the runtime folder, in the held process
    from awslambdaric.lambda_runtime_client import LambdaRuntimeClient  # noqa: PLC0415 - the same

    bootstrap.run(os.environ["_HANDLER"], LambdaRuntimeClient(os.environ["AWS_LAMBDA_RUNTIME_API"]))


if __name__ == "__main__":
    main()
