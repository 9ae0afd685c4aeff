"""Condition operators: one table of base operators, and the modifiers applied once around them."""

from harness.iam.conditions.evaluate import Outcome, evaluate_condition

__all__ = ["Outcome", "evaluate_condition"]
