"""SNS: the topic, from its ARN or its name.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
"""

from collections.abc import Sequence

from harness.actions.keys import Keys, Type, key
from harness.actions.operation import Call, Facts, Operation
from harness.actions.service import Service, pass_role, rows

_SERVICE = "sns.amazonaws.com"
_FEEDBACK = tuple(f"{outcome}FeedbackRoleArn" for outcome in ("Success", "Failure"))
_TOPIC_FEEDBACK = tuple(
    f"{target}{name}" for target in ("Application", "HTTP", "Lambda", "SQS", "Firehose") for name in _FEEDBACK
)


def _set_attribute(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """One attribute at a time: some of them hand a role over.

    https://docs.aws.amazon.com/sns/latest/dg/sns-topic-attributes.html
    """
    topic, value = operation.params.get("TopicArn"), operation.params.get("AttributeValue")
    found = [service.call(operation, facts, operation.name, topic)]
    if value and operation.params.get("AttributeName") in _TOPIC_FEEDBACK:
        found.append(pass_role(operation, facts, str(value), _SERVICE, topic))
    return found


def _set_subscription_attribute(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    value = operation.params.get("AttributeValue")
    found = [service.call(operation, facts, operation.name, "*")]
    if value and operation.params.get("AttributeName") == "SubscriptionRoleArn":
        found.append(pass_role(operation, facts, str(value), _SERVICE, operation.params.get("SubscriptionArn")))
    return found


SERVICE = Service(
    prefix="sns",
    rows={
        **rows("arn:aws:sns:{region}:{account}:", """
            {TopicArn}
                GetTopicAttributes DeleteTopic ListSubscriptionsByTopic AddPermission RemovePermission
                ConfirmSubscription Subscribe PublishBatch=Publish
            {ResourceArn}
                GetDataProtectionPolicy PutDataProtectionPolicy TagResource UntagResource ListTagsForResource
            arn:aws:sns:{region}:{account}:{Name}
                CreateTopic
            {TopicArn} | {TargetArn}
                Publish
            *
                ListTopics ListSubscriptions ListPlatformApplications CheckIfPhoneNumberIsOptedOut CreatePlatformApplication
                CreatePlatformEndpoint CreateSMSSandboxPhoneNumber DeleteEndpoint DeletePlatformApplication
                DeleteSMSSandboxPhoneNumber GetEndpointAttributes GetPlatformApplicationAttributes GetSMSAttributes
                GetSMSSandboxAccountStatus GetSubscriptionAttributes ListEndpointsByPlatformApplication
                ListOriginationNumbers ListPhoneNumbersOptedOut ListSMSSandboxPhoneNumbers OptInPhoneNumber
                SetEndpointAttributes SetPlatformApplicationAttributes SetSMSAttributes Unsubscribe
                VerifySMSSandboxPhoneNumber
        """),
        "SetTopicAttributes": _set_attribute,
        "SetSubscriptionAttributes": _set_subscription_attribute,
    },
    keys=Keys({
        "sns:Endpoint": key(Type.STRING, "Subscribe", "Endpoint"),
        "sns:Protocol": key(Type.STRING, "Subscribe", "Protocol"),
    }),
    also={"CreateTopic": {"TagResource": "Tags", "PutDataProtectionPolicy": "DataProtectionPolicy"}},
    passes={
        "CreateTopic": {f"Attributes.{name}": _SERVICE for name in _TOPIC_FEEDBACK},
        "CreatePlatformApplication": {f"Attributes.{name}": _SERVICE for name in _FEEDBACK},
        "SetPlatformApplicationAttributes": {f"Attributes.{name}": _SERVICE for name in _FEEDBACK},
        "Subscribe": {"Attributes.SubscriptionRoleArn": _SERVICE},
    },
)  # fmt: skip
