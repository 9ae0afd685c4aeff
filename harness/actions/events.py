"""EventBridge: rules stand under their bus, except on the default bus.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
"""

from collections.abc import Sequence

from harness.actions.operation import Call, ContextValue, Facts, Operation
from harness.actions.pass_role import pass_role
from harness.actions.row import KeyRule, ResourceRule, Row, Rule, call, no_resource, parameter

KEYS = frozenset({
    "events:targetarn", "events:creatoraccount", "events:managedby", "events:source", "events:detail-type",
})  # fmt: skip
# Patterns are not read: for PutRule what they name (`events:source`, `events:detail-type`, `events:detail.*`) stays unknown.

_CREATOR: dict[str, KeyRule] = {"events:creatorAccount": lambda operation, _facts: operation.account}
_RULE = ("DescribeRule", "DeleteRule", "EnableRule", "DisableRule", "ListTargetsByRule")
_BUS = ("CreateEventBus", "DeleteEventBus", "DescribeEventBus", "UpdateEventBus", "PutPermission", "RemovePermission")
_TAGS = ("TagResource", "UntagResource", "ListTagsForResource")
_NO_RESOURCE = ("ListRules", "ListRuleNamesByTarget", "ListEventBuses", "ListArchives", "ListConnections", "ListApiDestinations",
                "ListReplays", "TestEventPattern")  # fmt: skip


def rule_arn(operation: Operation, _facts: Facts) -> str:
    """The rule that Name or Rule means, on its bus."""
    bus = (operation.params.get("EventBusName") or "default").rpartition("/")[2]
    name = operation.params.get("Rule") or operation.params.get("Name") or ""
    place = name if bus == "default" else f"{bus}/{name}"
    return f"arn:aws:events:{operation.region}:{operation.account}:rule/{place}"


def _bus_arn(operation: Operation, bus: str) -> str:
    return bus if bus.startswith("arn:") else f"arn:aws:events:{operation.region}:{operation.account}:event-bus/{bus}"


def _bus(operation: Operation, _facts: Facts) -> str:
    return _bus_arn(operation, operation.params.get("Name") or operation.params.get("EventBusName") or "default")


def _put_rule(operation: Operation, facts: Facts) -> Sequence[Call]:
    calls = [call(operation, facts, Row(rule_arn), KEYS - {"events:source", "events:detail-type"})]
    if operation.params.get("Tags"):
        calls.append(call(operation, facts, Row(rule_arn, "events:TagResource"), KEYS))
    if role := operation.params.get("RoleArn"):
        calls.append(pass_role(facts, role, "events.amazonaws.com", rule_arn(operation, facts)))
    return calls


def _put_targets(operation: Operation, facts: Facts) -> Sequence[Call]:
    targets = operation.params.get("Targets") or ()
    context: dict[str, ContextValue] = {"events:TargetArn": tuple(target.get("Arn", "") for target in targets)}
    rule = rule_arn(operation, facts)
    roles = dict.fromkeys(target["RoleArn"] for target in targets if target.get("RoleArn"))
    return [
        call(operation, facts, Row(rule_arn, keys=_CREATOR), KEYS, context),
        *(pass_role(facts, role, "events.amazonaws.com", rule) for role in roles),
    ]


def _fixed(arn: str) -> ResourceRule:
    return lambda _operation, _facts: arn


def _put_events(operation: Operation, facts: Facts) -> Sequence[Call]:
    calls = []
    for entry in operation.params.get("Entries") or ():
        context: dict[str, ContextValue] = {
            key: entry[field]
            for key, field in (("events:source", "Source"), ("events:detail-type", "DetailType"))
            if entry.get(field)
        }
        bus = _bus_arn(operation, entry.get("EventBusName") or "default")
        calls.append(call(operation, facts, Row(_fixed(bus)), KEYS, context))
    return calls


ROWS: dict[str, Row | Rule] = {
    **{name: Row(rule_arn, keys=_CREATOR) for name in _RULE},
    **{name: Row(_bus) for name in _BUS},
    **{name: Row(parameter("ResourceARN")) for name in _TAGS},
    **{name: Row(no_resource) for name in _NO_RESOURCE},
    "RemoveTargets": Row(rule_arn, keys=_CREATOR),
    "PutRule": _put_rule,
    "PutTargets": _put_targets,
    "PutEvents": _put_events,
}
