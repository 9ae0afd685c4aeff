"""Why an operation has no row: a closed list. Such an operation is decided with an unknown resource and marked `unmodelled`."""

from collections.abc import Mapping
from enum import StrEnum


class Reason(StrEnum):
    """Each is a sentence about the operation."""

    NOT_SERVED = "neither LocalStack 4.14 nor moto has an implementation: it fails whatever is decided"
    NO_ACTION = "AWS's service authorization reference does not list an action for it"
    NOT_TOLD = "the request names its resource by something that only the service can look up"
    COMPUTE = "EC2 beyond describing and networks: instances, images, volumes, capacity"
    OTHER_PREFIX = "its action belongs to another prefix: `s3express`, `s3-object-lambda` or `s3-outposts`"


def because(**names: str) -> Mapping[str, Reason]:
    """`NOT_SERVED="OneOperation Another"` as a mapping from operations to their reasons."""
    return {name: Reason[reason] for reason, some in names.items() for name in some.split()}
