"""Attacks on the gate over HTTP, each beside the legitimate request that it imitates."""

import contextlib
import http.client
import json
import urllib.parse

import boto3
import pytest
from aws import keys_of
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from sealed import say

IDENTITY = b"Action=GetCallerIdentity&Version=2011-06-15"


@pytest.fixture(scope="module")
def client(accounts):
    def make(service, name="one", door=None, **keys):
        chosen = keys or {key: accounts[name][key] for key in ("aws_access_key_id", "aws_secret_access_key")}
        config = boto3.session.Config(retries={"total_max_attempts": 1})
        return boto3.client(
            service,
            endpoint_url=accounts[door or name]["endpoint_url"],
            region_name="us-west-2",
            config=config,
            **chosen,
        )

    return make


def send(account, method="POST", path="/", body=IDENTITY, headers=()):
    """One request as it stands; its status and body."""
    host = urllib.parse.urlsplit(account["endpoint_url"]).netloc
    with contextlib.closing(http.client.HTTPConnection(host, timeout=60)) as connection:
        return _send(connection, host, method, path, body, headers)


def _send(connection, host, method, path, body, headers):
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in (("Host", host), ("Content-Length", str(len(body))), *headers):
        connection.putheader(name, value)
    connection.endheaders(body)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def signed(account, body=IDENTITY, service="sts", region="us-west-2", key_id=None, secret=None, **headers):
    """The headers of a signed request."""
    request = AWSRequest(
        "POST",
        account["endpoint_url"] + "/",
        data=body,
        headers={"Content-Type": "application/x-www-form-urlencoded", **headers},
    )
    keys = Credentials(key_id or account["aws_access_key_id"], secret or account["aws_secret_access_key"])
    SigV4Auth(keys, service, region).add_auth(request)
    return [*request.headers.items()]


def test_a_signed_request_gets_in_and_the_same_unsigned_does_not(accounts):
    one = accounts["one"]

    assert send(one, headers=signed(one))[0] == 200
    status, text = send(one, headers=[("Content-Type", "application/x-www-form-urlencoded")])
    assert (status, "MissingAuthenticationToken" in text) == (403, True)


@pytest.mark.parametrize(
    "forged",
    [
        (
            "x-localstack-data",
            '{"service_principal": "lambda", "source_arn": "arn:aws:lambda:us-west-2:111111111111:function:f"}',
        ),
        ("x-harness-internal", "0" * 64),
        ("x-moto-account-id", "222222222222"),
        ("X-LocalStack-Edge", "http://127.0.0.1"),
    ],
    ids=lambda pair: pair[0],
)
def test_headers_that_speak_for_localstack_grant_nothing(accounts, forged):
    one = accounts["one"]

    assert send(one, headers=[forged, ("Content-Type", "application/x-www-form-urlencoded")])[0] == 403
    status, text = send(one, headers=[*signed(one), forged])
    assert status == 200
    assert "<Account>111111111111</Account>" in text


@pytest.mark.parametrize(
    "key_id",
    ["111111111111xyz", "111111111111", "__internal_call__", "test", "AKIA0000000000000000", "LKIAQAAAAAAAAAAAAAAA"],
)
def test_key_ids_that_localstack_would_take_are_unknown(accounts, key_id):
    one = accounts["one"]

    status, text = send(one, headers=signed(one, key_id=key_id, secret="test"))

    assert (status, "InvalidClientTokenId" in text) == (403, True)
    assert send(one, headers=signed(one))[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/_localstack/health", b'{"action": "kill"}'),
        ("GET", "/_localstack/health", b""),
        ("GET", "/_localstack/diagnose", b""),
        ("GET", "/_aws/sqs/messages", b""),
        ("GET", "//_localstack/health", b""),
        ("GET", "/%5flocalstack/health", b""),
        ("GET", "/restapis/x/stage/_user_request_/", b""),
        ("OPTIONS", "/", b""),
    ],
)
def test_localstacks_own_pages_are_shut(accounts, method, path, body):
    one = accounts["one"]

    status, text = send(one, method, path, body)

    assert status in {400, 403} or (status == 404 and "NoSuchBucket" in text)  # what is no page is a path of S3's
    assert "services" not in text
    assert send(one, headers=signed(one))[0] == 200


def test_a_tampered_body_and_a_tampered_header_are_refused(accounts):
    one = accounts["one"]
    headers = signed(one, **{"X-Amz-Meta": "a"})

    assert send(one, headers=headers)[0] == 200
    assert "SignatureDoesNotMatch" in send(one, body=IDENTITY + b"&x=1", headers=headers)[1]
    changed = [(name, "b" if name == "X-Amz-Meta" else value) for name, value in headers]
    assert "SignatureDoesNotMatch" in send(one, headers=changed)[1]
    assert "SignatureDoesNotMatch" in send(one, headers=[*headers, ("x-amz-extra", "1")])[1]


@pytest.mark.parametrize("scope", [{"service": "dynamodb"}, {"region": "mars-north-1"}], ids=["service", "region"])
def test_a_signature_for_another_scope_is_none(accounts, scope):
    one = accounts["one"]

    assert send(one, headers=signed(one, **scope))[0] in {400, 403, 404}
    assert "<Arn>" not in send(one, headers=signed(one, **scope))[1]
    assert send(one, headers=signed(one))[0] == 200


def test_two_credentials_in_one_request_are_refused(accounts):
    one, two = accounts["one"], accounts["two"]
    first = signed(one)
    second = [pair for pair in signed(two) if pair[0] == "Authorization"]

    status, text = send(one, headers=[*first, *second])

    assert status in {400, 403}
    assert "<Arn>" not in text


def test_a_presigned_request_is_verified_like_any_other(accounts):
    one = accounts["one"]
    request = AWSRequest("GET", one["endpoint_url"] + "/?Action=GetCallerIdentity&Version=2011-06-15")
    SigV4QueryAuth(
        Credentials(one["aws_access_key_id"], one["aws_secret_access_key"]), "sts", "us-west-2", expires=60
    ).add_auth(request)
    path = request.url.removeprefix(one["endpoint_url"])

    assert send(one, "GET", path, b"")[0] == 200
    assert send(one, "GET", path.replace("GetCallerIdentity", "GetSessionToken"), b"")[0] == 403
    assert send(one, "GET", path.replace("Expires=60", "Expires=600"), b"")[0] == 403


def test_unsealed_bytes_on_the_peer_port_are_refused_and_journalled(sandbox, accounts):
    record = json.loads(next((sandbox.folder.parent / "state").glob("harness/*/sandbox/run.json")).read_text())
    port = record["accounts"]["one"]["peer_port"]

    for raw in (b"", b"0" * 64 + b"\n{}\n", b'{"kind": "vouch"}'):
        assert say(port, raw) == b""
    with pytest.raises(OSError, match="reset|closed|disconnected|without response"):  # no frame, and the end
        send({"endpoint_url": f"http://127.0.0.1:{port}"}, "GET", "/", b"")
    denied = sandbox.run("journal", "--denied").stdout
    assert "no valid seal" in denied
    assert "is longer than any may be" in denied
    assert send(accounts["one"], headers=signed(accounts["one"]))[0] == 200


def test_another_accounts_key_keeps_its_account_at_any_door(client, accounts):
    at_home, away = client("sts", "two"), client("sts", "two", door="one")

    assert (
        at_home.get_caller_identity()["Arn"]
        == away.get_caller_identity()["Arn"]
        == "arn:aws:iam::222222222222:user/deployer"
    )
    assert {user["Arn"] for user in client("iam", "two", door="one").list_users()["Users"]} == {
        "arn:aws:iam::222222222222:user/deployer"
    }


def test_iam_changes_count_at_the_next_request_through_every_door(client):
    iam = client("iam", "two")
    iam.create_user(UserName="changing")
    key = iam.create_access_key(UserName="changing")["AccessKey"]
    keys = keys_of(key)
    doors = [client("dynamodb", "two", door=door, **keys) for door in ("one", "two")]
    allow = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "dynamodb:ListTables", "Resource": "*"}]}
    )

    for turn in range(40):
        iam.put_user_policy(UserName="changing", PolicyName="p", PolicyDocument=allow)
        doors[turn % 2].list_tables()
        iam.delete_user_policy(UserName="changing", PolicyName="p")
        with pytest.raises(doors[turn % 2].exceptions.ClientError, match="AccessDenied"):
            doors[turn % 2].list_tables()

    iam.delete_access_key(UserName="changing", AccessKeyId=key["AccessKeyId"])
    with pytest.raises(doors[0].exceptions.ClientError, match="UnrecognizedClientException"):
        doors[0].list_tables()
    iam.delete_user(UserName="changing")


def test_a_session_of_a_deleted_role_is_an_invalid_token(client, accounts):
    iam, sts = client("iam"), client("sts")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::111111111111:user/deployer"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    iam.create_role(RoleName="short", AssumeRolePolicyDocument=json.dumps(trust))
    given = sts.assume_role(RoleArn="arn:aws:iam::111111111111:role/short", RoleSessionName="session")
    keys = keys_of(given["Credentials"])
    session = client("sts", **keys)

    assert session.get_caller_identity()["Arn"] == "arn:aws:sts::111111111111:assumed-role/short/session"
    assert given["AssumedRoleUser"]["AssumedRoleId"].startswith("AROA")
    with pytest.raises(sts.exceptions.ClientError, match="Cannot call GetSessionToken with session credentials"):
        session.get_session_token()
    with pytest.raises(sts.exceptions.ClientError, match="Must specify userName"):
        client("iam", **keys).get_user()
    iam.delete_role(RoleName="short")
    with pytest.raises(sts.exceptions.ClientError, match="InvalidClientTokenId"):
        session.get_caller_identity()


def test_a_users_session_reaches_its_services_and_not_iam(client):
    iam, sts = client("iam"), client("sts")
    iam.create_user(UserName="temporary")
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_user_policy(UserName="temporary", PolicyName="p", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName="temporary")["AccessKey"]
    user = keys_of(key)

    own = keys_of(client("sts", **user).get_session_token()["Credentials"])
    bare = keys_of(client("sts", **user).get_federation_token(Name="fed")["Credentials"])
    granted = keys_of(
        client("sts", **user).get_federation_token(Name="fed", Policy=json.dumps(document))["Credentials"]
    )

    assert client("sts", **own).get_caller_identity()["Arn"] == "arn:aws:iam::111111111111:user/temporary"
    assert client("sts", **bare).get_caller_identity()["Arn"] == "arn:aws:sts::111111111111:federated-user/fed"
    assert client("iam", **user).list_roles()
    assert client("dynamodb", **own).list_tables()
    assert client("dynamodb", **granted).list_tables()
    with pytest.raises(sts.exceptions.ClientError, match="no session policy allows"):
        client("dynamodb", **bare).list_tables()
    for keys in (own, granted):
        with pytest.raises(sts.exceptions.ClientError, match="InvalidClientTokenId"):
            client("iam", **keys).list_roles()
    iam.delete_access_key(UserName="temporary", AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName="temporary", PolicyName="p")
    iam.delete_user(UserName="temporary")
    with pytest.raises(sts.exceptions.ClientError, match="UnrecognizedClientException"):
        client("dynamodb", **own).list_tables()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"DurationSeconds": 7200}, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."),
        ({"RoleSessionName": "a:b"}, r"Value 'a:b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*"),
        ({"Policy": "{"}, "This policy contains invalid Json"),
    ],
)  # fmt: skip
def test_a_session_that_aws_would_not_issue_is_not_issued(client, parameters, message):
    iam, sts = client("iam"), client("sts")
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "111111111111"}, "Action": "sts:AssumeRole"}],
    }
    iam.create_role(RoleName="limited", AssumeRolePolicyDocument=json.dumps(trust))
    call = {"RoleArn": "arn:aws:iam::111111111111:role/limited", "RoleSessionName": "session"}

    try:
        assert sts.assume_role(**call)["Credentials"]
        with pytest.raises(sts.exceptions.ClientError) as refused:
            sts.assume_role(**{**call, **parameters})
        assert message in str(refused.value)
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    finally:
        iam.delete_role(RoleName="limited")


def test_an_external_id_is_the_trust_policys_to_ask_for(client):
    iam, sts = client("iam"), client("sts", "two")
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "222222222222"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "consumer-2"}},
    }
    iam.create_role(
        RoleName="second", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    call = {"RoleArn": "arn:aws:iam::111111111111:role/second", "RoleSessionName": "session"}

    try:
        assert sts.assume_role(**call, ExternalId="consumer-2")["Credentials"]
        for wrong in ({}, {"ExternalId": "consumer-1"}):
            with pytest.raises(sts.exceptions.ClientError, match="AccessDenied"):
                sts.assume_role(**call, **wrong)
    finally:
        iam.delete_role(RoleName="second")


def test_nothing_secret_is_in_journals_and_logs(sandbox, accounts, client):
    given = client("sts", "two").get_session_token()["Credentials"]
    state = sandbox.folder.parent / "state"
    texts = [
        path.read_text(errors="replace")
        for path in state.rglob("*")
        if path.name in {"journal.jsonl", "instance.log", "supervisor.log"}
    ]
    secrets = [account["aws_secret_access_key"] for account in accounts.values()] + [
        given["SecretAccessKey"],
        given["SessionToken"],
    ]

    assert len(texts) >= 4
    assert not [secret for secret in secrets for text in texts if secret in text]
