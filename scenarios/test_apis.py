"""An API of A's that B's services call: who may, and what the API may do with A's queue in turn."""

import json
from types import SimpleNamespace

import pytest

from harness.scenario import statement, trust

INSIDE = {"vpc": "vpc-0a1b2c3d", "vpc_endpoint": "vpce-0a1b2c3d", "source_ip": "10.0.0.7"}


@pytest.fixture
def orders(harness, principals):
    """A deployed API of A's whose POST /orders, for who signs with IAM's keys, puts the order into a queue; and its parts."""
    a = harness.account("account_a")
    gateway, sqs = a.client("apigateway"), a.client("sqs")
    queue = sqs.create_queue(QueueName="orders")["QueueUrl"]
    arn = f"arn:aws:sqs:{a.region}:{a.id}:orders"
    role = principals.role(a, trust({"Service": "apigateway.amazonaws.com"}), statement("sqs:SendMessage", arn))
    api = gateway.create_rest_api(name="orders")
    path = gateway.create_resource(restApiId=api["id"], parentId=api["rootResourceId"], pathPart="orders")["id"]
    method = {"restApiId": api["id"], "resourceId": path, "httpMethod": "POST"}
    gateway.put_method(**method, authorizationType="AWS_IAM")
    gateway.put_integration(
        **method, type="AWS", integrationHttpMethod="POST", credentials=role,
        uri=f"arn:aws:apigateway:{a.region}:sqs:path/{a.id}/orders",
        requestParameters={"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
        requestTemplates={"application/json": "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"},
    )  # fmt: skip
    gateway.put_method_response(**method, statusCode="200")
    gateway.put_integration_response(**method, statusCode="200")

    def let_in(*statements):
        policy = {"Version": "2012-10-17", "Statement": list(statements)} if statements else ""
        change = {"op": "replace", "path": "/policy", "value": json.dumps(policy) if policy else ""}
        gateway.update_rest_api(restApiId=api["id"], patchOperations=[change])
        gateway.create_deployment(restApiId=api["id"], stageName="prod")

    let_in()
    invoke = f"arn:aws:execute-api:{a.region}:{a.id}:{api['id']}/prod/POST/orders"
    yield SimpleNamespace(id=api["id"], invoke=invoke, let_in=let_in, queue=queue, role=role)
    gateway.delete_rest_api(restApiId=api["id"])
    sqs.delete_queue(QueueUrl=queue)


def order(orders, caller):
    url = caller.account.api_url(orders.id, "prod", "/orders")
    return lambda: caller.call_api(url, "POST", b'{"pets": 1}', **{"Content-Type": "application/json"})


def everyone(principal):
    return {
        "Effect": "Allow", "Principal": principal, "Action": "execute-api:Invoke", "Resource": "execute-api:/prod/POST/*",
    }  # fmt: skip


def test_another_account_s_service_needs_its_own_permission_and_the_api_s(harness, principals, orders, allowed, denied):
    a, b = harness.account("account_a"), harness.account("account_b")
    service = principals.role_session(b, statement("execute-api:Invoke", orders.invoke))
    other = principals.role_session(b, statement("sqs:SendMessage"))

    denied(order(orders, service), by="owner/resource")
    orders.let_in(everyone({"AWS": b.id}))
    assert allowed(order(orders, service)).status == 200
    denied(order(orders, other), by="caller/identity")
    denied(order(orders, principals.anyone(b)), by="authentication")
    held = a.client("sqs").receive_message(QueueUrl=orders.queue)["Messages"]
    assert [message["Body"] for message in held] == ['{"pets": 1}']


def test_the_api_takes_orders_through_its_vpc_endpoint_only(harness, principals, orders, allowed, denied):
    service = principals.role_session(harness.account("account_b"), statement("execute-api:Invoke", orders.invoke))
    outside = {"StringNotEquals": {"aws:SourceVpce": INSIDE["vpc_endpoint"]}}
    orders.let_in(everyone("*"), {**everyone("*"), "Effect": "Deny", "Condition": outside})

    refusal = denied(order(orders, service), by="owner/resource", explicit=True)
    assert refusal.message.endswith(f":{orders.id}/prod/POST/orders with an explicit deny")
    with harness.calls_from("account_b", **INSIDE):
        allowed(order(orders, service))


def test_the_api_does_what_its_role_may(harness, principals, orders, journal):
    a = harness.account("account_a")
    caller = principals.role_session(a, statement("execute-api:Invoke", orders.invoke))
    before = journal.mark()

    order(orders, caller)()
    a.client("iam").delete_role_policy(RoleName=orders.role.rpartition("/")[2], PolicyName="inline-0")
    order(orders, caller)()

    sent = [entry for entry in journal.entries(before) if entry.fields.get("action") == "sqs:SendMessage"]
    assert [entry.decision for entry in sent] == ["allowed", "implicit_deny"]
    assert all("BackplaneAssumeRoleSession" in entry.fields["principal"] for entry in sent)
