"""A function's role is taken once it may do what the function's configuration needs of it."""

import pytest
from aws import REGION, A, allow, document, fresh, function_code, refusal, user

INTERFACES = ["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"]
LOOKS = ["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"]
INVALID = "InvalidParameterValueException"
REFUSED = "The provided execution role does not have permissions to call"


def give(a, role, statement):
    a("iam").put_role_policy(RoleName=role.rpartition("/")[2], PolicyName="p", PolicyDocument=document(statement))


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


def test_a_dead_letter_queue_wants_a_role_that_may_send_to_it(a, here, create, journals):
    queue, other = (f"arn:aws:sqs:{REGION}:{A}:{fresh('dead')}" for _ in range(2))
    for arn in (queue, other):
        a("sqs").create_queue(QueueName=arn.rpartition(":")[2])
    runs_as = here.role("lambda", allow("sqs:SendMessage", other))
    dead = {"DeadLetterConfig": {"TargetArn": queue}}
    said = (INVALID, 400, f"{REFUSED} SendMessage on SQS")

    assert refusal(create, runs_as, **dead) == said
    line = journals.lines(action="sqs:SendMessage", resource=queue, decision="implicit_deny")[-1]
    assert line["principal"].startswith(f"arn:aws:sts::{A}:assumed-role/{runs_as.rpartition('/')[2]}/function")
    assert line["because"][0]["layer"] == "identity"
    name = create(runs_as)
    assert refusal(a("lambda").update_function_configuration, FunctionName=name, **dead) == said
    give(a, runs_as, allow("sqs:SendMessage", queue))
    a("lambda").update_function_configuration(FunctionName=name, **dead)
    a("lambda").get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    assert refusal(a("lambda").update_function_configuration, FunctionName=name, Role=here.role("lambda")) == said
    assert create(runs_as, **dead)


def test_a_role_that_is_not_there_is_refused_as_such(a, create):
    topic = a("sns").create_topic(Name=fresh("dead"))["TopicArn"]
    missing = f"arn:aws:iam::{A}:role/missing"

    said = refusal(create, missing, DeadLetterConfig={"TargetArn": topic})
    assert said[2] == "The role defined for the function cannot be assumed by Lambda."


def test_the_roles_session_has_the_functions_name_however_it_is_named(a, here, create, journals):
    topic = a("sns").create_topic(Name=fresh("dead"))["TopicArn"]
    name, other = create(here.role("lambda")), here.role("lambda")
    function = f"arn:aws:lambda:{REGION}:{A}:function:{name}"
    changed = {"Role": other, "DeadLetterConfig": {"TargetArn": topic}}

    assert refusal(a("lambda").update_function_configuration, FunctionName=function, **changed)[0] == INVALID
    (line,) = journals.lines(action="sns:Publish", resource=topic, decision="implicit_deny")
    assert line["principal"] == f"arn:aws:sts::{A}:assumed-role/{other.rpartition('/')[2]}/{name}"


def test_what_tells_of_the_client_tells_nothing_of_lambda(a, here, create):
    queue = f"arn:aws:sqs:{REGION}:{A}:{fresh('dead')}"
    a("sqs").create_queue(QueueName=queue.rpartition(":")[2])
    agents = {"StringLike": {"aws:UserAgent": "Boto3*"}}
    dead = {"DeadLetterConfig": {"TargetArn": queue}}

    assert (
        refusal(create, here.role("lambda", allow("sqs:SendMessage", queue, Condition=agents)), **dead)[2]
        == f"{REFUSED} SendMessage on SQS"
    )
    assert create(here.role("lambda", allow("sqs:SendMessage", queue)), **dead)


def test_a_dead_letter_topic_wants_a_role_that_may_publish_to_it(a, here, create):
    topic = a("sns").create_topic(Name=fresh("dead"))["TopicArn"]
    dead = {"DeadLetterConfig": {"TargetArn": topic}}

    assert refusal(create, here.role("lambda"), **dead)[2] == f"{REFUSED} Publish on SNS"
    assert create(here.role("lambda", allow("sns:Publish", topic)), **dead)


def test_a_network_wants_a_role_that_may_make_its_interface(a, here, create, journals):
    ec2 = a("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName=fresh("group"), Description="d", VpcId=vpc)["GroupId"]
    network = {"VpcConfig": {"SubnetIds": [subnet], "SecurityGroupIds": [group]}}
    said = (INVALID, 400, f"{REFUSED} CreateNetworkInterface on EC2")
    place = f"arn:aws:ec2:{REGION}:{A}"

    assert refusal(create, here.role("lambda"), **network) == said
    assert refusal(create, here.role("lambda", allow(INTERFACES, f"{place}:subnet/{subnet}x")), **network) == said
    (line, *_) = journals.lines(action="ec2:CreateNetworkInterface", decision="implicit_deny")
    assert line["operation"] == "CreateFunction"
    only = [f"{place}:subnet/{subnet}", f"{place}:security-group/{group}", f"{place}:network-interface/*"]
    name = create(here.role("lambda", allow(INTERFACES, only)), **network)
    assert refusal(a("lambda").update_function_configuration, FunctionName=name, Role=here.role("lambda")) == said
    a("lambda").update_function_configuration(FunctionName=name, Description="d")

    blind = a("lambda", **user(a, allow("lambda:*")))
    looks = a("lambda", **user(a, allow("lambda:*"), allow(LOOKS)))
    code, _, message = refusal(blind.update_function_configuration, FunctionName=name, **network)
    assert (code, "ec2:DescribeSecurityGroups" in message) == ("AccessDeniedException", True)
    blind.update_function_configuration(FunctionName=name, VpcConfig={"SubnetIds": [], "SecurityGroupIds": []})
    looks.update_function_configuration(FunctionName=name, **network)
