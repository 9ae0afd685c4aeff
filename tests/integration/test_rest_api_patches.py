"""What patches make of APIs: nothing that its author may not make otherwise. Each attack beside what it imitates."""

import pytest
from apis import (
    AUTHORIZER,
    BAD,
    DENIED,
    EVERYONE,
    MANAGE,
    authorized,
    call,
    integration,
    integration_role,
    make,
    make_function,
    patched,
)
from aws import REGION, A, allow, document, refusal, user


@pytest.fixture
def manager(a):
    """Somebody who may do everything with APIs, and hand over no role."""
    return a("apigateway", **user(a, MANAGE))


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
