"""What the specification's attempts are made on: resources of A, made once for the module and removed after it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from attempts import FUNCTION, allow, trusts, zipped

from harness.accounts import Account
from harness.scenario import Principals

NAME = "specification"


@contextmanager
def shared_resources(a: Account) -> Iterator[dict[str, str]]:
    """Their ARNs and names."""
    with Principals() as principals, ExitStack() as removing:
        yield {
            **_tables(a, removing),
            **_messages(a, removing),
            **_bucket(a, removing),
            **_secrets(a, removing),
            **_function(a, principals, removing),
            **_entities(a, principals, removing),
        }


def _tables(a: Account, removing: ExitStack) -> dict[str, str]:
    client, arns = a.client("dynamodb"), []
    for name in (NAME, f"{NAME}-other"):
        made = client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            Tags=[{"Key": "team", "Value": "blue"}],
        )
        removing.callback(client.delete_table, TableName=name)
        arns.append(made["TableDescription"]["TableArn"])
    return {"table": arns[0], "other table": arns[1]}


def _messages(a: Account, removing: ExitStack) -> dict[str, str]:
    sqs, sns = a.client("sqs"), a.client("sns")
    url = sqs.create_queue(QueueName=NAME)["QueueUrl"]
    removing.callback(sqs.delete_queue, QueueUrl=url)
    topic = sns.create_topic(Name=NAME)["TopicArn"]
    removing.callback(sns.delete_topic, TopicArn=topic)
    return {"queue url": url, "queue": f"arn:aws:sqs:{a.region}:{a.id}:{NAME}", "topic": topic}


def _bucket(a: Account, removing: ExitStack) -> dict[str, str]:
    client, bucket = a.client("s3"), f"{NAME}-of-{a.id}"
    client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": a.region})
    removing.callback(client.delete_bucket, Bucket=bucket)
    removing.callback(partial(_emptied, client, bucket))
    client.put_object(Bucket=bucket, Key="blue/report", Body=b"x", Tagging="team=blue")
    return {"bucket name": bucket, "bucket": f"arn:aws:s3:::{bucket}"}


def _emptied(client, bucket):
    for found in client.list_objects_v2(Bucket=bucket).get("Contents", ()):
        client.delete_object(Bucket=bucket, Key=found["Key"])


def _secrets(a: Account, removing: ExitStack) -> dict[str, str]:
    secrets, kms = a.client("secretsmanager"), a.client("kms")
    secret = secrets.create_secret(Name=f"{NAME}/s", SecretString="x")["ARN"]
    removing.callback(secrets.delete_secret, SecretId=secret, ForceDeleteWithoutRecovery=True)
    key = kms.create_key()["KeyMetadata"]["Arn"]
    removing.callback(kms.schedule_key_deletion, KeyId=key, PendingWindowInDays=7)
    return {"secret": secret, "key": key}


def _function(a: Account, principals: Principals, removing: ExitStack) -> dict[str, str]:
    client = a.client("lambda")
    role = principals.role(
        a, trusts({"Service": "lambda.amazonaws.com"}), allow(["sts:AssumeRole", "logs:*"]), name=f"{NAME}-function"
    )
    made = client.create_function(
        FunctionName=NAME, Runtime="python3.13", Handler="spec.handler", Role=role, Code={"ZipFile": zipped(FUNCTION)}
    )
    removing.callback(client.delete_function, FunctionName=NAME)
    return {"function": made["FunctionArn"], "function role": role}


def _entities(a: Account, principals: Principals, removing: ExitStack) -> dict[str, str]:
    """A user, a role, a policy and groups, which others want to be, or to change."""
    iam = a.client("iam")
    principals.user(a, name=NAME)
    role = principals.role(a, trusts(f"arn:aws:iam::{a.id}:user/deployer"), name=NAME)
    for group in ("administrators", "readers"):
        iam.create_group(GroupName=group)
        removing.callback(iam.delete_group, GroupName=group)
    return {"policy": principals.managed(a, allow("dynamodb:*")), "role": role}
