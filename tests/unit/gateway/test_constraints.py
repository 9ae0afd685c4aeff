"""The form of requests to IAM and STS, by botocore's own models."""

import botocore.session
import pytest

from harness.gateway.constraints import SERVICES, _compiled, fault

MODELS = {service: botocore.session.get_session().get_service_model(service) for service in SERVICES}
PATTERNS = {
    pattern
    for model in MODELS.values()
    for name in model.shape_names
    if (pattern := model.shape_for(name).metadata.get("pattern"))
}


def said(service, operation, **params):
    return fault(service, MODELS[service].operation_model(operation).input_shape, params)


def test_every_pattern_of_the_models_is_understood():
    assert len(PATTERNS) > 20
    for pattern in PATTERNS:
        _compiled(pattern)


@pytest.mark.parametrize(
    ("pattern", "fits", "fails"),
    [
        (r"[\w+=,.@-]+", "a_B-9", "ä"),
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+", "ä 한1\u2003@", "a*"),
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "", "a\tb"),
        (r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+", "a\U0001f600", "\x00"),
        (r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)", "/a/b/", "a/"),
    ],
)
def test_a_pattern_means_what_java_means(pattern, fits, fails):
    assert _compiled(pattern).fullmatch(fits)
    assert not _compiled(pattern).fullmatch(fails)


def test_every_fault_is_told_at_its_place():
    assert said("sts", "AssumeRole", RoleArn="short", RoleSessionName="a:b", DurationSeconds=600) == (
        "3 validation errors detected: "
        "Value 'short' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20; "
        r"Value 'a:b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*; "
        "Value '600' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"
    )


@pytest.mark.parametrize(
    ("operation", "name", "secret"),
    [("AssumeRole", "TokenCode", "12345x"), ("AssumeRoleWithWebIdentity", "WebIdentityToken", "x" * 20001)],
)
def test_no_secret_is_in_what_is_said(operation, name, secret):
    text = said("sts", operation, **{name: secret})

    assert f"Value '***' at '{name[0].lower()}{name[1:]}'" in text
    assert secret not in text


def test_a_valid_request_has_no_fault_and_other_services_are_not_judged():
    arn = "arn:aws:iam::111111111111:role/r"
    assert said("sts", "AssumeRole", RoleArn=arn, RoleSessionName="ab", Tags=[{"Key": "k", "Value": ""}]) is None
    assert said("iam", "GetUser") is None
    shape = MODELS["sts"].operation_model("AssumeRole").input_shape
    assert fault("dynamodb", shape, {}) is None
    assert fault("sts", None, {}) is None
