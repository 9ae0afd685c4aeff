"""CloudFormation: stacks, whose ARNs end with an id that only the account knows.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html
OBSERVED: a stack that does not exist, or is to be created, is `stack/NAME/*` in refusals, an existing one has its id
(https://github.com/aws-samples/aws-hpc-tutorials/issues/271, https://github.com/runs-on/runs-on/issues/27); all stacks are
`stack/*/*` (https://github.com/jogold/cloudstructs/issues/215).
"""

from collections.abc import Sequence

from harness.actions.keys import UNREAD, Keys, Type, key
from harness.actions.operation import Call, Facts, Operation
from harness.actions.reasons import because
from harness.actions.service import Service, each, rows

_STACK = """
    CancelUpdateStack ContinueUpdateRollback CreateChangeSet CreateStack DeleteStack DescribeStackEvents DescribeStackResource
    DescribeStackResourceDrifts DetectStackDrift DetectStackResourceDrift GetStackPolicy ListChangeSets ListStackResources
    RollbackStack SetStackPolicy SignalResource UpdateStack UpdateTerminationProtection
"""
_CHANGE_SET = "DeleteChangeSet DescribeChangeSet DescribeChangeSetHooks ExecuteChangeSet GetTemplate DescribeEvents"
_TEMPLATES = """
    CreateStack UpdateStack CreateChangeSet CreateStackSet UpdateStackSet EstimateTemplateCost GetTemplateSummary ValidateTemplate
"""
_ROLES = "CreateStack UpdateStack DeleteStack RollbackStack ContinueUpdateRollback CreateChangeSet"


def _stack_arn(operation: Operation, facts: Facts, name: str) -> str:
    if name.startswith("arn:"):
        return name
    unknown = f"arn:aws:cloudformation:{operation.region}:{operation.account}:stack/{name}/*"
    return facts.arn("stack", name) or unknown


def _stack(operation: Operation, facts: Facts) -> str | None:
    name = str(operation.params.get("StackName") or "")
    return _stack_arn(operation, facts, name) if name else None


def _stack_or_all(operation: Operation, facts: Facts) -> str | None:
    every = f"arn:aws:cloudformation:{operation.region}:{operation.account}:stack/*/*"
    return _stack(operation, facts) or every


def _of_change_set(operation: Operation, facts: Facts) -> str | None:
    """A change set is decided on its stack: given by ARN it means its own, whatever StackName says beside it."""
    name = str(operation.params.get("ChangeSetName") or "")
    return facts.arn("change-set", name) if name.startswith("arn:") else _stack(operation, facts)


def _summarized(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """AWS takes one of stack, stack set and template; LocalStack reads the stack's, then the one sent: all that are named are asked for.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplateSummary.html
    """
    found = [stack] if (stack := _stack(operation, facts)) else []
    if name := operation.params.get("StackSetName"):
        found.append(f"arn:aws:cloudformation:{operation.region}:{operation.account}:stackset/{name}:*")
    if not found or operation.params.get("TemplateBody") or operation.params.get("TemplateURL"):
        found.append("*")
    return [service.call(operation, facts, operation.name, resource) for resource in found]


SERVICE = Service(
    prefix="cloudformation",
    rows={
        **rows("arn:aws:cloudformation:{region}:{account}:", """
            stackset/{StackSetName}:*
                CreateStackInstances DeleteStackInstances DeleteStackSet DescribeStackInstance DescribeStackSet
                DescribeStackSetOperation DetectStackSetDrift ImportStacksToStackSet ListStackInstanceResourceDrifts
                ListStackInstances ListStackSetAutoDeploymentTargets ListStackSetOperationResults ListStackSetOperations
                StopStackSetOperation UpdateStackInstances UpdateStackSet
            *
                ActivateOrganizationsAccess ActivateType BatchDescribeTypeConfigurations CreateGeneratedTemplate CreateStackSet
                DeactivateOrganizationsAccess DeactivateType DeleteGeneratedTemplate DeregisterType DescribeAccountLimits
                DescribeGeneratedTemplate DescribeOrganizationsAccess DescribePublisher DescribeResourceScan
                DescribeStackDriftDetectionStatus DescribeType DescribeTypeRegistration EstimateTemplateCost
                GetGeneratedTemplate GetHookResult ListExports ListGeneratedTemplates ListImports
                ListResourceScanRelatedResources ListResourceScanResources ListResourceScans ListStackSets
                ListTypeRegistrations ListTypeVersions ListTypes PublishType RegisterPublisher RegisterType
                SetTypeConfiguration SetTypeDefaultVersion StartResourceScan TestType UpdateGeneratedTemplate ValidateTemplate
                ListHookResults
        """),
        **each(_stack, _STACK),
        **each(_of_change_set, _CHANGE_SET),
        **each(_stack_or_all, "DescribeStacks ListStacks DescribeStackResources"),
        "GetTemplateSummary": _summarized,
    },
    keys=Keys({
        "cloudformation:ChangeSetName": (
            key(
                Type.STRING,
                "CreateChangeSet DeleteChangeSet DescribeChangeSet DescribeChangeSetHooks ExecuteChangeSet",
                "ChangeSetName",
            ),
            key(Type.STRING, "ListHookResults", UNREAD),
        ),
        "cloudformation:RoleArn": (
            key(Type.ARN, _ROLES, "RoleARN"),
            key(Type.ARN, "CreateStackSet UpdateStackSet", "AdministrationRoleARN"),
        ),
        "cloudformation:TemplateUrl": key(Type.STRING, _TEMPLATES, "TemplateURL"),
        "cloudformation:StackPolicyUrl": (
            key(Type.STRING, "CreateStack UpdateStack SetStackPolicy", "StackPolicyURL"),
            key(Type.STRING, "CreateChangeSet", UNREAD),
        ),
        "cloudformation:ResourceTypes": key(Type.STRINGS, "CreateStack UpdateStack CreateChangeSet", "ResourceTypes"),
        "cloudformation:ImportResourceTypes": key(Type.STRING, "CreateChangeSet", "ResourcesToImport.ResourceType"),
        "cloudformation:TargetRegion": (
            key(Type.STRINGS, "CreateStackInstances UpdateStackInstances DeleteStackInstances UpdateStackSet", "Regions")
        ),
        "cloudformation:TypeArn": key(Type.ARN, "GetHookResult", UNREAD),
    }),
    passes={
        **{name: {"RoleARN": "cloudformation.amazonaws.com"} for name in _ROLES.split()},
        "CreateStackSet": {"AdministrationRoleARN": "cloudformation.amazonaws.com"},
        "UpdateStackSet": {"AdministrationRoleARN": "cloudformation.amazonaws.com"},
    },
    unmodelled=because(
        NOT_TOLD="CreateStackRefactor DescribeStackRefactor ExecuteStackRefactor ListStackRefactorActions ListStackRefactors "
                 "RecordHandlerProgress"
    ),
)  # fmt: skip
