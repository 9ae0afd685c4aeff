"""DynamoDB's expressions: which attributes they touch, and what the partition key is compared with."""

import pytest

from harness.actions.expressions import Unreadable, attributes, equal_to

NAMES = {"#s": "status", "#p": "price"}


@pytest.mark.parametrize(
    ("expression", "touched"),
    [
        ("", []),
        ("a, b.c, d[0].e", ["a", "b", "d"]),
        ("#s, a.#p", ["status", "a"]),
        ("a = :v AND NOT (b > :w OR c BETWEEN :x AND :y)", ["a", "b", "c"]),
        ("attribute_exists(a) and begins_with(#s, :v) and size(b) >= :n", ["a", "status", "b"]),
        ("#s IN (:a, :b)", ["status"]),
        ("SET #p = if_not_exists(#p, :z) + :n, l = list_append(l, :v) REMOVE m.n ADD k :k DELETE x :x", ["price", "l", "m", "k", "x"]),
        ("contains = :v", ["contains"]),
    ],
)  # fmt: skip
def test_an_expression_touches_these_attributes(expression, touched):
    assert attributes(expression, NAMES) == touched


@pytest.mark.parametrize("expression", ["a = 'literal'", "#unknown = :v", "a = :v; b", "a{0}"])
def test_what_is_not_of_the_grammar_is_not_guessed(expression):
    with pytest.raises(Unreadable):
        attributes(expression, NAMES)


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("id = :v", ["1"]),
        (":v = id", ["1"]),
        ("#k = :v AND #s = :w", ["1"]),
        ("other = :v AND begins_with(id, :w)", []),
        ("(id = :v)", ["1"]),
    ],
)
def test_the_partition_key_is_equal_to(expression, values):
    assert equal_to(expression, "id", {"#k": "id", **NAMES}, {":v": "1", ":w": "2"}) == values


def test_a_value_that_the_request_does_not_define_is_not_guessed():
    with pytest.raises(Unreadable):
        equal_to("id = :missing", "id", {}, {})
