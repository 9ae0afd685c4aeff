"""Elements of a policy's document as it was written."""

from typing import Any


def listed(value: Any) -> list[Any]:
    """An element's entries: a single one may stand alone.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    """
    return value if isinstance(value, list) else [value]
