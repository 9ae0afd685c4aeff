"""Looking into the services' stores without loading a service: one that is not in use has no state."""

import sys
from typing import Any


def loaded(module: str) -> Any | None:
    """The module of a service's stores, None while nobody has used the service."""
    return sys.modules.get(module)
