"""What a person reads: decisions as text. Pure."""

from harness.report.decision import because, explanation
from harness.report.refusal import refusal
from harness.report.why import why, why_json

__all__ = ["because", "explanation", "refusal", "why", "why_json"]
