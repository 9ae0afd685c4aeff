"""What is executed is what was decided, wherever else a request names another operation or another resource.

Some services read the request a second time, by rules of their own.
"""

import urllib.parse
from dataclasses import replace

import boto3
import pytest
from aws import A, allow, document
from botocore.exceptions import ClientError
from raw import FORM, Call, send, signed, target


@pytest.fixture(scope="module")
def reader(a):
    """May read, and change nothing."""
    iam = a("iam")
    iam.create_user(UserName="reader")
    reads = ["iam:GetUser", "ec2:DescribeVpcs", "ssm:DescribeParameters", "logs:DescribeLogGroups"]
    mine = allow("ssm:GetParameter", f"arn:aws:ssm:us-west-2:{A}:parameter/mine")
    here = allow("dynamodb:*", "*", Condition={"StringEquals": {"aws:RequestedRegion": "us-west-2"}})
    iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=document(allow(reads), mine, here))
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


@pytest.fixture(scope="module")
def ask(accounts, reader):
    """Sends a call as the reader."""
    url = accounts["one"]["endpoint_url"]
    return lambda call: send(url, signed(url, call, reader))


def form(service, url="", content_type=FORM, region="us-west-2", **parameters):
    body = urllib.parse.urlencode(parameters).encode()
    return Call(service, path=f"/{url}", body=body, headers=(("Content-Type", content_type),), region=region)


def by_target(service, name, url="", **params):
    made = target(service, name, "1.1", **params)
    return Call(service, path=f"/{url}", body=made.body, headers=made.headers)


EVERYTHING = document(allow("*"))
PUT = {"Action": "PutUserPolicy", "Version": "2010-05-08", "UserName": "reader", "PolicyName": "stolen", "PolicyDocument": EVERYTHING}  # fmt: skip


@pytest.mark.parametrize("content_type", [FORM, "text/plain"])
def test_an_action_in_the_url_is_not_another_in_the_form(ask, a, content_type):
    answer = ask(form("iam", "?Action=GetUser&Version=2010-05-08", content_type, region="us-east-1", **PUT))

    assert (answer.status, "<UserName>reader</UserName>" in answer.text) == (200, True)
    assert a("iam").list_user_policies(UserName="reader")["PolicyNames"] == ["p"]
    assert ask(form("iam", region="us-east-1", **PUT)).code == "AccessDenied"


def test_the_same_for_ec2(ask, a):
    before = a("ec2").describe_vpcs()["Vpcs"]
    create = {"Action": "CreateVpc", "Version": "2016-11-15", "CidrBlock": "10.9.0.0/16"}

    assert ask(form("ec2", "?Action=DescribeVpcs&Version=2016-11-15", **create)).status == 200
    assert a("ec2").describe_vpcs()["Vpcs"] == before
    assert ask(form("ec2", **create)).code == "UnauthorizedOperation"


def test_a_parameter_is_read_where_it_was_decided(ask, a):
    """A body that is no form says nothing beside a URL that says all."""
    iam = a("iam")
    iam.create_user(UserName="reads-itself")
    in_json = Call("iam", path="/?Action=GetUser&Version=2010-05-08", body=b'{"UserName": "reads-itself"}', headers=(("Content-Type", "text/plain"),), region="us-east-1")  # fmt: skip

    answer = ask(in_json)

    assert (answer.status, "<UserName>reader</UserName>" in answer.text) == (200, True)


@pytest.fixture
def parameters(a):
    for name in ("mine", "others"):
        a("ssm").put_parameter(Name=name, Value=f"value of {name}", Type="String", Overwrite=True)


@pytest.mark.parametrize("url", ["?Action=DeleteParameter", "?Action=DeleteParameter&Name=others"])
def test_a_target_is_not_an_action_in_the_url(ask, a, parameters, url):
    assert ask(by_target("ssm", "AmazonSSM.DescribeParameters", url, Name="others")).status == 200
    assert a("ssm").get_parameter(Name="others")["Parameter"]["Value"] == "value of others"
    assert ask(by_target("ssm", "AmazonSSM.DeleteParameter", Name="others")).code == "AccessDeniedException"


def test_a_target_is_not_an_action_in_a_text(ask, a, parameters):
    hidden = {"Key": "Name", "Values": ["&Action=DeleteParameter&Name=others&"]}

    assert ask(by_target("ssm", "AmazonSSM.DescribeParameters", ParameterFilters=[hidden])).status == 200
    assert a("ssm").get_parameter(Name="others")["Parameter"]["Value"] == "value of others"


def test_a_body_is_not_overruled_by_the_url(ask, parameters):
    for url in ("", "?Name=others"):
        answer = ask(by_target("ssm", "AmazonSSM.GetParameter", url, Name="mine"))
        assert (answer.status, "value of mine" in answer.text) == (200, True)
    assert ask(by_target("ssm", "AmazonSSM.GetParameter", Name="others")).code == "AccessDeniedException"


def test_the_same_for_log_groups(ask, a):
    logs = a("logs")
    logs.create_log_group(logGroupName="kept")

    assert ask(by_target("logs", "Logs_20140328.DescribeLogGroups", "?Action=DeleteLogGroup", logGroupName="kept")).status == 200  # fmt: skip
    assert [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]] == ["kept"]
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        logs.delete_log_group(logGroupName="missing")


@pytest.fixture(scope="module")
def elsewhere(accounts):
    """A table in another region."""
    one = accounts["one"]
    keys = {name: one[name] for name in ("aws_access_key_id", "aws_secret_access_key")}
    dynamodb = boto3.client("dynamodb", endpoint_url=one["endpoint_url"], region_name="eu-west-1", **keys)
    dynamodb.create_table(
        TableName="elsewhere",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


DESCRIBE = target("dynamodb", "DynamoDB_20120810.DescribeTable", TableName="elsewhere")


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {}),
        ("/", {"User-Agent": "aws-sdk region/eu-west-1"}),
        ("/", {"Host": "dynamodb.eu-west-1.amazonaws.com"}),
        ("/?x=.eu-west-1.amazonaws.com", {}),
    ],
)
def test_the_region_is_the_signed_one(accounts, reader, a, elsewhere, path, headers):
    url = accounts["one"]["endpoint_url"]
    address = f"http://{headers['Host']}" if "Host" in headers else url
    more = {name: value for name, value in headers.items() if name != "Host"}

    here = send(url, signed(address, replace(DESCRIBE, path=path), reader, **more))
    there = send(url, signed(address, replace(DESCRIBE, path=path, region="eu-west-1"), reader, **more))

    assert (here.code, there.code) == ("ResourceNotFoundException", "AccessDeniedException")
