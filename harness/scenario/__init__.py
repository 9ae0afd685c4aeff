"""What a scenario says: make a principal, call, and expect allowed or denied for a named reason."""

from harness.scenario.expect import Denial, allowed, denied
from harness.scenario.principals import Principals, ScenarioPrincipal, statement, trust
from harness.scenario.rest_apis import ApiAnswer
from harness.scenario.waiting import eventually

__all__ = [
    "ApiAnswer",
    "Denial",
    "Principals",
    "ScenarioPrincipal",
    "allowed",
    "denied",
    "eventually",
    "statement",
    "trust",
]
