"""ARNs by their six parts.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from typing import NamedTuple

_PARTS = 6


class Arn(NamedTuple):
    """One ARN; any part may be empty."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> "Arn | None":
        """The ARN that `text` is; None for text that has not six parts or does not begin with `arn`."""
        parts = text.split(":", _PARTS - 1)
        return cls(*parts[1:]) if len(parts) == _PARTS and parts[0] == "arn" else None

    @classmethod
    def of(cls, text: str) -> "Arn":
        """The ARN of a resource that is there; another text is a defect."""
        arn = cls.parse(text)
        if arn is None:
            raise ValueError(f"`{text}` is no ARN")
        return arn

    @property
    def kind(self) -> str:
        """What the resource is, before the first slash: `role` of `role/path/name`, all of `root`."""
        return self.resource.partition("/")[0]

    @property
    def name(self) -> str:
        """What stands behind the first slash: `path/name` of `role/path/name`, nothing of `root`."""
        return self.resource.partition("/")[2]
