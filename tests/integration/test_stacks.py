"""CloudFormation's rules: capabilities, protected stacks, what a refusal leaves, and buckets as templates mostly have them."""

import json

import pytest
from aws import REGION, allow, document, fresh, refusal, trust, user

STACKS = allow("cloudformation:*")


def template(type_, **properties):
    return json.dumps({"Resources": {"R": {"Type": type_, "Properties": properties}}})


def made(client, body, **more):
    return client.create_stack(StackName=fresh("stack"), TemplateBody=body, **more)["StackId"]


def test_a_bucket_without_a_list_is_made_by_create_bucket_alone(a, ended):
    name = fresh("bucket")
    may = a("cloudformation", **user(a, STACKS, allow("s3:CreateBucket")))
    may_not = a("cloudformation", **user(a, STACKS))

    status, why = ended(made(may_not, template("AWS::S3::Bucket", BucketName=name)))
    assert (status, "s3:CreateBucket" in why) == ("CREATE_FAILED", True)
    assert refusal(a("s3").head_bucket, Bucket=name)[1] == 404
    assert ended(made(may, template("AWS::S3::Bucket", BucketName=name)))[0] == "CREATE_COMPLETE"
    assert a("s3").head_bucket(Bucket=name)["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert (
        ended(made(a("cloudformation"), json.dumps({"Resources": {"R": {"Type": "AWS::S3::Bucket"}}})))[0]
        == "CREATE_COMPLETE"
    )


def test_a_bucket_has_a_list_where_its_owner_may_be_another(a, ended):
    rules = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    listed = {"AccessControl": "LogDeliveryWrite"}

    status, why = ended(made(a("cloudformation"), template("AWS::S3::Bucket", BucketName=fresh("bucket"), **listed)))
    assert (status, "ObjectOwnership" in why) == ("CREATE_FAILED", True)
    owned = template("AWS::S3::Bucket", BucketName=fresh("bucket"), OwnershipControls=rules, **listed)
    assert ended(made(a("cloudformation"), owned))[0] == "CREATE_COMPLETE"


@pytest.mark.parametrize(
    ("named", "missing", "enough"),
    [
        ({}, "CAPABILITY_IAM", ["CAPABILITY_IAM"]),
        ({}, "CAPABILITY_IAM", ["CAPABILITY_NAMED_IAM"]),
        ({"RoleName": "named"}, "CAPABILITY_NAMED_IAM", ["CAPABILITY_NAMED_IAM"]),
    ],
)
def test_iams_resources_are_made_by_who_says_so(a, ended, named, missing, enough):
    given = {name: fresh(value) for name, value in named.items()}
    body = template("AWS::IAM::Role", AssumeRolePolicyDocument=json.loads(trust("lambda.amazonaws.com")), **given)
    cloudformation, name = a("cloudformation"), fresh("stack")
    less = ["CAPABILITY_IAM"] if missing == "CAPABILITY_NAMED_IAM" else ["CAPABILITY_AUTO_EXPAND"]
    said = ("InsufficientCapabilitiesException", 400, f"Requires capabilities : [{missing}]")

    for capabilities in ([], less):
        asked = {"StackName": name, "TemplateBody": body, "Capabilities": capabilities}
        assert refusal(cloudformation.create_stack, **asked) == said
        assert refusal(cloudformation.create_change_set, ChangeSetName="c", ChangeSetType="CREATE", **asked) == said
    assert refusal(cloudformation.describe_stacks, StackName=name)[0] == "ValidationError"
    assert cloudformation.validate_template(TemplateBody=body)
    stack = made(cloudformation, body, Capabilities=enough)
    assert ended(stack)[0] == "CREATE_COMPLETE"
    assert refusal(cloudformation.update_stack, StackName=stack, TemplateBody=body) == said


def test_a_protected_stack_is_deleted_once_it_is_not(a, ended):
    cloudformation, body = a("cloudformation"), template("AWS::SNS::Topic")
    protected = made(cloudformation, body, EnableTerminationProtection=True)
    other = made(cloudformation, body)
    assert (ended(protected)[0], ended(other)[0]) == ("CREATE_COMPLETE", "CREATE_COMPLETE")
    name = protected.split("/")[1]

    for named in (protected, name):
        code, status, message = refusal(cloudformation.delete_stack, StackName=named)
        assert (code, status) == ("ValidationError", 400)
        assert message == f"Stack [{name}] cannot be deleted while TerminationProtection is enabled"
    cloudformation.update_termination_protection(StackName=other, EnableTerminationProtection=True)
    assert refusal(cloudformation.delete_stack, StackName=other)[0] == "ValidationError"
    cloudformation.update_termination_protection(StackName=name, EnableTerminationProtection=False)
    cloudformation.delete_stack(StackName=name)
    assert ended(protected)[0] == "DELETE_COMPLETE"


def test_a_stack_whose_resources_its_caller_may_not_delete_stays(a, ended, journals):
    topic = fresh("topic")
    stack = made(a("cloudformation"), template("AWS::SNS::Topic", TopicName=topic))
    assert ended(stack)[0] == "CREATE_COMPLETE"
    keys = user(a, STACKS)

    a("cloudformation", **keys).delete_stack(StackName=stack)

    assert ended(stack)[0] == "DELETE_FAILED"
    (line,) = journals.lines(action="sns:DeleteTopic", decision="implicit_deny")
    assert line["because"][0]["layer"] == "identity"
    assert any(one["TopicArn"].endswith(f":{topic}") for one in a("sns").list_topics()["Topics"])
    a("cloudformation", **user(a, STACKS, allow("sns:DeleteTopic"))).delete_stack(StackName=stack)
    assert ended(stack)[0] == "DELETE_COMPLETE"
    assert not any(one["TopicArn"].endswith(f":{topic}") for one in a("sns").list_topics()["Topics"])


def test_a_role_of_the_stacks_own_is_deleted_with_the_permission_for_it(a, ended):
    role = fresh("role")
    body = template("AWS::IAM::Role", RoleName=role, AssumeRolePolicyDocument=json.loads(trust("lambda.amazonaws.com")))
    stack = made(a("cloudformation"), body, Capabilities=["CAPABILITY_NAMED_IAM"])
    assert ended(stack)[0] == "CREATE_COMPLETE"
    policy = document(allow("sqs:*"))
    a("iam").put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=policy)
    a("iam").delete_role_policy(RoleName=role, PolicyName="p")

    a("cloudformation", **user(a, STACKS, allow("iam:Get*"))).delete_stack(StackName=stack)
    assert ended(stack)[0] == "DELETE_FAILED"
    a("cloudformation").delete_stack(StackName=stack)
    assert ended(stack)[0] == "DELETE_COMPLETE"


ROLE = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": json.loads(trust("lambda.amazonaws.com"))}}


def test_a_nested_stack_has_its_parents_capabilities(a, ended):
    bucket = fresh("templates")
    a("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    a("s3").put_object(Bucket=bucket, Key="t.json", Body=json.dumps({"Resources": {"R": ROLE}}))
    body = template("AWS::CloudFormation::Stack", TemplateURL=f"https://{bucket}.s3.{REGION}.amazonaws.com/t.json")

    status, why = ended(made(a("cloudformation"), body))
    assert (status, "Requires capabilities : [CAPABILITY_IAM]" in why) == ("CREATE_FAILED", True), why
    assert ended(made(a("cloudformation"), body, Capabilities=["CAPABILITY_IAM"]))[0] == "CREATE_COMPLETE"


def test_what_a_macro_makes_of_a_template_needs_its_capabilities(a, ended):
    each = {"Fn::ForEach::Roles": ["Name", ["One", "Two"], {"Role${Name}": ROLE}]}
    body = json.dumps({"Transform": "AWS::LanguageExtensions", "Resources": each})
    cloudformation, name = a("cloudformation"), fresh("stack")
    expands = {"StackName": name, "TemplateBody": body, "Capabilities": ["CAPABILITY_AUTO_EXPAND"]}

    assert refusal(cloudformation.create_stack, **expands)[::2] == (
        "InsufficientCapabilitiesException",
        "Requires capabilities : [CAPABILITY_IAM]",
    )
    assert refusal(cloudformation.describe_stacks, StackName=name)[0] == "ValidationError"
    both = [*expands["Capabilities"], "CAPABILITY_IAM"]
    assert ended(cloudformation.create_stack(**{**expands, "Capabilities": both})["StackId"])[0] == "CREATE_COMPLETE"


def test_nested_stacks_are_protected_with_the_one_that_has_them(a, ended):
    bucket, cloudformation = fresh("templates"), a("cloudformation")
    a("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})

    def nesting(name, body):
        a("s3").put_object(Bucket=bucket, Key=name, Body=body)
        return template("AWS::CloudFormation::Stack", TemplateURL=f"https://{bucket}.s3.{REGION}.amazonaws.com/{name}")

    body = nesting("middle.json", nesting("inner.json", template("AWS::SNS::Topic")))
    outer = made(cloudformation, body, EnableTerminationProtection=True)
    assert ended(outer)[0] == "CREATE_COMPLETE"
    middle = of_stack(cloudformation, outer)
    inner = of_stack(cloudformation, middle)

    for stack in (outer, middle, inner):
        assert refusal(cloudformation.delete_stack, StackName=stack)[0] == "ValidationError"
    cloudformation.update_termination_protection(StackName=outer, EnableTerminationProtection=False)
    cloudformation.delete_stack(StackName=inner)
    assert ended(inner)[0] == "DELETE_COMPLETE"


def of_stack(cloudformation, stack):
    """The id of the nested stack that a stack has."""
    told = cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId="R")
    return told["StackResourceDetail"]["PhysicalResourceId"]
