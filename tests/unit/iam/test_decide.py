"""The central rule, each of its guards beside the same request allowed."""

import json

import pytest

from harness.iam import decide, denial_message
from harness.model.decision import Effect, Layer
from harness.model.principal import Principal, PrincipalKind
from harness.model.request import Context, Request
from harness.model.world import Policy, ResourcePolicyKind, World
from harness.policy import PolicyKind, parse_stored

HERE, THERE = "111111111111", "222222222222"
TABLE = f"arn:aws:dynamodb:us-west-2:{HERE}:table/T"
ROLE = f"arn:aws:iam::{HERE}:role/path/lent"
USER = Principal(
    PrincipalKind.USER,
    f"arn:aws:iam::{HERE}:user/ann",
    HERE,
    unique_id="AIDAANN",
    user_arn=f"arn:aws:iam::{HERE}:user/ann",
)
FOREIGN = Principal(
    PrincipalKind.USER,
    f"arn:aws:iam::{THERE}:user/bob",
    THERE,
    unique_id="AIDABOB",
    user_arn=f"arn:aws:iam::{THERE}:user/bob",
)
SESSION = Principal(
    PrincipalKind.ROLE_SESSION,
    f"arn:aws:sts::{HERE}:assumed-role/bar/s",
    HERE,
    role_arn=f"arn:aws:iam::{HERE}:role/bar",
    unique_id="AROABAR",
)
ROOT = Principal(PrincipalKind.ROOT, f"arn:aws:iam::{HERE}:root", HERE)
EVENTS = Principal(PrincipalKind.SERVICE, "events.amazonaws.com")


def policy(kind=PolicyKind.IDENTITY, effect="Allow", action="dynamodb:PutItem", resource="*", name="p", **more):
    inner = {"Effect": effect, "Action": action, **({} if kind is PolicyKind.TRUST else {"Resource": resource}), **more}
    return Policy(name, parse_stored(json.dumps({"Version": "2012-10-17", "Statement": [inner]}), kind))


def on_table(principal, effect="Allow", **more):
    return policy(PolicyKind.RESOURCE, effect, resource=TABLE, Principal=principal, **more)


def trusting(principal, **more):
    return policy(PolicyKind.TRUST, action="sts:AssumeRole", Principal=principal, **more)


def put(principal=USER, context=None, modelled=None, resource=TABLE, action="dynamodb:PutItem"):
    return Request(principal, action, resource, HERE, Context.of(context or {}, modelled))


def assume(principal):
    return put(principal, resource=ROLE, action="sts:AssumeRole")


def verdict(request, **world):
    decision = decide(request, World(**world))
    return decision.effect, {(evidence.layer, evidence.policy) for evidence in decision.because}


ALLOWED, IMPLICIT, EXPLICIT = Effect.ALLOWED, Effect.IMPLICIT_DENY, Effect.EXPLICIT_DENY
ALLOW, DENY = policy(), policy(effect="Deny", name="no")


def test_nothing_is_allowed_unless_a_policy_says_so():
    assert verdict(put()) == (IMPLICIT, {(Layer.IDENTITY, None)})
    assert verdict(put(), identity=[ALLOW]) == (ALLOWED, {(Layer.IDENTITY, "p")})


def test_an_explicit_deny_beats_every_allow():
    assert verdict(put(), identity=[ALLOW, DENY]) == (EXPLICIT, {(Layer.IDENTITY, "no")})


def test_a_boundary_limits_and_grants_nothing():
    assert verdict(put(), identity=[ALLOW], boundary=policy(action="s3:*", name="b")) == (
        IMPLICIT,
        {(Layer.BOUNDARY, None)},
    )
    assert verdict(put(), boundary=policy(name="b"))[0] is IMPLICIT
    assert verdict(put(), identity=[ALLOW], boundary=policy(name="b"))[0] is ALLOWED


def test_session_policies_limit_and_are_a_union_among_themselves():
    narrow = policy(action="s3:*")
    assert verdict(put(SESSION), identity=[ALLOW], session=[narrow]) == (IMPLICIT, {(Layer.SESSION, None)})
    assert verdict(put(SESSION), identity=[ALLOW], session=[narrow, ALLOW])[0] is ALLOWED


@pytest.mark.parametrize(
    ("named", "identity", "expected"),
    [
        (FOREIGN.arn, [ALLOW], ALLOWED),
        (f"arn:aws:iam::{THERE}:root", [ALLOW], ALLOWED),
        (THERE, [ALLOW], ALLOWED),
        ("*", [ALLOW], ALLOWED),
        (FOREIGN.arn, [], IMPLICIT),
        ("*", [], IMPLICIT),
        (HERE, [ALLOW], IMPLICIT),
    ],
)
def test_across_accounts_both_sides_must_allow(named, identity, expected):
    assert verdict(put(FOREIGN), identity=identity, resource=on_table({"AWS": named}))[0] is expected


def test_in_one_account_a_resource_policy_suffices_unless_it_only_names_the_account():
    assert verdict(put(), resource=on_table({"AWS": USER.arn}))[0] is ALLOWED
    assert verdict(put(), resource=on_table({"AWS": HERE})) == (
        IMPLICIT,
        {(Layer.IDENTITY, None), (Layer.RESOURCE, None)},
    )


def test_a_resource_policy_that_names_the_session_goes_past_the_limits_and_the_role_does_not():
    limits = {"boundary": policy(action="s3:*"), "session": [policy(action="s3:*")]}
    assert verdict(put(SESSION), resource=on_table({"AWS": SESSION.arn}), **limits)[0] is ALLOWED
    assert verdict(put(SESSION), resource=on_table({"AWS": SESSION.role_arn}), **limits)[0] is IMPLICIT
    assert verdict(put(SESSION), resource=on_table({"AWS": SESSION.role_arn}))[0] is ALLOWED


class TestTrust:
    kind = ResourcePolicyKind.TRUST

    def verdict(self, principal, trust, *identity):
        return verdict(assume(principal), identity=identity, resource=trust, resource_kind=self.kind)[0]

    def test_naming_the_caller_suffices_in_one_account(self):
        assert self.verdict(USER, trusting({"AWS": USER.arn})) is ALLOWED
        assert self.verdict(USER, trusting({"AWS": FOREIGN.arn}), policy(action="sts:*")) is IMPLICIT

    def test_naming_the_account_delegates(self):
        assert self.verdict(USER, trusting({"AWS": HERE})) is IMPLICIT
        assert self.verdict(USER, trusting({"AWS": HERE}), policy(action="sts:*")) is ALLOWED

    def test_across_accounts_both_sides(self):
        assert self.verdict(FOREIGN, trusting({"AWS": FOREIGN.arn})) is IMPLICIT
        assert self.verdict(FOREIGN, trusting({"AWS": FOREIGN.arn}), policy(action="sts:*")) is ALLOWED

    def test_a_unique_id_is_the_entity_and_not_its_name(self):
        assert self.verdict(USER, trusting({"AWS": "AIDAANNAAAAAAAAAAAAAA"})) is IMPLICIT
        again = Principal(PrincipalKind.USER, USER.arn, HERE, unique_id="AIDAANNAAAAAAAAAAAAAA", user_arn=USER.arn)
        assert self.verdict(again, trusting({"AWS": "AIDAANNAAAAAAAAAAAAAA"})) is ALLOWED

    def test_a_role_does_not_trust_itself_by_implication(self):
        own = Principal(PrincipalKind.ROLE_SESSION, f"arn:aws:sts::{HERE}:assumed-role/lent/s", HERE, role_arn=ROLE)
        assert self.verdict(own, trusting({"Service": "lambda.amazonaws.com"}), policy(action="sts:*")) is IMPLICIT
        assert self.verdict(own, trusting({"AWS": ROLE})) is ALLOWED

    def test_root_assumes_no_role(self):
        decision = decide(assume(ROOT), World(resource=trusting("*"), resource_kind=self.kind))
        assert decision.effect is IMPLICIT
        assert denial_message(assume(ROOT), decision) == "Roles may not be assumed by root accounts."

    def test_a_service_is_let_in_by_the_trust_policy_alone(self):
        assert self.verdict(EVENTS, trusting({"Service": EVENTS.arn})) is ALLOWED
        assert self.verdict(EVENTS, trusting({"Service": "lambda.amazonaws.com"})) is IMPLICIT


def test_root_needs_no_policy_and_cannot_pass_a_deny_on_the_resource():
    assert verdict(put(ROOT))[0] is ALLOWED
    assert verdict(put(ROOT), resource=on_table("*", "Deny"))[0] is EXPLICIT


def test_every_level_of_the_organization_must_allow():
    levels = [[policy(action="*")], [policy(action="s3:*")]]
    assert verdict(put(), identity=[ALLOW], service_control=levels) == (IMPLICIT, {(Layer.SERVICE_CONTROL, None)})
    assert verdict(put(), identity=[ALLOW], service_control=[[policy(action="*")]])[0] is ALLOWED
    assert verdict(put(), identity=[ALLOW], service_control=levels, principal_in_management_account=True)[0] is ALLOWED


class TestTheUnknown:
    """Unknown is not `*` and not absent: an Allow that needs it does not count, a Deny that might does."""

    known = frozenset({"aws:sourceip", "aws:requesttag/"})

    def test_an_unmodelled_resource(self):
        request = put(resource=None)
        assert verdict(request, identity=[ALLOW])[0] is ALLOWED
        assert verdict(request, identity=[policy(resource=TABLE)])[0] is IMPLICIT
        assert verdict(request, identity=[ALLOW, policy(effect="Deny", resource="arn:aws:s3:::else")])[0] is EXPLICIT

    @pytest.mark.parametrize(
        "operator", ["StringEquals", "StringNotEquals", "StringEqualsIfExists", "ForAllValues:StringEquals", "Null"]
    )
    def test_an_unmodelled_key(self, operator):
        tested = {"Condition": {operator: {"svc:Odd": "true"}}}
        request = put(modelled=self.known)
        assert verdict(request, identity=[policy(**tested)])[0] is IMPLICIT
        decision = decide(request, World(identity=[ALLOW, policy(effect="Deny", **tested)]))
        assert (decision.effect, decision.unmodelled) == (EXPLICIT, True)

    def test_a_modelled_key_that_is_absent(self):
        tested = {"Condition": {"Null": {"aws:RequestTag/Team": "true"}}}
        assert verdict(put(modelled=self.known), identity=[policy(**tested)])[0] is ALLOWED


def test_a_faulty_stored_statement_denies_what_it_might_deny():
    faulty = policy(effect="Deny", Condition={"StringEqual": {"a:b": "c"}})
    assert verdict(put(), identity=[ALLOW, faulty])[0] is EXPLICIT
    assert verdict(put(action="s3:GetObject"), identity=[policy(action="s3:*")])[0] is ALLOWED


@pytest.mark.parametrize(
    ("principal", "world", "end"),
    [
        (USER, {}, " because no identity-based policy allows the dynamodb:PutItem action"),
        (USER, {"identity": [DENY]}, " with an explicit deny in an identity-based policy"),
        (
            USER,
            {"identity": [ALLOW], "boundary": policy(action="s3:*")},
            " because no permissions boundary allows the dynamodb:PutItem action",
        ),
        (
            USER,
            {"identity": [ALLOW], "resource": on_table("*", "Deny")},
            " with an explicit deny in a resource-based policy",
        ),
        (SESSION, {"identity": [ALLOW], "session": [DENY]}, " with an explicit deny in a session policy"),
        (FOREIGN, {"identity": [ALLOW]}, ""),
    ],
)
def test_the_message_gives_the_reason_where_aws_gives_it(principal, world, end):
    request = put(principal)
    message = denial_message(request, decide(request, World(**world)))
    assert message == f"User: {principal.arn} is not authorized to perform: dynamodb:PutItem on resource: {TABLE}{end}"
