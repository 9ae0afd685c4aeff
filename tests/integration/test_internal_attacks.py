"""Attacks by way of services' own calls: who speaks as a service, hands over a role, invents a ticket, reads by way of a service."""

import json
import secrets
import time
import uuid

import pytest
from aws import REGION, A, B, allow, client, document, fresh, keys_of, trust
from internal_calls import ECHO
from sealed import say

from harness.scenario import eventually
from harness.wire import Message, open_answer, seal


def test_a_client_that_speaks_as_a_service_speaks_for_itself(accounts, journals, here):
    queue = here.queue("events", f"arn:aws:events:{REGION}:{A}:rule/chosen", A)
    url = f"{accounts['one']['endpoint_url']}/queue/{REGION}/{A}/{queue.rpartition(':')[2]}"
    iam, name = here.clients("iam"), fresh("user")
    iam.create_user(UserName=name)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    keys = keys_of(made)
    for door in ("one", "two"):
        sqs = client(accounts[door], "sqs", **keys)

        def speak(params, **_):
            source = {"service_principal": "events", "source_arn": f"arn:aws:events:{REGION}:{A}:rule/chosen"}
            params["headers"] |= {
                "x-localstack-data": json.dumps(source), "x-harness-caller": "events", "x-harness-internal": "0" * 64
            }  # fmt: skip

        sqs.meta.events.register("before-call.sqs.*", speak)
        with pytest.raises(sqs.exceptions.ClientError, match=rf"user/{name} is not authorized"):
            sqs.send_message(QueueUrl=url, MessageBody="x")


def test_no_role_is_handed_to_a_service_of_another_account(here, there):
    """Every function's role trusts Lambda: a service of B's that could assume one of A's would have all of A."""
    role, events, name = here.role("events", allow("*")), there.clients("events"), fresh("rule")
    queue = there.queue("events", "*", B)
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))

    with pytest.raises(events.exceptions.ClientError, match="Cross-account pass role is not allowed"):
        events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": queue, "RoleArn": role}])


@pytest.fixture
def sealed(sandbox, accounts):
    """Speaks on A's peer port with the launch key, as if B's instance did."""
    record = json.loads(next((sandbox.folder.parent / "state").glob("harness/*/sandbox/run.json")).read_text())
    port = record["accounts"]["one"]["peer_port"]
    key = bytes.fromhex(record["launch_key"])

    def ask(kind, data, body=b""):
        message = Message(kind, B, A, secrets.token_hex(16), time.time(), str(uuid.uuid4()), data, body)
        question = seal(key, message)
        return message.request_id, open_answer(key, say(port, question), question=question, sender=A, receiver=B)

    return ask


def test_a_ticket_nobody_issued_is_nobodys_word(sealed, journals, here):
    """Even with the launch key: the owner asks the sender's instance for whom it calls, which knows nothing of it."""
    rule = f"arn:aws:events:{REGION}:{B}:rule/r"
    queue = here.queue("events", rule, B)
    body = json.dumps({"QueueUrl": f"http://x/queue/{REGION}/{A}/{queue.rpartition(':')[2]}", "MessageBody": "x"})
    source = json.dumps({"service_principal": "events.amazonaws.com", "source_arn": rule})
    scope = f"__internal_call__/20260101/{REGION}/sqs/aws4_request"
    headers = [
        ("host", "x"), ("x-amz-target", "AmazonSQS.SendMessage"), ("content-type", "application/x-amz-json-1.0"),
        ("x-localstack-data", source), ("x-harness-internal", "0" * 64),
        ("authorization", f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
    ]  # fmt: skip
    head = {"method": "POST", "target": "/", "headers": headers, "client_address": "127.0.0.1", "vpc_endpoint": None}

    for ticket in ("0" * 32, None):
        request_id, answered = sealed("forward", {**head, "ticket": ticket}, body.encode())
        assert answered.data["status"] in {400, 403}
        (line,) = journals.lines(request_id=request_id)
        assert (line["kind"], line["decision"]) == ("authentication", "refused")
    assert not journals.lines(principal="events.amazonaws.com", resource=queue)


def test_what_a_service_reads_for_its_caller_the_caller_may_read(accounts, here):
    """A function's code in S3, and a secret behind a parameter: reading them for somebody who may not would be a way around."""
    here.clients("secretsmanager").create_secret(Name="behind", SecretString="hidden")
    bucket, name = fresh("bucket"), fresh("user")
    here.clients("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    here.clients("s3").put_object(Bucket=bucket, Key="code.zip", Body=ECHO)
    role, iam = here.role("lambda"), here.clients("iam")
    iam.create_user(UserName=name)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    keys = keys_of(made)
    ssm, functions = (client(accounts["one"], service, **keys) for service in ("ssm", "lambda"))
    asking = allow(["ssm:GetParameter*", "lambda:*", "iam:PassRole"])

    def attempts():
        yield lambda: ssm.get_parameter(Name="/aws/reference/secretsmanager/behind", WithDecryption=True)
        yield lambda: ssm.get_parameters(Names=["/aws/reference/secretsmanager/behind"], WithDecryption=True)
        yield lambda: functions.create_function(
            FunctionName=name, Role=role, Runtime="python3.13", Handler="f.f",
            Code={"S3Bucket": bucket, "S3Key": "code.zip"},
        )  # fmt: skip

    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(asking))
    for attempt in attempts():
        with pytest.raises(ssm.exceptions.ClientError, match="is not authorized to perform: (secretsm|s3)"):
            attempt()
    reading = allow(["secretsmanager:GetSecretValue", "s3:GetObject"])
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(asking, reading))
    for attempt in attempts():
        attempt()


@pytest.mark.timeout(120)
def test_a_mapping_reads_on_when_its_session_ends_while_the_role_trusts_lambda(sealed, journals, here):
    """The last test: it moves the clock."""
    url = here.clients("sqs").create_queue(QueueName=fresh("queue"))["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{A}:{url.rpartition('/')[2]}"
    role = here.role("lambda", allow("logs:*"), allow("sqs:*", arn))
    function = here.function(None, None, None, role=role)
    here.clients("lambda").create_event_source_mapping(FunctionName=function, EventSourceArn=arn)

    def deletes():
        return [line for line in journals.lines(resource=arn) if line.get("action") == "sqs:DeleteMessage"]

    here.clients("sqs").send_message(QueueUrl=url, MessageBody="x")
    eventually("the first message is taken", lambda: len(deletes()) == 1, within=60)
    sealed("clock", {"seconds": 5000})
    here.clients("sqs").send_message(QueueUrl=url, MessageBody="y")
    eventually("the second message is taken", lambda: len(deletes()) == 2, within=60)

    name = role.rpartition("/")[2]
    here.clients("iam").update_assume_role_policy(RoleName=name, PolicyDocument=trust("ec2.amazonaws.com"))
    sealed("clock", {"seconds": 5000})
    eventually(
        "Lambda is refused the role",
        lambda: journals.lines(principal="lambda.amazonaws.com", resource=role, decision="implicit_deny"),
        within=60,
    )
