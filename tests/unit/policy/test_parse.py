"""Documents: what AWS stores is read, what it refuses is refused with its error and every fault in its place."""

import json

import pytest

from harness.model.request import Context
from harness.policy import InvalidPolicy, PolicyKind, parse_policy, parse_stored
from harness.policy.conditions import Outcome
from harness.policy.operators import OPERATORS
from harness.policy.parse import size, too_long

ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "111111111111"}}


def document(statement, version="2012-10-17"):
    return json.dumps({"Version": version, "Statement": statement})


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (document(ALLOW), PolicyKind.IDENTITY),
        (document([ALLOW, {**ALLOW, "Sid": "Two", "Action": ["s3:*", "*"]}]), PolicyKind.IDENTITY),
        (
            document({**ALLOW, "Condition": {"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": ["a", "b"]}}}),
            PolicyKind.IDENTITY,
        ),
        (document({**ALLOW, "Condition": {"Bool": {"aws:SecureTransport": True}}}), PolicyKind.IDENTITY),
        (document({**ALLOW, "Resource": "arn:aws:s3:::b/${aws:username}/*"}), PolicyKind.IDENTITY),
        (document(TRUST), PolicyKind.TRUST),
        (document({**TRUST, "Principal": "*"}), PolicyKind.TRUST),
        (document({**TRUST, "Principal": {"Service": ["lambda.amazonaws.com"]}}), PolicyKind.TRUST),
        (document({**ALLOW, "Principal": "*"}), PolicyKind.RESOURCE),
    ],
)
def test_a_document_that_aws_stores_is_read(text, kind):
    assert parse_policy(text, kind).fault is None


@pytest.mark.parametrize(
    ("text", "kind", "message", "place"),
    [
        ("{", PolicyKind.IDENTITY, "Syntax errors in policy.", ""),
        ("{", PolicyKind.TRUST, "This policy contains invalid Json", ""),
        (document({**ALLOW, "Principal": "*"}), PolicyKind.IDENTITY, "Policy document should not specify a principal.", "Statement[0].Principal"),
        (document({**TRUST, "Action": "s3:*"}), PolicyKind.TRUST, "AssumeRole policy may only specify STS AssumeRole actions.", "Statement[0].Action"),
        (document({**TRUST, "Resource": "*"}), PolicyKind.TRUST, "Has prohibited field Resource", "Statement[0].Resource"),
        (document({**ALLOW, "Effect": "allow"}), PolicyKind.IDENTITY, "Syntax errors in policy.", "Statement[0].Effect"),
        (document({**ALLOW, "Extra": 1}), PolicyKind.IDENTITY, "Syntax errors in policy.", "Statement[0]"),
        (document(ALLOW, "2013-01-01"), PolicyKind.IDENTITY, "Syntax errors in policy.", "Version"),
        (document({**ALLOW, "Condition": {"StringEqual": {"a:b": "c"}}}), PolicyKind.IDENTITY, "Syntax errors in policy.", "Statement[0].Condition.StringEqual"),
        (document([{**ALLOW, "Sid": "A"}, {**ALLOW, "Sid": "A"}]), PolicyKind.IDENTITY, "Statement IDs (SID) in a single policy must be unique.", "Statement[*].Sid"),
        (document({**TRUST, "Principal": {"AWS": "arn:aws:iam::111111111111:role/*"}}), PolicyKind.TRUST, 'Invalid principal in policy: "AWS":"arn:aws:iam::111111111111:role/*"', "Statement[0].Principal"),
        (document({"Effect": "Allow", "Resource": "*"}), PolicyKind.IDENTITY, "Policy statement must contain actions.", "Statement[0]"),
        (document({"Effect": "Allow", "Action": "s3:*"}), PolicyKind.IDENTITY, "Policy statement must contain resources.", "Statement[0]"),
        (document({**ALLOW, "Action": "getobject"}), PolicyKind.IDENTITY, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.", "Statement[0].Action"),
    ],
)  # fmt: skip
def test_a_document_that_aws_refuses_is_refused_with_its_error_and_place(text, kind, message, place):
    with pytest.raises(InvalidPolicy) as refused:
        parse_policy(text, kind)

    assert (refused.value.code, refused.value.message) == ("MalformedPolicyDocument", message)
    assert refused.value.faults[0].place == place


def test_all_faults_are_found_at_once():
    with pytest.raises(InvalidPolicy) as refused:
        parse_policy(document({"Effect": "No", "Action": "x", "Resource": []}), PolicyKind.IDENTITY)

    assert len(refused.value.faults) == 3


RCP = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
BUCKET = {**ALLOW, "Principal": "*"}


@pytest.mark.parametrize(
    ("statement", "kind", "what"),
    [
        (["Allow"], PolicyKind.IDENTITY, "Statement[0]: is not an object"),
        ({**ALLOW, "Sid": 7}, PolicyKind.IDENTITY, "Statement[0].Sid: must be text"),
        ({**ALLOW, "Sid": "a-b"}, PolicyKind.IDENTITY, "Statement[0].Sid: `a-b` is not alphanumeric"),
        ({**ALLOW, "Action": []}, PolicyKind.IDENTITY, "Statement[0].Action: is empty"),
        ({**ALLOW, "Action": [1]}, PolicyKind.IDENTITY, "Statement[0].Action: `1` is not text"),
        ({**ALLOW, "Action": ""}, PolicyKind.IDENTITY, "Statement[0].Action: `` is not text"),
        ({**ALLOW, "Action": "s3:a:b"}, PolicyKind.IDENTITY, "Statement[0].Action: `s3:a:b` is not `prefix:Action`"),
        ({**ALLOW, "NotAction": "s3:*"}, PolicyKind.IDENTITY, "Statement[0].Action: Action and NotAction exclude each other"),
        ({**ALLOW, "Resource": "bucket"}, PolicyKind.IDENTITY, "Statement[0].Resource: `bucket` is not an ARN"),
        ({**ALLOW, "Resource": "arn:aws"}, PolicyKind.IDENTITY, "Statement[0].Resource: `arn:aws` is not an ARN"),
        ({**ALLOW, "Resource": "arn:aws:*:::b"}, PolicyKind.IDENTITY, "`arn:aws:*:::b` has a wildcard in its service"),
        ({**ALLOW, "Resource": "arn:aws:s?:::b"}, PolicyKind.SCP, "`arn:aws:s?:::b` has a wildcard in its service"),
        ({**ALLOW, "Principal": "*"}, PolicyKind.SCP, "Statement[0].Principal: has no place here"),
        ({**ALLOW, "Condition": "x"}, PolicyKind.IDENTITY, "Statement[0].Condition: is not an object"),
        ({**ALLOW, "Condition": {"Bool": "x"}}, PolicyKind.IDENTITY, "Statement[0].Condition.Bool: is not an object"),
        ({**ALLOW, "Condition": {"Bool": {"x": "true"}}}, PolicyKind.IDENTITY, "Statement[0].Condition.Bool: `x` has no vendor"),
        ({**ALLOW, "Condition": {"Bool": {"a:b": "x"}}}, PolicyKind.IDENTITY, "`x` is no value for Bool"),
        ({**ALLOW, "Condition": {"Bool": {"a:b": {}}}}, PolicyKind.IDENTITY, "Statement[0].Condition.Bool.a:b: `{}` is not a value"),
        ({**TRUST, "NotPrincipal": "*"}, PolicyKind.TRUST, "Statement[0].Principal: Principal and NotPrincipal exclude each other"),
        ({"Effect": "Deny", "NotPrincipal": "*", "Action": "sts:*"}, PolicyKind.TRUST, "NotPrincipal: has no place in a trust policy"),
        (ALLOW, PolicyKind.RESOURCE, "Statement[0]: has no Principal"),
        ({"Effect": "Allow", "Action": "kms:*", "Principal": "*"}, PolicyKind.KEY, "Statement[0]: has no Resource"),
        ({**RCP, "Effect": "Allow"}, PolicyKind.RCP, "a resource control policy only denies"),
        ({**RCP, "Principal": {"AWS": "111111111111"}}, PolicyKind.RCP, "Statement[0].Principal: must be `*`"),
        ({"Effect": "Deny", "NotPrincipal": "*", "Action": "s3:*", "Resource": "*"}, PolicyKind.RCP, "Statement[0].Principal: must be `*`"),
    ],
)  # fmt: skip
def test_a_fault_has_its_place(statement, kind, what):
    with pytest.raises(InvalidPolicy) as refused:
        parse_policy(document(statement), kind)

    assert what in str(refused.value)


@pytest.mark.parametrize(
    ("statement", "kind", "aws"),
    [
        ({**ALLOW, "Action": "s3:a:b"}, PolicyKind.IDENTITY, "Actions/Condition can contain only one colon."),
        ({**ALLOW, "Action": "s3"}, PolicyKind.IDENTITY, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
        ({**ALLOW, "Condition": {"Bool": {"x": "true"}}}, PolicyKind.IDENTITY, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
        ({**ALLOW, "Resource": "bucket"}, PolicyKind.IDENTITY, 'Resource bucket must be in ARN format or "*".'),
        ({**ALLOW, "Resource": "arn:aws:*:::b"}, PolicyKind.IDENTITY, "Resource vendor must be fully qualified and cannot contain regexes."),
        ({**ALLOW, "Resource": "arn:aws:s*3:::b"}, PolicyKind.IDENTITY, "Resource vendor must be fully qualified and cannot contain regexes."),
        ({**ALLOW, "Sid": "a-b"}, PolicyKind.IDENTITY, "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"),
        (ALLOW, PolicyKind.RESOURCE, "Policy statement must contain principals."),
        ({**ALLOW, "Principal": "*"}, PolicyKind.SCP, "The provided policy document does not meet the requirements of the specified policy type."),
        ({**RCP, "Effect": "Allow"}, PolicyKind.RCP, "The provided policy document does not meet the requirements of the specified policy type."),
        ({**RCP, "Principal": {"AWS": "111111111111"}}, PolicyKind.RCP, "The provided policy document does not meet the requirements of the specified policy type."),
        ({"Effect": "Deny", "NotPrincipal": "*", "Action": "sts:*"}, PolicyKind.TRUST, "Has prohibited field NotPrincipal"),
        ({**ALLOW, "Condition": {"Odd": {}}}, PolicyKind.IDENTITY, "Syntax errors in policy."),
        ({**ALLOW, "Action": []}, PolicyKind.IDENTITY, "Policy statement must contain actions."),
        ({**ALLOW, "Resource": []}, PolicyKind.IDENTITY, "Policy statement must contain resources."),
        ({**ALLOW, "Action": "s3 :GetObject"}, PolicyKind.IDENTITY, "Vendor s3  is not valid"),
        ({**ALLOW, "Action": "s*:GetObject"}, PolicyKind.IDENTITY, "Vendor s* is not valid"),
        ({**ALLOW, "Action": "s3:Get Object"}, PolicyKind.IDENTITY, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
        ({"Effect": "Allow", "Resource": "*"}, PolicyKind.IDENTITY, "Policy statement must contain actions."),
        ({**ALLOW, "Effect": "allow"}, PolicyKind.IDENTITY, "Syntax errors in policy."),
        ({"Effect": "Allow", "Action": "sts:AssumeRole"}, PolicyKind.TRUST, "Missing required field Principal"),
        ({"Effect": "Allow", "Principal": "*"}, PolicyKind.TRUST, "Missing required field Action"),
        ({"Action": "sts:AssumeRole", "Principal": "*"}, PolicyKind.TRUST, "Missing required field Effect"),
        ({**TRUST, "Effect": "allow"}, PolicyKind.TRUST, "Syntax errors in policy."),
        ({**TRUST, "NotResource": "*"}, PolicyKind.TRUST, "Has prohibited field NotResource"),
        ({**TRUST, "Resource": "*"}, PolicyKind.TRUST, "Has prohibited field Resource"),
    ],
)  # fmt: skip
def test_a_fault_has_the_text_that_aws_answers_with(statement, kind, aws):
    with pytest.raises(InvalidPolicy) as refused:
        parse_policy(document(statement), kind)

    assert (refused.value.code, refused.value.message) == ("MalformedPolicyDocument", aws)


@pytest.mark.parametrize("name", [name for name, base in OPERATORS.items() if base.read is not None])
def test_a_value_that_its_operator_cannot_read_is_a_fault_and_a_variable_is_none(name):
    with pytest.raises(InvalidPolicy, match=f"`no value!` is no value for {name}"):
        parse_policy(document({**ALLOW, "Condition": {name: {"a:b": "no value!"}}}), PolicyKind.IDENTITY)
    (condition,) = (
        parse_policy(document({**ALLOW, "Condition": {name: {"a:b": "${a:c}"}}}), PolicyKind.IDENTITY)
        .statements[0]
        .conditions
    )
    assert condition.templates == ()


def test_several_faults_are_told_apart():
    with pytest.raises(
        InvalidPolicy, match=r"Statement\[0\].Effect: .*; Statement\[0\]: has no Action; .*has no Resource"
    ):
        parse_policy(document({"Effect": "No"}), PolicyKind.IDENTITY)
    with pytest.raises(InvalidPolicy) as refused:
        parse_policy("[]", PolicyKind.IDENTITY)
    assert (refused.value.message, str(refused.value)) == ("Syntax errors in policy.", "the document is not an object")


def test_a_document_keeps_what_it_says():
    statement = {
        **ALLOW,
        "Sid": "Mine",
        "Condition": {"Bool": {"a:b": [True, False]}, "StringLike": {"A:c": ["${aws:x}", "y"]}},
    }
    read = parse_policy(document([statement, ALLOW]), PolicyKind.IDENTITY)

    first, second = read.statements
    assert (read.version, first.sid, first.position, second.position) == ("2012-10-17", "Mine", 0, 1)
    assert first.resources.everything
    assert [(one.operator.written, one.key, one.texts) for one in first.conditions] == [
        ("Bool", "a:b", ("true", "false")),
        ("StringLike", "a:c", ("${aws:x}", "y")),
    ]
    assert parse_policy(json.dumps({"Statement": ALLOW}), PolicyKind.IDENTITY).version == "2008-10-17"


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("[]", "the document is not an object"),
        ('{"Statement": []}', "Statement: is missing or empty"),
        ('{"Version": "2012-10-17"}', "Statement: is missing or empty"),
        (json.dumps({"Id": 1, "Statement": ALLOW}), "Id: must be text"),
        (json.dumps({"Statements": [], "Statement": ALLOW}), "unknown element `Statements`"),
        ('{"Version": "2012-10-17", "Version": "2012-10-17"}', "an element occurs twice"),
        ("[" * 100_000, "broken JSON"),
    ],
)
def test_a_document_that_is_none(source, what):
    with pytest.raises(InvalidPolicy) as refused:
        parse_policy(source, PolicyKind.IDENTITY)

    assert what in str(refused.value)


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ([{**ALLOW, "Sid": ""}, {**ALLOW, "Sid": ""}], PolicyKind.IDENTITY),
        ({**ALLOW, "Action": "*:*"}, PolicyKind.IDENTITY),
        ({**ALLOW, "Resource": ["*", "arn:aws:s3*", "arn:aws:*"]}, PolicyKind.IDENTITY),
        ({**ALLOW, "Condition": {"NumericEquals": {"a:b": [1, 2.5, "3"]}, "Null": {"a:c": False}}}, PolicyKind.IDENTITY),
        ({**TRUST, "Sid": "with space"}, PolicyKind.TRUST),
        ({**TRUST, "Action": "*"}, PolicyKind.TRUST),
        ({"Effect": "Allow", "Action": "sqs:*", "Principal": "*"}, PolicyKind.RESOURCE),
        ({**RCP, "Effect": "Allow", "Action": "*"}, PolicyKind.RCP),
        (RCP, PolicyKind.RCP),
    ],
)  # fmt: skip
def test_what_aws_stores_is_no_fault(statement, kind):
    assert all(one.fault is None for one in parse_policy(document(statement), kind).statements)


def test_white_space_does_not_count_for_the_size():
    text = json.dumps({"Version": "2012-10-17", "Statement": [ALLOW]}, indent=80)

    assert size(text) < 100 < len(text)
    assert too_long("x" * 6_145, PolicyKind.BOUNDARY).aws == "Cannot exceed quota for PolicySize: 6144"
    assert too_long("x " * 6_144, PolicyKind.BOUNDARY) is None
    assert too_long("x" * 100_000, PolicyKind.RESOURCE) is None


@pytest.mark.parametrize(
    ("resource", "version", "met", "missed"),
    [
        ("arn:aws:s3:::b/${aws:username}/*", "2012-10-17", "arn:aws:s3:::b/ann/x", "arn:aws:s3:::b/bob/x"),
        ("arn:aws:s3:::b/${aws:username}/*", "2008-10-17", "arn:aws:s3:::b/${aws:username}/x", "arn:aws:s3:::b/ann/x"),
        ("arn:aws:s3:::b/${svc:Absent}", "2012-10-17", None, "arn:aws:s3:::b/"),
        ("arn:aws:s3:::b/${svc:Long}", "2012-10-17", None, "arn:aws:s3:::b/ann"),
        ("arn:aws:sqs:r:${aws:username}:q", "2012-10-17", None, "arn:aws:sqs:r:ann:q"),
        ("arn:aws:s3:::b/${*}", "2012-10-17", "arn:aws:s3:::b/*", "arn:aws:s3:::b/x"),
    ],
)
def test_variables_in_resources(resource, version, met, missed):
    resources = (
        parse_policy(document({**ALLOW, "Resource": resource}, version), PolicyKind.IDENTITY).statements[0].resources
    )
    context = Context.of({"aws:username": "ann", "svc:Long": "x" * 300})

    def outcome(text):
        return Outcome.YES if resources.fits(text) else resources.by_variables(text, context)

    assert met is None or outcome(met) is Outcome.YES
    assert outcome(missed) is Outcome.NO
    unknown = resources.by_variables("arn:aws:s3:::b/x", Context(modelled=frozenset()))
    assert unknown is (
        Outcome.UNKNOWN
        if any(variable.key for one in resources.templates for variable in one.variables)
        else Outcome.NO
    )


def stored(statement, kind=PolicyKind.RESOURCE):
    return parse_stored(document(statement), kind).statements[0]


def test_a_faulty_element_of_a_stored_statement_might_say_everything_and_the_others_what_they_say():
    deny = {"Effect": "Deny", "Principal": {"AWS": "111111111111"}, "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/*"}

    by_action = stored({**deny, "Action": "get"})
    by_resource = stored({**deny, "Resource": [1]})
    by_principal = stored({**deny, "Principal": {"AWS": "bob"}})
    by_condition = stored({**deny, "Condition": {"Odd": {"a:b": "c"}}})

    assert by_action.actions("sqs:sendmessage")
    assert not by_action.resources.fits("arn:aws:s3:::c/x")
    assert by_resource.resources is None
    assert not by_resource.actions("sqs:sendmessage")
    assert by_principal.principals.everyone
    assert by_condition.conditions == ()
    assert stored({**deny, "Condition": {"Bool": {"a:b": "true"}, "Odd": {"a:b": "c"}}}).conditions == ()
    assert len(stored({**deny, "Action": "get", "Condition": {"Bool": {"a:b": "true"}}}).conditions) == 1
    assert not by_condition.actions("sqs:sendmessage")
    by_negation = stored({"Effect": "Deny", "NotPrincipal": {"AWS": "bob"}, "NotAction": "get", "NotResource": [1]})
    assert by_negation[3:9] == (by_action.actions, False, None, False, by_principal.principals, False)
    assert "`get` is not `prefix:Action`" in by_negation.fault
    assert all(one.fault and not one.allow for one in (by_action, by_resource, by_principal, by_condition))
    assert stored({**deny, "Effect": "deny"}).allow is False
    assert not stored(["Deny"]).allow
    assert (
        parse_stored(json.dumps({"Version": "x", "Statement": BUCKET}), PolicyKind.RESOURCE).fault
        == "Version: unknown version `x`"
    )


def test_a_stored_document_with_a_fault_denies_what_it_might_deny_and_grants_nothing():
    faulty = parse_stored(document([ALLOW, {**ALLOW, "Condition": {"Odd": {"a:b": "c"}}}]), PolicyKind.IDENTITY)
    unreadable = parse_stored("{", PolicyKind.IDENTITY)

    assert [statement.fault is None for statement in faulty.statements] == [True, False]
    assert not unreadable.statements[0].allow
    assert "broken JSON" in unreadable.statements[0].fault
