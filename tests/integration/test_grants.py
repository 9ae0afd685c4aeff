"""Grants of KMS: whom they are for, for what, and who retires them."""

import pytest
from aws import A, allow, document, fresh, keys_of, refusal, user


def test_a_grant_is_for_one_principal(a, key):
    grant = {"KeyId": key(), "Operations": ["Decrypt"]}

    assert refusal(a("kms").create_grant, GranteePrincipal="*", **grant)[:2] == ("InvalidArnException", 400)
    a("kms").create_grant(GranteePrincipal=f"arn:aws:iam::{A}:root", **grant)


@pytest.mark.parametrize("by", ["token", "id"])
def test_a_grant_is_retired_by_whom_it_names_and_by_whom_its_account_lets(a, b, key, journals, by):
    arn, kms = key(), a("kms")
    names = {part: fresh("retiring") for part in ("retiring", "grantee", "nobody", "permitted")}
    users = {part: a("iam").create_user(UserName=name)["User"]["Arn"] for part, name in names.items()}
    clients = {
        part: a("kms", **keys_of(a("iam").create_access_key(UserName=name)["AccessKey"]))
        for part, name in names.items()
    }
    permission = document(allow("kms:RetireGrant", arn))
    a("iam").put_user_policy(UserName=names["permitted"], PolicyName="p", PolicyDocument=permission)

    def grant(*more):
        made = kms.create_grant(
            KeyId=arn,
            GranteePrincipal=users["grantee"],
            RetiringPrincipal=users["retiring"],
            Operations=["Decrypt", *more],
        )
        return {"GrantToken": made["GrantToken"]} if by == "token" else {"KeyId": arn, "GrantId": made["GrantId"]}

    clients["retiring"].retire_grant(**grant())
    clients["grantee"].retire_grant(**grant("RetireGrant"))
    clients["permitted"].retire_grant(**grant())
    with_retiring, without = grant("RetireGrant"), grant()
    assert refusal(clients["nobody"].retire_grant, **without)[:2] == ("AccessDeniedException", 400)
    assert refusal(clients["grantee"].retire_grant, **without)[:2] == ("AccessDeniedException", 400)
    line = journals.lines(action="kms:RetireGrant", decision="implicit_deny")[-1]
    assert (line["resource"], {each["layer"] for each in line["because"]}) == (arn, {"identity", "resource"})
    assert refusal(b("kms").retire_grant, **without)[0] in {"AccessDeniedException", "NotFoundException"}
    kms.retire_grant(**with_retiring)
    kms.retire_grant(**without)
    assert kms.list_grants(KeyId=arn)["Grants"] == []


def test_a_grant_is_retired_from_another_account_by_its_token(a, b, key):
    arn, kms = key(), a("kms")
    name = fresh("retiring")
    abroad = b("iam").create_user(UserName=name)["User"]["Arn"]
    b("iam").put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(allow("kms:RetireGrant")))
    client = b("kms", **keys_of(b("iam").create_access_key(UserName=name)["AccessKey"]))
    made = kms.create_grant(
        KeyId=arn, GranteePrincipal=f"arn:aws:iam::{A}:root", RetiringPrincipal=abroad, Operations=["Decrypt"]
    )

    assert refusal(b("kms", **user(b, allow("kms:*"))).retire_grant, GrantToken=made["GrantToken"])[:2] == (
        "AccessDeniedException",
        400,
    )
    client.retire_grant(GrantToken=made["GrantToken"])
    assert kms.list_grants(KeyId=arn)["Grants"] == []
    assert refusal(client.retire_grant, GrantToken="what is this")[0] == "InvalidGrantTokenException"


def test_a_grants_context_is_meant_as_it_stands(a, key):
    """In a policy, `${aws:username}` would be the caller's name."""
    name, arn = fresh("granted"), key()
    a("iam").create_user(UserName=name)
    kms = a("kms", **keys_of(a("iam").create_access_key(UserName=name)["AccessKey"]))
    limited = {"EncryptionContextSubset": {"for": "${aws:username}"}}
    grantee = f"arn:aws:iam::{A}:user/{name}"
    a("kms").create_grant(KeyId=arn, GranteePrincipal=grantee, Operations=["Encrypt"], Constraints=limited)
    encrypt = {"KeyId": arn, "Plaintext": b"x"}

    assert refusal(kms.encrypt, EncryptionContext={"for": name}, **encrypt)[0] == "AccessDeniedException"
    kms.encrypt(EncryptionContext={"for": "${aws:username}"}, **encrypt)
