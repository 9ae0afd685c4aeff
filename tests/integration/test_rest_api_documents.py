"""What documents make of APIs: nothing that its author may not make otherwise. Each attack beside what it imitates."""

import json

import pytest
from apis import BAD, DENIED, EVERYONE, MANAGE, Api, call, integration, integration_role, make
from aws import REGION, allow, document, refusal, user

OK = {"responses": {"200": {"description": "ok"}}}
MOCK = {
    "type": "mock",
    "requestTemplates": {"application/json": '{"statusCode": 200}'},
    "responses": {"default": {"statusCode": "200"}},
}
SIGV4 = {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"}


def spec(*, operation=None, **more):
    get = {**OK, "x-amazon-apigateway-integration": MOCK, **(operation or {})}
    return {"openapi": "3.0.1", "info": {"title": "x", "version": "1"}, "paths": {"/pets": {"get": get}}, **more}


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        (spec(operation={"security": [{"iam": []}]}, components={"securitySchemes": {"iam": SIGV4}}), 403),
        (spec(security=[{"iam": []}], components={"securitySchemes": {"iam": SIGV4}}), 403),
        (spec(operation={"x-amazon-apigateway-auth": {"type": "AWS_IAM"}}), 403),
        ({**spec(operation={"security": [{"iam": []}]}), "openapi": "2", "securityDefinitions": {"iam": SIGV4}}, 403),
        (spec(operation={"x-amazon-apigateway-auth": {"type": "NONE"}}), 200),
        (spec(), 200),
    ],
    ids=["operation", "document", "type", "swagger", "none", "nothing"],
)
@pytest.mark.parametrize("by", ["import", "put"])
def test_a_document_s_authorization_is_the_method_s(a, accounts, wanted, status, by):
    gateway = a("apigateway")
    if by == "import":
        api = gateway.import_rest_api(body=json.dumps(wanted))["id"]
    else:
        api = gateway.create_rest_api(name="x")["id"]
        gateway.put_rest_api(restApiId=api, mode="overwrite", body=json.dumps(wanted))
    gateway.create_deployment(restApiId=api, stageName="prod")

    assert call(accounts["one"], Api(a, api)).status == status
    assert call(accounts["one"], Api(a, api), keys=user(a, allow("execute-api:Invoke"))).status == 200


def test_a_document_that_wants_iam_is_imported_as_it_stands_only(a):
    wanted = spec(operation={"x-amazon-apigateway-auth": {"type": "AWS_IAM"}}, servers=[{"url": "https://x/base"}])
    api = a("apigateway").create_rest_api(name="x")["id"]

    with_base = {"restApiId": api, "body": json.dumps(wanted), "parameters": {"basepath": "prepend"}}
    assert refusal(a("apigateway").put_rest_api, **with_base)[:2] == BAD
    a("apigateway").put_rest_api(restApiId=api, body=json.dumps(wanted))


def test_an_integration_keeps_the_role_of_its_document(a):
    role = integration_role(a, allow("sqs:SendMessage"))
    by_role = {
        "type": "aws",
        "httpMethod": "POST",
        "credentials": role,
        "uri": f"arn:aws:apigateway:{REGION}:sqs:action/SendMessage",
    }
    api = a("apigateway").import_rest_api(
        body=json.dumps(spec(operation={"x-amazon-apigateway-integration": by_role}))
    )["id"]

    (pets,) = [one for one in a("apigateway").get_resources(restApiId=api)["items"] if one["path"] == "/pets"]
    kept = a("apigateway").get_integration(restApiId=api, resourceId=pets["id"], httpMethod="GET")
    assert kept["credentials"] == role


def test_references_hide_nothing(a):
    less = a("apigateway", **user(a, {**MANAGE, "Action": ["apigateway:POST", "apigateway:PUT"]}))
    role = integration_role(a, allow("sqs:SendMessage"))
    policy = json.loads(document(EVERYONE))
    scheme = {
        **SIGV4,
        "x-amazon-apigateway-authorizer": {
            "type": "token",
            "authorizerUri": integration("f")["uri"],
            "authorizerCredentials": {"$ref": "#/x-roles/a"},
        },
    }
    hidden = [
        spec(**{"x-amazon-apigateway-policy": {"$ref": "#/x-policy"}, "x-policy": policy}),
        spec(**{"x-roles": {"a": role}}, components={"securitySchemes": {"s": scheme}}),
        spec(operation={"x-amazon-apigateway-integration": {"$ref": "#/x-i"}}, **{"x-i": {"type": "aws", "httpMethod": "POST", "credentials": role, "uri": "arn:aws:apigateway:us-west-2:sqs:action/SendMessage"}}),
    ]  # fmt: skip

    for wanted in hidden:
        assert refusal(less.import_rest_api, body=json.dumps(wanted))[:2] == DENIED
    whole = {
        "openapi": "3.0.1",
        "info": {"title": "x"},
        "$ref": "#/x-real",
        "x-real": spec(**{"x-amazon-apigateway-policy": policy}),
    }
    assert refusal(a("apigateway").import_rest_api, body=json.dumps(whole))[:2] == BAD
    less.import_rest_api(body=json.dumps(spec()))
    a("apigateway", **user(a, MANAGE)).import_rest_api(body=json.dumps(hidden[0]))


@pytest.mark.parametrize(
    "text", ["[]", "{", "x: [", "{}", '{"info": {}}', "a: &x\n  b: *x\ninfo: {title: x}", "[" * 5000, '{"a":' * 5000]
)
def test_what_is_no_document_is_refused(a, text):
    assert refusal(a("apigateway").import_rest_api, body=text)[:2] == BAD


IAM = {**OK, "x-amazon-apigateway-integration": MOCK, "x-amazon-apigateway-auth": {"type": "AWS_IAM"}}
AUTHORIZED = {"x-amazon-apigateway-authorizer": {"authorizerUri": integration("f")["uri"]}}


@pytest.mark.parametrize(
    "wanted",
    [
        spec(paths={"/pets//all": {"get": IAM}}),
        spec(paths={"//pets": {"get": IAM}}),
        spec(paths={"/pets": {"get": IAM}, "/broken": {"get": {"responses": "x"}}}),
        spec(paths={"/pets": "x"}),
        spec(operation={"security": [{"nope": []}]}),
        spec(operation={"x-amazon-apigateway-auth": {"type": ["AWS_IAM"]}}),
        spec(operation={"x-amazon-apigateway-auth": "AWS_IAM"}),
        spec(components={"securitySchemes": {"s": {**SIGV4, **AUTHORIZED}}}, security=[{"s": []}]),
    ],
    ids=["two slashes", "leading slashes", "half", "no path", "unknown scheme", "list", "text", "no type"],
)
def test_a_document_that_cannot_be_imported_changes_nothing(a, accounts, wanted):
    gateway, api = a("apigateway"), make(a, authorization="AWS_IAM")

    assert refusal(gateway.put_rest_api, restApiId=api.id, mode="overwrite", body=json.dumps(wanted))[:2] == BAD
    api.deploy()

    paths = {one["path"] for one in gateway.get_resources(restApiId=api.id)["items"]}
    assert paths == {"/", "/pets", "/pets/{id}", "/admin"}
    assert call(accounts["one"], api).status == 403
    assert call(accounts["one"], api, keys=user(a, allow("execute-api:Invoke"))).status == 200


@pytest.mark.parametrize("place", ["document", "server"])
def test_a_document_disables_the_endpoint(a, accounts, place):
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-endpoint-configuration.html."""
    disabled = {"x-amazon-apigateway-endpoint-configuration": {"disableExecuteApiEndpoint": True}}
    wanted = spec(**(disabled if place == "document" else {"servers": [{"url": "https://x", **disabled}]}))
    for document_, status in ((spec(), 200), (wanted, 403)):
        api = a("apigateway").import_rest_api(body=json.dumps(document_))["id"]
        a("apigateway").create_deployment(restApiId=api, stageName="prod")
        assert call(accounts["one"], Api(a, api)).status == status
