"""How many examples the properties of this folder draw.

`quick` is the default and draws the same examples every time, so that a change never fails for what it did not touch; `thorough`
draws twenty times as many, new ones each time: `HYPOTHESIS_PROFILE=thorough pytest tests/spec`, or `--hypothesis-profile=thorough`.
"""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

EXAMPLES = 60
_OF_ALL = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow], "database": None}

settings.register_profile("quick", max_examples=EXAMPLES, derandomize=True, **_OF_ALL)
settings.register_profile("thorough", max_examples=20 * EXAMPLES, print_blob=True, **_OF_ALL)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_collection_modifyitems(items):
    """The time limit of a test is for the quick profile."""
    if settings().max_examples > EXAMPLES:
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.timeout(3600))
