"""A stream that a request names twice, and iterators, which name one in clear."""

import base64

import pytest
from aws import REGION, A, B, allow, document, refusal, user

BOTH = ("InvalidArgumentException", 400)
RECORD = {"Data": b"x", "PartitionKey": "k"}


@pytest.fixture(scope="module")
def streams(a):
    """The ARNs of an open stream and of a secret one."""
    for name in ("open", "secret"):
        a("kinesis").create_stream(StreamName=name, ShardCount=1)
        a("kinesis").put_record(StreamName=name, **RECORD)
    return [f"arn:aws:kinesis:{REGION}:{A}:stream/{name}" for name in ("open", "secret")]


def iterator(kinesis, **stream):
    where = {"ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    return kinesis.get_shard_iterator(**stream, **where)["ShardIterator"]


def test_one_streams_arn_opens_no_other_by_name(a, streams):
    opened, _ = streams
    kinesis = a("kinesis", **user(a, allow("kinesis:*", opened)))

    assert refusal(kinesis.put_record, StreamName="secret", **RECORD)[0] == "AccessDeniedException"
    assert refusal(kinesis.put_record, StreamARN=opened, StreamName="secret", **RECORD)[:2] == BOTH
    assert refusal(kinesis.describe_stream, StreamARN=opened, StreamName="secret")[:2] == BOTH
    kinesis.put_record(StreamARN=opened, StreamName="open", **RECORD)
    assert kinesis.describe_stream(StreamARN=opened)["StreamDescription"]["StreamARN"] == opened


def test_another_account_opens_no_stream_by_the_name_beside_a_shared_one(a, b, streams):
    opened, _ = streams
    shared = allow("kinesis:PutRecord", opened, Principal={"AWS": f"arn:aws:iam::{B}:root"})
    a("kinesis").put_resource_policy(ResourceARN=opened, Policy=document(shared))

    assert refusal(b("kinesis").put_record, StreamARN=opened, StreamName="secret", **RECORD)[:2] == BOTH
    b("kinesis").put_record(StreamARN=opened, **RECORD)


def test_an_iterator_is_of_the_stream_that_it_names(a, streams):
    opened, secret = streams
    reader = a("kinesis", **user(a, allow("kinesis:*", opened)))
    of_open, of_secret = iterator(reader, StreamARN=opened), iterator(a("kinesis"), StreamARN=secret)
    made_up = base64.b64encode(b"secret:shardId-000000000000:0").decode()

    assert reader.get_records(ShardIterator=of_open)["Records"]
    assert reader.get_records(ShardIterator=iterator(reader, StreamName="open"), StreamARN=opened)["Records"]
    for other in (of_secret, made_up):
        assert refusal(reader.get_records, ShardIterator=other)[0] == "AccessDeniedException"
        assert refusal(reader.get_records, ShardIterator=other, StreamARN=opened)[:2] == BOTH
    assert a("kinesis").get_records(ShardIterator=of_secret)["Records"]


def test_one_consumers_arn_opens_no_other_by_name(a, streams):
    opened, secret = streams
    mine, theirs = (
        a("kinesis").register_stream_consumer(StreamARN=arn, ConsumerName="c")["Consumer"]["ConsumerARN"]
        for arn in streams
    )
    kinesis = a("kinesis", **user(a, allow("kinesis:*", f"{opened}/consumer/c*")))
    other = {"StreamARN": secret, "ConsumerName": "c"}

    assert refusal(kinesis.describe_stream_consumer, ConsumerARN=theirs)[0] == "AccessDeniedException"
    assert refusal(kinesis.describe_stream_consumer, ConsumerARN=mine, **other)[:2] == BOTH
    assert refusal(kinesis.deregister_stream_consumer, ConsumerARN=mine, **other)[:2] == BOTH
    for given in ({}, {"StreamARN": opened}, {"StreamARN": opened, "ConsumerName": "c"}):
        described = kinesis.describe_stream_consumer(ConsumerARN=mine, **given)["ConsumerDescription"]
        assert described["ConsumerARN"] == mine


def test_a_prefix_beside_a_name_selects_among_all_alarms(a):
    alarm = {"MetricName": "m", "Namespace": "n", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1.0}
    for name in ("open", "secret"):
        a("cloudwatch").put_metric_alarm(
            AlarmName=name, ComparisonOperator="GreaterThanThreshold", Statistic="Sum", **alarm
        )
    opened = f"arn:aws:cloudwatch:{REGION}:{A}:alarm:open"
    alarms = a("cloudwatch", **user(a, allow("cloudwatch:DescribeAlarms", opened)))

    found = alarms.describe_alarms(AlarmNames=["open"])["MetricAlarms"]
    assert [one["AlarmName"] for one in found] == ["open"]
    assert refusal(alarms.describe_alarms, AlarmNames=["open"], AlarmNamePrefix="sec")[0] == "AccessDeniedException"
