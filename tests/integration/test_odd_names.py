"""Names and ARNs that LocalStack would cut otherwise than they are decided: each beside the same call with the right one."""

import secrets
import time
from http import HTTPStatus

import botocore.exceptions
import pytest
from aws import REGION, A, B, allow, document, fresh, function_code, refusal, trust, user

PLACE = f"{REGION}:{A}"
OF_B = {"AWS": f"arn:aws:iam::{B}:root"}


def test_a_key_is_not_reached_past_its_policy(a):
    root = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{A}:user/deployer"})
    arn = a("kms").create_key(Policy=document(root))["KeyMetadata"]["Arn"]
    alias = f"alias/{fresh('odd')}"
    a("kms").create_alias(AliasName=alias, TargetKeyId=arn)
    id_ = arn.rpartition("/")[2]
    everything = a("kms", **user(a, allow("kms:*")))

    for name in (
        f"arn:aws:kms:{PLACE}:key/{id_}:key/zzz",
        f"arn:aws:kms:{PLACE}:key/{alias}",
        f"arn:aws:kms:{PLACE}:x:alias/{alias.partition('/')[2]}",
        f"arn:aws:foo:{PLACE}:key/{id_}",
        f"arn:aws-cn:kms:{PLACE}:key/{id_}",
        f"arn:aws:kms:{PLACE}:x:key/{id_}",
    ):
        assert refusal(everything.describe_key, KeyId=name)[0] == "InvalidArnException"
        assert refusal(everything.encrypt, KeyId=name, Plaintext=b"x")[0] == "InvalidArnException"
    for name in (arn, id_, alias, f"arn:aws:kms:{PLACE}:{alias}"):
        assert refusal(everything.encrypt, KeyId=name, Plaintext=b"x")[0] == "AccessDeniedException"
        assert a("kms").encrypt(KeyId=name, Plaintext=b"x")["KeyId"] == arn


def test_a_bus_is_the_one_that_its_arn_names(a, b):
    for name in ("open", "secret"):
        a("events").create_event_bus(Name=name)
        a("events").put_permission(
            EventBusName=name,
            Policy=document({**allow("events:*", f"arn:aws:events:{PLACE}:rule/open/*", Principal=OF_B), "Sid": "b"}),
        )
    rules = b("events")
    put = {"Name": "r", "EventPattern": '{"source": ["x"]}'}

    for bus in ("rule/secret/open", "rule/open", "event-bus/secret/open", "event-bus/x/open"):
        given = f"arn:aws:events:{PLACE}:{bus}"
        assert refusal(rules.put_rule, **put, EventBusName=given)[0] == "ValidationException"
        assert refusal(rules.put_events, Entries=[{"EventBusName": given}])[0] == "ValidationException"
        assert refusal(a("events").describe_event_bus, Name=given)[0] == "ValidationException"
        assert refusal(a("events").delete_event_bus, Name=given)[0] == "ValidationException"
    closed = f"arn:aws:events:{PLACE}:event-bus/secret"
    assert refusal(rules.put_rule, **put, EventBusName=closed)[0] == "AccessDeniedException"
    archive = f"arn:aws:events:{PLACE}:archive/a"
    assert a("events").list_replays(EventSourceArn=archive)["Replays"] == []
    rules.put_rule(**put, EventBusName=f"arn:aws:events:{PLACE}:event-bus/open")
    assert a("events").list_rules(EventBusName="open")["Rules"]
    assert not a("events").list_rules(EventBusName="secret")["Rules"]


@pytest.fixture(scope="module")
def function(a):
    """The name of a function with an alias `dev`."""
    name = f"odd-{secrets.token_hex(4)}"
    role = a("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))["Role"]["Arn"]
    code = {"ZipFile": function_code("def handler(event, context):\n    return 1\n")}
    a("lambda").create_function(FunctionName=name, Runtime="python3.13", Handler="f.handler", Role=role, Code=code)
    version = a("lambda").publish_version(FunctionName=name)["Version"]
    a("lambda").create_alias(FunctionName=name, Name="dev", FunctionVersion=version)
    return name


def test_an_alias_s_permission_is_none_for_the_function(a, b, function):
    alias = f"arn:aws:lambda:{PLACE}:function:{function}:dev"
    functions = a("lambda", **user(a, allow("lambda:*", alias)))
    code = {"ZipFile": function_code("x = 1\n")}

    for name in (alias, f"{function}:dev"):
        assert functions.get_function(FunctionName=name)["Configuration"]["FunctionName"] == function
        for call, more in {
            functions.update_function_code: code,
            functions.update_function_configuration: {"Description": "x"},
            functions.publish_version: {},
            functions.list_versions_by_function: {},
            functions.list_aliases: {},
            functions.create_alias: {"Name": "other", "FunctionVersion": "1"},
            functions.get_function_concurrency: {},
        }.items():
            assert refusal(call, FunctionName=name, **more)[:2] == ("AccessDeniedException", 403)
    a("lambda").add_permission(
        FunctionName=function, Qualifier="dev", StatementId="b", Principal=B, Action="lambda:UpdateFunctionCode"
    )
    assert refusal(b("lambda").update_function_code, FunctionName=alias, **code)[0] == "AccessDeniedException"
    whole = a("lambda", **user(a, allow("lambda:*", f"arn:aws:lambda:{PLACE}:function:{function}")))
    assert whole.list_versions_by_function(FunctionName=f"{function}:dev")["Versions"]


def test_a_region_before_a_function_s_name_hides_it_from_no_deny(a, function):
    deny = {"Effect": "Deny", "Action": "lambda:*", "Resource": f"arn:aws:lambda:{PLACE}:function:{function}"}
    functions = a("lambda", **user(a, allow("lambda:*"), deny))

    for name in (function, f"{REGION}:{function}", f"{REGION}:{A}:function:{function}", f"{A}:function:{function}"):
        assert refusal(functions.get_function, FunctionName=name)[0] == "AccessDeniedException"
        assert a("lambda").get_function(FunctionName=name)["Configuration"]["FunctionName"] == function


def test_a_log_group_is_the_one_that_is_named(a):
    logs, place = a("logs"), f"arn:aws:logs:{PLACE}:log-group"
    for name in ("first", "second", "no"):
        logs.create_log_group(logGroupName=name)
        logs.create_log_stream(logGroupName=name, logStreamName="s")
        logs.put_log_events(
            logGroupName=name, logStreamName="s", logEvents=[{"timestamp": int(time.time() * 1000), "message": name}]
        )
    reader = a("logs", **user(a, allow("logs:*", [f"{place}:first:*", f"{place}:first"])))

    read = reader.get_log_events(logGroupIdentifier=f"{place}:first", logStreamName="s", startFromHead=True)
    assert [event["message"] for event in read["events"]] == ["first"]
    assert reader.describe_log_streams(logGroupIdentifier=f"{place}:first")["logStreams"]
    for other, code in {
        f"{place}:first:no": "InvalidParameterException",
        "first:no": "InvalidParameterException",
        f"{place}:no": "AccessDeniedException",
        "no": "AccessDeniedException",
    }.items():
        assert refusal(reader.describe_log_streams, logGroupIdentifier=other)[0] == code
        assert refusal(reader.get_log_events, logGroupIdentifier=other, logStreamName="s")[0] == code
    for name in (f"{place}:first", "first:no"):
        assert refusal(logs.create_log_group, logGroupName=name)[0] == "InvalidParameterException"


@pytest.fixture(scope="module")
def tables(a):
    """Two tables, `open` and `secret`, with one item each."""
    tables = a("dynamodb")
    for name in ("open", "secret"):
        tables.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        tables.put_item(TableName=name, Item={"k": {"S": name}})


@pytest.mark.usefixtures("tables")
def test_a_statement_reads_the_table_that_it_is_decided_on(a):
    one = a("dynamodb", **user(a, allow("dynamodb:*", f"arn:aws:dynamodb:{PLACE}:table/open")))
    spare = {"Effect": "Deny", "Action": "dynamodb:*", "Resource": f"arn:aws:dynamodb:{PLACE}:table/secret"}
    but_one = a("dynamodb", **user(a, allow("dynamodb:*"), spare))

    for client in (one, but_one):
        for statement in (
            "SELECT k FROM\topen , k FROM secret", "SELECT k FROM open , k FROM secret", "SELECT k FROM open, no", "SELECT k FROM secret",
            'SELECT * FROM "secret.idx"', "SELECT k\u00a0FROM secret",
        ):  # fmt: skip
            assert refusal(client.execute_statement, Statement=statement)[0] == "AccessDeniedException", statement
        for statement in (
            "SELECT k FROM open",
            'SELECT k\nFROM "open"',
            "SELECT k FROM open WHERE k = 'a FROM secret'",
        ):
            client.execute_statement(Statement=statement)


@pytest.mark.usefixtures("tables")
def test_a_table_is_restored_from_the_one_that_is_decided_on(a):
    place = f"arn:aws:dynamodb:{PLACE}:table"
    one = a("dynamodb", **user(a, allow("dynamodb:*", [f"{place}/open", f"{place}/copy*"])))

    both = {
        "SourceTableName": "secret",
        "SourceTableArn": f"{place}/open",
        "TargetTableName": "copy",
        "UseLatestRestorableTime": True,
    }
    assert refusal(one.restore_table_to_point_in_time, **both)[0] == "AccessDeniedException"
    one.restore_table_to_point_in_time(**{**both, "SourceTableName": "open"})


def test_another_partition_s_arn_hides_nothing_from_a_deny(a):
    name = fresh("odd")
    a("ssm").put_parameter(Name=name, Value="x", Type="String")
    deny = {"Effect": "Deny", "Action": "ssm:*", "Resource": f"arn:aws:ssm:{PLACE}:parameter/{name}"}
    but_one = a("ssm", **user(a, allow("ssm:*"), deny))

    for given in (name, f"arn:aws:ssm:{PLACE}:parameter/{name}", f"arn:aws-cn:ssm:{PLACE}:parameter/{name}"):
        assert refusal(but_one.get_parameter, Name=given)[1] == 400
    assert a("ssm", **user(a, allow("ssm:*"))).get_parameter(Name=name)["Parameter"]["Value"] == "x"


def test_a_connection_is_the_one_that_its_whole_arn_names(a):
    name = fresh("connection")
    key = {"ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "v"}}
    made = a("events").create_connection(Name=name, AuthorizationType="API_KEY", AuthParameters=key)["ConnectionArn"]
    other = f"{made.rpartition('/')[0]}/{'0' * 8}-0000-0000-0000-{'0' * 12}"
    destinations = f"arn:aws:events:{PLACE}:api-destination/*"
    keys = user(a, allow("events:*", [destinations, other]), allow("events:*", made, Effect="Deny"))
    given = {"InvocationEndpoint": "https://example.com/", "HttpMethod": "POST"}

    for named in (other, made.rpartition("/")[0]):
        asked = {"Name": fresh("destination"), "ConnectionArn": named, **given}
        assert refusal(a("events").create_api_destination, **asked)[0] in {
            "ResourceNotFoundException",
            "ValidationException",
        }
        assert refusal(a("events", **keys).create_api_destination, **asked)[1] == 400
    asked = {"Name": fresh("destination"), "ConnectionArn": made, **given}
    assert refusal(a("events", **keys).create_api_destination, **asked)[0] == "AccessDeniedException"
    a("events").create_api_destination(**asked)
    assert (
        refusal(a("events").update_api_destination, Name=asked["Name"], ConnectionArn=other)[0]
        == "ResourceNotFoundException"
    )


# Statements whose table moto's parser takes for another than the first that they name, or for none that a policy names.
SMUGGLED = [
    """SELECT *, 'FROM "open" ' FROM secret""",
    "SELECT * FROM open AS a, secret AS a",
    "SELECT * FROM open a, secret a",
    "SELECT * FROM open -- , secret",
    "SELECT * WHERE secret WHERE k='x' FROM open",
    "SELECT * SELECT secret WHERE k = 'x' FROM open",
    "SELECT *,=WHERE secret WHERE k='x' FROM open",
    "SELECT * FROM secret, open",
    "SELECT * FROM secret WHERE k\t=\t'x'",
    "SELECT * FROM secret WHERE k\u00a0= 'x'",
    "DELETE FROM secret WHERE k\t='x'",
    "DELETE FROM 'secret' WHERE k = 'x'",
    "UPDATE 'secret' SET v = 'x' WHERE k = 'x'",
    "INSERT INTO 'secret' VALUE {'k': 'new'}",
]


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("statement", SMUGGLED)
def test_no_statement_is_run_on_a_table_that_it_is_not_decided_on(a, statement):
    table = f"arn:aws:dynamodb:{PLACE}:table"
    before = a("dynamodb").scan(TableName="secret")["Items"]
    only_open = user(a, allow("dynamodb:PartiQL*", f"{table}/open"))
    not_secret = user(a, allow("dynamodb:*"), allow("dynamodb:PartiQL*", f"{table}/secret", Effect="Deny"))

    for keys in (only_open, not_secret):
        dynamodb = a("dynamodb", **keys)
        for call, asked in (
            (dynamodb.execute_statement, {"Statement": statement}),
            (dynamodb.batch_execute_statement, {"Statements": [{"Statement": statement}]}),
            (dynamodb.execute_transaction, {"TransactStatements": [{"Statement": statement}]}),
        ):
            assert not found(call, **asked)
    assert a("dynamodb").scan(TableName="secret")["Items"] == before


def found(call, **asked):
    """The items of an answer, none where the call is refused as it should be."""
    try:
        answer = call(**asked)
    except botocore.exceptions.ClientError as refused:
        status = refused.response["ResponseMetadata"]["HTTPStatusCode"]
        return [] if status == HTTPStatus.BAD_REQUEST else [status]
    return [one["Item"] for one in answer.get("Responses", ()) if one.get("Item")] or answer.get("Items", [])


@pytest.mark.usefixtures("tables")
def test_white_space_of_any_kind_is_a_blank(a):
    only_open = a("dynamodb", **user(a, allow("dynamodb:PartiQL*", f"arn:aws:dynamodb:{PLACE}:table/open")))

    for statement in ("SELECT *\tFROM\topen", "SELECT *\r\nFROM open", 'SELECT * FROM "open"'):
        assert (
            only_open.execute_statement(Statement=statement)["Items"] == a("dynamodb").scan(TableName="open")["Items"]
        )
