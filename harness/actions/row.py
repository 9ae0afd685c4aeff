"""A row of the table: what one regular operation is for IAM."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.actions.operation import Call, ContextValue, Facts, Operation

KeyRule = Callable[[Operation, Facts], ContextValue | None]
"""A condition key's value for an operation; None where the request does not have it."""

Rule = Callable[[Operation, Facts], Sequence[Call]]
"""An irregular operation: several actions or several resources."""

ResourceRule = Callable[[Operation, Facts], str | None]


@dataclass(frozen=True, slots=True)
class Row:
    """`action` defaults to `prefix:Operation`; a resource rule gives the ARN (`*` for none)."""

    resource: ResourceRule
    action: str | None = None
    keys: Mapping[str, KeyRule] = field(default_factory=dict)


def call(
    operation: Operation,
    facts: Facts,
    row: Row,
    modelled: frozenset[str],
    context: Mapping[str, ContextValue] | None = None,
) -> Call:
    """The call of a regular operation."""
    resource = row.resource(operation, facts)
    values: dict[str, ContextValue] = {**tag_keys(operation), **(context or {})}
    for key, rule in row.keys.items():
        if (value := rule(operation, facts)) is not None:
            values[key] = value
    tags, families = resource_tags(facts, resource)
    values |= tags
    names = modelled | families | {"aws:requesttag/", "aws:tagkeys"}
    action = row.action or f"{operation.prefix}:{operation.name}"
    return Call(action, resource, values, names | {key.lower() for key in values})


def resource_tags(facts: Facts, resource: str | None) -> tuple[dict[str, ContextValue], frozenset[str]]:
    """aws:ResourceTag (for IAM's entities iam:ResourceTag as well), and the families that are known thereby."""
    if resource is None or resource == "*":
        return {}, frozenset({"aws:resourcetag/", "iam:resourcetag/"})
    tags = facts.tags(resource)
    if tags is None:
        return {}, frozenset()
    names = ("aws:ResourceTag", "iam:ResourceTag") if ":iam::" in resource else ("aws:ResourceTag",)
    values: dict[str, ContextValue] = {f"{name}/{key}": value for name in names for key, value in tags.items()}
    return values, frozenset({"aws:resourcetag/", "iam:resourcetag/"})


def tag_keys(operation: Operation) -> dict[str, ContextValue]:
    """aws:RequestTag and aws:TagKeys from whatever shape the operation gives its tags.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-requesttag
    """
    tags = request_tags(operation)
    removed = operation.params.get("TagKeys") or operation.params.get("tagKeys") or ()
    keys = tuple(tags) or tuple(removed)
    context: dict[str, ContextValue] = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    return {**context, "aws:TagKeys": keys} if keys else context


def request_tags(operation: Operation) -> dict[str, str]:
    """The tags that the request carries."""
    tags = operation.params.get("Tags") or operation.params.get("tags") or {}
    if isinstance(tags, dict):
        return {str(key): str(value) for key, value in tags.items()}
    return {str(tag.get("Key", tag.get("key"))): str(tag.get("Value", tag.get("value", ""))) for tag in tags}


def no_resource(_operation: Operation, _facts: Facts) -> str:
    """The action has no resource types: its resource is `*`."""
    return "*"


def parameter(name: str) -> ResourceRule:
    """The parameter itself is the ARN."""
    return lambda operation, _facts: operation.params.get(name)


def string(name: str) -> KeyRule:
    """The key's value is the parameter."""

    def rule(operation: Operation, _facts: Facts) -> ContextValue | None:
        value = operation.params.get(name)
        return None if value is None else str(value)

    return rule
