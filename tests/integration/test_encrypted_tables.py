"""Tables and streams that lie under a key of KMS: who reads or writes them wants the key, too."""

import pytest
from aws import REGION, ROOT, A, B, allow, document, fresh, keys_of, refusal, user

OF_B = {"AWS": f"arn:aws:iam::{B}:root"}
DENIED, KMS_DENIED = ("AccessDeniedException", 400), ("KMSAccessDeniedException", 400)
ITEM = {"k": {"S": "x"}}


@pytest.fixture
def kms_key(a):
    return a("kms").create_key(Policy=document(ROOT, allow("kms:*", Principal=OF_B)))["KeyMetadata"]["Arn"]


@pytest.fixture
def table(a, kms_key):
    """The name of a table under the key."""
    return make_table(a("dynamodb"), {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": kms_key})


def make_table(tables, specification=None, *, name=None):
    name = name or fresh("encrypted-")
    tables.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        **({"SSESpecification": specification} if specification else {}),
    )
    return name


def test_items_want_the_tables_key_to_be_written_and_read(a, kms_key, table, journals):
    blind = a("dynamodb", **user(a, allow("dynamodb:*")))
    sees = a("dynamodb", **user(a, allow("dynamodb:*"), allow("kms:Decrypt", kms_key)))

    code, status, message = refusal(blind.put_item, TableName=table, Item=ITEM)
    assert (code, status) == DENIED
    assert message.startswith("KMS key access denied error: ")
    assert refusal(blind.scan, TableName=table)[:2] == DENIED
    sees.put_item(TableName=table, Item=ITEM)
    assert sees.get_item(TableName=table, Key=ITEM)["Item"] == ITEM
    assert blind.describe_table(TableName=table)["Table"]["SSEDescription"]["KMSMasterKeyArn"] == kms_key
    line = journals.lines(action="kms:Decrypt", resource=kms_key, decision="implicit_deny")[-1]
    assert line["context"]["kms:viaservice"] == f"dynamodb.{REGION}.amazonaws.com"
    assert line["context"]["kms:encryptioncontext:aws:dynamodb:tablename"] == table
    assert line["context"]["kms:encryptioncontext:aws:dynamodb:subscriberid"] == A


def test_a_condition_on_the_encryption_context_is_met_for_its_table_only(a, kms_key, table):
    other = make_table(a("dynamodb"), {"Enabled": True, "KMSMasterKeyId": kms_key})
    only = {"StringEquals": {"kms:EncryptionContext:aws:dynamodb:tableName": table}}
    one = a("dynamodb", **user(a, allow("dynamodb:*"), allow("kms:Decrypt", kms_key, Condition=only)))

    one.put_item(TableName=table, Item=ITEM)
    assert refusal(one.put_item, TableName=other, Item=ITEM)[:2] == DENIED
    both = [{"Put": {"TableName": name, "Item": ITEM}} for name in (table, other)]
    assert refusal(one.transact_write_items, TransactItems=both)[:2] == DENIED


def test_another_account_wants_the_table_and_the_key(a, b, kms_key, table):
    arn = f"arn:aws:dynamodb:{REGION}:{A}:table/{table}"
    shared = allow("dynamodb:PutItem", arn, Principal=OF_B)
    a("dynamodb").put_resource_policy(ResourceArn=arn, Policy=document(shared))
    blind = b("dynamodb", **user(b, allow("dynamodb:*")))
    sees = b("dynamodb", **user(b, allow("dynamodb:*"), allow("kms:*")))

    assert refusal(blind.put_item, TableName=arn, Item=ITEM)[:2] == DENIED
    sees.put_item(TableName=arn, Item=ITEM)
    own = make_table(a("dynamodb"), {"Enabled": True})
    own_arn = f"arn:aws:dynamodb:{REGION}:{A}:table/{own}"
    a("dynamodb").put_resource_policy(
        ResourceArn=own_arn, Policy=document(allow("dynamodb:PutItem", own_arn, Principal=OF_B))
    )
    assert refusal(sees.put_item, TableName=own_arn, Item=ITEM)[:2] == DENIED


def test_what_is_changed_of_another_account_s_table_changes_nothing_of_ones_own(a, b, kms_key, table):
    own = b("kms").create_key()["KeyMetadata"]["Arn"]
    tables = b("dynamodb")
    make_table(tables, {"Enabled": True, "KMSMasterKeyId": own}, name=table)
    arn = f"arn:aws:dynamodb:{REGION}:{A}:table/{table}"
    shared = allow("dynamodb:UpdateTable", arn, Principal=OF_B)
    a("dynamodb").put_resource_policy(ResourceArn=arn, Policy=document(shared))

    tables.update_table(TableName=arn, SSESpecification={"Enabled": False})

    blind, sees = (b("dynamodb", **user(b, allow("dynamodb:*"), *more)) for more in ((), (allow("kms:Decrypt", own),)))
    assert refusal(blind.put_item, TableName=table, Item=ITEM)[:2] == DENIED
    sees.put_item(TableName=table, Item=ITEM)
    a("dynamodb", **user(a, allow("dynamodb:*"))).put_item(TableName=table, Item=ITEM)


def test_a_key_that_is_not_there_is_chosen_by_nobody(a):
    assert refusal(make_table, a("dynamodb"), {"Enabled": True, "KMSMasterKeyId": "alias/none"})[:2] == DENIED


def test_who_chooses_a_key_may_use_it(a, kms_key):
    blind = a("dynamodb", **user(a, allow("dynamodb:*")))
    uses = allow(["kms:DescribeKey", "kms:GenerateDataKey", "kms:Decrypt"], kms_key)
    by_aws = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    may = a("dynamodb", **user(a, allow("dynamodb:*"), uses, allow("kms:CreateGrant", kms_key, Condition=by_aws)))
    under_key = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": kms_key}

    assert refusal(make_table, blind, under_key)[:2] == DENIED
    made = make_table(may, under_key)
    assert refusal(blind.get_item, TableName=made, Key=ITEM)[:2] == DENIED
    plain = make_table(blind)
    blind.put_item(TableName=plain, Item=ITEM)
    assert refusal(blind.update_table, TableName=plain, SSESpecification=under_key)[:2] == DENIED
    may.update_table(TableName=plain, SSESpecification=under_key)
    assert refusal(blind.get_item, TableName=plain, Key=ITEM)[:2] == DENIED
    assert blind.describe_table(TableName=plain)["Table"]["SSEDescription"]["KMSMasterKeyArn"] == kms_key
    blind.update_table(TableName=plain, SSESpecification={"Enabled": False})
    assert blind.get_item(TableName=plain, Key=ITEM)["Item"] == ITEM


def test_an_alias_means_the_key_that_it_meant_when_the_table_was_made(a, kms_key):
    alias, other = fresh("alias/table-"), a("kms").create_key()["KeyMetadata"]["Arn"]
    a("kms").create_alias(AliasName=alias, TargetKeyId=kms_key)
    table = make_table(a("dynamodb"), {"Enabled": True, "KMSMasterKeyId": alias})
    a("kms").update_alias(AliasName=alias, TargetKeyId=other)
    sees = a("dynamodb", **user(a, allow("dynamodb:*"), allow("kms:Decrypt", kms_key)))
    late = a("dynamodb", **user(a, allow("dynamodb:*"), allow("kms:Decrypt", other)))

    sees.put_item(TableName=table, Item=ITEM)
    assert refusal(late.put_item, TableName=table, Item=ITEM)[:2] == DENIED


def test_awss_own_key_is_for_everybody_of_the_account(a):
    tables = a("dynamodb", **user(a, allow("dynamodb:*")))
    name = make_table(tables, {"Enabled": True})

    tables.put_item(TableName=name, Item=ITEM)
    assert tables.get_item(TableName=name, Key=ITEM)["Item"] == ITEM


def test_a_tables_stream_wants_the_tables_key(a, kms_key, table):
    a("dynamodb").put_item(TableName=table, Item=ITEM)
    arn = a("dynamodb").describe_table(TableName=table)["Table"]["LatestStreamArn"]
    blind = a("dynamodbstreams", **user(a, allow("dynamodb:*")))
    sees = a("dynamodbstreams", **user(a, allow("dynamodb:*"), allow("kms:Decrypt", kms_key)))
    (shard,) = blind.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    where = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    iterator = blind.get_shard_iterator(**where)["ShardIterator"]

    assert refusal(blind.get_records, ShardIterator=iterator)[:2] == DENIED
    assert len(sees.get_records(ShardIterator=iterator)["Records"]) == 1


def test_records_want_the_streams_key(a, kms_key):
    stream = fresh("encrypted-")
    a("kinesis").create_stream(StreamName=stream, ShardCount=1)
    a("kinesis").start_stream_encryption(StreamName=stream, EncryptionType="KMS", KeyId=kms_key)
    blind = a("kinesis", **user(a, allow("kinesis:*")))
    writes = a("kinesis", **user(a, allow("kinesis:*"), allow("kms:GenerateDataKey", kms_key)))
    of_stream = {"kms:EncryptionContext:aws:kinesis:arn": f"arn:aws:kinesis:{REGION}:{A}:stream/{stream}"}
    reads = a(
        "kinesis", **user(a, allow("kinesis:*"), allow("kms:Decrypt", kms_key, Condition={"StringEquals": of_stream}))
    )
    record = {"StreamName": stream, "Data": b"x", "PartitionKey": "k"}

    code, status, message = refusal(blind.put_record, **record)
    assert (code, status) == KMS_DENIED
    assert f"kms:GenerateDataKey on resource: {kms_key}" in message
    writes.put_record(**record)
    where = {"StreamName": stream, "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    iterator = blind.get_shard_iterator(**where)["ShardIterator"]
    assert refusal(writes.get_records, ShardIterator=iterator)[:2] == KMS_DENIED
    assert [one["Data"] for one in reads.get_records(ShardIterator=iterator)["Records"]] == [b"x"]
    a("kms").disable_key(KeyId=kms_key)
    assert refusal(writes.put_record, **record)[:2] == ("KMSDisabledException", 400)
    a("kinesis").stop_stream_encryption(StreamName=stream, EncryptionType="KMS", KeyId=kms_key)
    blind.put_record(**record)


def test_a_roles_session_wants_the_key_that_its_items_lie_under(a, kms_key, table):
    """As a function's does: https://github.com/aws/aws-cdk/issues/10010."""
    iam, name = a("iam"), fresh("writer-")
    trusting = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": A}})
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusting)["Role"]["Arn"]
    writes, decrypts = allow("dynamodb:PutItem"), allow("kms:Decrypt", kms_key)
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(writes))
    given = a("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    session = a("dynamodb", **keys_of(given))

    assert refusal(session.put_item, TableName=table, Item=ITEM)[:2] == DENIED
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(writes, decrypts))
    session.put_item(TableName=table, Item=ITEM)
