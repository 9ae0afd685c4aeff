"""Terraform, driven: apply, destroy and read outputs on a copy of the user's root, against the sandbox and nothing else."""

from harness.terraform.events import Event
from harness.terraform.retries import Refusal
from harness.terraform.runner import Terraform
from harness.terraform.workspace import Profile, Workspace

__all__ = ["Event", "Profile", "Refusal", "Terraform", "Workspace"]
