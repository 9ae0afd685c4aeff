"""Pages of IAM's answers, cut by the service's model."""

import pytest
from botocore.session import Session

from harness.gateway.iam.pages import has_pages, is_marker, page

IAM = Session().get_service_model("iam")


def operation(name):
    return IAM.operation_model(name)


def users(*names):
    return [{"UserName": name} for name in names]


@pytest.mark.parametrize(
    ("asked", "names", "marker"),
    [
        ({}, "abcde", None),
        ({"MaxItems": 2}, "ab", "2"),
        ({"MaxItems": 2, "Marker": "2"}, "cd", "4"),
        ({"MaxItems": 2, "Marker": "4"}, "e", None),
        ({"MaxItems": 5}, "abcde", None),
        ({"Marker": "9"}, "", None),
    ],
)
def test_a_page_is_cut_and_says_whether_more_follows(asked, names, marker):
    whole = {"Users": users(*"abcde"), "IsTruncated": False, "Marker": "another's"}

    found = page(operation("ListUsers"), asked, whole)
    assert found["Users"] == users(*names)
    assert (found["IsTruncated"], found.get("Marker")) == (marker is not None, marker)


def test_a_page_has_a_hundred_items_where_the_request_does_not_say():
    found = page(operation("ListUsers"), {}, {"Users": users(*map(str, range(101)))})
    assert (len(found["Users"]), found["Marker"]) == (100, "100")


def test_several_lists_are_counted_in_the_models_order():
    whole = {"UserDetailList": [1, 2], "GroupDetailList": [3], "RoleDetailList": [4, 5], "Policies": [6]}
    names = list(whole)

    def asked(marker):
        found = page(operation("GetAccountAuthorizationDetails"), {"MaxItems": 2, "Marker": marker}, whole)
        return [found[name] for name in names], found.get("Marker")

    assert asked("0") == ([[1, 2], [], [], []], "2")
    assert asked("2") == ([[], [3], [4], []], "4")
    assert asked("4") == ([[], [], [5], [6]], None)


def test_what_is_no_list_stays_on_every_page():
    found = page(
        operation("GetGroup"), {"MaxItems": 1, "Marker": "1"}, {"Group": {"GroupName": "g"}, "Users": users("a", "b")}
    )
    assert (found["Group"], found["Users"]) == ({"GroupName": "g"}, users("b"))


def test_the_model_says_which_operations_have_pages():
    assert all(has_pages(operation(name)) for name in ("ListUsers", "GetGroup", "ListPolicyTags"))
    assert not any(has_pages(operation(name)) for name in ("GetUser", "ListSAMLProviders", "DeleteUser"))


@pytest.mark.parametrize(
    ("text", "valid"), [("0", True), ("12", True), ("", False), ("-1", False), ("x", False), ("²", False)]
)
def test_a_marker_is_a_number(text, valid):
    assert is_marker(text) is valid
