"""The central rule, each of its guards beside the same request allowed."""

import json

import pytest

from harness.iam import decide, denial_message
from harness.model.decision import Decision, Effect, Layer
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
        (FOREIGN, {"identity": [ALLOW]}, " because no resource-based policy allows the dynamodb:PutItem action"),
        (FOREIGN, {"resource": on_table("*")}, " because no identity-based policy allows the dynamodb:PutItem action"),
        (EVENTS, {}, " because no resource-based policy allows the dynamodb:PutItem action"),
    ],
)
def test_the_message_gives_the_reason_where_aws_gives_it(principal, world, end):
    request = put(principal)
    message = denial_message(request, decide(request, World(**world)))
    assert message == f"User: {principal.arn} is not authorized to perform: dynamodb:PutItem on resource: {TABLE}{end}"


MANAGED = f"arn:aws:iam::{HERE}:policy/team/no-writes"
NO_WRITES = policy(effect="Deny", name=MANAGED)


class TestAnExplicitDenyNamesItsPolicy:
    """https://aws.amazon.com/blogs/security/enhanced-access-denied-error-messages-with-policy-arns"""

    def said(self, asked=None, **world):
        asked = asked or put(SESSION)
        return denial_message(asked, decide(asked, World(**world)))

    @pytest.mark.parametrize(
        ("world", "end"),
        [
            ({"identity": [NO_WRITES]}, f"an identity-based policy: {MANAGED}"),
            ({"boundary": NO_WRITES}, f"a permissions boundary: {MANAGED}"),
            ({"session": [NO_WRITES]}, f"a session policy: {MANAGED}"),
            ({"service_control": [[NO_WRITES]]}, f"a service control policy: {MANAGED}"),
            ({"resource_control": [[NO_WRITES]]}, f"a resource control policy: {MANAGED}"),
        ],
    )
    def test_by_its_arn(self, world, end):
        assert self.said(**world).endswith(f" with an explicit deny in {end}")

    @pytest.mark.parametrize(
        ("world", "end"),
        [
            ({"identity": [policy(effect="Deny", name="inline")]}, "an identity-based policy"),
            ({"session": [policy(effect="Deny", name=0)]}, "a session policy"),
            ({"service_control": [[policy(effect="Deny", name="scp.json")]]}, "a service control policy"),
            ({"resource": on_table("*", "Deny", name=TABLE)}, "a resource-based policy"),
        ],
    )
    def test_but_not_where_it_has_none(self, world, end):
        assert self.said(**world).endswith(f" with an explicit deny in {end}")

    def test_to_its_account_and_its_organization_alone(self):
        abroad = put(SESSION)._replace(resource_account=THERE)
        allied = {"aws:PrincipalOrgID": "o-a", "aws:ResourceOrgID": "o-a"}

        assert MANAGED not in self.said(abroad, identity=[NO_WRITES])
        assert self.said(abroad._replace(context=Context.of(allied)), identity=[NO_WRITES]).endswith(MANAGED)


FEDERATED_USER = Principal(PrincipalKind.FEDERATED_USER, f"arn:aws:sts::{HERE}:federated-user/ann", HERE)
PROVIDER = Principal(PrincipalKind.FEDERATED, "accounts.google.com")
ANYONE = Principal(PrincipalKind.ANONYMOUS, "anonymous")
BUCKET = "arn:aws:s3:::bucket"
QUEUE = f"arn:aws:sqs:us-west-2:{HERE}:queue"
KEY_ARN = f"arn:aws:kms:us-west-2:{HERE}:key/1"
FUNCTION_ARN = f"arn:aws:lambda:us-west-2:{HERE}:function:f"
LOGS = f"arn:aws:logs:us-west-2:{HERE}:log-group:g:*"
AT_HOME = "{} lets no other account do this, whatever policies say"
ACROSS = [
    ("kms:Encrypt", KEY_ARN),
    ("sqs:PurgeQueue", QUEUE),
    ("dynamodb:DescribeTable", TABLE),
    ("lambda:InvokeFunction", FUNCTION_ARN),
    ("lambda:UpdateFunctionCode", FUNCTION_ARN),
    ("logs:PutSubscriptionFilter", f"arn:aws:logs:us-west-2:{HERE}:destination:d"),
]
NO_LOGS = "the policies of CloudWatch Logs let services in, and no other account"


class TestWhatNoPolicyCanAllow:
    @pytest.mark.parametrize(
        ("principal", "action", "resource", "note"),
        [
            (SESSION, "sts:GetSessionToken", "*", "Cannot call GetSessionToken with session credentials"),
            (SESSION, "sts:GetFederationToken", "*", "Cannot call GetFederationToken with session credentials"),
            (FEDERATED_USER, "sts:AssumeRole", "*", "a federated user calls no operation of STS but GetCallerIdentity"),
            (FEDERATED_USER, "iam:ListUsers", "*", "a federated user calls no operation of IAM"),
            (FOREIGN, "iam:PassRole", ROLE, "Cross-account pass role is not allowed."),
            (ANYONE, "s3:CreateBucket", BUCKET, "anonymous requests never create buckets"),
            (FOREIGN, "kms:PutKeyPolicy", KEY_ARN, AT_HOME.format("KMS")),
            (FOREIGN, "sqs:SetQueueAttributes", QUEUE, AT_HOME.format("SQS")),
            (ANYONE, "sqs:DeleteQueue", QUEUE, AT_HOME.format("SQS")),
            (FOREIGN, "dynamodb:PartiQLSelect", TABLE, AT_HOME.format("DynamoDB")),
            (FOREIGN, "lambda:AddPermission", FUNCTION_ARN, AT_HOME.format("Lambda")),
            (FOREIGN, "lambda:UpdateFunctionConfiguration", FUNCTION_ARN, AT_HOME.format("Lambda")),
            (FOREIGN, "logs:PutLogEvents", LOGS, NO_LOGS),
        ],
    )
    def test_it_is_refused_though_everything_is_allowed(self, principal, action, resource, note):
        world = World(identity=[policy(action="*")], session=[policy(action="*")], resource=on_table("*", action="*"))
        decision = decide(put(principal, action=action, resource=resource), world)

        assert (decision.effect, decision.because[0].note) == (IMPLICIT, note)

    def test_a_bucket_policy_is_refused_to_other_accounts_in_words_of_its_own_once_both_sides_allow_it(self):
        asked = put(FOREIGN, action="s3:PutBucketPolicy", resource=BUCKET)
        shared = policy(PolicyKind.RESOURCE, action="s3:*", Principal="*")

        decision = decide(asked, World(identity=[policy(action="s3:*")], resource=shared))
        assert decision.because[0].note == "a bucket's policy belongs to the bucket owner's account"
        assert denial_message(asked, decision) == "The specified method is not allowed against this resource."
        anyones = put(ANYONE, action="s3:PutBucketPolicy", resource=BUCKET)
        assert decide(anyones, World(resource=shared)).because == decision.because
        assert verdict(asked, resource=shared) == (IMPLICIT, {(Layer.IDENTITY, None)})

    def test_who_is_not_concerned_gets_in(self):
        allowed = {"identity": [policy(action="*")]}
        assert verdict(put(USER, action="sts:GetFederationToken", resource="*"), **allowed)[0] is ALLOWED
        assert verdict(put(USER, action="iam:PassRole", resource=ROLE), **allowed)[0] is ALLOWED
        assert verdict(put(USER, action="s3:PutBucketPolicy", resource=BUCKET), **allowed)[0] is ALLOWED
        public = policy(PolicyKind.RESOURCE, action="s3:*", Principal="*")
        for action, resource in ACROSS:
            shared = {"resource": policy(PolicyKind.RESOURCE, action="*", Principal="*")}
            assert verdict(put(FOREIGN, action=action, resource=resource), **allowed, **shared)[0] is ALLOWED
            assert verdict(put(EVENTS, action="sqs:DeleteQueue", resource=QUEUE), **shared)[0] is ALLOWED
        assert verdict(put(ANYONE, action="s3:ListBucket", resource=BUCKET), resource=public)[0] is ALLOWED

    @pytest.mark.parametrize(
        ("principal", "expected"), [(USER, ALLOWED), (EVENTS, ALLOWED), (FOREIGN, IMPLICIT), (ANYONE, IMPLICIT)]
    )
    def test_a_restricted_public_bucket_is_its_accounts_and_aws_services_alone(self, principal, expected):
        world = {
            "identity": [policy(action="s3:*")],
            "resource": policy(PolicyKind.RESOURCE, action="s3:*", Principal="*"),
        }
        request = put(principal, action="s3:ListBucket", resource=BUCKET)

        assert verdict(request, **world)[0] is ALLOWED
        effect, because = verdict(request, **world, public_access_restricted=True)
        assert effect is expected
        assert (because == {(Layer.RESOURCE, None)}) is (expected is IMPLICIT)

    def test_nobody_is_refused_who_he_is(self):
        for principal in (USER, SESSION, FEDERATED_USER, ROOT):
            denying = {"identity": [policy(effect="Deny", action="*")]}
            assert verdict(put(principal, action="sts:GetCallerIdentity", resource="*"), **denying) == (ALLOWED, set())
        assert verdict(put(USER, action="sts:GetSessionToken", resource="*"))[0] is ALLOWED

    def test_a_key_with_too_many_values_is_refused(self):
        full, over = ("x",) * 1_000, ("x",) * 1_001
        assert verdict(put(context={"aws:TagKeys": full}), identity=[ALLOW])[0] is ALLOWED
        decision = decide(put(context={"aws:TagKeys": over}), World(identity=[ALLOW]))
        assert (decision.effect, decision.because[0].note) == (
            IMPLICIT,
            "the condition key aws:tagkeys has more than 1000 values",
        )
        assert verdict(put(context={"svc:Long": "x" * 5_000}), identity=[ALLOW])[0] is ALLOWED

    def test_root_of_the_bucket_owner_repairs_a_bucket_policy_and_nothing_else(self):
        shut = policy(PolicyKind.RESOURCE, "Deny", action="s3:*", Principal="*")
        assert verdict(put(ROOT, action="s3:DeleteBucketPolicy", resource=BUCKET), resource=shut)[0] is ALLOWED
        assert verdict(put(ROOT, action="s3:DeleteBucket", resource=BUCKET), resource=shut)[0] is EXPLICIT
        assert (
            verdict(
                put(USER, action="s3:DeleteBucketPolicy", resource=BUCKET), identity=[policy(action="*")], resource=shut
            )[0]
            is EXPLICIT
        )
        controlled = {"service_control": [[policy(effect="Deny", action="s3:*")]]}
        assert (
            verdict(put(ROOT, action="s3:DeleteBucketPolicy", resource=BUCKET), resource=shut, **controlled)[0]
            is EXPLICIT
        )


class TestTheOrganization:
    everything = policy(action="*")
    no_s3 = policy(PolicyKind.RCP, "Deny", Principal="*")

    def test_resource_control_policies_deny_everyone_but_service_linked_roles(self):
        levels = {"resource_control": [[self.no_s3]], "identity": [self.everything]}
        assert verdict(put(), **levels)[0] is EXPLICIT
        assert verdict(put(), **levels, principal_in_management_account=True)[0] is ALLOWED
        foreign = {**levels, "resource": on_table("*")}
        assert verdict(put(FOREIGN), **foreign, principal_in_management_account=True)[0] is EXPLICIT
        assert verdict(put(), **levels, principal_is_service_linked_role=True)[0] is ALLOWED
        assert (
            verdict(put(EVENTS), resource=on_table({"Service": EVENTS.arn}), resource_control=[[self.no_s3]])[0]
            is EXPLICIT
        )

    def test_service_control_policies_bind_root_of_a_member_and_no_service(self):
        levels = {"service_control": [[policy(action="s3:*")]]}
        assert verdict(put(ROOT), **levels) == (IMPLICIT, {(Layer.SERVICE_CONTROL, None)})
        assert verdict(put(EVENTS), resource=on_table({"Service": EVENTS.arn}), **levels)[0] is ALLOWED
        assert verdict(put(), identity=[ALLOW], **levels, principal_is_service_linked_role=True)[0] is ALLOWED

    def test_a_vpc_endpoint_must_allow_too(self):
        endpoint = policy(PolicyKind.VPC_ENDPOINT, action="s3:*", Principal="*")
        assert verdict(put(), identity=[ALLOW], vpc_endpoint=endpoint) == (IMPLICIT, {(Layer.VPC_ENDPOINT, None)})
        assert (
            verdict(put(), identity=[ALLOW], vpc_endpoint=policy(PolicyKind.VPC_ENDPOINT, Principal="*"))[0] is ALLOWED
        )


class TestKeys:
    """A key policy must allow itself; the account in it hands the decision to IAM."""

    kind = ResourcePolicyKind.KEY

    def verdict(self, principal, key, *identity, **more):
        request = put(principal, action="kms:Decrypt", resource=f"arn:aws:kms:us-west-2:{HERE}:key/k")
        return verdict(request, identity=identity, resource=key, resource_kind=self.kind, **more)

    def key(self, **principal):
        return policy(PolicyKind.KEY, action="kms:*", Principal=principal)

    def test_iam_policies_have_no_effect_without_the_account_in_the_key_policy(self):
        assert self.verdict(USER, None, policy(action="*")) == (IMPLICIT, {(Layer.KEY, None)})
        assert self.verdict(ROOT, None) == (IMPLICIT, {(Layer.KEY, None)})
        assert self.verdict(USER, self.key(AWS=HERE), policy(action="*"))[0] is ALLOWED
        assert self.verdict(USER, self.key(AWS=HERE)) == (IMPLICIT, {(Layer.IDENTITY, None)})
        assert self.verdict(ROOT, self.key(AWS=HERE))[0] is ALLOWED

    def test_naming_the_role_is_limited_by_boundary_and_session(self):
        named = self.key(AWS=SESSION.role_arn)
        assert self.verdict(SESSION, named)[0] is ALLOWED
        assert self.verdict(SESSION, named, boundary=policy(action="s3:*")) == (IMPLICIT, {(Layer.BOUNDARY, None)})


class TestEvidence:
    def test_a_near_miss_names_each_condition_that_failed_with_the_value_it_met(self):
        tested = {
            "StringEquals": {"aws:RequestedRegion": ["us-east-1", "us-east-2"], "aws:PrincipalOrgID": "o-1"},
            "Bool": {"aws:SecureTransport": "true"},
        }
        context = {"aws:RequestedRegion": "us-west-2", "aws:SecureTransport": "true"}
        decision = decide(put(context=context), World(identity=[policy(Condition=tested, name="east")]))

        (miss,) = decision.near_misses
        assert (decision.effect, miss.statement.policy) == (IMPLICIT, "east")
        assert [(one.operator, one.key, one.wanted, one.value) for one in miss.failed] == [
            ("StringEquals", "aws:requestedregion", ("us-east-1", "us-east-2"), "us-west-2"),
            ("StringEquals", "aws:principalorgid", ("o-1",), None),
        ]

    def test_an_allowed_decision_names_every_statement_that_allowed(self):
        decision = decide(put(), World(identity=[ALLOW], resource=on_table("*", name="t"), boundary=policy(name="b")))
        assert [(one.layer, one.policy, one.effect) for one in decision.because] == [
            (Layer.RESOURCE, "t", "Allow"),
            (Layer.IDENTITY, "p", "Allow"),
            (Layer.BOUNDARY, "b", "Allow"),
        ]
        assert decision.allowed

    def test_not_resource_with_an_unmodelled_resource_is_unknown(self):
        inner = {"Effect": "Deny", "Action": "*", "NotResource": "*"}
        never = Policy("n", parse_stored({"Version": "2012-10-17", "Statement": [inner]}, PolicyKind.IDENTITY))
        assert verdict(put(resource=None), identity=[ALLOW, never])[0] is EXPLICIT
        assert verdict(put(), identity=[ALLOW, never])[0] is ALLOWED

    def test_an_unmodelled_variable_in_a_resource_is_unknown_in_both_directions(self):
        own = policy(resource="arn:aws:dynamodb:us-west-2:111111111111:table/${svc:Odd}")
        inner = {
            "Effect": "Deny",
            "Action": "*",
            "NotResource": "arn:aws:dynamodb:us-west-2:111111111111:table/${svc:Odd}",
        }
        others = Policy("n", parse_stored({"Version": "2012-10-17", "Statement": [inner]}, PolicyKind.IDENTITY))
        request = put(modelled=frozenset())
        assert verdict(request, identity=[own])[0] is IMPLICIT
        assert verdict(request, identity=[ALLOW, others])[0] is EXPLICIT


class TestTheLoop:
    """Every statement of every policy is looked at, whatever those before it said."""

    elsewhere, other_action = policy(resource="arn:aws:s3:::b"), policy(action="s3:*")
    stranger = on_table({"AWS": FOREIGN.arn})

    def joined(self, *policies):
        statements = tuple(statement for one in policies for statement in one.document.statements)
        numbered = tuple(statement._replace(position=place) for place, statement in enumerate(statements))
        return Policy("joined", policies[0].document._replace(statements=numbered))

    def test_statements_that_do_not_fit_end_nothing(self):
        tested = policy(Condition={"Bool": {"aws:SecureTransport": "true"}})
        own = self.joined(self.other_action, self.elsewhere, tested, ALLOW)
        resource = self.joined(self.stranger, on_table({"AWS": USER.arn}))

        assert verdict(put(), identity=[own]) == (ALLOWED, {(Layer.IDENTITY, "joined")})
        assert verdict(put(), resource=resource) == (ALLOWED, {(Layer.RESOURCE, "joined")})

    def test_all_denies_and_all_near_misses_are_evidence(self):
        tested = {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}
        two = self.joined(policy(effect="Deny", Sid="One"), policy(effect="Deny", Sid="Two"))
        missed = self.joined(policy(**tested), policy(**tested))
        decision = decide(put(), World(identity=[two, missed], boundary=policy(name="b", **tested)))

        assert [(one.effect, one.statement, one.sid, one.note) for one in decision.because] == [
            ("Deny", 0, "One", None),
            ("Deny", 1, "Two", None),
        ]
        assert [(miss.statement.layer, miss.statement.statement) for miss in decision.near_misses] == [
            (Layer.IDENTITY, 0),
            (Layer.IDENTITY, 1),
            (Layer.BOUNDARY, 0),
        ]
        assert not decision.unmodelled

    def test_a_faulty_statement_says_its_fault(self):
        faulty = policy(effect="Deny", Condition={"Odd": {"a:b": "c"}})
        (evidence,) = decide(put(), World(identity=[ALLOW, faulty])).because

        assert "unknown operator `Odd`" in evidence.note

    def test_layers_that_are_not_the_callers_are_not_asked(self):
        assert verdict(put(EVENTS), identity=[ALLOW])[0] is IMPLICIT
        narrow = {"boundary": policy(action="s3:*"), "session": [policy(action="s3:*")]}
        assert verdict(put(ROOT), **narrow)[0] is ALLOWED
        assert verdict(put(ROOT), boundary=DENY)[0] is ALLOWED
        assert verdict(put(ROOT), identity=[DENY])[0] is ALLOWED

    def test_a_bounded_principal_is_denied_by_not_principal_though_it_is_listed(self):
        listed = {"AWS": [USER.arn, HERE]}
        inner = {"Effect": "Deny", "NotPrincipal": listed, "Action": "*", "Resource": "*"}
        deny = Policy("n", parse_stored({"Version": "2012-10-17", "Statement": [inner]}, PolicyKind.RESOURCE))
        allow = policy(PolicyKind.VPC_ENDPOINT, Principal="*")
        endpoint = self.joined(allow, deny)

        assert verdict(put(), identity=[ALLOW], resource=deny)[0] is ALLOWED
        assert verdict(put(), identity=[ALLOW], resource=deny, boundary=ALLOW)[0] is EXPLICIT
        assert verdict(put(), identity=[ALLOW], vpc_endpoint=endpoint)[0] is ALLOWED
        assert verdict(put(), identity=[ALLOW], vpc_endpoint=endpoint, boundary=ALLOW)[0] is EXPLICIT

    def test_a_root_in_another_account_needs_the_resources_policy(self):
        abroad = ROOT._replace(arn=f"arn:aws:iam::{THERE}:root", account=THERE)
        assert verdict(put(abroad)) == (IMPLICIT, {(Layer.RESOURCE, None)})
        assert verdict(put(abroad), resource=on_table({"AWS": THERE}))[0] is ALLOWED


@pytest.mark.parametrize(
    ("action", "shown"),
    [("sns:Publish", "SNS:Publish"), ("sqs:SendMessage", "sqs:sendmessage"), ("kms:Encrypt", "kms:Encrypt")],
)
def test_a_service_writes_its_actions_in_its_own_way(action, shown):
    asked = put(action=action)
    said = denial_message(asked, decide(asked, World()))
    assert said.endswith(
        f"perform: {shown} on resource: {TABLE} because no identity-based policy allows the {shown} action"
    )


def test_the_message_names_the_type_that_aws_comes_upon_first():
    denied = decide(put(), World(identity=[DENY], service_control=[[policy(effect="Deny", name="c")]]))
    assert denial_message(put(), denied).endswith("with an explicit deny in a service control policy")
    missing = decide(put(), World(boundary=policy(action="s3:*")))
    assert denial_message(put(), missing).endswith(
        "because no identity-based policy allows the dynamodb:PutItem action"
    )


def test_sts_never_tells_why_not_even_in_the_same_account():
    request = assume(USER)
    decision = decide(request, World(resource=trusting({"AWS": HERE}), resource_kind=ResourcePolicyKind.TRUST))
    assert denial_message(request, decision).endswith(f"on resource: {ROLE}")


@pytest.mark.parametrize(
    ("request_", "world", "message"),
    [
        (put(PROVIDER, action="sts:AssumeRoleWithWebIdentity", resource=ROLE), {}, "Not authorized to perform sts:AssumeRoleWithWebIdentity"),
        (put(ANYONE, action="s3:GetObject", resource=BUCKET), {}, "Access Denied"),
        (put(FOREIGN, action="iam:PassRole", resource=ROLE), {}, "Cross-account pass role is not allowed."),
        (assume(FOREIGN), {}, f"User: {FOREIGN.arn} is not authorized to perform: sts:AssumeRole on resource: {ROLE}"),
        (put(resource=None), {}, f"User: {USER.arn} is not authorized to perform: dynamodb:PutItem on resource: * because no identity-based policy allows the dynamodb:PutItem action"),
        (put(action="s3:GetObject", resource=BUCKET), {}, f'User: {USER.arn} is not authorized to perform: s3:GetObject on resource: "{BUCKET}" because no identity-based policy allows the s3:GetObject action'),
    ],
)  # fmt: skip
def test_aws_has_its_own_sentences(request_, world, message):
    assert denial_message(request_, decide(request_, World(**world))) == message


def test_an_explicit_deny_of_a_trust_policy_has_its_own_words():
    request = put(USER, action="iam:UpdateAssumeRolePolicy", resource=ROLE)
    deny = policy(PolicyKind.TRUST, "Deny", action="*", Principal="*")
    decision = decide(request, World(resource=deny, resource_kind=ResourcePolicyKind.TRUST))

    assert denial_message(request, decision).endswith(" with an explicit deny in the role trust policy")
    assert denial_message(request, Decision(IMPLICIT)).endswith("on resource: role lent")


def test_s3_tells_its_account_and_its_organization_why_and_nobody_else():
    def said(**keys):
        context = {f"aws:{name}": value for name, value in keys.items()}
        asked = put(action="s3:GetObject", resource="arn:aws:s3:::b/k", context=context)._replace(
            resource_account=THERE
        )
        return denial_message(asked, decide(asked, World(identity=[ALLOW])))

    why = 'on resource: "arn:aws:s3:::b/k" because no identity-based policy allows the s3:GetObject action'
    assert said() == "Access Denied"
    assert said(PrincipalOrgID="o-a", ResourceOrgID="o-b") == "Access Denied"
    assert said(PrincipalOrgID="o-a", ResourceOrgID="o-a").endswith(why)


class TestCallersOfApis:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html, its table A."""

    API = f"arn:aws:execute-api:us-west-2:{HERE}:abc123"
    AUTHORIZED = Principal(PrincipalKind.AUTHORIZED, "authorized", HERE)
    PLACE = "arn:aws:execute-api:us-west-2:********1111:abc123/prod/GET/pets"
    HIDDEN = f"is not authorized to perform: execute-api:Invoke on resource: {PLACE}"

    def call(self, principal=AUTHORIZED):
        return put(principal, resource=f"{self.API}/prod/GET/pets", action="execute-api:Invoke")

    def of_authorizer(self, effect="Allow", resource="*"):
        return policy(effect=effect, action="execute-api:Invoke", resource=resource)

    def of_api(self, effect="Allow", principal="*", element="Principal"):
        named = {element: principal}
        return policy(PolicyKind.RESOURCE, effect, "execute-api:Invoke", f"{self.API}/*", **named)

    @pytest.mark.parametrize(
        ("authorizer", "resource", "effect"),
        [
            ("Allow", "Allow", Effect.ALLOWED),
            ("Allow", None, Effect.ALLOWED),
            ("Allow", "Deny", Effect.EXPLICIT_DENY),
            ("Deny", "Allow", Effect.EXPLICIT_DENY),
            ("Deny", None, Effect.EXPLICIT_DENY),
            (None, "Allow", Effect.ALLOWED),
            (None, "Deny", Effect.EXPLICIT_DENY),
            (None, None, Effect.IMPLICIT_DENY),
        ],
    )
    def test_what_an_authorizer_gives_stands_beside_the_resource_policy(self, authorizer, resource, effect):
        world = World(
            identity=(self.of_authorizer(authorizer),) if authorizer else (),
            resource=self.of_api(resource) if resource else None,
        )

        assert decide(self.call(), world).effect is effect

    @pytest.mark.parametrize(
        "named", [{"AWS": HERE}, {"AWS": f"arn:aws:iam::{HERE}:root"}, {"Service": "lambda.amazonaws.com"}]
    )
    def test_a_resource_policy_means_them_as_everyone_only(self, named):
        assert not decide(self.call(), World(resource=self.of_api(principal=named))).allowed
        assert decide(self.call(), World(resource=self.of_api())).allowed
        spared = self.of_api("Deny", named, "NotPrincipal")
        assert (
            decide(self.call(), World(identity=(self.of_authorizer(),), resource=spared)).effect is Effect.EXPLICIT_DENY
        )

    @pytest.mark.parametrize(
        ("principal", "who"),
        [
            (AUTHORIZED, "User is not authorized to access this resource"),
            (Principal(PrincipalKind.ANONYMOUS, "anonymous"), f"User: anonymous {HIDDEN}"),
            (USER, f"User: {USER.arn} {HIDDEN}"),
        ],
    )
    def test_the_sentence_names_no_policy_and_hides_the_account(self, principal, who):
        asked = self.call(principal)

        assert denial_message(asked, decide(asked, World())) == who
        denied = decide(asked, World(resource=self.of_api("Deny")))
        assert denial_message(asked, denied) == f"{who} with an explicit deny"
