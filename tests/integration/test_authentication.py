"""Who is not authenticated, and what AWS calls it: every kind of forged or spoilt signature, at every kind of service.

One table: each row is a way to spoil a request, each column a service. In front of each cell stands the same request unspoilt.
aws-truths 53 to 57: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html, each service's own Common Errors page,
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
"""

import re
from dataclasses import dataclass, replace
from datetime import timedelta

import boto3
import pytest
import raw
from aws import keys_of
from raw import CALLS, policy, presigned, query, send, signed, target, trust

UNKNOWN = "AKIARTXV5AHDAAAAAAAA"
QUERY, JSON, REST, S3, EC2 = ("sts", "iam", "sns", "sqs"), ("dynamodb", "kms"), ("lambda",), ("s3",), ("ec2",)

INVALID = "The security token included in the request is invalid."
MISMATCH = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
MISMATCH_S3 = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)
NO_KEY = "The AWS Access Key Id you provided does not exist in our records."
NOT_VALIDATED = "AWS was not able to validate the provided access credentials"
EXPIRED = r"Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - \d+ min\.\)"
INCOMPLETE = "Authorization header requires 'Signature' parameter."

# The way it is spoilt -> family of services -> status, code, message (as a pattern where it holds a time).
INVALID_KEY = {
    QUERY: (403, "InvalidClientTokenId", INVALID),
    JSON: (400, "UnrecognizedClientException", INVALID),
    REST: (403, "UnrecognizedClientException", INVALID),
    S3: (403, "InvalidAccessKeyId", NO_KEY),
    EC2: (401, "AuthFailure", NOT_VALIDATED),
}
NO_MATCH = {
    QUERY: (403, "SignatureDoesNotMatch", MISMATCH),
    JSON: (400, "InvalidSignatureException", MISMATCH),
    REST: (403, "InvalidSignatureException", MISMATCH),
    S3: (403, "SignatureDoesNotMatch", MISMATCH_S3),
    EC2: (401, "AuthFailure", NOT_VALIDATED),
}
TABLE = {
    "unsigned": {
        QUERY: (403, "MissingAuthenticationToken", "Request is missing Authentication Token"),
        ("dynamodb",): (400, "MissingAuthenticationTokenException", "Request is missing Authentication Token"),
        ("kms",): (400, "MissingAuthenticationTokenException", "Missing Authentication Token"),
        REST: (403, "MissingAuthenticationTokenException", "Missing Authentication Token"),
        S3: (403, "AccessDenied", "Access Denied"),
        EC2: (403, "MissingAuthenticationToken", "Request is missing Authentication Token"),
    },
    "unknown key": INVALID_KEY,
    "inactive key": INVALID_KEY,
    "deleted key": INVALID_KEY,
    "missing session token": INVALID_KEY,
    "wrong session token": {**INVALID_KEY, S3: (400, "InvalidToken", "The provided token is malformed or otherwise invalid.")},
    "expired session": {
        QUERY: (403, "ExpiredToken", "The security token included in the request is expired"),
        JSON: (400, "ExpiredTokenException", "The security token included in the request is expired"),
        REST: (403, "ExpiredTokenException", "The security token included in the request is expired"),
        S3: (400, "ExpiredToken", "The provided token has expired."),
        EC2: (400, "RequestExpired", "Request has expired."),
    },
    "wrong secret": NO_MATCH,
    "tampered signed header": NO_MATCH,
    "tampered body": {
        **NO_MATCH,
        S3: (400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."),
    },
    "skewed clock": {
        QUERY: (403, "SignatureDoesNotMatch", EXPIRED),
        JSON: (400, "InvalidSignatureException", EXPIRED),
        REST: (403, "InvalidSignatureException", EXPIRED),
        S3: (403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."),
        EC2: (400, "RequestExpired", "Request has expired."),
    },
    "expired presigned URL": {
        QUERY: (403, "SignatureDoesNotMatch", EXPIRED),
        REST: (403, "InvalidSignatureException", EXPIRED),
        S3: (403, "AccessDenied", "Request has expired"),
        EC2: (400, "RequestExpired", "Request has expired."),
    },
    "broken Authorization header": {
        QUERY: (400, "IncompleteSignature", INCOMPLETE),
        JSON: (400, "IncompleteSignatureException", INCOMPLETE),
        REST: (403, "IncompleteSignatureException", INCOMPLETE),
        S3: (400, "AuthorizationHeaderMalformed", "The authorization header is malformed; the authorization header requires three components: Credential, SignedHeaders, and Signature."),
        EC2: (400, "IncompleteSignature", INCOMPLETE),
    },
    "wrong region in the scope": {
        QUERY: (403, "SignatureDoesNotMatch", "Credential should be scoped to a valid region, not 'mars-north-1'. "),
        JSON: (400, "InvalidSignatureException", "Credential should be scoped to a valid region, not 'mars-north-1'. "),
        REST: (403, "InvalidSignatureException", "Credential should be scoped to a valid region, not 'mars-north-1'. "),
        S3: (400, "AuthorizationHeaderMalformed", "The authorization header is malformed; the region 'mars-north-1' is wrong; expecting 'us-west-2'"),
        EC2: (401, "AuthFailure", NOT_VALIDATED),
    },
    "wrong service in the scope": {
        QUERY: (403, "SignatureDoesNotMatch", "Credential should be scoped to correct service: '{service}'. "),
        JSON: (400, "InvalidSignatureException", "Credential should be scoped to correct service: '{service}'. "),
        REST: (403, "InvalidSignatureException", "Credential should be scoped to correct service: '{service}'. "),
        S3: (400, "AuthorizationHeaderMalformed", 'The authorization header is malformed; incorrect service "logs". This endpoint belongs to "s3".'),
        EC2: (401, "AuthFailure", NOT_VALIDATED),
    },
}  # fmt: skip
CELLS = [
    pytest.param(way, service, expected, id=f"{service}: {way}")
    for way, families in TABLE.items()
    for services, expected in families.items()
    for service in services
    # a presigned URL has no body and no target: a service that wants them cannot be called by one
    if not (way == "expired presigned URL" and service == "sqs")
]


@dataclass(frozen=True)
class Known:
    """The credentials of the table: one user with an active, an inactive and a deleted key; sessions of one role."""

    user: dict
    inactive: dict
    deleted: dict
    session: dict
    expired: dict


@pytest.fixture(scope="module")
def known(accounts, sandbox):
    account = accounts["one"]
    own = {name: account[name] for name in ("aws_access_key_id", "aws_secret_access_key")}
    options = {"endpoint_url": account["endpoint_url"], "region_name": "us-west-2"}
    iam, sts = boto3.client("iam", **options, **own), boto3.client("sts", **options, **own)
    iam.create_user(UserName="table")
    iam.put_user_policy(UserName="table", PolicyName="all", PolicyDocument=policy("*"))
    first = iam.create_access_key(UserName="table")["AccessKey"]
    second = iam.create_access_key(UserName="table")["AccessKey"]
    iam.delete_access_key(UserName="table", AccessKeyId=second["AccessKeyId"])
    third = iam.create_access_key(UserName="table")["AccessKey"]
    iam.update_access_key(UserName="table", AccessKeyId=third["AccessKeyId"], Status="Inactive")
    iam.create_role(RoleName="table", AssumeRolePolicyDocument=trust("111111111111"))
    iam.put_role_policy(RoleName="table", PolicyName="all", PolicyDocument=policy("*"))
    call = {"RoleArn": "arn:aws:iam::111111111111:role/table", "RoleSessionName": "table", "DurationSeconds": 900}
    expired = sts.assume_role(**call)["Credentials"]
    s3 = boto3.client("s3", **options, **own)
    s3.create_bucket(Bucket="table-bucket", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_object(Bucket="table-bucket", Key="object", Body=b"content")
    raw.ask(raw.record_of(sandbox), "one", "clock", {"seconds": 901})
    session = sts.assume_role(**call)["Credentials"]
    return Known(*map(keys_of, (first, third, second, session, expired)))


def without_signature(url, call, known):
    request = signed(url, call, known.user)
    return request.changed("Authorization", request.value("Authorization").partition(", Signature=")[0])


def with_longer_body(url, call, known):
    request = signed(url, call, known.user)
    return replace(request, body=request.body + b" ")


# The way it is spoilt -> the request that the table's row means.
SPOILT = {
    "unsigned": lambda url, call, known: signed(url, call, known.user).changed("Authorization", None),
    "unknown key": lambda url, call, known: signed(url, call, {**known.user, "aws_access_key_id": UNKNOWN}),
    "inactive key": lambda url, call, known: signed(url, call, known.inactive),
    "deleted key": lambda url, call, known: signed(url, call, known.deleted),
    "wrong secret": lambda url, call, known: signed(url, call, {**known.user, "aws_secret_access_key": "x" * 40}),
    "wrong session token": lambda url, call, known: signed(url, call, {**known.session, "aws_session_token": known.expired["aws_session_token"]}),
    "missing session token": lambda url, call, known: signed(url, call, {**known.session, "aws_session_token": None}),
    "expired session": lambda url, call, known: signed(url, call, known.expired),
    "skewed clock": lambda url, call, known: signed(url, call, known.user, late=timedelta(minutes=16)),
    "broken Authorization header": without_signature,
    "wrong region in the scope": lambda url, call, known: signed(url, call, known.user, region="mars-north-1"),
    "wrong service in the scope": lambda url, call, known: signed(url, call, known.user, service="logs"),
    "tampered body": with_longer_body,
    "tampered signed header": lambda url, call, known: signed(url, call, known.user, **{"X-Amz-Meta-Note": "a"}).changed("X-Amz-Meta-Note", "b"),
    "expired presigned URL": lambda url, call, known: presigned(url, call, known.user, expires=60, late=timedelta(seconds=61)),
}  # fmt: skip


def unspoilt(way, url, call, known):
    """The legitimate twin of the row."""
    if way == "expired presigned URL":
        return presigned(url, call, known.user, expires=60)
    if "session" in way:
        return signed(url, call, known.session)
    more = {"X-Amz-Meta-Note": "a"} if way == "tampered signed header" else {}
    return signed(url, call, known.user, **more)


@pytest.mark.parametrize("door", ["one", "two"])
@pytest.mark.parametrize(("way", "service", "expected"), CELLS)
def test_a_spoilt_request_is_refused_as_aws_refuses_it(accounts, known, way, service, expected, door):
    url, call = accounts[door]["endpoint_url"], CALLS[service]
    if way == "expired presigned URL" and service == "s3":
        call = replace(call, path="/table-bucket/object")  # LocalStack cannot read a presigned ListBuckets

    assert send(url, unspoilt(way, url, call, known)).status == 200
    answer = send(url, SPOILT[way](url, call, known))

    status, code, message = expected
    assert (answer.status, answer.code) == (status, code)
    wanted = message.format(service=service) if "{service}" in message else message
    assert answer.message == wanted or re.fullmatch(wanted, answer.message)


@pytest.mark.parametrize("door", ["one", "two"])
@pytest.mark.parametrize("service", ["sts", "dynamodb", "s3"])
def test_a_request_may_be_dated_by_date(accounts, known, service, door):
    """https://docs.aws.amazon.com/general/latest/gr/sigv4-date-handling.html; botocore signs a Date that it is given."""
    url, call = accounts[door]["endpoint_url"], CALLS[service]
    request = signed(url, call, known.user, Date="now")

    assert all(name.lower() != "x-amz-date" for name, _ in request.headers)
    assert send(url, request).status == 200
    spoilt = send(url, request.changed("Date", "Thu, 29 Feb 2024 23:59:59 GMT"))
    assert "Date in Credential scope does not match YYYYMMDD" in spoilt.message
    late = send(url, signed(url, call, known.user, late=timedelta(minutes=16), Date="now"))
    status, code, _ = next(row for services, row in TABLE["skewed clock"].items() if service in services)
    assert (late.status, late.code) == (status, code)


NO_OPERATION = "the service has no such operation"
# A request that names no operation of its service -> code, message.
UNKNOWN_OPERATIONS = {
    "sts": (query("sts", "Foo", "2011-06-15"), "InvalidAction", "Could not find operation Foo for version 2011-06-15"),
    "iam": (query("iam", "Foo", "2010-05-08", "us-east-1"), "InvalidAction", "Could not find operation Foo for version 2010-05-08"),
    "ec2": (query("ec2", "Foo", "2016-11-15"), "InvalidAction", "The action Foo is not valid for this web service."),
    "long": (query("sts", "F" * 129, "2011-06-15"), "InvalidAction", f"Could not find operation {'F' * 128} for version 2011-06-15"),
    "dynamodb": (target("dynamodb", "DynamoDB_20120810.Foo"), "UnknownOperationException", NO_OPERATION),
    "none": (query("sts", "", "2011-06-15"), "MissingAction", "The request is missing an action or a required parameter."),
}  # fmt: skip


@pytest.mark.parametrize("what", UNKNOWN_OPERATIONS)
def test_an_operation_that_a_service_does_not_have_is_named_as_aws_names_it(accounts, known, what):
    url, (call, code, message) = accounts["one"]["endpoint_url"], UNKNOWN_OPERATIONS[what]
    answer = send(url, signed(url, call, known.user))

    assert (answer.status, answer.code, answer.message) == (400, code, message)
    assert send(url, signed(url, CALLS[call.service], known.user)).status == 200
