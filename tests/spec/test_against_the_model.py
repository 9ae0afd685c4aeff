"""The engine against the model on generated policies, and the theorems that hold whatever the policies are."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from model import verdict

from harness.simulate import answer_line

HOME, OTHER = "111111111111", "222222222222"
USER = f"arn:aws:iam::{HOME}:user/ann"
ACTIONS = ["s3:GetObject", "s3:PutObject"]
RESOURCES = ["arn:aws:s3:::b/k", "arn:aws:s3:::b/l"]

effects = st.sampled_from(["Allow", "Deny"])
plain = st.tuples(effects, st.sampled_from([*ACTIONS, "*"]), st.sampled_from([*RESOURCES, "*"]), st.none())
named = st.tuples(
    effects,
    st.sampled_from([*ACTIONS, "*"]),
    st.sampled_from([*RESOURCES, "*"]),
    st.lists(
        st.sampled_from([USER, HOME, OTHER, "*", f"arn:aws:iam::{HOME}:user/bob"]), min_size=1, max_size=2, unique=True
    ),
)
policies = st.lists(st.lists(plain, min_size=1, max_size=3), max_size=3)
cases = st.fixed_dictionaries(
    {
        "action": st.sampled_from(ACTIONS),
        "resource": st.sampled_from(RESOURCES),
        "user": st.just(USER),
        "home": st.just(HOME),
        "owner": st.sampled_from([HOME, OTHER]),
        "identity": policies,
        "boundary": st.none() | st.lists(plain, min_size=1, max_size=2),
        "scps": st.lists(st.lists(st.lists(plain, min_size=1, max_size=2), min_size=1, max_size=2), max_size=2),
        "resource_policy": st.none() | st.lists(named, min_size=1, max_size=3),
    }
)


def document(statements):
    def one(statement):
        effect, action, resource, principals = statement
        who = {} if principals is None else {"Principal": {"AWS": principals}}
        return {"Effect": effect, "Action": action, "Resource": resource, **who}

    return {"Version": "2012-10-17", "Statement": [one(statement) for statement in statements]}


def decided(case):
    line = {
        "id": "generated",
        "principal": case["user"],
        "action": case["action"],
        "resource": case["resource"],
        "resource_account": case["owner"],
        "context": {},
        "identity_policies": [document(policy) for policy in case["identity"]],
        "permissions_boundary": None if case["boundary"] is None else document(case["boundary"]),
        "session_policies": [],
        "resource_policy": None if case["resource_policy"] is None else document(case["resource_policy"]),
        "service_control_policies": [[document(policy) for policy in level] for level in case["scps"]],
        "resource_control_policies": [],
    }
    return answer_line(json.dumps(line)).fields["decision"]


def changed(case, **more):
    return decided({**case, **more})


@settings(max_examples=400, deadline=None)
@given(cases)
def test_the_engine_decides_as_the_model(case):
    assert decided(case) == verdict(case)


@settings(max_examples=150, deadline=None)
@given(cases, st.sampled_from(["identity", "scps", "boundary", "resource_policy"]))
def test_a_deny_anywhere_beats_everything(case, where):
    statement = ("Deny", "*", "*", ["*"] if where == "resource_policy" else None)
    more = {
        "identity": [*case["identity"], [statement]],
        "scps": [*case["scps"], [[statement]]],
        "boundary": [*(case["boundary"] or []), statement],
        "resource_policy": [*(case["resource_policy"] or []), statement],
    }
    assert changed(case, **{where: more[where]}) == "explicit_deny"


@settings(max_examples=150, deadline=None)
@given(cases, plain)
def test_one_more_allow_never_takes_away_and_one_more_deny_never_grants(case, statement):
    before = decided(case)
    after = changed(case, identity=[*case["identity"], [statement]])

    if statement[0] == "Allow":
        assert before != "allowed" or after == "allowed"
    else:
        assert before == "allowed" or after != "allowed"


@settings(max_examples=150, deadline=None)
@given(cases, st.randoms(use_true_random=False))
def test_order_never_matters(case, random):
    identity = [random.sample(policy, len(policy)) for policy in random.sample(case["identity"], len(case["identity"]))]

    assert changed(case, identity=identity) == decided(case)


@settings(max_examples=150, deadline=None)
@given(cases, st.lists(plain, min_size=1, max_size=2))
def test_boundaries_and_control_policies_never_grant(case, limit):
    unlimited = changed(case, boundary=None, scps=[])

    assert unlimited == "allowed" or changed(case, boundary=limit, scps=[]) != "allowed"
    assert unlimited == "allowed" or changed(case, boundary=None, scps=[[limit]]) != "allowed"


@settings(max_examples=100, deadline=None)
@given(cases)
def test_nothing_is_allowed_without_an_allow(case):
    assert changed(case, identity=[], resource_policy=None) != "allowed"
