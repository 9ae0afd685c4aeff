"""Values of conditions: numbers, dates, networks and truth values, read once and the same everywhere."""

import ipaddress
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_MAX_DIGITS = 64


def number(text: str) -> Decimal | None:
    """An integer or decimal number."""
    if len(text) > _MAX_DIGITS:
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


@lru_cache(maxsize=1024)
def date(text: str) -> float | None:
    """Epoch seconds of an ISO 8601 date or of epoch seconds: both forms are comparable with each other."""
    if _looks_like_year(text):
        return datetime(int(text), 1, 1, tzinfo=UTC).timestamp() if text > "0000" else None
    if (seconds := number(text)) is not None:
        return float(seconds)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _looks_like_year(text: str) -> bool:
    return len(text) == 4 and text.isdigit()  # noqa: PLR2004 - a bare year is a date of the W3C profile of ISO 8601


@lru_cache(maxsize=1024)
def network(text: str) -> Network | None:
    """An address, with or without a prefix; host bits beyond the prefix do not count."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def boolean(text: str) -> bool | None:
    """`true` or `false`, without case."""
    return {"true": True, "false": False}.get(text.lower())
