"""Blanks are added around operators, and nothing else of a statement is touched."""

import pytest

from harness.gateway.services.partiql_statements import spaced


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a='x'", "a = 'x'"),
        ("a  =\n'x'", "a = 'x'"),
        ('"a=b">=?', '"a=b" >= ?'),
        ("a<>'<=' AND b!=1 AND c<2", "a <> '<=' AND b != 1 AND c < 2"),
        ("a='it''s=1'", "a = 'it''s=1'"),
        ("{'a':<<'x','y'>>}", "{'a':<<'x','y'>>}"),
        ("a='x=", "a = 'x = "),
        ("a BETWEEN 1 AND 2", "a BETWEEN 1 AND 2"),
    ],
)
def test_operators_stand_alone(given, expected):
    assert spaced(given) == expected
