"""Looking into the services' stores without loading a service, one that is not in use has no state; and amending it once it is."""

import importlib.util
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


def loaded(module: str) -> Any | None:
    """The module of a service's stores, None while nobody has used the service."""
    return sys.modules.get(module)


def store_of(module: str, attribute: str, account_id: str, region: str) -> Any | None:
    """A service's store; None while nobody has used the service, and for a region that there is not, as an ARN may name one."""
    stores = loaded(module)
    try:
        return getattr(stores, attribute)[account_id][region] if stores is not None else None
    except (KeyError, ValueError):  # moto's word for such a region, and LocalStack's
        return None


class _Amending(MetaPathFinder):
    """Finds one module as everyone else does, and amends it as soon as it has run."""

    def __init__(self, name: str, amend: Callable[[Any], None]) -> None:
        self._name = name
        self._amend = amend

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        assert spec is not None  # noqa: S101 - LocalStack is pinned: the module is there
        loader: Any = spec.loader
        run = loader.exec_module

        def run_and_amend(module: ModuleType) -> None:
            run(module)
            self._amend(module)

        loader.exec_module = run_and_amend
        return spec


def when_loaded(name: str, amend: Callable[[Any], None]) -> None:
    """Amend the module `name` as soon as it is imported, and not import it for that."""
    if (module := loaded(name)) is not None:
        amend(module)
    else:
        sys.meta_path.insert(0, _Amending(name, amend))


def around(owner: Any, name: str, amended: Callable[..., Any]) -> None:
    """Have `amended` called in the place of `owner`'s function `name`, which it is given first."""
    original = getattr(owner, name)

    @wraps(original)  # LocalStack marks the handlers of operations
    def replacement(*args: Any, **kwargs: Any) -> Any:
        return amended(original, *args, **kwargs)

    setattr(owner, name, replacement)
