"""S3's browser uploads: the policy in a form and its signature, from either door, and every way to smuggle past them.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
"""

import urllib.parse

import boto3
import pytest
from aws import A, allow, document, keys_of
from botocore.config import Config
from botocore.exceptions import ClientError
from raw import Call as RawCall
from raw import Request, send, signed

BUCKET, BOUNDARY, CONTENT = "posted-to", "b0undary", b"\x00\xff some content\r\n--not the boundary"
FILE = ("file", CONTENT, "photo.png")


def client(account, service="s3", **keys):
    keys = keys or {name: account[name] for name in ("aws_access_key_id", "aws_secret_access_key")}
    config = Config(signature_version="s3v4" if service == "s3" else None, s3={"addressing_style": "path"})
    return boto3.client(service, endpoint_url=account["endpoint_url"], region_name="us-west-2", config=config, **keys)


@pytest.fixture(scope="module")
def owner(accounts):
    made = client(accounts["one"])
    made.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    return made


@pytest.fixture(params=["one", "two"])
def url(request, accounts, owner):
    """Either door: at the other account's, the policy and its signature travel in the question to the key's home."""
    return accounts[request.param]["endpoint_url"]


def body_of(*fields):
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'.encode()
        + (f'; filename="{more[0]}"'.encode() if more else b"")
        + b"\r\n\r\n"
        + (value if isinstance(value, bytes) else value.encode())
        + b"\r\n"
        for name, value, *more in fields
    ]
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def post(url, *fields, target=f"/{BUCKET}", **headers):
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    pairs = {"Host": urllib.parse.urlsplit(url).netloc, **kind, **headers}
    return send(url, Request("POST", target, tuple(pairs.items()), body_of(*fields)))


def form(s3, key="key", fields=None, conditions=None, expires=60):
    given = s3.generate_presigned_post(BUCKET, key, Fields=fields, Conditions=conditions, ExpiresIn=expires)
    return given["fields"]


def stored(owner, key="key"):
    return owner.get_object(Bucket=BUCKET, Key=key)["Body"].read()


def absent(owner, key):
    with pytest.raises(ClientError, match="404"):
        owner.head_object(Bucket=BUCKET, Key=key)
    return True


def said(answer):
    return answer.status, answer.code, answer.message


def test_a_form_stores_its_file_as_its_signer(url, owner, journals):
    fields = form(
        owner,
        "up/${filename}",
        {"Content-Type": "image/png", "x-amz-meta-note": "n", "success_action_status": "201"},
        [["starts-with", "$Content-Type", "image/"], {"x-amz-meta-note": "n"}, {"success_action_status": "201"}],
    )

    answer = post(url, *fields.items(), ("file", CONTENT, "C:\\home\\photo.png"), ("submit", "Upload"))

    assert answer.status == 201
    found = owner.get_object(Bucket=BUCKET, Key="up/photo.png")
    assert (found["Body"].read(), found["ContentType"], found["Metadata"]) == (CONTENT, "image/png", {"note": "n"})
    line = journals.lines(request_id=answer.headers["x-amzn-requestid"])[-1]
    assert (line["decision"], line["action"], line["owner"]) == ("allowed", "s3:PutObject", A)
    assert (line["principal"], line["resource"]) == (
        f"arn:aws:iam::{A}:user/deployer",
        f"arn:aws:s3:::{BUCKET}/up/photo.png",
    )


def test_a_files_name_is_put_in_once(url, owner, journals):
    """A file named `${filename}` is stored under the key that was decided."""
    answer = post(url, *form(owner, "once/${filename}").items(), ("file", CONTENT, "${filename}"))

    assert answer.status == 204
    line = journals.lines(request_id=answer.headers["x-amzn-requestid"])[-1]
    assert line["resource"] == f"arn:aws:s3:::{BUCKET}/once/${{filename}}"
    assert stored(owner, "once/${filename}") == CONTENT
    assert absent(owner, "once/file")


def test_a_form_is_posted_to_a_virtual_host(url, owner):
    host = f"{BUCKET}.s3.us-west-2.localhost.localstack.cloud:{urllib.parse.urlsplit(url).port}"
    key = f"virtual-{url[-5:]}"

    assert post(url, *form(owner, key).items(), FILE, target="/", Host=host).status == 204
    assert stored(owner, key) == CONTENT


def test_a_session_signs_with_its_token(url, owner, a, accounts):
    iam, sts = a("iam"), a("sts")
    role = iam.create_role(RoleName=f"poster-{url[-5:]}", AssumeRolePolicyDocument=document(
        {"Effect": "Allow", "Principal": {"AWS": A}, "Action": "sts:AssumeRole"}
    ))["Role"]  # fmt: skip
    iam.put_role_policy(
        RoleName=role["RoleName"],
        PolicyName="p",
        PolicyDocument=document(allow("s3:PutObject", f"arn:aws:s3:::{BUCKET}/mine/*")),
    )
    given = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="poster")["Credentials"]
    session = client(accounts["one"], **keys_of(given))
    fields = form(session, "mine/x")

    assert post(url, *fields.items(), FILE).status == 204
    assert stored(owner, "mine/x") == CONTENT
    assert said(post(url, *(fields | {"x-amz-security-token": "x"}).items(), FILE))[:2] == (400, "InvalidToken")
    elsewhere = post(url, *form(session, "not-mine").items(), FILE)
    assert said(elsewhere)[:2] == (403, "AccessDenied")
    assert "s3:PutObject" in elsewhere.message
    with_acl = form(session, "mine/y", {"acl": "private"}, [{"acl": "private"}])
    assert "s3:PutObjectAcl" in post(url, *with_acl.items(), FILE).message
    assert absent(owner, "mine/y")


def test_another_account_posts_where_the_bucket_lets_it_in(url, owner, accounts):
    two = client(accounts["two"])
    fields = form(two, "from two")
    assert said(post(url, *fields.items(), FILE))[:2] == (403, "AccessDenied")
    statement = allow("s3:PutObject", f"arn:aws:s3:::{BUCKET}/*", Principal={"AWS": accounts["two"]["account_id"]})
    owner.put_bucket_policy(Bucket=BUCKET, Policy=document(statement))
    try:
        assert post(url, *fields.items(), FILE).status == 204
        assert stored(owner, "from two") == CONTENT
    finally:
        owner.delete_bucket_policy(Bucket=BUCKET)


def test_the_policy_is_the_signers_word(url, owner):
    fields = form(owner, "policed", conditions=[["content-length-range", 1, 10]])
    starts = form(owner, "user/${filename}")

    assert post(url, *fields.items(), ("file", b"small", "f")).status == 204
    large = post(url, *fields.items(), FILE)
    assert said(large) == (400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
    empty = post(url, *fields.items(), ("file", b"", "f"))
    assert said(empty) == (400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
    moved = post(url, *(starts | {"key": "elsewhere"}).items(), FILE)
    assert said(moved) == (
        403,
        "AccessDenied",
        'Invalid according to Policy: Policy Condition failed: ["starts-with", "$key", "user/"]',
    )
    more = post(url, *fields.items(), ("acl", "public-read"), ("file", b"x", "f"))
    assert said(more) == (403, "AccessDenied", "Invalid according to Policy: Extra input fields: acl")
    other = post(url, *(fields | {"x-amz-signature": "0" * 64}).items(), ("file", b"x", "f"))
    assert said(other)[:2] == (403, "SignatureDoesNotMatch")
    assert absent(owner, "elsewhere")
    assert stored(owner, "policed") == b"small"


def test_a_policy_ends(url, owner):
    assert post(url, *form(owner, "in time").items(), FILE).status == 204
    late = post(url, *form(owner, "too late", expires=-1).items(), FILE)

    assert said(late) == (403, "AccessDenied", "Invalid according to Policy: Policy expired.")
    assert absent(owner, "too late")


def test_a_form_is_for_the_bucket_that_it_names(url, owner):
    fields = form(owner, "key")
    owner.create_bucket(Bucket=f"other-{url[-5:]}", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})

    assert post(url, *fields.items(), FILE).status == 204
    answer = post(url, *fields.items(), FILE, target=f"/other-{url[-5:]}")
    assert answer.message == f'Invalid according to Policy: Policy Condition failed: ["eq", "$bucket", "{BUCKET}"]'


SMUGGLED = {
    "two keys": lambda fields: [*fields.items(), ("KEY", "smuggled"), FILE],
    "two policies": lambda fields: [("policy", "e30="), *fields.items(), FILE],
    "two files": lambda fields: [*fields.items(), FILE, ("file", b"smuggled", "f")],
    "no file": lambda fields: list(fields.items()),
    "the signature behind the file": lambda fields: [
        *((name, value) for name, value in fields.items() if name != "x-amz-signature"),
        FILE,
        ("x-amz-signature", fields["x-amz-signature"]),
    ],
    "the key behind the file": lambda fields: [
        *((name, value) for name, value in fields.items() if name != "key"),
        FILE,
        ("key", "smuggled"),
    ],
    "the older signature beside it": lambda fields: [
        *fields.items(),
        ("AWSAccessKeyId", "x"),
        ("signature", "y"),
        FILE,
    ],
    "a name that ends early": lambda fields: [*fields.items(), ('x"; name="key', "smuggled"), FILE],
}


@pytest.mark.parametrize("how", SMUGGLED)
def test_a_form_that_could_be_read_in_two_ways_is_refused(url, owner, how):
    key = f"{how} {url[-5:]}"
    fields = form(owner, key)

    answer = post(url, *SMUGGLED[how](fields))
    assert answer.status == 400
    assert absent(owner, "smuggled")
    assert absent(owner, key)
    assert post(url, *fields.items(), FILE).status == 204


def test_what_stands_behind_the_file_is_ignored(url, owner):
    fields = form(owner, "honest")

    later = [("key", "smuggled"), ("acl", "public-read"), ("Content-Type", "text/html"), ("x-amz-meta-a", "b")]
    assert post(url, *fields.items(), FILE, *later).status == 204
    found = owner.get_object(Bucket=BUCKET, Key="honest")
    assert (found["ContentType"], found["Metadata"]) == ("binary/octet-stream", {})
    assert absent(owner, "smuggled")


def test_a_form_has_one_signature(url, owner, accounts):
    fields = form(owner, "one signature")
    header = signed(url, RawCall("s3", "POST", f"/{BUCKET}"), accounts["one"])
    headers = {name: header.value(name) for name in ("Authorization", "X-Amz-Date", "X-Amz-Content-SHA256")}

    for given in (fields, {"key": "by header"}):
        answer = post(url, *given.items(), FILE, **headers)
        assert said(answer) == (400, "InvalidArgument", "Only one auth mechanism allowed")
    assert absent(owner, "one signature")
    assert absent(owner, "by header")


def test_a_form_that_the_gate_does_not_read_is_not_executed(url, owner, accounts):
    """LocalStack takes for a form what only mentions the type; nobody gets an object stored by it."""
    body = b"key=mentioned&file=x"
    for kind, target in (
        ("application/x-www-form-urlencoded; multipart/form-data", f"/{BUCKET}"),
        (f"multipart/form-data; boundary={BOUNDARY}", f"/{BUCKET}?x=y"),
    ):
        call = RawCall("s3", "POST", target, body, headers=(("Content-Type", kind),))
        answer = send(url, signed(url, call, accounts["one"]))
        assert 400 <= answer.status < 500
    assert absent(owner, "mentioned")


def test_an_older_signature_is_refused_by_name(url, owner, accounts):
    older = boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-west-2",
        config=Config(signature_version="s3"),
        **{name: accounts["one"][name] for name in ("aws_access_key_id", "aws_secret_access_key")},
    )
    fields = older.generate_presigned_post(BUCKET, "older")["fields"]

    answer = post(url, *fields.items(), FILE)
    assert "signature" in fields
    assert said(answer)[:2] == (400, "InvalidRequest")
    assert "AWS4-HMAC-SHA256" in answer.message


def test_anyone_posts_where_anyone_may(url, owner):
    key = f"anonymous-{url[-5:]}"
    assert said(post(url, ("key", key), FILE)) == (403, "AccessDenied", "Access Denied")
    off = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False)
    owner.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=off)
    owner.put_bucket_policy(
        Bucket=BUCKET, Policy=document(allow("s3:PutObject", f"arn:aws:s3:::{BUCKET}/anon*", Principal="*"))
    )
    try:
        assert post(url, ("key", key), FILE).status == 204
        assert stored(owner, key) == CONTENT
        assert post(url, ("key", "else"), FILE).status == 403
        unsigned = form(owner, key)
        del unsigned["x-amz-signature"]
        assert said(post(url, *unsigned.items(), FILE))[:2] == (400, "InvalidArgument")
    finally:
        owner.delete_bucket_policy(Bucket=BUCKET)


def test_a_policy_may_want_objects_to_be_posted(url, owner, a, accounts):
    name = f"poster-{url[-5:]}"
    a("iam").create_user(UserName=name)
    posted = allow("s3:PutObject", "*", Condition={"StringEquals": {"s3:authType": "POST"}})
    a("iam").put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(posted))
    s3 = client(accounts["one"], **keys_of(a("iam").create_access_key(UserName=name)["AccessKey"]))

    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=BUCKET, Key=name, Body=b"x")
    assert post(url, *form(s3, name).items(), FILE).status == 204


def test_tags_of_a_form_want_their_own_permission(url, owner, a, accounts):
    iam = a("iam")
    name = f"tagger-{url[-5:]}"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    keys = keys_of(key)
    tagging = "<Tagging><TagSet><Tag><Key>team</Key><Value>a</Value></Tag></TagSet></Tagging>"
    fields = form(client(accounts["one"], **keys), name, {"tagging": tagging}, [{"tagging": tagging}])
    put = allow("s3:PutObject", "*")
    tag = allow("s3:PutObjectTagging", "*", Condition={"StringEquals": {"s3:RequestObjectTag/team": "a"}})

    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(put))
    assert "s3:PutObjectTagging" in post(url, *fields.items(), FILE).message
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(put, tag))
    assert post(url, *fields.items(), FILE).status == 204
    assert owner.get_object_tagging(Bucket=BUCKET, Key=name)["TagSet"] == [{"Key": "team", "Value": "a"}]
