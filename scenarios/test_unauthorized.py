"""Everyone who must be shut out, each for the reason AWS would give, and beside each the twin that gets in."""

import json

import botocore
import pytest
from botocore.config import Config
from example import ROLE_OF_B, ROOT_OF_B, TABLE

from harness.accounts import SessionKeys
from harness.emulator.record import Keys
from harness.scenario import eventually, statement, trust

ITEM = {"MyPrimaryKey": {"S": "from a scenario"}}


def put(client, table=TABLE):
    return lambda: client.put_item(TableName=table, Item=ITEM)


class TestWhoSigned:
    """Requests that nobody is known to have signed."""

    def test_unsigned(self, example, allowed, denied):
        unsigned = example.a.client("dynamodb", config=Config(signature_version=botocore.UNSIGNED))

        refusal = denied(put(unsigned), by="authentication")

        assert (refusal.code, refusal.status) == ("MissingAuthenticationTokenException", 400)
        allowed(put(example.a.client("dynamodb")))

    def test_forged_secret(self, example, allowed, denied):
        genuine = example.a.record.deployer
        forged = example.a.session_of(Keys(genuine.key_id, "x" * len(genuine.secret)))

        refusal = denied(put(forged.client("dynamodb")), by="authentication")

        assert (refusal.code, refusal.status) == ("InvalidSignatureException", 400)
        allowed(put(example.a.session_of(genuine).client("dynamodb")))

    def test_invented_key(self, example, allowed, denied):
        genuine = example.a.record.deployer
        invented = example.a.session_of(Keys(genuine.key_id[:-4] + "AAAA", genuine.secret))

        refusal = denied(lambda: invented.client("sts").get_caller_identity(), by="authentication")

        assert (refusal.code, refusal.status) == ("InvalidClientTokenId", 403)
        allowed(lambda: example.a.client("sts").get_caller_identity())

    def test_wrong_session_token(self, example, principals, allowed, denied):
        session = principals.deployer(example.b).assume(example.role)
        mixed = SessionKeys(session.keys.key_id, session.keys.secret, session.keys.token[:-8] + "AAAAAAAA")

        refusal = denied(put(example.a.session_of(mixed).client("dynamodb")), by="authentication")

        assert refusal.code == "UnrecognizedClientException"
        allowed(put(session.client("dynamodb")))

    def test_inactive_and_deleted_key(self, example, principals, allowed, denied):
        user = principals.user(example.a, statement("dynamodb:PutItem"))
        iam, name = example.a.client("iam"), user.arn.rpartition("/")[2]
        call = put(user.client("dynamodb"))
        allowed(call)

        iam.update_access_key(UserName=name, AccessKeyId=user.keys.key_id, Status="Inactive")
        denied(call, by="authentication")
        iam.update_access_key(UserName=name, AccessKeyId=user.keys.key_id, Status="Active")
        allowed(call)

    def test_expired_session(self, example, harness, principals, allowed, denied):
        session = principals.deployer(example.b).assume(example.role, DurationSeconds=900)
        allowed(put(session.client("dynamodb")))

        harness.advance_clock(901)

        refusal = denied(put(session.client("dynamodb")), by="authentication")
        assert (refusal.code, refusal.message) == (
            "ExpiredTokenException",
            "The security token included in the request is expired",
        )


class TestWhileATrustsTheWholeOfB:
    """`:root` delegates to account B: whoever B's own policies allow gets in."""

    @pytest.fixture(autouse=True)
    def _trusting_root(self, example):
        example.trust(ROOT_OF_B)

    def test_bs_deployer_and_another_role_of_b_get_in(self, example, principals, allowed):
        allowed(lambda: principals.deployer(example.b).assume(example.role))
        other = principals.role_session(example.b, statement("sts:AssumeRole", example.role))
        allowed(lambda: other.assume(example.role))

    def test_a_role_of_b_without_the_permission_stays_out(self, example, principals, denied):
        other = principals.role_session(example.b, statement("sts:AssumeRole", "arn:aws:iam::111111111111:role/else"))

        refusal = denied(lambda: other.assume(example.role), by="caller/identity")

        assert (refusal.code, refusal.status) == ("AccessDenied", 403)
        assert refusal.message == (
            f"User: {other.arn} is not authorized to perform: sts:AssumeRole on resource: {example.role}"
        )

    def test_the_stranger_stays_out(self, example, principals, allowed, denied):
        denied(lambda: principals.deployer(example.stranger).assume(example.role), by="owner/trust")
        allowed(lambda: principals.deployer(example.b).assume(example.role))

    def test_root_of_b_may_not_assume_roles(self, example, principals, denied):
        refusal = denied(lambda: principals.root(example.b).assume(example.role), by="caller/identity")

        assert refusal.message == "Roles may not be assumed by root accounts."

    def test_a_missing_role_and_a_refused_one_look_the_same(self, example, principals, denied):
        missing = "arn:aws:iam::111111111111:role/no-such-role"
        deployer = principals.deployer(example.b)

        refusal = denied(lambda: deployer.assume(missing), by="owner/trust")

        assert refusal.code == "AccessDenied"
        assert refusal.message == (
            f"User: {deployer.arn} is not authorized to perform: sts:AssumeRole on resource: {missing}"
        )

    def test_a_boundary_without_assume_role_keeps_a_user_of_b_out(self, example, principals, allowed, denied):
        iam = example.b.client("iam")
        boundary = iam.create_policy(PolicyName="no-sts", PolicyDocument=json.dumps(statement("dynamodb:*")))["Policy"][
            "Arn"
        ]
        user = principals.user(example.b, statement("sts:AssumeRole"))
        name = user.arn.rpartition("/")[2]
        allowed(lambda: user.assume(example.role))

        iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=boundary)
        denied(lambda: user.assume(example.role), by="caller/permissions_boundary")

        iam.delete_user_permissions_boundary(UserName=name)
        iam.delete_policy(PolicyArn=boundary)


class TestOnceATrustsExactlyBsRole:
    """After tightening, `bar` and nobody else."""

    @pytest.fixture(autouse=True)
    def _tightened(self, example):
        example.trust(ROLE_OF_B)

    def test_bs_deployer_and_another_role_of_b_are_shut_out(self, example, principals, denied):
        denied(lambda: principals.deployer(example.b).assume(example.role), by="owner/trust")
        other = principals.role_session(example.b, statement("sts:AssumeRole", example.role))
        denied(lambda: other.assume(example.role), by="owner/trust")

    def test_bar_gets_in_until_its_permission_is_removed(self, example, harness):
        assert harness.invoke("bar").error is None
        iam, policy = example.b.client("iam"), "arn:aws:iam::222222222222:policy/bar"

        iam.detach_role_policy(RoleName="bar", PolicyArn=policy)
        refused = harness.invoke("bar")
        iam.attach_role_policy(RoleName="bar", PolicyArn=policy)

        assert refused.error == "Unhandled"
        assert refused.payload["errorType"] == "ClientError"
        assert (
            "not authorized to perform: sts:AssumeRole on resource: " + example.role in refused.payload["errorMessage"]
        )
        assert harness.invoke("bar").error is None

    def test_the_trust_naming_another_role_shuts_bar_out(self, example, harness, principals):
        other = principals.role(example.b, trust({"Service": "lambda.amazonaws.com"}))

        example.trust(other)
        refused = harness.invoke("bar")
        example.trust(ROLE_OF_B)

        assert refused.error == "Unhandled"
        assert "AccessDenied" in refused.payload["errorMessage"]
        assert harness.invoke("bar").error is None

    def test_without_its_log_permissions_the_function_writes_no_logs(self, example, harness, journal):
        iam, logs = example.b.client("iam"), example.b.client("logs")
        policy = {"RoleName": "bar", "PolicyName": "quiet"}

        def logged(invocation):
            events = logs.filter_log_events(logGroupName="/aws/lambda/bar")["events"]
            return [event["message"] for event in events if invocation.request_id in event["message"]]

        heard = harness.invoke("bar")
        lines = eventually(
            "the report is logged", lambda: [line for line in logged(heard) if "REPORT" in line], within=60
        )
        assert lines[0].startswith(f"REPORT RequestId: {heard.request_id}")

        iam.put_role_policy(**policy, PolicyDocument=json.dumps(statement("logs:*", effect="Deny")))
        mark = journal.mark()
        unheard = harness.invoke("bar")
        refused = eventually("logging is refused", lambda: _logs_refused(journal, mark), within=60)
        iam.delete_role_policy(**policy)

        assert unheard.error is None
        assert {entry.decision for entry in refused} == {"explicit_deny"}
        assert refused[0].because[0]["policy"] == "quiet"
        assert not logged(unheard)


def _logs_refused(journal, mark):
    return [
        entry
        for entry in journal.entries(mark)
        if str(entry.fields.get("action", "")).startswith("logs:") and entry.denied
    ]


class TestOnTheTable:
    """What A's role may do, and what it may not."""

    @pytest.fixture
    def session(self, example, principals):
        example.trust(ROOT_OF_B)
        return principals.deployer(example.b).assume(example.role)

    def test_bs_role_directly_on_as_table(self, example, principals, session, allowed, denied):
        direct = principals.role_session(example.b, statement("dynamodb:*"))
        table = f"arn:aws:dynamodb:us-west-2:111111111111:table/{TABLE}"

        refusal = denied(put(direct.client("dynamodb"), table), by="owner/resource")

        assert (refusal.code, refusal.status) == ("AccessDeniedException", 400)
        assert refusal.message.endswith("because no resource-based policy allows the dynamodb:PutItem action")
        allowed(put(session.client("dynamodb"), table))

    def test_another_table(self, session, allowed, denied):
        refusal = denied(put(session.client("dynamodb"), "OtherTable"), by="caller/identity")

        assert refusal.message == (
            f"User: {session.arn} is not authorized to perform: dynamodb:PutItem on resource: "
            "arn:aws:dynamodb:us-west-2:111111111111:table/OtherTable because no identity-based policy allows the "
            "dynamodb:PutItem action"
        )
        allowed(put(session.client("dynamodb")))

    def test_another_action(self, session, allowed, denied):
        denied(lambda: session.client("dynamodb").scan(TableName=TABLE), by="caller/identity")
        allowed(put(session.client("dynamodb")))

    def test_another_region(self, session, allowed, denied):
        denied(put(session.client("dynamodb", region="eu-central-1")), by="caller/identity")
        allowed(put(session.client("dynamodb")))

    def test_a_narrower_session_policy(self, example, principals, allowed, denied):
        deployer = principals.deployer(example.b)
        narrow = json.dumps(statement("dynamodb:PutItem", "arn:aws:dynamodb:us-west-2:111111111111:table/Narrow*"))
        wide = json.dumps(statement("dynamodb:*"))

        denied(put(deployer.assume(example.role, Policy=narrow).client("dynamodb")), by="caller/session")
        allowed(put(deployer.assume(example.role, Policy=wide).client("dynamodb")))
        denied(
            lambda: deployer.assume(example.role, Policy=wide).client("dynamodb").scan(TableName=TABLE),
            by="caller/identity",
        )

    def test_an_explicit_deny_beats_the_allow(self, example, session, allowed, denied):
        iam = example.a.client("iam")
        policy = {"RoleName": "foo_bar", "PolicyName": "never"}
        allowed(put(session.client("dynamodb")))

        iam.put_role_policy(**policy, PolicyDocument=json.dumps(statement("dynamodb:PutItem", effect="Deny")))
        refusal = denied(put(session.client("dynamodb")), by="caller/identity", explicit=True)

        assert refusal.message.endswith("with an explicit deny in an identity-based policy")
        iam.delete_role_policy(**policy)
        allowed(put(session.client("dynamodb")))

    def test_any_door_leads_to_the_same_answer(self, example, session, allowed, denied):
        for door in (example.a, example.b, example.stranger):
            allowed(put(session.client("dynamodb", via=door)))
            denied(put(session.client("dynamodb", via=door), "OtherTable"), by="caller/identity")


class TestPassRole:
    """A role is handed to Lambda only by who may pass it."""

    def test_create_function_without_pass_role(self, example, principals, denied):
        developer = principals.user(example.b, statement("lambda:*"))
        create = {
            "FunctionName": "passed",
            "Role": ROLE_OF_B,
            "Runtime": "python3.13",
            "Handler": "a.b",
            "Code": {"ZipFile": b"x"},
        }

        refusal = denied(lambda: developer.client("lambda").create_function(**create), by="caller/identity")

        assert (refusal.code, refusal.status) == ("AccessDeniedException", 403)
        assert refusal.message == (
            f"User: {developer.arn} is not authorized to perform: iam:PassRole on resource: {ROLE_OF_B} "
            "because no identity-based policy allows the iam:PassRole action"
        )

    def test_the_same_with_pass_role_gets_past_the_gate(self, example, principals):
        passing = statement(
            "iam:PassRole", ROLE_OF_B, Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
        )
        developer = principals.user(example.b, statement("lambda:*"), passing)
        create = {
            "FunctionName": "passed",
            "Role": ROLE_OF_B,
            "Runtime": "python3.13",
            "Handler": "a.b",
            "Code": {"ZipFile": b"x"},
        }

        # Lambda itself refuses the code, which is no zip: the role was passed.
        with pytest.raises(botocore.exceptions.ClientError, match="Could not unzip uploaded file"):
            developer.client("lambda").create_function(**create)
