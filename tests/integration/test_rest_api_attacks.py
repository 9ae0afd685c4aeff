"""Ways around the rules of APIs: documents, patches, hosts, loops. Each beside what it imitates."""

import http.server
import json
import secrets
import threading
import time

import pytest
from apis import (
    AUTHORIZER,
    ECHO,
    EVERYONE,
    Api,
    authorized,
    bearing,
    call,
    integration,
    integration_role,
    make,
    make_function,
    permit,
    user,
)
from aws import REGION, A, B, allow, document, refusal
from raw import Call, ask, record_of, send, signed
from raw import Request as Raw

DENIED, BAD = ("AccessDeniedException", 403), ("BadRequestException", 400)
MANAGE = allow("apigateway:*", f"arn:aws:apigateway:{REGION}::/*")
OK = {"responses": {"200": {"description": "ok"}}}
MOCK = {
    "type": "mock",
    "requestTemplates": {"application/json": '{"statusCode": 200}'},
    "responses": {"default": {"statusCode": "200"}},
}
SIGV4 = {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"}


@pytest.fixture(scope="module")
def lines(journals):
    return lambda answer: journals.lines(request_id=answer.headers["x-amzn-requestid"])


@pytest.fixture(scope="module")
def manager(a):
    """Somebody who may do everything with APIs, and hand over no role."""
    return a("apigateway", **user(a, MANAGE))


def spec(*, operation=None, **more):
    get = {**OK, "x-amazon-apigateway-integration": MOCK, **(operation or {})}
    return {"openapi": "3.0.1", "info": {"title": "x", "version": "1"}, "paths": {"/pets": {"get": get}}, **more}


# documents


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


def test_references_hide_nothing(a, manager):
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
    manager.import_rest_api(body=json.dumps(hidden[0]))


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


# patches


def test_only_an_api_s_own_places_are_patched(a):
    api = make(a)
    for place in ("/resources", "/stages", "/accountId", "/tags/_custom_id_"):
        change = {"op": "replace", "path": place, "value": "x"}
        assert refusal(a("apigateway").update_rest_api, restApiId=api.id, patchOperations=[change])[:2] == BAD
    change = {"op": "replace", "path": "/description", "value": "x"}
    assert a("apigateway").update_rest_api(restApiId=api.id, patchOperations=[change])["description"] == "x"


def test_an_authorizer_has_a_type_that_there_is(a):
    api, uri = make(a), integration("f")["uri"]
    given = {"restApiId": api.id, "name": "x", "authorizerUri": uri}
    for kind in ("", "NONE", "AWS_IAM", "token"):
        assert refusal(a("apigateway").create_authorizer, **given, type=kind)[:2] == BAD
    a("apigateway").create_authorizer(**given, type="TOKEN", identitySource="method.request.header.Authorization")


def patched(*changes):
    return {"patchOperations": [{"op": op, "path": path, **more} for op, path, more in changes]}


def test_a_role_is_handed_over_by_no_patch_unasked(a, manager):
    role = integration_role(a, allow("sqs:SendMessage"))
    uri = f"arn:aws:apigateway:{REGION}:sqs:action/SendMessage"
    api = make(a, integration={"type": "AWS", "integrationHttpMethod": "POST", "uri": uri, "credentials": role})
    (pets,) = [one for one in a("apigateway").get_resources(restApiId=api.id)["items"] if one["path"] == "/pets"]
    where = {"restApiId": api.id, "resourceId": pets["id"], "httpMethod": "ANY"}

    to = {"value": role}
    assert refusal(manager.update_integration, **where, **patched(("replace", "/credentials", to)))[:2] == DENIED
    for changes in (
        [("replace", "/Credentials", to)], [("replace", "/CREDENTIALS", to)], [("add", "/Credentials", to)],
        [("replace", "/uri", to), ("copy", "/credentials", {"from": "/uri", "value": "x"})],
        [("replace", "/uri", to), ("move", "/credentials", {"from": "/uri", "value": "x"})],
        [("replace", "/credentials", {"value": "${stageVariables.r}"})], [("replace", "", to)],
        [("replace", "/credentials", {"value": "arn:aws:iam::*:user/*"})],
    ):  # fmt: skip
        assert refusal(manager.update_integration, **where, **patched(*changes))[:2] == BAD, changes
    variable = f"arn:aws:iam::{A}:role/${{stageVariables.r}}"
    put = {"type": "AWS", "integrationHttpMethod": "POST", "uri": uri, "credentials": variable}
    assert refusal(a("apigateway").put_integration, **where, **put)[:2] == BAD
    may = a("apigateway", **user(a, MANAGE, allow("iam:PassRole", role)))
    may.update_integration(**where, **patched(("replace", "/credentials", to)))


def test_an_authorizer_s_role_is_handed_over_by_no_patch_unasked(a, manager):
    role = integration_role(a, allow("lambda:InvokeFunction"))
    api, authorizer = authorized(a, make_function(a, AUTHORIZER))
    where = {"restApiId": api.id, "authorizerId": authorizer}

    to = {"value": role}
    assert (
        refusal(manager.update_authorizer, **where, **patched(("replace", "/authorizerCredentials", to)))[:2] == DENIED
    )
    for changes in (
        [("replace", "/AuthorizerCredentials", to)], [("replace", "/authorizer_credentials", to)],
        [("copy", "/authorizerCredentials", {"from": "/authorizerUri", "value": "x"})],
    ):  # fmt: skip
        assert refusal(manager.update_authorizer, **where, **patched(*changes))[:2] == BAD, changes


def test_a_policy_is_changed_by_no_patch_unasked(a, accounts):
    api = make(a, authorization="AWS_IAM")
    less = user(a, {**MANAGE, "Action": ["apigateway:PATCH", "apigateway:POST"]})
    client = a("apigateway", **less)
    everyone = {"value": document(EVERYONE)}

    assert refusal(client.update_rest_api, restApiId=api.id, **patched(("replace", "/policy", everyone)))[:2] == DENIED
    for changes in (
        [("replace", "/Policy", everyone)], [("replace", "/POLICY", everyone)],
        [("move", "/description", {"from": "/policy", "value": "x"})],
        [("replace", "/description", {"value": "[]"}), ("copy", "/policy", {"from": "/description", **everyone})],
    ):  # fmt: skip
        assert refusal(client.update_rest_api, restApiId=api.id, **patched(*changes))[:2] == BAD, changes
    api.deploy()
    assert call(accounts["one"], api, keys=less).status == 403
    client.update_rest_api(restApiId=api.id, **patched(("replace", "/description", {"value": "x"})))


def test_a_method_s_authorization_is_one_that_there_is(a):
    api = make(a)
    (pets,) = [one for one in a("apigateway").get_resources(restApiId=api.id)["items"] if one["path"] == "/pets"]
    where = {"restApiId": api.id, "resourceId": pets["id"], "httpMethod": "ANY"}

    for value in ("", "none", "aws_iam", "FOO"):
        assert (
            refusal(
                a("apigateway").update_method, **where, **patched(("replace", "/authorizationType", {"value": value}))
            )[:2]
            == BAD
        )
        assert refusal(a("apigateway").put_method, **{**where, "httpMethod": "PUT"}, authorizationType=value)[:2] == BAD
    a("apigateway").update_method(**where, **patched(("replace", "/authorizationType", {"value": "AWS_IAM"})))


# calls that lead back


def over_http(url, **more):
    return {"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": url, **more}


def point(a, api, url):
    """Has every method of the API call an address."""
    for resource in a("apigateway").get_resources(restApiId=api.id)["items"]:
        a("apigateway").put_integration(restApiId=api.id, resourceId=resource["id"], httpMethod="ANY", **over_http(url))
    api.deploy()


def test_an_api_that_calls_itself_comes_to_an_end(a, accounts, journals):
    api = make(a)
    point(a, api, f"{accounts['one']['endpoint_url']}/_aws/execute-api/{api.id}/prod/pets")

    began = time.monotonic()
    answer = call(accounts["one"], api)

    assert answer.status == 508
    assert time.monotonic() - began < 20
    (line,) = [one for one in journals.lines(service="execute-api", kind="validation") if one["error"]["status"] == 508]
    assert "again and again" in line["error"]["message"]
    other = make(a)
    point(a, other, f"{accounts['one']['endpoint_url']}/_aws/execute-api/{make(a).id}/prod/pets")
    assert call(accounts["one"], other).status == 200


def test_apis_of_two_accounts_that_call_each_other_come_to_an_end(a, b, accounts):
    here, there = make(a), make(b)
    point(a, here, f"{accounts['two']['endpoint_url']}/_aws/execute-api/{there.id}/prod/pets")
    point(b, there, f"{accounts['one']['endpoint_url']}/_aws/execute-api/{here.id}/prod/pets")

    assert call(accounts["one"], here).status == 508

    point(b, there, f"{accounts['one']['endpoint_url']}/_aws/execute-api/{make(a).id}/prod/pets")
    assert call(accounts["one"], here).status == 200


def test_an_integration_has_its_time(a, accounts):
    class Slow(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            time.sleep(3)

        def log_message(self, *_):
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        slow = over_http(f"http://127.0.0.1:{server.server_port}/", timeoutInMillis=200)
        answer = call(accounts["one"], make(a, integration=slow))
        server.shutdown()

    assert (answer.status, answer.message) == (504, "Endpoint request timed out")


def test_a_private_api_is_not_reached_through_a_public_one(a, b, accounts, sandbox):
    only = {**EVERYONE, "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}}}
    private = make(a, statements=[only], endpointConfiguration={"types": ["PRIVATE"]})
    public, theirs = make(a), make(b)
    address = f"{accounts['one']['endpoint_url']}/_aws/execute-api/{private.id}/prod/pets"
    point(a, public, address)
    point(b, theirs, address)
    unknown = [f"{private.id}.execute-api:path/prod/pets", f"nope:path/_aws/execute-api/{private.id}/prod/pets"]
    services = [made_up(a, uri) for uri in unknown]
    through = {"vpc": "vpc-0123456789abcdef0", "vpc_endpoint": "vpce-0123456789abcdef0", "source_ip": "10.0.0.7"}

    record = record_of(sandbox)
    ask(record, "one", "network", through)
    try:
        inside = call(accounts["one"], private)
        around = [call(accounts["two"], api) for api in (public, theirs)]
        made = [call(accounts["two"], api) for api in services]
    finally:
        ask(record, "one", "network", {})

    assert (inside.status, [answer.status for answer in around]) == (200, [403, 403])
    assert [answer.status for answer in made] == [500, 500]


def made_up(a, uri):
    """An API that calls a service which there is not."""
    given = {"type": "AWS", "integrationHttpMethod": "GET", "uri": f"arn:aws:apigateway:{REGION}:{uri}"}
    return make(a, integration={**given, "credentials": integration_role(a, allow("sqs:SendMessage"))})


# what is executed is what was asked for


def test_a_query_does_not_choose_the_method(a, accounts, lines):
    deny = {**EVERYONE, "Effect": "Deny", "Resource": "execute-api:/*/*/admin"}
    api = make(a, statements=[EVERYONE, deny])

    allowed, denied = (
        call(accounts["one"], api, path) for path in ("/pets?x=_user_request_/admin", "/admin?x=_user_request_/pets")
    )

    assert (allowed.status, denied.status) == (200, 403)
    assert lines(allowed)[0]["resource"].endswith("/prod/GET/pets")


@pytest.mark.parametrize(("host", "status"), [("a..com", 403), (f"{'x' * 70}.com", 403), ("[", 200), ("a b", 200)])
def test_an_odd_host_is_a_refusal_with_its_line(a, accounts, lines, host, status):
    answer = send(
        accounts["one"]["endpoint_url"], Raw("GET", f"/_aws/execute-api/{make(a).id}/prod/pets", (("Host", host),))
    )

    assert answer.status == status
    assert lines(answer)


def test_what_localstack_refuses_of_a_call_has_its_line(a, accounts, lines):
    gateway, api = a("apigateway"), make(a)
    (pets,) = [one for one in gateway.get_resources(restApiId=api.id)["items"] if one["path"] == "/pets"]
    gateway.update_method(
        restApiId=api.id,
        resourceId=pets["id"],
        httpMethod="ANY",
        **patched(("replace", "/apiKeyRequired", {"value": "true"})),
    )
    api.deploy()

    answer = call(accounts["one"], api)

    assert answer.status == 403
    assert [line["kind"] for line in lines(answer)] == ["decision", "validation"]


@pytest.mark.parametrize("change", ["disabled", "private"])
def test_a_canary_is_for_the_same_way_of_calling(a, accounts, change):
    gateway, api = a("apigateway"), make(a, statements=[EVERYONE])
    assert call(accounts["one"], api).status == 200
    place, value = (
        ("/disableExecuteApiEndpoint", "true")
        if change == "disabled"
        else ("/endpointConfiguration/types/0", "PRIVATE")
    )
    gateway.update_rest_api(restApiId=api.id, **patched(("replace", place, {"value": value})))
    gateway.create_deployment(restApiId=api.id, stageName="prod", canarySettings={"percentTraffic": 100.0})

    assert call(accounts["one"], api).message == "Forbidden"


def test_a_canary_is_decided_by_its_own_policy(a, b, accounts):
    theirs = user(b, allow("execute-api:Invoke"))
    api = make(a, authorization="AWS_IAM", statements=[{**EVERYONE, "Principal": {"AWS": B}}])
    assert call(accounts["two"], api, keys=theirs).status == 200

    api.attach()
    a("apigateway").create_deployment(restApiId=api.id, stageName="prod", canarySettings={"percentTraffic": 100.0})

    assert call(accounts["two"], api, keys=theirs).status == 403


# integrations and authorizers


@pytest.mark.parametrize("role", [False, True])
def test_a_function_of_the_type_aws_is_called_in_its_region(a, accounts, journals, role):
    function = make_function(a, "def handler(event, context):\n    return {'was': 'called'}\n")
    more = {"credentials": integration_role(a, allow("lambda:InvokeFunction", function))} if role else {}
    api = make(a, integration=integration(function, kind="AWS", **more))
    if not role:
        permit(a, function, f"{api.arn}/*")

    answer = call(accounts["one"], api, method="POST", body=b"{}")

    assert json.loads(answer.body) == {"was": "called"}
    (line,) = journals.lines(action="lambda:InvokeFunction", resource=function)
    assert (line["decision"], line["context"]["aws:requestedregion"]) == ("allowed", REGION)


def test_a_space_in_a_query_is_signed_as_it_is_sent(a, accounts, journals):
    topic = a("sns").create_topic(Name=f"t-{secrets.token_hex(4)}")["TopicArn"]
    to_topic = {
        "type": "AWS", "integrationHttpMethod": "POST", "uri": f"arn:aws:apigateway:{REGION}:sns:action/Publish",
        "credentials": integration_role(a, allow("sns:Publish", topic)),
        "requestParameters": {"integration.request.querystring.TopicArn": f"'{topic}'", "integration.request.querystring.Message": "'hi there'"},
    }  # fmt: skip
    api = make(a, integration=to_topic)

    assert call(accounts["one"], api, method="POST").status == 200

    assert [line["decision"] for line in journals.lines(action="sns:Publish", resource=topic)] == ["allowed"]


def test_an_authorizer_learns_where_the_call_comes_from(a, accounts, sandbox):
    by_address = """
def handler(event, context):
    inside = event["requestContext"]["identity"]["sourceIp"] == "10.0.0.7"
    statement = {"Effect": "Allow" if inside else "Deny", "Action": "execute-api:Invoke", "Resource": event["methodArn"]}
    return {"principalId": "ann", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
"""
    function = make_function(a, by_address)
    api, authorizer = authorized(a, function, "REQUEST")
    permit(a, function, f"{api.arn}/authorizers/{authorizer}")
    record = record_of(sandbox)

    outside = bearing(accounts["one"], api, "x")
    ask(record, "one", "network", {"source_ip": "10.0.0.7"})
    try:
        inside = bearing(accounts["one"], api, "x")
    finally:
        ask(record, "one", "network", {})

    assert (outside.status, inside.status) == (403, 200)


@pytest.mark.parametrize(
    "broken",
    [
        {"authorizerUri": f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/myfunc/invocations"},
        {
            "authorizerUri": f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/arn:aws:lambda:nowhere:{A}:function:f/invocations"
        },
        {"authorizerUri": "x"},
    ],
    ids=["name", "region", "nothing"],
)
def test_a_broken_authorizer_is_refused_with_its_line(a, accounts, lines, broken):
    api, authorizer = authorized(a, make_function(a, AUTHORIZER))
    changes = [("replace", f"/{name}", {"value": value}) for name, value in broken.items()]
    a("apigateway").update_authorizer(restApiId=api.id, authorizerId=authorizer, **patched(*changes))
    api.deploy()

    answer = bearing(accounts["one"], api, "Allow")

    assert (answer.status, json.loads(answer.body)) == (500, {"message": None})
    assert lines(answer)[0]["kind"] == "validation"


def test_an_expression_that_is_none_is_refused(a):
    api = make(a)
    for expression in ("((", r"^[\p{Alpha}]+$"):
        more = {"identityValidationExpression": expression, "identitySource": "method.request.header.Authorization"}
        assert (
            refusal(
                a("apigateway").create_authorizer,
                restApiId=api.id,
                name="x",
                type="TOKEN",
                authorizerUri=integration("f")["uri"],
                **more,
            )[:2]
            == BAD
        )


def test_the_token_of_a_hop_is_seen_by_no_function(a, accounts):
    function = make_function(
        a,
        ECHO.replace(
            'event["headers"].get("Authorization", "gone")',
            'str([h for h in event["headers"] if "harness" in h.lower()])',
        ),
    )
    inner = make(a, integration=integration(function))
    permit(a, function, f"{inner.arn}/*")
    outer = make(a)
    point(a, outer, f"{accounts['one']['endpoint_url']}/_aws/execute-api/{inner.id}/prod/pets")

    answer = call(accounts["one"], outer)

    assert (answer.status, answer.headers["x-was"]) == (200, "[]")
    url = accounts["one"]["endpoint_url"]
    forged = signed(
        url, Call("execute-api", "GET", f"/_aws/execute-api/{inner.id}/prod/pets"), user(a), **{"x-harness-hop": "x"}
    )
    assert send(url, forged).status == 200
