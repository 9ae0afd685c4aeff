"""IAM's answers in pages: `MaxItems` and `Marker`, for every operation that has them.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html: a hundred items where the request does not say how many.

LocalStack and moto page few operations, by rules of their own. Here they answer with everything (`moto_iam`), and the gate cuts.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.model import OperationModel

DEFAULT = 100


def has_pages(operation: OperationModel) -> bool:
    """Whether the operation's answers come in pages."""
    asked, answered = operation.input_shape, operation.output_shape
    return bool(asked and answered and "Marker" in asked.members and "IsTruncated" in answered.members)


INVALID_MARKER = "Invalid Marker."


def is_marker(text: str) -> bool:
    """Whether an answer can have held it. It is the number of the items before it, and nobody's business."""
    return text.isascii() and text.isdigit()


def bounds(params: Mapping[str, Any], default: int = DEFAULT) -> tuple[int, int]:
    """The number of the first item that the request asks for, and that after the last."""
    first = int(params.get("Marker") or 0)
    return first, first + int(params.get("MaxItems") or default)


def page(operation: OperationModel, params: Mapping[str, Any], whole: Mapping[str, Any]) -> dict[str, Any]:
    """The page of a whole answer that the request asks for. An answer with several lists is counted through all of them."""
    first, end = bounds(params)
    found = {name: value for name, value in whole.items() if name != "Marker"}
    passed = 0
    for name in _lists(operation):
        items = whole.get(name) or []
        found[name] = items[max(first - passed, 0) : max(end - passed, 0)]
        passed += len(items)
    more = passed > end
    return found | {"IsTruncated": more} | ({"Marker": str(end)} if more else {})


def _lists(operation: OperationModel) -> Iterator[str]:
    """What the answer lists, in the order of its model."""
    assert operation.output_shape is not None  # noqa: S101 - `has_pages`
    return (name for name, shape in operation.output_shape.members.items() if shape.type_name == "list")
