"""Clients of a sandbox's accounts, and what several modules' tests say in its language."""

import datetime as dt
import io
import itertools
import json
import secrets
import zipfile

import boto3
import botocore.exceptions
import pytest
from botocore import UNSIGNED

A, B, REGION = "111111111111", "222222222222", "us-west-2"


def client(account, service, *, checked=True, region=REGION, **keys):
    """A boto3 client without retries; the account's administrator where no keys are given. `checked`: by boto3 before it sends."""
    config = boto3.session.Config(
        parameter_validation=checked,
        retries={"total_max_attempts": 1},
        s3={"addressing_style": "path"},
    )
    names = ("aws_access_key_id", "aws_secret_access_key")
    keys = keys or {name: account[name] for name in names}
    return boto3.client(service, endpoint_url=account["endpoint_url"], region_name=region, config=config, **keys)


def keyless(account, service):
    """A client that signs nothing."""
    config = boto3.session.Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
    return boto3.client(service, endpoint_url=account["endpoint_url"], region_name=REGION, config=config)


_NUMBERS = itertools.count(1)


def fresh(kind):
    """A name that nothing has yet."""
    return f"{kind}{next(_NUMBERS)}"


def keys_of(given):
    """The keys of a user or of a session, as IAM and STS give them, by boto3's names."""
    names = {
        "aws_access_key_id": "AccessKeyId",
        "aws_secret_access_key": "SecretAccessKey",
        "aws_session_token": "SessionToken",
    }
    return {name: given[key] for name, key in names.items() if key in given}


def refusal(call, *args, **params):
    """Code, status and message of AWS's error."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(*args, **params)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Message"]


def document(*statements):
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    """A statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(service, **more):
    """A trust policy for a service."""
    return document({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole", **more})


OPEN = document({"Effect": "Allow", "Principal": {"AWS": A}, "Action": "sts:AssumeRole"})
"""The trust policy of a role for whomever A's own policies let in."""


def open_role(iam, **more):
    """The name of such a role."""
    name = fresh("Role")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=OPEN, **more)
    return name


def function_code(text):
    """A zip with one module, `f`."""
    return archive("f.py", text)


def archive(name, text, mode=0o644):
    """A zip with one file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = (0o100000 | mode) << 16
        zipped.writestr(entry, text)
    return buffer.getvalue()


def counted(clients, namespace, metric, dimensions):
    """The sum of a metric in the last minutes."""
    now = dt.datetime.now(dt.UTC)
    points = clients("cloudwatch").get_metric_statistics(
        Namespace=namespace, MetricName=metric, Period=60, Statistics=["Sum"],
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - dt.timedelta(minutes=5), EndTime=now + dt.timedelta(minutes=1),
    )["Datapoints"]  # fmt: skip
    return sum(point["Sum"] for point in points)


def whole_lines(journal):
    """The lines of a journal; the last one may still be on its way."""
    return [json.loads(line) for line in journal.read_text().splitlines(keepends=True) if line.endswith("\n")]


class Journals:
    """The journals of a sandbox as they stand in its folder."""

    def __init__(self, sandbox):
        self.state = sandbox.folder.parent / "state"

    def of(self, answer):
        """The lines of the request that was answered so."""
        return self.lines(request_id=answer.headers["x-amzn-requestid"])

    def lines(self, **wanted):
        """Every line with these fields, oldest first."""
        lines = [line for path in self.state.rglob("journal.jsonl") for line in whole_lines(path)]
        found = [line for line in lines if all(line.get(key) == value for key, value in wanted.items())]
        return sorted(found, key=lambda line: line["time"])


def user(clients, *statements):
    """The keys of a new user of the account, with these statements."""
    iam, name = clients("iam"), f"user-{secrets.token_hex(4)}"
    iam.create_user(UserName=name)
    if statements:
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(*statements))
    return keys_of(iam.create_access_key(UserName=name)["AccessKey"])


ROOT = {"Sid": "Root", **allow("kms:*", Principal={"AWS": f"arn:aws:iam::{A}:root"})}
"""A key's statement: A's own policies decide."""
USES = ["kms:GenerateDataKey", "kms:Encrypt", "kms:Decrypt"]
