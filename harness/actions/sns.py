"""SNS: the topic, from its ARN or its name.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
"""

from collections.abc import Sequence

from harness.actions.keys import Keys, Type, key
from harness.actions.operation import Call, Facts, Operation
from harness.actions.service import Service, each, pass_role, rows

_SERVICE = "sns.amazonaws.com"
_FEEDBACK = tuple(f"{outcome}FeedbackRoleArn" for outcome in ("Success", "Failure"))
_TOPIC_FEEDBACK = tuple(
    f"{target}{name}" for target in ("Application", "HTTP", "Lambda", "SQS", "Firehose") for name in _FEEDBACK
)


def _confirmed(operation: Operation, facts: Facts) -> str | None:
    """The topic of the subscription that waits for the token: LocalStack asks for no other, whichever topic the request names."""
    return facts.arn("subscription-token", str(operation.params.get("Token") or "")) or operation.params.get("TopicArn")


def _published(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """To a topic, an endpoint or a telephone, whose number it is. AWS takes one of them, LocalStack several: each is asked for.

    https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
    OBSERVED: https://github.com/Miserlou/Zappa/issues/1941 for the number: no ARN in a policy matches it.
    """
    found = [operation.params[name] for name in ("TopicArn", "TargetArn") if operation.params.get(name)]
    if number := str(operation.params.get("PhoneNumber") or ""):
        found.append(None if number.startswith("arn:") else number)
    found = found or [None]
    return [service.call(operation, facts, operation.name, resource) for resource in dict.fromkeys(found)]


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
                Subscribe PublishBatch=Publish
            {ResourceArn}
                GetDataProtectionPolicy PutDataProtectionPolicy TagResource UntagResource ListTagsForResource
            arn:aws:sns:{region}:{account}:{Name}
                CreateTopic
            *
                ListTopics ListSubscriptions ListPlatformApplications CheckIfPhoneNumberIsOptedOut CreatePlatformApplication
                CreatePlatformEndpoint CreateSMSSandboxPhoneNumber DeleteEndpoint DeletePlatformApplication
                DeleteSMSSandboxPhoneNumber GetEndpointAttributes GetPlatformApplicationAttributes GetSMSAttributes
                GetSMSSandboxAccountStatus GetSubscriptionAttributes ListEndpointsByPlatformApplication
                ListOriginationNumbers ListPhoneNumbersOptedOut ListSMSSandboxPhoneNumbers OptInPhoneNumber
                SetEndpointAttributes SetPlatformApplicationAttributes SetSMSAttributes Unsubscribe
                VerifySMSSandboxPhoneNumber
        """),
        **each(_confirmed, "ConfirmSubscription"),
        "Publish": _published,
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
