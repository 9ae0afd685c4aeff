"""A trust policy names providers by ARN or domain, and one that lets a shared provider's tokens in says whose."""

import pytest

from harness.policy.providers import CONTROLS, NO_PROVIDER, missing_control, provider_fault

HOST = "token.actions.githubusercontent.com"
ARN = f"arn:aws:iam::111111111111:oidc-provider/{HOST}"


def policy(condition=None, federated=ARN, action="sts:AssumeRoleWithWebIdentity", effect="Allow", **more):
    statement = {"Effect": effect, "Principal": {"Federated": federated}, "Action": action, **more}
    return {"Statement": [statement | ({"Condition": condition} if condition else {})]}


@pytest.mark.parametrize(
    "document",
    [
        policy(),
        policy({"StringEquals": {f"{HOST}:aud": "sts.amazonaws.com", f"{HOST}:repository": "acme/app"}}),
        policy({"StringLike": {f"{HOST}:sub": "*"}}),
        policy({"StringLike": {f"{HOST}:sub": ["*", "**"]}}),
        policy(federated=["arn:aws:iam::111111111111:oidc-provider/id.example.com", ARN]),
        policy(action=["sts:TagSession", "sts:*"]),
        policy(action="STS:assumerolewithwebidentity"),
    ],
)
def test_the_subject_must_be_tested(document):
    assert missing_control(document) == f"{HOST}:sub"
    assert missing_control({"Statement": document["Statement"][0]}) == f"{HOST}:sub"


@pytest.mark.parametrize(
    "document",
    [
        policy({"StringEquals": {f"{HOST}:sub": "repo:acme/app:ref:refs/heads/main"}}),
        policy({"StringLike": {f"{HOST.upper()}:SUB": ["*", "repo:acme/*"]}}),
        policy(action="sts:TagSession"),
        policy(effect="Deny"),
        policy(federated="arn:aws:iam::111111111111:oidc-provider/id.example.com"),
        policy(federated="accounts.google.com"),
        policy(
            {"StringEquals": {"cognito-identity.amazonaws.com:aud": "pool"}}, federated="cognito-identity.amazonaws.com"
        ),
        policy(Principal="*"),
        policy(Principal={"AWS": "111111111111"}),
        {"Statement": [{"Effect": "Allow", "Principal": {"Federated": ARN}, "NotAction": "sts:AssumeRole"}]},
    ],
)
def test_all_other_trust_is_free(document):
    assert missing_control(document) is None


def test_every_control_is_a_key_of_its_provider():
    assert all(key.rpartition(":")[0] == host for host, key in CONTROLS.items())


@pytest.mark.parametrize(
    "federated",
    [
        "https://id.example.com",
        "google",
        "",
        "*",
        "arn:aws:iam::111111111111:role/r",
        ["accounts.google.com", "google"],
    ],
)
def test_what_is_no_provider_is_not_stored(federated):
    assert provider_fault(policy(federated=federated, action="sts:AssumeRoleWithSAML")) == NO_PROVIDER


@pytest.mark.parametrize(
    "federated",
    [
        "accounts.google.com",
        "arn:aws:iam::111111111111:saml-provider/corp",
        "arn:aws:iam::222222222222:oidc-provider/a.b/c",
    ],
)
def test_a_provider_is_stored_whether_or_not_it_exists(federated):
    assert provider_fault(policy(federated=federated)) is None
    assert provider_fault(policy(federated=[federated, ARN])).endswith(f"{HOST}:sub")
