"""The engine: one pure call from a request and a world to a decision with its evidence."""

from harness.iam.decide import decide
from harness.iam.messages import denial_message

__all__ = ["decide", "denial_message"]
