"""Dead letters: how a service writes beside a message why it was not delivered.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html and
https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
"""

from collections.abc import Mapping


def attributes(values: Mapping[str, object]) -> dict[str, dict[str, str]]:
    """The attributes of an SQS message, all of them texts."""
    return {name: {"DataType": "String", "StringValue": str(value)} for name, value in values.items()}
