"""EC2's refusals, and what sts:DecodeAuthorizationMessage makes of them."""

import json

import pytest
from aws import REGION, A, allow, document, keys_of, refusal

VPCS = f"arn:aws:ec2:{REGION}:{A}:vpc/*"
SENTENCE = "You are not authorized to perform this operation. "
ENCODED = ". Encoded authorization failure message: "


@pytest.fixture
def user(a):
    """The keys of a new user with these statements."""

    def make(name, *statements):
        a("iam").create_user(UserName=name)
        if statements:
            a("iam").put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(*statements))
        return keys_of(a("iam").create_access_key(UserName=name)["AccessKey"])

    return make


def test_who_may_decode_a_refusal_reads_what_was_decided(a, b, user, journals):
    keys = user("networker")
    arn = f"arn:aws:iam::{A}:user/networker"
    code, status, message = refusal(a("ec2", **keys).create_vpc, CidrBlock="10.1.0.0/16")

    assert (code, status) == ("UnauthorizedOperation", 403)
    said, _, encoded = message.partition(ENCODED)
    assert said == (
        f"{SENTENCE}User: {arn} is not authorized to perform: ec2:CreateVpc on resource: {VPCS} "
        "because no identity-based policy allows the ec2:CreateVpc action"
    )
    assert "networker" not in encoded
    decoded = json.loads(a("sts").decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"])
    context = decoded.pop("context")
    assert decoded == {"allowed": False, "explicitDeny": False, "matchedStatements": {"items": []}, "failures": {"items": []}}  # fmt: skip
    assert context["principal"] == {"id": a("iam").get_user(UserName="networker")["User"]["UserId"], "name": "networker", "arn": arn}  # fmt: skip
    assert (context["action"], context["resource"]) == ("ec2:CreateVpc", VPCS)
    regions = {"key": "aws:requestedregion", "values": {"items": [{"value": REGION}]}}
    assert regions in [{**one, "key": one["key"].lower()} for one in context["conditions"]["items"]]

    refused = refusal(a("sts", **keys).decode_authorization_message, EncodedMessage=encoded)
    assert refused[:2] == ("AccessDenied", 403)
    assert "perform: sts:DecodeAuthorizationMessage" in refused[2]
    line = journals.lines(operation="DecodeAuthorizationMessage", decision="implicit_deny")[-1]
    assert line["because"] == [{"layer": "identity", "missing": "allow"}]
    reader = a("sts", **user("message-reader", allow("sts:DecodeAuthorizationMessage")))
    assert json.loads(reader.decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"])["context"] == context  # fmt: skip
    for sts, text in ((b("sts"), encoded), (a("sts"), encoded[:-4]), (a("sts"), "nöthing of ours")):
        assert refusal(sts.decode_authorization_message, EncodedMessage=text)[:2] == ("InvalidAuthorizationMessageException", 400)  # fmt: skip


def test_an_explicit_deny_names_its_statement(a, user):
    never = {**allow("ec2:CreateVpc"), "Effect": "Deny", "Sid": "NoNetworks"}
    keys = user("networkless", allow("ec2:*"), never)
    message = refusal(a("ec2", **keys).create_vpc, CidrBlock="10.1.0.0/16")[2]

    said, _, encoded = message.partition(ENCODED)
    assert said.endswith("with an explicit deny in an identity-based policy")
    decoded = json.loads(a("sts").decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"])
    assert decoded["explicitDeny"] is True
    (statement,) = decoded["matchedStatements"]["items"]
    assert (statement["statementId"], statement["effect"]) == ("NoNetworks", "DENY")
    a("ec2", **keys).describe_vpcs()
    a("ec2", **user("networked", allow("ec2:*"))).create_vpc(CidrBlock="10.2.0.0/16")


def test_an_action_without_a_resource_is_refused_without_one_and_nothing_is_encoded(a, user):
    message = refusal(a("ec2", **user("onlooker")).describe_vpcs)[2]
    assert message == (
        f"{SENTENCE}User: arn:aws:iam::{A}:user/onlooker is not authorized to perform: ec2:DescribeVpcs "
        "because no identity-based policy allows the ec2:DescribeVpcs action"
    )
    a("ec2", **user("seeing", allow("ec2:DescribeVpcs"))).describe_vpcs()


def test_a_managed_policy_that_denies_is_named_by_its_arn(a, user):
    """https://aws.amazon.com/blogs/security/enhanced-access-denied-error-messages-with-policy-arns."""
    never = document({**allow("*"), "Effect": "Deny"})
    arn = a("iam").create_policy(PolicyName="never", PolicyDocument=never)["Policy"]["Arn"]
    keys = user("never-allowed", allow("*"))
    a("iam").attach_user_policy(UserName="never-allowed", PolicyArn=arn)
    why = f"with an explicit deny in an identity-based policy: {arn}"

    assert refusal(a("ec2", **keys).create_vpc, CidrBlock="10.2.0.0/16")[2].partition(ENCODED)[0].endswith(why)
    said = refusal(a("iam", **keys).get_role, RoleName="anyone")[2]
    assert said.endswith(f"is not authorized to perform: iam:GetRole on resource: role anyone {why}")
