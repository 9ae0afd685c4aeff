"""Child processes: a command goes in, an outcome comes out, and none outlives its owner."""

from harness.process.command import Command, Outcome
from harness.process.runner import LeashedRunner, Runner

__all__ = ["Command", "LeashedRunner", "Outcome", "Runner"]
