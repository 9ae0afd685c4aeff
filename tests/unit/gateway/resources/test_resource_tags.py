"""Resources' tags from the stores: which kinds are read, which have none, and which are not known."""

import sys
from types import SimpleNamespace

import pytest

from harness.gateway.resources.resource_tags import resource_tags

A, REGION = "111111111111", "us-west-2"


@pytest.fixture
def in_use(monkeypatch):
    def put(module, attribute, region=REGION, **state):
        stores = {A: {region: SimpleNamespace(**state)}}
        monkeypatch.setitem(sys.modules, module, SimpleNamespace(**{attribute: stores}))

    return put


def tags(service, rest, account=A):
    return resource_tags(A, REGION, f"arn:aws:{service}:{REGION}:{account}:{rest}")


@pytest.mark.parametrize(
    ("kind", "held"),
    [
        ("document", "Document"),
        ("maintenancewindow", "MaintenanceWindow"),
        ("parameter", "Parameter"),
        ("patchbaseline", "PatchBaseline"),
    ],
)
def test_systems_managers_kinds_have_tags_of_their_own(in_use, kind, held):
    in_use("moto.ssm.models", "ssm_backends", _resource_tags={held: {"x": {"team": "ours"}}})

    assert tags("ssm", f"{kind}/x") == {"team": "ours"}
    assert tags("ssm", f"{kind}/y") == {}
    assert [tags("ssm", f"{other}/x") for other in ("opsitem", "association", "windowtarget")] == [None] * 3


def test_an_index_has_its_tables_tags_and_a_stream_none(in_use):
    table = SimpleNamespace(tags=[{"Key": "team", "Value": "ours"}])
    in_use("moto.dynamodb.models", "dynamodb_backends", tables={"t": table})

    assert tags("dynamodb", "table/t") == tags("dynamodb", "table/t/index/i") == {"team": "ours"}
    assert tags("dynamodb", "table/t/stream/s") == tags("dynamodb", "table/u") == tags("dynamodb", "table") == {}


def test_an_execution_has_its_machines_tags(in_use):
    machine = SimpleNamespace(
        tag_manager=SimpleNamespace(to_tag_list=lambda: [{"key": "team", "value": "ours"}]),
    )
    store = {f"arn:aws:states:{REGION}:{A}:stateMachine:m": machine}
    in_use("localstack.services.stepfunctions.backend.store", "sfn_stores", state_machines=store)

    named = ("stateMachine:m", "stateMachine:m:1", "execution:m:e")
    assert [tags("states", each) for each in named] == [{"team": "ours"}] * 3
    assert tags("states", "mapRun:m/l:r") == {}
    assert tags("states", "activity:m") is None
    assert tags("states", "stateMachine") == {}  # an ARN without a name is nobody's


def test_an_image_has_tags_and_no_account(in_use):
    in_use("moto.ec2.models", "ec2_backends", tags={"ami-1": {"team": "ours"}, "i-1": {"team": "ours"}})

    assert tags("ec2", "image/ami-1", account="") == tags("ec2", "instance/i-1") == {"team": "ours"}
    assert tags("ec2", "image/ami-2", account="") == {}


def test_nothing_is_in_a_region_that_there_is_not(in_use):
    in_use("localstack.services.sns.models", "sns_stores")

    assert resource_tags(A, REGION, f"arn:aws:sns:nowhere:{A}:topic") == {}


def test_a_consumer_has_not_its_streams_tags(in_use):
    in_use("moto.kinesis.models", "kinesis_backends", streams={"s": SimpleNamespace(tags={"team": "ours"})})

    assert tags("kinesis", "stream/s") == {"team": "ours"}
    assert tags("kinesis", "stream/s/consumer/c") is None


def test_what_no_reader_knows_is_not_known_to_be_absent():
    assert tags("apigateway", "x") is None
    assert tags("logs", "destination:d") is None
    assert tags("s3", "accesspoint/p") is None
    assert tags("sqs", "q", account="222222222222") is None
    assert resource_tags(A, REGION, "x") is None


def test_what_no_account_has_has_none():
    assert resource_tags(A, REGION, "arn:aws:s3:::bucket/key") == {}
    assert resource_tags(A, REGION, f"arn:aws:ssm:{REGION}::document/AWS-RunShellScript") == {}
    assert resource_tags(A, REGION, "arn:aws:iam::aws:policy/ReadOnlyAccess") == {}


def test_a_service_that_is_not_in_use_has_no_tags():
    assert tags("scheduler", "schedule-group/g") == {}
