"""The walk to beat: plain Terraform on plain LocalStack, two processes, no gate, one provider process per command."""

import os
import shutil
import socket
import subprocess
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from benchmarks.sandbox import HERE
from benchmarks.table import Rows, note, seconds
from harness.config import load
from harness.emulator.environment import instance_python
from harness.emulator.folder import RunFolder, project_folder
from harness.emulator.instance import bind, environment
from harness.emulator.plugin import write_plugin
from harness.keys import fresh_issuer_key, fresh_keys, fresh_launch_key
from harness.package import build
from harness.terraform import Profile, Terraform, Workspace
from harness.wire import AccountKeys, Launch, Listen

ACCOUNTS = {"account_a": "111111111111", "account_b": "222222222222"}
START_TIMEOUT = 60.0


def measure_plain(rows: Rows) -> None:
    """Start, apply A, apply B, tighten, destroy."""
    stages: list[tuple[str, float]] = []
    with ExitStack() as stack:
        folder = _folder("bench-plain")
        began = time.perf_counter()
        ports = plain_instances(stack, "bench-plain")
        stages.append(("start", time.perf_counter() - began))
        terraform = _terraform(folder, ports)
        for name, verb in (
            ("apply A", lambda: terraform.apply("composition/account_a", {})),
            ("apply B", lambda: terraform.apply("composition/account_b", {})),
            (
                "tighten A",
                lambda: terraform.apply(
                    "composition/account_a", {"role_which_will_assume": "arn:aws:iam::222222222222:role/bar"}
                ),
            ),
            ("destroy B", lambda: terraform.destroy("composition/account_b", {})),
            ("destroy A", lambda: terraform.destroy("composition/account_a", {})),
        ):
            at = time.perf_counter()
            verb()
            stages.append((name, time.perf_counter() - at))
        stages.append(("the whole walk", time.perf_counter() - began))
    for name, took in stages:
        note(rows, "The walk, plain Terraform on plain LocalStack", name, seconds([took]))


def _folder(run: str) -> RunFolder:
    return RunFolder(project_folder(HERE) / run)


def plain_instances(stack: ExitStack, run: str) -> dict[str, int]:
    """Start a plain LocalStack for each account, ended with the stack; their ports by account name."""
    folder = _folder(run)
    stack.callback(shutil.rmtree, folder.path, ignore_errors=True)
    python = instance_python(print)
    plugin = write_plugin(folder.plugin)
    ports = {name: _free() for name in ACCOUNTS}
    for index, (name, account_id) in enumerate(ACCOUNTS.items()):
        _instance(stack, python, plugin, folder, name, account_id, index, ports[name])
    for port in ports.values():
        _until_healthy(port)
    return ports


def _instance(
    stack: ExitStack, python: Path, plugin: Path, folder: RunFolder, name: str, account_id: str, index: int, port: int
) -> None:
    """A LocalStack with the same environment and the same DynamoDB and Lambda, and without the gate."""
    account = folder.account(name)
    for path in (account.state, account.temporary, account.cache):
        path.mkdir(parents=True, exist_ok=True)
    keys = AccountKeys("", "", "", "")
    launch = Launch(account_id, "us-west-2", "", Listen(), Listen(), (), (), keys, "", "", "")
    log = stack.enter_context(account.log.open("wb"))
    process = subprocess.Popen(
        [str(python), "-m", "localstack.runtime.main"],
        env=environment(account, launch, plugin, index, port),
        stdout=log,
        stderr=subprocess.STDOUT,
        cwd=account.path,
    )
    stack.callback(process.wait)
    stack.callback(process.terminate)


def passing_instance(stack: ExitStack, run: str) -> int:
    """Start an instance of account A whose gate lets everything pass, ended with the stack; its port, which answers once it can."""
    folder = _folder(run)
    stack.callback(shutil.rmtree, folder.path, ignore_errors=True)
    account, (public, peer) = folder.account("account_a"), (bind(None), bind(None))
    for path in (account.state, account.temporary, account.cache):
        path.mkdir(parents=True, exist_ok=True)
    python, id_, port = instance_python(print), ACCOUNTS["account_a"], public.port
    keys, issuer, journal = fresh_keys(id_), fresh_issuer_key().public, str(account.journal)
    here, inner = Listen(public.socket.fileno()), Listen(peer.socket.fileno())
    launch = Launch(id_, "us-west-2", "", here, inner, (), (), keys, fresh_launch_key(), journal, issuer)
    process = subprocess.Popen(
        [str(python), "-P", str(HERE / "benchmarks" / "passing.py")],
        stdin=subprocess.PIPE,
        stdout=stack.enter_context(account.log.open("wb")),
        stderr=subprocess.STDOUT,
        env=environment(account, launch, write_plugin(folder.plugin), 0, port),
        cwd=account.path,
        pass_fds=[bound.socket.fileno() for bound in (public, peer)],
    )
    stack.callback(process.wait)
    stack.callback(process.terminate)
    assert process.stdin is not None  # noqa: S101 - Popen was given PIPE
    process.stdin.write(launch.to_json().encode() + b"\n")
    process.stdin.flush()
    for bound in (public, peer):
        bound.socket.close()
    return port


def _until_healthy(port: int) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_localstack/health", timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"LocalStack on port {port} is not healthy")


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _terraform(folder: RunFolder, ports: dict[str, int]) -> Terraform:
    config = load(HERE)
    profiles = [
        Profile(name, "us-west-2", f"http://127.0.0.1:{ports[name]}", account_id, "test")
        for name, account_id in ACCOUNTS.items()
    ]
    source = config.terraform_path
    assert source is not None  # noqa: S101 - the example has Terraform
    workspace = Workspace(folder.terraform, source, profiles, dict(os.environ))
    workspace.prepare()
    for package in config.package:
        build(package, config.folder, workspace.root / (config.folder / package.target).relative_to(source))
    return Terraform(workspace, keep_providers=False)
