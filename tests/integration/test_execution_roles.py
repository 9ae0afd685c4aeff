"""A function's role is taken once it may do what the function's configuration needs of it."""

import pytest
from aws import REGION, A, allow, document, fresh, function_code, refusal, trust, user

INTERFACES = ["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"]
LOOKS = ["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"]
REFUSED = "The provided execution role does not have permissions to call"


@pytest.fixture
def role(a):
    """A role's ARN, and how to give it policies."""

    def make(*statements):
        name = fresh("role")
        arn = a("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))["Role"]["Arn"]
        give(arn, *statements)
        return arn

    def give(arn, *statements):
        policy = {"RoleName": arn.rpartition("/")[2], "PolicyName": "p"}
        if statements:
            a("iam").put_role_policy(**policy, PolicyDocument=document(*statements))

    make.give = give
    return make


@pytest.fixture
def create(a):
    def make(role, **more):
        name = fresh("function")
        a("lambda").create_function(
            FunctionName=name,
            Role=role,
            Runtime="python3.13",
            Handler="f.h",
            Code={"ZipFile": function_code("")},
            **more,
        )
        a("lambda").get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        return name

    return make


def test_a_dead_letter_queue_wants_a_role_that_may_send_to_it(a, role, create, journals):
    queue, other = (f"arn:aws:sqs:{REGION}:{A}:{fresh('dead')}" for _ in range(2))
    for arn in (queue, other):
        a("sqs").create_queue(QueueName=arn.rpartition(":")[2])
    runs_as = role(allow("sqs:SendMessage", other))
    dead = {"DeadLetterConfig": {"TargetArn": queue}}
    said = ("InvalidParameterValueException", 400, f"{REFUSED} SendMessage on SQS")

    assert refusal(create, runs_as, **dead) == said
    line = journals.lines(action="sqs:SendMessage", resource=queue, decision="implicit_deny")[-1]
    assert line["principal"].startswith(f"arn:aws:sts::{A}:assumed-role/{runs_as.rpartition('/')[2]}/function")
    assert line["because"][0]["layer"] == "identity"
    name = create(runs_as)
    assert refusal(a("lambda").update_function_configuration, FunctionName=name, **dead) == said
    role.give(runs_as, allow("sqs:SendMessage", queue))
    a("lambda").update_function_configuration(FunctionName=name, **dead)
    a("lambda").get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    assert refusal(a("lambda").update_function_configuration, FunctionName=name, Role=role()) == said
    assert create(runs_as, **dead)


def test_a_dead_letter_topic_wants_a_role_that_may_publish_to_it(a, role, create):
    topic = a("sns").create_topic(Name=fresh("dead"))["TopicArn"]
    dead = {"DeadLetterConfig": {"TargetArn": topic}}

    assert refusal(create, role(), **dead)[2] == f"{REFUSED} Publish on SNS"
    assert create(role(allow("sns:Publish", topic)), **dead)


def test_a_network_wants_a_role_that_may_make_its_interface(a, role, create, journals):
    ec2 = a("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName=fresh("group"), Description="d", VpcId=vpc)["GroupId"]
    network = {"VpcConfig": {"SubnetIds": [subnet], "SecurityGroupIds": [group]}}
    said = ("InvalidParameterValueException", 400, f"{REFUSED} CreateNetworkInterface on EC2")
    here = f"arn:aws:ec2:{REGION}:{A}"

    assert refusal(create, role(), **network) == said
    assert refusal(create, role(allow(INTERFACES, f"{here}:subnet/{subnet}x")), **network) == said
    (line, *_) = journals.lines(action="ec2:CreateNetworkInterface", decision="implicit_deny")
    assert line["operation"] == "CreateFunction"
    only = [f"{here}:subnet/{subnet}", f"{here}:security-group/{group}", f"{here}:network-interface/*"]
    name = create(role(allow(INTERFACES, only)), **network)
    assert refusal(a("lambda").update_function_configuration, FunctionName=name, Role=role()) == said
    a("lambda").update_function_configuration(FunctionName=name, Description="d")

    blind = a("lambda", **user(a, allow("lambda:*")))
    looks = a("lambda", **user(a, allow("lambda:*"), allow(LOOKS)))
    code, _, message = refusal(blind.update_function_configuration, FunctionName=name, **network)
    assert (code, "ec2:DescribeSecurityGroups" in message) == ("AccessDeniedException", True)
    blind.update_function_configuration(FunctionName=name, VpcConfig={"SubnetIds": [], "SecurityGroupIds": []})
    looks.update_function_configuration(FunctionName=name, **network)
