"""What a person reads: decisions as text. Pure."""

from harness.report.decision import because, explanation

__all__ = ["because", "explanation"]
