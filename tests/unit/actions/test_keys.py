"""Condition keys: read, known to be absent, or unknown, by action."""

from harness.actions.keys import ALL, UNKNOWN, UNREAD, Keys, Type, key
from harness.actions.operation import Operation

KEYS = Keys({
    "x:Name": key(Type.STRING, "Make", "Name"),
    "x:Ports": key(Type.STRINGS, "Make", "Rules.Port"),
    "x:Open": key(Type.BOOL, "Make", "Open"),
    "x:Owner": key(Type.STRING, ALL, lambda operation, _facts: operation.account),
    "x:Tag/": key(Type.STRING, "Make", lambda operation, _facts: operation.params.get("Labels") or {}),
    "x:State": key(Type.STRING, "Change", UNREAD),
    "x:Guess": key(Type.STRING, "Make", lambda operation, _facts: UNKNOWN if "Odd" in operation.params else None),
})  # fmt: skip


def read(action, **params):
    return KEYS.read(action, Operation("x", "x", action, params, "us-west-2", "111111111111"), None)


def test_values_are_rendered_by_their_type():
    values, _ = read("Make", Name="n", Rules=[{"Port": 1}, {"Port": 2}], Open=False, Labels={"a": "b"})

    assert values == {
        "x:Name": "n",
        "x:Ports": ("1", "2"),
        "x:Open": "false",
        "x:Owner": "111111111111",
        "x:Tag/a": "b",
    }


def test_a_key_that_the_request_leaves_out_is_known_to_be_absent():
    values, known = read("Make")

    assert values == {"x:Owner": "111111111111"}
    assert {"x:name", "x:ports", "x:open", "x:tag/", "x:state", "x:guess"} < known


def test_a_key_that_is_not_read_is_unknown_for_its_actions_only():
    assert "x:state" not in read("Change")[1]
    assert "x:state" in read("Make")[1]


def test_a_value_that_cannot_be_read_makes_its_key_unknown():
    assert "x:guess" not in read("Make", Odd=1)[1]
