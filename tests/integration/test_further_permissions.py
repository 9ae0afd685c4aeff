"""What a request reaches for beside its own resource: who may not have that is refused, and may be let in to it."""

import json
from functools import partial

import pytest
from aws import REGION, A, allow, client, fresh, function_code, refusal, trust, user

ELSEWHERE = "us-east-1"
BLUE = [{"Key": "team", "Value": "blue"}]
ACCOUNT = f"{REGION}:{A}"


def deny(action, resource="*", **more):
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def assert_refused(call, action, resource, **params):
    """The call is refused for want of this action on this resource."""
    _, status, message = refusal(call, **params)
    assert status in {400, 403}
    assert f"is not authorized to perform: {action} on resource: {resource}" in message


# Tags of sessions


def test_a_federated_user_gets_tags_from_whom_may_tag_sessions(a, journals):
    federated, federate = f"arn:aws:sts::{A}:federated-user/fed", allow("sts:GetFederationToken")
    tag = allow("sts:TagSession", federated, Condition={"StringEquals": {"aws:RequestTag/team": "blue"}})
    without, with_ = a("sts", **user(a, federate)), a("sts", **user(a, federate, tag))
    red = [{"Key": "team", "Value": "red"}]

    assert_refused(without.get_federation_token, "sts:TagSession", federated, Name="fed", Tags=BLUE)
    assert_refused(with_.get_federation_token, "sts:TagSession", federated, Name="fed", Tags=red)
    assert_refused(with_.get_federation_token, "sts:TagSession", f"{federated}x", Name="fedx", Tags=BLUE)
    without.get_federation_token(Name="fed")
    with_.get_federation_token(Name="fed", Tags=BLUE)
    (line,) = journals.lines(action="sts:TagSession", decision="implicit_deny")[:1]
    assert line["because"][0]["layer"] == "identity"


# Secrets Manager


def test_a_secret_is_replicated_where_it_is_made_by_whom_may_replicate(a):
    made = {"SecretString": "x", "AddReplicaRegions": [{"Region": ELSEWHERE}]}
    create, arns = allow("secretsmanager:CreateSecret"), f"arn:aws:secretsmanager:{ACCOUNT}:secret"
    name = fresh("secret")
    without = a("secretsmanager", **user(a, create))
    with_ = a(
        "secretsmanager", **user(a, create, allow("secretsmanager:ReplicateSecretToRegions", f"{arns}:{name}-??????"))
    )

    assert_refused(
        without.create_secret, "secretsmanager:ReplicateSecretToRegions", f"{arns}:{name}", Name=name, **made
    )
    without.create_secret(Name=fresh("secret"), SecretString="x")
    with_.create_secret(Name=name, **made)


def test_a_replica_is_at_home_in_its_primarys_region(a):
    name = fresh("secret")
    a("secretsmanager").create_secret(Name=name, SecretString="x", AddReplicaRegions=[{"Region": ELSEWHERE}])
    home = {"StringEquals": {"secretsmanager:SecretPrimaryRegion": REGION}}
    there = {"StringEquals": {"secretsmanager:SecretPrimaryRegion": ELSEWHERE}}
    every = allow("secretsmanager:*")
    barred, free = (
        user(a, every, deny("secretsmanager:*", Condition=home)),
        user(a, every, deny("secretsmanager:*", Condition=there)),
    )

    for region in (REGION, ELSEWHERE):
        assert (
            refusal(a("secretsmanager", region=region, **barred).get_secret_value, SecretId=name)[0]
            == "AccessDeniedException"
        )
        assert a("secretsmanager", region=region, **free).get_secret_value(SecretId=name)["SecretString"] == "x"


# Lambda


def test_a_function_gets_layers_from_whom_may_read_them(a, here):
    root = a("lambda")
    layer = root.publish_layer_version(LayerName=fresh("layer"), Content={"ZipFile": function_code("")})[
        "LayerVersionArn"
    ]
    passed = here.role("lambda")
    base = [allow(["lambda:CreateFunction", "lambda:UpdateFunctionConfiguration"]), allow("iam:PassRole")]
    without, with_ = (
        a("lambda", **user(a, *base)),
        a("lambda", **user(a, *base, allow("lambda:GetLayerVersion", layer))),
    )
    code = {"Runtime": "python3.13", "Handler": "f.handler", "Role": passed, "Code": {"ZipFile": function_code("")}}
    plain = fresh("function")

    assert_refused(
        without.create_function, "lambda:GetLayerVersion", layer, FunctionName=fresh("f"), Layers=[layer], **code
    )
    with_.create_function(FunctionName=fresh("function"), Layers=[layer], **code)
    without.create_function(FunctionName=plain, **code)
    root.get_waiter("function_active_v2").wait(FunctionName=plain)
    changed = {"FunctionName": plain, "Layers": [layer]}
    assert_refused(without.update_function_configuration, "lambda:GetLayerVersion", layer, **changed)
    with_.update_function_configuration(**changed)
    assert root.get_function_configuration(FunctionName=plain)["Layers"][0]["Arn"] == layer


def test_a_layer_of_another_accounts_is_refused(a, b, here):
    layer = b("lambda").publish_layer_version(LayerName=fresh("layer"), Content={"ZipFile": function_code("")})[
        "LayerVersionArn"
    ]
    code = {
        "Runtime": "python3.13",
        "Handler": "f.handler",
        "Role": here.role("lambda"),
        "Code": {"ZipFile": function_code("")},
    }

    assert_refused(
        a("lambda").create_function, "lambda:GetLayerVersion", layer, FunctionName=fresh("f"), Layers=[layer], **code
    )


# Systems Manager


def test_a_command_of_awss_is_in_no_account(a):
    run, instance = "AWS-RunShellScript", "i-12345678901234567"
    of_aws, of_account = f"arn:aws:ssm:{REGION}::document/{run}", f"arn:aws:ssm:{ACCOUNT}:document/{run}"
    on = allow("ssm:SendCommand", f"arn:aws:ec2:{ACCOUNT}:instance/{instance}")
    sent = {"InstanceIds": [instance], "Parameters": {"commands": ["true"]}}

    for named in (run, of_account):
        shut = a("ssm", **user(a, allow("ssm:SendCommand"), deny("ssm:SendCommand", of_aws)))
        assert_refused(shut.send_command, "ssm:SendCommand", of_aws, DocumentName=named, **sent)
    wrong = a("ssm", **user(a, on, allow("ssm:SendCommand", of_account)))
    assert_refused(wrong.send_command, "ssm:SendCommand", of_aws, DocumentName=run, **sent)
    a("ssm", **user(a, on, allow("ssm:SendCommand", of_aws))).send_command(DocumentName=run, **sent)


def test_a_document_of_the_accounts_is_its_own_whatever_its_name(a):
    content = json.dumps({"schemaVersion": "2.2", "description": "d", "mainSteps": []})
    for name in (fresh("Document"), fresh("AWSDocument")):
        a("ssm").create_document(Name=name, Content=content, DocumentType="Command")
        own = f"arn:aws:ssm:{ACCOUNT}:document/{name}"
        shut = a("ssm", **user(a, allow("ssm:*"), deny("ssm:*", own)))

        assert_refused(shut.get_document, "ssm:GetDocument", own, Name=name)
        assert a("ssm", **user(a, allow("ssm:*", own))).get_document(Name=name)["Name"] == name


def test_a_path_is_decided_with_the_slash_that_it_ends_with(a):
    top = fresh("app")
    a("ssm").put_parameter(Name=f"/{top}/x", Value="v", Type="String")
    arn = f"arn:aws:ssm:{ACCOUNT}:parameter/{top}"
    read = "ssm:GetParametersByPath"
    below, itself = a("ssm", **user(a, allow(read, f"{arn}/*"))), a("ssm", **user(a, allow(read, arn)))

    assert [one["Value"] for one in below.get_parameters_by_path(Path=f"/{top}/")["Parameters"]] == ["v"]
    assert_refused(below.get_parameters_by_path, read, arn, Path=f"/{top}")
    assert [one["Value"] for one in itself.get_parameters_by_path(Path=f"/{top}")["Parameters"]] == ["v"]
    assert_refused(itself.get_parameters_by_path, read, f"{arn}/", Path=f"/{top}/")
    for shut, paths in ((f"{arn}*", ("", "/")), (f"{arn}/*", ("/",)), (f"{arn}/", ("/",))):
        barred = a("ssm", **user(a, allow(read), deny(read, shut)))
        for end in paths:
            assert_refused(barred.get_parameters_by_path, read, f"{arn}{end}", Path=f"/{top}{end}", Recursive=True)
    # A name with a slash at its end stays none.
    assert refusal(a("ssm").get_parameter, Name=f"/{top}/x/")[0] == "ValidationException"


# Roles that are handed over


PASS = "iam:PassRole"


def test_a_role_is_passed_also_where_nothing_is_known_of_the_operation(a, here, journals):
    passed, bucket = here.role("firehose"), fresh("bucket")
    a("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    every = allow(["firehose:*", "config:*"])
    without, with_ = user(a, every), user(a, every, allow(PASS, passed))
    to_anyone = user(
        a, every, allow(PASS, Condition={"StringEquals": {"iam:PassedToService": "firehose.amazonaws.com"}})
    )
    to_bucket = {"RoleARN": passed, "BucketARN": f"arn:aws:s3:::{bucket}"}
    recorder = {"ConfigurationRecorder": {"name": "default", "roleARN": passed}}

    def stream(keys):
        return {"DeliveryStreamName": fresh("stream"), "ExtendedS3DestinationConfiguration": to_bucket}, a(
            "firehose", **keys
        )

    for keys in (without, to_anyone):
        params, firehose = stream(keys)
        assert_refused(firehose.create_delivery_stream, PASS, passed, **params)
        assert_refused(a("config", **keys).put_configuration_recorder, PASS, passed, **recorder)
    params, firehose = stream(with_)
    firehose.create_delivery_stream(**params)
    a("config", **with_).put_configuration_recorder(**recorder)
    line = journals.lines(action=PASS, resource=passed, decision="implicit_deny")[0]
    assert "iam:passedtoservice" not in line["modelled"]


def test_an_instances_profile_passes_its_role(a, here):
    passed, profile = here.role("ec2"), fresh("profile")
    made = a("iam").create_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Arn"]
    a("iam").add_role_to_instance_profile(InstanceProfileName=profile, RoleName=passed.rpartition("/")[2])
    every = allow("ec2:*")
    to_ec2 = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    to_lambda = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    without, wrong = (a("ec2", **user(a, every, *more)) for more in ((), (allow(PASS, passed, Condition=to_lambda),)))
    with_ = a("ec2", **user(a, every, allow(PASS, passed, Condition=to_ec2)))
    image = {"ImageId": "ami-12c6146b", "MinCount": 1, "MaxCount": 1}

    for ec2 in (without, wrong):
        for named in ({"Name": profile}, {"Arn": made}):
            assert PASS in decoded(a, refusal(ec2.run_instances, IamInstanceProfile=named, **image))
    without.run_instances(**image)
    instance = with_.run_instances(IamInstanceProfile={"Name": profile}, **image)["Instances"][0]["InstanceId"]
    (held,) = a("ec2").describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
    given = {"IamInstanceProfile": {"Arn": made}, "AssociationId": held["AssociationId"]}
    assert PASS in decoded(a, refusal(without.replace_iam_instance_profile_association, **given))
    assert held["InstanceId"] == instance
    other = without.run_instances(**image)["Instances"][0]["InstanceId"]
    given = {"IamInstanceProfile": {"Name": profile}, "InstanceId": other}
    assert PASS in decoded(a, refusal(without.associate_iam_instance_profile, **given))
    with_.associate_iam_instance_profile(**given)


def decoded(a, refusal_):
    """What EC2 says of a refusal, in the clear."""
    code, _, message = refusal_
    assert code == "UnauthorizedOperation"
    encoded = message.partition("Encoded authorization failure message: ")[2]
    return a("sts").decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"] if encoded else message


# The tagging API


def test_who_tags_by_the_tagging_api_may_tag_by_the_resources_service(a):
    table = fresh("table")
    made = a("dynamodb").create_table(
        TableName=table, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
    )["TableDescription"]["TableArn"]  # fmt: skip
    every = allow(["tag:TagResources", "tag:UntagResources"])
    blue = allow("dynamodb:TagResource", made, Condition={"StringEquals": {"aws:RequestTag/team": "blue"}})
    without, with_ = (a("resourcegroupstaggingapi", **user(a, every, *more)) for more in ((), (blue,)))

    def tags():
        return a("dynamodb").list_tags_of_resource(ResourceArn=made)["Tags"]

    named = {"ResourceARNList": [made]}
    assert_refused(without.tag_resources, "dynamodb:TagResource", made, Tags={"team": "blue"}, **named)
    assert_refused(with_.tag_resources, "dynamodb:TagResource", made, Tags={"team": "red"}, **named)
    assert_refused(with_.untag_resources, "dynamodb:UntagResource", made, TagKeys=["team"], **named)
    assert tags() == []
    assert with_.tag_resources(Tags={"team": "blue"}, **named)["FailedResourcesMap"] == {}
    assert tags() == [{"Key": "team", "Value": "blue"}]


def test_the_tagging_api_reaches_no_other_account(a, b):
    arn = f"arn:aws:dynamodb:{ACCOUNT}:table/t"

    assert_refused(
        b("resourcegroupstaggingapi").tag_resources, "dynamodb:TagResource", arn, ResourceARNList=[arn], Tags={"x": "y"}
    )


# Messages that go back


def test_messages_go_back_by_whom_may_send_to_the_queues_that_they_came_from(a, journals):
    sqs, names = a("sqs"), {kind: fresh(kind) for kind in ("dead", "source", "former")}
    arns = {kind: f"arn:aws:sqs:{ACCOUNT}:{name}" for kind, name in names.items()}
    policy = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": arns["dead"], "maxReceiveCount": 1})}
    urls = {"dead": sqs.create_queue(QueueName=names["dead"])["QueueUrl"]}
    for kind in ("source", "former"):
        urls[kind] = sqs.create_queue(QueueName=names[kind], Attributes=policy)["QueueUrl"]
        sqs.send_message(QueueUrl=urls[kind], MessageBody=kind)
        for _ in range(2):
            sqs.receive_message(QueueUrl=urls[kind], VisibilityTimeout=0)
    sqs.set_queue_attributes(QueueUrl=urls["former"], Attributes={"RedrivePolicy": ""})
    take = allow(
        ["sqs:StartMessageMoveTask", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], arns["dead"]
    )

    def may(*kinds):
        return a("sqs", **user(a, take, *(allow("sqs:SendMessage", arns[kind]) for kind in kinds)))

    moved = {"SourceArn": arns["dead"]}
    assert counted(sqs, urls["dead"]) == 2
    for kinds, missing in (((), "source"), (("former",), "source"), (("source",), "former")):
        assert refusal(may(*kinds).start_message_move_task, **moved)[1] == 403
        assert journals.lines(action="sqs:SendMessage", resource=arns[missing], decision="implicit_deny")
    assert counted(sqs, urls["dead"]) == 2
    may("source", "former").start_message_move_task(**moved)
    for kind in ("source", "former"):
        (message,) = sqs.receive_message(QueueUrl=urls[kind], WaitTimeSeconds=10)["Messages"]
        assert message["Body"] == kind


def counted(sqs, url):
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    return int(attributes["ApproximateNumberOfMessages"])


# Tasks that are answered


def machine(a, role, **task):
    """Runs a new state machine of one task: its ARN."""
    definition = {"StartAt": "T", "States": {"T": {"Type": "Task", "End": True, **task}}}
    states = a("stepfunctions")
    arn = states.create_state_machine(name=fresh("machine"), roleArn=role, definition=json.dumps(definition))[
        "stateMachineArn"
    ]
    states.start_execution(stateMachineArn=arn)
    return arn


def test_an_activitys_task_is_answered_by_whom_may_answer_the_activity(a, here):
    states = a("stepfunctions")
    activity, other = (states.create_activity(name=fresh("activity"))["activityArn"] for _ in range(2))
    arn = machine(a, here.role("states"), Resource=activity, HeartbeatSeconds=600)
    token = {"taskToken": states.get_activity_task(activityArn=activity)["taskToken"]}
    answers = ["states:SendTaskSuccess", "states:SendTaskFailure", "states:SendTaskHeartbeat"]
    barred = a("stepfunctions", **user(a, allow(answers), deny(answers, activity)))
    machines, others = (a("stepfunctions", **user(a, allow(answers, on))) for on in (arn, other))

    for states in (barred, machines, others):
        assert_refused(states.send_task_success, answers[0], activity, output="{}", **token)
        assert_refused(states.send_task_failure, answers[1], activity, **token)
        assert_refused(states.send_task_heartbeat, answers[2], activity, **token)
    may = a("stepfunctions", **user(a, allow(answers, activity)))
    may.send_task_heartbeat(**token)
    may.send_task_success(output="{}", **token)


def test_a_callback_is_answered_by_whom_may_answer_the_state_machine(a, here):
    queue = a("sqs").create_queue(QueueName=fresh("queue"))["QueueUrl"]
    body = {"QueueUrl": queue, "MessageBody.$": "$$.Task.Token"}
    waits = {"Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": body}
    arn = machine(a, here.role("states", allow("sqs:SendMessage")), **waits)
    (message,) = a("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=10)["Messages"]
    token, answer = {"taskToken": message["Body"]}, "states:SendTaskSuccess"
    barred, other = (
        a("stepfunctions", **user(a, *statements))
        for statements in ((allow(answer), deny(answer, arn)), (allow(answer, f"{arn}2"),))
    )

    assert_refused(barred.send_task_success, answer, arn, output="{}", **token)
    assert_refused(other.send_task_success, answer, arn, output="{}", **token)
    may = a("stepfunctions", **user(a, allow(answer, arn)))
    assert_refused(may.send_task_success, answer, "*", output="{}", taskToken="nobody's")
    may.send_task_success(output="{}", **token)


def test_who_reveals_the_secrets_of_a_test_may_do_so(a, here):
    passed = here.role("states")
    tested = {"definition": json.dumps({"Type": "Pass", "End": True}), "roleArn": passed, "inspectionLevel": "TRACE"}
    base = [allow("states:TestState"), allow(PASS)]
    without, with_ = (a("stepfunctions", **user(a, *base, *more)) for more in ((), (allow("states:RevealSecrets"),)))
    for states in (without, with_):
        states.meta.config.inject_host_prefix = False  # the sandbox has no host `sync-127.0.0.1`

    assert_refused(without.test_state, "states:RevealSecrets", "*", revealSecrets=True, **tested)
    for states, reveal in ((without, False), (with_, True)):
        assert states.test_state(revealSecrets=reveal, **tested)["status"] == "SUCCEEDED"


def test_a_windows_command_is_given_a_role_by_whom_may_pass_it(a, here):
    window = a("ssm").create_maintenance_window(
        Name=fresh("window"), Schedule="rate(1 hour)", Duration=2, Cutoff=1, AllowUnassociatedTargets=True
    )["WindowId"]
    passed = here.role("ssm")
    command = {"RunCommand": {"ServiceRoleArn": passed}}
    task = {
        "WindowId": window,
        "TaskArn": "AWS-RunShellScript",
        "TaskType": "RUN_COMMAND",
        "TaskInvocationParameters": command,
    }
    without, with_ = (a("ssm", **user(a, allow("ssm:*"), *more)) for more in ((), (allow(PASS, passed),)))

    assert_refused(without.register_task_with_maintenance_window, PASS, passed, **task)
    with_.register_task_with_maintenance_window(**task)


# Telephones


def test_a_telephone_is_no_topic(a):
    number, publish = "+4915112345678", "sns:Publish"
    sms = {"PhoneNumber": number, "Message": "m"}
    beside = {"Effect": "Allow", "Action": publish, "NotResource": "arn:aws:sns:*:*:*"}

    for statements in ((allow(publish), deny(publish, "arn:aws:sns:*:*:*")), (beside,)):
        a("sns", **user(a, *statements)).publish(**sms)
    shut = {"Effect": "Deny", "Action": publish, "NotResource": "arn:aws:sns:*:*:*"}
    for statements in ((allow(publish, "arn:aws:sns:*:*:*"),), (allow(publish), shut)):
        assert refusal(a("sns", **user(a, *statements)).publish, **sms)[0] == "AuthorizationError"


# Rotation


@pytest.mark.parametrize("owner", ["one", "two"])
def test_who_rotates_a_secret_may_invoke_the_function(accounts, a, owner):
    clients, function = partial(client, accounts[owner]), fresh("function")
    name = fresh("role")
    runs = clients("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))["Role"][
        "Arn"
    ]
    arn = clients("lambda").create_function(
        FunctionName=function, Runtime="python3.13", Handler="f.handler", Role=runs,
        Code={"ZipFile": function_code("def handler(event, context):\n    return {}\n")},
    )["FunctionArn"]  # fmt: skip
    clients("lambda").get_waiter("function_active_v2").wait(FunctionName=function)
    clients("lambda").add_permission(
        FunctionName=function, StatementId="s", Action="lambda:InvokeFunction", Principal="secretsmanager.amazonaws.com"
    )
    secret = a("secretsmanager").create_secret(Name=fresh("secret"), SecretString="x")["ARN"]
    rotate, invoke = allow("secretsmanager:RotateSecret"), "lambda:InvokeFunction"
    without, with_ = (a("secretsmanager", **user(a, rotate, *more)) for more in ((), (allow(invoke, arn),)))
    rules = {"RotationLambdaARN": arn, "RotationRules": {"AutomaticallyAfterDays": 10}}

    assert_refused(without.rotate_secret, invoke, arn, SecretId=secret, **rules)
    with_.rotate_secret(SecretId=secret, **rules)
    assert_refused(without.rotate_secret, invoke, arn, SecretId=secret)
