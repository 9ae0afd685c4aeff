"""`Principals`: made as described, and removed in an order that IAM takes, also what the scenario has itself removed."""

import json
from collections import defaultdict
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from harness.scenario import Principals, statement, trust

DOCUMENT = statement("s3:*")


class Iam:
    """Notes what is asked of it; refuses what it is told to, and lists what hangs on an entity."""

    def __init__(self):
        self.asked, self.refuses, self.hanging = [], {}, {}

    def get_paginator(self, operation):
        page = defaultdict(list, self.hanging.get(operation, {}))
        return SimpleNamespace(paginate=lambda **_: self._answer(operation, {}) and [page])

    def __getattr__(self, operation):
        return lambda **parameters: self._answer(operation, parameters)

    def _answer(self, operation, parameters):
        self.asked.append((operation, parameters))
        if code := self.refuses.get(operation):
            raise ClientError({"Error": {"Code": code}}, operation)
        return {
            "User": {"Arn": "arn:aws:iam::111111111111:user/u"},
            "Role": {"Arn": "arn:aws:iam::111111111111:role/r"},
            "Policy": {"Arn": "arn:aws:iam::111111111111:policy/p"},
            "AccessKey": {"AccessKeyId": "AKIAEXAMPLE", "SecretAccessKey": "secret"},
        }

    @property
    def operations(self):
        return [operation for operation, _ in self.asked if not operation.startswith("list_")]


class Account:
    id, region = "111111111111", "us-west-2"

    def __init__(self, iam):
        self.iam = iam

    def client(self, service):
        assert service == "iam"
        return self.iam

    def session_of(self, keys):
        return keys


@pytest.fixture
def iam():
    return Iam()


def test_a_user_has_what_it_is_described_with_and_is_removed_before_its_boundary(iam):
    with Principals() as principals:
        user = principals.user(Account(iam), DOCUMENT, name="u", boundary=DOCUMENT, tags={"team": "blue"})

    assert user.arn == "arn:aws:iam::111111111111:user/u"
    assert dict(iam.asked)["create_user"] == {
        "UserName": "u",
        "PermissionsBoundary": "arn:aws:iam::111111111111:policy/p",
        "Tags": [{"Key": "team", "Value": "blue"}],
    }
    assert iam.operations == [
        "create_policy", "create_user", "put_user_policy", "create_access_key",
        "delete_login_profile", "delete_user", "delete_policy",
    ]  # fmt: skip


def test_a_role_has_what_it_is_described_with_and_is_removed_before_its_boundary(iam):
    with Principals() as principals:
        arn = principals.role(Account(iam), trust({"AWS": "*"}), DOCUMENT, name="r", boundary=DOCUMENT, Path="/team/")

    assert arn == "arn:aws:iam::111111111111:role/r"
    assert dict(iam.asked)["create_role"] == {
        "RoleName": "r",
        "AssumeRolePolicyDocument": json.dumps(trust({"AWS": "*"})),
        "PermissionsBoundary": "arn:aws:iam::111111111111:policy/p",
        "Path": "/team/",
    }
    assert iam.operations == [
        "create_policy", "create_role", "put_role_policy", "delete_role", "delete_policy",
    ]  # fmt: skip


def test_without_limits_a_user_has_none(iam):
    with Principals() as principals:
        principals.user(Account(iam), name="u")

    assert dict(iam.asked)["create_user"] == {"UserName": "u"}


def test_what_the_scenario_removed_itself_is_not_missed(iam):
    iam.refuses = dict.fromkeys(["list_access_keys", "delete_login_profile", "delete_user"], "NoSuchEntity")

    with Principals() as principals:
        principals.user(Account(iam), DOCUMENT, boundary=DOCUMENT)

    assert iam.operations[-2:] == ["delete_user", "delete_policy"]


def test_what_hangs_on_a_user_goes_before_it(iam):
    iam.hanging = {
        "list_access_keys": {"AccessKeyMetadata": [{"AccessKeyId": "AKIA1"}, {"AccessKeyId": "AKIA2"}]},
        "list_mfa_devices": {"MFADevices": [{"SerialNumber": "device"}]},
        "list_groups_for_user": {"Groups": [{"GroupName": "group"}]},
        "list_attached_user_policies": {"AttachedPolicies": [{"PolicyArn": "arn"}]},
        "list_user_policies": {"PolicyNames": ["inline"]},
    }
    with Principals() as principals:
        principals.user(Account(iam), name="u")

    assert [one for one in iam.asked if not one[0].startswith("list_")][2:] == [
        ("delete_access_key", {"UserName": "u", "AccessKeyId": "AKIA1"}),
        ("delete_access_key", {"UserName": "u", "AccessKeyId": "AKIA2"}),
        ("deactivate_mfa_device", {"UserName": "u", "SerialNumber": "device"}),
        ("remove_user_from_group", {"UserName": "u", "GroupName": "group"}),
        ("detach_user_policy", {"UserName": "u", "PolicyArn": "arn"}),
        ("delete_user_policy", {"UserName": "u", "PolicyName": "inline"}),
        ("delete_login_profile", {"UserName": "u"}),
        ("delete_user", {"UserName": "u"}),
    ]


def test_what_cannot_be_removed_is_told(iam):
    iam.refuses = {"delete_user": "DeleteConflict"}

    with pytest.raises(ClientError, match="DeleteConflict"), Principals() as principals:
        principals.user(Account(iam))
