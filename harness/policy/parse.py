"""From JSON to a typed document: every fault is found with its place; a stored document is never without meaning.

Grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.policy import faults as texts
from harness.policy.document import Condition, Document, PolicyKind, PrincipalSet, Resource, Statement
from harness.policy.faults import Fault, InvalidPolicy
from harness.policy.operators import Operator, read_operator
from harness.policy.principals import read_principals
from harness.policy.variables import Pattern, pattern

VERSIONS = ("2012-10-17", "2008-10-17")
WITH_VARIABLES = "2012-10-17"
_TOP = frozenset({"Version", "Id", "Statement"})
_ELEMENTS = frozenset({
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
})  # fmt: skip
_WITHOUT_PRINCIPAL = frozenset({PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION, PolicyKind.SCP})
# Characters without white space: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_LIMITS = {PolicyKind.IDENTITY: 10_240, PolicyKind.BOUNDARY: 6_144, PolicyKind.SESSION: 2_048, PolicyKind.TRUST: 4_096,
           PolicyKind.SCP: 10_240, PolicyKind.RCP: 5_120}  # fmt: skip
_ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?_-]+")
_SID = re.compile(r"[0-9A-Za-z]*")
_ARN_PARTS = 6
_EVERYTHING = pattern("*", variables=False)


def parse_policy(source: str | Mapping[str, Any], kind: PolicyKind) -> Document:
    """The document. Raises InvalidPolicy with every fault if AWS would refuse to store it."""
    data = _load(source)
    reader = _Reader(kind)
    document = reader.document(data)
    if isinstance(source, str) and (limit := _LIMITS.get(kind)) and len(re.sub(r"\s", "", source)) > limit:
        reader.faults.append(
            Fault(
                "", f"the document is longer than {limit} characters", f"Maximum policy size of {limit} bytes exceeded"
            )
        )
    if reader.faults:
        code = "LimitExceeded" if "Maximum policy size" in reader.faults[0].aws else texts.MALFORMED
        raise InvalidPolicy(tuple(reader.faults), code)
    return document


def parse_stored(source: str | Mapping[str, Any], kind: PolicyKind) -> Document:
    """The document as it stands: a faulty statement is present, grants nothing and denies what it might deny. Never raises."""
    try:
        data = _load(source)
    except InvalidPolicy as invalid:
        return _unreadable(str(invalid))
    reader = _Reader(kind)
    document = reader.document(data)
    if any(not fault.place.startswith("Statement[") for fault in reader.faults):
        return _unreadable(str(reader.faults[0]))
    return document


def _unreadable(fault: str) -> Document:
    """A document that cannot be read might deny anything."""
    return Document("", (_faulty(0, None, fault),), fault)


def _faulty(index: int, sid: str | None, fault: str, *, allow: bool = False) -> Statement:
    everyone = PrincipalSet(everyone=True, every_service=True)
    return Statement(index, sid, allow, (_EVERYTHING,), False, None, False, everyone, False, (), fault)


def _load(source: str | Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        data = json.loads(source, object_pairs_hook=_unique) if isinstance(source, str) else source
    except ValueError as error:
        raise InvalidPolicy((Fault("", f"broken JSON: {error}", texts.INVALID_JSON),)) from error
    if not isinstance(data, Mapping):
        raise InvalidPolicy((Fault("", "the document is not an object", texts.SYNTAX),))
    return data


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an element occurs twice")
    return found


class _Reader:
    """Reads one document and collects its faults."""

    def __init__(self, kind: PolicyKind) -> None:
        self.kind = kind
        self.faults: list[Fault] = []
        self.variables = False

    def document(self, data: Mapping[str, Any]) -> Document:
        version = data.get("Version", "2008-10-17")
        self.variables = version == WITH_VARIABLES
        if version not in VERSIONS:
            self._fault("Version", f"unknown version `{version}`")
        for name in sorted(set(data) - _TOP):
            self._fault("", f"unknown element `{name}`")
        listed = data.get("Statement")
        if isinstance(listed, Mapping):
            listed = [listed]
        if not isinstance(listed, list) or not listed:
            self._fault("Statement", "is missing or empty")
            return Document(str(version), ())
        statements = tuple(self._statement(index, entry) for index, entry in enumerate(listed))
        sids = [statement.sid for statement in statements if statement.sid]
        if len(sids) != len(set(sids)):
            self._fault("Statement[*].Sid", "occurs twice", texts.DUPLICATE_SID)
        return Document(str(version), statements)

    def _fault(self, place: str, what: str, aws: str = texts.SYNTAX) -> None:
        self.faults.append(Fault(place, what, aws))

    def _statement(self, index: int, data: Any) -> Statement:
        before = len(self.faults)
        place = f"Statement[{index}]"
        if not isinstance(data, Mapping):
            self._fault(place, "is not an object")
            return _faulty(index, None, str(self.faults[-1]))
        effect, sid = data.get("Effect"), data.get("Sid")
        for name in sorted(set(data) - _ELEMENTS):
            self._fault(place, f"unknown element `{name}`")
        if effect not in {"Allow", "Deny"}:
            self._fault(f"{place}.Effect", f"must be Allow or Deny, not `{effect}`")
        self._sid(place, sid)
        statement = Statement(
            index=index,
            sid=sid if isinstance(sid, str) else None,
            allow=effect == "Allow",
            actions=tuple(self._actions(place, data)),
            not_action="NotAction" in data,
            resources=self._resources(place, data),
            not_resource="NotResource" in data,
            principals=self._principals(place, data),
            not_principal="NotPrincipal" in data,
            conditions=tuple(self._conditions(place, data.get("Condition", {}))),
        )
        if len(self.faults) > before:
            return _faulty(index, statement.sid, str(self.faults[before]), allow=effect == "Allow")
        return statement

    def _sid(self, place: str, sid: Any) -> None:
        if sid is None:
            return
        if not isinstance(sid, str):
            self._fault(f"{place}.Sid", "must be text")
        elif self.kind in _WITHOUT_PRINCIPAL and not _SID.fullmatch(sid):
            self._fault(f"{place}.Sid", f"`{sid}` is not alphanumeric", texts.INVALID_SID)

    def _one_of(self, place: str, data: Mapping[str, Any], name: str) -> tuple[str, Any] | None:
        """The element or its negation; both at once are a fault."""
        present = [element for element in (name, f"Not{name}") if element in data]
        if len(present) > 1:
            self._fault(place, f"{present[0]} and {present[1]} exclude each other")
        return (present[0], data[present[0]]) if present else None

    def _texts(self, place: str, value: Any) -> Iterator[str]:
        listed = value if isinstance(value, list) else [value]
        if not listed:
            self._fault(place, "is empty")
        for entry in listed:
            if isinstance(entry, str) and entry:
                yield entry
            else:
                self._fault(place, f"`{entry}` is not text")

    def _actions(self, place: str, data: Mapping[str, Any]) -> Iterator[Pattern]:
        found = self._one_of(place, data, "Action")
        if found is None:
            self._fault(place, "has no Action", texts.MISSING_ACTION)
            return
        name, value = found
        for text in self._texts(f"{place}.{name}", value):
            if self.kind is PolicyKind.TRUST and not text.lower().startswith("sts:") and text != "*":
                self._fault(f"{place}.{name}", f"`{text}` is no action of STS", texts.TRUST_ACTION)
            if not _ACTION.fullmatch(text):
                self._fault(f"{place}.{name}", f"`{text}` is not `prefix:Action`", texts.VENDOR)
            yield pattern(text, variables=False, lower=True)

    def _resources(self, place: str, data: Mapping[str, Any]) -> tuple[Resource, ...] | None:
        found = self._one_of(place, data, "Resource")
        if self.kind is PolicyKind.TRUST:
            if found:
                self._fault(place, f"{found[0]} has no place in a trust policy", texts.PROHIBITED_RESOURCE)
            return None
        if found is None:
            if self.kind is not PolicyKind.RESOURCE:
                self._fault(place, "has no Resource", texts.MISSING_RESOURCE)
            return None
        name, value = found
        return tuple(self._resource(f"{place}.{name}", text) for text in self._texts(f"{place}.{name}", value))

    def _resource(self, place: str, text: str) -> Resource:
        if text != "*" and not text.startswith("arn:") and self.kind in _WITHOUT_PRINCIPAL and not text.startswith("*"):
            self._fault(place, f"`{text}` is not an ARN", texts.ARN_FORM.format(resource=text))
        return resource(text, variables=self.variables)

    def _principals(self, place: str, data: Mapping[str, Any]) -> PrincipalSet | None:
        found = self._one_of(place, data, "Principal")
        if self.kind in _WITHOUT_PRINCIPAL:
            if found:
                self._fault(f"{place}.{found[0]}", "has no place here", texts.NO_PRINCIPAL)
            return None
        if found is None:
            self._fault(place, "has no Principal", texts.MISSING_PRINCIPAL)
            return None
        name, value = found
        if name == "NotPrincipal" and self.kind is PolicyKind.TRUST:
            self._fault(f"{place}.NotPrincipal", "has no place in a trust policy", "Has prohibited field NotPrincipal")
        return read_principals(value, lambda what, aws: self._fault(f"{place}.{name}", what, aws))

    def _conditions(self, place: str, data: Any) -> Iterator[Condition]:
        if not isinstance(data, Mapping):
            self._fault(f"{place}.Condition", "is not an object")
            return
        for written, keys in data.items():
            where = f"{place}.Condition.{written}"
            operator = read_operator(written)
            if operator is None:
                self._fault(where, f"unknown operator `{written}`")
            elif not isinstance(keys, Mapping):
                self._fault(where, "is not an object")
            else:
                for key, values in keys.items():
                    yield self._condition(where, operator, key, values)

    def _condition(self, where: str, operator: Operator, key: str, values: Any) -> Condition:
        if ":" not in key:
            self._fault(where, f"`{key}` has no vendor", texts.VENDOR)
        listed = values if isinstance(values, list) else [values]
        found = tuple(pattern(text, variables=self.variables) for text in self._values(where, key, listed))
        for one in found:
            if one.matcher is not None and (fault := operator.check(one.text)):
                self._fault(f"{where}.{key}", fault)
        return Condition(operator.name, operator.quantifier, operator.if_exists, key.lower(), found, operator.written)

    def _values(self, where: str, key: str, listed: list[Any]) -> Iterator[str]:
        for value in listed:
            if isinstance(value, bool):
                yield str(value).lower()
            elif isinstance(value, str | int | float):
                yield str(value)
            else:
                self._fault(f"{where}.{key}", f"`{value}` is not a value")


def resource(text: str, *, variables: bool) -> Resource:
    """A Resource entry: by six parts where it has them, else as a whole.

    A variable may hold colons; the split counts only colons outside of `${...}`.
    """
    parts = _split(text)
    if len(parts) == _ARN_PARTS and parts[0] == "arn":
        return Resource(text, tuple(pattern(part, variables=variables) for part in parts))
    return Resource(text, (pattern(text, variables=variables),))


def _split(text: str) -> list[str]:
    parts = [""]
    depth = 0
    for index, character in enumerate(text):
        depth += text.startswith("${", index)
        depth -= character == "}" and depth > 0
        if character == ":" and depth == 0 and len(parts) < _ARN_PARTS:
            parts.append("")
        else:
            parts[-1] += character
    return parts
