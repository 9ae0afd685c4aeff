"""What an operation asks for beside its own action: roles, functions, layers, replicas, tags and queues that it reaches for."""

import pytest
from facts import NoFacts

from harness.actions import Operation, calls

A, B, REGION = "111111111111", "222222222222", "us-west-2"
HERE = f"{REGION}:{A}"
ROLE = f"arn:aws:iam::{A}:role/r"
FUNCTION = f"arn:aws:lambda:{HERE}:function:f"
SECRETS = f"arn:aws:secretsmanager:{HERE}:secret"
PARAMETERS = f"arn:aws:ssm:{HERE}:parameter"
TAGS = [{"Key": "team", "Value": "blue"}]


class Facts(NoFacts):
    """Of an account with a replica and a document whose name looks like one of AWS's."""

    def arn(self, kind, name):
        return {
            ("secret", "replica"): f"{SECRETS}:replica-AbCdEf",
            ("primary-secret", "replica"): f"{SECRETS}:replica-AbCdEf".replace(REGION, "eu-west-1"),
            ("document", "AWSOwn"): f"arn:aws:ssm:{HERE}:document/AWSOwn",
        }.get((kind, name))


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
