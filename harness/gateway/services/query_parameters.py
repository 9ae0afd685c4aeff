"""The parameters of a form belong to the members that they name.

LocalStack's parser takes for a list's or a structure's whatever begins with its name: `ResourceIdX1`, where there is no
`ResourceId.1`, was read as a resource, and decided, while whoever reads the form anew finds another one.
"""

from collections.abc import Mapping

from localstack.aws.protocol.parser import QueryRequestParser


def install() -> None:
    """Have the parsers of both form protocols read no parameter by a part of its name."""
    QueryRequestParser._filter_node = staticmethod(belonging)  # noqa: SLF001 - LocalStack has no other place


def belonging(name: str, node: Mapping[str, str]) -> Mapping[str, str] | None:
    """What is `name`'s, by the rest of each name: the parameter itself (so is an empty list sent), and those below it."""
    below = f"{name}."
    found = {key[len(below) :]: value for key, value in node.items() if key == name or key.startswith(below)}
    return found or None
