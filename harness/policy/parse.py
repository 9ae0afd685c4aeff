"""From JSON to a typed document: every fault is found with its place; a stored document is never without meaning.

Grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.policy import faults as texts
from harness.policy.conditions import Condition, compile_condition
from harness.policy.document import Document, PolicyKind, PrincipalSet, Resources, Statement
from harness.policy.faults import Fault, InvalidPolicy
from harness.policy.glob import HEAD, Colons, Matcher, compile_globs
from harness.policy.operators import read_operator
from harness.policy.principals import EVERYONE, read_principals
from harness.policy.variables import Template, template

VERSIONS = ("2012-10-17", "2008-10-17")
WITH_VARIABLES = "2012-10-17"
WITHOUT_VERSION = "2008-10-17"
_TOP = frozenset({"Version", "Id", "Statement"})
_ELEMENTS = frozenset({
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
})  # fmt: skip
_WITHOUT_PRINCIPAL = frozenset({PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION, PolicyKind.SCP})
_ACTION = re.compile(r"\*|(?:\*|[A-Za-z0-9-]+):[A-Za-z0-9*?_-]+", re.ASCII)
_VENDOR = re.compile(r"\*|[A-Za-z0-9.-]+", re.ASCII)
_SID = re.compile(r"[0-9A-Za-z]*", re.ASCII)
_EVERYTHING = compile_globs("*")

# Characters without white space: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
# An identity policy may be inline in a role (10,240 for all of them) or managed (6,144); a trust policy's 2,048 can be raised.
LIMITS: Mapping[PolicyKind, int] = {
    PolicyKind.IDENTITY: 10_240,
    PolicyKind.BOUNDARY: 6_144,
    PolicyKind.SESSION: 2_048,
    PolicyKind.TRUST: 4_096,
    PolicyKind.SCP: 10_240,
    PolicyKind.RCP: 5_120,
}


def parse_policy(source: Any, kind: PolicyKind) -> Document:
    """The document, from JSON text or from what JSON gives. Raises InvalidPolicy with every fault if AWS would refuse to store it."""
    reader = _Reader(kind)
    document = reader.document(_load(source, kind))
    if reader.faults:
        raise InvalidPolicy(tuple(reader.faults))
    return document


def parse_stored(source: Any, kind: PolicyKind) -> Document:
    """The document as it stands: a faulty statement is present, grants nothing and denies what it might deny. Never raises."""
    try:
        data = _load(source, kind)
    except InvalidPolicy as invalid:
        return _unreadable(str(invalid))
    reader = _Reader(kind)
    document = reader.document(data)
    if any(not fault.place.startswith("Statement[") for fault in reader.faults):
        return _unreadable(str(reader.faults[0]))
    return document


def size(text: str) -> int:
    """The characters that count for a limit: all but white space."""
    return len("".join(text.split()))


def too_long(text: str, kind: PolicyKind) -> Fault | None:
    """The fault of a document that is longer than any of its kind may be."""
    limit = LIMITS.get(kind)
    if limit is None or size(text) <= limit:
        return None
    return Fault("", f"the document is longer than {limit} characters", f"Cannot exceed quota for PolicySize: {limit}")


def _unreadable(fault: str) -> Document:
    """A document that cannot be read might deny anything."""
    return Document("", (_faulty(0, None, fault),), fault)


def _faulty(index: int, sid: str | None, fault: str) -> Statement:
    return Statement(index, sid, False, _EVERYTHING, False, None, False, EVERYONE, False, (), fault)


def _widened(statement: Statement, place: str, faults: Sequence[Fault]) -> Statement:
    """A statement with faults: what a faulty element says is not known, so it might say everything."""
    faulty = {fault.place.removeprefix(f"{place}.").partition(".")[0].removeprefix("Not") for fault in faults}
    if "Action" in faulty:
        statement = statement._replace(actions=_EVERYTHING, not_action=False)
    if "Resource" in faulty:
        statement = statement._replace(resources=None, not_resource=False)
    if "Principal" in faulty:
        statement = statement._replace(principals=EVERYONE, not_principal=False)
    if "Condition" in faulty:
        statement = statement._replace(conditions=())
    return statement._replace(fault=str(faults[0]))


def _load(source: Any, kind: PolicyKind) -> Mapping[str, Any]:
    try:
        data = json.loads(source, object_pairs_hook=_unique) if isinstance(source, str) else source
    except (ValueError, RecursionError) as error:
        aws = texts.SYNTAX if kind in {PolicyKind.IDENTITY, PolicyKind.BOUNDARY} else texts.INVALID_JSON
        raise InvalidPolicy((Fault("", f"broken JSON: {error}", aws),)) from error
    if not isinstance(data, dict):
        raise InvalidPolicy((Fault("", "the document is not an object", texts.SYNTAX),))
    return data


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an element occurs twice")
    return found


def _action_fault(action: str) -> str:
    """AWS's text for what is no action."""
    prefix, colon, name = action.partition(":")
    if ":" in name:
        return texts.ONE_COLON
    return texts.vendor(prefix) if colon and not _VENDOR.fullmatch(prefix) else texts.VENDOR


class _Reader:
    """Reads one document and collects its faults."""

    def __init__(self, kind: PolicyKind) -> None:
        self.kind = kind
        self.faults: list[Fault] = []
        self.variables = False

    def document(self, data: Mapping[str, Any]) -> Document:
        version = data.get("Version", WITHOUT_VERSION)
        self.variables = version == WITH_VARIABLES
        if version not in VERSIONS:
            self._fault("Version", f"unknown version `{version}`")
        if not isinstance(data.get("Id", ""), str):
            self._fault("Id", "must be text")
        self._known("", data, _TOP)
        listed = data.get("Statement")
        if isinstance(listed, dict):
            listed = [listed]
        if not isinstance(listed, list) or not listed:
            self._fault("Statement", "is missing or empty")
            return Document(str(version), ())
        statements = tuple([self._statement(f"Statement[{index}]", index, one) for index, one in enumerate(listed)])
        if len(statements) > 1:
            self._unique_sids(statements)
        return Document(str(version), statements)

    def _fault(self, place: str, what: str, aws: str = texts.SYNTAX) -> None:
        self.faults.append(Fault(place, what, aws))

    def _known(self, place: str, data: Mapping[str, Any], known: frozenset[str]) -> None:
        if not data.keys() <= known:
            for name in sorted(data.keys() - known):
                self._fault(place, f"unknown element `{name}`")

    def _unique_sids(self, statements: tuple[Statement, ...]) -> None:
        """An empty Sid is none: AWS stores several, https://github.com/localstack/localstack/issues/1556."""
        sids = [statement.sid for statement in statements if statement.sid]
        for sid in sorted({sid for sid in sids if sids.count(sid) > 1}):
            self._fault("Statement[*].Sid", f"`{sid}` occurs twice", texts.DUPLICATE_SID)

    def _statement(self, place: str, index: int, data: Any) -> Statement:
        before = len(self.faults)
        if not isinstance(data, dict):
            self._fault(place, "is not an object")
            return _faulty(index, None, str(self.faults[-1]))
        self._known(place, data, _ELEMENTS)
        effect, sid = data.get("Effect"), data.get("Sid")
        if effect not in ("Allow", "Deny"):
            aws = texts.SYNTAX if "Effect" in data else self._missing("Effect", texts.SYNTAX)
            self._fault(f"{place}.Effect", f"must be Allow or Deny, not `{effect}`", aws)
        if sid is not None:
            self._sid(place, sid)
        statement = Statement(
            index,
            sid if isinstance(sid, str) else None,
            effect == "Allow",
            self._actions(place, data),
            "NotAction" in data,
            self._resources(place, data),
            "NotResource" in data,
            self._principals(place, data),
            "NotPrincipal" in data,
            self._conditions(f"{place}.Condition", data["Condition"]) if "Condition" in data else (),
        )
        if self.kind is PolicyKind.RCP:
            self._resource_control(place, statement)
        return statement if len(self.faults) == before else _widened(statement, place, self.faults[before:])

    def _sid(self, place: str, sid: Any) -> None:
        if not isinstance(sid, str):
            self._fault(f"{place}.Sid", "must be text")
        elif self.kind in _WITHOUT_PRINCIPAL and not _SID.fullmatch(sid):
            self._fault(f"{place}.Sid", f"`{sid}` is not alphanumeric", texts.INVALID_SID)

    def _resource_control(self, place: str, statement: Statement) -> None:
        """Customers' resource control policies deny only, and mean everyone; the one that allows everything is AWS's own.

        https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
        """
        full_access = statement.actions is _EVERYTHING and not statement.conditions
        if statement.allow and not full_access:
            self._fault(f"{place}.Effect", "a resource control policy only denies", texts.ORGANIZATION_POLICY)
        if statement.principals is not None and (statement.not_principal or not statement.principals.everyone):
            self._fault(f"{place}.Principal", "must be `*`", texts.ORGANIZATION_POLICY)

    def _one_of(self, place: str, data: Mapping[str, Any], name: str, negated: str) -> tuple[str, Any] | None:
        """The element or its negation; both at once are a fault."""
        if name in data:
            if negated in data:
                self._fault(f"{place}.{name}", f"{name} and {negated} exclude each other")
            return f"{place}.{name}", data[name]
        return (f"{place}.{negated}", data[negated]) if negated in data else None

    def _missing(self, name: str, otherwise: str) -> str:
        """AWS's text for a required element that is not there."""
        return texts.required(name) if self.kind is PolicyKind.TRUST else otherwise

    def _texts(self, place: str, value: Any, empty: str) -> list[str]:
        listed = value if isinstance(value, list) else [value]
        if not listed:
            self._fault(place, "is empty", empty)
        for entry in listed:
            if not (isinstance(entry, str) and entry):
                self._fault(place, f"`{entry}` is not text")
        return [entry for entry in listed if isinstance(entry, str)]

    def _actions(self, place: str, data: Mapping[str, Any]) -> Matcher:
        found = self._one_of(place, data, "Action", "NotAction")
        if found is None:
            self._fault(place, "has no Action", self._missing("Action", texts.MISSING_ACTION))
            return _EVERYTHING
        where, value = found
        actions = self._texts(where, value, texts.MISSING_ACTION)
        for action in actions:
            if not _ACTION.fullmatch(action):
                self._fault(where, f"`{action}` is not `prefix:Action`", _action_fault(action))
            elif self.kind is PolicyKind.TRUST and not action.lower().startswith("sts:") and action != "*":
                self._fault(where, f"`{action}` is no action of STS", texts.TRUST_ACTION)
        return _EVERYTHING if "*" in actions else compile_globs([action.lower() for action in actions])

    def _resources(self, place: str, data: Mapping[str, Any]) -> Resources | None:
        found = self._one_of(place, data, "Resource", "NotResource")
        if self.kind is PolicyKind.TRUST:
            if found is not None:
                self._fault(found[0], "has no place in a trust policy", texts.prohibited(found[0].rpartition(".")[2]))
            return None
        if found is None:
            if self.kind is not PolicyKind.RESOURCE:
                self._fault(place, "has no Resource", texts.MISSING_RESOURCE)
            return None
        where, value = found
        entries = self._texts(where, value, texts.MISSING_RESOURCE)
        if self.kind in _WITHOUT_PRINCIPAL:
            for entry in entries:
                self._arn(where, entry)
        return self._compiled_resources(entries)

    def _arn(self, place: str, entry: str) -> None:
        if entry.startswith("*"):
            return
        parts = entry.split(":", 3)
        if parts[0] != "arn" or len(parts) <= 2:  # noqa: PLR2004 - arn, partition, service
            self._fault(place, f"`{entry}` is not an ARN", texts.arn_form(entry))
        elif "*" in parts[2][:-1] or "?" in parts[2] or (parts[2] == "*" and len(parts) > 3):  # noqa: PLR2004 - more than the service
            self._fault(place, f"`{entry}` has a wildcard in its service", texts.VENDOR_OF_RESOURCE)

    def _compiled_resources(self, entries: list[str]) -> Resources:
        found = [self._template(entry) for entry in entries]
        static = [entry for entry, one in zip(entries, found, strict=True) if one is None]
        return Resources(
            compile_globs(static, Colons.AT_THE_END),
            tuple([one for one in found if one is not None]),
            "*" in entries,
        )

    def _template(self, entry: str) -> Template | None:
        """An entry's variables, which only the last part of an ARN may hold; elsewhere `${...}` is literal.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-wheretouse
        """
        if not self._is_template(entry) or entry.partition("${")[0].count(":") < HEAD:
            return None
        return template(entry)

    def _is_template(self, text: str) -> bool:
        return self.variables and "${" in text

    def _principals(self, place: str, data: Mapping[str, Any]) -> PrincipalSet | None:
        found = self._one_of(place, data, "Principal", "NotPrincipal")
        if self.kind in _WITHOUT_PRINCIPAL:
            if found is not None:
                aws = texts.ORGANIZATION_POLICY if self.kind is PolicyKind.SCP else texts.NO_PRINCIPAL
                self._fault(found[0], "has no place here", aws)
            return None
        if found is None:
            self._fault(place, "has no Principal", self._missing("Principal", texts.MISSING_PRINCIPAL))
            return None
        where, value = found
        if self.kind is PolicyKind.TRUST and where.endswith("NotPrincipal"):
            self._fault(where, "has no place in a trust policy", texts.prohibited("NotPrincipal"))
        return read_principals(value, lambda what, aws: self._fault(where, what, aws))

    def _conditions(self, place: str, data: Any) -> tuple[Condition, ...]:
        if not isinstance(data, dict):
            self._fault(place, "is not an object")
            return ()
        return tuple([one for written, keys in data.items() for one in self._operator(place, written, keys)])

    def _operator(self, place: str, written: str, keys: Any) -> Iterator[Condition]:
        operator = read_operator(written)
        where = f"{place}.{written}"
        if operator is None:
            self._fault(where, f"unknown operator `{written}`")
        elif not isinstance(keys, dict):
            self._fault(where, "is not an object")
        else:
            for key, value in keys.items():
                if ":" not in key:
                    self._fault(where, f"`{key}` has no vendor", texts.VENDOR)
                found = self._values(f"{where}.{key}", value)
                for text in found:
                    if not self._is_template(text) and (fault := operator.check(text)):
                        self._fault(f"{where}.{key}", fault)
                yield compile_condition(operator, key, found, variables=self.variables)

    def _values(self, place: str, value: Any) -> list[str]:
        if isinstance(value, str):
            return [value]
        return [
            text
            for one in (value if isinstance(value, list) else [value])
            if (text := self._value(place, one)) is not None
        ]

    def _value(self, place: str, value: Any) -> str | None:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str | int | float):
            return str(value)
        self._fault(place, f"`{value}` is not a value")
        return None
