"""SNS: the topic, from its ARN or its name.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
"""

from harness.actions.operation import Facts, Operation
from harness.actions.row import Row, Rule, no_resource, parameter, string

KEYS = frozenset({"sns:endpoint", "sns:protocol"})

_TOPIC = (
    "GetTopicAttributes", "SetTopicAttributes", "DeleteTopic", "ListSubscriptionsByTopic", "AddPermission", "RemovePermission",
    "ConfirmSubscription", "GetDataProtectionPolicy", "PutDataProtectionPolicy",
)  # fmt: skip
_NO_RESOURCE = ("ListTopics", "ListSubscriptions", "ListPlatformApplications")
_TAGS = ("TagResource", "UntagResource", "ListTagsForResource")


def _published(operation: Operation, _facts: Facts) -> str | None:
    """Publish goes to a topic or to a target; a message to a phone number has no resource of ours."""
    found: str | None = operation.params.get("TopicArn") or operation.params.get("TargetArn")
    return found


def _created(operation: Operation, _facts: Facts) -> str:
    return f"arn:aws:sns:{operation.region}:{operation.account}:{operation.params.get('Name', '')}"


ROWS: dict[str, Row | Rule] = {
    **{name: Row(parameter("TopicArn")) for name in _TOPIC},
    **{name: Row(no_resource) for name in _NO_RESOURCE},
    **{name: Row(parameter("ResourceArn")) for name in _TAGS},
    "CreateTopic": Row(_created),
    "Publish": Row(_published),
    "PublishBatch": Row(_published, "sns:Publish"),
    "Subscribe": Row(
        parameter("TopicArn"), keys={"sns:Endpoint": string("Endpoint"), "sns:Protocol": string("Protocol")}
    ),
}
