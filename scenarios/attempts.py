"""An attempt: a sentence, what is done, the one thing that is wrong about it, and the same put right.

`wrong` and `right` are keywords of the same act, so that the allowed twin differs from the refused attempt in exactly what the
row shows.
"""

import io
import json
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import ClientError
from stage import NOTHING, Call, Stage

from harness.saml import IdentityProvider
from harness.scenario import statement, trust

Act = Callable[..., Call]

EVERYTHING = statement("*")


@dataclass(frozen=True)
class Attempt:
    """One row of the specification."""

    sentence: str
    act: Act
    given: Mapping[str, Any]
    wrong: Mapping[str, Any]
    right: Mapping[str, Any]
    by: str | set[str]
    error: tuple[str, int]
    explicit: bool
    not_yet: str | None
    """Why the row is not yet true, where it is not."""

    def refused(self, stage: Stage) -> Call:
        """The call that is to be refused."""
        return self.act(stage, **self.given, **self.wrong)

    def let_in(self, stage: Stage) -> Call:
        """Its twin."""
        return self.act(stage, **self.given, **self.right)


def attempt(sentence, act, *, wrong, right, by, error, explicit=False, not_yet=None, **given):
    """A row; `given` is what the attempt and its twin have in common."""
    return Attempt(sentence, act, given, wrong, right, by, error, explicit, not_yet)


# words of policies


def allow(action, resource="*", **condition):
    """An identity policy of one Allow; `StringEquals={...}` and the like are its conditions."""
    return statement(action, resource, **_conditions(condition))


def deny(action, resource="*", **condition):
    """An identity policy of one Deny."""
    return statement(action, resource, "Deny", **_conditions(condition))


def one(**elements):
    """A policy of one statement, element by element."""
    return {"Version": "2012-10-17", "Statement": [elements]}


def both(*documents):
    """One policy with the statements of several."""
    return {"Version": "2012-10-17", "Statement": [inner for each in documents for inner in each["Statement"]]}


def trusts(principal, action="sts:AssumeRole", effect="Allow", **condition):
    """A trust or resource policy of one statement about an ARN, several, or whatever a mapping says."""
    named = principal if isinstance(principal, Mapping) or principal == "*" else {"AWS": principal}
    return trust(named, action, **{"Effect": effect, **_conditions(condition)})


def _conditions(condition):
    return {"Condition": condition} if condition else {}


# acts: who does what


def assumes(
    stage, trusted, *, of="b", may=EVERYTHING, tags=None, path="/", without_path=False, chained=False, **request
):
    """A user of `of` assumes a role of A with this trust policy; `chained`: by way of a role of its own."""
    me = stage.someone(of, may, tags=tags)
    arn = stage.principals.role(stage.a, stage.fill(trusted, me), Path=path)
    if chained:
        within = trusts("<me>", ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"])
        own = stage.principals.role(stage.account(of), stage.fill(within, me), EVERYTHING)
        me = me.assume(own, **stage.fill(chained if isinstance(chained, Mapping) else {}))
    named = arn.replace(path, "/") if without_path else arn
    return partial(me.assume, named, **stage.fill(request, me))


GITHUB = "https://token.actions.githubusercontent.com"
MAIN = "repo:acme/app:ref:refs/heads/main"
OF_GITHUB = {"Federated": "arn:aws:iam::<a>:oidc-provider/token.actions.githubusercontent.com"}


def bears_a_token(stage, *, trusted, registered=GITHUB, signed_by=None, **said):
    """A workflow that has no key of AWS assumes a role of A with its token, at B's door."""
    iam = stage.deployer("iam")
    provider = iam.create_open_id_connect_provider(Url=registered, ClientIDList=["sts.amazonaws.com", "reports"])
    arn = provider["OpenIDConnectProviderArn"]
    stage.later(partial(iam.delete_open_id_connect_provider, OpenIDConnectProviderArn=arn))
    role = stage.principals.role(stage.a, stage.fill(trusted))
    token = stage.token(**{"issuer": GITHUB, "subject": MAIN, **said})
    if signed_by is not None:
        token = f"{token.rpartition('.')[0]}.{signed_by(token)}"
    return partial(stage.principals.web_identity, stage.b, role, token)


CORP = {"Federated": "arn:aws:iam::<a>:saml-provider/specification"}
IDP = IdentityProvider.fresh()
STRANGER = IdentityProvider.fresh(IDP.entity_id)


def signed_in(stage, *, trusted, idp=IDP, subject="ann", **said):
    """Somebody who signed in to the company's identity provider assumes a role of A, at B's door."""
    iam = stage.deployer("iam")
    provider = iam.create_saml_provider(Name="specification", SAMLMetadataDocument=IDP.metadata)["SAMLProviderArn"]
    stage.later(partial(iam.delete_saml_provider, SAMLProviderArn=provider))
    role = stage.principals.role(stage.a, stage.fill(trusted))
    response = idp.response(role, provider, subject=subject, **said)
    return partial(stage.principals.saml, stage.b, role, provider, response)


def somebody_else(_token):
    """A signature that the issuer never made."""
    return "A" * 342


def the_issuer(token):
    """The issuer's own signature."""
    return token.rpartition(".")[2]


def tries(stage, does, *, on=None, of="a", may=NOTHING, region=None, **request):
    """A principal of `of` does something to A's resources, which have the policies `on`."""
    whose = {name: request.pop(name) for name in LIMITS if name in request}
    me = stage.someone(of, may, **whose)
    stage.attach(on or {}, me)
    service, operation, parameters = does
    options = {"region": region} if region else {}
    client = me.client(service, **options)
    return partial(getattr(client, operation), **stage.fill({**parameters, **request}, me))


LIMITS = ("boundary", "tags", "as_role", "session", "managed_session")


# what is done: service, operation, parameters


def put_item(key="<name>", **more):
    return "dynamodb", "put_item", {"TableName": "<table>", "Item": {"id": {"S": key}}, **more}


def get_item(key="<name>", **more):
    return "dynamodb", "get_item", {"TableName": "<table>", "Key": {"id": {"S": key}}, **more}


SEND = ("sqs", "send_message", {"QueueUrl": "<queue url>", "MessageBody": "x"})
PUBLISH = ("sns", "publish", {"TopicArn": "<topic>", "Message": "x"})
READ_OBJECT = ("s3", "get_object", {"Bucket": "<bucket name>", "Key": "blue/report"})
WRITE_OBJECT = ("s3", "put_object", {"Bucket": "<bucket name>", "Body": "x"})
LIST_OBJECTS = ("s3", "list_objects_v2", {"Bucket": "<bucket name>"})
ENCRYPT_OBJECT = (
    *WRITE_OBJECT[:2],
    {**WRITE_OBJECT[2], "Key": "<name>", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "<key>"},
)
READ_SECRET = ("secretsmanager", "get_secret_value", {"SecretId": "<secret>"})
LOOK_AT_SECRET = ("secretsmanager", "describe_secret", {"SecretId": "<secret>"})
INVOKE = ("lambda", "invoke", {"FunctionName": "<function>"})
ENCRYPT = ("kms", "encrypt", {"KeyId": "<key>", "Plaintext": "x"})
DATA_KEY = ("kms", "generate_data_key", {"KeyId": "<key>", "KeySpec": "AES_256"})


def administers(stage, operation, *, may, boundary=None, **request):
    """A user of A changes IAM; where that succeeds, it is undone."""
    me = stage.someone("a", may, boundary=boundary)
    client, parameters = me.client("iam"), stage.fill(request, me)

    def call():
        answer = getattr(client, operation)(**parameters)
        for undo, names in UNDO.get(operation, ()):
            known = {**parameters, **answer.get("AccessKey", {}), **answer.get("PolicyVersion", {})}
            found = {to: known.get(of, of) for to, of in names.items()}
            stage.later(partial(getattr(stage.deployer("iam"), undo), **found))
        return answer

    return call


# operation: what undoes it, last things first, with parameters of the request or of the answer
_VERSION, _KEY = {"PolicyArn": "PolicyArn"}, {"UserName": "UserName", "AccessKeyId": "AccessKeyId"}
UNDO = {
    "attach_user_policy": [("detach_user_policy", {"UserName": "UserName", "PolicyArn": "PolicyArn"})],
    "put_user_policy": [("delete_user_policy", {"UserName": "UserName", "PolicyName": "PolicyName"})],
    "create_access_key": [("delete_access_key", _KEY)],
    "create_user": [("delete_user", {"UserName": "UserName"})],
    "add_user_to_group": [("remove_user_from_group", {"UserName": "UserName", "GroupName": "GroupName"})],
    "create_policy_version": [
        ("delete_policy_version", _VERSION | {"VersionId": "VersionId"}),
        ("set_default_policy_version", _VERSION | {"VersionId": "v1"}),
    ],
}


def makes_a_function(stage, *, may, role):
    """A user of A makes a Lambda function that runs with a role."""
    me = stage.someone("a", [allow("lambda:CreateFunction"), may])
    client, name = me.client("lambda"), "of-the-specification"
    stage.later(lambda: stage.deployer("lambda").delete_function(FunctionName=name))
    return partial(
        client.create_function,
        FunctionName=name,
        Runtime="python3.13",
        Handler="spec.handler",
        Code={"ZipFile": zipped(FUNCTION)},
        Role=stage.fill(role),
    )


# answers that come another way than from boto3


def fetch(url: str) -> bytes:
    """What a plain GET finds there. Raises the refusal as boto3 would."""
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 - an URL of the harness's own endpoint
            return answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            document = ET.fromstring(refused.read())  # noqa: S314 - an answer of the harness's own
            metadata = {
                "HTTPStatusCode": refused.code,
                "HTTPHeaders": {name.lower(): value for name, value in refused.headers.items()},
            }
        error = {"Code": document.findtext("Code"), "Message": document.findtext("Message")}
        raise ClientError({"Error": error, "ResponseMetadata": metadata}, "GetObject") from None


FUNCTION = """
import boto3, botocore

def handler(event, context):
    if not event.get("role"):
        return {}
    try:
        boto3.client("sts").assume_role(RoleArn=event["role"], RoleSessionName="from-a-function")
    except botocore.exceptions.ClientError as error:
        return error.response
    return {}
"""


def zipped(source: str) -> bytes:
    """A function's package."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("spec.py", source)
    return buffer.getvalue()


def by_the_function(stage: Stage, trusted: Mapping[str, Any]) -> Call:
    """A's function assumes a role; what it is refused, it answers."""
    role = stage.principals.role(stage.a, stage.fill(trusted))
    client = stage.deployer("lambda")

    def call() -> None:
        payload = json.dumps({"role": role})
        answer = client.invoke(FunctionName=stage.names["function"], Payload=payload)["Payload"].read()
        if refused := json.loads(answer):
            raise ClientError(refused, "AssumeRole")

    return call
