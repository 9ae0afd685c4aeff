"""Multi-factor authentication: only a fresh code of the user's own device counts, for roles of any account, and once."""

import itertools
import json
import re
import time

import pytest
from aws import A, B, allow, document, keys_of, refusal

from harness.totp import code_at, step_at

NUMBERS = itertools.count(1)
WITH_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def code(seed, steps=0):
    """What an authenticator shows, `steps` half minutes from now."""
    return code_at(seed, step_at(time.time()) + steps)


def other(digits):
    """Another code than this one."""
    return f"{(int(digits) + 1) % 10**6:06}"


class Holder:
    """A user with a device, who may assume roles, and list buckets with MFA only."""

    def __init__(self, clients, name):
        iam = clients("iam")
        iam.create_user(UserName=name)
        statements = allow(["sts:AssumeRole", "iam:ListUsers"]), allow("s3:ListAllMyBuckets", Condition=WITH_MFA)
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(*statements))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        self.clients, self.name = clients, name
        self.keys = keys_of(key)
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
        self.serial, self.seed = device["SerialNumber"], device["Base32StringSeed"]
        self.sts = clients("sts", **self.keys)

    def enable(self, first, second):
        self.clients("iam").enable_mfa_device(
            UserName=self.name, SerialNumber=self.serial, AuthenticationCode1=first, AuthenticationCode2=second
        )

    def session(self, **mfa):
        return keys_of(self.sts.get_session_token(**mfa)["Credentials"])


@pytest.fixture
def holder(a):
    made = Holder(a, f"holder-{next(NUMBERS)}")
    made.enable(code(made.seed, -1), code(made.seed))
    return made


@pytest.fixture(scope="module")
def roles(a, b):
    """A role of each account that A's users may assume with MFA."""
    found = {}
    for clients, account in ((a, A), (b, B)):
        statement = {"Effect": "Allow", "Principal": {"AWS": A}, "Action": "sts:AssumeRole", "Condition": WITH_MFA}
        trust = json.dumps({"Version": "2012-10-17", "Statement": statement})
        found[account] = clients("iam").create_role(RoleName="with-mfa", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    return found


def test_a_device_is_enabled_by_two_codes_in_a_row(a):
    holder = Holder(a, "enabling")
    now, following = code(holder.seed), code(holder.seed, 1)

    for wrong in ((now, now), (following, now), (other(now), following), ("000000", "000000")):
        assert refusal(lambda first=wrong[0], second=wrong[1]: holder.enable(first, second))[:2] == ("InvalidAuthenticationCode", 403)  # fmt: skip
    holder.enable(code(holder.seed), code(holder.seed, 1))


def test_a_device_is_one_users_until_it_is_deactivated(a, holder):
    other_user, iam = Holder(a, "wants-anothers-device"), a("iam")
    codes = {"AuthenticationCode1": code(holder.seed), "AuthenticationCode2": code(holder.seed, 1)}

    assert refusal(iam.enable_mfa_device, UserName=other_user.name, SerialNumber=holder.serial, **codes)[:2] == ("EntityAlreadyExists", 409)  # fmt: skip
    assert refusal(iam.delete_virtual_mfa_device, SerialNumber=holder.serial)[:2] == ("DeleteConflict", 409)
    holder.session(SerialNumber=holder.serial, TokenCode=code(holder.seed))
    iam.deactivate_mfa_device(UserName=holder.name, SerialNumber=holder.serial)
    iam.enable_mfa_device(UserName=other_user.name, SerialNumber=holder.serial, **codes)
    assert refusal(holder.session, SerialNumber=holder.serial, TokenCode=code(holder.seed, 1))[0] == "AccessDenied"
    iam.deactivate_mfa_device(UserName=other_user.name, SerialNumber=holder.serial)
    iam.delete_virtual_mfa_device(SerialNumber=holder.serial)


def test_a_user_has_eight_devices_at_most(a):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html."""
    iam, name = a("iam"), "many-devices"
    iam.create_user(UserName=name)

    def enable(number):
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=f"{name}-{number}")["VirtualMFADevice"]
        seed = device["Base32StringSeed"]
        codes = {"AuthenticationCode1": code(seed), "AuthenticationCode2": code(seed, 1)}
        iam.enable_mfa_device(UserName=name, SerialNumber=device["SerialNumber"], **codes)
        return device["SerialNumber"]

    serials = [enable(number) for number in range(8)]
    assert refusal(enable, number=8)[:2] == ("LimitExceeded", 409)
    iam.deactivate_mfa_device(UserName=name, SerialNumber=serials[0])
    enable(9)


def test_a_device_of_a_name_that_was_there_before_is_another(a, holder):
    holder.session(SerialNumber=holder.serial, TokenCode=code(holder.seed, 1))
    a("iam").deactivate_mfa_device(UserName=holder.name, SerialNumber=holder.serial)
    a("iam").delete_virtual_mfa_device(SerialNumber=holder.serial)
    device = a("iam").create_virtual_mfa_device(VirtualMFADeviceName=holder.name)["VirtualMFADevice"]
    old, holder.seed = holder.seed, device["Base32StringSeed"]

    assert device["SerialNumber"] == holder.serial
    holder.enable(code(holder.seed, -1), code(holder.seed))
    assert refusal(holder.session, SerialNumber=holder.serial, TokenCode=code(old, 1))[0] == "AccessDenied"
    holder.session(SerialNumber=holder.serial, TokenCode=code(holder.seed))


@pytest.mark.parametrize("account", [A, B])
def test_a_code_opens_a_role_that_wants_mfa_once(holder, roles, account, journals):
    ask = {"RoleArn": roles[account], "RoleSessionName": "mfa", "SerialNumber": holder.serial}
    right = code(holder.seed)

    assert refusal(holder.sts.assume_role, RoleArn=roles[account], RoleSessionName="mfa")[:2] == ("AccessDenied", 403)
    wrong = refusal(holder.sts.assume_role, **ask, TokenCode=other(other(right)))
    assert wrong == ("AccessDenied", 403, "MultiFactorAuthentication failed with invalid MFA one time pass code.")
    made = holder.sts.assume_role(**ask, TokenCode=right)
    again = refusal(holder.sts.assume_role, **ask, TokenCode=right)
    assert again == wrong

    (line,) = journals.lines(request_id=made["ResponseMetadata"]["RequestId"])
    assert (line["decision"], line["context"]["aws:multifactorauthpresent"]) == ("allowed", "true")
    # The microseconds of a time may happen to be the code.
    told = [{**line, "time": "", "clock": ""} for line in journals.lines(owner=account)]
    assert not re.search(rf"\b{right}\b", json.dumps(told))


def test_anothers_device_and_half_a_proof_are_refused(a, holder, roles):
    stranger = Holder(a, "another-holder")
    stranger.enable(code(stranger.seed, -1), code(stranger.seed))
    ask = {"RoleArn": roles[A], "RoleSessionName": "mfa"}

    theirs = refusal(holder.sts.assume_role, **ask, SerialNumber=stranger.serial, TokenCode=code(stranger.seed))
    assert theirs[2].startswith("MultiFactorAuthentication failed, unable to validate MFA code.")
    half = refusal(holder.sts.assume_role, **ask, SerialNumber=holder.serial)
    assert half[2].startswith("MultiFactorAuthentication failed, must provide both")
    stranger.sts.assume_role(**ask, SerialNumber=stranger.serial, TokenCode=code(stranger.seed))


def test_a_session_asked_for_with_a_code_has_mfa_and_one_without_has_not(a, holder, roles):
    code_ = {"SerialNumber": holder.serial, "TokenCode": code(holder.seed)}
    with_mfa, without = holder.session(**code_), holder.session()

    a("s3", **with_mfa).list_buckets()
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html: IAM wants MFA of such a session
    a("iam", **with_mfa).list_users()
    assert refusal(a("iam", **without).list_users)[0] == "InvalidClientTokenId"
    assert refusal(a("s3", **without).list_buckets)[0] == "AccessDenied"
    assert refusal(a("s3", **holder.keys).list_buckets)[0] == "AccessDenied"
    a("sts", **with_mfa).assume_role(RoleArn=roles[A], RoleSessionName="mfa")
    assert refusal(a("sts", **without).assume_role, RoleArn=roles[A], RoleSessionName="mfa")[0] == "AccessDenied"


def test_a_role_session_made_with_a_code_has_no_mfa_of_its_own(a, holder, roles):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html."""
    a("iam").put_role_policy(RoleName="with-mfa", PolicyName="p", PolicyDocument=document(allow("s3:ListAllMyBuckets", Condition=WITH_MFA)))  # fmt: skip
    given = holder.sts.assume_role(
        RoleArn=roles[A], RoleSessionName="mfa", SerialNumber=holder.serial, TokenCode=code(holder.seed)
    )["Credentials"]
    session = a("s3", **keys_of(given))

    assert refusal(session.list_buckets)[0] == "AccessDenied"
    a("iam").put_role_policy(RoleName="with-mfa", PolicyName="p", PolicyDocument=document(allow("s3:ListAllMyBuckets")))
    session.list_buckets()
