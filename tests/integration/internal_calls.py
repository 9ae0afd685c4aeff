"""Targets for services' own calls, and what was decided of those: a source sends to two at once, which differ by their policy only."""

from aws import REGION, A, allow, document, fresh, function_code, trust

from harness.scenario import eventually

ECHO = function_code("def f(event, context):\n    return event\ndef fail(event, context):\n    raise KeyError\n")


def may(service, action, source, account):
    """A resource policy's statement for a service that acts for one resource of one account."""
    condition = {"ArnLike": {"aws:SourceArn": source}, "StringEquals": {"aws:SourceAccount": account}}
    principal = {"Service": f"{service}.amazonaws.com"}
    return {"Sid": "Right", **allow(action, Principal=principal, Condition=condition)}


class Account:
    """Makes targets, the right ones with a policy for the source, the wrong ones with a policy for another source."""

    def __init__(self, clients, account_id):
        self.clients = clients
        self.id = account_id

    def queue(self, service, source, account):
        url = self.clients("sqs").create_queue(QueueName=fresh("queue"))["QueueUrl"]
        arn = f"arn:aws:sqs:{REGION}:{self.id}:{url.rpartition('/')[2]}"
        statement = {**may(service, "sqs:SendMessage", source, account), "Resource": arn}
        self.clients("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": document(statement)})
        return arn

    def topic(self, service, source, account):
        arn = self.clients("sns").create_topic(Name=fresh("topic"))["TopicArn"]
        statement = {**may(service, "sns:Publish", source, account), "Resource": arn}
        self.clients("sns").set_topic_attributes(
            TopicArn=arn, AttributeName="Policy", AttributeValue=document(statement)
        )
        return arn

    def role(self, service, *statements, **more):
        name = fresh("role")
        iam = self.clients("iam")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(f"{service}.amazonaws.com", **more))
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
        return f"arn:aws:iam::{self.id}:role/{name}"

    def function(self, service, source, account, role=None, handler="f.f", **more):
        name = fresh("function")
        role = role or self.role("lambda", allow("logs:*"))
        arn = self.clients("lambda").create_function(
            FunctionName=name,
            Role=role,
            Runtime="python3.13",
            Handler=handler,
            Code={"ZipFile": ECHO},
            Timeout=30,
            **more,
        )["FunctionArn"]
        if service:
            self.clients("lambda").add_permission(
                FunctionName=name, StatementId="Right", Action="lambda:InvokeFunction",
                Principal=f"{service}.amazonaws.com", SourceArn=source, SourceAccount=account,
            )  # fmt: skip
        return arn

    def bus(self, service, source, account):
        name = fresh("bus")
        arn = self.clients("events").create_event_bus(Name=name)["EventBusArn"]
        statement = {**may(service, "events:PutEvents", source, account), "Resource": arn}
        self.clients("events").put_permission(EventBusName=name, Policy=document(statement))
        return arn


def decided(journals, principal, resource):
    """The last decision on what the principal asks of the resource, once there is one."""
    return eventually(
        f"{principal} asks for {resource}",
        lambda: journals.lines(kind="decision", principal=principal, resource=resource),
        within=60,
    )[-1]


def assert_decided(journals, service, resource, source, account, allowed):
    line = decided(journals, f"{service}.amazonaws.com", resource)
    assert line["home"] == account
    assert (line["context"]["aws:sourcearn"], line["context"]["aws:sourceaccount"]) == (source, account)
    if allowed:
        assert (line["decision"], line["because"][0]["sid"]) == ("allowed", "Right")
    else:
        assert (line["decision"], line["because"]) == ("implicit_deny", [{"layer": "resource", "missing": "allow"}])


def by_role(journals, role, resource, **wanted):
    """The last decision on what the role's session asks of the resource, once there is one."""
    name = role.rpartition("/")[2]

    def find():
        return [
            line
            for line in journals.lines(kind="decision", resource=resource, **wanted)
            if line["principal"].startswith(f"arn:aws:sts::{A}:assumed-role/{name}/")
        ]

    return eventually(f"{name} asks for {resource}", find, within=60)[-1]
