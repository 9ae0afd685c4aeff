"""What IAM and STS refuse whoever asks: forms that the model forbids, names that are missing or taken, entities in use, quotas."""

import json

import pytest
from aws import OPEN, A, B, allow, client, document, fresh, keys_of, open_role, refusal
from command_line import CommandLine

READ = document(allow("s3:Get*"))


def user(iam):
    name = fresh("User")
    iam.create_user(UserName=name)
    return name


def policy(iam):
    return iam.create_policy(PolicyName=fresh("Policy"), PolicyDocument=READ)["Policy"]["Arn"]


NAME_RULE = "It must contain only alphanumeric characters and/or the following: +=,.@_-"
PATH_RULE = "It must begin and end with / and contain only alphanumeric characters and/or / characters."
LONG = "x" * 65
# name: the operation, a valid request, what is changed in it, what IAM says
FORMS = {
    "a name with a space": ("create_role", {"RoleName": "a b"}, f"The specified value for roleName is invalid. {NAME_RULE}"),
    "a long name": ("create_role", {"RoleName": LONG}, f"1 validation error detected: Value '{LONG}' at 'roleName' failed to satisfy constraint: Member must have length less than or equal to 64"),
    "a path without slashes": ("create_role", {"Path": "team"}, f"The specified value for path is invalid. {PATH_RULE}"),
    "a short session": ("create_role", {"MaxSessionDuration": 900}, "1 validation error detected: Value '900' at 'maxSessionDuration' failed to satisfy constraint: Member must have value greater than or equal to 3600"),
    "two faults": ("create_role", {"MaxSessionDuration": 50000, "Description": "d" * 1001}, f"2 validation errors detected: Value '{'d' * 1001}' at 'description' failed to satisfy constraint: Member must have length less than or equal to 1000; Value '50000' at 'maxSessionDuration' failed to satisfy constraint: Member must have value less than or equal to 43200"),
    "a tag's long key": ("create_role", {"Tags": [{"Key": "a", "Value": "b"}, {"Key": "k" * 129, "Value": "v"}]}, f"1 validation error detected: Value '{'k' * 129}' at 'tags.2.member.key' failed to satisfy constraint: Member must have length less than or equal to 128"),
    "a tag's character": ("create_role", {"Tags": [{"Key": "a*", "Value": "b"}]}, r"1 validation error detected: Value 'a*' at 'tags.1.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+"),
    "nothing where something must be": ("create_role", {"AssumeRolePolicyDocument": None}, "1 validation error detected: Value null at 'assumeRolePolicyDocument' failed to satisfy constraint: Member must not be null"),
    "an unknown status": ("update_access_key", {"Status": "active"}, "1 validation error detected: Value 'active' at 'status' failed to satisfy constraint: Member must satisfy enum value set: [Active, Inactive, Expired]"),
}  # fmt: skip
VALID = {
    "create_role": lambda _: {"RoleName": fresh("Form"), "AssumeRolePolicyDocument": OPEN, "Tags": [{"Key": "Ä b_.:/=+-@1", "Value": ""}]},
    "update_access_key": lambda iam: {"Status": "Inactive", "AccessKeyId": (key := iam.create_access_key(UserName=user(iam))["AccessKey"])["AccessKeyId"], "UserName": key["UserName"]},
}  # fmt: skip


@pytest.mark.parametrize("what", FORMS)
def test_a_form_that_the_model_forbids_is_refused_in_awss_words(a, iam, what):
    operation, changed, said = FORMS[what]
    unchecked = getattr(a("iam", checked=False), operation)
    valid = VALID[operation](iam)

    wrong = {name: value for name, value in {**valid, **changed}.items() if value is not None}
    assert refusal(unchecked, **wrong) == ("ValidationError", 400, said)
    unchecked(**valid)


def test_no_secret_is_in_what_the_form_is_refused_with(a, iam):
    name = user(iam)
    unchecked = a("iam", checked=False)

    code, _, said = refusal(unchecked.create_login_profile, UserName=name, Password="secret" * 30)
    assert (code, "secret" in said, "'***' at 'password'" in said) == ("ValidationError", False, True)


def test_a_name_is_taken_whatever_its_case_and_its_path(iam):
    name = open_role(iam, Path="/one/")
    for taken in (name, name.lower(), name.upper()):
        said = refusal(iam.create_role, RoleName=taken, Path="/two/", AssumeRolePolicyDocument=OPEN)
        assert said == ("EntityAlreadyExists", 409, f"Role with name {taken} already exists.")
    first, second = user(iam), user(iam)
    said = refusal(iam.update_user, UserName=first, NewUserName=second.lower())
    assert said == ("EntityAlreadyExists", 409, f"User with name {second.lower()} already exists.")
    iam.update_user(UserName=first, NewUserName=first.upper())
    arn = policy(iam)
    name = arn.rpartition("/")[2].lower()
    said = refusal(iam.create_policy, PolicyName=name, PolicyDocument=READ)
    assert said == ("EntityAlreadyExists", 409, f"A policy called {name} already exists. Duplicate names are not allowed.")  # fmt: skip


NOWHERE = f"arn:aws:iam::{A}:policy/nowhere"
MISSING = {
    "a role": (lambda iam: iam.get_role(RoleName="nowhere"), "The role with name nowhere cannot be found."),
    "a role to delete": (lambda iam: iam.delete_role(RoleName="nowhere"), "The role with name nowhere cannot be found."),
    "a user": (lambda iam: iam.get_user(UserName="nowhere"), "The user with name nowhere cannot be found."),
    "a group": (lambda iam: iam.get_group(GroupName="nowhere"), "The group with name nowhere cannot be found."),
    "an instance profile": (lambda iam: iam.get_instance_profile(InstanceProfileName="nowhere"), "Instance Profile nowhere cannot be found."),
    "a policy": (lambda iam: iam.get_policy(PolicyArn=NOWHERE), f"Policy {NOWHERE} was not found."),
    "a policy to attach": (lambda iam: iam.attach_role_policy(RoleName=open_role(iam), PolicyArn=NOWHERE), f"Policy {NOWHERE} does not exist or is not attachable."),
    "a policy to detach": (lambda iam: iam.detach_role_policy(RoleName=open_role(iam), PolicyArn=(arn := policy(iam))) or arn, "was not found."),
    "a boundary": (lambda iam: open_role(iam, PermissionsBoundary=NOWHERE), f"Scope ARN: {NOWHERE} does not exist or is not attachable."),
    "an inline policy": (lambda iam: iam.get_role_policy(RoleName=open_role(iam), PolicyName="nowhere"), "The role policy with name nowhere cannot be found."),
    "an inline policy to delete": (lambda iam: iam.delete_user_policy(UserName=user(iam), PolicyName="nowhere"), "The user policy with name nowhere cannot be found."),
}  # fmt: skip


@pytest.mark.parametrize("what", MISSING)
def test_what_is_not_there_is_named(iam, what):
    call, said = MISSING[what]

    code, status, message = refusal(call, iam)
    assert (code, status) == ("NoSuchEntity", 404)
    assert message.endswith(said)


def test_a_user_is_deleted_only_when_nothing_hangs_on_it(iam):
    name, arn, group = user(iam), policy(iam), fresh("Group")
    iam.create_group(GroupName=group)
    key = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
    iam.create_login_profile(UserName=name, Password="Abcdefgh1!")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
    iam.add_user_to_group(GroupName=group, UserName=name)
    iam.attach_user_policy(UserName=name, PolicyArn=arn)
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=READ)
    undo = {
        "must delete access keys first": lambda: iam.delete_access_key(UserName=name, AccessKeyId=key),
        "must delete login profile first": lambda: iam.delete_login_profile(UserName=name),
        "must remove users from group first": lambda: iam.remove_user_from_group(GroupName=group, UserName=name),
        "must detach all policies first": lambda: iam.detach_user_policy(UserName=name, PolicyArn=arn),
        "must delete policies first": lambda: iam.delete_user_policy(UserName=name, PolicyName="p"),
    }
    assert device["SerialNumber"] == f"arn:aws:iam::{A}:mfa/{name}"

    for first, do in undo.items():
        assert refusal(iam.delete_user, UserName=name) == ("DeleteConflict", 409, f"Cannot delete entity, {first}.")
        do()
    iam.delete_user(UserName=name)


def test_a_group_is_deleted_only_when_nothing_hangs_on_it(iam):
    name, member, arn = fresh("Group"), user(iam), policy(iam)
    iam.create_group(GroupName=name)
    iam.add_user_to_group(GroupName=name, UserName=member)
    iam.attach_group_policy(GroupName=name, PolicyArn=arn)
    iam.put_group_policy(GroupName=name, PolicyName="p", PolicyDocument=READ)
    undo = {
        "must remove users from group first": lambda: iam.remove_user_from_group(GroupName=name, UserName=member),
        "must detach all policies first": lambda: iam.detach_group_policy(GroupName=name, PolicyArn=arn),
        "must delete policies first": lambda: iam.delete_group_policy(GroupName=name, PolicyName="p"),
    }
    for first, do in undo.items():
        assert refusal(iam.delete_group, GroupName=name) == ("DeleteConflict", 409, f"Cannot delete entity, {first}.")
        do()
    iam.delete_group(GroupName=name)


def test_a_policy_is_deleted_only_when_nobody_has_it_and_no_version_is_left(iam):
    arn, holder, bounded = policy(iam), open_role(iam), open_role(iam)
    iam.attach_role_policy(RoleName=holder, PolicyArn=arn)
    iam.put_role_permissions_boundary(RoleName=bounded, PermissionsBoundary=arn)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=READ)
    attached = ("DeleteConflict", 409, "Cannot delete a policy attached to entities.")

    assert refusal(iam.delete_policy, PolicyArn=arn) == attached
    iam.detach_role_policy(RoleName=holder, PolicyArn=arn)
    assert refusal(iam.delete_policy, PolicyArn=arn) == attached
    iam.delete_role_permissions_boundary(RoleName=bounded)
    assert "This policy has more than one version." in refusal(iam.delete_policy, PolicyArn=arn)[2]
    iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    iam.delete_policy(PolicyArn=arn)


def test_quotas_are_kept(iam):
    name, member = open_role(iam), user(iam)
    for _ in range(10):
        iam.attach_role_policy(RoleName=name, PolicyArn=(last := policy(iam)))
        iam.create_group(GroupName=(group := fresh("Group")))
        iam.add_user_to_group(GroupName=group, UserName=member)
    iam.attach_role_policy(RoleName=name, PolicyArn=last)
    iam.add_user_to_group(GroupName=group, UserName=member)

    said = refusal(iam.attach_role_policy, RoleName=name, PolicyArn=policy(iam))
    assert said == ("LimitExceeded", 409, "Cannot exceed quota for PoliciesPerRole: 10")
    iam.create_group(GroupName=(group := fresh("Group")))
    said = refusal(iam.add_user_to_group, GroupName=group, UserName=member)
    assert said == ("LimitExceeded", 409, "Cannot exceed quota for GroupsPerUser: 10")
    iam.detach_role_policy(RoleName=name, PolicyArn=last)
    iam.attach_role_policy(RoleName=name, PolicyArn=policy(iam))


def long_trust(length):
    """A trust policy of so many characters, white space left out."""
    statement = {"Sid": "", "Effect": "Allow", "Principal": {"AWS": A}, "Action": "sts:AssumeRole"}
    missing = length - len(document(statement).replace(" ", ""))
    return document({**statement, "Sid": "x" * missing})


def test_a_trust_policy_is_as_long_as_the_account_may_have_it(iam, tmp_path):
    name = fresh("Role")
    said = refusal(iam.create_role, RoleName=name, AssumeRolePolicyDocument=long_trust(2049))
    assert said == ("LimitExceeded", 409, "Cannot exceed quota for ACLSizePerRole: 2048")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=long_trust(2048))

    raised = CommandLine.of_two_accounts(tmp_path)
    toml = raised.folder / "harness.toml"
    toml.write_text(toml.read_text() + "\n[accounts.one.quotas]\nrole_trust_policy_length = 4096\n")
    assert raised.run("up", "--detach").returncode == 0
    try:
        account = json.loads(raised.run("env", "--json").stdout)["accounts"]["one"]
        client(account, "iam").create_role(RoleName=name, AssumeRolePolicyDocument=long_trust(4096))
        said = refusal(
            client(account, "iam").create_role, RoleName=f"{name}2", AssumeRolePolicyDocument=long_trust(4097)
        )
        assert said == ("LimitExceeded", 409, "Cannot exceed quota for ACLSizePerRole: 4096")
    finally:
        raised.run("down")


@pytest.mark.parametrize("version", [{}, {"Version": "2008-10-17"}], ids=["none", "2008"])
def test_a_managed_policy_is_of_the_current_version(iam, version):
    old = json.dumps({**version, "Statement": [allow("s3:*")]})
    said = ("MalformedPolicyDocument", 400, "Policy document must be version 2012-10-17 or greater.")

    assert refusal(iam.create_policy, PolicyName=fresh("Policy"), PolicyDocument=old) == said
    assert refusal(iam.create_policy_version, PolicyArn=policy(iam), PolicyDocument=old) == said
    iam.put_role_policy(RoleName=open_role(iam), PolicyName="inline", PolicyDocument=old)


def test_tags_are_at_most_fifty_and_none_is_awss(iam):
    name = open_role(iam, Tags=[{"Key": f"key{number}", "Value": "v"} for number in range(49)])

    assert refusal(iam.tag_role, RoleName=name, Tags=[{"Key": "AWS:x", "Value": "v"}])[:2] == ("InvalidInput", 400)
    iam.tag_role(RoleName=name, Tags=[{"Key": "key48", "Value": "again"}, {"Key": "last", "Value": "v"}])
    assert refusal(iam.tag_role, RoleName=name, Tags=[{"Key": "more", "Value": "v"}])[:2] == ("LimitExceeded", 409)


def test_a_sessions_tags_and_policies_have_their_limits(iam, a):
    trust = document({"Effect": "Allow", "Principal": {"AWS": A}, "Action": ["sts:AssumeRole", "sts:TagSession"]})
    name = fresh("Role")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    assume, read = a("sts").assume_role, {"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    asked = {"RoleArn": arn, "RoleSessionName": "limits"}

    assert refusal(assume, **asked, Tags=[{"Key": "aws:x", "Value": "v"}])[:2] == ("InvalidParameterValue", 400)
    assert refusal(assume, **asked, PolicyArns=[read] * 11)[:2] == ("ValidationError", 400)
    assume(**asked, Tags=[{"Key": "x", "Value": "v"}], PolicyArns=[read] * 10)


def test_what_belongs_to_aws_is_changed_by_aws_alone(iam):
    managed = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    assert iam.get_policy(PolicyArn=managed)["Policy"]["Arn"] == managed
    assert refusal(iam.create_policy_version, PolicyArn=managed, PolicyDocument=READ)[:2] == ("AccessDenied", 403)
    assert refusal(iam.delete_policy, PolicyArn=managed)[:2] == ("AccessDenied", 403)
    linked = iam.create_service_linked_role(AWSServiceName="lex.amazonaws.com")["Role"]["RoleName"]
    said = refusal(iam.put_role_policy, RoleName=linked, PolicyName="p", PolicyDocument=READ)
    assert said == ("UnmodifiableEntity", 400, f"Cannot perform the operation on the protected role '{linked}' - this role is only modifiable by AWS")  # fmt: skip


def test_a_linked_role_is_for_its_service_alone(iam):
    linked = iam.create_service_linked_role(AWSServiceName="config.amazonaws.com")["Role"]["RoleName"]
    profile, own = fresh("Profile"), open_role(iam)
    iam.create_instance_profile(InstanceProfileName=profile)

    assert refusal(iam.add_role_to_instance_profile, InstanceProfileName=profile, RoleName=linked)[0] == "UnmodifiableEntity"  # fmt: skip
    iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=own)
    for service in ("lambda.amazonaws.com", "example.com"):
        said = refusal(iam.create_service_linked_role, AWSServiceName=service)
        assert said == ("AccessDenied", 403, f"Cannot find Service Linked Role template for {service}")
    iam.remove_role_from_instance_profile(InstanceProfileName=profile, RoleName=own)
    assert refusal(iam.delete_service_linked_role, RoleName=own)[:2] == ("NoSuchEntity", 404)
    iam.delete_service_linked_role(RoleName=linked)
    iam.delete_role(RoleName=own)


def test_a_user_that_names_none_means_itself(iam, a):
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccessKey.html."""
    name, anothers = user(iam), user(iam)
    theirs = iam.create_access_key(UserName=anothers)["AccessKey"]["AccessKeyId"]
    key = iam.create_access_key(UserName=name)["AccessKey"]
    mine = allow("iam:*AccessKey*", f"arn:aws:iam::{A}:user/{name}")
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(mine))
    own = a("iam", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])

    for call, more in ((own.delete_access_key, {}), (own.update_access_key, {"Status": "Inactive"})):
        assert refusal(call, AccessKeyId=theirs, UserName=anothers, **more)[:2] == ("AccessDenied", 403)
        assert refusal(call, AccessKeyId=theirs, **more)[:2] == ("NoSuchEntity", 404)
    (kept,) = iam.list_access_keys(UserName=anothers)["AccessKeyMetadata"]
    assert (kept["AccessKeyId"], kept["Status"]) == (theirs, "Active")
    second = own.create_access_key()["AccessKey"]
    assert second["UserName"] == name
    own.update_access_key(AccessKeyId=second["AccessKeyId"], Status="Inactive")
    own.delete_access_key(AccessKeyId=second["AccessKeyId"])
    (left,) = own.list_access_keys()["AccessKeyMetadata"]
    assert left["AccessKeyId"] == key["AccessKeyId"]


def test_a_renamed_user_remains_itself_and_who_takes_its_name_is_another(iam, a):
    old, new, team = fresh("User"), fresh("User"), [{"Key": "team", "Value": "red"}]
    iam.create_user(UserName=old, Tags=team)
    for_team = allow("iam:ListUsers", Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}})
    iam.put_user_policy(UserName=old, PolicyName="p", PolicyDocument=document(for_team))
    key = iam.create_access_key(UserName=old)["AccessKey"]
    own = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    given = a("sts", **own).get_session_token()["Credentials"]
    session = {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }

    iam.update_user(UserName=old, NewUserName=new, NewPath="/team/")
    iam.create_user(UserName=old)
    for keys in (own, session):
        assert a("sts", **keys).get_caller_identity()["Arn"] == f"arn:aws:iam::{A}:user/team/{new}"
    assert iam.list_user_tags(UserName=new)["Tags"] == team
    a("iam", **own).list_users()
    assert iam.list_user_tags(UserName=old)["Tags"] == []
    assert iam.list_access_keys(UserName=old)["AccessKeyMetadata"] == []
    iam.put_user_policy(UserName=old, PolicyName="p", PolicyDocument=document(for_team))
    another = iam.create_access_key(UserName=old)["AccessKey"]
    untagged = {"aws_access_key_id": another["AccessKeyId"], "aws_secret_access_key": another["SecretAccessKey"]}
    assert refusal(a("iam", **untagged).list_users)[:2] == ("AccessDenied", 403)


def test_another_accounts_policy_is_not_attached(iam, b):
    arn = b("iam").create_policy(PolicyName="theirs", PolicyDocument=READ)["Policy"]["Arn"]
    assert arn.startswith(f"arn:aws:iam::{B}:")
    name = open_role(iam)

    assert refusal(iam.attach_role_policy, RoleName=name, PolicyArn=arn)[0] == "NoSuchEntity"
    iam.attach_role_policy(RoleName=name, PolicyArn=policy(iam))


def test_who_may_not_do_it_learns_nothing_of_what_is_there(a, iam):
    """The decision comes before the entities are looked at; the form before both."""
    name = user(iam)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    theirs = a("iam", **keys_of(key))

    for asked in (open_role(iam), "nowhere"):
        assert refusal(theirs.get_role, RoleName=asked)[:2] == ("AccessDenied", 403)
