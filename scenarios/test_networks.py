"""Where a request comes from: A's table is for one VPC's endpoint, and for callers of one address."""

import json

import pytest
from attempts import allow

from harness.errors import UsageError
from harness.scenario import eventually, statement, trust

INSIDE = {"vpc": "vpc-0a1b2c3d", "vpc_endpoint": "vpce-0a1b2c3d", "source_ip": "10.0.0.7"}


@pytest.fixture(scope="module")
def table(harness):
    """A table of A, and its ARN."""
    dynamodb = harness.account("account_a").client("dynamodb")
    made = dynamodb.create_table(
        TableName="networks",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )["TableDescription"]
    yield made["TableArn"]
    dynamodb.delete_table(TableName="networks")


@pytest.fixture
def attach(harness, table):
    """Gives the table a policy of one statement, until the test is over."""
    dynamodb = harness.account("account_a").client("dynamodb")

    def put(one):
        policy = {"Version": "2012-10-17", "Statement": [{"Action": "dynamodb:PutItem", "Resource": table, **one}]}
        dynamodb.put_resource_policy(ResourceArn=table, Policy=json.dumps(policy))

    yield put
    dynamodb.delete_resource_policy(ResourceArn=table)


def put(user):
    return lambda: user.client("dynamodb").put_item(TableName="networks", Item={"id": {"S": "x"}})


def test_an_address_is_where_the_account_is_said_to_call_from(harness, principals, table, allowed, denied):
    office = {"aws:SourceIp": "203.0.113.0/24"}
    user = principals.user(harness.account("account_a"), allow("dynamodb:PutItem", table, IpAddress=office))

    denied(put(user), by="caller/identity")
    with harness.calls_from("account_a", source_ip="203.0.113.7"):
        allowed(put(user))
    denied(put(user), by="caller/identity")


def test_a_table_is_shut_to_whoever_does_not_come_through_the_endpoint(
    harness, principals, table, attach, allowed, denied
):
    outside = {"StringNotEquals": {"aws:SourceVpce": INSIDE["vpc_endpoint"]}}
    user = principals.user(harness.account("account_a"), statement("dynamodb:PutItem", table))
    attach({"Effect": "Deny", "Principal": "*", "Condition": outside})

    denied(put(user), by="owner/resource", explicit=True)
    with harness.calls_from("account_a", **INSIDE):
        allowed(put(user))
    with harness.calls_from("account_a", vpc="vpc-0a1b2c3d", vpc_endpoint="vpce-ffffffff"):
        denied(put(user), by="owner/resource", explicit=True)


def test_a_private_address_is_none_of_the_internets(harness, principals, table, allowed, denied):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-vpcsourceip."""
    a = harness.account("account_a")
    there = {"aws:SourceIp": "10.0.0.0/8"}, {"aws:VpcSourceIp": "10.0.0.0/8"}
    public, private = (principals.user(a, allow("dynamodb:PutItem", table, IpAddress=one)) for one in there)

    with harness.calls_from("account_a", **INSIDE):
        denied(put(public), by="caller/identity")
        allowed(put(private))


def test_another_accounts_door_says_where_its_callers_come_from(harness, principals, table, attach, allowed, denied):
    b = harness.account("account_b")
    through = {"StringEquals": {"aws:VpceAccount": b.id, "aws:SourceVpc": INSIDE["vpc"]}}
    attach({"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{b.id}:root"}, "Condition": through})
    user = principals.user(b, statement("dynamodb:PutItem"))

    def there():
        return user.client("dynamodb").put_item(TableName=table, Item={"id": {"S": "x"}})

    denied(there, by="owner/resource")
    with harness.calls_from("account_a", **INSIDE):
        denied(there, by="owner/resource")
    with harness.calls_from(b, **INSIDE):
        allowed(there)


@pytest.mark.usefixtures("table")
def test_an_endpoints_policy_says_what_it_lets_through(harness, principals, allowed, denied):
    """As in a data perimeter: nothing of other accounts leaves by this endpoint.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html
    """
    a, b = harness.account("account_a"), harness.account("account_b")
    own = {"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}
    through = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": own}
    perimeter = {"Version": "2012-10-17", "Statement": [through]}
    user = principals.user(a, statement(["dynamodb:PutItem", "sts:AssumeRole"]))
    role = principals.role(b, trust({"AWS": user.arn}))

    with harness.calls_from("account_a", **INSIDE, vpc_endpoint_policy=perimeter):
        allowed(put(user))
        denied(lambda: user.assume(role), by="owner/vpc_endpoint")
    allowed(lambda: user.assume(role))


def test_services_go_by_ways_of_their_own(harness):
    """What a topic delivers comes through no endpoint of the client's, whatever that endpoint lets through."""
    a = harness.account("account_a")
    sns, sqs = a.client("sns"), a.client("sqs")
    url = sqs.create_queue(QueueName="networks")["QueueUrl"]
    arn = f"arn:aws:sqs:{a.region}:{a.id}:networks"
    topic = sns.create_topic(Name="networks")["TopicArn"]
    to_queue = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    sqs.set_queue_attributes(
        QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [to_queue]})}
    )
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    only_publishing = {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [only_publishing]}

    with harness.calls_from("account_a", **INSIDE, vpc_endpoint_policy=policy):
        with pytest.raises(sqs.exceptions.ClientError, match="VPC endpoint policy"):
            sqs.receive_message(QueueUrl=url)
        sns.publish(TopicArn=topic, Message="x")
    eventually("the message", lambda: sqs.receive_message(QueueUrl=url).get("Messages"), within=60)
    sqs.delete_queue(QueueUrl=url)
    sns.delete_topic(TopicArn=topic)


def test_what_is_no_place_is_refused_by_name(harness):
    for place, said in (
        ({"source_ip": "the office"}, "source_ip"),
        ({"vpc": "vpc-0a1b2c3d"}, "both `vpc` and `vpc_endpoint`"),
        ({"vpc": "vpc-0a1b2c3d", "vpc_endpoint": "mine"}, "vpc_endpoint"),
        ({"vpc_endpoint_policy": statement("s3:*")}, "needs its `vpc_endpoint`"),
        ({**INSIDE, "vpc_endpoint_policy": {"Statement": []}}, "vpc_endpoint_policy"),
    ):
        with pytest.raises(UsageError, match=said), harness.calls_from("account_a", **place):
            pass
