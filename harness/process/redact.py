"""What a command may show of itself: never the values of variables, secrets by name, AWS keys or passwords in addresses.

Hiding too much is the right side to err on: a hidden name costs a look, a shown secret cannot be taken back.
AWS's key ids: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
"""

import re
from collections.abc import Iterable

HIDDEN = "***"
_SECRETIVE = r"[\w-]*(?:secret|token|passw|credential|private[_-]?key|access[_-]?key)[\w-]*"
# (what to look for, what to leave of it)
RULES = (
    (re.compile(r"(?s)^(--?var=[^=]+=).*"), rf"\g<1>{HIDDEN}"),
    (re.compile(rf"(?i)({_SECRETIVE}[\"']?\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|[^\s,;&]+)"), rf"\g<1>{HIDDEN}"),
    (re.compile(r"\b(A[KS]IA)[A-Z0-9]{12,}\b"), rf"\g<1>{HIDDEN}"),
    (re.compile(r"(\w://)[^/@\s]+@"), rf"\g<1>{HIDDEN}@"),
)
# The value is the next argument: Terraform's `-var NAME=VALUE`, and every option whose name means a secret.
_OPTION = re.compile(rf"(?i)^--?(?:var|{_SECRETIVE})$")


def redacted(text: str) -> str:
    """The text without what the rules hide."""
    for pattern, kept in RULES:
        text = pattern.sub(kept, text)
    return text


def redacted_arguments(args: Iterable[str]) -> tuple[str, ...]:
    """The arguments without what the rules hide, and without whatever follows an option that means a secret."""
    shown: list[str] = []
    hide = False
    for arg in args:
        shown.append(HIDDEN if hide else redacted(arg))
        hide = _OPTION.match(arg) is not None
    return tuple(shown)
