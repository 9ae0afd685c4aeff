"""What happened before the call: keys and roles are gone, sessions are revoked, permissions are lost."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from attempts import EVERYTHING, allow, deny, fetch, trusts
from botocore.config import Config
from stage import DEPLOYER_OF_A, Call, Stage

from harness.accounts import SessionKeys

INLINE = "inline-0"


def _put(stage: Stage, me: Any) -> Call:
    item = {"id": {"S": "from a scenario"}}
    return partial(me.client("dynamodb").put_item, TableName=stage.names["table"], Item=item)


def a_key_was(stage: Stage, change: str | None) -> Call:
    """A user of A writes with a key that was made inactive, or deleted, or whose user was."""
    me = stage.principals.user(stage.a, EVERYTHING)
    name, iam = me.arn.rpartition("/")[2], stage.deployer("iam")
    key = {"UserName": name, "AccessKeyId": me.keys.key_id}
    if change == "made inactive":
        iam.update_access_key(**key, Status="Inactive")
    if change in {"deleted", "deleted with its user"}:
        iam.delete_access_key(**key)
    if change == "deleted with its user":
        iam.delete_user_policy(UserName=name, PolicyName=INLINE)
        iam.delete_user(UserName=name)
    return _put(stage, me)


def a_session_lives_on(stage: Stage, but: str | None = None, revoked: str | None = None) -> Call:
    """A session of a role of A writes, after something happened to the role."""
    role = stage.principals.role(stage.a, stage.fill(trusts(DEPLOYER_OF_A)), allow("dynamodb:PutItem"))
    session = stage.principals.deployer(stage.a).assume(role)
    name, iam = role.rpartition("/")[2], stage.deployer("iam")
    if but in {"its role lost its policy", "its role was deleted", "its role was deleted and made again"}:
        iam.delete_role_policy(RoleName=name, PolicyName=INLINE)
    if but in {"its role was deleted", "its role was deleted and made again"}:
        iam.delete_role(RoleName=name)
    if but == "its role was deleted and made again":
        stage.principals.role(stage.a, stage.fill(trusts(DEPLOYER_OF_A)), allow("dynamodb:PutItem"), name=name)
    if revoked is not None:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
        older = deny("*", DateLessThan={"aws:TokenIssueTime": revoked})
        iam.put_role_policy(RoleName=name, PolicyName="AWSRevokeOlderSessions", PolicyDocument=json.dumps(older))
        stage.later(partial(iam.delete_role_policy, RoleName=name, PolicyName="AWSRevokeOlderSessions"))
    return _put(stage, session)


def a_trusted_user_was_made_again(stage: Stage, *, saved_again: bool) -> Call:
    """A trusts a user of B, who is deleted; another of the same name assumes the role."""
    name = "specification-saved-again" if saved_again else "specification-reborn"
    first = stage.principals.user(stage.b, EVERYTHING, name=name)
    trusted = json.dumps(trusts(first.arn))
    role = stage.principals.role(stage.a, json.loads(trusted))
    iam = stage.deployer("iam", of="b")
    iam.delete_access_key(UserName=name, AccessKeyId=first.keys.key_id)
    iam.delete_user_policy(UserName=name, PolicyName=INLINE)
    iam.delete_user(UserName=name)
    second = stage.principals.user(stage.b, EVERYTHING, name=name)
    if saved_again:
        update = {"RoleName": role.rpartition("/")[2], "PolicyDocument": trusted}
        stage.deployer("iam").update_assume_role_policy(**update)
    return partial(second.assume, role)


def a_role_assumes_itself(stage: Stage, *, trusting_itself: bool) -> Call:
    """A session of a role of A asks for another session of the same role."""
    role = stage.principals.role(stage.a, stage.fill(trusts(DEPLOYER_OF_A)), EVERYTHING)
    session = stage.principals.deployer(stage.a).assume(role)
    if trusting_itself:
        trusted = json.dumps(stage.fill(trusts([DEPLOYER_OF_A, role])))
        stage.deployer("iam").update_assume_role_policy(RoleName=role.rpartition("/")[2], PolicyDocument=trusted)
    return partial(session.assume, role)


def a_link_is_followed(stage: Stage, *, meanwhile: Mapping[str, Any] | None = None, to: str = "blue") -> Call:
    """Someone follows a presigned URL, perhaps to another folder, whose signer's policy was perhaps replaced meanwhile."""
    me = stage.principals.user(stage.a, stage.fill(allow("s3:GetObject", "<bucket>/*")))
    where = {"Bucket": stage.names["bucket name"], "Key": "blue/report"}
    # botocore's default for S3 URLs is the older signature, which the gate refuses.
    url = me.client("s3", config=Config(signature_version="s3v4")).generate_presigned_url("get_object", Params=where)
    if meanwhile is not None:
        policy = json.dumps(stage.fill(meanwhile))
        name = me.arn.rpartition("/")[2]
        stage.deployer("iam").put_user_policy(UserName=name, PolicyName=INLINE, PolicyDocument=policy)
    return partial(fetch, url.replace("/blue/", f"/{to}/"))


def a_user_is_in_a_group(stage: Stage, *, whose: Mapping[str, Any]) -> Call:
    """A user of A may write, and is in a group with this policy."""
    me = stage.principals.user(stage.a, allow("dynamodb:PutItem"))
    iam, name, group = stage.deployer("iam"), me.arn.rpartition("/")[2], "specification-group"
    iam.create_group(GroupName=group)
    stage.later(partial(iam.delete_group, GroupName=group))
    iam.put_group_policy(GroupName=group, PolicyName="group", PolicyDocument=json.dumps(whose))
    stage.later(partial(iam.delete_group_policy, GroupName=group, PolicyName="group"))
    iam.add_user_to_group(GroupName=group, UserName=name)
    stage.later(partial(iam.remove_user_from_group, GroupName=group, UserName=name))
    return _put(stage, me)


def a_temporary_user(stage: Stage, *, kind: str, does: str, **parameters: Any) -> Call:
    """A user of A exchanges its key for a session of the `kind`, and uses that; `key`: does not exchange it."""
    me = stage.principals.user(stage.a, EVERYTHING)
    if kind != "key":
        sts = me.client("sts")
        filled = {name: json.dumps(stage.fill(value)) for name, value in parameters.items()}
        ask = sts.get_session_token if kind == "session" else partial(sts.get_federation_token, Name="guest")
        keys = ask(**filled)["Credentials"]
        session = stage.a.session_of(SessionKeys.of(keys))
    else:
        session = me.session
    if does == "lists the users":
        return session.client("iam").list_users
    return partial(session.client("dynamodb").scan, TableName=stage.names["table"])
