"""Small worlds, whole: the engine against the model on every case of a few closed sets, each one step away from a plain case.

Hypothesis looks where several things meet; here nothing is left to chance, so that a rule that only one caller and one action meet
is always asked about.
"""

import itertools
import json

import pytest
import strategies
from model import verdict
from strategies import (
    CALLERS,
    CLOSED,
    EVERYTHING,
    HOME,
    NAMES,
    NOT_TO_ALL,
    OPEN,
    OTHER,
    OWN_NAMES,
    PLAIN,
    REFUSING,
    TO_ALL,
    TO_NONE,
)

from harness.simulate import answer_line

SPECIAL = [
    ("s3:GetObject", "arn:aws:s3:::b/k"),
    ("sts:AssumeRole", strategies.ROLE_ARN),
    ("kms:Decrypt", strategies.KEY),
    ("kms:Decrypt", strategies.ALIAS),
    ("s3:PutBucketPolicy", strategies.BUCKET),
    ("iam:PassRole", strategies.PASSED),
    ("iam:GetRole", strategies.PASSED),
    ("sts:GetSessionToken", "*"),
    ("sts:GetFederationToken", strategies.FEDERATED),
    ("sts:GetCallerIdentity", "*"),
]
GUARD = [[], [strategies.document({**EVERYTHING, "Effect": "Deny", "Principal": "*"})]]
FLAGS = [{}, {"principal_in_management_account": True}, {"principal_is_service_linked_role": True}]
STEPS = [
    {},
    *[{"identity_policies": policies} for policies in ([], [REFUSING], [CLOSED])],
    *[{"permissions_boundary": policy} for policy in (OPEN, CLOSED, REFUSING)],
    *[{"session_policies": policies} for policies in ([OPEN], [CLOSED], [CLOSED, OPEN], [REFUSING])],
    *[{"identity_policies": [], "permissions_boundary": OPEN}, {"identity_policies": [], "session_policies": [OPEN]}],
    *[{"vpc_endpoint_policy": policy} for policy in (TO_ALL, TO_NONE, NOT_TO_ALL)],
    *[{"service_control_policies": levels} for levels in ([[OPEN], [OPEN]], [[OPEN], [CLOSED]], [[OPEN, CLOSED]])],
    *[
        {"service_control_policies": levels, **flags}
        for levels in ([[CLOSED], [OPEN]], [[REFUSING]])
        for flags in FLAGS
    ],
    *[{"resource_control_policies": GUARD, **flags} for flags in FLAGS],
]


def disagreements(cases):
    found = []
    for case in cases:
        answer = answer_line(json.dumps(case)).fields
        if answer.get("decision") != (expected := verdict(case)):
            found.append((expected, answer.get("decision", answer), case))
    return found


def policy_on(action, effect, element):
    """A resource policy with one statement, without a Resource for a role."""
    statement = {"Effect": effect, **element, "Action": "sts:*" if action == "sts:AssumeRole" else "*"}
    return strategies.document(statement if action == "sts:AssumeRole" else {**statement, "Resource": "*"})


def policies_naming(caller, action):
    """No resource policy, and one for each name of the caller, for everyone and for someone else."""
    names = [*OWN_NAMES.get(caller, []), "*", f"arn:aws:iam::{HOME}:user/zoe"]
    elements = [{"Principal": {"AWS": name}} for name in names]
    if caller.endswith(".com"):
        elements.append({"Principal": {"Service": caller}})
    allowed = [policy_on(action, "Allow", element) for element in elements]
    return [None, *allowed, policy_on(action, "Deny", elements[0])]


def can_ask(caller, action, resource, account):
    """Only S3, KMS and roles are for callers of no account; what is about the caller itself is in its own account."""
    of_account = caller.startswith("arn:")
    about_itself = resource in {"*", strategies.FEDERATED}
    return (of_account or action.startswith(("s3:", "kms:", "sts:Assume"))) and (account == HOME or not about_itself)


@pytest.mark.parametrize("request_of", SPECIAL, ids=" ".join)
def test_every_caller_is_one_step_away_from_being_allowed(request_of):
    action, resource = request_of

    def cases():
        for caller, account in itertools.product(CALLERS, (HOME, OTHER)):
            if not can_ask(caller[0], action, resource, account):
                continue
            policies = [None] if resource == "*" else policies_naming(caller[0], action)
            for policy, step in itertools.product(policies, STEPS):
                asked = {"action": action, "resource": resource, "resource_account": account, "resource_policy": policy}
                yield strategies.of_caller({**PLAIN, **asked, "identity_policies": [OPEN], **step}, caller)

    assert disagreements(cases()) == []


@pytest.mark.parametrize("kind", strategies.KINDS, ids=lambda kind: kind[0][0])
def test_every_operator_on_every_pair_of_values(kind):
    operators, values, wanted = kind

    def cases():
        for operator, value, one in itertools.product(operators, values, wanted):
            for version in ("2012-10-17", "2008-10-17") if "${" in str(one) else ("2012-10-17",):
                block = {operator: {"aws:PrincipalTag/team": one}}
                context = {"aws:PrincipalTag/Team": value, "aws:username": "ann", "aws:TagKeys": ["red"]}
                yield strategies.condition_case((block, context), "Allow", version)

    assert disagreements(cases()) == []


@pytest.mark.parametrize("ending", ["", "IfExists"])
@pytest.mark.parametrize("quantifier", ["", "ForAllValues:", "ForAnyValue:"])
def test_every_modifier_on_every_small_set_of_values(quantifier, ending):
    sets = [None, "", "red", [], [""], ["", ""], ["red"], ["blue"], ["red", ""], ["red", "blue"], ["blue", "grey"]]

    def cases():
        for name, values, wanted in itertools.product(
            ("Equals", "NotEquals", "Like", "NotLike"), sets, ("red", ["red", "b*"], "")
        ):
            context = {} if values is None else {"aws:TagKeys": values}
            block = {f"{quantifier}String{name}{ending}": {"aws:TagKeys": wanted}}
            yield strategies.condition_case((block, context), "Allow", "2012-10-17")

    assert disagreements(cases()) == []


def test_every_wildcard_in_the_region_and_the_account_of_a_resource():
    parts = ["", "a", "*", "?", "**", "?*", "*?", "a*", "*a"]

    def cases():
        for region, account, name in itertools.product(("", "a", "ab"), ("", "a"), ("t", "x:t")):
            resource = f"arn:aws:sqs:{region}:{account}:{name}"
            for first, second, third in itertools.product(parts, parts, ("t", "?t", "*", None)):
                pattern = ":".join(["arn:aws:sqs", first, second, *([third] if third else [])])
                policies = [strategies.document({**EVERYTHING, "Resource": pattern})]
                yield {**PLAIN, "resource": resource, "identity_policies": policies}

    assert disagreements(cases()) == []


def test_every_name_as_the_principal_for_every_caller():
    def cases():
        for caller, name, effect in itertools.product(CALLERS, NAMES, ("Allow", "Deny")):
            for account, identity in itertools.product((HOME, OTHER), ([], [OPEN])):
                policy = policy_on("s3:GetObject", effect, {"Principal": {"AWS": name}})
                given = {"resource_account": account, "identity_policies": identity, "resource_policy": policy}
                yield strategies.of_caller({**PLAIN, **given}, caller)

    assert disagreements(cases()) == []


def test_every_set_of_a_callers_names_in_not_principal():
    def cases():
        for caller, boundary in itertools.product(CALLERS, (None, OPEN)):
            names = OWN_NAMES.get(caller[0], [HOME, OTHER])
            for size in range(1, len(names) + 1):
                for listed in itertools.combinations(names, size):
                    policy = policy_on("s3:GetObject", "Deny", {"NotPrincipal": {"AWS": list(listed)}})
                    given = {"identity_policies": [OPEN], "session_policies": [OPEN], "permissions_boundary": boundary}
                    yield strategies.of_caller({**PLAIN, **given, "resource_policy": policy}, caller)

    assert disagreements(cases()) == []
