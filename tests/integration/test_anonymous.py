"""Unsigned requests: a bucket's policy can let anyone in, unless public access is blocked; nothing else has anonymous requests.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

import json
import urllib.parse

import boto3
import pytest
from aws import A, B, allow, document
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from raw import Call, Request, send, signed

from harness.replay import replay

BUCKET = "open-to-all"
EVERYTHING = [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]
OFF = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False)
CONTENT = b"a=1&b=2, as a form would have it"


def to_all(action, **more):
    return allow(action, EVERYTHING, Principal="*", **more)


@pytest.fixture(scope="module")
def owner(a):
    client = a("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    client.put_object(Bucket=BUCKET, Key="key", Body=CONTENT)
    return client


@pytest.fixture
def opened(owner):
    """Say who may do what, with public access not blocked; blocked again as a new bucket is, and without a policy, afterwards."""

    def say(*statements, **blocked):
        owner.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=OFF)
        owner.put_bucket_policy(Bucket=BUCKET, Policy=document(*statements))
        owner.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration={**OFF, **blocked})

    yield say
    owner.delete_bucket_policy(Bucket=BUCKET)
    owner.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=dict.fromkeys(OFF, True))


@pytest.fixture(params=["one", "two"])
def url(request, accounts):
    """Either door: the bucket's account decides."""
    return accounts[request.param]["endpoint_url"]


def unsigned(url, method="GET", target=f"/{BUCKET}/key", body=b"", **headers):
    host = urllib.parse.urlsplit(url).netloc
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return send(url, Request(method, target, (("Host", host), *pairs), body))


def refused(answer):
    return answer.status == 403 and (answer.code, answer.message) == ("AccessDenied", "Access Denied")


def denial(journals, answer):
    line = journals.lines(request_id=answer.headers["x-amzn-requestid"])[-1]
    return line["kind"], line["principal"], line["owner"], [one["layer"] for one in line["because"]]


def test_a_policy_lets_anyone_in_for_what_it_says(url, opened, owner, journals):
    assert refused(unsigned(url))
    opened(to_all("s3:GetObject"))

    answer = unsigned(url)
    assert (answer.status, answer.body) == (200, CONTENT)
    for other in (
        unsigned(url, "PUT", f"/{BUCKET}/other", b"x"),
        unsigned(url, "DELETE"),
        unsigned(url, target=f"/{BUCKET}?policy"),
    ):
        assert refused(other)
        assert denial(journals, other) == ("decision", "anonymous", A, ["resource"])
    line = journals.lines(request_id=answer.headers["x-amzn-requestid"])[-1]
    assert (line["decision"], line["principal"], line["caller"]) == ("allowed", "anonymous", {"kind": "anonymous"})


def test_anyone_writes_where_anyone_may(url, opened, owner):
    """A body that looks like a form arrives whole."""
    assert refused(unsigned(url, "PUT", f"/{BUCKET}/written", CONTENT))
    opened(to_all("s3:PutObject"))

    form = {"Content_Type": "application/x-www-form-urlencoded"}
    assert unsigned(url, "PUT", f"/{BUCKET}/written", CONTENT, **form).status == 200
    assert owner.get_object(Bucket=BUCKET, Key="written")["Body"].read() == CONTENT


def test_an_sdk_without_credentials_gets_in(url, opened, owner):
    config = Config(signature_version=UNSIGNED, s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
    client = boto3.client("s3", endpoint_url=url, region_name="us-west-2", config=config)
    with pytest.raises(ClientError, match="AccessDenied"):
        client.list_objects_v2(Bucket=BUCKET)
    opened(to_all(["s3:GetObject", "s3:ListBucket", "s3:PutObject"]))

    client.put_object(Bucket=BUCKET, Key="sdk", Body=CONTENT)
    assert "sdk" in [found["Key"] for found in client.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert client.get_object(Bucket=BUCKET, Key="sdk")["Body"].read() == CONTENT


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ({"IpAddress": {"aws:SourceIp": "127.0.0.1"}}, 200),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.7"}}, 403),
        ({"StringEquals": {"aws:PrincipalType": "Anonymous", "aws:userid": "anonymous"}}, 200),
        ({"Null": {"aws:PrincipalArn": "false"}}, 403),
        ({"StringEquals": {"s3:signatureversion": "AWS4-HMAC-SHA256"}}, 403),
    ],
)
def test_conditions_are_about_a_request_that_nobody_signed(url, opened, condition, status):
    opened(to_all("s3:GetObject", Condition=condition))

    assert unsigned(url).status == status


def test_a_deny_for_everyone_is_for_the_anonymous_too(url, opened, journals):
    opened(to_all("s3:GetObject"), {**to_all("s3:GetObject"), "Effect": "Deny"})

    answer = unsigned(url)
    assert refused(answer)
    assert journals.lines(request_id=answer.headers["x-amzn-requestid"])[-1]["decision"] == "explicit_deny"


def test_naming_an_account_lets_nobody_else_in(url, opened):
    opened(allow("s3:GetObject", EVERYTHING, Principal={"AWS": [A, B]}))

    assert refused(unsigned(url))


def test_a_new_bucket_takes_no_public_policy(owner, opened):
    with pytest.raises(ClientError) as error:
        owner.put_bucket_policy(Bucket=BUCKET, Policy=document(to_all("s3:GetObject")))

    said = error.value.response["Error"]
    assert (said["Code"], error.value.response["ResponseMetadata"]["HTTPStatusCode"]) == ("AccessDenied", 403)
    assert said["Message"].endswith("public policies are blocked by the BlockPublicPolicy block public access setting.")
    fixed = {"StringEquals": {"aws:SourceAccount": B}}
    owner.put_bucket_policy(Bucket=BUCKET, Policy=document(to_all("s3:GetObject", Condition=fixed)))
    opened(to_all("s3:GetObject"))


def test_a_restricted_bucket_is_its_accounts_alone(url, opened, owner, b, journals):
    """Whomever its policy names beside everyone: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PublicAccessBlockConfiguration.html."""
    partner = allow("s3:GetObject", EVERYTHING, Principal={"AWS": B})
    opened(to_all("s3:GetObject"), partner)
    assert unsigned(url).status == 200
    assert b("s3").get_object(Bucket=BUCKET, Key="key")["Body"].read() == CONTENT
    opened(to_all("s3:GetObject"), partner, RestrictPublicBuckets=True)

    answer = unsigned(url)
    assert refused(answer)
    line = journals.lines(request_id=answer.headers["x-amzn-requestid"])[-1]
    assert line["public_access_restricted"]
    assert line["because"][0]["note"].startswith("RestrictPublicBuckets")
    documents = {path.stem: path for path in journals.state.rglob("policies/*")}
    assert replay(line, lambda digest: documents[digest].read_text()).because[0].note == line["because"][0]["note"]
    with pytest.raises(ClientError, match="AccessDenied"):
        b("s3").get_object(Bucket=BUCKET, Key="key")
    assert owner.get_object(Bucket=BUCKET, Key="key")["Body"].read() == CONTENT
    opened(partner, RestrictPublicBuckets=True)
    assert b("s3").get_object(Bucket=BUCKET, Key="key")["Body"].read() == CONTENT


def of_account(account, method, settings=""):
    """The account's own block; s3control's client wants a host for each account."""
    body = f"<PublicAccessBlockConfiguration>{settings}</PublicAccessBlockConfiguration>".encode() if settings else b""
    path = "/v20180820/configuration/publicAccessBlock"
    call = Call("s3", method, path, body, headers=(("x-amz-account-id", A),))
    return send(account["endpoint_url"], signed(account["endpoint_url"], call, account)).status


def test_the_account_blocks_for_all_its_buckets(url, opened, owner, accounts):
    opened(to_all("s3:GetObject"))
    blocked = "".join(f"<{name}>true</{name}>" for name in OFF)
    assert unsigned(url).status == 200

    assert of_account(accounts["one"], "PUT", blocked) < 300
    try:
        assert refused(unsigned(url))
        with pytest.raises(ClientError, match="BlockPublicPolicy"):
            owner.put_bucket_policy(Bucket=BUCKET, Policy=document(to_all("s3:GetObject")))
    finally:
        assert of_account(accounts["one"], "DELETE") < 300
    assert unsigned(url).status == 200


def test_what_is_no_bucket_is_nobodys(url, opened):
    missing = unsigned(url, target="/nowhere-at-all/key")
    assert (missing.status, missing.code) == (404, "NoSuchBucket")
    assert refused(unsigned(url, "PUT", "/made-by-nobody"))
    assert refused(unsigned(url, "GET", "/", x_amz_content_sha256="UNSIGNED-PAYLOAD"))
    opened(to_all("s3:*"))
    assert refused(unsigned(url, "PUT", f"/{BUCKET}"))
    deleting = unsigned(url, "DELETE", f"/{BUCKET}?policy")
    assert (deleting.status, deleting.code) == (405, "MethodNotAllowed")


def test_some_things_need_a_signature_whatever_the_policy_says(url, opened, owner):
    opened(to_all("s3:*"))
    copied = {"x_amz_copy_source": f"/{BUCKET}/key"}
    please = "Anonymous users cannot {}.  Please authenticate."

    for answer, what in (
        (unsigned(url, "POST", f"/{BUCKET}/big?uploads"), "initiate multipart uploads"),
        (unsigned(url, "PUT", f"/{BUCKET}/copy", **copied), "copy objects"),
        (unsigned(url, "PUT", f"/{BUCKET}/big?partNumber=1&uploadId=x", **copied), "copy objects"),
    ):
        assert (answer.status, answer.code, answer.message) == (403, "AccessDenied", please.format(what))
    renamed = f"/{BUCKET}/key?response-content-type=text%2Fhtml"
    answer = unsigned(url, target=renamed)
    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert answer.message == "Request specific response headers cannot be used for anonymous GET requests."
    assert unsigned(url, "HEAD", renamed).status == 400

    assert unsigned(url, "PUT", f"/{BUCKET}/whole", b"x").status == 200
    owner.copy_object(Bucket=BUCKET, Key="copy", CopySource=f"{BUCKET}/key")
    owner.abort_multipart_upload(Bucket=BUCKET, Key="big", UploadId=owner.create_multipart_upload(Bucket=BUCKET, Key="big")["UploadId"])  # fmt: skip
    html = owner.get_object(Bucket=BUCKET, Key="key", ResponseContentType="text/html")
    assert html["ContentType"] == "text/html"


def test_what_carries_a_trace_of_a_signature_is_not_anonymous(url, opened):
    """A signature that is not verified must not be taken for none; nor is a preflight a request."""
    opened(to_all("s3:GetObject"))
    assert unsigned(url).status == 200

    for spoilt in (
        unsigned(url, target=f"/{BUCKET}/key?AWSAccessKeyId=AKIARTXV5AHDAAAAAAAA&Signature=x&Expires=99999999999"),
        unsigned(url, target=f"/{BUCKET}/key?x-amz-signature=x"),
        unsigned(url, x_amz_security_token="x"),
    ):
        assert refused(spoilt)
    preflight = unsigned(url, "OPTIONS", Origin="https://example.com", Access_Control_Request_Method="GET")
    assert preflight.status == 403
    assert unsigned(url, Authorization="AWS AKIARTXV5AHDAAAAAAAA:x").status == 400


def test_other_services_have_no_anonymous_requests(url, opened, a):
    opened(to_all("s3:*"))
    queue = a("sqs").create_queue(
        QueueName="open-to-all", Attributes={"Policy": document(allow("sqs:*", Principal="*"))}
    )

    path = urllib.parse.urlsplit(queue["QueueUrl"]).path
    sent = unsigned(url, target=f"{path}?Action=SendMessage&MessageBody=x&Version=2012-11-05")
    assert (sent.status, sent.code) == (403, "MissingAuthenticationToken")
    target = unsigned(url, "POST", f"/{BUCKET}", b"{}", X_Amz_Target="DynamoDB_20120810.ListTables")
    assert json.loads(target.body)["__type"].endswith("MissingAuthenticationTokenException")
    action = unsigned(
        url, "POST", "/", b"Action=ListUsers&Version=2010-05-08", Content_Type="application/x-www-form-urlencoded"
    )
    assert action.code == "MissingAuthenticationToken"
