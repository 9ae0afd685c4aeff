"""Kinesis Data Streams: the stream by name or ARN, or one of its consumers.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonkinesis.html
"""

import base64

from harness.actions.operation import Facts, Operation
from harness.actions.service import Service, also, each, rows


def iterated(iterator: str) -> str | None:
    """The name of the stream that a shard iterator is of: moto's holds it in clear. None for what is no iterator."""
    try:
        name, shard, _ = base64.b64decode(iterator).decode().split(":")
    except ValueError:
        return None
    return name if name and shard else None


def stream_arn(operation: Operation, _facts: Facts) -> str | None:
    """The stream by its ARN, its name or an iterator of it; the gate refuses a request in which they differ."""
    params = operation.params
    if arn := params.get("StreamARN"):
        return str(arn)
    name = params.get("StreamName") or iterated(str(params.get("ShardIterator") or ""))
    return f"arn:aws:kinesis:{operation.region}:{operation.account}:stream/{name}" if name else None


SERVICE = Service(
    prefix="kinesis",
    rows={**rows("arn:aws:kinesis:{region}:{account}:", """
        {StreamARN} | stream/{StreamName}
            AddTagsToStream CreateStream DecreaseStreamRetentionPeriod DeleteStream DescribeStream DescribeStreamSummary
            GetShardIterator IncreaseStreamRetentionPeriod ListShards ListTagsForStream MergeShards PutRecord PutRecords
            RemoveTagsFromStream SplitShard UpdateStreamWarmThroughput StartStreamEncryption StopStreamEncryption
        {StreamARN}
            ListStreamConsumers RegisterStreamConsumer UpdateMaxRecordSize
        {ConsumerARN}
            DeregisterStreamConsumer DescribeStreamConsumer SubscribeToShard
        {ResourceARN}
            GetResourcePolicy PutResourcePolicy DeleteResourcePolicy TagResource UntagResource ListTagsForResource
        *
            ListStreams DescribeLimits DescribeAccountSettings UpdateAccountSettings EnableEnhancedMonitoring
            DisableEnhancedMonitoring UpdateShardCount UpdateStreamMode
    """), **each(stream_arn, "GetRecords")},
    also=also({"TagResource": "Tags"}, "RegisterStreamConsumer") | also({"AddTagsToStream": "Tags"}, "CreateStream"),
    names_only=True,
)  # fmt: skip
