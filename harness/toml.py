"""What every part of harness.toml shares: it is frozen, strict and without unknown keys; and what a name was meant to be."""

import difflib
from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

NAME = "harness.toml"
AccountId = Annotated[str, StringConstraints(pattern=r"^\d{12}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$")]


class Frozen(BaseModel):
    """A part of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def nearest(name: str, known: Iterable[str]) -> str:
    """What was meant by an unknown name, or which there are."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean `{close[0]}`?" if close else f"known are {', '.join(f'`{one}`' for one in names)}"
