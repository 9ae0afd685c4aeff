"""Tags: those that a request carries, in whatever shape its service gives them, and those that a resource has.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-requesttag
"""

from collections.abc import Iterable, Mapping
from typing import Any

from harness.actions.operation import ContextValue, Facts, Operation
from harness.actions.params import dig

# The parameter, and the one inside it, that hold tags.
_CARRIED = (
    ("Tags", ""),
    ("tags", ""),
    ("TagSpecifications", "Tags"),  # ec2
    ("TagSpecification", "Tags"),  # ec2, older operations
    ("Tagging", "TagSet"),  # s3 PutBucketTagging
    ("CreateBucketConfiguration", "Tags"),  # s3
)
_REMOVED = ("TagKeys", "tagKeys")
_NAMES = (("Key", "Value"), ("key", "value"), ("TagKey", "TagValue"))  # kms has the last
# Object tags are no tags in the sense of the global keys: s3:RequestObjectTag and s3:ExistingObjectTag hold them.
_OTHER_TAGS = frozenset({("s3", "PutObjectTagging")})


def request_tags(operation: Operation) -> dict[str, ContextValue]:
    """aws:RequestTag and aws:TagKeys."""
    if (operation.service, operation.name) in _OTHER_TAGS:
        return {}
    tags: dict[str, str | None] = {}
    for name, inner in _CARRIED:
        if name in operation.params:
            for shape in _shapes(operation.params, name, inner):
                tags |= _pairs(shape)
    removed = [str(key) for path in _REMOVED for key in dig(operation.params, path)]
    keys = tuple(tags) or tuple(removed)
    context: dict[str, ContextValue] = {
        f"aws:RequestTag/{key}": value for key, value in tags.items() if value is not None
    }
    return {**context, "aws:TagKeys": keys} if keys else context


def _shapes(params: Mapping[str, Any], name: str, inner: str) -> Iterable[Any]:
    """What stands there, lists and mappings left as they are: they are two shapes of tags."""
    if not inner:
        return [params[name]]
    return [holder[inner] for holder in dig(params, name) if isinstance(holder, dict) and inner in holder]


def _pairs(shape: Any) -> dict[str, str | None]:
    """Key to value; None for a key that comes without one, as in a request that removes tags."""
    if isinstance(shape, Mapping):
        return {str(key): str(value) for key, value in shape.items()}
    found: dict[str, str | None] = {}
    for entry in shape if isinstance(shape, list | tuple) else ():
        found |= _pair(entry) if isinstance(entry, Mapping) else {str(entry): None}
    return found


def _pair(tag: Mapping[str, Any]) -> dict[str, str | None]:
    for key, value in _NAMES:
        if key in tag:
            return {str(tag[key]): None if tag.get(value) is None else str(tag[value])}
    return {}


# Services with a family of their own for the tags of the resource, beside aws:ResourceTag.
_FAMILIES = {
    "ec2": "ec2:ResourceTag",
    "iam": "iam:ResourceTag",
    "secretsmanager": "secretsmanager:ResourceTag",
    "ssm": "ssm:resourceTag",
}
_KNOWN = frozenset(f"{name.lower()}/" for name in ("aws:ResourceTag", *_FAMILIES.values()))


def resource_tags(facts: Facts, resource: str | None) -> tuple[dict[str, ContextValue], frozenset[str]]:
    """aws:ResourceTag and the service's own family, and the families that are known thereby: none where the tags are not."""
    tags: Mapping[str, str] | None = {} if resource == "*" else facts.tags(resource) if resource else None
    if tags is None or resource is None:
        return {}, frozenset()
    families = ["aws:ResourceTag", *(_FAMILIES[name] for name in resource.split(":")[2:3] if name in _FAMILIES)]
    values: dict[str, ContextValue] = {f"{name}/{key}": value for name in families for key, value in tags.items()}
    return values, _KNOWN
