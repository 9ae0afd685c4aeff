"""Targets of rules that need a role: who has none is refused, and an API destination is called as far as its role may call it."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from aws import REGION, A, allow, counted, fresh, refusal

from harness.scenario import eventually


@pytest.fixture
def backend():
    """A server on loopback: its URL, and the keys with which it was called."""
    keys = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            keys.append(self.headers["x-key"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            """Not to the test's report."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", keys
    server.shutdown()
    server.server_close()


@pytest.fixture
def destination(a, backend):
    """An API destination's ARN."""
    key = {"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "v"}}
    made = a("events").create_connection(Name=fresh("connection"), AuthorizationType="API_KEY", AuthParameters=key)
    return a("events").create_api_destination(
        Name=fresh("destination"), ConnectionArn=made["ConnectionArn"], InvocationEndpoint=backend[0], HttpMethod="POST"
    )["ApiDestinationArn"]


@pytest.fixture
def rule(a):
    name = fresh("rule")
    a("events").put_rule(Name=name, EventPattern=f'{{"source": ["{name}"]}}')
    return name


def send(a, rule):
    a("events").put_events(Entries=[{"Source": rule, "DetailType": "d", "Detail": "{}"}])


@pytest.mark.parametrize(
    "target",
    [
        f"arn:aws:states:{REGION}:{A}:stateMachine:m",
        f"arn:aws:kinesis:{REGION}:{A}:stream/s",
        f"arn:aws:events:{REGION}:{A}:api-destination/d/00000000-0000-0000-0000-000000000000",
    ],
)
def test_a_target_that_needs_a_role_is_refused_without_one(a, rule, here, target):
    targets = {"Id": "1", "Arn": target}

    assert refusal(a("events").put_targets, Rule=rule, Targets=[targets]) == (
        "ValidationException",
        400,
        f"RoleArn is required for target {target}.",
    )
    assert (
        a("events").put_targets(Rule=rule, Targets=[{**targets, "RoleArn": here.role("events")}])["FailedEntryCount"]
        == 0
    )


def test_an_api_destination_is_called_by_a_role_that_may(a, rule, here, destination, backend, journals):
    _, keys = backend
    without, other = (
        here.role("events"),
        here.role("events", allow("events:InvokeApiDestination", f"{destination[:-1]}x")),
    )
    for number, arn in enumerate((without, other)):
        a("events").put_targets(Rule=rule, Targets=[{"Id": str(number), "Arn": destination, "RoleArn": arn}])

    send(a, rule)

    def refused():
        return len(journals.lines(action="events:InvokeApiDestination", decision="implicit_deny")) == 2

    assert eventually("both are refused", refused, within=20)
    assert eventually(
        "they are counted", lambda: counted(a, "AWS/Events", "FailedInvocations", {"RuleName": rule}), within=20
    )
    line = journals.lines(action="events:InvokeApiDestination", decision="implicit_deny")[-1]
    assert line["resource"] == destination
    assert line["because"][0]["layer"] == "identity"
    assert keys == []

    a("events").remove_targets(Rule=rule, Ids=["0", "1"])
    may = here.role("events", allow("events:InvokeApiDestination", destination))
    a("events").put_targets(Rule=rule, Targets=[{"Id": "2", "Arn": destination, "RoleArn": may}])
    send(a, rule)
    assert eventually("it is called", lambda: keys == ["v"], within=20)
    (line,) = journals.lines(action="events:InvokeApiDestination", decision="allowed")
    assert line["principal"].startswith(f"arn:aws:sts::{A}:assumed-role/{may.rpartition('/')[2]}/")


def test_an_api_destination_is_the_one_that_its_whole_arn_names(a, rule, here, destination, backend):
    _, keys = backend
    may = here.role("events", allow("events:InvokeApiDestination"))
    base, name, _ = destination.split("/")
    for number, other in enumerate((f"{base}/{name}", f"{base}/{name}/{'0' * 8}-0000-0000-0000-{'0' * 12}")):
        a("events").put_targets(Rule=rule, Targets=[{"Id": str(number), "Arn": other, "RoleArn": may}])

    send(a, rule)
    failed = {"RuleName": rule}
    assert eventually("both fail", lambda: counted(a, "AWS/Events", "FailedInvocations", failed) == 2, within=60)
    assert keys == []
    a("events").put_targets(Rule=rule, Targets=[{"Id": "right", "Arn": destination, "RoleArn": may}])
    send(a, rule)
    assert eventually("it is called", lambda: keys == ["v"], within=60)
