"""What is asked: one action on one resource, with its condition keys. What is not modelled is unknown: not `*`, not absent."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from harness.model.principal import Principal

ContextValue = str | tuple[str, ...]
_NONE: Mapping[str, ContextValue] = MappingProxyType({})


class Context(NamedTuple):
    """The condition keys of a request.

    `values` by lower-case name (also the tag-key part: AWS compares key names without case). `modelled` says which keys the
    request is known to have or not to have, as lower-case names or families that end with `/`; None: all of them (what is
    absent is absent). A key neither present nor modelled is unknown: an Allow that tests it does not match, a Deny that
    tests it does, whatever the operator.
    """

    values: Mapping[str, ContextValue] = _NONE
    modelled: frozenset[str] | None = None

    @classmethod
    def of(cls, values: Mapping[str, ContextValue], modelled: frozenset[str] | None = None) -> "Context":
        """The context with its names brought to lower case."""
        return cls({name.lower(): value for name, value in values.items()}, modelled)

    def is_unknown(self, name: str) -> bool:
        """Whether the key, by lower-case name, is neither present nor known to be absent."""
        if self.modelled is None or name in self.values or name in self.modelled:
            return False
        family, slash, _ = name.partition("/")
        return not slash or f"{family}/" not in self.modelled


class Request(NamedTuple):
    """One question to the engine."""

    principal: Principal
    action: str
    resource: str | None
    """An ARN, `*`, or None where the operation's resource is not modelled: an Allow then counts only if its Resource is `*`, a
    Deny whatever its Resource."""
    resource_account: str
    context: Context
