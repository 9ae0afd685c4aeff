"""Kinesis Data Streams: the stream by name or ARN, or one of its consumers.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonkinesis.html
"""

from harness.actions.service import Service, also, rows

SERVICE = Service(
    prefix="kinesis",
    rows=rows("arn:aws:kinesis:{region}:{account}:", """
        {StreamARN} | stream/{StreamName}
            AddTagsToStream CreateStream DecreaseStreamRetentionPeriod DeleteStream DescribeStream DescribeStreamSummary
            GetShardIterator IncreaseStreamRetentionPeriod ListShards ListTagsForStream MergeShards PutRecord PutRecords
            RemoveTagsFromStream SplitShard UpdateStreamWarmThroughput StartStreamEncryption StopStreamEncryption
        {StreamARN}
            GetRecords ListStreamConsumers RegisterStreamConsumer UpdateMaxRecordSize
        {ConsumerARN}
            DeregisterStreamConsumer DescribeStreamConsumer SubscribeToShard
        {ResourceARN}
            GetResourcePolicy PutResourcePolicy DeleteResourcePolicy TagResource UntagResource ListTagsForResource
        *
            ListStreams DescribeLimits DescribeAccountSettings UpdateAccountSettings EnableEnhancedMonitoring
            DisableEnhancedMonitoring UpdateShardCount UpdateStreamMode
    """),
    also=also({"TagResource": "Tags"}, "RegisterStreamConsumer") | also({"AddTagsToStream": "Tags"}, "CreateStream"),
    names_only=True,
)  # fmt: skip
