"""LocalStack's own calls: each is decided as the service that it is made for, in this account and across accounts.

A source sends to two targets at once, which differ by their policy only; the journal says who asked and which statement decided.
"""

import json

import pytest
from aws import REGION, A, B, allow, document, fresh
from internal_calls import assert_decided, by_role, may

from harness.scenario import eventually

# -- EventBridge, SNS and S3, to each kind of target, in the same account and in another one


def rule_to(account, targets):
    """A rule of the account with these targets, and the ARN that it will act for."""
    events, name = account.clients("events"), fresh("rule")
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    arn = f"arn:aws:events:{REGION}:{account.id}:rule/{name}"
    made = targets(arn)
    failed = events.put_targets(Rule=name, Targets=[{"Id": str(i), "Arn": each} for i, each in enumerate(made)])
    assert failed["FailedEntryCount"] == 0
    events.put_events(Entries=[{"Source": name, "DetailType": "d", "Detail": "{}"}])
    return arn, made


def topic_to(account, targets):
    topic = account.clients("sns").create_topic(Name=fresh("source"))["TopicArn"]
    made = targets(topic)
    for each in made:
        account.clients("sns").subscribe(TopicArn=topic, Protocol=each.split(":")[2], Endpoint=each)
    account.clients("sns").publish(TopicArn=topic, Message="x")
    return topic, made


CROSSING = {
    "a rule to a queue": ("events", rule_to, "queue"),
    "a rule to a topic": ("events", rule_to, "topic"),
    "a rule to a function": ("events", rule_to, "function"),
    "a rule to a bus": ("events", rule_to, "bus"),
    "a topic to a queue": ("sns", topic_to, "queue"),
    "a topic to a function": ("sns", topic_to, "function"),
}


@pytest.mark.parametrize("across", [False, True], ids=["in one account", "from B to A"])
@pytest.mark.parametrize("what", CROSSING)
def test_a_service_is_decided_by_its_target(journals, here, there, what, across):
    service, send, kind = CROSSING[what]
    source = there if across else here

    def targets(arn):
        return [getattr(here, kind)(service, of, source.id) for of in (arn, f"{arn}x")]

    arn, (right, wrong) = send(source, targets)

    assert_decided(journals, service, right, arn, source.id, allowed=True)
    assert_decided(journals, service, wrong, arn, source.id, allowed=False)


def test_what_is_allowed_arrives_and_what_is_denied_does_not(a, b, here, there):
    arn, (right, wrong) = topic_to(there, lambda topic: [here.queue("sns", of, B) for of in (topic, f"{topic}x")])

    def messages(queue):
        url = a("sqs").get_queue_url(QueueName=queue.rpartition(":")[2])["QueueUrl"]
        return a("sqs").receive_message(QueueUrl=url).get("Messages")

    received = eventually("the message arrives", lambda: messages(right), within=60)
    assert json.loads(received[0]["Body"])["TopicArn"] == arn
    assert messages(wrong) is None


# -- S3 and Logs look at the target's policy when they are told of it


@pytest.mark.parametrize("across", [False, True], ids=["in one account", "from B to A"])
@pytest.mark.parametrize("kind", ["queue", "topic", "function"])
def test_a_bucket_notifies_whom_it_may(journals, here, there, kind, across):
    source, bucket = there if across else here, fresh("bucket")
    arn, s3 = f"arn:aws:s3:::{bucket}", source.clients("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    right, wrong = (getattr(here, kind)("s3", of, source.id) for of in (arn, f"{arn}x"))
    key, name = {
        "queue": ("QueueConfigurations", "QueueArn"),
        "topic": ("TopicConfigurations", "TopicArn"),
        "function": ("LambdaFunctionConfigurations", "LambdaFunctionArn"),
    }[kind]

    def tell(target):
        wanted = {key: [{name: target, "Events": ["s3:ObjectCreated:*"]}]}
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)

    with pytest.raises(s3.exceptions.ClientError, match="Unable to validate the following destination"):
        tell(wrong)
    assert_decided(journals, "s3", wrong, arn, source.id, allowed=False)
    tell(right)
    before = len(journals.lines(principal="s3.amazonaws.com", resource=right))
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    eventually(
        "S3 asks again", lambda: journals.lines(principal="s3.amazonaws.com", resource=right)[before:], within=60
    )
    assert_decided(journals, "s3", right, arn, source.id, allowed=True)


def test_a_bucket_announces_on_the_bus_without_anybodys_leave(journals, here):
    bucket, s3 = fresh("bucket"), here.clients("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    rule, queue = fresh("rule"), None
    here.clients("events").put_rule(Name=rule, EventPattern=json.dumps({"detail": {"bucket": {"name": [bucket]}}}))
    arn = f"arn:aws:events:{REGION}:{A}:rule/{rule}"
    queue = here.queue("events", arn, A)
    here.clients("events").put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": queue}])

    s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    assert_decided(journals, "events", queue, arn, A, allowed=True)


def test_a_log_group_invokes_whom_it_may(journals, here):
    logs, group = here.clients("logs"), fresh("/group")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    arn = f"arn:aws:logs:{REGION}:{A}:log-group:{group}:*"
    right, wrong = (here.function("logs", of, A) for of in (arn, f"{arn}x"))

    def tell(function):
        logs.put_subscription_filter(logGroupName=group, filterName="f", filterPattern="", destinationArn=function)

    with pytest.raises(logs.exceptions.InvalidParameterException):
        tell(wrong)
    assert_decided(journals, "logs", wrong, arn, A, allowed=False)
    tell(right)
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[{"timestamp": 1, "message": "m"}])
    assert_decided(journals, "logs", right, arn, A, allowed=True)


def test_a_rule_and_a_log_group_put_records_as_their_roles(journals, a, here):
    rule, group = fresh("rule"), fresh("/group")
    logs, events, kinesis = a("logs"), a("events"), a("kinesis")
    kinesis.create_stream(StreamName="records", ShardCount=1)
    stream = f"arn:aws:kinesis:{REGION}:{A}:stream/records"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    for_logs = {"Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:logs:{REGION}:{A}:*"}}}
    right = {
        service: here.role(service, allow("kinesis:PutRecord", stream), **more)
        for service, more in (("events", {}), ("logs", for_logs))
    }
    wrong = {service: here.role(service, allow("kinesis:PutRecord", f"{stream}x")) for service in right}

    events.put_rule(Name=rule, EventPattern=json.dumps({"source": [rule]}))
    targets = [
        {"Id": str(number), "Arn": stream, "RoleArn": each["events"]} for number, each in enumerate((right, wrong))
    ]
    events.put_targets(Rule=rule, Targets=targets)
    events.put_events(Entries=[{"Source": rule, "DetailType": "d", "Detail": "{}"}])

    def tell(role):
        logs.put_subscription_filter(
            logGroupName=group, filterName="f", filterPattern="", destinationArn=stream, roleArn=role
        )

    with pytest.raises(logs.exceptions.InvalidParameterException):
        tell(wrong["logs"])
    tell(right["logs"])
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[{"timestamp": 1, "message": "m"}])

    for service in right:
        assert by_role(journals, right[service], stream)["decision"] == "allowed"
        assert by_role(journals, wrong[service], stream)["decision"] == "implicit_deny"


def test_a_rule_writes_to_a_log_group_whose_accounts_policy_lets_it(journals, a):
    rule, logs, events = fresh("rule"), a("logs"), a("events")
    arn = f"arn:aws:events:{REGION}:{A}:rule/{rule}"
    right, wrong = f"{rule}-right", f"{rule}-wrong"
    for group in (right, wrong):
        logs.create_log_group(logGroupName=group)
    base = f"arn:aws:logs:{REGION}:{A}:log-group:"
    statement = may("events", ["logs:CreateLogStream", "logs:PutLogEvents"], arn, A)
    logs.put_resource_policy(policyName="p", policyDocument=document({**statement, "Resource": f"{base}{right}:*"}))
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": [rule]}))
    events.put_targets(Rule=rule, Targets=[{"Id": group, "Arn": f"{base}{group}"} for group in (right, wrong)])
    events.put_events(Entries=[{"Source": rule, "DetailType": "d", "Detail": "{}"}])

    def asked(group):
        lines = journals.lines(kind="decision", principal="events.amazonaws.com", service="logs")
        return [line for line in lines if f":{group}:" in line["resource"]]

    eventually("the event is written", lambda: logs.filter_log_events(logGroupName=right)["events"], within=60)
    assert {line["decision"] for line in asked(right)} == {"allowed"}
    refused = eventually("the other is refused", lambda: asked(wrong), within=60)
    assert {line["decision"] for line in refused} == {"implicit_deny"}


# -- what CloudWatch and Secrets Manager leave unmarked in LocalStack


def test_an_alarm_is_the_services_word(journals, here):
    watch, name = here.clients("cloudwatch"), fresh("alarm")
    arn = f"arn:aws:cloudwatch:{REGION}:{A}:alarm:{name}"
    right, wrong = (here.topic("cloudwatch", of, A) for of in (arn, f"{arn}x"))
    function = here.function("lambda.alarms.cloudwatch", arn, A)
    for actions, of in (([function, right], name), ([wrong], f"{name}y")):
        watch.put_metric_alarm(
            AlarmName=of, AlarmActions=actions, MetricName="m", Namespace="n", Statistic="Sum", Period=60,
            EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
        )  # fmt: skip
    watch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="r")

    assert_decided(journals, "cloudwatch", right, arn, A, allowed=True)
    assert_decided(journals, "lambda.alarms.cloudwatch", function, arn, A, allowed=True)
    watch.set_alarm_state(AlarmName=f"{name}y", StateValue="ALARM", StateReason="r")
    assert_decided(journals, "cloudwatch", wrong, f"{arn}y", A, allowed=False)


def test_a_secret_is_rotated_by_whom_it_may(journals, here):
    manager = here.clients("secretsmanager")
    secret = manager.create_secret(Name=fresh("secret"), SecretString="x")["ARN"]
    right, wrong = (here.function("secretsmanager", of, A) for of in (secret, f"{secret}x"))

    def rotate(function):
        manager.rotate_secret(SecretId=secret, RotationLambdaARN=function, RotationRules={"AutomaticallyAfterDays": 1})

    with pytest.raises(manager.exceptions.ClientError):
        rotate(wrong)
    assert_decided(journals, "secretsmanager", wrong, secret, A, allowed=False)
    rotate(right)
    assert_decided(journals, "secretsmanager", right, secret, A, allowed=True)
