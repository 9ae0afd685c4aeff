"""Every operator on values that fit, that do not, that are absent; with quantifiers, IfExists, several values and variables."""

import pytest

from harness.model.request import Context
from harness.policy.conditions import Outcome, compile_condition
from harness.policy.operators import OPERATORS, read_operator

YES, NO, UNKNOWN = Outcome.YES, Outcome.NO, Outcome.UNKNOWN
KEY = "svc:Key"


def outcome(written, wanted, value=None, *, context=(), modelled=None):
    """What the condition says of a request whose key has this value (None: it is absent)."""
    condition = compile_condition(
        read_operator(written), KEY, [wanted] if isinstance(wanted, str) else wanted, variables=True
    )
    values = dict(context) | ({} if value is None else {KEY: value})
    return condition.outcome(Context.of(values, modelled))


# operator: what the policy wants, values that fit, values that do not
FITTING = {
    "StringEquals": ("a*", ["a*"], ["ab", "A*", ""]),
    "StringEqualsIgnoreCase": ("Straße", ["STRASSE", "straße"], ["strase"]),
    "StringLike": ("a?c*", ["abc", "abcd", "a*c"], ["ac", "Abc", ""]),
    "NumericEquals": ("10", ["10", "10.0"], ["11", "ten"]),
    "NumericLessThan": ("10", ["9.9", "-1"], ["10", "11", "ten"]),
    "NumericLessThanEquals": ("10", ["10", "9"], ["10.1"]),
    "NumericGreaterThan": ("10", ["10.1"], ["10", "9"]),
    "NumericGreaterThanEquals": ("10", ["10", "11"], ["9.9"]),
    "DateEquals": ("2024-01-01T00:00:00Z", ["1704067200", "2024"], ["2024-01-02", "x"]),
    "DateLessThan": ("2024-01-01T00:00:00Z", ["1704067199"], ["2024-01-01"]),
    "DateLessThanEquals": ("1704067200", ["2024-01-01"], ["2024-01-02"]),
    "DateGreaterThan": ("2024-01-01", ["2024-01-01T00:00:01Z"], ["2024-01-01"]),
    "DateGreaterThanEquals": ("2024-01-01", ["2024-01-01"], ["2023-12-31"]),
    "Bool": ("true", ["true", "True"], ["false", "1"]),
    "BinaryEquals": ("QmluYXJ5", ["QmluYXJ5"], ["Qmlu", "?"]),
    "IpAddress": ("203.0.113.0/24", ["203.0.113.9"], ["203.0.114.9", "::1", "nowhere"]),
    "ArnLike": ("arn:aws:sns:*:1:t?", ["arn:aws:sns:eu-west-1:1:t1"], ["arn:aws:sns:a:b:1:t1", "arn:aws:sns::2:t1", "t1"]),
    "ArnEquals": ("arn:aws:sns:*:1:t", ["arn:aws:sns:x:1:t"], ["arn:aws:sqs:x:1:t"]),
}  # fmt: skip
NEGATED = {
    "StringNotEquals": "StringEquals", "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase", "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals", "DateNotEquals": "DateEquals", "NotIpAddress": "IpAddress", "ArnNotLike": "ArnLike",
    "ArnNotEquals": "ArnEquals",
}  # fmt: skip


def test_the_table_has_no_operator_that_is_not_tried_here():
    assert set(OPERATORS) == {*FITTING, *NEGATED, "Null"}


@pytest.mark.parametrize("written", FITTING)
def test_an_operator_holds_for_what_fits_and_for_nothing_else(written):
    wanted, fitting, others = FITTING[written]

    assert [outcome(written, wanted, value) for value in fitting] == [YES] * len(fitting)
    assert [outcome(written, wanted, value) for value in others] == [NO] * len(others)
    assert outcome(written, wanted) is NO
    assert outcome(f"{written}IfExists", wanted) is YES
    assert outcome(f"{written}IfExists", wanted, others[0]) is NO


@pytest.mark.parametrize("written", NEGATED)
def test_a_negated_operator_is_the_opposite_and_holds_for_an_absent_key(written):
    wanted, fitting, others = FITTING[NEGATED[written]]

    assert [outcome(written, wanted, value) for value in fitting] == [NO] * len(fitting)
    assert [outcome(written, wanted, value) for value in others] == [YES] * len(others)
    assert outcome(written, wanted) is YES


def test_a_bare_star_is_every_arn_and_a_pattern_without_six_parts_is_none():
    assert outcome("ArnLike", "*", "arn:aws:sns:a:1:t") is YES
    assert outcome("ArnLike", "arn:aws:sns:*", "arn:aws:sns:a:1:t") is NO
    assert outcome("ArnNotEquals", ["*", "arn:aws:sns:a:1:t"], "arn:aws:sqs:a:1:q") is NO


def test_several_wanted_values_are_joined_by_or_and_negated_by_nor():
    assert outcome("StringEquals", ["a", "b"], "b") is YES
    assert outcome("StringNotEquals", ["a", "b"], "b") is NO
    assert outcome("StringNotEquals", ["a", "b"], "c") is YES
    assert outcome("NumericLessThan", ["1", "5"], "3") is YES
    assert outcome("NumericGreaterThan", ["1", "5"], "3") is YES
    assert outcome("IpAddress", ["10.0.0.0/8", "::/0"], "::1") is YES
    assert [outcome("IpAddress", "10.0.0.4/31", f"10.0.0.{last}") for last in (3, 4, 5, 6)] == [NO, YES, YES, NO]


def test_a_list_of_no_values_fits_nothing():
    assert outcome("StringEquals", [], "a") is NO
    assert outcome("StringNotEquals", [], "a") is YES
    assert outcome("NumericLessThan", [], "1") is NO


@pytest.mark.parametrize(
    ("written", "value", "expected"),
    [
        ("StringEquals", ("a", "x"), YES),
        ("StringNotEquals", ("a", "x"), NO),
        ("StringNotEquals", ("x", "y"), YES),
        ("ForAllValues:StringEquals", ("a", "b"), YES),
        ("ForAllValues:StringEquals", ("a", "x"), NO),
        ("ForAnyValue:StringEquals", ("a", "x"), YES),
        ("ForAnyValue:StringEquals", ("x", "y"), NO),
        ("ForAllValues:StringNotEquals", ("x", "y"), YES),
        ("ForAllValues:StringNotEquals", ("a", "y"), NO),
        ("ForAnyValue:StringNotEquals", ("a", "y"), YES),
        ("ForAnyValue:StringNotEquals", ("a", "b"), NO),
        ("ForAllValues:StringEquals", None, YES),
        ("ForAnyValue:StringEquals", None, NO),
        ("ForAnyValue:StringNotEquals", None, NO),
        ("ForAnyValue:StringEqualsIfExists", None, YES),
        ("ForAllValues:StringEquals", (), YES),
        ("ForAnyValue:StringEquals", (), NO),
        ("ForAllValues:StringEquals", "", YES),
        ("ForAllValues:StringEquals", ("", ""), YES),
        ("ForAnyValue:StringNotEquals", "", NO),
        ("StringEquals", (), NO),
        ("forallvalues:stringequals", ("a",), YES),
    ],
)
def test_quantifiers_and_keys_with_several_values(written, value, expected):
    assert outcome(written, ["a", "b"], value) is expected


def test_null_tests_presence():
    assert outcome("Null", "true") is YES
    assert outcome("Null", "true", "x") is NO
    assert outcome("Null", "false", "x") is YES
    assert outcome("Null", "False") is NO
    assert outcome("Null", "true", ()) is YES
    assert outcome("Null", ["true", "false"], "x") is YES


@pytest.mark.parametrize(
    "written", ["StringOdd", "Some:StringEquals", "NullIfExists", "ForAllValues:Null", "IfExists", ""]
)
def test_an_operator_that_aws_does_not_have_is_none(written):
    assert read_operator(written) is None


@pytest.mark.parametrize(
    ("written", "wanted", "value", "expected"),
    [
        ("StringEquals", "${aws:username}", "ann", YES),
        ("StringEquals", "${aws:username}", "bob", NO),
        ("StringLike", "home/${aws:username}/*", "home/ann/x", YES),
        ("StringLike", "${svc:Star}", "ann", NO),
        ("StringLike", "${svc:Star}", "*", YES),
        ("StringEquals", ["${svc:Absent}", "x"], "x", YES),
        ("StringEquals", "${svc:Absent}", "x", NO),
        ("StringNotEquals", "${svc:Absent}", "x", YES),
        ("StringEquals", "${svc:Absent, 'x'}", "x", YES),
        ("StringEquals", "${AWS:UserName, 'x'}", "ann", YES),
        ("StringEquals", "a-${aws:username}-b-${svc:Ten}-c", "a-ann-b-10-c", YES),
        ("StringLike", "a-${aws:username}?b-${svc:Ten}", "a-ann-b-10", YES),
        ("StringEquals", "${unfinished", "${unfinished", YES),
        ("StringEquals", "${*}", "*", YES),
        ("StringEqualsIgnoreCase", "${aws:username}", "ANN", YES),
        ("ArnLike", "arn:aws:iam::1:user/${aws:username}", "arn:aws:iam::1:user/ann", YES),
        ("ForAllValues:StringLike", "${aws:username}*", ("ann", "anna"), YES),
        ("ForAllValues:StringLike", "${aws:username}*", ("ann", "bob"), NO),
        ("NumericEquals", "${svc:Ten}", "10", NO),
        ("NumericNotEquals", "${svc:Ten}", "10", YES),
    ],
)
def test_variables_in_texts_and_arns_and_nowhere_else(written, wanted, value, expected):
    context = {"aws:username": "ann", "svc:Star": "*", "svc:Ten": "10"}

    assert outcome(written, wanted, value, context=context) is expected


def test_a_variable_that_is_not_modelled_is_unknown_only_where_it_matters():
    known = frozenset({"svc:key"})

    assert outcome("StringEquals", "${svc:Odd}", "x", modelled=known) is UNKNOWN
    assert outcome("StringEquals", ["x", "${svc:Odd}"], "x", modelled=known) is YES
    assert outcome("StringNotEquals", ["x", "${svc:Odd}"], "x", modelled=known) is NO
    assert outcome("StringEquals", "x", modelled=frozenset()) is UNKNOWN


def test_without_variables_the_text_is_literal():
    condition = compile_condition(read_operator("StringEquals"), KEY, ["${aws:username}"], variables=False)

    assert condition.outcome(Context.of({KEY: "${aws:username}", "aws:username": "ann"})) is YES
    assert condition.outcome(Context.of({KEY: "ann", "aws:username": "ann"})) is NO
