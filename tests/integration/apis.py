"""APIs of API Gateway for tests: made, deployed and called."""

import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from aws import REGION, A, allow, document, function_code, trust
from raw import Call, send, signed
from raw import Request as Raw

MOCK = {"type": "MOCK", "requestTemplates": {"application/json": '{"statusCode": 200}'}}
DENIED, BAD = ("AccessDeniedException", 403), ("BadRequestException", 400)
MANAGE = allow("apigateway:*", f"arn:aws:apigateway:{REGION}::/*")
EVERYONE = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}


@dataclass
class Api:
    """A deployed API of account one's with `/pets`, `/pets/{id}` and `/admin`."""

    clients: object
    id: str

    @property
    def arn(self):
        return f"arn:aws:execute-api:{REGION}:{A}:{self.id}"

    def deploy(self):
        self.clients("apigateway").create_deployment(restApiId=self.id, stageName="prod")

    def attach(self, *statements):
        change = {"op": "replace", "path": "/policy", "value": document(*statements) if statements else ""}
        self.clients("apigateway").update_rest_api(restApiId=self.id, patchOperations=[change])


def make(clients, *, authorization="NONE", integration=MOCK, statements=(), **more):
    gateway = clients("apigateway")
    policy = {"policy": document(*statements)} if statements else {}
    made = gateway.create_rest_api(name=f"api-{secrets.token_hex(4)}", **policy, **more)
    api = Api(clients, made["id"])
    root = made["rootResourceId"]
    pets = gateway.create_resource(restApiId=api.id, parentId=root, pathPart="pets")["id"]
    one = gateway.create_resource(restApiId=api.id, parentId=pets, pathPart="{id}")["id"]
    admin = gateway.create_resource(restApiId=api.id, parentId=root, pathPart="admin")["id"]
    for resource in (root, pets, one, admin):
        gateway.put_method(restApiId=api.id, resourceId=resource, httpMethod="ANY", authorizationType=authorization)
        gateway.put_integration(restApiId=api.id, resourceId=resource, httpMethod="ANY", **integration)
        if integration["type"] in {"MOCK", "AWS"}:
            gateway.put_method_response(restApiId=api.id, resourceId=resource, httpMethod="ANY", statusCode="200")
            gateway.put_integration_response(restApiId=api.id, resourceId=resource, httpMethod="ANY", statusCode="200")
    api.deploy()
    return api


def call(account, api, path="/pets", *, keys=None, method="GET", body=b"", **scope):
    """The answer to a call at this account's door, signed with `keys` or by nobody."""
    url = account["endpoint_url"]
    asked = Call("execute-api", method, f"/_aws/execute-api/{api.id}/prod{path}", body)
    request = (
        signed(url, asked, keys, **scope) if keys else Raw(method, asked.path, (("Host", urlsplit(url).netloc),), body)
    )
    return send(url, request)


ECHO = """
import json
def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event["requestContext"]), "headers": {"x-was": event["headers"].get("Authorization", "gone")}}
"""


AUTHORIZER = """
def handler(event, context):
    token = event.get("authorizationToken") or event["headers"].get("Authorization")
    if token == "nobody":
        raise Exception("Unauthorized")
    if token == "broken":
        raise Exception("on purpose")
    if token == "shapeless":
        return {"principalId": "ann", "policyDocument": {"Statement": "x"}}
    effect, _, resource = token.partition(" ")
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource or event["methodArn"]}
    return {"principalId": "ann", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}, "context": {"team": "blue", "n": 1}}
"""


def make_function(clients, text="", *, runtime="python3.13", code=None):
    name = f"f-{secrets.token_hex(4)}"
    role = clients("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))["Role"][
        "Arn"
    ]
    code = code or function_code(text)
    made = clients("lambda").create_function(
        FunctionName=name, Runtime=runtime, Handler="f.handler", Role=role, Code={"ZipFile": code}, Timeout=30
    )
    return made["FunctionArn"]


def integration(function, kind="AWS_PROXY", **more):
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations"
    return {"type": kind, "integrationHttpMethod": "POST", "uri": uri, **more}


def permit(clients, function, source):
    clients("lambda").add_permission(
        FunctionName=function, StatementId=secrets.token_hex(4), Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com", SourceArn=source,
    )  # fmt: skip


def integration_role(clients, *statements):
    iam, name = clients("iam"), f"api-{secrets.token_hex(4)}"
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust("apigateway.amazonaws.com"))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
    return role


def authorized(clients, function, kind="TOKEN", statements=(), **more):
    """An API whose methods ask the function."""
    gateway = clients("apigateway")
    api = make(clients, statements=statements)
    uri = integration(function)["uri"]
    source = {"identitySource": "method.request.header.Authorization"}
    authorizer = gateway.create_authorizer(
        restApiId=api.id, name="doorman", type=kind, authorizerUri=uri, **source, **more
    )["id"]
    for resource in gateway.get_resources(restApiId=api.id)["items"]:
        changes = [
            {"op": "replace", "path": "/authorizationType", "value": "CUSTOM"},
            {"op": "replace", "path": "/authorizerId", "value": authorizer},
        ]
        gateway.update_method(restApiId=api.id, resourceId=resource["id"], httpMethod="ANY", patchOperations=changes)
    api.deploy()
    return api, authorizer


def bearing(account, api, token=None, path="/pets"):
    host = ("Host", urlsplit(account["endpoint_url"]).netloc)
    headers = (host,) if token is None else (host, ("Authorization", token))
    return send(account["endpoint_url"], Raw("GET", f"/_aws/execute-api/{api.id}/prod{path}", headers))


def patched(*changes):
    """Parameters of an update: pairs of an operation and a place, with what it takes."""
    return {"patchOperations": [{"op": op, "path": path, **more} for op, path, more in changes]}


def over_http(url, **more):
    """An integration that calls an address."""
    return {"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": url, **more}


def point(a, api, url, **more):
    """Has every method of the API call an address."""
    for resource in a("apigateway").get_resources(restApiId=api.id)["items"]:
        a("apigateway").put_integration(
            restApiId=api.id, resourceId=resource["id"], httpMethod="ANY", **over_http(url, **more)
        )
    api.deploy()
