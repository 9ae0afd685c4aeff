"""AWS's own example policies, which must allow and deny here what its documentation says of them."""

import json

import pytest
from aws import REGION, A, allow, document, fresh, keys_of, refusal, user

DENIED = {"AccessDenied", "AccessDeniedException"}
ACCOUNT_OF = f"arn:aws:dynamodb:{REGION}:{A}:table"


def test_a_users_folders(a, journals):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/walkthrough1.html, steps 4.2 and 5."""
    bucket = fresh("company")
    a("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    for name in ("Development/plan.txt", "Finance/tax.txt"):
        a("s3").put_object(Bucket=bucket, Key=name, Body=b"x")
    console = allow(["s3:ListAllMyBuckets", "s3:GetBucketLocation"], "arn:aws:s3:::*")
    root = {"StringEquals": {"s3:prefix": [""], "s3:delimiter": ["/"]}}
    below = {"StringLike": {"s3:prefix": ["Development/*"]}}
    listing = allow("s3:ListBucket", f"arn:aws:s3:::{bucket}", Condition=root)
    name, keys = named_user(a, console, listing, allow("s3:ListBucket", f"arn:aws:s3:::{bucket}", Condition=below))
    s3 = a("s3", **keys)

    assert bucket in [one["Name"] for one in s3.list_buckets()["Buckets"]]
    for listed in (s3.list_objects_v2, s3.list_objects):
        assert [one["Prefix"] for one in listed(Bucket=bucket, Prefix="", Delimiter="/")["CommonPrefixes"]] == [
            "Development/",
            "Finance/",
        ]
        assert listed(Bucket=bucket, Prefix="Development/")["Contents"]
        assert refusal(listed, Bucket=bucket, Prefix="", Delimiter="")[0] in DENIED
        assert refusal(listed, Bucket=bucket)[0] in DENIED
        assert refusal(listed, Bucket=bucket, Prefix="Finance/")[0] in DENIED
    line = journals.lines(principal=f"arn:aws:iam::{A}:user/{name}", decision="allowed", action="s3:ListBucket")[0]
    assert (line["context"]["s3:prefix"], line["context"]["s3:delimiter"]) == ("", "/")
    other = a("s3", **user(a, allow("s3:ListAllMyBuckets", f"arn:aws:s3:::{bucket}")))
    assert refusal(other.list_buckets)[0] in DENIED


def named_user(a, *statements):
    name = fresh("user")
    a("iam").create_user(UserName=name)
    a("iam").put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(*statements))
    return name, keys_of(a("iam").create_access_key(UserName=name)["AccessKey"])


@pytest.fixture(scope="module")
def scores(a):
    name = fresh("GameScores")
    key = [{"AttributeName": "UserId", "KeyType": "HASH"}]
    a("dynamodb").create_table(
        TableName=name,
        KeySchema=key,
        AttributeDefinitions=[{"AttributeName": "UserId", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    a("dynamodb").put_item(TableName=name, Item={"UserId": {"S": "u"}, "Secret": {"S": "x"}, "Wins": {"N": "1"}})
    return name


def test_some_attributes_of_a_table(a, scores):
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html#FGAC_DDB.Examples, the second."""
    condition = {
        "ForAllValues:StringEquals": {"dynamodb:Attributes": ["UserId", "Wins"]},
        "StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"},
    }
    reads = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:BatchGetItem"]
    table = a("dynamodb", **user(a, allow(reads, f"{ACCOUNT_OF}/{scores}", Condition=condition)))
    key = {"UserId": {"S": "u"}}
    some = {"ProjectionExpression": "UserId, Wins"}
    query = {"KeyConditionExpression": "UserId = :u", "ExpressionAttributeValues": {":u": {"S": "u"}}}

    assert table.get_item(TableName=scores, Key=key, **some)["Item"] == {**key, "Wins": {"N": "1"}}
    assert table.query(TableName=scores, **query, **some)["Count"] == 1
    assert table.scan(TableName=scores, **some)["Count"] == 1
    assert table.batch_get_item(RequestItems={scores: {"Keys": [key], **some}})["Responses"][scores]
    for call, asked in (
        (table.get_item, {"TableName": scores, "Key": key}),
        (table.query, {"TableName": scores, **query}),
        (table.scan, {"TableName": scores}),
        (table.batch_get_item, {"RequestItems": {scores: {"Keys": [key]}}}),
        (table.get_item, {"TableName": scores, "Key": key, "ProjectionExpression": "Secret"}),
        (table.scan, {"TableName": scores, "Select": "ALL_ATTRIBUTES"}),
    ):
        assert refusal(call, **asked)[0] in DENIED


def test_updates_that_return_nothing_else(a, scores):
    """The same page, the third: `ReturnValues` is NONE where the request says none."""
    condition = {
        "ForAllValues:StringEquals": {"dynamodb:Attributes": ["UserId", "Wins"]},
        "StringEquals": {"dynamodb:ReturnValues": ["NONE", "UPDATED_OLD", "UPDATED_NEW"]},
    }
    table = a("dynamodb", **user(a, allow("dynamodb:UpdateItem", f"{ACCOUNT_OF}/{scores}", Condition=condition)))
    change = {
        "TableName": scores,
        "Key": {"UserId": {"S": "u"}},
        "UpdateExpression": "SET Wins = :w",
        "ExpressionAttributeValues": {":w": {"N": "2"}},
    }

    table.update_item(**change)
    again = {**change, "ExpressionAttributeValues": {":w": {"N": "3"}}}
    assert table.update_item(**again, ReturnValues="UPDATED_NEW")["Attributes"] == {"Wins": {"N": "3"}}
    assert refusal(table.update_item, **change, ReturnValues="ALL_OLD")[0] in DENIED


def test_a_federated_user_has_its_users_tags_and_its_own(a, journals):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html, of GetFederationToken."""
    everything = document(allow("*"))
    asks = allow(["sts:GetFederationToken", "sts:TagSession"])
    ours = {"StringEquals": {"aws:PrincipalTag/Team": "ours", "aws:PrincipalTag/cost": "1"}}
    name, keys = named_user(a, asks, allow("s3:ListAllMyBuckets", Condition=ours))
    a("iam").tag_user(UserName=name, Tags=[{"Key": "Team", "Value": "ours"}, {"Key": "Cost", "Value": "0"}])

    def federated(**more):
        given = a("sts", **keys).get_federation_token(Name="fed", Policy=everything, **more)["Credentials"]
        return a("s3", **keys_of(given))

    assert federated(Tags=[{"Key": "cost", "Value": "1"}]).list_buckets()
    assert refusal(federated().list_buckets)[0] in DENIED
    assert (
        refusal(federated(Tags=[{"Key": "cost", "Value": "1"}, {"Key": "team", "Value": "x"}]).list_buckets)[0]
        in DENIED
    )
    (line,) = journals.lines(
        principal=f"arn:aws:sts::{A}:federated-user/fed", decision="allowed", action="s3:ListAllMyBuckets"
    )
    tags = {key: value for key, value in line["context"].items() if key.startswith("aws:principaltag/")}
    assert json.dumps(tags, sort_keys=True) == '{"aws:principaltag/cost": "1", "aws:principaltag/team": "ours"}'
