"""What is read again: an archive's events, and a log group's by its ARN or its name, by whom may do so."""

import datetime as dt
import json
import time

import pytest
from aws import REGION, A, allow, document, fresh, refusal, user

DENIED = "AccessDeniedException"


def received(client, url):
    """The next message of the queue, None where none comes."""
    messages = client.receive_message(QueueUrl=url, WaitTimeSeconds=5).get("Messages", ())
    for one in messages:
        client.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    return json.loads(messages[0]["Body"]) if messages else None


def test_an_archive_is_replayed_to_the_rules_of_its_bus(a):
    events, sqs, name = a("events"), a("sqs"), fresh("bus")
    bus = events.create_event_bus(Name=name)["EventBusArn"]
    archive = events.create_archive(ArchiveName=fresh("archive"), EventSourceArn=bus)["ArchiveArn"]
    queue = f"arn:aws:sqs:{REGION}:{A}:{name}"
    policy = document(allow("sqs:SendMessage", queue, Principal={"Service": "events.amazonaws.com"}))
    url = sqs.create_queue(QueueName=name, Attributes={"Policy": policy})["QueueUrl"]
    events.put_rule(Name="r", EventBusName=name, EventPattern='{"source": ["mine"]}')
    events.put_targets(Rule="r", EventBusName=name, Targets=[{"Id": "q", "Arn": queue}])
    events.put_events(Entries=[{"Source": "mine", "DetailType": "d", "Detail": '{"v": 1}', "EventBusName": name}])
    assert received(sqs, url)["detail"] == {"v": 1}
    now = dt.datetime.now(dt.UTC)
    around = {"EventStartTime": now - dt.timedelta(hours=1), "EventEndTime": now + dt.timedelta(hours=1)}
    before = {"EventStartTime": now - dt.timedelta(hours=2), "EventEndTime": now - dt.timedelta(hours=1)}
    asked = {"EventSourceArn": archive, "Destination": {"Arn": bus}}
    barred = a("events", **user(a, allow("events:*"), {**allow("events:StartReplay", archive), "Effect": "Deny"}))

    assert refusal(barred.start_replay, ReplayName=fresh("replay"), **asked, **around)[0] == DENIED
    events.start_replay(ReplayName=fresh("replay"), **asked, **before)
    assert received(sqs, url) is None
    replay = fresh("replay")
    events.start_replay(ReplayName=replay, **asked, **around)

    again = received(sqs, url)
    assert (again["detail"], again["replay-name"]) == ({"v": 1}, replay)
    told = events.describe_replay(ReplayName=replay)
    assert told["State"] == "COMPLETED"
    assert abs(told["EventLastReplayedTime"] - now) < dt.timedelta(minutes=5)


@pytest.mark.parametrize("by", ["name", "arn"])
def test_events_are_filtered_of_the_group_that_is_identified(a, by):
    logs, ours, others = a("logs"), fresh("group"), fresh("group")
    for name in (ours, others):
        logs.create_log_group(logGroupName=name)
        logs.create_log_stream(logGroupName=name, logStreamName="s")
        said = [{"timestamp": int(time.time() * 1000), "message": f"of {name}"}]
        logs.put_log_events(logGroupName=name, logStreamName="s", logEvents=said)
    arns = {name: f"arn:aws:logs:{REGION}:{A}:log-group:{name}" for name in (ours, others)}
    of_ours = a("logs", **user(a, allow("logs:FilterLogEvents", f"{arns[ours]}:*")))
    named = arns if by == "arn" else {name: name for name in arns}

    found = of_ours.filter_log_events(logGroupIdentifier=named[ours], filterPattern="of")["events"]

    assert [event["message"] for event in found] == [f"of {ours}"]
    assert refusal(of_ours.filter_log_events, logGroupIdentifier=named[others])[0] == DENIED
    missing = named[ours].replace(ours, "missing")
    assert refusal(logs.filter_log_events, logGroupIdentifier=missing)[0] == "ResourceNotFoundException"
    assert logs.filter_log_events(logGroupName=others)["events"][0]["message"] == f"of {others}"
