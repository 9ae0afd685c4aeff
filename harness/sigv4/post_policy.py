"""The policy of a form: until when, and which fields and file it allows.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
Every field must be named by a condition; the bucket is a field too, though it stands in the address.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from harness.sigv4.form import Form
from harness.sigv4.reason import Reason, Rejected

# "Each form field ... (except x-amz-signature, file, policy, and field names that have an x-ignore- prefix)" (same page).
_FREE = frozenset({"x-amz-signature", "policy"})
_IGNORED = "x-ignore-"
_RANGE = "content-length-range"
_DIGITS = 20
_FORMATS = ("%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%SZ")


def check_policy(form: Form, bucket: str, now: datetime) -> Rejected | None:
    """None if the policy allows the form, else why not."""
    policy = _read(form.fields["policy"])
    if isinstance(policy, Rejected):
        return policy
    expiration, conditions = policy
    if expiration <= now:
        return _against("Policy expired.")
    fields = {**form.fields, "bucket": bucket}
    failed = (_failed(condition, fields, len(form.file)) for condition in conditions)
    return next(filter(None, failed), None) or _uncovered(conditions, fields)


_Condition = tuple[str, Any, Any]
"""`eq` or `starts-with`, a field's name in front of which stands `$`, a value; or the range's word and its two ends."""


def _read(text: str) -> tuple[datetime, Sequence[_Condition]] | Rejected:
    try:
        policy = json.loads(base64.b64decode(text, validate=True))
    except (ValueError, RecursionError):
        return _invalid("Invalid JSON.")
    if not isinstance(policy, dict) or not isinstance(policy.get("conditions"), list):
        return _invalid("Policy is missing conditions.")
    expiration = _time(policy.get("expiration"))
    conditions = [_condition(one) for one in policy["conditions"]]
    if expiration is None:
        return _invalid("Policy is missing expiration, or it is no time.")
    known = [one for one in conditions if one is not None]
    return (expiration, known) if len(known) == len(conditions) else _invalid("Invalid condition.")


def _time(text: object) -> datetime | None:
    for form in _FORMATS:
        try:
            return datetime.strptime(str(text), form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _condition(written: object) -> _Condition | None:
    """A condition of one of the three forms; `{"acl": "private"}` is `["eq", "$acl", "private"]`."""
    match written:
        case dict() if len(written) == 1:
            [(name, value)] = written.items()
            return ("eq", f"${name}", value) if isinstance(value, str) else None
        case [str(word), first, last]:
            return _triple(word.lower(), first, last)
        case _:
            return None


def _triple(word: str, first: object, last: object) -> _Condition | None:
    if word == _RANGE:
        least, most = str(first), str(last)
        numbers = all(one.isascii() and one.isdigit() and len(one) < _DIGITS for one in (least, most))
        return (_RANGE, int(least), int(most)) if numbers else None
    texts = isinstance(first, str) and first.startswith("$") and isinstance(last, str)
    return (word, first, last) if word in {"eq", "starts-with"} and texts else None


def _failed(condition: _Condition, fields: Mapping[str, str], size: int) -> Rejected | None:
    word, first, last = condition
    if word == _RANGE:
        if size < first:
            return Rejected(Reason.TOO_SMALL)
        return Rejected(Reason.TOO_LARGE) if size > last else None
    value = fields.get(_name(condition))
    if value is not None and (value == last if word == "eq" else _starts(condition, value)):
        return None
    return _against(f"Policy Condition failed: {json.dumps([word, first, last], ensure_ascii=False)}")


def _starts(condition: _Condition, value: str) -> bool:
    """Content types may be several, with commas between them; each must start so (same page)."""
    values = re.split(", *", value) if _name(condition) == "content-type" else [value]
    return all(one.startswith(condition[2]) for one in values)


def _uncovered(conditions: Sequence[_Condition], fields: Mapping[str, str]) -> Rejected | None:
    covered = {_name(condition) for condition in conditions if condition[0] != _RANGE}
    extra = sorted(name for name in fields if name not in covered | _FREE and not name.startswith(_IGNORED))
    return _against(f"Extra input fields: {', '.join(extra)}") if extra else None


def _name(condition: _Condition) -> str:
    return str(condition[1]).removeprefix("$").lower()


def _against(said: str) -> Rejected:
    return Rejected(Reason.AGAINST_POLICY, f"Invalid according to Policy: {said}")


def _invalid(said: str) -> Rejected:
    return Rejected(Reason.BROKEN_POLICY, f"Invalid Policy: {said}")
