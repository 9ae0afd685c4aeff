"""CloudFormation: a stack's resources are made with the permissions of whoever asked for them, or of the stack's role."""

import json

import pytest
from aws import REGION, A, allow, document, fresh, keys_of, refusal, trust

VIA = {"StringEquals": {"aws:CalledViaFirst": "cloudformation.amazonaws.com"}}
STACKS = allow("cloudformation:*")


def queue(name):
    """A template with one queue."""
    return json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}}}})


@pytest.fixture(scope="module")
def user(a):
    """A new user with these statements: its name and its keys."""

    def make(*statements):
        name, iam = fresh("user"), a("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(*statements))
        return name, keys_of(iam.create_access_key(UserName=name)["AccessKey"])

    return make


@pytest.fixture(scope="module")
def role(a):
    """A new role that a service may assume."""

    def make(service, *statements):
        name, iam = fresh("role"), a("iam")
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(service))["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
        return arn

    return make


@pytest.fixture
def made(a, ended):
    """The end of a new stack of this template, with these keys."""

    def make(keys, template, **more):
        stack = fresh("stack")
        given = {"StackName": stack, "TemplateBody": template, "Capabilities": ["CAPABILITY_NAMED_IAM"], **more}
        return ended(a("cloudformation", **keys).create_stack(**given)["StackId"])

    return make


def test_a_stack_has_its_callers_permissions(made, user, journals):
    _, may = user(STACKS, allow("sqs:*"))
    name, may_not = user(STACKS)
    q = fresh("queue")

    status, why = made(may_not, queue(q))
    assert status == "CREATE_FAILED"
    refused = "is not authorized to perform: sqs:createqueue"
    assert f"User: arn:aws:iam::{A}:user/{name} {refused}" in why
    (line,) = journals.lines(principal=f"arn:aws:iam::{A}:user/{name}", action="sqs:CreateQueue")
    assert (line["decision"], line["because"][0]["layer"]) == ("implicit_deny", "identity")
    assert line["context"]["aws:calledvia"] == ["cloudformation.amazonaws.com"]

    assert made(may, queue(q))[0] == "CREATE_COMPLETE"


def test_what_a_stack_does_is_told_from_what_its_caller_does(a, made, user):
    _, keys = user(STACKS, allow("sqs:*", Condition=VIA))
    _, itself = user(STACKS, allow("sqs:*", Condition={"Bool": {"aws:ViaAWSService": "false"}}))

    assert refusal(a("sqs", **keys).create_queue, QueueName=fresh("queue"))[0] == "AccessDenied"
    assert made(keys, queue(fresh("queue")))[0] == "CREATE_COMPLETE"

    a("sqs", **itself).create_queue(QueueName=fresh("queue"))
    assert made(itself, queue(fresh("queue")))[0] == "CREATE_FAILED"


def test_a_policy_about_addresses_shuts_out_the_stack_whose_caller_it_lets_in(a, made, user):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_deny-ip.html."""
    elsewhere = {"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}}
    deny = {"Effect": "Deny", "Action": "sqs:*", "Resource": "*", "Condition": elsewhere}
    apart = {**deny, "Condition": {**elsewhere, "Bool": {"aws:ViaAWSService": "false"}}}
    _, shut_out = user(STACKS, allow("sqs:*"), deny)
    _, let_in = user(STACKS, allow("sqs:*"), apart)

    a("sqs", **shut_out).create_queue(QueueName=fresh("queue"))
    status, why = made(shut_out, queue(fresh("queue")))
    assert (status, "with an explicit deny" in why) == ("CREATE_FAILED", True)
    assert made(let_in, queue(fresh("queue")))[0] == "CREATE_COMPLETE"


def test_a_stack_with_a_role_has_the_roles_permissions_from_then_on(a, ended, user, role, journals):
    arn = role("cloudformation.amazonaws.com", allow("sqs:*"))
    _, passes = user(STACKS, allow("iam:PassRole", arn))
    _, other = user(STACKS)
    name, q = fresh("stack"), fresh("queue")

    stack = a("cloudformation", **passes).create_stack(StackName=name, TemplateBody=queue(q), RoleARN=arn)["StackId"]
    assert ended(stack)[0] == "CREATE_COMPLETE"
    a("cloudformation", **other).update_stack(StackName=name, TemplateBody=queue(f"{q}b"))
    assert ended(stack)[0] == "UPDATE_COMPLETE"
    a("cloudformation", **other).delete_stack(StackName=name)
    assert ended(stack)[0] == "DELETE_COMPLETE"

    session = f"arn:aws:sts::{A}:assumed-role/{arn.rpartition('/')[2]}/AWSCloudFormation"
    for action in ("sqs:CreateQueue", "sqs:DeleteQueue"):
        lines = journals.lines(principal=session, action=action)
        assert lines
        assert all(line["context"]["aws:viaawsservice"] == "false" for line in lines)


def test_a_role_that_does_not_trust_cloudformation_is_refused_before_anything_is_made(a, made, user, role):
    _, keys = user(STACKS, allow("iam:PassRole"))
    trusting, other = role("cloudformation.amazonaws.com", allow("sqs:*")), role("lambda.amazonaws.com", allow("sqs:*"))
    name, q = fresh("stack"), fresh("queue")
    create = a("cloudformation", **keys).create_stack

    refused = refusal(create, StackName=name, TemplateBody=queue(q), RoleARN=other)
    assert refused == ("ValidationError", 400, f"Role {other} is invalid or cannot be assumed")
    assert refusal(a("cloudformation").describe_stacks, StackName=name)[0] == "ValidationError"

    assert made(keys, queue(q), RoleARN=trusting)[0] == "CREATE_COMPLETE"


def test_a_refused_request_leaves_a_stack_its_role(a, ended, user, role):
    right = role("cloudformation.amazonaws.com", allow("sqs:*"))
    wrong = role("lambda.amazonaws.com", allow("sqs:*"))
    _, keys = user(STACKS, allow("iam:PassRole"))
    cloudformation, name, q = a("cloudformation", **keys), fresh("stack"), fresh("queue")
    stack = cloudformation.create_stack(StackName=name, TemplateBody=queue(q), RoleARN=right)["StackId"]
    assert ended(stack)[0] == "CREATE_COMPLETE"

    template = queue(f"{q}b")
    assert refusal(cloudformation.update_stack, StackName=name, TemplateBody=template, RoleARN=wrong)[1] == 400
    cloudformation.delete_stack(StackName=name)
    assert ended(stack)[0] == "DELETE_COMPLETE"


def test_a_change_set_is_executed_with_the_permissions_of_whoever_executes_it(a, ended, user):
    _, creator = user(STACKS)
    _, executor = user(STACKS, allow("sqs:*"))
    name = fresh("stack")
    asked = {"StackName": name, "ChangeSetName": "c", "ChangeSetType": "CREATE", "TemplateBody": queue(fresh("queue"))}
    stack = a("cloudformation", **creator).create_change_set(**asked)["StackId"]
    a("cloudformation").get_waiter("change_set_create_complete").wait(
        StackName=name, ChangeSetName="c", WaiterConfig={"Delay": 1}
    )

    a("cloudformation", **executor).execute_change_set(StackName=name, ChangeSetName="c")

    assert ended(stack)[0] == "CREATE_COMPLETE"


def test_a_change_sets_role_is_the_stacks_only_once_it_is_executed(a, ended, user, role):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html#API_CreateChangeSet_RequestParameters."""
    _, keys = user(STACKS, allow("iam:PassRole"))
    cloudformation, name, q = a("cloudformation", **keys), fresh("stack"), fresh("queue")
    nothing, queues = (role("cloudformation.amazonaws.com", allow(what)) for what in ("sns:*", "sqs:*"))
    stack = cloudformation.create_stack(StackName=name, TemplateBody=queue(q), RoleARN=queues)["StackId"]
    assert ended(stack)[0] == "CREATE_COMPLETE"
    asked = {"StackName": name, "ChangeSetName": "c", "RoleARN": nothing, "TemplateBody": queue(f"{q}c")}
    cloudformation.create_change_set(**asked)
    done = a("cloudformation").get_waiter("change_set_create_complete")
    done.wait(StackName=name, ChangeSetName="c", WaiterConfig={"Delay": 1})

    cloudformation.update_stack(StackName=name, TemplateBody=queue(f"{q}b"))
    assert ended(stack)[0] == "UPDATE_COMPLETE"
    assert a("sqs").get_queue_url(QueueName=f"{q}b")

    cloudformation.execute_change_set(StackName=name, ChangeSetName="c")
    assert f"assumed-role/{nothing.rpartition('/')[2]}/" in ended(stack)[1]
    assert refusal(a("sqs").get_queue_url, QueueName=f"{q}c")[0].endswith("NonExistentQueue")


def test_a_users_own_key_reaches_iam_and_its_session_without_mfa_does_not(a, made, user):
    _, keys = user(allow("*"))
    resource = {"RoleName": fresh("role"), "AssumeRolePolicyDocument": json.loads(trust("lambda.amazonaws.com"))}
    template = json.dumps({"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": resource}}})
    session = keys_of(a("sts", **keys).get_session_token()["Credentials"])

    status, why = made(session, template)
    assert (status, "InvalidClientTokenId" in why) == ("CREATE_FAILED", True)
    assert made(keys, template)[0] == "CREATE_COMPLETE"


def test_a_template_in_a_bucket_and_a_parameter_are_read_by_the_caller(a, ended, user, journals):
    bucket, parameter, q = fresh("templates"), f"/{fresh('parameter')}", fresh("queue")
    a("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    typed = {"Type": "AWS::SSM::Parameter::Value<String>", "Default": parameter}
    template = json.loads(queue({"Ref": "P"})) | {"Parameters": {"P": typed}}
    a("s3").put_object(Bucket=bucket, Key="t.json", Body=json.dumps(template))
    a("ssm").put_parameter(Name=parameter, Value=q, Type="String")
    url = f"https://{bucket}.s3.{REGION}.amazonaws.com/t.json"
    name, blind = user(STACKS, allow("sqs:*"))
    _, sees = user(STACKS, allow(["sqs:*", "s3:GetObject", "ssm:GetParameter", "ssm:GetParameters"]))

    code, _, message = refusal(a("cloudformation", **blind).create_stack, StackName=fresh("stack"), TemplateURL=url)
    assert (code, message.startswith("S3 error: ")) == ("ValidationError", True)
    assert "s3:GetObject" in message
    (line,) = journals.lines(principal=f"arn:aws:iam::{A}:user/{name}", action="s3:GetObject")
    assert (line["decision"], line["resource"]) == ("implicit_deny", f"arn:aws:s3:::{bucket}/t.json")

    stack = a("cloudformation", **sees).create_stack(StackName=fresh("stack"), TemplateURL=url)["StackId"]
    assert ended(stack)[0] == "CREATE_COMPLETE"
    assert a("sqs").get_queue_url(QueueName=q)["QueueUrl"].endswith(q)


def test_nothing_is_lent_beyond_the_request(a, made, user, journals):
    """A thread of the server that served a stack's request serves others: its internal calls are not the caller's."""
    name, keys = user(allow("*"))
    assert made(keys, queue(fresh("queue")))[0] == "CREATE_COMPLETE"

    parameter = fresh("parameter")
    a("ssm").put_parameter(Name=parameter, Value="x", Type="String")
    _, reader = user(allow("ssm:*"))
    assert a("ssm", **reader).get_parameters(Names=[parameter])["Parameters"]

    actions = {line["action"] for line in journals.lines(principal=f"arn:aws:iam::{A}:user/{name}", kind="decision")}
    assert {action for action in actions if not action.startswith(("cloudformation:", "sqs:"))} == set()


def test_a_stack_whose_reference_its_caller_may_not_read_is_not_complete(a, made, user, journals):
    name = fresh("parameter")
    a("ssm").put_parameter(Name=name, Value="shown", Type="String")
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": f"{{{{resolve:ssm:{name}}}}}"}}
    template = json.dumps({"Resources": {"T": topic}})
    _, blind = user(STACKS, allow("sns:*"))
    _, sees = user(STACKS, allow("sns:*"), allow("ssm:GetParameter", f"arn:aws:ssm:*:*:parameter/{name}"))

    status, why = made(blind, template)

    assert status in {"CREATE_FAILED", "ROLLBACK_COMPLETE"}, why
    assert "ssm:GetParameter" in why
    assert made(sees, template)[0] == "CREATE_COMPLETE"


def test_an_update_that_its_caller_may_not_make_is_not_complete(a, ended, user, journals):
    name, stack = fresh("parameter"), fresh("stack")

    def valued(value):
        given = {"Name": name, "Type": "String", "Value": value}
        template = {"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": given}}}
        return {"StackName": stack, "TemplateBody": json.dumps(template)}

    ended(a("cloudformation").create_stack(**valued("first"))["StackId"])
    refused, may_not = user(STACKS)
    _, may = user(STACKS, allow("ssm:*"))

    a("cloudformation", **may_not).update_stack(**valued("second"))
    assert ended(stack)[0] == "UPDATE_FAILED"
    (line,) = journals.lines(principal=f"arn:aws:iam::{A}:user/{refused}", action="ssm:PutParameter")
    assert (line["decision"], line["because"][0]["layer"]) == ("implicit_deny", "identity")
    assert a("ssm").get_parameter(Name=name)["Parameter"]["Value"] == "first"

    a("cloudformation", **may).update_stack(**valued("second"))
    assert ended(stack)[0] == "UPDATE_COMPLETE"
    assert a("ssm").get_parameter(Name=name)["Parameter"]["Value"] == "second"
