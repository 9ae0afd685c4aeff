"""EventBridge: rules stand under their bus, except on the default bus.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
"""

import json
from collections.abc import Sequence

from harness.actions.keys import UNKNOWN, KeyRule, Keys, KeyValue, Type, key
from harness.actions.operation import Call, ContextValue, Facts, Operation
from harness.actions.params import dig
from harness.actions.service import Row, Service, also, each, rows

_RULE = "DescribeRule DeleteRule EnableRule DisableRule ListTargetsByRule PutTargets RemoveTargets PutRule"
_TAGS = "ListTagsForResource TagResource UntagResource"
_SERVICE = "events.amazonaws.com"
_ACCOUNT = 4  # the place of an ARN's account


def rule_arn(operation: Operation, _facts: Facts) -> str:
    """The rule that Name or Rule means, on its bus: in the bus's account and region where the bus is given by its ARN."""
    given = operation.params.get("EventBusName") or "default"
    bus = given.rpartition("/")[2]
    name = operation.params.get("Rule") or operation.params.get("Name") or ""
    place = name if bus == "default" else f"{bus}/{name}"
    parts = given.split(":")
    region, account = parts[3:5] if given.startswith("arn:") and len(parts) > _ACCOUNT else _here(operation)
    return f"arn:aws:events:{region}:{account}:rule/{place}"


def _here(operation: Operation) -> list[str]:
    return [operation.region, operation.account]


def _destination(operation: Operation, facts: Facts) -> str | None:
    """An API destination by its whole ARN, which ends in an id that no request names."""
    return facts.arn("api-destination", str(operation.params.get("Name") or ""))


def _creator(operation: Operation, _facts: Facts) -> KeyValue:
    return operation.account


def _put_events(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """Each entry on its own bus, with its own source and detail type."""
    calls = []
    for entry in operation.params.get("Entries") or ():
        bus = entry.get("EventBusName") or "default"
        arn = (
            bus if bus.startswith("arn:") else f"arn:aws:events:{operation.region}:{operation.account}:event-bus/{bus}"
        )
        fields: dict[str, str | None] = {
            "events:source": entry.get("Source"),
            "events:detail-type": entry.get("DetailType"),
        }
        context: dict[str, ContextValue] = {name: value for name, value in fields.items() if value}
        calls.append(service.call(operation, facts, "PutEvents", arn, context))
    return calls


def _pattern(path: str) -> KeyRule:
    """What a rule's pattern selects by at `path`; unknown where it selects by more than equality.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
    """

    def rule(operation: Operation, _facts: Facts) -> KeyValue:
        pattern = operation.params.get("EventPattern")
        if not pattern:
            return None
        try:
            read = json.loads(str(pattern))
        except ValueError:
            return UNKNOWN
        if not isinstance(read, dict) or "$or" in json.dumps(read):
            return UNKNOWN
        found = dig(read, path)
        if not all(isinstance(value, str) for value in found):
            return UNKNOWN
        return tuple(map(str, found)) or None

    return rule


SERVICE = Service(
    prefix="events",
    rows={
        **rows("arn:aws:events:{region}:{account}:", """
            event-bus/{Name} | event-bus/{EventBusName=default}
                CreateEventBus DeleteEventBus DescribeEventBus UpdateEventBus
            arn:aws:events:{region}::event-source/{Name}
                ActivateEventSource DeactivateEventSource DescribeEventSource CreatePartnerEventSource
                DeletePartnerEventSource DescribePartnerEventSource
            arn:aws:events:{region}::event-source/{EventSourceName}
                ListPartnerEventSourceAccounts
            archive/{ArchiveName}
                DescribeArchive UpdateArchive DeleteArchive
            archive/{ArchiveName} & {EventSourceArn}
                CreateArchive
            replay/{ReplayName}
                DescribeReplay CancelReplay
            replay/{ReplayName} & {EventSourceArn} & {Destination.Arn}
                StartReplay
            connection/{Name}
                CreateConnection UpdateConnection DescribeConnection DeleteConnection DeauthorizeConnection
            api-destination/{Name} & {ConnectionArn}
                CreateApiDestination
            api-destination/{Name}
                DescribeApiDestination UpdateApiDestination DeleteApiDestination
            endpoint/{Name}
                CreateEndpoint UpdateEndpoint DescribeEndpoint DeleteEndpoint
            {ResourceARN}
                TagResource UntagResource ListTagsForResource
            *
                ListRules ListRuleNamesByTarget ListEventBuses ListArchives ListConnections ListApiDestinations ListReplays
                ListEndpoints ListEventSources ListPartnerEventSources PutPartnerEvents PutPermission RemovePermission
                TestEventPattern
        """),
        **each(rule_arn, _RULE),
        "PutEvents": _put_events,
        # No operation of the API's: what EventBridge does with the role of a rule's target.
        "InvokeApiDestination": Row(_destination),
    },
    keys=Keys({
        "events:creatorAccount": key(Type.STRING, f"{_RULE} {_TAGS}", _creator),
        # Rules that AWS services manage do not exist here: the key is known to be absent.
        "events:ManagedBy": key(Type.STRING, _RULE, lambda _operation, _facts: None),
        "events:TargetArn": key(Type.ARNS, "PutTargets", "Targets.Arn"),
        "events:EventBusArn": key(Type.ARNS, "CreateEndpoint UpdateEndpoint", "EventBuses.EventBusArn"),
        "events:eventBusInvocation": key(Type.STRING, "PutEvents", lambda _operation, _facts: "false"),
        # Filled by entry for PutEvents.
        "events:source": key(Type.STRINGS, "PutRule", _pattern("source")),
        "events:detail-type": key(Type.STRINGS, "PutRule", _pattern("detail-type")),
        "events:detail.eventTypeCode": key(Type.STRING, "PutRule", _pattern("detail.eventTypeCode")),
        "events:detail.service": key(Type.STRING, "PutRule", _pattern("detail.service")),
        "events:detail.userIdentity.principalId": key(Type.STRING, "PutRule", _pattern("detail.userIdentity.principalId")),
    }),
    also=also({"TagResource": "Tags"}, "PutRule CreateEventBus"),
    passes={
        "PutRule": {"RoleArn": _SERVICE},
        "PutTargets": {"Targets.RoleArn": _SERVICE},
        "CreateEndpoint": {"RoleArn": _SERVICE},
        "UpdateEndpoint": {"RoleArn": _SERVICE},
    },
    names_only=True,
)  # fmt: skip
