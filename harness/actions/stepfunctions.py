"""Step Functions: state machines, their versions and aliases, executions, activities.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
https://docs.aws.amazon.com/step-functions/latest/dg/auth-version-alias.html
"""

from collections.abc import Sequence

from harness.actions.keys import UNREAD, Keys, KeyValue, Type, key
from harness.actions.operation import Call, Facts, Operation
from harness.actions.params import dig
from harness.actions.service import Rule, Service, also, rows

_QUALIFIED = """
    StartExecution StartSyncExecution DescribeStateMachine ListExecutions DescribeStateMachineAlias UpdateStateMachineAlias
    DeleteStateMachineAlias ListStateMachineAliases DeleteStateMachineVersion
"""
_ON_MACHINES = """
    StartExecution StartSyncExecution DescribeStateMachine UpdateStateMachine DeleteStateMachine ListStateMachineAliases
    ListStateMachineVersions PublishStateMachineVersion DeleteStateMachineVersion DescribeStateMachineAlias
    DeleteStateMachineAlias
"""
_PLAIN = 7  # arn:aws:states:region:account:stateMachine:name


_NAMES = ("stateMachineArn", "stateMachineVersionArn", "stateMachineAliasArn")
_ROUTED = "routingConfiguration.stateMachineVersionArn"


def _parts(arn: str) -> Sequence[str]:
    """LocalStack takes what stands behind `#` for the name of a test case."""
    return arn.partition("#")[0].split(":")


def machine_arn(arn: str) -> str:
    """The state machine's own ARN, without version or alias: what actions on them are decided on."""
    return ":".join(_parts(arn)[:_PLAIN])


def _on(*paths: str) -> Rule:
    """All state machines that these parameters name.

    An alias routes to versions, and who starts it starts them: LocalStack takes those of any machine, so each of them is asked for.
    https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateStateMachineAlias.html
    """

    def machines(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
        bases = dict.fromkeys(machine_arn(str(arn)) for path in paths for arn in dig(operation.params, path))
        return [service.call(operation, facts, operation.name, base) for base in bases]

    return machines


_machine = _on(*_NAMES)


def _listed(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """AWS takes a state machine or a map run; LocalStack lists the machine's whatever stands beside it.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html
    """
    runs = [str(arn) for arn in dig(operation.params, "mapRunArn")]
    return [
        *_machine(service, operation, facts),
        *(service.call(operation, facts, operation.name, arn) for arn in runs),
    ]


def _answered(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """What waits for the answer: the activity of an activity's task, the state machine of a callback; nothing for an unknown token.

    The reference lists no resource for it.
    OBSERVED: https://github.com/aws/aws-cdk/pull/8486, https://github.com/NOAA-OWP/hydrovis/issues/837
    """
    waiting = facts.task_resources(str(operation.params.get("taskToken") or "")) or ["*"]
    return [service.call(operation, facts, operation.name, resource) for resource in waiting]


def _qualifier(operation: Operation, _facts: Facts) -> KeyValue:
    """The version or alias that the request names."""
    for name in _NAMES:
        parts = _parts(str(operation.params.get(name) or ""))
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
                ListStateMachines ListActivities TestState ValidateStateMachineDefinition
        """),
        **dict.fromkeys(_ON_MACHINES.split(), _machine),
        "CreateStateMachineAlias": _on(_ROUTED),
        "UpdateStateMachineAlias": _on("stateMachineAliasArn", _ROUTED),
        "ListExecutions": _listed,
        **dict.fromkeys(("SendTaskFailure", "SendTaskHeartbeat", "SendTaskSuccess"), _answered),
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
        # https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html (revealSecrets)
        "TestState": {"RevealSecrets": "revealSecrets"},
    } | also({"TagResource": "tags"}, "CreateActivity"),
    passes={
        "CreateStateMachine": {"roleArn": _SERVICE},
        "UpdateStateMachine": {"roleArn": _SERVICE},
        "TestState": {"roleArn": _SERVICE},
    },
)  # fmt: skip
