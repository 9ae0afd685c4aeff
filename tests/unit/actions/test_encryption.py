"""Which keys of KMS a service uses for its caller, for what, and with which encryption context."""

import base64

import pytest
from facts import NoFacts

from harness.actions import Encryption, Operation, calls

A = "111111111111"
PLACE = f"us-west-2:{A}"
KEY = f"arn:aws:kms:{PLACE}:key/12345678-1234-1234-1234-123456789012"
OTHER = f"arn:aws:kms:{PLACE}:key/other"
SECRET = f"arn:aws:secretsmanager:{PLACE}:secret:encrypted-AbCdEf"
QUEUE, TOPIC = f"arn:aws:sqs:{PLACE}:encrypted", f"arn:aws:sns:{PLACE}:encrypted"


class Facts(NoFacts):
    """An account in which `encrypted` names what lies under the key, and `bucketed` what lies under its bucket's."""

    def arn(self, kind, name):
        if kind == "kms-key":
            return name if name.startswith("arn:") else f"arn:aws:kms:{PLACE}:{name}"
        return SECRET if (kind, name) == ("secret", "encrypted") else None

    def encryption(self, kind, *names):
        if any("bucketed" in name for name in names):
            return Encryption(KEY, of_bucket=True)
        if not any("encrypted" in name for name in names):
            return None
        return Encryption(KEY, by_data_key=any("advanced" in name for name in names))

    def secrets(self, filters):
        return [SECRET]

    def parameters_below(self, path, *, deep):
        return ["/p/encrypted", "/p/plain", *(["/p/deep/encrypted"] if deep else [])]


def used(service, name, **params):
    """The calls on keys: action, key, encryption context."""
    prefix = "kms:EncryptionContext:"
    found = []
    for call in calls(Operation(service, service, name, params, "us-west-2", A), Facts()):
        if call.action.startswith("kms:"):
            context = {key.removeprefix(prefix): value for key, value in call.context.items() if key.startswith(prefix)}
            found.append((call.action.removeprefix("kms:"), call.resource, context))
    return found


AWS_S3, AWS_SECRETS, AWS_SSM = (f"arn:aws:kms:{PLACE}:alias/aws/{name}" for name in ("s3", "secretsmanager", "ssm"))
OBJECT, IN_ENCRYPTED, BUCKET = ({"aws:s3:arn": f"arn:aws:s3:::{name}"} for name in ("b/k", "encrypted/k", "bucketed"))
IN_SECRET = {"SecretARN": SECRET}


def parameter(name):
    return {"PARAMETER_ARN": f"arn:aws:ssm:{PLACE}:parameter/{name}"}


IN_B = {"Bucket": "b", "Key": "k"}
S3 = {
    "a plain object": ("GetObject", IN_B, []),
    "an encrypted object": ("GetObject", {"Bucket": "b", "Key": "encrypted"}, [("Decrypt", KEY, {"aws:s3:arn": "arn:aws:s3:::b/encrypted"})]),
    "an object under a bucket key": ("GetObject", {"Bucket": "bucketed", "Key": "k"}, [("Decrypt", KEY, BUCKET)]),
    "its head": ("HeadObject", {"Bucket": "encrypted", "Key": "k"}, []),
    "its head, with the checksum": ("HeadObject", {"Bucket": "encrypted", "Key": "k", "ChecksumMode": "ENABLED"}, [("GenerateDataKey", KEY, IN_ENCRYPTED), ("Decrypt", KEY, IN_ENCRYPTED)]),
    "a new object": ("PutObject", IN_B, []),
    "a new object under AWS's key": ("PutObject", {**IN_B, "ServerSideEncryption": "aws:kms"}, [("GenerateDataKey", AWS_S3, OBJECT)]),
    "a new object under a key": ("PutObject", {**IN_B, "ServerSideEncryption": "aws:kms:dsse", "SSEKMSKeyId": OTHER}, [("GenerateDataKey", OTHER, OBJECT)]),
    "a new object with a bucket key": ("PutObject", {**IN_B, "ServerSideEncryption": "aws:kms", "BucketKeyEnabled": True}, [("GenerateDataKey", AWS_S3, {"aws:s3:arn": "arn:aws:s3:::b"})]),
    "the bucket's default": ("PutObject", {"Bucket": "encrypted", "Key": "k"}, [("GenerateDataKey", KEY, IN_ENCRYPTED)]),
    "the bucket's default under its key": ("CreateMultipartUpload", {"Bucket": "bucketed", "Key": "k"}, [("GenerateDataKey", KEY, BUCKET)]),
    "another than the default": ("PutObject", {"Bucket": "encrypted", "Key": "k", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": OTHER}, [("GenerateDataKey", OTHER, IN_ENCRYPTED)]),
    "none in spite of the default": ("PutObject", {"Bucket": "encrypted", "Key": "k", "ServerSideEncryption": "AES256"}, []),
    "the client's own key": ("PutObject", {"Bucket": "encrypted", "Key": "k", "SSECustomerAlgorithm": "AES256"}, []),
    "a copy": ("CopyObject", {**IN_B, "CopySource": "encrypted/k", "ServerSideEncryption": "aws:kms"}, [("Decrypt", KEY, IN_ENCRYPTED), ("GenerateDataKey", AWS_S3, OBJECT)]),
    "a copy of nothing": ("CopyObject", {**IN_B, "CopySource": "x"}, []),
    "a part": ("UploadPart", {**IN_B, "UploadId": "encrypted"}, [("Decrypt", KEY, OBJECT)]),
    "a part of a plain upload": ("UploadPart", {**IN_B, "UploadId": "x"}, []),
    "all parts": ("CompleteMultipartUpload", {**IN_B, "UploadId": "encrypted"}, []),
    "all parts, with a checksum": ("CompleteMultipartUpload", {**IN_B, "UploadId": "encrypted", "ChecksumSHA256": "x"}, [("Decrypt", KEY, OBJECT)]),
    "all parts, each with a checksum": ("CompleteMultipartUpload", {**IN_B, "UploadId": "encrypted", "MultipartUpload": {"Parts": [{"ChecksumSHA256": "x"}]}}, [("Decrypt", KEY, OBJECT)]),
    "a copied part": ("UploadPartCopy", {**IN_B, "UploadId": "x", "CopySource": "encrypted/k"}, [("Decrypt", KEY, IN_ENCRYPTED)]),
}  # fmt: skip
WRITTEN = [("GenerateDataKey", KEY, IN_SECRET), ("Decrypt", KEY, IN_SECRET)]
SECRETS = {
    "read": ("GetSecretValue", {"SecretId": "encrypted"}, [("Decrypt", KEY, IN_SECRET)]),
    "read that is not there": ("GetSecretValue", {"SecretId": "x"}, []),
    "several": ("BatchGetSecretValue", {"SecretIdList": ["encrypted", "x"]}, [("Decrypt", KEY, IN_SECRET)]),
    "found": ("BatchGetSecretValue", {"Filters": [{"Key": "name", "Values": ["e"]}]}, [("Decrypt", KEY, IN_SECRET)]),
    "written": ("PutSecretValue", {"SecretId": "encrypted", "SecretString": "x"}, WRITTEN),
    "made": ("CreateSecret", {"Name": "s", "SecretString": "x"}, [("GenerateDataKey", AWS_SECRETS, {}), ("Decrypt", AWS_SECRETS, {})]),
    "made under a key": ("CreateSecret", {"Name": "s", "SecretBinary": b"x", "KmsKeyId": OTHER}, [("GenerateDataKey", OTHER, {}), ("Decrypt", OTHER, {})]),
    "made empty": ("CreateSecret", {"Name": "s", "KmsKeyId": OTHER}, []),
    "described anew": ("UpdateSecret", {"SecretId": "encrypted", "Description": "x"}, []),
    "changed": ("UpdateSecret", {"SecretId": "encrypted", "SecretString": "x"}, WRITTEN),
    "put under another key": ("UpdateSecret", {"SecretId": "encrypted", "KmsKeyId": OTHER}, [("Decrypt", KEY, IN_SECRET), ("GenerateDataKey", OTHER, IN_SECRET), ("Decrypt", OTHER, IN_SECRET)]),
}  # fmt: skip
PARAMETERS = {
    "read": ("GetParameter", {"Name": "/encrypted", "WithDecryption": True}, [("Decrypt", KEY, parameter("encrypted"))]),
    "read as it is": ("GetParameter", {"Name": "/encrypted"}, []),
    "several": ("GetParameters", {"Names": ["/plain", "/encrypted"], "WithDecryption": True}, [("Decrypt", KEY, parameter("encrypted"))]),
    "of a path": ("GetParametersByPath", {"Path": "/p", "WithDecryption": True}, [("Decrypt", KEY, parameter("p/encrypted"))]),
    "of all paths below": ("GetParametersByPath", {"Path": "/p", "WithDecryption": True, "Recursive": True}, [("Decrypt", KEY, parameter("p/encrypted")), ("Decrypt", KEY, parameter("p/deep/encrypted"))]),
    "a secret": ("GetParameter", {"Name": "/aws/reference/secretsmanager/encrypted", "WithDecryption": True}, [("Decrypt", KEY, IN_SECRET)]),
    "a version of a secret": ("GetParameter", {"Name": "/aws/reference/secretsmanager/encrypted:AWSPREVIOUS"}, [("Decrypt", KEY, IN_SECRET)]),
    "the history of a secret": ("GetParameterHistory", {"Name": "/aws/reference/secretsmanager/encrypted"}, [("Decrypt", KEY, IN_SECRET)]),
    "a secret, as it is": ("GetParameters", {"Names": ["/aws/reference/secretsmanager/encrypted"]}, [("Decrypt", KEY, IN_SECRET)]),
    "a text": ("PutParameter", {"Name": "p", "Type": "String"}, []),
    "made": ("PutParameter", {"Name": "p", "Type": "SecureString"}, [("Encrypt", AWS_SSM, parameter("p"))]),
    "made under a key": ("PutParameter", {"Name": "p", "Type": "SecureString", "KeyId": OTHER, "Tier": "Advanced"}, [("GenerateDataKey", OTHER, parameter("p"))]),
    "changed": ("PutParameter", {"Name": "encrypted", "Type": "SecureString"}, [("Encrypt", KEY, parameter("encrypted"))]),
    "overwritten": ("PutParameter", {"Name": "encrypted", "Overwrite": True}, [("Encrypt", KEY, parameter("encrypted"))]),
    "overwritten, an advanced one": ("PutParameter", {"Name": "encrypted-advanced", "Overwrite": True}, [("GenerateDataKey", KEY, parameter("encrypted-advanced"))]),
    "overwritten, a text": ("PutParameter", {"Name": "p", "Overwrite": True}, []),
    "its history": ("GetParameterHistory", {"Name": "encrypted", "WithDecryption": True}, [("Decrypt", KEY, parameter("encrypted"))] * 2),
}  # fmt: skip
IN_QUEUE, IN_TOPIC = {"aws:sqs:arn": QUEUE}, {"aws:sns:topicArn": TOPIC}
MESSAGES = {
    "sent": ("sqs", "SendMessage", {"QueueUrl": f"http://host/{A}/encrypted"}, [("GenerateDataKey", KEY, IN_QUEUE), ("Decrypt", KEY, IN_QUEUE)]),
    "received": ("sqs", "ReceiveMessage", {"QueueUrl": f"http://host/{A}/encrypted"}, [("Decrypt", KEY, IN_QUEUE)]),
    "deleted": ("sqs", "DeleteMessage", {"QueueUrl": f"http://host/{A}/encrypted"}, []),
    "of no queue": ("sqs", "SendMessage", {"QueueUrl": "x"}, []),
    "sent by name": ("sqs", "ReceiveMessage", {"QueueUrl": "encrypted"}, [("Decrypt", KEY, {})]),
    "moved": ("sqs", "StartMessageMoveTask", {"SourceArn": QUEUE, "DestinationArn": f"arn:aws:sqs:{PLACE}:q"}, [("Decrypt", KEY, IN_QUEUE)]),
    "sent in plain": ("sqs", "SendMessage", {"QueueUrl": f"http://host/{A}/q"}, []),
    "published": ("sns", "PublishBatch", {"TopicArn": TOPIC}, [("GenerateDataKey", KEY, IN_TOPIC), ("Decrypt", KEY, IN_TOPIC)]),
    "published in plain": ("sns", "Publish", {"PhoneNumber": "1"}, []),
}  # fmt: skip


IN_TABLE = {"aws:dynamodb:tableName": "encrypted", "aws:dynamodb:subscriberId": A}
STREAM = f"arn:aws:kinesis:{PLACE}:stream/encrypted"
IN_STREAM, ITERATOR = {"aws:kinesis:arn": STREAM}, base64.b64encode(b"encrypted:shardId-0:1").decode()


def chosen(key):
    """Neither DescribeKey nor CreateGrant has an encryption context."""
    return [
        ("DescribeKey", key, {}),
        ("CreateGrant", key, {}),
        ("GenerateDataKey", key, IN_TABLE),
        ("Decrypt", key, IN_TABLE),
    ]


OF_TABLE = ("Decrypt", KEY, IN_TABLE)
TABLES = {
    "written": ("dynamodb", "PutItem", {"TableName": "encrypted", "Item": {}}, [OF_TABLE]),
    "read by its ARN": ("dynamodb", "Query", {"TableName": f"arn:aws:dynamodb:{PLACE}:table/encrypted"}, [OF_TABLE]),
    "plain": ("dynamodb", "PutItem", {"TableName": "plain", "Item": {}}, []),
    "described": ("dynamodb", "DescribeTable", {"TableName": "encrypted"}, []),
    "one of several": ("dynamodb", "BatchGetItem", {"RequestItems": {"plain": {}, "encrypted": {}}}, [OF_TABLE]),
    "twice": ("dynamodb", "TransactWriteItems", {"TransactItems": [{"Put": {"TableName": "encrypted"}}, {"Delete": {"TableName": "encrypted"}}]}, [OF_TABLE]),
    "selected from": ("dynamodb", "ExecuteStatement", {"Statement": 'SELECT * FROM "encrypted"'}, [OF_TABLE]),
    "followed": ("dynamodbstreams", "GetRecords", {"ShardIterator": f"arn:aws:dynamodb:{PLACE}:table/encrypted/stream/x|1|y"}, [OF_TABLE]),
    "made": ("dynamodb", "CreateTable", {"TableName": "encrypted", "SSESpecification": {"Enabled": True, "KMSMasterKeyId": OTHER}}, chosen(OTHER)),
    "made under AWS's own": ("dynamodb", "UpdateTable", {"TableName": "encrypted", "SSESpecification": {"Enabled": True}}, chosen(f"arn:aws:kms:{PLACE}:alias/aws/dynamodb")),
    "made in plain": ("dynamodb", "CreateTable", {"TableName": "encrypted", "SSESpecification": {"Enabled": False}}, []),
    "put into a stream": ("kinesis", "PutRecord", {"StreamName": "encrypted"}, [("GenerateDataKey", KEY, IN_STREAM)]),
    "put into a plain stream": ("kinesis", "PutRecords", {"StreamName": "s"}, []),
    "got from a stream": ("kinesis", "GetRecords", {"ShardIterator": ITERATOR}, [("Decrypt", KEY, IN_STREAM)]),
    "subscribed to": ("kinesis", "SubscribeToShard", {"ConsumerARN": f"{STREAM}/consumer/c:1"}, [("Decrypt", KEY, IN_STREAM)]),
}  # fmt: skip


CODE = {"S3Bucket": "encrypted", "S3Key": "k"}
FUNCTIONS = {
    "made": ("CreateFunction", {"FunctionName": "f", "Code": CODE}, [("Decrypt", KEY, IN_ENCRYPTED)]),
    "changed": ("UpdateFunctionCode", {"FunctionName": "f", **CODE}, [("Decrypt", KEY, IN_ENCRYPTED)]),
    "layered": ("PublishLayerVersion", {"LayerName": "l", "Content": CODE}, [("Decrypt", KEY, IN_ENCRYPTED)]),
    "brought along": ("CreateFunction", {"FunctionName": "f", "Code": {"ZipFile": b"x"}}, []),
}  # fmt: skip


@pytest.mark.parametrize("what", S3)
def test_objects(what):
    name, params, expected = S3[what]

    assert used("s3", name, **params) == expected


@pytest.mark.parametrize("what", SECRETS)
def test_secrets(what):
    name, params, expected = SECRETS[what]

    assert used("secretsmanager", name, **params) == expected


@pytest.mark.parametrize("what", PARAMETERS)
def test_parameters(what):
    name, params, expected = PARAMETERS[what]

    assert used("ssm", name, **params) == expected


@pytest.mark.parametrize("what", MESSAGES)
def test_messages(what):
    service, name, params, expected = MESSAGES[what]

    assert used(service, name, **params) == expected


@pytest.mark.parametrize("what", FUNCTIONS)
def test_code(what):
    name, params, expected = FUNCTIONS[what]

    assert used("lambda", name, **params) == expected


@pytest.mark.parametrize("what", TABLES)
def test_tables_and_streams(what):
    service, name, params, expected = TABLES[what]

    assert used(service, name, **params) == expected


def test_of_a_grant_that_a_service_asks_for_only_the_service_knows_more():
    specification = {"Enabled": True, "KMSMasterKeyId": KEY}
    params = {"TableName": "t", "SSESpecification": specification}
    made = calls(Operation("dynamodb", "dynamodb", "CreateTable", params, "us-west-2", A), Facts())
    (grant,) = [call for call in made if call.action == "kms:CreateGrant"]

    assert grant.context["kms:GrantIsForAWSResource"] == "true"
    assert not {"kms:grantoperations", "kms:granteeprincipal", "kms:encryptioncontext:"} & grant.modelled


def test_the_service_says_that_it_asks():
    *_, call = calls(Operation("s3", "s3", "GetObject", {"Bucket": "b", "Key": "encrypted"}, "us-west-2", A), Facts())

    assert call.via == "s3.amazonaws.com"
    assert call.context["kms:ViaService"] == "s3.us-west-2.amazonaws.com"
    assert call.context["kms:CallerAccount"] == A
    assert call.context["kms:EncryptionContextKeys"] == ("aws:s3:arn",)
    assert "kms:encryptioncontext:" in call.modelled


def test_what_is_not_made_yet_has_an_unknown_encryption_context():
    made = calls(
        Operation(
            "secretsmanager", "secretsmanager", "CreateSecret", {"Name": "s", "SecretString": "x"}, "us-west-2", A
        ),
        Facts(),
    )

    assert not {"kms:encryptioncontext:", "kms:encryptioncontextkeys"} & made[-1].modelled
