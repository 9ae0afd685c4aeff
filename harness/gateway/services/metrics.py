"""What services count in CloudWatch when a call of theirs fails, and LocalStack does not count."""

import logging

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.connect import connect_to

LOG = logging.getLogger(__name__)


def count(region: str, namespace: str, metric: str, **dimension: str) -> None:
    """One more of `metric`, for the resource that `dimension` names, in the account of this instance."""
    data = {
        "MetricName": metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimension.items()],
        "Value": 1,
        "Unit": "Count",
    }
    try:
        connect_to(region_name=region).cloudwatch.put_metric_data(Namespace=namespace, MetricData=[data])
    except (BotoCoreError, ClientError) as error:  # a count that fails keeps no letter from its queue
        LOG.warning("%s %s is not counted: %s", namespace, metric, error)
