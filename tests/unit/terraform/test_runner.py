"""The verbs with a runner that is not Terraform: what is composed, what is read, and what ends a run."""

import json
import socket

import pytest

from harness.errors import ToolFailed, UsageError
from harness.process import Outcome
from harness.terraform import Profile, Refusal, Terraform, Workspace
from harness.terraform.events import Diagnostic, Event, read_line
from harness.terraform.mirror import find_provider, find_provider_mirror
from harness.terraform.retries import retried

REFUSAL = Refusal("iam:CreateRole", "MalformedPolicyDocument", "Invalid principal in policy")


class FakeRunner:
    """Plays lines instead of running Terraform, and keeps the commands."""

    def __init__(self, *lines, exit_code=0, asked=0):
        self.lines, self.exit_code, self.asked, self.commands = lines, exit_code, asked, []

    def run(self, command, on_line, should_stop):
        self.commands.append(command)
        if command.args[1] == "init":
            return Outcome(command, 0, (), 0.1)
        for line in self.lines:
            on_line(json.dumps(line))
        stopped = any(should_stop() for _ in range(self.asked))
        return Outcome(command, -2 if stopped else self.exit_code, ("the end",), 0.1, stopped)


@pytest.fixture
def endpoint():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def make(tmp_path, endpoint):
    source = tmp_path / "tf"
    (source / "a" / ".terraform").mkdir(parents=True)
    (source / "a" / "main.tf").write_text('variable "x" {\n  default = 1\n}\n')
    (source / "a" / "terraform.tfstate").write_text("{}")
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    (bin_ / "terraform").write_text("#!/bin/sh\n")
    (bin_ / "terraform").chmod(0o755)
    inherited = {
        "PATH": str(bin_),
        "HOME": str(tmp_path),
        "AWS_ENDPOINT_URL": "https://real",
        "TF_LOG": "trace",
        "HTTPS_PROXY": "http://proxy",
    }
    workspace = Workspace(tmp_path / "run", source, [Profile("p", "us-west-2", endpoint, "AKIA", "hidden")], inherited)
    workspace.prepare()

    def terraform(runner, **changes):
        from dataclasses import replace

        return Terraform(replace(workspace, **changes), runner, keep_providers=False)

    return terraform


def start(address):
    return {"type": "apply_start", "hook": {"resource": {"addr": address}, "action": "create"}}


ERROR = {
    "type": "diagnostic",
    "diagnostic": {
        "severity": "error",
        "summary": "no good",
        "detail": "at  all",
        "address": "r.a",
        "range": {"filename": "main.tf", "start": {"line": 3}},
    },
}


def test_apply_composes_streams_and_never_inherits(make):
    runner, seen = FakeRunner(start("r.a")), []

    make(runner).apply("a", {"x": ["list"]}, seen.append)

    command = runner.commands[-1]
    assert list(command.args[1:]) == ["apply", "-input=false", "-json", "-auto-approve", '-var=x=["list"]']
    assert '["list"]' not in str(command)
    assert seen == [Event("start", "r.a", "create")]
    assert command.environment["HTTPS_PROXY"] == "http://127.0.0.1:9"
    assert runner.commands[0].environment["HTTPS_PROXY"] == "http://proxy"
    assert not {"AWS_ENDPOINT_URL", "TF_LOG"} & set(command.environment)
    assert "hidden" not in repr(command)


def test_the_users_tree_is_copied_without_state_and_never_written(make, tmp_path):
    before = sorted(str(path) for path in (tmp_path / "tf").rglob("*"))

    make(FakeRunner()).apply("a", {})

    copied = {path.name for path in (tmp_path / "run" / "root" / "a").iterdir()}
    assert copied == {"main.tf", "harness_override.tf"}
    assert sorted(str(path) for path in (tmp_path / "tf").rglob("*")) == before
    assert (tmp_path / "run" / "aws-config").stat().st_mode & 0o777 == 0o600


def test_an_error_names_its_place(make):
    with pytest.raises(ToolFailed, match=r"main.tf:3: no good \(r.a\): at all"):
        make(FakeRunner(ERROR, exit_code=1)).apply("a", {})


@pytest.mark.parametrize(
    ("summary", "help_"),
    [
        ("No value for required variable", "[variables.NAME] or [bindings.NAME]"),
        ("Error in function call: open bar.zip: no such file or directory", "[[package]]"),
        ("creating Table: User: ann is not authorized to perform: dynamodb:CreateTable", "harness why"),
        ("Unsupported argument", None),
    ],
)
def test_a_failure_has_the_harness_s_remedy_where_there_is_one(make, summary, help_):
    error = {"type": "diagnostic", "diagnostic": {"severity": "error", "summary": summary, "detail": ""}}

    with pytest.raises(ToolFailed) as failed:
        make(FakeRunner(error, exit_code=1)).apply("a", {})

    assert help_ is None if failed.value.help is None else help_ in failed.value.help


def test_a_refusal_ends_the_run_and_is_the_error(make):
    with pytest.raises(ToolFailed, match="was ended: iam:CreateRole was refused: MalformedPolicyDocument"):
        make(FakeRunner(start("r.a"), asked=1)).apply("a", {}, watch=lambda: REFUSAL)


def test_a_refused_run_waits_for_what_else_is_under_way(make):
    done = {"type": "apply_complete", "hook": {"resource": {"addr": "r.b"}, "action": "create", "elapsed_seconds": 1}}

    make(FakeRunner(start("r.a"), start("r.b"), asked=0)).apply("a", {}, watch=lambda: REFUSAL)
    with pytest.raises(ToolFailed, match="was ended"):
        make(FakeRunner(start("r.a"), start("r.b"), done, asked=1)).apply("a", {}, watch=lambda: REFUSAL)


def test_a_variable_that_is_not_declared(make):
    with pytest.raises(UsageError, match="declares no variable `y`") as refused:
        make(FakeRunner()).apply("a", {"y": 1})
    assert refused.value.help == "it declares `x`"


def test_no_terraform_on_path(make, tmp_path):
    with pytest.raises(ToolFailed, match="no `terraform` on PATH"):
        make(FakeRunner(), inherited={"PATH": str(tmp_path / "empty")}).apply("a", {})


def test_a_dead_endpoint_is_found_before_terraform_is(make):
    dead = [Profile("p", "us-west-2", "http://127.0.0.1:9", "AKIA", "hidden")]

    with pytest.raises(ToolFailed, match="http://127.0.0.1:9 does not answer"):
        make(FakeRunner(), profiles=dead).apply("a", {})


@pytest.mark.parametrize("line", ["", "not json", "[]", '{"type": "version"}'])
def test_lines_that_say_nothing(line):
    assert read_line(line) is None


def test_a_diagnostic_without_place():
    assert str(read_line('{"type":"diagnostic","diagnostic":{"severity":"warning","summary":"s"}}')) == str(
        Diagnostic("warning", "s")
    )


@pytest.mark.parametrize(
    ("operation", "code", "message", "ends"),
    [
        ("CreateRole", "MalformedPolicyDocument", 'Invalid principal in policy: "AWS":"x"', True),
        ("CreateRole", "MalformedPolicyDocument", "Syntax errors in policy.", False),
        ("CreateRole", "AccessDenied", "Invalid principal in policy", False),
        ("PutRolePolicy", "MalformedPolicyDocument", "Invalid principal in policy", False),
    ],
)
def test_only_the_tables_refusals_end_a_run(operation, code, message, ends):
    entry = {"service": "iam", "operation": operation, "error": {"code": code, "message": message}}

    assert (retried(entry) is not None) is ends


def test_the_newest_provider_of_a_mirror_named_by_the_users_own_configuration(tmp_path):
    import platform

    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine().lower(), platform.machine().lower())
    for version in ("5.9.0", "5.100.0"):
        folder = (
            tmp_path / "mirror/registry.terraform.io/hashicorp/aws" / version / f"{platform.system().lower()}_{machine}"
        )
        folder.mkdir(parents=True)
        (folder / f"terraform-provider-aws_v{version}_x5").touch()
    config = tmp_path / "rc"
    config.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{tmp_path / "mirror"}"\n  }}\n}}\n'
    )

    found = find_provider_mirror({"TF_CLI_CONFIG_FILE": str(config), "HOME": str(tmp_path)})

    assert found == tmp_path / "mirror"
    assert "5.100.0" in str(find_provider(found))
