"""Step Functions: state machines, their versions and aliases, executions, activities.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
https://docs.aws.amazon.com/step-functions/latest/dg/auth-version-alias.html
"""

from collections.abc import Sequence

from harness.actions.keys import UNREAD, Keys, KeyValue, Type, key
from harness.actions.operation import Call, Facts, Operation
from harness.actions.params import dig
from harness.actions.service import Service, also, rows

_QUALIFIED = """
    StartExecution StartSyncExecution DescribeStateMachine ListExecutions DescribeStateMachineAlias UpdateStateMachineAlias
    DeleteStateMachineAlias ListStateMachineAliases DeleteStateMachineVersion
"""
_ON_MACHINES = """
    StartExecution StartSyncExecution DescribeStateMachine UpdateStateMachine DeleteStateMachine ListStateMachineAliases
    ListStateMachineVersions PublishStateMachineVersion DeleteStateMachineVersion DescribeStateMachineAlias
    UpdateStateMachineAlias DeleteStateMachineAlias
"""
_PLAIN = 7  # arn:aws:states:region:account:stateMachine:name


def _base(arn: str) -> str:
    """The state machine's own ARN, without version or alias: what actions on them are decided on."""
    return ":".join(arn.split(":")[:_PLAIN])


def _machine(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    names = ("stateMachineArn", "stateMachineVersionArn", "stateMachineAliasArn")
    found = [_base(str(arn)) for name in names for arn in dig(operation.params, name)]
    return [service.call(operation, facts, operation.name, found[0])] if found else []


def _routed(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """An alias routes to versions; it is created on the machine they belong to."""
    versions = dig(operation.params, "routingConfiguration.stateMachineVersionArn")
    bases = dict.fromkeys(_base(str(arn)) for arn in versions)
    return [service.call(operation, facts, operation.name, base) for base in bases]


def _listed(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    if operation.params.get("mapRunArn"):
        return [service.call(operation, facts, operation.name, operation.params["mapRunArn"])]
    return _machine(service, operation, facts)


def _qualifier(operation: Operation, _facts: Facts) -> KeyValue:
    """The version or alias that the request names."""
    for name in ("stateMachineArn", "stateMachineVersionArn", "stateMachineAliasArn"):
        parts = str(operation.params.get(name) or "").split(":")
        if len(parts) > _PLAIN:
            return (parts[_PLAIN],)
    return None


_SERVICE = "states.amazonaws.com"

SERVICE = Service(
    prefix="states",
    rows={
        **rows("arn:aws:states:{region}:{account}:", """
            stateMachine:{name}
                CreateStateMachine
            activity:{name}
                CreateActivity
            {activityArn}
                DeleteActivity DescribeActivity GetActivityTask
            {executionArn}
                DescribeExecution DescribeStateMachineForExecution GetExecutionHistory ListMapRuns RedriveExecution StopExecution
            {mapRunArn}
                DescribeMapRun UpdateMapRun
            {resourceArn}
                TagResource UntagResource ListTagsForResource
            *
                ListStateMachines ListActivities SendTaskFailure SendTaskHeartbeat SendTaskSuccess TestState
                ValidateStateMachineDefinition
        """),
        **dict.fromkeys(_ON_MACHINES.split(), _machine),
        "CreateStateMachineAlias": _routed,
        "ListExecutions": _listed,
    },
    keys=Keys({
        "states:StateMachineQualifier": (
            key(Type.STRINGS, _QUALIFIED, _qualifier),
            key(Type.STRINGS, "CreateStateMachineAlias", "name"),
        ),
        # Of the tasks that a state machine runs, which are LocalStack's own calls.
        "states:HTTPEndpoint": key(Type.STRING, "InvokeHTTPEndpoint", UNREAD),
        "states:HTTPMethod": key(Type.STRING, "InvokeHTTPEndpoint", UNREAD),
    }),
    also={
        "CreateStateMachine": {"TagResource": "tags", "PublishStateMachineVersion": "publish"},
        "UpdateStateMachine": {"PublishStateMachineVersion": "publish"},
    } | also({"TagResource": "tags"}, "CreateActivity"),
    passes={
        "CreateStateMachine": {"roleArn": _SERVICE},
        "UpdateStateMachine": {"roleArn": _SERVICE},
        "TestState": {"roleArn": _SERVICE},
    },
)  # fmt: skip
