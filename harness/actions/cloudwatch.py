"""CloudWatch: alarms, dashboards, insight rules and streams by name; metrics have no resources.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
"""

from collections.abc import Sequence

from harness.actions.keys import UNREAD, Keys, Type, key, listed
from harness.actions.operation import Call, Facts, Operation
from harness.actions.params import dig
from harness.actions.reasons import because
from harness.actions.service import Service, also, rows

_SELECTORS = ("AlarmNamePrefix", "ActionPrefix", "ChildrenOfAlarmName", "ParentsOfAlarmName")


def _alarms(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """The alarms that are named; whatever selects others, beside names, too, selects among all."""
    selects = any(operation.params.get(name) for name in _SELECTORS)
    names = () if selects else dig(operation.params, "AlarmNames")
    place = f"arn:aws:cloudwatch:{operation.region}:{operation.account}:alarm"
    return [service.call(operation, facts, operation.name, f"{place}:{name}") for name in names or ("*",)]


SERVICE = Service(
    prefix="cloudwatch",
    rows={**rows("arn:aws:cloudwatch:{region}:{account}:", """
        alarm:{AlarmNames}
            DeleteAlarms DisableAlarmActions EnableAlarmActions
        alarm:{AlarmName} | alarm:*
            DescribeAlarmHistory
        alarm:{AlarmName}
            PutCompositeAlarm PutMetricAlarm SetAlarmState
        alarm-mute-rule:{Name}
            PutAlarmMuteRule
        alarm-mute-rule:{AlarmMuteRuleName}
            DeleteAlarmMuteRule GetAlarmMuteRule
        alarm-mute-rule:*
            ListAlarmMuteRules
        arn:aws:cloudwatch::{account}:dashboard/{DashboardNames}
            DeleteDashboards
        arn:aws:cloudwatch::{account}:dashboard/{DashboardName}
            GetDashboard PutDashboard
        insight-rule/{RuleNames}
            DeleteInsightRules DisableInsightRules EnableInsightRules
        insight-rule/{RuleName}
            GetInsightRuleReport PutInsightRule
        metric-stream/{Name}
            DeleteMetricStream GetMetricStream PutMetricStream
        metric-stream/{Names}
            StartMetricStreams StopMetricStreams
        {ResourceARN}
            TagResource UntagResource ListTagsForResource
        *
            PutMetricData GetMetricData GetMetricStatistics GetMetricWidgetImage ListMetrics ListDashboards ListMetricStreams
            DescribeAlarmsForMetric DescribeInsightRules PutAnomalyDetector DeleteAnomalyDetector DescribeAnomalyDetectors
            ListManagedInsightRules PutManagedInsightRules
    """), "DescribeAlarms": _alarms},
    keys=Keys({
        "cloudwatch:namespace": key(Type.STRING, "PutMetricData", "Namespace"),
        "cloudwatch:AlarmActions": key(
            Type.STRINGS,
            "PutMetricAlarm PutCompositeAlarm",
            listed("AlarmActions", "OKActions", "InsufficientDataActions"),
        ),
        # They stand in the rule's definition, a document of its own.
        "cloudwatch:requestInsightRuleLogGroups": key(Type.STRINGS, "PutInsightRule", UNREAD),
        "cloudwatch:requestManagedResourceARNs": (
            key(Type.ARNS, "PutManagedInsightRules", "ManagedRules.ResourceARN"),
            key(Type.ARNS, "ListManagedInsightRules", "ResourceARN"),
        ),
    }),
    also=also(
        {"TagResource": "Tags"},
        "PutCompositeAlarm PutMetricAlarm PutAlarmMuteRule PutInsightRule",
    ),
    passes={"PutMetricStream": {"RoleArn": "streams.metrics.cloudwatch.amazonaws.com"}},
    unmodelled=because(NO_ACTION="DescribeAlarmContributors"),
)  # fmt: skip
