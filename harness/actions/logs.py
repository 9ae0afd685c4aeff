"""CloudWatch Logs.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
OBSERVED: AWS names a log group in refusals as `...:log-group:NAME:log-stream:STREAM`, with an empty stream where the operation
is about the group; a policy's `log-group:NAME:*` matches both.
"""

from collections.abc import Sequence

from harness.actions.keys import Keys, Type, key
from harness.actions.operation import Call, Facts, Operation
from harness.actions.params import dig
from harness.actions.reasons import because
from harness.actions.service import Service, also, each, rows

_GROUP = """
    CreateLogStream DeleteLogStream PutLogEvents GetLogEvents
    CreateLogGroup DeleteLogGroup DescribeLogStreams PutRetentionPolicy DeleteRetentionPolicy
    DeleteSubscriptionFilter DescribeSubscriptionFilters PutMetricFilter DeleteMetricFilter GetLogGroupFields
    DescribeLogGroups DescribeMetricFilters PutDataProtectionPolicy GetDataProtectionPolicy DeleteDataProtectionPolicy
    CreateExportTask DeleteTransformer GetTransformer PutTransformer ListTagsLogGroup TagLogGroup UntagLogGroup
    PutLogGroupDeletionProtection PutBearerTokenAuthentication FilterLogEvents
"""


def group_arn(operation: Operation, group: str, stream: str = "") -> str:
    """The group, given by name or by ARN, in the form in which AWS decides on it."""
    if group.startswith("arn:"):
        return f"{group.removesuffix(':*')}:log-stream:{stream}"
    return f"arn:aws:logs:{operation.region}:{operation.account}:log-group:{group}:log-stream:{stream}"


def _stream(operation: Operation, _facts: Facts) -> str | None:
    """The group by its name or its identifier; a request that gives both is refused by AWS, and is decided on neither."""
    name, identifier = operation.params.get("logGroupName"), operation.params.get("logGroupIdentifier")
    if name and identifier:
        return None
    group = name or identifier or ""
    return group_arn(operation, group, operation.params.get("logStreamName") or "")


def _tagged(operation: Operation, _facts: Facts) -> str | None:
    arn = operation.params.get("resourceArn")
    return arn.removesuffix(":*") if isinstance(arn, str) else None


def _keyed(operation: Operation, facts: Facts) -> str | None:
    """A key is given to a log group, or to all query results of the account, which are no resource."""
    if operation.params.get("logGroupName"):
        return _stream(operation, facts)
    arn = str(operation.params.get("resourceIdentifier") or "")
    return group_arn(operation, arn) if ":log-group:" in arn else None


def _several(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """Queries and live tails: every group they read."""
    paths = ("logGroupName", "logGroupNames", "logGroupIdentifiers", "logGroupArnList")
    groups = [str(group) for path in paths for group in dig(operation.params, path)]
    return [service.call(operation, facts, operation.name, group_arn(operation, group)) for group in groups]


def _subscribe(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """The group, and a destination of Logs where the filter sends to one."""
    target = str(operation.params.get("destinationArn") or "")
    resources = [_stream(operation, facts)] + ([target] if target.startswith("arn:aws:logs:") else [])
    return [service.call(operation, facts, operation.name, resource) for resource in resources]


_SERVICE = "logs.amazonaws.com"

SERVICE = Service(
    prefix="logs",
    rows={
        **rows("arn:aws:logs:{region}:{account}:", """
            destination:{destinationName}
                PutDestination DeleteDestination PutDestinationPolicy
            delivery-source:{name}
                GetDeliverySource PutDeliverySource
            delivery-destination:{name}
                GetDeliveryDestination PutDeliveryDestination DeleteDeliveryDestination
            delivery-destination:{deliveryDestinationName}
                PutDeliveryDestinationPolicy GetDeliveryDestinationPolicy DeleteDeliveryDestinationPolicy
            delivery-source:{deliverySourceName} & {deliveryDestinationArn}
                CreateDelivery
            delivery:{id}
                GetDelivery DeleteDelivery UpdateDeliveryConfiguration
            {anomalyDetectorArn}
                GetLogAnomalyDetector UpdateLogAnomalyDetector DeleteLogAnomalyDetector UpdateAnomaly
            {anomalyDetectorArn} | *
                ListAnomalies
            lookup-table:{lookupTableName}
                CreateLookupTable
            {lookupTableArn}
                GetLookupTable UpdateLookupTable DeleteLookupTable
            scheduled-query:{name}
                CreateScheduledQuery
            scheduled-query:{identifier}
                GetScheduledQuery GetScheduledQueryHistory UpdateScheduledQuery DeleteScheduledQuery
            *
                AssociateSourceToS3TableIntegration DisassociateSourceFromS3TableIntegration ListSourcesForS3TableIntegration
                CancelExportTask CancelImportTask CreateImportTask DescribeImportTasks DescribeImportTaskBatches
                DeleteAccountPolicy PutAccountPolicy DescribeAccountPolicies DeleteIndexPolicy PutIndexPolicy
                DescribeIndexPolicies DescribeFieldIndexes DeleteIntegration GetIntegration ListIntegrations PutIntegration
                DeleteQueryDefinition PutQueryDefinition DescribeQueryDefinitions DescribeQueries StopQuery
                ListLogGroupsForQuery DeleteResourcePolicy PutResourcePolicy DescribeResourcePolicies
                DescribeConfigurationTemplates DescribeDeliveries DescribeDeliveryDestinations DescribeDeliverySources
                DescribeDestinations DescribeExportTasks DescribeLookupTables GetLogFields ListAggregateLogGroupSummaries
                ListLogGroups ListScheduledQueries ListLogAnomalyDetectors TestMetricFilter TestTransformer
        """),
        **each(_stream, _GROUP),
        **each(_tagged, "TagResource UntagResource ListTagsForResource"),
        **each(_keyed, "AssociateKmsKey DisassociateKmsKey"),
        "StartQuery": _several,
        "StartLiveTail": _several,
        "CreateLogAnomalyDetector": _several,
        "PutSubscriptionFilter": _subscribe,
    },
    keys=Keys({
        "logs:DeliveryDestinationResourceArn": key(
            Type.ARN, "PutDeliveryDestination", "deliveryDestinationConfiguration.destinationResourceArn"
        ),
        "logs:LogGeneratingResourceArns": key(Type.ARNS, "PutDeliverySource", "resourceArn"),
    }),
    also=also({"TagResource": "tags"}, """
        CreateLogGroup PutDestination PutDeliverySource PutDeliveryDestination CreateDelivery CreateLogAnomalyDetector
        CreateLookupTable CreateScheduledQuery
    """),
    passes={
        "PutSubscriptionFilter": {"roleArn": _SERVICE},
        "PutDestination": {"roleArn": _SERVICE},
        "CreateScheduledQuery": {"executionRoleArn": _SERVICE},
        "UpdateScheduledQuery": {"executionRoleArn": _SERVICE},
        "CreateImportTask": {"importRoleArn": _SERVICE},
    },
    unmodelled=because(
        NOT_TOLD="GetLogRecord GetQueryResults DeleteDeliverySource",
        NO_ACTION="GetLogObject",
    ),
    names_only=True,
)  # fmt: skip
