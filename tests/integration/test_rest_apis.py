"""APIs of API Gateway as their callers see them: who may call, what AWS answers, and whom the API calls in turn."""

import json
import secrets
from urllib.parse import urlsplit

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
)
from aws import REGION, A, B, allow, document, refusal, trust, user
from raw import Request as Raw
from raw import ask, record_of, send


def test_an_open_method_answers_anyone_at_any_door(a, accounts, journals):
    api = make(a)

    answers = [call(accounts[name], api) for name in ("one", "two")]

    assert [answer.status for answer in answers] == [200, 200]
    for door, answer in zip((A, B), answers, strict=True):
        (line,) = journals.of(answer)
        assert (line["door"], line["owner"], line["principal"], line["decision"]) == (door, A, "anonymous", "allowed")
        assert line["because"][0]["policy"] == "an open method: it has no authorizer, and its API no resource policy"
        assert line["resource"] == f"{api.arn}/prod/GET/pets"


def test_a_signature_counts_for_nothing_where_the_method_asks_for_none(a, accounts, journals):
    api = make(a)

    answer = call(
        accounts["one"], api, keys={"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "x"}
    )

    assert answer.status == 200
    assert journals.of(answer)[0]["principal"] == "anonymous"


def test_a_method_with_iam_asks_who_signed(a, accounts, journals):
    api = make(a, authorization="AWS_IAM")
    permission = allow("execute-api:Invoke", f"{api.arn}/prod/GET/pets/*")
    stranger, caller = user(a), user(a, permission)

    unsigned = call(accounts["one"], api, "/pets/1")
    denied = call(accounts["one"], api, "/pets/1", keys=stranger)
    elsewhere = call(accounts["one"], api, "/admin", keys=caller)
    forged = call(accounts["one"], api, "/pets/1", keys={**caller, "aws_secret_access_key": "x" * 40})
    misled = call(accounts["one"], api, "/pets/1", keys=caller, service="apigateway")
    abroad = call(accounts["one"], api, "/pets/1", keys=caller, region="eu-west-1")
    allowed = call(accounts["one"], api, "/pets/1", keys=caller)

    assert (unsigned.status, unsigned.code, unsigned.message) == (
        403, "MissingAuthenticationTokenException", "Missing Authentication Token",
    )  # fmt: skip
    assert (denied.status, denied.code) == (403, "AccessDeniedException")
    name = journals.of(denied)[0]["principal"]
    hidden = f"arn:aws:execute-api:{REGION}:********1111:{api.id}/prod/GET/pets/1"
    sentence = f"User: {name} is not authorized to perform: execute-api:Invoke on resource: {hidden}"
    assert json.loads(denied.body) == {"Message": sentence}
    assert journals.of(denied)[0]["because"] == [{"layer": "identity", "missing": "allow"}]
    assert (elsewhere.status, forged.code, misled.code, abroad.code) == (
        403, "InvalidSignatureException", "InvalidSignatureException", "InvalidSignatureException",
    )  # fmt: skip
    assert misled.message == "Credential should be scoped to correct service: 'execute-api'. "
    assert [journals.of(answer)[0]["kind"] for answer in (unsigned, forged, misled, abroad)] == ["authentication"] * 4
    assert allowed.status == 200


def test_another_account_needs_both_sides(a, b, accounts, journals):
    api = make(a, authorization="AWS_IAM")
    without, caller = user(b), user(b, allow("execute-api:Invoke", f"{api.arn}/*"))

    alone = call(accounts["two"], api, keys=caller)
    api.attach({**EVERYONE, "Principal": {"AWS": B}})
    undeployed = call(accounts["two"], api, keys=caller)
    api.deploy()
    allowed = call(accounts["two"], api, keys=caller)
    lacking = call(accounts["two"], api, keys=without)

    assert [answer.status for answer in (alone, undeployed, allowed, lacking)] == [403, 403, 200, 403]
    assert journals.of(alone)[0]["because"] == [{"layer": "resource", "missing": "allow"}]
    assert journals.of(lacking)[0]["because"] == [{"layer": "identity", "missing": "allow"}]
    assert (journals.of(allowed)[0]["door"], journals.of(allowed)[0]["home"], journals.of(allowed)[0]["owner"]) == (
        B,
        B,
        A,
    )


def test_a_resource_policy_shuts_an_open_method_and_denies_by_path(a, accounts, journals):
    narrow = {**EVERYONE, "Resource": "execute-api:/prod/GET/*"}
    deny = {**EVERYONE, "Effect": "Deny", "Resource": "execute-api:/*/*/admin", "Sid": "NoAdmin"}
    api = make(a, statements=[narrow, deny])

    allowed = call(accounts["one"], api)
    other_method = call(accounts["one"], api, method="DELETE")
    admin = call(accounts["one"], api, "/admin")

    assert (allowed.status, other_method.status, admin.status) == (200, 403, 403)
    assert other_method.message.startswith(
        "User: anonymous is not authorized to perform: execute-api:Invoke on resource: "
    )
    assert admin.message.endswith("/prod/GET/admin with an explicit deny")
    assert journals.of(admin)[0]["because"][0]["sid"] == "NoAdmin"
    assert journals.of(other_method)[0]["because"] == [{"layer": "resource", "missing": "allow"}]


def test_no_path_leads_around_a_policy(a, accounts):
    deny = {**EVERYONE, "Effect": "Deny", "Resource": "execute-api:/*/*/admin"}
    api = make(a, statements=[EVERYONE, deny])
    assert call(accounts["one"], api).status == 200  # the twin

    for path in (
        "/admin/", "/%61dmin", "/pets/../admin", "/pets/%2e%2e/admin", "/./admin", "//admin", "/admin;x", "/admin?x=/pets",
        "/pets/_user_request_/admin", "/_user_request_/admin", "/pets/..%2fadmin", "/admin%2f",
    ):  # fmt: skip
        answer = call(accounts["one"], api, path)
        assert answer.status in {400, 403}, path


def test_who_there_is_nothing_for_learns_nothing(a, accounts, journals):
    api = make(a)

    answers = [call(accounts["one"], Api(a, "nosuchapi1")), call(accounts["two"], Api(a, "nosuchapi1"))]
    url = accounts["one"]["endpoint_url"]
    host = (("Host", urlsplit(url).netloc),)
    answers.append(send(url, Raw("GET", f"/_aws/execute-api/{api.id}/nosuchstage/pets", host)))
    answers.append(send(url, Raw("GET", f"/_aws/execute-api/{api.id}", host)))
    unrouted = call(accounts["one"], api, "/nosuch")

    assert [(answer.status, json.loads(answer.body)) for answer in answers] == [(403, {"message": "Forbidden"})] * 4
    assert {journals.of(answer)[0]["kind"] for answer in (*answers, unrouted)} == {"validation"}
    assert (unrouted.status, unrouted.message) == (403, "Missing Authentication Token")


def test_an_api_is_called_by_its_host_as_well(a, accounts):
    api = make(a)
    url = accounts["two"]["endpoint_url"]

    for host in (
        f"{api.id}.execute-api.{REGION}.amazonaws.com",
        f"{api.id.upper()}.execute-api.localhost.localstack.cloud:4566",
    ):
        assert send(url, Raw("GET", "/prod/pets", (("Host", host),))).status == 200
    assert send(url, Raw("GET", "/prod/pets", (("Host", f"nosuch.execute-api.{REGION}.amazonaws.com"),))).status == 403


def test_a_private_api_is_for_its_vpc_endpoint(a, b, accounts, sandbox, journals):
    only = {**EVERYONE, "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}}}
    private = {"endpointConfiguration": {"types": ["PRIVATE"]}}
    api = make(a, statements=[only], **private)
    through = {"vpc": "vpc-0123456789abcdef0", "vpc_endpoint": "vpce-0123456789abcdef0", "source_ip": "10.0.0.7"}
    record = record_of(sandbox)

    outside = call(accounts["two"], api)
    ask(record, "two", "network", through)
    try:
        inside = call(accounts["two"], api)
        ask(record, "two", "network", {**through, "vpc_endpoint": "vpce-0fedcba9876543210"})
        other = call(accounts["two"], api)
    finally:
        ask(record, "two", "network", {})

    assert (outside.status, outside.message) == (403, "Forbidden")
    assert [answer.status for answer in (inside, other)] == [200, 403]
    assert journals.of(inside)[0]["context"]["aws:sourcevpce"] == "vpce-0123456789abcdef0"
    assert journals.of(other)[0]["because"] == [{"layer": "resource", "missing": "allow"}]


def test_a_private_api_without_a_policy_is_not_deployed(a):
    with pytest.raises(
        a("apigateway").exceptions.BadRequestException, match="doesn't have a resource policy attached to it"
    ):
        make(a, endpointConfiguration={"types": ["PRIVATE"]})


def test_a_disabled_endpoint_is_shut(a, accounts):
    api = make(a)
    assert call(accounts["one"], api).status == 200
    change = {"op": "replace", "path": "/disableExecuteApiEndpoint", "value": "true"}
    a("apigateway").update_rest_api(restApiId=api.id, patchOperations=[change])
    api.deploy()

    assert call(accounts["one"], api).message == "Forbidden"


def test_a_policy_of_an_api_names_who_exists(a):
    gateway = a("apigateway")
    wrong = (400, "Invalid policy document. Please check the policy syntax and ensure that Principals are valid.")
    nobody = document({**EVERYONE, "Principal": {"AWS": f"arn:aws:iam::{B}:role/nobody"}})

    assert refusal(gateway.create_rest_api, name="x", policy=nobody)[1:] == wrong
    assert refusal(gateway.create_rest_api, name="x", policy="{}")[1:] == wrong
    api = make(a)
    change = {"op": "replace", "path": "/policy", "value": nobody}
    assert refusal(gateway.update_rest_api, restApiId=api.id, patchOperations=[change])[1:] == wrong
    api.attach(EVERYONE)


def test_a_document_asks_for_its_policy_and_its_roles(a, accounts):
    gateway, role = a("apigateway"), integration_role(a, allow("sqs:SendMessage"))
    manage = allow("apigateway:*", f"arn:aws:apigateway:{REGION}::/*")
    less = {**manage, "Action": ["apigateway:POST", "apigateway:PUT"]}
    answer = {"responses": {"200": {"description": "ok"}}}
    by_role = {
        "type": "aws",
        "httpMethod": "POST",
        "credentials": role,
        "uri": f"arn:aws:apigateway:{REGION}:sqs:action/SendMessage",
    }
    plain = {"openapi": "3.0.1", "info": {"title": "x", "version": "1"}, "paths": {"/": {"get": answer}}}
    open_to_all = {**plain, "x-amazon-apigateway-policy": json.loads(document(EVERYONE))}
    with_role = {**plain, "paths": {"/": {"get": {**answer, "x-amazon-apigateway-integration": by_role}}}}
    nobody = {
        **plain,
        "x-amazon-apigateway-policy": json.loads(
            document({**EVERYONE, "Principal": {"AWS": f"arn:aws:iam::{B}:user/nobody"}})
        ),
    }
    may, may_less = a("apigateway", **user(a, manage, allow("iam:PassRole", role))), a("apigateway", **user(a, less))
    api = gateway.create_rest_api(name="x")["id"]

    for body in map(json.dumps, (open_to_all, with_role)):
        assert refusal(may_less.import_rest_api, body=body)[:2] == ("AccessDeniedException", 403)
        assert refusal(may_less.put_rest_api, restApiId=api, body=body)[:2] == ("AccessDeniedException", 403)
        may.import_rest_api(body=body)
        may.put_rest_api(restApiId=api, body=body)
    may_less.import_rest_api(body=json.dumps(plain))
    assert refusal(may.import_rest_api, body=json.dumps(nobody))[0] == "BadRequestException"
    assert refusal(may.import_rest_api, body="{")[0] == "BadRequestException"


@pytest.mark.parametrize("owner", ["the same account", "another account"])
def test_a_function_is_called_as_api_gateway_for_the_method(a, b, accounts, journals, owner):
    clients = a if owner == "the same account" else b
    function = make_function(clients, ECHO)
    api = make(a, authorization="AWS_IAM", integration=integration(function))
    caller = user(a, allow("execute-api:Invoke", f"{api.arn}/*"))

    before = call(accounts["one"], api, "/pets/1", keys=caller)
    permit(clients, function, f"{api.arn}/*/ANY/pets/{{id}}")
    allowed = call(accounts["one"], api, "/pets/1", keys=caller)
    other = call(accounts["one"], api, "/pets", keys=caller)

    assert (before.status, before.message, other.status) == (500, "Internal server error", 500)
    assert allowed.status == 200, allowed.text
    identity = json.loads(allowed.body)["identity"]
    assert (identity["accountId"], identity["accessKey"]) == (A, caller["aws_access_key_id"])
    assert identity["userArn"].startswith(f"arn:aws:iam::{A}:user/user-")
    assert allowed.headers["x-was"] == "gone"
    decided = journals.lines(action="lambda:InvokeFunction", resource=function, principal="apigateway.amazonaws.com")
    assert [line["decision"] for line in decided] == ["implicit_deny", "allowed", "implicit_deny"]
    assert decided[1]["context"]["aws:sourcearn"] == f"{api.arn}/prod/ANY/pets/{{id}}"
    assert decided[1]["context"]["aws:sourceaccount"] == A


def test_a_function_is_called_with_the_integrations_role(a, accounts, journals):
    function = make_function(a, ECHO)
    role = integration_role(a, allow("lambda:InvokeFunction", function))
    api = make(a, integration=integration(function, credentials=role))

    allowed = call(accounts["one"], api)
    a("iam").delete_role_policy(RoleName=role.rpartition("/")[2], PolicyName="p")
    denied = call(accounts["one"], api)

    assert (allowed.status, denied.status) == (200, 500)
    decided = journals.lines(action="lambda:InvokeFunction", resource=function)
    assert [line["decision"] for line in decided] == ["allowed", "implicit_deny"]
    assert all(":assumed-role/" in line["principal"] for line in decided)


@pytest.mark.parametrize("kind", ["action", "path"])
def test_a_service_is_called_with_the_integrations_role(a, accounts, journals, kind):
    queue = a("sqs").create_queue(QueueName=f"q-{secrets.token_hex(4)}")["QueueUrl"]
    name = queue.rpartition("/")[2]
    arn = f"arn:aws:sqs:{REGION}:{A}:{name}"
    place = "action/SendMessage" if kind == "action" else f"path/{A}/{name}"
    named = f"&QueueUrl={queue}" if kind == "action" else ""
    template = f"Action=SendMessage&MessageBody=hello{named}"
    of_queue = {
        "type": "AWS", "integrationHttpMethod": "POST", "uri": f"arn:aws:apigateway:{REGION}:sqs:{place}",
        "requestParameters": {"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
        "requestTemplates": {"application/json": template}, "passthroughBehavior": "NEVER",
    }  # fmt: skip
    role = integration_role(a, allow("sqs:SendMessage", arn))
    api = make(a, integration={**of_queue, "credentials": role})

    allowed = call(accounts["one"], api, method="POST", body=b"{}")
    a("iam").delete_role_policy(RoleName=role.rpartition("/")[2], PolicyName="p")
    call(accounts["one"], api, method="POST", body=b"{}")
    a("iam").update_assume_role_policy(RoleName=role.rpartition("/")[2], PolicyDocument=trust("ec2.amazonaws.com"))
    unassumed = call(accounts["one"], api, method="POST", body=b"{}")

    assert allowed.status == 200, allowed.text
    assert unassumed.status == 500
    held = a("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    assert [message["Body"] for message in held] == ["hello"]
    assert [line["decision"] for line in journals.lines(action="sqs:SendMessage", resource=arn)] == [
        "allowed",
        "implicit_deny",
    ]


def test_a_service_is_not_called_without_a_role(a):
    uri = f"arn:aws:apigateway:{REGION}:sqs:action/SendMessage"
    without = {"type": "AWS", "integrationHttpMethod": "POST", "uri": uri}
    role = "Role ARN must be specified for AWS integrations"
    own = {**without, "credentials": "arn:aws:iam::*:user/*"}

    with pytest.raises(a("apigateway").exceptions.BadRequestException, match=role):
        make(a, integration=without)
    with pytest.raises(a("apigateway").exceptions.BadRequestException, match="not supported by the harness"):
        make(a, integration=own)
    make(a, integration={**without, "credentials": integration_role(a, allow("sqs:SendMessage"))})


@pytest.mark.parametrize("kind", ["TOKEN", "REQUEST"])
def test_a_lambda_authorizer_says_who_calls_and_what_they_may(a, accounts, journals, kind):
    function = make_function(a, AUTHORIZER)
    api, authorizer = authorized(a, function, kind)

    unpermitted = bearing(accounts["one"], api, "Allow")
    permit(a, function, f"{api.arn}/authorizers/{authorizer}")
    answers = {
        token: bearing(accounts["two"], api, token)
        for token in ("Allow", "Deny", f"Allow {api.arn}/prod/GET/admin", "nobody", "broken", "shapeless", None)
    }

    assert (unpermitted.status, json.loads(unpermitted.body)) == (500, {"message": None})
    assert {token: answer.status for token, answer in answers.items()} == {
        "Allow": 200, "Deny": 403, f"Allow {api.arn}/prod/GET/admin": 403, "nobody": 401, "broken": 500, "shapeless": 500, None: 401,
    }  # fmt: skip
    assert json.loads(answers["Deny"].body) == {
        "Message": "User is not authorized to access this resource with an explicit deny"
    }
    elsewhere = answers[f"Allow {api.arn}/prod/GET/admin"]
    assert json.loads(elsewhere.body) == {"Message": "User is not authorized to access this resource"}
    assert json.loads(answers[None].body) == {"message": "Unauthorized"}
    (line,) = [one for one in journals.of(answers["Deny"]) if one["kind"] == "decision"]
    assert (line["principal"], line["subject"]) == ("authorized", "ann")
    assert line["because"][0]["policy"] == "the policy of authorizer doorman"
    assert journals.of(answers["broken"])[0]["error"]["message"] == "the authorizer's function failed"
    decided = journals.lines(action="lambda:InvokeFunction", resource=function)
    assert {line["context"]["aws:sourcearn"] for line in decided} == {f"{api.arn}/authorizers/{authorizer}"}


def test_an_authorizer_is_called_with_its_role_and_stands_beside_the_resource_policy(a, accounts, journals):
    function = make_function(a, AUTHORIZER)
    role = integration_role(a, allow("lambda:InvokeFunction", function))
    deny = {**EVERYONE, "Effect": "Deny", "Resource": "execute-api:/*/*/admin"}
    api, _ = authorized(a, function, statements=[deny], authorizerCredentials=role)

    assert bearing(accounts["one"], api, "Allow").status == 200
    admin = bearing(accounts["one"], api, f"Allow {api.arn}/*", "/admin")
    assert (admin.status, journals.of(admin)[0]["principal"]) == (403, "anonymous")
    a("iam").delete_role_policy(RoleName=role.rpartition("/")[2], PolicyName="p")
    assert bearing(accounts["one"], api, "Allow").status == 500


def test_what_the_authorizer_says_reaches_the_function(a, accounts):
    echo, doorman = make_function(a, ECHO), make_function(a, AUTHORIZER)
    api, authorizer = authorized(a, doorman)
    gateway = a("apigateway")
    (pets,) = [one for one in gateway.get_resources(restApiId=api.id)["items"] if one["path"] == "/pets"]
    gateway.put_integration(restApiId=api.id, resourceId=pets["id"], httpMethod="ANY", **integration(echo))
    api.deploy()
    permit(a, doorman, f"{api.arn}/authorizers/{authorizer}")
    permit(a, echo, f"{api.arn}/*")

    answer = bearing(accounts["one"], api, "Allow")

    assert json.loads(answer.body)["authorizer"] == {"principalId": "ann", "team": "blue", "n": "1"}


def test_authorizers_that_are_not_served_are_refused_by_name(a, accounts, journals):
    gateway = a("apigateway")
    api = make(a)
    pool = f"arn:aws:cognito-idp:{REGION}:{A}:userpool/{REGION}_x"
    authorizer = gateway.create_authorizer(restApiId=api.id, name="pool", type="COGNITO_USER_POOLS", providerARNs=[pool],
                                           identitySource="method.request.header.Authorization")["id"]  # fmt: skip
    (pets,) = [one for one in gateway.get_resources(restApiId=api.id)["items"] if one["path"] == "/pets"]
    changes = [
        {"op": "replace", "path": "/authorizationType", "value": "COGNITO_USER_POOLS"},
        {"op": "replace", "path": "/authorizerId", "value": authorizer},
    ]
    gateway.update_method(restApiId=api.id, resourceId=pets["id"], httpMethod="ANY", patchOperations=changes)
    api.deploy()

    answer = bearing(accounts["one"], api, "x")

    assert (answer.status, answer.message) == (
        500,
        "authorizers of the type COGNITO_USER_POOLS are not served by the harness",
    )
    assert journals.of(answer)[0]["kind"] == "validation"
