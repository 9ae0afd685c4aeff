"""Authorizers that are broken, or ask for what they must not have."""

import json

import pytest
from apis import AUTHORIZER, BAD, authorized, bearing, integration, make, make_function, patched, permit
from aws import REGION, A, archive, refusal
from raw import ask, record_of


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
def test_a_broken_authorizer_is_refused_with_its_line(a, accounts, journals, broken):
    api, authorizer = authorized(a, make_function(a, AUTHORIZER))
    changes = [("replace", f"/{name}", {"value": value}) for name, value in broken.items()]
    a("apigateway").update_authorizer(restApiId=api.id, authorizerId=authorizer, **patched(*changes))
    api.deploy()

    answer = bearing(accounts["one"], api, "Allow")

    assert (answer.status, json.loads(answer.body)) == (500, {"message": None})
    assert journals.of(answer)[0]["kind"] == "validation"


BOOTSTRAP = r"""#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while true; do
  head=$(mktemp)
  curl -sS -D "$head" "$api/next" > /dev/null
  id=$(grep -i lambda-runtime-aws-request-id "$head" | tr -d '\r' | cut -d' ' -f2)
  curl -sS -X POST "$api/$id/response" -d '%s' > /dev/null
done
"""
ALLOWED = '{"principalId": "ann", "policyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}}'


@pytest.mark.parametrize(
    ("answer", "status"), [(ALLOWED, 200), (ALLOWED[:-1], 500), ("yes", 500), ("[]", 500), ("null", 500)]
)
def test_an_authorizer_that_answers_nothing_that_can_be_read_lets_nobody_in(a, accounts, journals, answer, status):
    code = archive("bootstrap", BOOTSTRAP % answer, 0o755)
    function = make_function(a, runtime="provided.al2023", code=code)
    api, authorizer = authorized(a, function)
    permit(a, function, f"{api.arn}/authorizers/{authorizer}")

    given = bearing(accounts["one"], api, "x")

    assert given.status == status
    assert journals.of(given)[0]["kind"] == ("decision" if status == 200 else "validation")


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
