"""Team B's application: once a minute, put the time into team A's table, with the role that team A lends."""

import os
import time

import boto3

TABLE = "TestTable"


def handler(_event, _context):
    """Assume team A's role and put one item; its key."""
    credentials = boto3.client("sts").assume_role(RoleArn=os.environ["FOO_ROLE"], RoleSessionName="BarAppSession")[
        "Credentials"
    ]
    table = boto3.client(
        "dynamodb",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
    key = str(time.time())
    table.put_item(TableName=TABLE, Item={"MyPrimaryKey": {"S": key}})
    return key
