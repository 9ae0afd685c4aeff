"""Everything that a decision looked at, with how far it fitted."""

import json

from harness.iam.trace import trace
from harness.model.decision import Layer
from harness.model.principal import Principal, PrincipalKind
from harness.model.request import Context, Request
from harness.model.world import Policy, World
from harness.policy import PolicyKind, parse_stored
from harness.policy.conditions import Outcome

HERE = "111111111111"
USER = Principal(PrincipalKind.USER, f"arn:aws:iam::{HERE}:user/ann", HERE)
TESTED = {"StringEquals": {"aws:RequestedRegion": "us-east-1"}, "Bool": {"aws:SecureTransport": "true"}}


def traced(*statements, kind=PolicyKind.IDENTITY, modelled=None, resource="arn:aws:s3:::b/k"):
    document = parse_stored(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}), kind)
    context = Context.of({"aws:RequestedRegion": "us-west-2", "aws:SecureTransport": "true"}, modelled)
    request = Request(USER, "s3:GetObject", resource, HERE, context)
    world = (
        World(identity=[Policy("p", document)])
        if kind is PolicyKind.IDENTITY
        else World(resource=Policy("p", document))
    )
    return trace(request, world)


def test_every_statement_is_told_with_what_fitted():
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    one, two, three, four = traced(
        allow, {**allow, "Action": "sqs:*"}, {**allow, "Resource": "arn:aws:s3:::c"}, {**allow, "Sid": "Four", "Condition": TESTED}
    )  # fmt: skip

    assert (one.layer, one.policy, one.position, one.allow, one.counts) == (Layer.IDENTITY, "p", 0, True, True)
    assert (two.action, two.counts) == (False, False)
    assert (three.resource, three.outcome) == (Outcome.NO, Outcome.NO)
    assert (four.sid, four.counts) == ("Four", False)
    assert [(met.operator, met.key, met.wanted, met.value, met.outcome) for met in four.conditions] == [
        ("StringEquals", "aws:requestedregion", ("us-east-1",), "us-west-2", Outcome.NO),
        ("Bool", "aws:securetransport", ("true",), "true", Outcome.YES),
    ]


def test_another_principal_and_faults_are_told():
    foreign = {"Effect": "Allow", "Principal": {"AWS": "222222222222"}, "Action": "s3:*", "Resource": "*"}
    (other,) = traced(foreign, kind=PolicyKind.RESOURCE)
    faulty = {"Action": "s3:*", "Resource": "*", "Condition": {"Odd": {"a:b": "c"}}}
    allow, deny = traced({"Effect": "Allow", **faulty}, {"Effect": "Deny", **faulty})

    assert (other.principal, other.counts) == (False, False)
    assert (bool(allow.fault), allow.counts) == (True, False)
    assert (bool(deny.fault), deny.counts) == (True, True)


def test_what_is_unknown_counts_for_a_deny_only():
    tested = {"Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"svc:Odd": "x"}}}
    allow, deny = traced({"Effect": "Allow", **tested}, {"Effect": "Deny", **tested}, modelled=frozenset())

    assert (allow.outcome, allow.counts, deny.counts) == (Outcome.UNKNOWN, False, True)
