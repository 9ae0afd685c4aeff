"""ARNs by their six parts.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from dataclasses import dataclass

_PARTS = 6


@dataclass(frozen=True, slots=True)
class Arn:
    """One ARN; any part after the first may be empty."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> "Arn":
        """Read an ARN. Raises ValueError for text that has not six parts or does not begin with `arn`."""
        parts = text.split(":", _PARTS - 1)
        if len(parts) != _PARTS or parts[0] != "arn":
            raise ValueError(f"`{text}` is not an ARN: arn:partition:service:region:account:resource")
        return cls(*parts[1:])

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"
