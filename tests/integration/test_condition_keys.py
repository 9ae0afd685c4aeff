"""Condition keys of what no parameter tells: a key's own state, a signature, its transport, a rule's pattern."""

import json
import secrets
from datetime import timedelta

import pytest
from aws import REGION, A, allow, document, refusal, user
from raw import Call, presigned, send, signed

JSON_DENIED, S3_DENIED = ("AccessDeniedException", 400), ("AccessDenied", 403)


def deny(action, resource="*", **condition):
    return {"Effect": "Deny", "Action": action, "Resource": resource, "Condition": condition}


@pytest.mark.parametrize(
    ("wanted", "made"),
    [
        ({"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/orders"}}, {"alias": "alias/orders"}),
        ({"StringEquals": {"kms:KeySpec": "RSA_2048"}}, {"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"}),
        ({"StringEquals": {"kms:KeyUsage": "SIGN_VERIFY"}}, {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}),
        ({"Bool": {"kms:MultiRegion": "true"}, "StringEquals": {"kms:MultiRegionKeyType": "PRIMARY"}}, {"MultiRegion": True}),
        ({"StringEquals": {"kms:KeyOrigin": "EXTERNAL"}}, {"Origin": "EXTERNAL"}),
    ],
    ids=["aliases", "spec", "usage", "multi-region", "origin"],
)  # fmt: skip
def test_a_policy_may_be_for_keys_of_one_kind(a, wanted, made):
    kms = a("kms")
    alias = made.get("alias")
    wanted_key = kms.create_key(**{name: value for name, value in made.items() if name != "alias"})["KeyMetadata"][
        "Arn"
    ]
    other = kms.create_key()["KeyMetadata"]["Arn"]
    if alias:
        kms.create_alias(AliasName=alias, TargetKeyId=wanted_key)
    reader = a("kms", **user(a, allow("kms:DescribeKey", Condition=wanted)))

    assert reader.describe_key(KeyId=wanted_key)["KeyMetadata"]["Arn"] == wanted_key
    assert refusal(reader.describe_key, KeyId=other)[:2] == JSON_DENIED
    if alias:
        kms.delete_alias(AliasName=alias)
        assert refusal(reader.describe_key, KeyId=wanted_key)[:2] == JSON_DENIED


def test_a_grant_may_be_made_for_one_encryption_context_only(a):
    key = a("kms").create_key()["KeyMetadata"]["Arn"]
    only = {"StringEquals": {"kms:EncryptionContext:team": "blue"}}
    maker = a("kms", **user(a, allow("kms:CreateGrant", key, Condition=only)))
    grant = {"KeyId": key, "GranteePrincipal": f"arn:aws:iam::{A}:root", "Operations": ["Decrypt"]}

    maker.create_grant(**grant, Constraints={"EncryptionContextSubset": {"team": "blue"}})
    assert (
        refusal(maker.create_grant, **grant, Constraints={"EncryptionContextEquals": {"team": "red"}})[:2]
        == JSON_DENIED
    )
    assert refusal(maker.create_grant, **grant)[:2] == JSON_DENIED


def test_re_encryption_may_be_kept_to_one_key_and_to_an_alias(a):
    kms = a("kms")
    one, other = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    alias = f"alias/k-{secrets.token_hex(4)}"
    kms.create_alias(AliasName=alias, TargetKeyId=one)
    blob = kms.encrypt(KeyId=one, Plaintext=b"x")["CiphertextBlob"]
    same = a("kms", **user(a, allow("kms:ReEncrypt*", Condition={"Bool": {"kms:ReEncryptOnSameKey": "true"}})))
    by_alias = a("kms", **user(a, allow("kms:ReEncryptFrom"), allow("kms:ReEncryptTo", Condition={"StringEquals": {"kms:RequestAlias": alias}})))  # fmt: skip

    same.re_encrypt(CiphertextBlob=blob, SourceKeyId=one, DestinationKeyId=alias)
    assert refusal(same.re_encrypt, CiphertextBlob=blob, SourceKeyId=one, DestinationKeyId=other)[:2] == JSON_DENIED
    by_alias.re_encrypt(CiphertextBlob=blob, SourceKeyId=one, DestinationKeyId=alias)
    assert refusal(by_alias.re_encrypt, CiphertextBlob=blob, SourceKeyId=one, DestinationKeyId=one)[:2] == JSON_DENIED


@pytest.fixture(scope="module")
def bucket(a):
    name = f"keys-{secrets.token_hex(4)}"
    a("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    a("s3").put_object(Bucket=name, Key="k", Body=b"x")
    return name


def test_an_old_transport_is_denied_and_nobody_has_it(a, bucket):
    """As AWS recommends it: https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html."""
    outdated = {"NumericLessThan": {"s3:TlsVersion": "1.2"}}
    policy = {**deny("s3:*", f"arn:aws:s3:::{bucket}/*", **outdated), "Principal": "*"}
    a("s3").put_bucket_policy(Bucket=bucket, Policy=document(policy))
    reader = user(a, allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"))

    assert a("s3", **reader).get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    future = {**deny("s3:*", f"arn:aws:s3:::{bucket}/*", NumericLessThan={"s3:TlsVersion": "1.4"}), "Principal": "*"}
    a("s3").put_bucket_policy(Bucket=bucket, Policy=document(future))
    assert refusal(a("s3", **reader).get_object, Bucket=bucket, Key="k")[:2] == S3_DENIED
    a("s3").delete_bucket_policy(Bucket=bucket)


def test_a_url_may_be_good_for_less_than_it_says(a, accounts, bucket):
    """https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html."""
    old = deny("s3:GetObject", NumericGreaterThan={"s3:signatureAge": "60000"})
    reader = user(a, allow("s3:GetObject"), old)
    url, call = accounts["one"]["endpoint_url"], Call("s3", "GET", f"/{bucket}/k")

    assert send(url, presigned(url, call, reader, expires=3600)).status == 200
    assert send(url, presigned(url, call, reader, expires=3600, late=timedelta(seconds=90))).code == "AccessDenied"
    only_by_url = user(a, allow("s3:GetObject", Condition={"Null": {"s3:signatureAge": "false"}}))
    assert send(url, presigned(url, call, only_by_url, expires=3600)).status == 200
    assert send(url, signed(url, call, only_by_url)).code == "AccessDenied"


def test_a_payload_may_have_to_be_signed(a, accounts, bucket):
    unsigned = deny("s3:PutObject", StringEquals={"s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD"})
    writer = user(a, allow("s3:PutObject"), unsigned)
    url, call = accounts["one"]["endpoint_url"], Call("s3", "PUT", f"/{bucket}/signed", b"x")

    assert send(url, signed(url, call, writer)).status == 200
    loose = Call("s3", "PUT", f"/{bucket}/signed", b"x", headers=(("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"),))
    assert send(url, signed(url, loose, writer)).code == "AccessDenied"


def test_a_rule_may_be_for_some_events_only(a):
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html."""
    only = {"ForAllValues:StringEquals": {"events:source": ["aws.ec2", "shop"]}, "Null": {"events:source": "false"}}
    maker = a("events", **user(a, allow("events:PutRule", Condition=only)))

    def put(pattern):
        return maker.put_rule(Name=f"r-{secrets.token_hex(4)}", EventPattern=json.dumps(pattern))

    put({"source": ["shop"], "detail-type": ["order"]})
    for pattern in ({"source": ["shop", "aws.s3"]}, {"detail-type": ["order"]}, {"source": [{"prefix": "shop"}]}):
        assert refusal(put, pattern)[:2] == JSON_DENIED
    assert refusal(maker.put_rule, Name="timed", ScheduleExpression="rate(1 minute)")[:2] == JSON_DENIED


def test_a_policy_may_be_for_one_vpc_and_one_group(a):
    ec2 = a("ec2")
    vpcs = [ec2.create_vpc(CidrBlock=f"10.{n}.0.0/16")["Vpc"]["VpcId"] for n in range(2)]
    groups = [ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"] for vpc in vpcs]
    of_vpc = {"ArnEquals": {"ec2:Vpc": f"arn:aws:ec2:{REGION}:{A}:vpc/{vpcs[0]}"}}
    in_vpc = a("ec2", **user(a, allow("ec2:AuthorizeSecurityGroupIngress", Condition=of_vpc)))
    of_group = {"StringEquals": {"ec2:SecurityGroupID": groups[1]}}
    one_group = a("ec2", **user(a, allow("ec2:AuthorizeSecurityGroupIngress", Condition=of_group)))
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}

    in_vpc.authorize_security_group_ingress(GroupId=groups[0], CidrIp="10.0.0.0/8", **rule)
    assert (
        refusal(in_vpc.authorize_security_group_ingress, GroupId=groups[1], CidrIp="10.0.0.0/8", **rule)[0]
        == "UnauthorizedOperation"
    )
    one_group.authorize_security_group_ingress(GroupId=groups[1], CidrIp="10.0.0.0/8", **rule)
    assert (
        refusal(one_group.authorize_security_group_ingress, GroupId=groups[0], CidrIp="10.1.0.0/16", **rule)[0]
        == "UnauthorizedOperation"
    )


def test_a_network_interface_is_known_by_its_subnet_and_its_zone(a):
    ec2 = a("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    zones = [f"{REGION}a", f"{REGION}b"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.7.{n}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for n, zone in enumerate(zones)
    ]
    interfaces = [
        ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"] for subnet in subnets
    ]
    only = {
        "ArnEquals": {"ec2:Subnet": f"arn:aws:ec2:{REGION}:{A}:subnet/{subnets[0]}"},
        "StringEquals": {"ec2:AvailabilityZone": zones[0]},
    }
    client = a("ec2", **user(a, allow("ec2:DeleteNetworkInterface", Condition=only)))

    assert refusal(client.delete_network_interface, NetworkInterfaceId=interfaces[1])[0] == "UnauthorizedOperation"
    client.delete_network_interface(NetworkInterfaceId=interfaces[0])
