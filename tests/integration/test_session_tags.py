"""Session tags that fit into no session token are refused, also where a chain brings them together."""

from aws import A, allow, document, fresh, keys_of, refusal

LARGE = "PackedPolicyTooLarge"


def tags(name, count, length):
    return [{"Key": f"{name}{number}", "Value": "v" * length} for number in range(count)]


def role(a, who):
    """A role that `who` may assume, with tags."""
    trusted = {"Effect": "Allow", "Principal": {"AWS": who}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
    made = a("iam").create_role(RoleName=fresh("Role"), AssumeRolePolicyDocument=document(trusted))["Role"]
    permitted = document(allow(["sts:AssumeRole", "sts:TagSession"]))
    a("iam").put_role_policy(RoleName=made["RoleName"], PolicyName="p", PolicyDocument=permitted)
    return made["Arn"]


def test_tags_that_are_too_large_make_no_session(a):
    asked = {"RoleArn": role(a, A), "RoleSessionName": "session"}

    code, status, message = refusal(a("sts").assume_role, **asked, Tags=tags("t", 9, 250))

    assert (code, status) == (LARGE, 400)
    assert message.startswith("Packed size of session tags consumes ")
    assert message.endswith("% of allotted space.")
    assert refusal(a("sts").get_federation_token, Name="federated", Tags=tags("t", 50, 250))[0] == LARGE
    assert a("sts").assume_role(**asked, Tags=tags("t", 50, 4))["PackedPolicySize"] <= 100


def test_tags_that_a_chain_hands_down_take_their_space(a):
    first = role(a, A)
    second, given = role(a, A), tags("first", 6, 200)
    keys = [tag["Key"] for tag in given]
    session = a("sts").assume_role(RoleArn=first, RoleSessionName="session", Tags=given, TransitiveTagKeys=keys)
    chained = a("sts", **keys_of(session["Credentials"])).assume_role
    asked = {"RoleArn": second, "RoleSessionName": "session"}

    assert refusal(chained, **asked, Tags=tags("second", 6, 200))[0] == LARGE
    assert chained(**asked, Tags=tags("second", 2, 200))["Credentials"]
