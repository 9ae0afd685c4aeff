"""The wheel, installed in an empty environment beside someone else's Terraform: `harness init`, and its scenario runs."""

import os
import subprocess
import sys
import venv

import pytest
from command_line import ROOT

FOREIGN = """
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }

  backend "s3" {
    bucket = "the-users-own-remote-state"
    key    = "state"
    region = "eu-central-1"
  }
}

provider "aws" {
  profile = "payments"
  region  = "eu-central-1"
}

resource "aws_iam_role" "reader" {
  name = "reader"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

# Its URL is what the provider knows as one.
resource "aws_sqs_queue" "orders" {
  name = "orders"
}

output "reader" {
  value = aws_iam_role.reader.arn
}
"""
SCENARIO = """

def test_their_own_terraform_is_applied(harness):
    assert harness.apply()["payments"]["reader"].endswith(":role/reader")
    assert harness.destroy() == ("payments",)
"""


@pytest.mark.timeout(600)
def test_the_wheel_works_beside_a_foreign_terraform_root(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--installer", "uv", "--outdir", str(tmp_path / "dist"), str(ROOT)],
        check=True,
        capture_output=True,
    )
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    wheel = next((tmp_path / "dist").glob("*.whl"))
    subprocess.run(
        [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", str(python), str(wheel)], check=True
    )
    folder = tmp_path / "foreign"
    (folder / "infra" / "payments").mkdir(parents=True)
    (folder / "infra" / "payments" / "main.tf").write_text(FOREIGN)
    before = sorted(path.relative_to(folder) for path in folder.rglob("*"))
    environment = {
        **os.environ,
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
    }

    init = subprocess.run(["harness", "init"], cwd=folder, env=environment, capture_output=True, text=True, check=True)
    scenario = folder / "scenarios" / "test_first.py"
    scenario.write_text(scenario.read_text() + SCENARIO)
    run = subprocess.run(
        [str(python), "-m", "pytest", "scenarios", "-q", "-p", "no:cacheprovider"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "wrote harness.toml" in init.stdout
    assert run.returncode == 0, run.stdout + run.stderr
    assert "3 passed" in run.stdout
    written = {path.relative_to(folder) for path in folder.rglob("*") if "__pycache__" not in path.parts} - set(before)
    assert {path.as_posix() for path in written} == {"harness.toml", "scenarios", "scenarios/test_first.py"}
