"""One service's tables: its rows, what else an operation asks for, whom it hands roles to, its condition keys."""

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from harness.actions.keys import NO_KEYS, Keys
from harness.actions.operation import Call, ContextValue, Facts, Operation
from harness.actions.params import dig
from harness.actions.reasons import Reason
from harness.actions.tags import request_tags, resource_tags
from harness.actions.template import Template, template
from harness.model.arn import Arn

Rule = Callable[["Service", Operation, Facts], Sequence[Call]]
"""An irregular operation: several actions or several resources."""

ResourceRule = Callable[[Operation, Facts], str | None]

StateRule = Callable[[Facts, str | None], tuple[Mapping[str, ContextValue], frozenset[str]]]
"""The condition keys that tell of the resource's own state, and the lower-case names that are known thereby."""


def _no_state(_facts: Facts, _resource: str | None) -> tuple[Mapping[str, ContextValue], frozenset[str]]:
    return {}, frozenset()


REQUEST_TAGS = frozenset({"aws:requesttag/", "aws:tagkeys"})


@dataclass(frozen=True, slots=True)
class Row:
    """What a regular operation is for IAM; `action` defaults to the operation's name."""

    resource: Template | ResourceRule
    action: str | None = None

    def resources(self, operation: Operation, facts: Facts) -> Sequence[str | None]:
        """The ARNs, `*` for none, None for unknown."""
        if isinstance(self.resource, Template):
            return self.resource.arns(operation)
        return (self.resource(operation, facts),)


@dataclass(frozen=True, slots=True)
class Service:
    """The tables of one service in botocore's sense."""

    prefix: str
    rows: Mapping[str, Row | Rule]
    keys: Keys = NO_KEYS
    also: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Operation -> another action on the same resource -> the parameters of which any asks for it."""
    passes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Operation -> the parameter that holds a role -> the service principal that the role is handed to."""
    state: StateRule = _no_state
    unmodelled: Mapping[str, Reason] = field(default_factory=dict)
    names_only: bool = False
    """LocalStack takes the name out of an ARN and looks in the request's region: another region's ARN is no resource that is known."""

    def calls(self, operation: Operation, facts: Facts) -> Sequence[Call]:
        """All that the operation asks of IAM. Never empty."""
        row = self.rows.get(operation.name)
        if row is None:
            return [unmodelled(self.prefix, operation)]
        found = list(self._of_row(row, operation, facts)) or [unmodelled(self.prefix, operation)]
        resource = found[0].resource
        for action, asked in self.also.get(operation.name, {}).items():
            if any(any(dig(operation.params, path)) for path in asked.split()):
                found.append(self.call(operation, facts, action, resource))
        return [*found, *self._passed(operation, facts, resource)]

    def _of_row(self, row: Row | Rule, operation: Operation, facts: Facts) -> Sequence[Call]:
        if not isinstance(row, Row):
            return row(self, operation, facts)
        action = row.action or operation.name
        return [self.call(operation, facts, action, resource) for resource in row.resources(operation, facts)]

    def call(
        self,
        operation: Operation,
        facts: Facts,
        action: str,
        resource: str | None,
        context: Mapping[str, ContextValue] | None = None,
    ) -> Call:
        """One call of the service, with the condition keys that its action has; `context` holds what only a rule can know."""
        if resource is not None and (
            _is_abroad(resource) or (self.names_only and _region(resource) not in {"", operation.region})
        ):
            resource = None
        tags, families = resource_tags(facts, resource)
        own, known = self.keys.read(action, operation, facts)
        state, told = self.state(facts, resource)
        values = {**request_tags(operation), **own, **(context or {}), **state, **tags}
        names = known.union(told, families, REQUEST_TAGS, map(str.lower, values))
        return Call(f"{self.prefix}:{action}", resource, values, names)

    def _passed(self, operation: Operation, facts: Facts, resource: str | None) -> Iterator[Call]:
        for path, principal in self.passes.get(operation.name, {}).items():
            for role in dict.fromkeys(str(value) for value in dig(operation.params, path)):
                # Some parameters may name what is no role: API Gateway's `arn:aws:iam::*:user/*` stands for the caller's own keys.
                if ":role/" in role or not role.startswith("arn:"):
                    yield pass_role(operation, facts, role, principal, resource)


def _is_abroad(resource: str) -> bool:
    """Whether the ARN is of another partition, which LocalStack takes for this one's."""
    return resource.startswith("arn:") and not resource.startswith("arn:aws:")


def _region(resource: str) -> str:
    arn = Arn.parse(resource)
    return arn.region if arn is not None else ""


def unmodelled(prefix: str, operation: Operation) -> Call:
    """An operation whose resource and service keys are unknown."""
    return Call(f"{prefix}:{operation.name}", None, request_tags(operation))


def pass_role(
    operation: Operation, facts: Facts, role: str | None, principal: str | None, associated: str | None
) -> Call:
    """The call that hands `role`, an ARN or a name, to the service `principal` for the resource `associated`; None: unknown.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    if role is not None and not role.startswith("arn:"):
        role = f"arn:aws:iam::{operation.account}:role{facts.iam_path('role', role)}{role}"
    if role is not None and _is_abroad(role):
        role = None
    tags, families = resource_tags(facts, role)
    context: dict[str, ContextValue] = dict(tags)
    known = families | REQUEST_TAGS
    if principal is not None:
        context["iam:PassedToService"] = principal
        known |= {"iam:passedtoservice"}
    if associated and associated.startswith("arn:"):
        context["iam:AssociatedResourceArn"] = associated
        known |= {"iam:associatedresourcearn"}
    return Call("iam:PassRole", role, context, known)


def rows(base: str, table: str) -> dict[str, Row]:
    """Rows from a table: a resource template at the margin, below it, indented, the operations that have it.

    `Operation=Action` where the action is not called as the operation is; a template may go on after `&` on the next line. `base`
    is what relative templates begin with.
    """
    found: dict[str, Row] = {}
    resource = template("*", base)
    for line in textwrap.dedent(table).replace("&\n", "& ").splitlines():
        if line and not line.startswith(" "):
            resource = template(line, base)
            continue
        for entry in line.split():
            name, _, action = entry.partition("=")
            if name in found:
                raise ValueError(f"operation `{name}` has two rows")
            found[name] = Row(resource, action or None)
    return found


def each(rule: ResourceRule, operations: str) -> dict[str, Row]:
    """Rows of operations that share an irregular resource; `Operation=Action` as in `rows`."""
    entries = (entry.partition("=") for entry in operations.split())
    return {name: Row(rule, action or None) for name, _, action in entries}


def also(actions: Mapping[str, str], operations: str) -> dict[str, Mapping[str, str]]:
    """The same further actions for several operations."""
    return dict.fromkeys(operations.split(), actions)
