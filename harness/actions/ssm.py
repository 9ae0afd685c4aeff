"""Systems Manager: parameters by path, documents by name, and the rest by their ids.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html
"""

from collections.abc import Sequence

from harness.actions.keys import UNREAD, Keys, Type, key, truth
from harness.actions.operation import Call, Facts, Operation
from harness.actions.params import dig
from harness.actions.reasons import because
from harness.actions.service import Service, also, each, rows

_PARAMETERS = """
    PutParameter GetParameter GetParameters GetParameterHistory DeleteParameter DeleteParameters
    LabelParameterVersion UnlabelParameterVersion
"""
_DOCUMENTS = """
    DeleteDocument DescribeDocument DescribeDocumentPermission GetDocument ListDocumentMetadataHistory
    ListDocumentVersions ModifyDocumentPermission UpdateDocument UpdateDocumentDefaultVersion UpdateDocumentMetadata
"""
_ON_DOCUMENTS = """
    SendCommand GetCalendarState AddTagsToResource RemoveTagsFromResource ListTagsForResource GetResourcePolicies
    PutResourcePolicy DeleteResourcePolicy
"""
SECRETS = "/aws/reference/secretsmanager/"
# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_AddTagsToResource.html
_TAGGED = {
    "Document": "document",
    "ManagedInstance": "managed-instance",
    "MaintenanceWindow": "maintenancewindow",
    "Parameter": "parameter",
    "PatchBaseline": "patchbaseline",
    "OpsItem": "opsitem",
    "Automation": "automation-execution",
    "Association": "association",
}


def parameter_arn(operation: Operation, name: str) -> str:
    """The parameter that a name, a path or an ARN means; `name:3` and `name:label` select of the same parameter.

    LocalStack takes a name with slashes at either end for the name without, and so it is decided.
    """
    if name.startswith("arn:"):
        return ":".join(name.split(":")[:6]).rstrip("/")
    plain = name.split(":", 1)[0].strip("/")
    return f"arn:aws:ssm:{operation.region}:{operation.account}:parameter/{plain}"


def _path_arn(operation: Operation) -> str:
    """A path, which keeps the slash at its end: to read below it, a policy has to match as much of it as the request wrote.

    Whoever may read at a path may read all levels of it, whatever is said of what lies below:
    https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html
    OBSERVED: https://github.com/aws-ia/terraform-aws-control_tower_account_factory/issues/174
    """
    path = str(operation.params.get("Path") or "").removeprefix("/")
    return f"arn:aws:ssm:{operation.region}:{operation.account}:parameter/{path}"


def _below(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """What lies below a path; a path that could be a reference to a secret is decided as one."""
    path = str(operation.params.get("Path") or "")
    found = [service.call(operation, facts, operation.name, _path_arn(operation))]
    return [*found, *(_secret(secret, facts) for secret in [secret_in(path)] if secret is not None)]


def _parameters(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """Every parameter that the request names."""
    names = [str(name) for path in ("Name", "Names") for name in dig(operation.params, path)]
    found = [service.call(operation, facts, operation.name, parameter_arn(operation, name)) for name in names]
    return [*found, *(_secret(secret, facts) for name in names if (secret := secret_in(name)) is not None)]


def secret_in(name: str) -> str | None:
    """The secret that a parameter refers to, None where it refers to none.

    AWS's references begin with `/aws/reference/secretsmanager/`; LocalStack reads a secret for whatever has that word as its third
    part, also in an ARN, and so it is decided. `NAME:VERSION` and `NAME:STAGE` select of the same secret.
    """
    path = name.split(":parameter", 1)[-1] if name.startswith("arn:") else name
    parts = path.strip("/").split("/", 3)
    if len(parts) < 4 or parts[2] != "secretsmanager":  # noqa: PLR2004 - the parts of a reference
        return None
    return parts[3].partition(":")[0]


def _secret(name: str, facts: Facts) -> Call:
    """A parameter that refers to a secret is read by whom may read the secret.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/integration-ps-secretsmanager.html
    """
    return Call("secretsmanager:GetSecretValue", facts.arn("secret", name))


def _tagged(operation: Operation, facts: Facts) -> str | None:
    kind = _TAGGED.get(str(operation.params.get("ResourceType") or ""))
    name = str(operation.params.get("ResourceId") or "")
    if kind is None or not name:
        return None
    if kind == "parameter":
        return parameter_arn(operation, name)
    if kind == "document":
        return _document_arn(operation, name, facts)
    return f"arn:aws:ssm:{operation.region}:{operation.account}:{kind}/{name}"


# The names that are AWS's own: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateDocument.html
_OF_AWS = ("AWS", "Amazon")


def _document_arn(operation: Operation, named: str, facts: Facts) -> str:
    """The document of a name or an ARN; AWS's own are in no account, unless LocalStack let the account make one of that name.

    OBSERVED: https://github.com/peterkimzz/aws-ssm-send-command/issues/14
    """
    base = f"arn:aws:ssm:{operation.region}:"
    name = named.removeprefix(f"{base}{operation.account}:document/").removeprefix(f"{base}:document/")
    if name.startswith("arn:"):
        return named
    account = "" if name.startswith(_OF_AWS) and facts.arn("document", name) is None else operation.account
    return f"{base}{account}:document/{name}"


def _document(operation: Operation, facts: Facts) -> str | None:
    name = str(operation.params.get("Name") or "")
    return _document_arn(operation, name, facts) if name else None


def _instance(operation: Operation, identifier: str) -> str:
    """`mi-` are managed instances, the others are EC2's."""
    if identifier.startswith("mi-"):
        return f"arn:aws:ssm:{operation.region}:{operation.account}:managed-instance/{identifier}"
    return f"arn:aws:ec2:{operation.region}:{operation.account}:instance/{identifier}"


def _send(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """The document, and every instance that it is to run on."""
    resources = [_document_arn(operation, str(operation.params.get("DocumentName") or ""), facts)]
    resources += [_instance(operation, str(one)) for one in dig(operation.params, "InstanceIds")]
    if operation.params.get("Targets"):
        # Tags choose the instances: any of them.
        resources.append(f"arn:aws:ec2:{operation.region}:{operation.account}:instance/*")
    return [service.call(operation, facts, operation.name, resource) for resource in resources]


_SERVICE = "ssm.amazonaws.com"
_TASK_ROLES = ("ServiceRoleArn", "TaskInvocationParameters.RunCommand.ServiceRoleArn")

SERVICE = Service(
    prefix="ssm",
    rows={
        **rows("arn:aws:ssm:{region}:{account}:", """
            document/{CalendarNames}
                GetCalendarState
            maintenancewindow/{WindowId}
                DeleteMaintenanceWindow DescribeMaintenanceWindowExecutions DescribeMaintenanceWindowTargets
                DescribeMaintenanceWindowTasks GetMaintenanceWindow GetMaintenanceWindowTask RegisterTargetWithMaintenanceWindow
                RegisterTaskWithMaintenanceWindow UpdateMaintenanceWindow
            maintenancewindow/{WindowId} & windowtarget/{WindowTargetId}
                DeregisterTargetFromMaintenanceWindow UpdateMaintenanceWindowTarget
            maintenancewindow/{WindowId} & windowtask/{WindowTaskId}
                DeregisterTaskFromMaintenanceWindow UpdateMaintenanceWindowTask
            patchbaseline/{BaselineId}
                DeletePatchBaseline DeregisterPatchBaselineForPatchGroup DescribeEffectivePatchesForPatchBaseline GetPatchBaseline
                RegisterDefaultPatchBaseline RegisterPatchBaselineForPatchGroup UpdatePatchBaseline
            automation-execution/{AutomationExecutionId}
                DescribeAutomationStepExecutions GetAutomationExecution SendAutomationSignal StopAutomationExecution
            association/{AssociationId}
                DescribeAssociationExecutionTargets DescribeAssociationExecutions ListAssociationVersions
            association/{AssociationIds}
                StartAssociationsOnce
            opsitem/{OpsItemId}
                AssociateOpsItemRelatedItem DeleteOpsItem DisassociateOpsItemRelatedItem GetOpsItem UpdateOpsItem
            {OpsMetadataArn}
                DeleteOpsMetadata GetOpsMetadata UpdateOpsMetadata
            resource-data-sync/{SyncName}
                CreateResourceDataSync DeleteResourceDataSync UpdateResourceDataSync
            servicesetting/{SettingId}
                GetServiceSetting ResetServiceSetting UpdateServiceSetting
            session/{SessionId}
                ResumeSession TerminateSession
            managed-instance/{InstanceId}
                DeregisterManagedInstance
            {ResourceArn}
                DeleteResourcePolicy GetResourcePolicies PutResourcePolicy
            *
                CancelCommand CreateActivation CreateMaintenanceWindow CreateOpsItem CreateOpsMetadata CreatePatchBaseline
                DeleteActivation DeleteInventory DescribeActivations DescribeAutomationExecutions DescribeAvailablePatches
                DescribeInstanceInformation DescribeInstancePatchStatesForPatchGroup DescribeInstanceProperties
                DescribeInventoryDeletions DescribeMaintenanceWindowExecutionTaskInvocations
                DescribeMaintenanceWindowExecutionTasks DescribeMaintenanceWindowSchedule DescribeMaintenanceWindows
                DescribeMaintenanceWindowsForTarget DescribeOpsItems DescribeParameters DescribePatchBaselines
                DescribePatchGroupState DescribePatchGroups DescribePatchProperties DescribeSessions GetCommandInvocation
                GetDeployablePatchSnapshotForInstance GetExecutionPreview GetInventory GetInventorySchema
                GetMaintenanceWindowExecution GetMaintenanceWindowExecutionTask GetMaintenanceWindowExecutionTaskInvocation
                GetPatchBaselineForPatchGroup ListAssociations ListCommandInvocations ListCommands ListComplianceItems
                ListComplianceSummaries ListDocuments ListInventoryEntries ListOpsItemEvents ListOpsItemRelatedItems
                ListOpsMetadata ListResourceComplianceSummaries ListResourceDataSync PutInventory StartExecutionPreview
        """),
        **rows("arn:aws:ssm:{region}:{account}:", "document/{Name}\n  CreateDocument"),
        **each(_document, _DOCUMENTS),
        **dict.fromkeys(_PARAMETERS.split(), _parameters),
        "GetParametersByPath": _below,
        **each(_tagged, "AddTagsToResource RemoveTagsFromResource ListTagsForResource"),
        "SendCommand": _send,
    },
    keys=Keys({
        "ssm:Overwrite": key(Type.STRING, "PutParameter", truth("Overwrite")),
        "ssm:Policies": key(Type.STRING, "PutParameter", "Policies"),
        "ssm:Recursive": key(Type.STRING, "GetParametersByPath", truth("Recursive")),
        "ssm:DocumentType": (
            key(Type.STRING, "CreateDocument", "DocumentType"),
            key(Type.STRING, f"{_DOCUMENTS} {_ON_DOCUMENTS}", UNREAD),
        ),
        "ssm:DocumentCategories": key(Type.STRINGS, f"CreateDocument {_DOCUMENTS} {_ON_DOCUMENTS}", UNREAD),
        "ssm:DocumentVersion": key(Type.STRINGS, "StartAutomationExecution StartChangeRequestExecution", UNREAD),
        "ssm:AutoApprove": key(Type.BOOL, "StartChangeRequestExecution", UNREAD),
        "ssm:SyncType": key(
            Type.STRING, "CreateResourceDataSync DeleteResourceDataSync UpdateResourceDataSync ListResourceDataSync", "SyncType"
        ),
        "ssm:InventoryTypeName": key(Type.STRINGS, "PutInventory", "Items.TypeName"),
        "ssm:SourceInstanceARN": key(Type.ARN, "PutComplianceItems UpdateAssociationStatus", UNREAD),
        "ssm:SessionDocumentAccessCheck": key(Type.BOOL, "StartSession", UNREAD),
        "ssm:AccessRequestId": key(Type.STRING, "StartSession", UNREAD),
    }),
    also=also({"AddTagsToResource": "Tags"}, """
        PutParameter CreateDocument CreateMaintenanceWindow CreatePatchBaseline CreateActivation CreateOpsItem CreateOpsMetadata
    """),
    passes={
        "CreateActivation": {"IamRole": _SERVICE},
        "SendCommand": {"ServiceRoleArn": _SERVICE},
        # A command's role sends what SNS is told of it: https://docs.aws.amazon.com/systems-manager/latest/userguide/monitoring-sns-notifications.html
        "RegisterTaskWithMaintenanceWindow": dict.fromkeys(_TASK_ROLES, _SERVICE),
        "UpdateMaintenanceWindowTask": dict.fromkeys(_TASK_ROLES, _SERVICE),
    },
    unmodelled=because(
        NOT_SERVED="""
            CancelMaintenanceWindowExecution CreateAssociation CreateAssociationBatch DeleteAssociation DescribeAssociation
            DescribeEffectiveInstanceAssociations DescribeInstanceAssociationsStatus DescribeInstancePatchStates
            DescribeInstancePatches GetAccessToken GetConnectionStatus GetDefaultPatchBaseline GetOpsSummary ListNodes
            ListNodesSummary PutComplianceItems StartAccessRequest StartAutomationExecution StartChangeRequestExecution
            StartSession UpdateAssociation UpdateAssociationStatus UpdateManagedInstanceRole
        """
    ),
    names_only=True,
)  # fmt: skip
