"""The command line without any account: sentences and exit codes."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parents[2] / "cases" / "sample.jsonl"


def harness(*args, folder, **more):
    code = "from harness.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *args], cwd=folder, capture_output=True, text=True, check=False, timeout=60, **more
    )


def test_ctrl_c_while_the_commands_are_imported_is_no_traceback(tmp_path):
    code = """
import sys
from harness.cli import main

class Interrupted:
    def find_spec(self, name, *_):
        if name == "harness.cli.app":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupted())
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )

    assert (done.returncode, done.stderr) == (130, "")


def test_simulate_answers_every_line_in_order_and_says_if_one_was_none(tmp_path):
    good = harness("simulate", str(SAMPLE), folder=tmp_path)
    mixed = harness("simulate", "-", folder=tmp_path, input="{\n" + SAMPLE.read_text().splitlines()[0] + "\n")

    cases = [json.loads(line) for line in SAMPLE.read_text().splitlines()]
    answers = [json.loads(line) for line in good.stdout.splitlines()]
    assert good.returncode == 0
    assert [(a["id"], a["decision"]) for a in answers] == [(c["id"], c["expected"]) for c in cases]
    assert mixed.returncode == 2
    assert ["error" in json.loads(line) for line in mixed.stdout.splitlines()] == [True, False]


def test_simulate_says_where_an_action_seems_to_be_misspelt(tmp_path):
    (tmp_path / "harness.toml").write_text('[accounts.a]\nid = "111111111111"\nregion = "us-west-2"\n')
    question = ["--principal", "arn:aws:iam::111111111111:root", "--resource", "*", "--action"]

    misspelt = harness("simulate", *question, "dynamodb:PutItm", folder=tmp_path)
    right = harness("simulate", *question, "dynamodb:PutItem", folder=tmp_path)

    assert "did you mean `dynamodb:PutItem`?" in misspelt.stderr
    assert "did you mean" not in right.stderr
    assert "no sandbox is up" in right.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("up",), "no harness.toml in"),
        (("simulate", "missing.jsonl"), "cannot read `missing.jsonl`"),
        (("simulate", "--principal", "bob", "--action", "a:b", "--resource", "*"), "`bob` is no principal"),
        (
            ("simulate", "--principal", "arn:aws:iam::111111111111:user/bob", "--action", "a:b", "--resource", "table"),
            "`table` is no resource",
        ),
        (("nonsense",), "No such command 'nonsense'"),
        (("invoke", "f", "--payload", "{"), "the payload is not JSON"),
    ],
)
def test_wrong_use_is_one_sentence_and_exit_code_2(tmp_path, args, said):
    done = harness(*args, folder=tmp_path)

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_init_writes_a_project_that_loads_and_overwrites_nothing(tmp_path):
    first, second = harness("init", folder=tmp_path), harness("init", folder=tmp_path)

    assert first.returncode == 0, first.stderr
    assert harness("package", folder=tmp_path).stdout == "harness.toml has no [[package]]\n"
    assert harness("status", folder=tmp_path).returncode == 2
    assert second.returncode == 2
    assert "exists already" in second.stderr


def test_init_says_which_variables_must_be_given_and_what_may_give_them(tmp_path):
    provider = 'provider "aws" {\n}\n'
    given = 'variable "given" {\n  default = 1\n}\nvariable "short" { default = 1 }\nvariable "wanted" {}\nvariable "other" {\n  default = 1\n}\n'
    for name, text in (("a", 'output "arn" {\n  value = 1\n}\n'), ("b", given)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.tf").write_text(provider + text)

    harness("init", folder=tmp_path)
    file = tmp_path / "harness.toml"
    assert tomllib.loads(file.read_text()).keys() == {"terraform_root", "accounts"}
    before, comments = file.read_text().split("# [bindings.b]\n")
    file.write_text(f"{before}[bindings.b]\n{comments.removeprefix('# ')}")

    assert tomllib.loads(file.read_text())["bindings"] == {"b": {"wanted": {"output": "a.arn"}}}
    assert 'wanted = "VALUE"' in before
    assert not any(f"{name} =" in file.read_text() for name in ("given", "short", "other"))
    assert "no sandbox is up" in harness("status", folder=tmp_path).stderr


def test_help_names_every_command(tmp_path):
    shown = harness("--help", folder=tmp_path).stdout

    assert all(
        name in shown
        for name in (
            "up",
            "down",
            "status",
            "env",
            "init",
            "package",
            "journal",
            "apply",
            "destroy",
            "invoke",
            "run",
            "simulate",
        )
    )
