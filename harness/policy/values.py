"""Values of conditions: numbers, dates, addresses, truth values and bytes, read once and the same everywhere."""

import base64
import binascii
import ipaddress
import re
from datetime import UTC, datetime
from decimal import Decimal

_NUMBER = re.compile(r"[+-]?\d{1,64}(?:\.\d{1,64})?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_YEAR = re.compile(r"[0-9]{4}")
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
_PREFIX = re.compile(r"[0-9]{1,3}")

Range = tuple[int, int, int]
"""IP version, first and last address as numbers."""


def number(text: str) -> Decimal | None:
    """An integer or decimal number."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def date(text: str) -> float | None:
    """Epoch seconds of an ISO 8601 date or of epoch seconds: both forms are comparable with each other.

    A year, and a year with a month, are dates in the W3C profile of ISO 8601 that AWS names: http://www.w3.org/TR/NOTE-datetime
    """
    if _YEAR.fullmatch(text):
        text = f"{text}-01-01"
    elif _MONTH.fullmatch(text):
        text = f"{text}-01"
    elif (seconds := number(text)) is not None:
        return float(seconds)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def address(text: str) -> tuple[int, int] | None:
    """An address as (IP version, number)."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return found.version, int(found)


def network(text: str) -> Range | None:
    """An address, with or without a prefix; host bits beyond the prefix do not count."""
    if not _PREFIX.fullmatch(text.partition("/")[2] or "0"):  # no net masks
        return None
    try:
        found = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    return found.version, int(found.network_address), int(found.broadcast_address)


def boolean(text: str) -> bool | None:
    """`true` or `false`, without case."""
    return {"true": True, "false": False}.get(text.lower())


def binary(text: str) -> bytes | None:
    """The bytes that base64 text stands for."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
