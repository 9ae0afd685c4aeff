"""AssumeRoleWithWebIdentity over HTTP: the token decides who asks, the role's trust policy whether he may, and nobody signs."""

import base64
import hashlib
import hmac
import json
import subprocess
import sys
import time

import pytest
from aws import REGION, A, B, allow, document, keyless, keys_of, refusal
from raw import FORM, Request, ask, query, record_of, send, signed

from harness.keys import fresh_issuer_key
from harness.tokens import web_identity_token

GITHUB = "https://token.actions.githubusercontent.com"
HOST = "token.actions.githubusercontent.com"
PROVIDER = f"arn:aws:iam::{A}:oidc-provider/{HOST}"
MAIN = "repo:acme/app:ref:refs/heads/main"
CLUSTER = "https://oidc.eks.us-west-2.amazonaws.com/id/EXAMPLE"
ACTION = "sts:AssumeRoleWithWebIdentity"
DENIED = ("AccessDenied", 403, f"Not authorized to perform {ACTION}")


def trusts(condition, action=ACTION, provider=PROVIDER, subject="repo:*"):
    """A trust policy with these conditions, and the one that trust in GitHub's provider must have."""
    like = {f"{HOST}:sub": subject, **condition.get("StringLike", {})}
    tested = {**condition, "StringLike": like} if provider.endswith(f"/{HOST}") else condition
    return document({"Effect": "Allow", "Principal": {"Federated": provider}, "Action": action, "Condition": tested})


ONLY_MAIN = trusts({"StringEquals": {f"{HOST}:aud": "sts.amazonaws.com", f"{HOST}:sub": MAIN}})


@pytest.fixture(scope="module", autouse=True)
def provider(a):
    iam = a("iam")
    arn = iam.create_open_id_connect_provider(Url=GITHUB, ClientIDList=["sts.amazonaws.com", "other-client"])
    assert arn["OpenIDConnectProviderArn"] == PROVIDER
    iam.create_open_id_connect_provider(Url=CLUSTER, ClientIDList=["sts.amazonaws.com"])
    return PROVIDER


@pytest.fixture(scope="module")
def role(a):
    """Makes a role of account A with a trust policy; its ARN. Made again, it is trusted anew."""
    iam = a("iam")
    made = {}

    def make(trusted=ONLY_MAIN, name="deploys", **options):
        if name in made:
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=trusted)
        else:
            made[name] = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted, **options)["Role"]["Arn"]
            iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=document(allow("iam:List*")))
        return made[name]

    return make


@pytest.fixture(scope="module")
def token(sandbox):
    """Makes a token as the command line does."""
    record = record_of(sandbox)

    def make(issuer=GITHUB, subject=MAIN, audience="sts.amazonaws.com", lifetime=600, key=None, now=None, **claims):
        return web_identity_token(
            key or record.issuer_key,
            now=time.time() if now is None else now,
            issuer=issuer,
            subject=subject,
            audience=audience,
            lifetime=lifetime,
            claims=claims,
        )

    return make


@pytest.fixture(scope="module")
def assume(accounts):
    """Asks unsigned, at A's door or at another's."""

    def call(role_arn, web_token, door="one", name="ci", **parameters):
        sts = keyless(accounts[door], "sts")
        return sts.assume_role_with_web_identity(
            RoleArn=role_arn, RoleSessionName=name, WebIdentityToken=web_token, **parameters
        )

    return call


def line_of(journals, answer):
    request_id = answer["ResponseMetadata"]["RequestId"]
    (line,) = journals.lines(request_id=request_id)
    return line


@pytest.mark.parametrize("door", ["one", "two"])
def test_the_bearer_of_a_token_gets_a_session_at_any_door(role, token, assume, a, journals, door):
    answer = assume(role(), token(), door)

    assert answer["SubjectFromWebIdentityToken"] == MAIN
    assert answer["Provider"] == PROVIDER
    assert answer["Audience"] == "sts.amazonaws.com"
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{A}:assumed-role/deploys/ci"
    caller = a("sts", **keys_of(answer["Credentials"])).get_caller_identity()
    assert caller["Arn"] == answer["AssumedRoleUser"]["Arn"]
    line = line_of(journals, answer)
    assert (line["principal"], line["subject"], line["owner"]) == (PROVIDER, MAIN, A)
    assert line["because"][0]["layer"] == "trust"


@pytest.mark.parametrize(
    ("trusted", "claims"),
    [
        (ONLY_MAIN, {"subject": "repo:acme/app:ref:refs/heads/other"}),
        (ONLY_MAIN, {"audience": "other-client"}),
        (trusts({"StringLike": {f"{HOST}:sub": "repo:acme/*"}}), {"subject": "repo:acme-evil/app:ref:refs/heads/main"}),
        (trusts({}, action="sts:AssumeRole"), {}),
        (trusts({}, action="sts:AssumeRoleWithSAML"), {}),
        (trusts({}, provider=f"arn:aws:iam::{B}:oidc-provider/{HOST}"), {}),
        (trusts({}, provider=f"arn:aws:iam::{A}:oidc-provider/{HOST}/more"), {}),
        (trusts({}, provider="accounts.google.com"), {}),
        (trusts({"StringEquals": {f"{HOST}:repository": "acme/app"}}), {"repository": "acme/fork"}),
        (trusts({"StringEquals": {f"{HOST}:environment": "prod"}}), {}),
        (trusts({"StringEquals": {f"{HOST}:run_id": "1"}}), {"run_id": "1"}),
        (trusts({"StringEquals": {"sts:RoleSessionName": "another"}}), {}),
        (trusts({"Bool": {"sts:RoleAuthorizedByIdp": "true"}}), {}),
    ],
    ids=["subject", "audience", "prefix", "signed action", "saml", "account", "path", "builtin", "repository", "absent",
         "a claim that is no key", "session name", "not bound to the role"],
)  # fmt: skip
def test_the_trust_policy_decides(role, token, assume, journals, trusted, claims):
    assert refusal(lambda: assume(role(trusted), token(**claims))) == DENIED
    refused = journals.lines(operation="AssumeRoleWithWebIdentity")[-1]
    assert refused["because"] == [{"layer": "trust", "missing": "allow"}]

    assert assume(role(), token())["Provider"] == PROVIDER


@pytest.mark.parametrize(
    ("condition", "claims"),
    [
        ({"StringEquals": {f"{HOST}:repository": "acme/app"}}, {"repository": "acme/app"}),
        ({"StringEquals": {f"{HOST}:aud": "other-client", f"{HOST}:oaud": "x"}}, {"audience": "x", "azp": "other-client"}),
        ({"Bool": {"sts:RoleAuthorizedByIdp": "true"}}, {"https://aws.amazon.com/roles": [f"arn:aws:iam::{A}:role/deploys"]}),
        ({"ArnEquals": {"aws:FederatedProvider": PROVIDER}}, {}),
        ({"StringEquals": {"sts:RoleSessionName": "ci"}}, {}),
        ({"IpAddress": {"aws:SourceIp": "127.0.0.1/32"}}, {}),
        ({"Null": {f"{HOST}:environment": "true", "aws:PrincipalArn": "true"}}, {}),
    ],
    ids=["repository", "authorized party", "bound to the role", "provider", "session name", "address", "absent keys"],
)  # fmt: skip
def test_what_a_token_says_is_a_condition_key(role, token, assume, condition, claims):
    assert assume(role(trusts(condition)), token(**claims))["SubjectFromWebIdentityToken"] == MAIN


def _forged(made, header=None, payload=None, signature=None):
    head, claims, signed = made.split(".")
    encode = lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()  # noqa: E731
    return ".".join(
        [
            encode(header) if header else head,
            encode(payload) if payload else claims,
            signed if signature is None else signature,
        ]
    )


def test_a_token_of_another_issuer_speaks_for_nobody(role, token, assume, journals):
    arn = role()
    foreign = refusal(lambda: assume(arn, token(key=fresh_issuer_key().private)))
    unregistered = refusal(lambda: assume(arn, token(issuer="https://gitlab.example.com")))
    path = refusal(lambda: assume(arn, token(issuer=f"{GITHUB}/")))
    elsewhere = refusal(lambda: assume("arn:aws:iam::222222222222:role/any", token()))
    outside = refusal(lambda: assume("arn:aws:iam::999999999999:role/any", token()))

    assert foreign[:2] == ("InvalidIdentityToken", 400)
    assert "verification key" in foreign[2]
    assert unregistered == (
        "InvalidIdentityToken",
        400,
        "No OpenIDConnect provider found in your account for https://gitlab.example.com",
    )
    assert "No OpenIDConnect provider" in path[2]
    assert "No OpenIDConnect provider" in elsewhere[2]
    assert "No OpenIDConnect provider" in outside[2]
    line = journals.lines(operation="AssumeRoleWithWebIdentity")[-1]
    assert (line["kind"], line["error"]["status"]) == ("authentication", 400)
    assert assume(arn, token())["Provider"] == PROVIDER


def test_a_token_must_be_signed_by_the_launchs_key_as_it_signs(role, token, assume, sandbox):
    arn, good = role(), token()
    public = json.loads(record_of(sandbox).issuer_key)
    claims = json.loads(base64.urlsafe_b64decode(good.split(".")[1] + "=="))
    forgeries = [
        _forged(good, header={"alg": "none"}, signature=""),
        _forged(good, header={"alg": "none"}),
        _forged(good, header={"alg": "None"}, signature=""),
        _hs256(public["n"], public["kid"], claims),
        _forged(good, payload={**claims, "sub": "repo:evil/app"}),
        _forged(good, signature=""),
        _forged(good, header={"alg": "RS256", "kid": "other"}),
        _forged(good, header={"alg": "RS256", "jwk": {"kty": "oct", "k": "AAAA"}}),
        _forged(good, header={"alg": "RS256", "kid": public["kid"], "crit": ["exp"]}),
        _forged(good, header={"alg": "PS256", "kid": public["kid"]}),
        "a.b.c", "....", "é.é.é", "nothing", f"{good}.{good}",
    ]  # fmt: skip
    for forged in forgeries:
        code, status, message = refusal(lambda forged=forged: assume(arn, forged))
        assert (code, status) == ("InvalidIdentityToken", 400), forged
        assert forged not in message or forged == "nothing"
    assert assume(arn, good)["Provider"] == PROVIDER


def _hs256(secret, kid, claims):
    encode = lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"=").decode()  # noqa: E731
    signed = ".".join(encode(json.dumps(part).encode()) for part in ({"alg": "HS256", "kid": kid}, claims))
    return f"{signed}.{encode(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest())}"


@pytest.mark.parametrize(
    ("claims", "code", "message"),
    [
        ({"lifetime": -600}, "ExpiredTokenException", "Token expired: current date/time"),
        ({"nbf": 4102444800}, "InvalidIdentityToken", "later time"),
        ({"iat": 4102444800}, "InvalidIdentityToken", "later time"),
        ({"exp": None}, "InvalidIdentityToken", "Missing a required claim: exp"),
        ({"sub": None}, "InvalidIdentityToken", "Missing a required claim: sub"),
        ({"aud": None}, "InvalidIdentityToken", "Missing a required claim: aud"),
        ({"audience": "stranger"}, "InvalidIdentityToken", "Incorrect token audience"),
        ({"audience": ["sts.amazonaws.com", "other-client"]}, "InvalidIdentityToken", "Incorrect token audience"),
        ({"azp": "stranger"}, "InvalidIdentityToken", "Incorrect token audience"),
        ({"exp": "soon"}, "InvalidIdentityToken", "not a valid JWT"),
        ({"exp": True}, "InvalidIdentityToken", "not a valid JWT"),
        ({"iss": "http://token.actions.githubusercontent.com"}, "InvalidIdentityToken", "not a valid JWT"),
        (
            {"https://aws.amazon.com/roles": f"arn:aws:iam::{A}:role/*"},
            "InvalidIdentityToken",
            "target role ARN is not present",
        ),
        ({"https://aws.amazon.com/tags": ["team"]}, "InvalidIdentityToken", "is no object"),
        ({"https://aws.amazon.com/source_identity": 5}, "InvalidIdentityToken", "is no text"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_token_that_is_not_good_is_refused_by_name(role, token, assume, claims, code, message):
    refused = refusal(lambda: assume(role(), token(**claims)))

    assert refused[:2] == (code, 400)
    assert message in refused[2]
    assert assume(role(), token())["Provider"] == PROVIDER


def test_a_tokens_end_has_five_minutes_of_grace(role, token, assume):
    assert assume(role(), token(lifetime=-200))["Provider"] == PROVIDER
    assert refusal(lambda: assume(role(), token(lifetime=-400)))[0] == "ExpiredTokenException"


def test_large_tokens_are_taken_up_to_awss_limit(role, token, assume):
    large = token(padding="x" * 10_000)
    too_large = token(padding="x" * 16_000)

    assert len(large) > 13_000
    assert assume(role(), large)["Provider"] == PROVIDER
    code, status, message = refusal(lambda: assume(role(), too_large))
    assert (code, status) == ("ValidationError", 400)
    assert "less than or equal to 20000" in message
    assert too_large[:40] not in message


def test_a_facebook_token_needs_facebook(role, token, assume):
    refused = refusal(lambda: assume(role(), token(), ProviderId="graph.facebook.com"))

    assert refused[:2] == ("IDPCommunicationError", 400)


TAGS = {"https://aws.amazon.com/tags": {"principal_tags": {"team": ["blue"]}, "transitive_tag_keys": ["team"]}}
SOURCE = {"https://aws.amazon.com/source_identity": "ann"}


def test_tags_and_source_identity_come_from_the_token_and_ask_for_their_actions(role, token, assume, a):
    plain, both = trusts({}), [ACTION, "sts:TagSession", "sts:SetSourceIdentity"]
    tagged = trusts({"StringEquals": {"aws:RequestTag/team": "blue", "sts:SourceIdentity": "ann"}}, both)
    a("iam").put_role_policy(
        RoleName="deploys", PolicyName="blue", PolicyDocument=document(
            allow("iam:GetRole", Condition={"StringEquals": {
                "aws:PrincipalTag/team": "blue", "aws:SourceIdentity": "ann", f"{HOST}:sub": MAIN,
                "aws:FederatedProvider": PROVIDER}})))  # fmt: skip

    assert refusal(lambda: assume(role(plain), token(**TAGS)))[2] == "Not authorized to perform sts:TagSession"
    assert refusal(lambda: assume(role(plain), token(**SOURCE)))[2] == "Not authorized to perform sts:SetSourceIdentity"
    answer = assume(role(tagged), token(**TAGS, **SOURCE))
    untagged = assume(role(plain), token())

    assert answer["SourceIdentity"] == "ann"
    flat = {"https://aws.amazon.com/tags/principal_tags/team": "blue"}
    assert assume(role(tagged), token(**flat, **SOURCE))["SourceIdentity"] == "ann"
    iam = a("iam", **keys_of(answer["Credentials"]))
    assert iam.get_role(RoleName="deploys")["Role"]["RoleName"] == "deploys"
    denied = refusal(lambda: a("iam", **keys_of(untagged["Credentials"])).get_role(RoleName="deploys"))
    assert denied[0] == "AccessDenied"


def test_the_session_is_limited_as_any_other_and_what_it_assumes_is_chained(role, token, assume, a):
    arn = role()
    long = role(name="long", MaxSessionDuration=7200)
    next_role = role(document({"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"}), "next",
                     MaxSessionDuration=7200)  # fmt: skip

    assert "MaxSessionDuration" in refusal(lambda: assume(arn, token(), DurationSeconds=7200))[2]
    first = assume(long, token(), DurationSeconds=7200)
    assert first["Credentials"]
    limited = assume(arn, token(), Policy=document(allow("iam:ListUsers")))
    iam = a("iam", **keys_of(limited["Credentials"]))
    assert "Users" in iam.list_users()
    assert refusal(iam.list_roles)[0] == "AccessDenied"
    a("iam").put_role_policy(RoleName="deploys", PolicyName="next", PolicyDocument=document(allow("sts:AssumeRole")))
    sts = a("sts", **keys_of(assume(arn, token())["Credentials"]))
    chained = refusal(lambda: sts.assume_role(RoleArn=next_role, RoleSessionName="ci", DurationSeconds=7200))
    assert "role chaining" in chained[2]
    assert sts.assume_role(RoleArn=next_role, RoleSessionName="ci")["Credentials"]


def test_trust_in_a_shared_provider_is_stored_only_with_its_subject(role, a):
    role()
    everybodys = trusts({"StringEquals": {f"{HOST}:aud": "sts.amazonaws.com"}}, subject="*")

    refused = refusal(lambda: a("iam").update_assume_role_policy(RoleName="deploys", PolicyDocument=everybodys))
    created = refusal(lambda: a("iam").create_role(RoleName="open", AssumeRolePolicyDocument=everybodys))

    assert refused[:2] == created[:2] == ("MalformedPolicyDocument", 400)
    assert f"must evaluate {HOST}:sub" in refused[2]
    by_url = refusal(lambda: role(trusts({}, provider=GITHUB)))
    assert by_url[2] == "Federated principals must be valid domain names or SAML metadata ARNs"
    a("iam").update_assume_role_policy(RoleName="deploys", PolicyDocument=ONLY_MAIN)


def test_google_and_cognito_need_no_provider(role, token, assume):
    google = trusts({"StringEquals": {"accounts.google.com:aud": "app"}}, provider="accounts.google.com")
    pool = trusts(
        {
            "StringEquals": {"cognito-identity.amazonaws.com:aud": "us-west-2:pool"},
            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
        },
        provider="cognito-identity.amazonaws.com",
    )

    answer = assume(role(google), token(issuer="https://accounts.google.com", audience="app"))
    assert answer["Provider"] == "accounts.google.com"
    assert refusal(lambda: assume(role(google), token(issuer="https://accounts.google.com", audience="x"))) == DENIED
    cognito = {"issuer": "https://cognito-identity.amazonaws.com", "audience": "us-west-2:pool"}
    assert assume(role(pool), token(**cognito, amr=["authenticated", "graph.facebook.com"]))["Credentials"]
    assert refusal(lambda: assume(role(pool), token(**cognito, amr=["unauthenticated"]))) == DENIED


def unsigned(accounts, text, path="/", method="POST"):
    host = accounts["one"]["endpoint_url"].removeprefix("http://")
    headers = (("Host", host), ("Content-Type", FORM))
    return send(accounts["one"]["endpoint_url"], Request(method, path, headers, text.encode()))


WITH_IT = "Action=AssumeRoleWithWebIdentity"
NAMED = f"RoleArn=arn%3Aaws%3Aiam%3A%3A{A}%3Arole%2Fdeploys&RoleSessionName=ci&Version=2011-06-15"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (f"Action=AssumeRole&{NAMED}", "/"),
        (f"Action=GetCallerIdentity&{NAMED}", "/"),
        (f"{WITH_IT}&Action=GetCallerIdentity&{NAMED}", "/"),
        (f"Action=GetCallerIdentity&{WITH_IT}&{NAMED}", "/"),
        (f"Action=GetCallerIdentity&{NAMED}", f"/?{WITH_IT}"),
        (f"Action=CreateUser&UserName=x&Version=2010-05-08&{WITH_IT}", "/"),
        (f"{WITH_IT}&Action=CreateUser&UserName=x&Version=2010-05-08", "/"),
        (f"{WITH_IT}x&{NAMED}", "/"),
        (f"{WITH_IT}&{NAMED}", "/bucket"),
        (f"{WITH_IT}&{NAMED}", "/_localstack/health"),
    ],
)
def test_no_other_operation_goes_without_a_signature(accounts, role, a, text, path):
    role()
    answer = unsigned(accounts, text, path)

    assert answer.code in {"MissingAuthenticationToken", "AccessDenied", "ValidationError", "InvalidAction"}, (
        answer.text
    )
    assert answer.status in {400, 403}
    assert "<Account>" not in answer.text
    assert "x" not in [user["UserName"] for user in a("iam").list_users()["Users"]]


def test_a_request_cannot_say_what_only_a_token_may(accounts, role, token):
    role(trusts({}, [ACTION, "sts:TagSession", "sts:SetSourceIdentity"]))
    more = "Tags.member.1.Key=team&Tags.member.1.Value=blue&TransitiveTagKeys.member.1=team&SourceIdentity=ann"

    posted = unsigned(accounts, f"{WITH_IT}&{NAMED}&WebIdentityToken={token()}&{more}")
    got = unsigned(accounts, "", f"/?{WITH_IT}&{NAMED}&WebIdentityToken={token()}&{more}", "GET")

    for answer in (posted, got):
        assert answer.status == 200, answer.text
        assert "SourceIdentity" not in answer.text


def test_a_signature_is_verified_and_counts_for_nothing(accounts, role, token, a):
    arn = role()
    iam, sts = a("iam"), a("sts")
    iam.create_role(RoleName="chain", AssumeRolePolicyDocument=document(
        {"Effect": "Allow", "Principal": {"AWS": A}, "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"]}))  # fmt: skip
    chain = sts.assume_role(RoleArn=f"arn:aws:iam::{A}:role/chain", RoleSessionName="ci", SourceIdentity="ann")
    names = {"access_key_id": "AccessKeyId", "secret_access_key": "SecretAccessKey", "session_token": "SessionToken"}
    keys = {f"aws_{name}": chain["Credentials"][field] for name, field in names.items()}
    url = accounts["one"]["endpoint_url"]

    def called(keys, subject=MAIN):
        parameters = {"RoleArn": arn, "RoleSessionName": "ci", "WebIdentityToken": token(subject=subject)}
        call = query("sts", "AssumeRoleWithWebIdentity", "2011-06-15", **parameters)
        return send(url, signed(url, call, keys))

    for signer in (accounts["one"], accounts["two"], keys):
        good = called(signer)
        assert good.status == 200, good.text
        assert "SourceIdentity" not in good.text
        assert called(signer, "repo:evil/app").code == "AccessDenied"
    wrong = {**accounts["one"], "aws_secret_access_key": "wrong"}
    assert called(wrong).code == "SignatureDoesNotMatch"


def test_a_programs_own_credentials_come_from_a_token_file(role, token, accounts, tmp_path):
    arn = role(trusts(
        {"StringEquals": {"oidc.eks.us-west-2.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:default:app"}},
        provider=f"arn:aws:iam::{A}:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/EXAMPLE",
    ), "pod")  # fmt: skip
    (tmp_path / "token").write_text(token(issuer=CLUSTER, subject="system:serviceaccount:default:app"))
    environment = {
        "AWS_ROLE_ARN": arn, "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"), "AWS_ROLE_SESSION_NAME": "pod",
        "AWS_ENDPOINT_URL": accounts["two"]["endpoint_url"], "AWS_DEFAULT_REGION": REGION, "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip
    program = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"

    ran = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)

    assert ran.stdout.strip() == f"arn:aws:sts::{A}:assumed-role/pod/pod", ran.stderr


def test_the_command_line_makes_tokens(role, assume, sandbox):
    made = sandbox.run("token", "--issuer", GITHUB, "--subject", MAIN, "--claim", "repository=acme/app")
    ended = sandbox.run("token", "--issuer", GITHUB, "--subject", MAIN, "--lifetime", "-3600")
    faulty = sandbox.run("token", "--issuer", "github", "--subject", MAIN)
    unclear = sandbox.run("token", "--issuer", GITHUB, "--subject", MAIN, "--claim", "repository")

    trusted = trusts({"StringEquals": {f"{HOST}:repository": "acme/app"}})
    assert assume(role(trusted), made.stdout.strip())["Audience"] == "sts.amazonaws.com"
    assert refusal(lambda: assume(role(), ended.stdout.strip()))[0] == "ExpiredTokenException"
    assert (faulty.returncode, unclear.returncode) == (2, 2)
    assert "`github` is no issuer" in faulty.stderr
    assert "is not NAME=VALUE" in unclear.stderr


def test_no_token_is_in_a_journal_or_a_log(sandbox, token, role, assume, journals, accounts):
    made = token()
    assume(role(), made)
    assert unsigned(accounts, "", f"/?{WITH_IT}&{NAMED}&WebIdentityToken={made}", "GET").status == 200

    text = "".join(path.read_text() for path in journals.state.rglob("*") if path.suffix in {".jsonl", ".log"})
    assert made.split(".")[2] not in text
    assert json.loads(record_of(sandbox).issuer_key)["d"] not in text


def test_a_refusal_is_explained_by_the_condition_that_failed(role, token, assume, sandbox):
    assert refusal(lambda: assume(role(), token(subject="repo:evil/app"))) == DENIED

    journal, why = sandbox.run("journal", "--denied"), sandbox.run("why")

    assert f"{PROVIDER} (repo:evil/app)" in journal.stdout.splitlines()[-1]
    assert f"{HOST}:sub" in why.stdout
    assert "repo:evil/app" in why.stdout


def test_the_clock_of_the_accounts_is_that_of_the_tokens(role, token, assume, sandbox):
    before = token()
    ask(record_of(sandbox), "one", "clock", {"seconds": 7200})
    made = sandbox.run("token", "--issuer", GITHUB, "--subject", MAIN)

    assert refusal(lambda: assume(role(), before))[0] == "ExpiredTokenException"
    assert assume(role(), made.stdout.strip())["Provider"] == PROVIDER
