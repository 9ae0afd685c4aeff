"""One decision told to a person, and to a program."""

import json

from harness.iam import decide
from harness.replay import question, replay
from harness.report import explanation, why, why_json

HERE = "111111111111"
DOCUMENTS = {
    "may": {"Version": "2012-10-17", "Statement": [
        {"Sid": "East", "Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestedRegion": ["us-east-1", "us-east-2"], "aws:PrincipalOrgID": "o-1"}}},
        {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"},
    ]},
    "must not": {"Version": "2012-10-17", "Statement": [{"Sid": "No", "Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}]},
    "broken": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"Odd": {"a:b": "c"}}}]},
    "mine": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
}  # fmt: skip


def line(*identity, **more):
    return {
        "principal": f"arn:aws:iam::{HERE}:user/ann",
        "caller": {"kind": "user", "account": HERE},
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::b/k",
        "resource_account": HERE,
        "context": {"aws:requestedregion": "us-west-2"},
        "modelled": [],
        "decision": "implicit_deny",
        "because": [{"layer": "identity", "missing": "allow"}],
        "policies": {"identity": [[name, name] for name in identity]},
        "resource_policy_kind": "resource",
    } | more


def asked(found):
    return question(found, lambda digest: json.dumps(DOCUMENTS[digest]))


def told(found):
    return "\n".join(why(found, *asked(found)))


def test_a_missing_allow_shows_what_came_near_and_the_smallest_change():
    text = told(line("may"))

    assert "denied: nothing allows it\n  no Allow in identity-based policies" in text
    assert "identity-based policies: `may`\n    Statement[0] `East` Allow: its conditions do not hold" in text
    assert (
        "StringEquals aws:requestedregion: does not hold: wanted `us-east-1`, `us-east-2`; the request has `us-west-2`"
        in text
    )
    assert "StringEquals aws:principalorgid: does not hold: wanted `o-1`; the request does not have it" in text
    assert "Statement[1] Allow: is about another action" in text
    assert text.endswith(
        'add to an identity-based policy of the caller: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/k"}'
    )


def test_a_deny_is_named_and_would_have_to_spare_the_request():
    denied = line(
        "mine",
        "must not",
        decision="explicit_deny",
        because=[{"layer": "identity", "policy": "must not", "statement": 0, "sid": "No", "effect": "Deny"}],
    )

    assert replay(denied, lambda digest: json.dumps(DOCUMENTS[digest])).effect == "explicit_deny"
    assert "denied: a statement forbids it\n  Deny in identity-based policies: `must not` Statement[0] `No`" in told(
        denied
    )
    assert told(denied).endswith("let the Deny `must not` Statement[0] `No` spare this request")


def test_the_policies_of_an_organization_are_told_with_their_places():
    controls = {"service_control": [[["full (root)", "mine"]], [["guardrail (unit)", "must not"]]]}
    denied = line("mine", decision="explicit_deny", policies={"identity": [["mine", "mine"]], **controls})
    denied["because"] = [
        {"layer": "service_control", "policy": "guardrail (unit)", "statement": 0, "sid": "No", "effect": "Deny"}
    ]

    assert replay(denied, lambda digest: json.dumps(DOCUMENTS[digest])).because[0].policy == "guardrail (unit)"
    text = told(denied)
    assert "Deny in service control policies: `guardrail (unit)` Statement[0] `No`" in text
    assert "service control policies: `full (root)`\n    Statement[0] Allow: counts" in text


def test_what_the_line_says_to_be_unknown_is_unknown_again():
    """The organization of another account's resource: a Deny that tests it counts."""
    documents = {"d": {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceOrgID": "o-1"}}}]}}  # fmt: skip
    rcp = {**documents["d"]["Statement"][0], "Principal": "*"}
    documents["rcp"] = {"Version": "2012-10-17", "Statement": [rcp]}

    def effect(found):
        return replay(found, lambda digest: json.dumps(documents[digest])).effect

    assert effect(line("d")) == "implicit_deny"
    assert effect(line("d", unknown=["aws:resourceorgid"])) == "explicit_deny"
    reached = {"identity": [], "resource_control": [[["rcp", "rcp"]]]}
    assert effect(line(policies=reached, unknown=["aws:resourceorgid"])) == "explicit_deny"


def test_a_role_linked_to_a_service_is_not_bound():
    controls = {"identity": [["mine", "mine"]], "service_control": [[["guardrail", "must not"]]]}
    caller = {"kind": "role-session", "account": HERE, "role_arn": f"arn:aws:iam::{HERE}:role/aws-service-role/x/R"}
    asked_by = line(policies=controls, caller=caller)
    by_another = line(policies=controls, caller=caller | {"role_arn": f"arn:aws:iam::{HERE}:role/x/R"})

    def effect(found):
        return replay(found, lambda digest: json.dumps(DOCUMENTS[digest])).effect

    assert effect(asked_by) == "allowed"
    assert effect(by_another) == "explicit_deny"


def test_what_is_allowed_needs_no_change():
    text = told(
        line(
            "mine",
            decision="allowed",
            because=[{"layer": "identity", "policy": "mine", "statement": 0, "sid": None, "effect": "Allow"}],
        )
    )

    assert "Statement[0] Allow: counts" in text
    assert "smallest change" not in text


def test_faults_and_the_absence_of_policies_are_told():
    assert "is faulty and grants nothing: Statement[0].Condition.Odd: unknown operator `Odd`" in told(line("broken"))
    assert "no policy: there is none that concerns this caller" in told(line())
    root = line(
        caller={"kind": "root", "account": HERE}, action="sts:AssumeRole", resource=f"arn:aws:iam::{HERE}:role/r"
    )
    assert told(root).endswith("no policy can allow it")


def test_programs_get_the_same():
    found = line("may", "must not")
    data = json.loads(json.dumps(why_json(found, *asked(found))))

    assert [(one["policy"], one["statement"], one["counts"]) for one in data["statements"]] == [
        ("may", 0, False),
        ("may", 1, False),
        ("must not", 0, True),
    ]
    assert data["statements"][0]["conditions"][0]["outcome"] == "no"
    assert [(one["without"], one["add"] is not None) for one in data["change"]] == [
        ({"policy": "must not", "statement": 0}, False),
        (None, True),
    ]


def test_the_short_explanation_says_what_aws_says():
    request, world = asked(line("may"))
    misses = [
        {
            "layer": "identity",
            "policy": "may",
            "statement": 0,
            "sid": "East",
            "effect": "Allow",
            "failed": [miss._asdict() for miss in decide(request, world).near_misses[0].failed],
        }
    ]
    text = "\n".join(explanation(line("may", message="User: …", near_misses=misses, unmodelled=True)))

    assert "AWS says: User: …" in text
    assert "(something that is not modelled took part" in text
    assert (
        "would have counted, but for these conditions:\n  Allow in identity-based policies: `may` Statement[0] `East`\n    StringEquals"
        in text
    )


def test_a_role_that_is_not_there_is_named_and_no_policy_is_offered_for_it():
    missing = line(
        "mine",
        action="sts:AssumeRole",
        resource=f"arn:aws:iam::{HERE}:role/misspelt",
        because=[{"layer": "trust", "missing": "allow"}],
        resource_policy_kind="trust",
    )

    text = told(missing)

    assert "(there is no such role here)" in text
    assert text.endswith("no policy can allow it: name a role that there is")
    assert "add to" not in text
