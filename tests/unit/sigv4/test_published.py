"""The examples that AWS's documentation signs: each stage comes out as AWS prints it, and the request is accepted.

https://docs.aws.amazon.com/general/latest/gr/sigv4-create-canonical-request.html (and the pages behind it)
https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
AWS's example of streamed uploads is in test_streaming.py.
"""

from dataclasses import dataclass, replace
from hashlib import sha256

import pytest

from harness.sigv4 import Credential, Head, Payload, Reason, SigningKey, parse_claim, verify
from harness.sigv4.canonical import canonical_request, string_to_sign
from harness.sigv4.verify import declared_payload

KEY_ID = "AKIAIOSFODNN7EXAMPLE"  # where AWS's example has AKIDEXAMPLE, which is no key id's form and not part of what is signed
EMPTY = sha256(b"").hexdigest()
S3 = (("Host", "examplebucket.s3.amazonaws.com"), ("x-amz-date", "20130524T000000Z"))


@dataclass(frozen=True)
class Example:
    """A request, the hash of its canonical request, and its signature, as AWS prints them."""

    head: Head
    canonical: str
    signature: str
    scope: str = "20130524/us-east-1/s3/aws4_request"
    secret: str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    body: bytes = b""

    @property
    def signed(self):
        names = ";".join(sorted(name.lower() for name, _ in self.head.headers))
        value = f"Credential={KEY_ID}/{self.scope},SignedHeaders={names},Signature={self.signature}"
        return replace(self.head, headers=(*self.head.headers, ("Authorization", f"AWS4-HMAC-SHA256 {value}")))

    @property
    def payload(self):
        return Payload(sha256(self.body).hexdigest())


def of_s3(method, target, *headers, body=b""):
    digest = sha256(body).hexdigest()
    return Head(method, target, (*S3, *headers, ("x-amz-content-sha256", digest)))


EXAMPLES = {
    "ListUsers": Example(
        Head(
            "GET",
            "/?Action=ListUsers&Version=2010-05-08",
            (
                ("Host", "iam.amazonaws.com"),
                ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
                ("X-Amz-Date", "20150830T123600Z"),
            ),
        ),
        "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59",
        "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
        scope="20150830/us-east-1/iam/aws4_request",
        secret="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    ),
    "GET Object": Example(
        of_s3("GET", "/test.txt", ("Range", "bytes=0-9")),
        "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ),
    "PUT Object": Example(
        of_s3(
            "PUT",
            "/test%24file.text",
            ("Date", "Fri, 24 May 2013 00:00:00 GMT"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            body=b"Welcome to Amazon S3.",
        ),
        "9e0e90d9c76de8fa5b200d8c849cd5b8dc7a3be3951ddb7f6a76b4158342019d",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        body=b"Welcome to Amazon S3.",
    ),
    "GET Bucket Lifecycle": Example(
        of_s3("GET", "/?lifecycle"),
        "9766c798316ff2757b517bc739a67f6213b4ab36dd5da2f94eaebf79c77395ca",
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    ),
    "List Objects": Example(
        of_s3("GET", "/?max-keys=2&prefix=J"),
        "df57d21db20da04d7fa30298dd4488ba3a2b47ca3a489c74750e0f1e7df1b9b7",
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ),
}
PRESIGNED = Example(
    Head(
        "GET",
        "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2F"
        "aws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
        S3[:1],
    ),
    "3bfa292879f6447bbcda7001decf97f4a54dc650c8942174ae0a9121cf58ad04",
    "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
)
REQUESTS = {
    **{name: (example.signed, example) for name, example in EXAMPLES.items()},
    "presigned": (PRESIGNED.head, PRESIGNED),
}


def outcome(head, example, payload=None):
    claim = parse_claim(head)
    known = Credential(KEY_ID, SigningKey(example.secret))
    return verify(head, claim, payload or example.payload, known, real_time=claim.time, session_time=claim.time)


@pytest.mark.parametrize("name", REQUESTS)
def test_each_stage_is_what_aws_prints(name):
    head, example = REQUESTS[name]
    claim = parse_claim(head)
    payload = declared_payload(head, claim, example.payload.sha256)

    assert sha256(canonical_request(head, claim, payload).encode()).hexdigest() == example.canonical
    text = f"AWS4-HMAC-SHA256\n{claim.timestamp}\n{example.scope}\n{example.canonical}"
    assert string_to_sign(head, claim, payload) == text
    assert outcome(head, example) is None


@pytest.mark.parametrize("name", REQUESTS)
def test_a_changed_byte_is_refused(name):
    head, example = REQUESTS[name]

    for changed in (
        replace(head, method="POST"),
        replace(head, target=head.target.replace("/", "/x", 1)),
        replace(head, target=f"{head.target}{'&' if '?' in head.target else '?'}x"),
        replace(head, headers=tuple((key, value.replace("amazonaws", "amazonawz")) for key, value in head.headers)),
    ):
        assert outcome(changed, example).reason is Reason.BAD_SIGNATURE
    wrong = replace(example, secret=example.secret.lower())
    assert outcome(head, wrong).reason is Reason.BAD_SIGNATURE


@pytest.mark.parametrize("name", EXAMPLES)
def test_another_body_is_refused(name):
    head, example = REQUESTS[name]
    reason = Reason.BAD_SIGNATURE if name == "ListUsers" else Reason.WRONG_PAYLOAD

    assert outcome(head, example, Payload(sha256(example.body + b"x").hexdigest())).reason is reason
