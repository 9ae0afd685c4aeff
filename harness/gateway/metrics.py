"""What services count in CloudWatch when a call of theirs fails, and LocalStack does not count."""

from localstack.aws.connect import connect_to


def count(region: str, namespace: str, metric: str, **dimension: str) -> None:
    """One more of `metric`, for the resource that `dimension` names, in the account of this instance."""
    data = {
        "MetricName": metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimension.items()],
        "Value": 1,
        "Unit": "Count",
    }
    connect_to(region_name=region).cloudwatch.put_metric_data(Namespace=namespace, MetricData=[data])
