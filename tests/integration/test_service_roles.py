"""What a service does with a role: it assumes the role, and what it then does is decided as the role, and what is refused is told of."""

import json

import pytest
from aws import REGION, A, B, allow, counted, document, fresh
from internal_calls import assert_decided, by_role, decided

from harness.scenario import eventually


def test_a_rule_with_a_role_acts_as_the_role(journals, here):
    name = fresh("rule")
    arn = f"arn:aws:events:{REGION}:{A}:rule/{name}"
    for_the_rule = {"Condition": {"ArnEquals": {"aws:SourceArn": arn}, "StringEquals": {"aws:SourceAccount": A}}}
    for_another = {"Condition": {"ArnEquals": {"aws:SourceArn": f"{arn}x"}}}
    machines = [
        here.clients("stepfunctions").create_state_machine(
            name=fresh("machine"), roleArn=here.role("states"),
            definition=json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}),
        )["stateMachineArn"]
        for _ in range(2)
    ]  # fmt: skip
    right = here.role("events", allow("states:StartExecution", machines[0]), **for_the_rule)
    untrusting = here.role("events", allow("states:StartExecution"), **for_another)
    events = here.clients("events")
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    pairs = [(right, machines[0]), (right, machines[1]), (untrusting, machines[0])]
    targets = [{"Id": str(i), "Arn": machine, "RoleArn": role} for i, (role, machine) in enumerate(pairs)]
    assert events.put_targets(Rule=name, Targets=targets)["FailedEntryCount"] == 0
    events.put_events(Entries=[{"Source": name, "DetailType": "d", "Detail": "{}"}])

    assert by_role(journals, right, machines[0])["decision"] == "allowed"
    assert by_role(journals, right, machines[1])["decision"] == "implicit_deny"
    assumed = decided(journals, "events.amazonaws.com", right)
    assert (assumed["action"], assumed["decision"], assumed["context"]["aws:sourcearn"]) == (
        "sts:AssumeRole",
        "allowed",
        arn,
    )
    assert decided(journals, "events.amazonaws.com", untrusting)["decision"] == "implicit_deny"


def test_a_state_machine_acts_as_its_role(journals, here):
    queue = here.clients("sqs").create_queue(QueueName=fresh("queue"))["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{A}:{queue.rpartition('/')[2]}"
    state = {
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True,
        "Parameters": {"QueueUrl": queue, "MessageBody": "x"},
    }  # fmt: skip
    machines, name = here.clients("stepfunctions"), fresh("machine")
    its_own = {"Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:states:{REGION}:{A}:stateMachine:{name}-*"}}}
    ends = {}
    for resource in (arn, f"{arn}x"):
        role = here.role("states", allow("sqs:SendMessage", resource), **its_own)
        machine = machines.create_state_machine(
            name=fresh(f"{name}-"), roleArn=role, definition=json.dumps({"StartAt": "S", "States": {"S": state}})
        )["stateMachineArn"]
        run = machines.start_execution(stateMachineArn=machine)["executionArn"]
        ended = eventually(
            "the execution ends",
            lambda run=run: (found := machines.describe_execution(executionArn=run))["status"] != "RUNNING" and found,
            within=60,
        )
        ends[by_role(journals, role, arn)["decision"]] = ended["status"]

    assert ends == {"allowed": "SUCCEEDED", "implicit_deny": "FAILED"}


def test_a_service_is_known_by_its_name_in_the_region_of_its_call(journals, here):
    """As older Terraform writes trust policies for Step Functions."""
    machines, decisions = here.clients("stepfunctions"), {}
    definition = json.dumps({"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {"QueueUrl": "q", "MessageBody": "x"}, "End": True}}})  # fmt: skip
    for region in (REGION, "eu-central-1"):
        role = here.role(f"states.{region}", allow("*"))
        machine = machines.create_state_machine(name=fresh("machine"), roleArn=role, definition=definition)
        machines.start_execution(stateMachineArn=machine["stateMachineArn"])
        line = decided(journals, "states.amazonaws.com", role)
        decisions[region] = (line["decision"], line["because"][0].get("effect"))

    assert decisions == {REGION: ("allowed", "Allow"), "eu-central-1": ("implicit_deny", None)}


@pytest.mark.timeout(120)
def test_a_mapping_reads_its_queue_as_the_functions_role(journals, here):
    queues = [here.clients("sqs").create_queue(QueueName=fresh("queue"))["QueueUrl"] for _ in range(3)]
    arns = [f"arn:aws:sqs:{REGION}:{A}:{url.rpartition('/')[2]}" for url in queues]
    looking = allow("sqs:GetQueueAttributes")
    reader = here.role("lambda", allow("logs:*"), looking, allow(["sqs:ReceiveMessage", "sqs:DeleteMessage"], arns[0]))
    blind = here.role("lambda", allow("logs:*"))
    functions = here.clients("lambda")

    def map_to(role, arn):
        function = here.function(None, None, None, role=role)
        functions.create_event_source_mapping(FunctionName=function, EventSourceArn=arn)

    with pytest.raises(functions.exceptions.InvalidParameterValueException, match="execution role does not have perm"):
        map_to(blind, arns[2])
    for arn in arns[:2]:
        map_to(reader, arn)
    for url in queues:
        here.clients("sqs").send_message(QueueUrl=url, MessageBody="x")

    def deletes():
        return [line for line in journals.lines(resource=arns[0]) if line.get("action") == "sqs:DeleteMessage"]

    eventually("the message was taken and deleted", deletes, within=60)
    # Each queue is looked at before it is read, which is allowed of both.
    reads = [by_role(journals, reader, arn, action="sqs:ReceiveMessage")["decision"] for arn in arns[:2]]
    assert reads == ["allowed", "implicit_deny"]


@pytest.mark.timeout(120)
def test_a_destination_and_a_dead_letter_queue_are_the_functions_roles(a, journals, here):
    queues = [here.clients("sqs").create_queue(QueueName=fresh("queue"))["QueueUrl"] for _ in range(2)]
    good, bad = (f"arn:aws:sqs:{REGION}:{A}:{url.rpartition('/')[2]}" for url in queues)
    role = here.role(
        "lambda", allow("logs:*"), allow("sqs:SendMessage", [good, bad])
    )  # else Lambda takes no function with it
    functions = here.clients("lambda")
    made = []
    for succeeds, fails in ((good, bad), (bad, good)):
        function = here.function(None, None, None, role=role)
        functions.put_function_event_invoke_config(
            FunctionName=function, DestinationConfig={"OnSuccess": {"Destination": succeeds}}
        )
        failing = here.function(None, None, None, role=role, handler="f.fail", DeadLetterConfig={"TargetArn": fails})
        functions.put_function_event_invoke_config(FunctionName=failing, MaximumRetryAttempts=0)
        made += [function, failing]
    here.clients("iam").put_role_policy(
        RoleName=role.rpartition("/")[2],
        PolicyName="p",
        PolicyDocument=document(allow("logs:*"), allow("sqs:SendMessage", good)),
    )
    for each in made:
        functions.invoke(FunctionName=each, InvocationType="Event", Payload=b"{}")

    def decisions(queue):
        lines = [
            line
            for line in journals.lines(resource=queue)
            if f"/{role.rpartition('/')[2]}/" in line.get("principal", "")
        ]
        return lines if len(lines) == 2 else None

    assert [line["decision"] for line in eventually("two messages", lambda: decisions(good), within=60)] == [
        "allowed"
    ] * 2
    assert [line["decision"] for line in eventually("two refusals", lambda: decisions(bad), within=60)] == [
        "implicit_deny"
    ] * 2
    into_good, left_to_bad, into_bad, left_to_good = (arn.rpartition(":")[2] for arn in made)
    wanted = {
        "DestinationDeliveryFailures": {into_good: 0, into_bad: 1, left_to_bad: 0, left_to_good: 0},
        "DeadLetterErrors": {into_good: 0, into_bad: 0, left_to_bad: 1, left_to_good: 0},
    }

    def failures():
        return {
            metric: {name: counted(a, "AWS/Lambda", metric, {"FunctionName": name}) for name in names}
            for metric, names in wanted.items()
        }

    eventually("what was refused is counted, and nothing else", lambda: failures() == wanted, within=60)


def test_a_refused_delivery_is_counted_and_goes_to_the_subscriptions_dead_letter_queue(a, journals, here):
    topic = here.clients("sns").create_topic(Name=fresh("source"))["TopicArn"]
    wrong, dead = here.queue("sns", f"{topic}x", A), here.queue("sns", topic, A)
    here.clients("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=wrong,
        Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": dead})},
    )  # fmt: skip
    here.clients("sns").publish(TopicArn=topic, Message="x")

    assert_decided(journals, "sns", wrong, topic, A, allowed=False)
    assert_decided(journals, "sns", dead, topic, A, allowed=True)
    for metric in ("NumberOfNotificationsFailed", "NumberOfNotificationsRedrivenToDlq"):
        named = {"TopicName": topic.rpartition(":")[2]}
        eventually(f"{metric} is one", lambda: counted(a, "AWS/SNS", metric, named) == 1, within=60)  # noqa: B023 - asked at once


def test_a_failed_delivery_of_a_rule_is_counted_and_goes_to_its_dead_letter_queue(a, journals, here):
    events, name = here.clients("events"), fresh("rule")
    arn = f"arn:aws:events:{REGION}:{A}:rule/{name}"
    wrong, dead, shut = (
        here.queue("events", f"{arn}x", A),
        here.queue("events", arn, A),
        here.queue("events", f"{arn}x", A),
    )
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    targets = [{"Id": queue[-6:], "Arn": wrong, "DeadLetterConfig": {"Arn": queue}} for queue in (dead, shut)]
    events.put_targets(Rule=name, Targets=targets)
    events.put_events(Entries=[{"Source": name, "DetailType": "d", "Detail": "{}"}])

    assert_decided(journals, "events", wrong, arn, A, allowed=False)
    assert_decided(journals, "events", dead, arn, A, allowed=True)
    assert_decided(journals, "events", shut, arn, A, allowed=False)
    url = a("sqs").get_queue_url(QueueName=dead.rpartition(":")[2])["QueueUrl"]
    (letter,) = eventually(
        "the letter arrives",
        lambda: a("sqs").receive_message(QueueUrl=url, MessageAttributeNames=["All"]).get("Messages"),
        within=60,
    )
    assert json.loads(letter["Body"])["source"] == name
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "AccessDenied"
    assert letter["MessageAttributes"]["RULE_ARN"]["StringValue"] == arn

    failed = ("AWS/Events", "FailedInvocations", {"RuleName": name})
    eventually("both failures are counted", lambda: counted(a, *failed) == 2, within=60)


def test_a_states_credentials_are_assumed_by_the_executions_role(journals, here, there):
    """And not by Step Functions, which every state machine's role trusts; in another account as in its own."""
    machines = there.clients("stepfunctions")
    for target, owner in ((here, A), (there, B)):
        queue = target.clients("sqs").create_queue(QueueName=fresh("queue"))["QueueUrl"]
        arn = f"arn:aws:sqs:{REGION}:{owner}:{queue.rpartition('/')[2]}"
        only_states = target.role("states", allow("sqs:SendMessage", arn))
        execution = there.role("states", allow("sts:AssumeRole"))
        trusting = fresh("role")
        statement = {"Effect": "Allow", "Principal": {"AWS": execution}, "Action": "sts:AssumeRole"}
        target.clients("iam").create_role(RoleName=trusting, AssumeRolePolicyDocument=document(statement))
        target.clients("iam").put_role_policy(
            RoleName=trusting, PolicyName="p", PolicyDocument=document(allow("sqs:SendMessage", arn))
        )
        for role, ends in ((only_states, "FAILED"), (f"arn:aws:iam::{owner}:role/{trusting}", "SUCCEEDED")):
            state = {
                "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True,
                "Parameters": {"QueueUrl": queue, "MessageBody": "x"}, "Credentials": {"RoleArn": role},
            }  # fmt: skip
            machine = machines.create_state_machine(
                name=fresh("machine"),
                roleArn=execution,
                definition=json.dumps({"StartAt": "S", "States": {"S": state}}),
            )["stateMachineArn"]
            run = machines.start_execution(stateMachineArn=machine)["executionArn"]
            ended = eventually(
                "the execution ends",
                lambda run=run: (
                    (found := machines.describe_execution(executionArn=run))["status"] != "RUNNING" and found
                ),
                within=60,
            )
            assert ended["status"] == ends, (owner, role, ended)
            (line,) = journals.lines(action="sts:AssumeRole", resource=role)
            assert line["principal"].startswith(f"arn:aws:sts::{B}:assumed-role/{execution.rpartition('/')[2]}/")
