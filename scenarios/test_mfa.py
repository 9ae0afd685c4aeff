"""A role that wants its user to have a second factor."""

from harness.scenario import statement, trust

WITH_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
INVALID_CODE = "MultiFactorAuthentication failed with invalid MFA one time pass code."


def test_a_user_of_b_needs_a_code_for_a_role_of_a_and_each_code_opens_it_once(harness, principals, allowed, denied):
    a, b = harness.account("account_a"), harness.account("account_b")
    user = principals.user(b, statement("sts:AssumeRole"))
    role = principals.role(a, trust({"AWS": user.arn}, Condition=WITH_MFA))
    device = principals.mfa_device(user)

    denied(lambda: user.assume(role), by="owner/trust")
    code = device.parameters()
    allowed(lambda: user.assume(role, **code))
    refusal = denied(lambda: user.assume(role, **code), by="validation")

    assert refusal.message == INVALID_CODE
    allowed(lambda: user.assume(role, **device.parameters()))
