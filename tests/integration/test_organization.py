"""The organization of harness.toml: what its policies keep from whom, each denial beside a call that they let through.

Account `one` stands at the root, `two` in a unit of a unit, and `stranger` in no organization.
"""

import json

import pytest
from aws import REGION, A, B, Journals, allow, client, document, keys_of
from botocore.exceptions import ClientError
from command_line import TWO_ACCOUNTS, CommandLine

from harness.journal import JournalReader
from harness.replay import replay
from harness.scenario import denied as scenario_denied
from harness.scenario import eventually

STRANGER = "444444444444"
ORGANIZATION = "o-harnesstest"
INNER = f"{ORGANIZATION}/r-ab12/ou-ab12-11111111/ou-ab12-22222222/"
CONFIG = f"""{TWO_ACCOUNTS}
[accounts.stranger]
id = "{STRANGER}"
region = "{REGION}"

[organization]
id = "{ORGANIZATION}"
root_id = "r-ab12"
accounts = ["one"]
service_control_policies = ["policies/guardrails.json"]
resource_control_policies = ["policies/perimeter.json"]

[[organization.unit]]
name = "workloads"
id = "ou-ab12-11111111"

[[organization.unit]]
name = "production"
id = "ou-ab12-22222222"
parent = "workloads"
accounts = ["two"]
service_control_policies = ["policies/allowed-services.json"]
full_aws_access = false
"""
INSIDE = ["arn:aws:s3:::inside", "arn:aws:s3:::inside/*", "arn:aws:sqs:*:*:*", "arn:aws:iam::*:role/*"]
OUTSIDERS = {
    "StringNotEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION},
    "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
}
POLICIES = {
    "guardrails": [{"Sid": "KeepTables", "Effect": "Deny", "Action": "dynamodb:DeleteTable", "Resource": "*"}],
    "allowed-services": [allow(["iam:*", "sts:*", "s3:*", "sqs:*", "sns:*", "dynamodb:*"], Sid="Services")],
    "perimeter": [
        {
            "Sid": "MembersOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:*", "sqs:*", "sts:AssumeRole"],
            "Resource": INSIDE,
            "Condition": OUTSIDERS,
        },
        {"Sid": "KeepMessages", "Effect": "Deny", "Principal": "*", "Action": "sqs:PurgeQueue", "Resource": "*"},
    ],
}
TABLE = {
    "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def started(folder, config, policies):
    """A sandbox of a project with these policies."""
    command_line = CommandLine.of_two_accounts(folder)
    (command_line.folder / "harness.toml").write_text(config)
    (command_line.folder / "policies").mkdir()
    for name, statements in policies.items():
        (command_line.folder / "policies" / f"{name}.json").write_text(document(*statements))
    up = command_line.run("up", "--detach")
    assert up.returncode == 0, up.stderr
    return command_line


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    """A detached sandbox of the organization."""
    command_line = started(tmp_path_factory.mktemp("organization"), CONFIG, POLICIES)
    yield command_line
    command_line.run("down")


def reader(sandbox):
    return JournalReader({path.parent.name: path for path in sandbox.state.rglob("journal.jsonl")})


@pytest.fixture(scope="module")
def denied(sandbox):
    """`denied` of the scenario fixtures, on this sandbox's journals."""
    return lambda call, **expected: scenario_denied(reader(sandbox), call, **expected)


@pytest.fixture(scope="module")
def stranger(accounts):
    """Clients of the account in no organization."""
    return lambda service, **keys: client(accounts["stranger"], service, **keys)


@pytest.fixture(scope="module")
def tables(a, b, stranger):
    for make in (a, b, stranger):
        make("dynamodb").create_table(TableName="T", **TABLE)


def trusting(*accounts):
    return document({"Effect": "Allow", "Principal": {"AWS": list(accounts)}, "Action": "sts:AssumeRole"})


def session(make, role):
    return keys_of(make("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"])


def user(make, name, *statements):
    make("iam").create_user(UserName=name)
    make("iam").put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(*statements))
    return keys_of(make("iam").create_access_key(UserName=name)["AccessKey"])


def invalid(call):
    """AWS's text for what it will not take."""
    with pytest.raises(ClientError) as refused:
        call()
    return refused.value.response["Error"]["Message"]


def queue_url(make):
    return make("sqs").get_queue_url(QueueName="inside")["QueueUrl"]


def decided(refusal):
    """The policy and the statement that refused."""
    (evidence,) = refusal.entry.because
    return evidence["policy"], evidence["sid"]


# service control policies


@pytest.mark.parametrize("name", ["one", "two"])
@pytest.mark.parametrize("who", ["deployer", "root"])
def test_a_service_control_policy_denies_members_and_their_root_users(accounts, denied, tables, name, who):
    root = accounts[name]["root"]
    keys = {key: root[key] for key in ("aws_access_key_id", "aws_secret_access_key")} if who == "root" else {}
    dynamodb = client(accounts[name], "dynamodb", **keys)

    dynamodb.describe_table(TableName="T")
    refusal = denied(lambda: dynamodb.delete_table(TableName="T"), by="caller/service_control", explicit=True)

    assert decided(refusal) == ("policies/guardrails.json (root)", "KeepTables")
    assert refusal.message.endswith("with an explicit deny in a service control policy")


def test_a_session_is_bound_as_its_account_is(a, denied, tables):
    a("iam").create_role(RoleName="admin", AssumeRolePolicyDocument=trusting(A))
    a("iam").attach_role_policy(RoleName="admin", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    dynamodb = a("dynamodb", **session(a, f"arn:aws:iam::{A}:role/admin"))

    dynamodb.describe_table(TableName="T")
    denied(lambda: dynamodb.delete_table(TableName="T"), by="caller/service_control", explicit=True)


def test_every_level_must_allow(a, b, denied):
    a("kinesis").list_streams()
    b("sns").list_topics()
    refusal = denied(b("kinesis").list_streams, by="caller/service_control", explicit=False)

    assert refusal.message.endswith("because no service control policy allows the kinesis:ListStreams action")


def test_an_account_outside_is_not_bound(stranger, tables):
    stranger("dynamodb").delete_table(TableName="T")


def test_the_callers_account_is_bound_wherever_it_calls_and_the_owners_policies_bind_no_other(a, b, stranger, denied):
    table = a("dynamodb").create_table(TableName="lent", **TABLE)["TableDescription"]["TableArn"]
    for_all = allow("dynamodb:*", table, Principal={"AWS": [B, STRANGER]})
    a("dynamodb").put_resource_policy(ResourceArn=table, Policy=document(for_all))

    b("dynamodb").describe_table(TableName=table)
    denied(lambda: b("dynamodb").delete_table(TableName=table), by="caller/service_control", explicit=True)
    stranger("dynamodb").delete_table(TableName=table)


def test_nobody_makes_a_role_that_the_organization_does_not_bind(a):
    iam = a("iam")
    linked = {"Path": "/aws-service-role/x.amazonaws.com/", "AssumeRolePolicyDocument": trusting(A)}
    iam.create_role(RoleName="unlinked", AssumeRolePolicyDocument=trusting(A))
    iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")

    made = invalid(lambda: iam.create_role(RoleName="linked", **linked))
    assert made == "Path prefix '/aws-service-role/' can only be used for AWS Service linked Roles"
    iam.update_assume_role_policy(RoleName="unlinked", PolicyDocument=trusting(A))
    taken = invalid(lambda: iam.update_assume_role_policy(RoleName="AWSServiceRoleForECS", PolicyDocument=trusting(A)))
    assert taken.startswith("Cannot perform the operation on the protected role 'AWSServiceRoleForECS'")


def test_the_simulator_knows_whom_the_organization_binds(a):
    iam = a("iam")
    bound = iam.create_role(RoleName="bound", AssumeRolePolicyDocument=trusting(A))["Role"]["Arn"]
    free = iam.create_service_linked_role(AWSServiceName="batch.amazonaws.com")["Role"]["Arn"]
    decided = {
        role: iam.simulate_principal_policy(PolicySourceArn=role, ActionNames=["dynamodb:DeleteTable"])
        for role in (bound, free)
    }

    decisions = [decided[role]["EvaluationResults"][0]["EvalDecision"] for role in (bound, free)]
    assert decisions == ["explicitDeny", "implicitDeny"]


@pytest.mark.parametrize("path", ["/a/:role/aws-service-role/x.amazonaws.com/", "//aws-service-role/x.amazonaws.com/", "/AWS-service-role/"])  # fmt: skip
def test_a_path_that_only_looks_like_a_services_frees_nobody(a, denied, tables, path):
    name = f"look-alike-{len(path)}"
    role = a("iam").create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=trusting(A))["Role"]["Arn"]
    a("iam").attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    dynamodb = a("dynamodb", **session(a, role))

    dynamodb.describe_table(TableName="T")
    denied(lambda: dynamodb.delete_table(TableName="T"), by="caller/service_control", explicit=True)


# resource control policies


@pytest.fixture(scope="module")
def bucket(a):
    """A bucket of `one` whose policy lets in everyone."""
    s3 = a("s3")
    s3.create_bucket(Bucket="inside", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.delete_public_access_block(Bucket="inside")
    s3.put_object(Bucket="inside", Key="k", Body=b"x")
    s3.put_bucket_policy(
        Bucket="inside", Policy=document(allow("s3:GetObject", "arn:aws:s3:::inside/*", Principal="*"))
    )
    return lambda make: make("s3").get_object(Bucket="inside", Key="k")


@pytest.fixture(scope="module")
def queue(a):
    """The same, a queue."""
    url = a("sqs").create_queue(QueueName="inside")["QueueUrl"]
    policy = document(allow("sqs:SendMessage", f"arn:aws:sqs:{REGION}:{A}:inside", Principal="*"))
    a("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return lambda make: make("sqs").send_message(QueueUrl=url, MessageBody="x")


@pytest.fixture(scope="module")
def role(a):
    """A role that both other accounts may assume."""
    a("iam").create_role(RoleName="inside", AssumeRolePolicyDocument=trusting(B, STRANGER))
    return lambda make: make("sts").assume_role(RoleArn=f"arn:aws:iam::{A}:role/inside", RoleSessionName="session")


@pytest.mark.parametrize("kind", ["bucket", "queue", "role"])
def test_a_resource_control_policy_keeps_strangers_from_what_the_owner_shared(request, b, stranger, denied, kind):
    use = request.getfixturevalue(kind)

    use(b)
    refusal = denied(lambda: use(stranger), by="owner/resource_control", explicit=True)

    assert decided(refusal) == ("policies/perimeter.json (root)", "MembersOnly")


def test_a_key_that_looks_like_a_services_role_is_an_object_like_any_other(a, b, stranger, bucket, denied):
    key = ":role/aws-service-role/x"
    a("s3").put_object(Bucket="inside", Key=key, Body=b"x")

    b("s3").get_object(Bucket="inside", Key=key)
    denied(lambda: stranger("s3").get_object(Bucket="inside", Key=key), by="owner/resource_control", explicit=True)


def test_whoever_is_denied_learns_which_kind_of_policy_did_it(a, stranger, queue, denied):
    own = denied(lambda: a("sqs").purge_queue(QueueUrl=queue_url(a)), by="owner/resource_control", explicit=True)

    assert decided(own) == ("policies/perimeter.json (root)", "KeepMessages")
    for refusal in (own, denied(lambda: queue(stranger), by="owner/resource_control")):
        assert refusal.message.endswith(f"{REGION}:{A}:inside with an explicit deny in a resource control policy")


def test_a_resource_outside_is_not_bound(a, stranger):
    url = stranger("sqs").create_queue(QueueName="outside")["QueueUrl"]
    policy = document(allow("sqs:SendMessage", f"arn:aws:sqs:{REGION}:{STRANGER}:outside", Principal="*"))
    stranger("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})

    a("sqs").send_message(QueueUrl=url, MessageBody="x")
    stranger("sqs").send_message(QueueUrl=url, MessageBody="x")


# the condition keys


def test_a_bucket_policy_lets_in_the_organization_and_no_stranger(a, b, stranger, denied):
    s3 = a("s3")
    s3.create_bucket(Bucket="shared", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="shared", Key="k", Body=b"x")
    members = {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}
    s3.put_bucket_policy(
        Bucket="shared",
        Policy=document(allow("s3:GetObject", "arn:aws:s3:::shared/*", Principal="*", Condition=members)),
    )

    b("s3").get_object(Bucket="shared", Key="k")
    denied(lambda: stranger("s3").get_object(Bucket="shared", Key="k"), by="owner/resource", explicit=False)


@pytest.mark.parametrize(("path", "let_in"), [(INNER, True), (f"{ORGANIZATION}/r-ab12/ou-ab12-11111111/", False)])
def test_a_units_path_is_the_accounts_own_unit(a, b, denied, tables, path, let_in):
    table = f"arn:aws:dynamodb:{REGION}:{A}:table/T"
    unit = {"ForAnyValue:StringEquals": {"aws:PrincipalOrgPaths": path}}
    statement = allow("dynamodb:DescribeTable", table, Principal={"AWS": B}, Condition=unit)
    a("dynamodb").put_resource_policy(ResourceArn=table, Policy=document(statement))

    if let_in:
        b("dynamodb").describe_table(TableName=table)
    else:
        denied(lambda: b("dynamodb").describe_table(TableName=table), by="owner/resource")


def test_an_identity_policy_reaches_the_organizations_resources_only(a, b, stranger, denied):
    key = user(a, "perimeter", allow("sqs:*", Condition={"StringEquals": {"aws:ResourceOrgID": ORGANIZATION}}))
    urls = {}
    for name, make, account in (("member", b, B), ("foreign", stranger, STRANGER)):
        urls[name] = make("sqs").create_queue(QueueName=name)["QueueUrl"]
        policy = document(allow("sqs:SendMessage", f"arn:aws:sqs:{REGION}:{account}:{name}", Principal={"AWS": A}))
        make("sqs").set_queue_attributes(QueueUrl=urls[name], Attributes={"Policy": policy})
    sqs = a("sqs", **key)

    sqs.send_message(QueueUrl=urls["member"], MessageBody="x")
    denied(lambda: sqs.send_message(QueueUrl=urls["foreign"], MessageBody="x"), by="caller/identity", explicit=False)


def test_a_services_source_stands_in_its_own_organization(a, b, stranger, sandbox):
    """SNS delivers from each account's topic to one queue, which takes what comes from a unit."""
    queue = f"arn:aws:sqs:{REGION}:{A}:deliveries"
    url = a("sqs").create_queue(QueueName="deliveries")["QueueUrl"]
    source = {
        "StringEquals": {"aws:SourceOrgID": ORGANIZATION},
        "ForAnyValue:StringEquals": {"aws:SourceOrgPaths": INNER},
    }
    policy = allow("sqs:SendMessage", queue, Principal={"Service": "sns.amazonaws.com"}, Condition=source)
    a("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": document(policy)})
    for name, make in (("of-b", b), ("of-a", a), ("of-stranger", stranger)):
        topic = make("sns").create_topic(Name=name)["TopicArn"]
        make("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
        make("sns").publish(TopicArn=topic, Message=name)

    def lines():
        found = Journals(sandbox).lines(action="sqs:SendMessage", resource=queue)
        return {
            line["context"]["aws:sourcearn"].rpartition(":")[2]: line
            for line in found
            if line["principal"] == "sns.amazonaws.com"
        }

    seen = eventually("three deliveries", lambda: lines() if len(lines()) == 3 else None, within=60)
    assert {name: line["decision"] for name, line in seen.items()} == {
        "of-b": "allowed",
        "of-a": "implicit_deny",
        "of-stranger": "implicit_deny",
    }
    assert "aws:sourceorgid" not in seen["of-stranger"]["context"]


# what a person is told


def test_why_names_the_policy_its_place_and_its_statement(sandbox, b, denied, tables):
    refusal = denied(lambda: b("dynamodb").delete_table(TableName="T"), by="caller/service_control")

    told = sandbox.run("why", refusal.entry.request_id).stdout

    assert "Deny in service control policies: `policies/guardrails.json (root)` Statement[0] `KeepTables`\n" in told
    for place in ("FullAWSAccess (root)", "FullAWSAccess (workloads)", "policies/allowed-services.json (production)", "FullAWSAccess (two)"):  # fmt: skip
        assert f"  service control policies: `{place}`" in told
    assert "let the Deny `policies/guardrails.json (root)` Statement[0] `KeepTables` spare this request" in told
    assert refusal.entry.request_id in sandbox.run("journal", "--denied", "--json").stdout


def test_a_simulation_knows_the_organization(sandbox):
    def ask(action, account):
        return sandbox.run(
            "simulate", "--principal", f"arn:aws:iam::{account}:user/deployer", "--action", action, "--resource", "*"
        ).stdout

    assert "no Allow in service control policies" in ask("kinesis:ListStreams", B)
    assert "allowed" in ask("kinesis:ListStreams", A)


def test_every_line_of_the_journal_is_decided_the_same_again(sandbox):
    entries = [entry for entry in reader(sandbox).entries() if "policies" in entry.fields]
    journal = reader(sandbox)

    for entry in entries:
        again = replay(entry.fields, lambda digest, name=entry.account: journal.policy(name, digest))
        assert (again.effect, [one.policy for one in again.because]) == (
            entry.decision,
            [evidence.get("policy") for evidence in entry.because],
        ), entry.describe()
    assert {"service_control", "resource_control"} <= {one["layer"] for entry in entries for one in entry.because}


# the start


def test_accounts_start_under_a_policy_that_allows_next_to_nothing_and_the_management_account_is_free(tmp_path):
    config = f"""{TWO_ACCOUNTS}
[organization]
accounts = ["one"]
management_account = "two"
service_control_policies = ["policies/nothing-else.json"]
"""
    nothing_else = [{"Sid": "TablesOnly", "Effect": "Deny", "NotAction": "dynamodb:*", "Resource": "*"}]
    sandbox = started(tmp_path, config, {"nothing-else": nothing_else})
    try:
        one, two = (json.loads(sandbox.run("env", "--json").stdout)["accounts"][name] for name in ("one", "two"))
        client(two, "s3").list_buckets()
        assert client(one, "sts").get_caller_identity()["Account"] == A
        client(one, "dynamodb").create_table(TableName="T", **TABLE)
        refusal = scenario_denied(reader(sandbox), client(one, "s3").list_buckets, by="caller/service_control")
        assert decided(refusal) == ("policies/nothing-else.json (root)", "TablesOnly")
    finally:
        sandbox.run("down")
