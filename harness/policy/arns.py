"""Resources in identity policies: ARNs that IAM does not store, though they could be read.

An ARN with a wildcard where IAM might object is let pass: what IAM says to those is not known well enough.
OBSERVED: by moto's authors, https://github.com/getmoto/moto/blob/master/moto/iam/policy_validation.py
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.policy.elements import listed
from harness.policy.glob import HEAD

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
_PARTITIONS = frozenset({"aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f"})
# What S3 has in a region: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-resources-for-iam-policies
_REGIONAL_S3 = ("accesspoint/", "access-grants/", "async-request/", "job/", "storage-lens/", "storage-lens-group/")
_IAM_PATHS = (
    "user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/", "server-certificate/", "policy/", "sms-mfa/",
    "saml-provider/", "oidc-provider/", "report/", "access-report/",
)  # fmt: skip
_WILD = re.compile(r"[*?]")


def arn_fault(document: Mapping[str, Any]) -> str | None:
    """IAM's text for the first resource that it does not store, of a policy that is valid otherwise."""
    return next((fault for entry in _resources(document) if (fault := _fault(entry)) is not None), None)


def _resources(document: Mapping[str, Any]) -> Iterator[str]:
    for statement in listed(document["Statement"]):
        for element in ("Resource", "NotResource"):
            yield from listed(statement.get(element, []))


def _fault(entry: str) -> str | None:
    if entry.startswith("*"):
        return None
    _, partition, service, *rest = entry.split(":", HEAD)
    region, _account, path = [*rest, "", "", ""][:3]
    if partition not in _PARTITIONS and not _WILD.search(partition):
        return _unknown_partition(partition, service, rest)
    # An ARN that ends with its service is taken for one with a region.
    regional = not rest or (region and not _WILD.search(region))
    if service == "iam" and regional:
        return f"IAM resource {entry} cannot contain region information."
    if service == "s3" and regional and not path.startswith(_REGIONAL_S3):
        return f"Resource {entry} can not contain region information."
    if service == "iam" and path and not _is_in_iam(path):
        return f'IAM resource path must either be "*" or start with {", ".join(_IAM_PATHS)}.'
    # https://github.com/Graylog2/graylog-plugin-aws/issues/172
    short = "::" in entry and entry.count(":") < HEAD and not _WILD.search(entry)
    return "The policy failed legacy parsing" if short or not service else None


def _unknown_partition(name: str, service: str, rest: list[str]) -> str:
    """What the ARN lacks is shown as `*`."""
    shown = ":".join([service or "*", *rest, *["*"] * (3 - len(rest))])
    return f'Partition "{name}" is not valid for resource "arn:{name}:{shown}".'


def _is_in_iam(path: str) -> bool:
    """`root` stands in policies of AWS's own."""
    return path.startswith(_IAM_PATHS) or path == "root" or bool(_WILD.search(path.partition("/")[0]))
