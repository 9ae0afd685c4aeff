"""ARN templates: how a line of a table finds the resources in a request."""

import pytest

from harness.actions.operation import Operation
from harness.actions.template import template

BASE = "arn:aws:x:{region}:{account}:"
GIVEN = "arn:aws:x:eu-west-1:222222222222:t/own"


def arns(text, **params):
    return list(template(text, BASE).arns(Operation("x", "x", "Y", params, "us-west-2", "111111111111")))


HERE = "arn:aws:x:us-west-2:111111111111:"


@pytest.mark.parametrize(
    ("text", "params", "expected"),
    [
        ("t/{Name}", {"Name": "a"}, [HERE + "t/a"]),
        ("t/{Name}", {"Name": GIVEN}, [GIVEN]),
        ("t/{Name}", {}, [None]),
        ("t/{Name}", {"Name": ""}, [None]),
        ("t/{Name}/*", {"Name": GIVEN}, [GIVEN]),
        ("t/{Name}", {"Name": "/a"}, [HERE + "t/a"]),
        ("t/{Inner.Name}", {"Inner": {"Name": "a"}}, [HERE + "t/a"]),
        ("t/{Names}", {"Names": ["a", "b"]}, [HERE + "t/a", HERE + "t/b"]),
        ("g/{Group=default}/{Name}", {"Name": "a"}, [HERE + "g/default/a"]),
        ("{Arn}", {"Arn": GIVEN}, [GIVEN]),
        ("{Arn}", {"Arn": "no arn"}, [None]),
        ("{Arn} | t/{Name}", {"Name": "a"}, [HERE + "t/a"]),
        ("{Arn} | t/{Name}", {"Arn": GIVEN, "Name": "a"}, [GIVEN]),
        ("{Arn} | *", {}, ["*"]),
        ("t/* & u/{Name}", {"Name": "a"}, [HERE + "t/*", HERE + "u/a"]),
        ("t/* & u/{Name}", {}, [HERE + "t/*", None]),
        ("t/* & u/{Name} | -", {}, [HERE + "t/*"]),
        ("arn:aws:y:::{Name}", {"Name": "a"}, ["arn:aws:y:::a"]),
    ],
)
def test_a_template_makes_these_arns(text, params, expected):
    assert arns(text, **params) == expected


def test_a_template_tells_which_parameters_it_reads():
    assert template("{Arn} | g/{Group=default}/{Inner.Name}", BASE).parameters == {"Arn", "Group", "Inner.Name"}
