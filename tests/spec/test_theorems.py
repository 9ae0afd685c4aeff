"""The theorems: what holds of every decision, whatever the policies are."""

import json

import strategies
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import EVERYTHING, HOME, ROOT, document

from harness.simulate import answer_line

BY_RULE = ("sts:getcalleridentity", "sts:getsessiontoken")  # granted whatever the policies say
TO_EVERYONE = {**EVERYTHING, "Principal": "*"}
# The layers of a case: its key, and how deep its documents are nested in lists.
LAYERS = {
    "identity_policies": 1,
    "permissions_boundary": 0,
    "session_policies": 1,
    "resource_policy": 0,
    "service_control_policies": 2,
    "resource_control_policies": 2,
    "vpc_endpoint_policy": 0,
}
# What a layer is when it limits nothing.
WIDEST = {
    "permissions_boundary": None,
    "session_policies": [document(EVERYTHING)],
    "service_control_policies": [],
    "resource_control_policies": [],
    "vpc_endpoint_policy": None,
}
randoms = st.randoms(use_true_random=False)


def decided(case):
    answer = answer_line(json.dumps(case)).fields
    assert "decision" in answer, answer
    return answer["decision"]


def each_document(case, change):
    """The case with every document of every layer changed."""

    def at(depth, value):
        if value is None:
            return None
        return [at(depth - 1, one) for one in value] if depth else change(value)

    return {**case, **{key: at(depth, case.get(key)) for key, depth in LAYERS.items()}}


def statements_of(found):
    return found["Statement"] if isinstance(found["Statement"], list) else [found["Statement"]]


def each_statement(case, change):
    """The case with every statement replaced by the statements it changes to."""
    return each_document(
        case, lambda found: {**found, "Statement": [new for one in statements_of(found) for new in change(one)]}
    )


def in_layer(case, layer, statement):
    """The case with one more statement in a layer, or None where the caller cannot have that layer."""
    if not may_have(case, layer):
        return None
    if layer in {"resource_policy", "vpc_endpoint_policy", "resource_control_policies"}:
        statement = {"Principal": "*", **statement}
    if layer == "resource_policy" and ":role/" in case["resource"] and case["action"].lower().startswith("sts:"):
        statement = {"Effect": statement["Effect"], "Principal": "*", "Action": "sts:*"}  # a trust policy's
    more, depth, now = document(statement), LAYERS[layer], case.get(layer)
    if depth == 0:
        return {**case, layer: more if now is None else {**now, "Statement": [*statements_of(now), statement]}}
    return {**case, layer: [*now, more if depth == 1 else [more]]}


def may_have(case, layer):
    """Whether such a caller can have such policies."""
    principal = case["principal"]
    of_sessions, of_users = principal.startswith("arn:aws:sts:"), ":user/" in principal
    if layer == "session_policies":
        return of_sessions
    return of_sessions or of_users or layer not in {"identity_policies", "permissions_boundary"}


def binds(case, layer):
    """Whether a layer's Deny counts for this caller."""
    managed, linked = case.get("principal_in_management_account"), case.get("principal_is_service_linked_role")
    in_account = case["principal"].startswith("arn:") and "-provider/" not in case["principal"]
    if layer == "service_control_policies":
        return in_account and not managed and not linked
    if layer == "resource_control_policies":
        return not linked and not (managed and case["resource_account"] == HOME)
    unlocks = case["principal"] == ROOT and case["action"].lower().endswith("bucketpolicy")
    return not (layer == "resource_policy" and unlocks)


@given(strategies.any_cases, st.sampled_from(list(LAYERS)))
def test_an_explicit_deny_beats_every_allow(case, layer):
    assume(case["action"].lower() not in BY_RULE and binds(case, layer))
    denied = in_layer(case, layer, {**EVERYTHING, "Effect": "Deny"})
    assume(denied is not None)

    assert decided(denied) == "explicit_deny"


@given(strategies.any_cases)
def test_the_default_is_to_deny(case):
    assume(case["action"].lower() not in BY_RULE and case["principal"] != ROOT)

    assert decided({**case, "identity_policies": [], "resource_policy": None}) != "allowed"


@given(strategies.any_cases)
def test_without_a_deny_no_deny_is_explicit(case):
    allowing = each_statement(case, lambda one: [one] if one["Effect"] == "Allow" and "NotPrincipal" not in one else [])
    allowing["resource_control_policies"] = []

    assume(all(statements_of(one) for one in [allowing["resource_policy"], allowing.get("vpc_endpoint_policy")] if one))
    assume(answer_line(json.dumps(allowing)).fields.get("decision"))
    assert decided(allowing) != "explicit_deny"


@given(strategies.any_cases, randoms)
def test_the_order_of_statements_of_policies_and_of_levels_never_matters(case, random):
    def shuffled(value):
        return random.sample(value, len(value)) if isinstance(value, list) else value

    mixed = each_document(case, lambda found: {**found, "Statement": shuffled(found["Statement"])})
    for key, depth in LAYERS.items():
        if depth:
            mixed[key] = shuffled([shuffled(one) for one in mixed[key]])

    assert decided(mixed) == decided(case)


@given(strategies.any_cases, strategies.plain_statements)
def test_an_allow_more_never_takes_away(case, statement):
    wider = in_layer(case, "identity_policies", {**statement, "Effect": "Allow"})
    assume(wider is not None)

    assert decided(case) != "allowed" or decided(wider) == "allowed"


@given(strategies.any_cases, strategies.plain_statements, st.sampled_from(list(LAYERS)))
def test_a_deny_more_never_grants(case, statement, layer):
    assume(case.get(layer))  # a first policy of a layer is another matter: it brings the layer into being
    narrower = in_layer(case, layer, {**statement, "Effect": "Deny"})
    assume(narrower is not None)

    assert decided(case) == "allowed" or decided(narrower) != "allowed"


@given(strategies.any_cases, st.sampled_from(list(WIDEST)))
def test_what_only_limits_never_grants(case, layer):
    without = {**case, layer: WIDEST[layer] if case.get(layer) else case.get(layer)}

    assert decided(case) != "allowed" or decided(without) == "allowed"


@given(strategies.any_cases | strategies.condition_cases)
def test_the_case_of_action_and_key_names_never_matters(case):
    def swapped(one):
        keys = {
            operator: {key.swapcase(): value for key, value in wanted.items()}
            for operator, wanted in one.get("Condition", {}).items()
        }
        named = {key: recased(one[key]) for key in ("Action", "NotAction") if key in one}
        return [{**one, **named, **({"Condition": keys} if keys else {})}]

    def recased(names):
        return [name.swapcase() for name in names] if isinstance(names, list) else names.swapcase()

    assume(all(len(set(map(str.lower, keys))) == len(keys) for keys in conditions_in(case)))
    other = each_statement(case, swapped)
    other["context"] = {key.swapcase(): value for key, value in case["context"].items()}

    assert decided(other) == decided(case)


def conditions_in(case):
    found = []
    each_statement(case, lambda one: found.extend(one.get("Condition", {}).values()) or [one])
    return found


@given(strategies.any_cases, st.sampled_from(["Action", "Resource"]))
def test_a_list_says_the_same_as_a_statement_for_each_of_its_members(case, element):
    def split(one):
        listed = one.get(element)
        return [{**one, element: each} for each in listed] if isinstance(listed, list) else [one]

    assert decided(each_statement(case, split)) == decided(case)


@given(strategies.any_cases)
def test_a_layer_says_the_same_as_one_document_with_all_its_statements(case):
    def joined(policies):
        return [document(*[one for found in policies for one in statements_of(found)])] if policies else policies

    together = {
        **case,
        "identity_policies": joined(case["identity_policies"]),
        "session_policies": joined(case["session_policies"]),
        "service_control_policies": [joined(level) for level in case["service_control_policies"]],
        "resource_control_policies": [joined(level) for level in case["resource_control_policies"]],
    }

    assert decided(together) == decided(case)


@given(strategies.any_cases, st.sampled_from(["2008-10-17", None]))
def test_the_version_matters_only_to_variables(case, version):
    def older(found):
        return {
            **{key: value for key, value in found.items() if key != "Version"},
            **({"Version": version} if version else {}),
        }

    assume("${" not in json.dumps(case))
    assert decided(each_document(case, older)) == decided(case)


@given(strategies.any_cases)
def test_an_account_is_the_same_by_its_number_and_by_its_root(case):
    def renamed(element):
        if not isinstance(element, dict) or "AWS" not in element:
            return element
        names = element["AWS"] if isinstance(element["AWS"], list) else [element["AWS"]]
        return {**element, "AWS": [{HOME: ROOT, ROOT: HOME}.get(name, name) for name in names]}

    def change(one):
        return [{**one, **{key: renamed(one[key]) for key in ("Principal", "NotPrincipal") if key in one}}]

    assert decided(each_statement(case, change)) == decided(case)


@given(strategies.any_cases)
def test_no_account_number_is_special(case):
    elsewhere = json.loads(json.dumps(case).replace(HOME, "345678901234"))

    assert decided(elsewhere) == decided(case)


@given(strategies.any_cases, st.sampled_from(["red", ["red", "blue"], "", []]))
def test_a_key_that_no_policy_names_changes_nothing(case, value):
    assert decided({**case, "context": {**case["context"], "aws:RequestTag/unnamed": value}}) == decided(case)


@given(strategies.any_cases | strategies.condition_cases | strategies.variable_cases)
def test_a_case_is_decided_the_same_twice(case):
    line = json.dumps(case)

    assert answer_line(line).to_json() == answer_line(line).to_json()


@given(strategies.any_cases)
def test_a_decision_names_what_made_it(case):
    answer = answer_line(json.dumps(case)).fields

    effects = {entry.get("effect", "missing") for entry in answer["because"]}
    expected = {"explicit_deny": {"Deny"}, "allowed": {"Allow"}}.get(answer["decision"], {"missing"})
    assert effects <= expected
