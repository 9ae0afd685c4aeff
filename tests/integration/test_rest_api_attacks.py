"""Ways around the rules of APIs: loops, hosts, queries, canaries. Each beside what it imitates."""

import contextlib
import http.server
import json
import secrets
import socket
import threading
import time

import pytest
from apis import (
    ECHO,
    EVERYONE,
    call,
    integration,
    integration_role,
    make,
    make_function,
    over_http,
    patched,
    permit,
    point,
)
from aws import REGION, B, allow, user
from raw import Call, ask, record_of, send, signed
from raw import Request as Raw

# calls that lead back


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


@contextlib.contextmanager
def backend(answer):
    """The address of a server that answers each GET by `answer(request)`."""

    class Answering(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            answer(self)

        def log_message(self, *_):
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def say(request, status, **headers):
    request.send_response(status)
    for name, value in {**headers, "Content-Length": "0"}.items():
        request.send_header(name, value)
    request.end_headers()


def test_an_integration_has_its_time(a, accounts):
    with backend(lambda _: time.sleep(3)) as url:
        answer = call(accounts["one"], make(a, integration=over_http(url, timeoutInMillis=200)))

    assert (answer.status, answer.message) == (504, "Endpoint request timed out")


def test_a_redirection_is_the_client_s_to_follow(a, accounts):
    asked = []

    def elsewhere(request):
        asked.append(request.path)
        say(request, 302, Location="/other")

    with backend(elsewhere) as url:
        answer = call(accounts["one"], make(a, integration=over_http(url)))

    assert (answer.status, answer.headers["location"], asked) == (302, "/other", ["/"])


def test_what_a_backend_learns_of_a_call_hides_no_client_s_address(a, accounts, sandbox, journals):
    learned, record = [], record_of(sandbox)

    def learn(request):
        learned.append(request.headers["x-harness-hop"])
        say(request, 200)

    with backend(learn) as url:
        call(accounts["one"], make(a, integration=over_http(url)))
    not_from_there = {**EVERYONE, "Effect": "Deny", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.7"}}}
    api, door = make(a, statements=[EVERYONE, not_from_there]), accounts["one"]["endpoint_url"]
    forged = Raw(
        "GET",
        f"/_aws/execute-api/{api.id}/prod/pets",
        (("Host", door.partition("//")[2]), ("x-harness-hop", learned[0])),
    )

    plain = Raw("GET", forged.target, forged.headers[:1])
    assert send(door, plain).status == 200
    ask(record, "one", "network", {"source_ip": "10.0.0.7"})
    try:
        assert send(door, plain).status == 403
        refused = send(door, forged)
    finally:
        ask(record, "one", "network", {})
    assert refused.status in {400, 403}
    (line,) = journals.of(refused)
    assert (line["kind"], line["decision"]) == ("authentication", "refused")
    assert "belongs to another call" in line["detail"]


def test_an_integration_has_its_time_to_be_connected(a, accounts):
    """Linux leaves who comes when a server's queue is full without an answer."""
    with contextlib.ExitStack() as held:
        server = held.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(2):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        full = over_http(f"http://127.0.0.1:{server.getsockname()[1]}/", timeoutInMillis=200)
        began = time.monotonic()
        answer = call(accounts["one"], make(a, integration=full))

    assert (answer.status, answer.message) == (504, "Endpoint request timed out")
    assert time.monotonic() - began < 20


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


@pytest.mark.parametrize("way", ["//", "host", "userinfo"])
def test_however_an_address_is_written_the_call_is_the_api_s(a, accounts, sandbox, way):
    """The library that sends it writes it otherwise."""
    only = {**EVERYONE, "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}}}
    private, loop = make(a, statements=[only], endpointConfiguration={"types": ["PRIVATE"]}), make(a)
    door = accounts["one"]["endpoint_url"].replace("//", "//u:p@" if way == "userinfo" else "//")
    between, more = ("//" if way == "//" else "/"), {}
    if way == "host":
        more = {"requestParameters": {"integration.request.header.Host": "'x '"}}
    address = f"{door}{between}_aws/execute-api"
    public = make(a, integration=over_http(f"{address}/{private.id}/prod/pets", **more))
    point(a, loop, f"{address}/{loop.id}/prod/pets", **more)
    through = {"vpc": "vpc-0123456789abcdef0", "vpc_endpoint": "vpce-0123456789abcdef0", "source_ip": "10.0.0.7"}

    record = record_of(sandbox)
    ask(record, "one", "network", through)
    try:
        inside, around = call(accounts["one"], private), call(accounts["two"], public)
    finally:
        ask(record, "one", "network", {})

    assert (inside.status, around.status) == (200, 403)
    assert call(accounts["one"], loop).status == 508


def made_up(a, uri):
    """An API that calls a service which there is not."""
    given = {"type": "AWS", "integrationHttpMethod": "GET", "uri": f"arn:aws:apigateway:{REGION}:{uri}"}
    return make(a, integration={**given, "credentials": integration_role(a, allow("sqs:SendMessage"))})


# what is executed is what was asked for


def test_a_query_does_not_choose_the_method(a, accounts, journals):
    deny = {**EVERYONE, "Effect": "Deny", "Resource": "execute-api:/*/*/admin"}
    api = make(a, statements=[EVERYONE, deny])

    allowed, denied = (
        call(accounts["one"], api, path) for path in ("/pets?x=_user_request_/admin", "/admin?x=_user_request_/pets")
    )

    assert (allowed.status, denied.status) == (200, 403)
    assert journals.of(allowed)[0]["resource"].endswith("/prod/GET/pets")


@pytest.mark.parametrize(("host", "status"), [("a..com", 403), (f"{'x' * 70}.com", 403), ("[", 200), ("a b", 200)])
def test_an_odd_host_is_a_refusal_with_its_line(a, accounts, journals, host, status):
    answer = send(
        accounts["one"]["endpoint_url"], Raw("GET", f"/_aws/execute-api/{make(a).id}/prod/pets", (("Host", host),))
    )

    assert answer.status == status
    assert journals.of(answer)


def test_what_localstack_refuses_of_a_call_has_its_line(a, accounts, journals):
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
    assert [line["kind"] for line in journals.of(answer)] == ["decision", "validation"]


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


# integrations


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
