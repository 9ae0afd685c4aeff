"""Form posts: what AWS signs in its example is verified, and a body that could be read in two ways is none.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html
"""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import S3SigV4PostAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from harness.sigv4 import (
    Credential,
    Form,
    Head,
    Payload,
    Reason,
    SigningKey,
    check_policy,
    claim_of_form,
    read_form,
    verify,
)

KEY_ID, SECRET, TOKEN = "ASIAIOSFODNN7EXAMPLE", "a secret", "a token"
BOUNDARY = "b0undary"
HEAD = Head("POST", "/bucket", (("Host", "s3"), ("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")))
FILE = ("file", b"content", "name.txt")


def part(name, value, filename=None):
    more = f'; filename="{filename}"' if filename is not None else ""
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + value + b"\r\n"


def body_of(*fields):
    return b"".join(part(*field) for field in fields) + f"--{BOUNDARY}--\r\n".encode()


def read(*fields, head=HEAD):
    return read_form(head, body_of(*fields))


class TestReading:
    def test_fields_are_known_by_lower_case_names_up_to_the_file(self):
        form = read(("Key", b"k"), ("Content-Type", b"text/plain"), FILE, ("submit", b"ignored"))

        assert form == Form({"key": "k", "content-type": "text/plain"}, b"content")

    def test_a_file_may_hold_anything_but_the_boundary(self):
        content = b"\r\n--b0undar\r\n\x00\xff--" + b"\r\n\r\n"
        assert read(("key", b"k"), ("file", content, "x")).file == content
        assert read(("key", b"k"), ("file", content + b"\r\n--b0undaryx", "x")).reason is Reason.BROKEN_FORM

    @pytest.mark.parametrize(
        ("path", "key"),
        [("photo.png", "u/photo.png"), ("C:\\home\\photo.png", "u/photo.png"), ("../photo.png", "u/photo.png")],
    )
    def test_the_files_name_stands_for_its_variable(self, path, key):
        form = read(("key", b"u/${filename}"), ("x-amz-meta-name", b"${filename}"), ("file", b"", path))

        assert (form.fields["key"], form.fields["x-amz-meta-name"]) == (key, key.removeprefix("u/"))

    @pytest.mark.parametrize(
        "head",
        [
            replace(HEAD, method="PUT"),
            replace(HEAD, target="/bucket?delete"),
            replace(HEAD, headers=(("Content-Type", "text/plain"),)),
            replace(HEAD, headers=()),
        ],
    )
    def test_other_requests_are_no_forms(self, head):
        assert read(("key", b"k"), FILE, head=head) is None

    @pytest.mark.parametrize(
        ("fields", "reason"),
        [
            ([("key", b"k")], Reason.BAD_FIELD),
            ([("key", b"k"), FILE, FILE], Reason.BAD_FIELD),
            ([FILE, ("key", b"k")], Reason.BAD_FIELD),
            ([("key", b""), FILE], Reason.BAD_FIELD),
            ([("key", b"k"), ("policy", b"a"), ("policy", b"b"), FILE], Reason.BROKEN_FORM),
            ([("key", b"k"), ("KEY", b"l"), FILE], Reason.BROKEN_FORM),
            ([("key", b"\xff"), FILE], Reason.BROKEN_FORM),
            ([("key", b"k"), ("x-amz-meta-a", b"x" * 20_480), FILE], Reason.LONG_FIELDS),
            ([("key", b"k"), ('a"; x="b', b""), FILE], Reason.BROKEN_FORM),
            ([("key", b"k"), ("a%22", b""), FILE], Reason.BROKEN_FORM),
        ],
    )
    def test_what_could_be_read_in_two_ways_is_refused(self, fields, reason):
        assert isinstance(read(("key", b"k"), FILE), Form)
        assert read(*fields).reason is reason

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda body: b"preamble\r\n" + body,
            lambda body: body + b"epilogue",
            lambda body: body.removesuffix(b"--\r\n") + b"\r\n",
            lambda body: body.replace(b"\r\n", b"\n"),
            lambda body: body.replace(b"Content-Disposition", b"Content-Transfer-Encoding: base64\r\nContent-Disposition", 1),
            lambda body: body.replace(b"Content-Disposition", b'Content-Disposition: form-data; name="x"\r\nContent-Disposition', 1),
            lambda body: body.replace(b'name="key"', b"name*=utf-8''key", 1),
            lambda body: body.replace(b'name="key"', b"name=key", 1),
            lambda body: b"",
        ],
    )  # fmt: skip
    def test_a_body_that_is_not_exactly_in_form_is_refused(self, spoil):
        body = body_of(("key", b"k"), FILE)

        assert isinstance(read_form(HEAD, body), Form)
        assert read_form(HEAD, spoil(body)).reason is Reason.BROKEN_FORM

    @pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=a; boundary=b0undary"])
    def test_a_type_without_one_boundary_is_refused(self, kind):
        head = replace(HEAD, headers=(("Content-Type", kind),))

        assert read(("key", b"k"), FILE, head=head).reason is Reason.BROKEN_FORM


def aws_example():
    """The policy of AWS's example, in the bytes that it encodes."""
    policy = (
        '{ "expiration": "2015-12-30T12:00:00.000Z",\r\n  "conditions": [\r\n    {"bucket": "sigv4examplebucket"},\r\n'
        '    ["starts-with", "$key", "user/user1/"],\r\n    {"acl": "public-read"},\r\n'
        '    {"success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},\r\n'
        '    ["starts-with", "$Content-Type", "image/"],\r\n    {"x-amz-meta-uuid": "14365123651274"},\r\n'
        '    {"x-amz-server-side-encryption": "AES256"},\r\n    ["starts-with", "$x-amz-meta-tag", ""],\r\n\r\n'
        '    {"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},\r\n'
        '    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},\r\n    {"x-amz-date": "20151229T000000Z" }\r\n  ]\r\n}'
    )
    return {
        "policy": base64.b64encode(policy.encode()).decode(),
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request",
        "x-amz-date": "20151229T000000Z",
        "x-amz-signature": "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e",
    }


def outcome(signed, *, secret=SECRET, token=TOKEN, key_id=KEY_ID, later=timedelta(0), session=timedelta(0)):
    claim = claim_of_form(HEAD, signed)
    known = Credential(
        key_id, SigningKey(secret), SigningKey(token) if token else None, expires=claim.time + timedelta(hours=1)
    )
    now = claim.time + later
    return verify(HEAD, claim, Payload(""), known, real_time=now, session_time=claim.time + session)


def test_awss_example_is_verified():
    signed, secret = aws_example(), "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

    assert outcome(signed, secret=secret, token=None) is None
    changed = base64.b64encode(base64.b64decode(signed["policy"]).replace(b"user1", b"user2")).decode()
    assert outcome(signed | {"policy": changed}, secret=secret, token=None).reason is Reason.BAD_SIGNATURE
    fields = {
        "key": "user/user1/photo.png",
        "acl": "public-read",
        "success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html",
        "content-type": "image/jpeg",
        "x-amz-meta-uuid": "14365123651274",
        "x-amz-server-side-encryption": "AES256",
        "x-amz-meta-tag": "",
    }
    assert check_policy(Form(fields | signed, b""), "sigv4examplebucket", datetime(2015, 12, 30, tzinfo=UTC)) is None


def botocore_signs(conditions=(), fields=None, expires=timedelta(hours=1)):
    """The fields of a form as botocore's signer makes them."""
    request = AWSRequest("POST", "http://s3/bucket")
    now = datetime.now(UTC)
    request.context["s3-presign-post-fields"] = dict(fields or {})
    policy = {"expiration": (now + expires).strftime("%Y-%m-%dT%H:%M:%SZ"), "conditions": list(conditions)}
    request.context["s3-presign-post-policy"] = policy
    S3SigV4PostAuth(Credentials(KEY_ID, SECRET, TOKEN), "s3", "us-west-2").add_auth(request)
    return request.context["s3-presign-post-fields"]


def test_what_botocore_signs_is_verified_and_every_change_is_refused():
    signed = botocore_signs()

    assert outcome(signed) is None
    assert outcome(signed, secret="another").reason is Reason.BAD_SIGNATURE
    assert outcome(signed | {"x-amz-security-token": "another"}).reason is Reason.BAD_TOKEN
    assert outcome(signed | {"policy": base64.b64encode(b"{}").decode()}).reason is Reason.BAD_SIGNATURE
    other_region = signed["x-amz-credential"].replace("us-west-2", "us-east-1")
    assert outcome(signed | {"x-amz-credential": other_region}).reason is Reason.BAD_SIGNATURE
    assert outcome(signed, session=timedelta(hours=2)).reason is Reason.EXPIRED_SESSION
    assert outcome(signed, later=timedelta(days=7, minutes=1)).reason is Reason.EXPIRED_URL
    assert outcome(signed, later=-timedelta(minutes=16)).reason is Reason.SKEWED


@pytest.mark.parametrize("absent", ["policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"])
def test_a_signature_wants_all_its_fields(absent):
    signed = botocore_signs()
    del signed[absent]

    refused = claim_of_form(HEAD, signed)
    assert refused.reason is Reason.BAD_FIELD
    assert f"'{absent.title()}'" in refused.detail


def test_a_form_has_one_signature_of_the_one_version_or_none():
    authorized = replace(HEAD, headers=(*HEAD.headers, ("Authorization", "AWS4-HMAC-SHA256 x")))

    assert claim_of_form(authorized, botocore_signs()).reason is Reason.TWO_CREDENTIALS
    assert claim_of_form(HEAD, {"awsaccesskeyid": KEY_ID, "signature": "x"}).reason is Reason.OLD_SIGNATURE
    assert claim_of_form(HEAD, botocore_signs() | {"signature": "x"}).reason is Reason.OLD_SIGNATURE
    assert claim_of_form(HEAD, botocore_signs() | {"x-amz-algorithm": "AWS4"}).reason is Reason.OLD_SIGNATURE
    assert claim_of_form(HEAD, {}).reason is Reason.MISSING


NOW = datetime(2024, 2, 29, tzinfo=UTC)
BUCKET = {"bucket": "b"}


def checked(conditions, expiration="2024-03-01T00:00:00Z", **fields):
    policy = {"expiration": expiration, "conditions": conditions}
    text = base64.b64encode(json.dumps(policy).encode()).decode()
    return check_policy(Form({"policy": text, "x-amz-signature": "s", **fields}, b"12345"), "b", NOW)


class TestPolicy:
    @pytest.mark.parametrize(
        "condition",
        [
            {"key": "user/k"},
            {"KEY": "user/k"},
            ["eq", "$key", "user/k"],
            ["EQ", "$Key", "user/k"],
            ["starts-with", "$key", "user/"],
            ["starts-with", "$key", ""],
        ],
    )
    def test_a_condition_names_a_field_and_its_value(self, condition):
        assert checked([BUCKET, condition], key="user/k") is None
        assert checked([BUCKET, condition], key="user/k", **{"x-ignore-this": "x"}) is None

    @pytest.mark.parametrize(
        ("condition", "said"),
        [
            ({"key": "k2"}, '["eq", "$key", "k2"]'),
            (["eq", "$key", "K"], '["eq", "$key", "K"]'),
            (["starts-with", "$key", "user/"], '["starts-with", "$key", "user/"]'),
            ({"acl": "private"}, '["eq", "$acl", "private"]'),
            (["starts-with", "$Content-Type", ""], '["starts-with", "$Content-Type", ""]'),
            ({"bucket": "other"}, '["eq", "$bucket", "other"]'),
        ],
    )
    def test_one_that_fails_is_told(self, condition, said):
        assert checked([BUCKET, {"key": "k"}], key="k") is None
        refused = checked([BUCKET, {"key": "k"}, condition], key="k")

        assert (refused.reason, refused.detail) == (
            Reason.AGAINST_POLICY,
            f"Invalid according to Policy: Policy Condition failed: {said}",
        )

    def test_every_field_must_be_named_and_the_bucket_too(self):
        fields = {"key": "k", "acl": "public-read"}
        acl = ["starts-with", "$acl", "public"]

        assert checked([BUCKET, {"key": "k"}, acl], **fields) is None
        for conditions, extra in (([BUCKET, {"key": "k"}], "acl"), ([{"key": "k"}, acl], "bucket")):
            refused = checked(conditions, **fields)
            assert refused.reason is Reason.AGAINST_POLICY
            assert refused.detail == f"Invalid according to Policy: Extra input fields: {extra}"

    def test_each_of_several_content_types_must_start_so(self):
        conditions = [BUCKET, {"key": "k"}, ["starts-with", "$Content-Type", "image/"]]

        assert checked(conditions, key="k", **{"content-type": "image/png,image/gif"}) is None
        refused = checked(conditions, key="k", **{"content-type": "image/png,text/html"})
        assert refused.reason is Reason.AGAINST_POLICY

    @pytest.mark.parametrize(
        ("ends", "reason"),
        [((5, 5), None), (("1", "10"), None), ((6, 10), Reason.TOO_SMALL), ((0, 4), Reason.TOO_LARGE)],
    )
    def test_the_files_size_may_have_a_range(self, ends, reason):
        outcome = checked([BUCKET, {"key": "k"}, ["content-length-range", *ends]], key="k")

        assert (outcome and outcome.reason) == reason

    def test_it_ends(self):
        conditions = [BUCKET, {"key": "k"}]

        assert checked(conditions, key="k", expiration="2024-02-29T00:00:00.001Z") is None
        refused = checked(conditions, key="k", expiration="2024-02-29T00:00:00Z")
        assert refused.detail == "Invalid according to Policy: Policy expired."

    @pytest.mark.parametrize(
        ("conditions", "expiration"),
        [
            ([], None),
            ([], "tomorrow"),
            ({}, "2024-03-01T00:00:00Z"),
            ([{"acl": "a", "key": "k"}], "2024-03-01T00:00:00Z"),
            ([{"acl": 1}], "2024-03-01T00:00:00Z"),
            ([["like", "$key", "k"]], "2024-03-01T00:00:00Z"),
            ([["eq", "key", "k"]], "2024-03-01T00:00:00Z"),
            ([["content-length-range", -1, 5]], "2024-03-01T00:00:00Z"),
            ([["content-length-range", 0, "9" * 5000]], "2024-03-01T00:00:00Z"),
            (["key"], "2024-03-01T00:00:00Z"),
        ],
    )
    def test_what_is_no_policy_is_refused(self, conditions, expiration):
        assert checked(conditions, expiration=expiration, key="k").reason is Reason.BROKEN_POLICY

    @pytest.mark.parametrize("text", ["e30", "!", "bm90IGpzb24=", "[" * 5000])
    def test_a_text_that_cannot_be_read_is_refused(self, text):
        assert check_policy(Form({"policy": text}, b""), "b", NOW).reason is Reason.BROKEN_POLICY
