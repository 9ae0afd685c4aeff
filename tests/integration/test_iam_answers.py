"""What IAM answers: pages, documents on the wire, who uses a policy, root itself, tags, passwords and providers."""

import csv
import io
import json
import re
import time
import urllib.parse

import pytest
from aws import A, allow, client, document, fresh, keys_of, refusal

from harness.saml import IdentityProvider
from harness.totp import code_at, step_at

OPEN = document({"Effect": "Allow", "Principal": {"AWS": A}, "Action": "sts:AssumeRole"})
READ = document(allow("s3:Get*"))
TAGS = [{"Key": "Team", "Value": "red"}]


@pytest.fixture(scope="module")
def root(accounts):
    """The root user's client of IAM."""
    keys = {name: accounts["one"]["root"][name] for name in ("aws_access_key_id", "aws_secret_access_key")}
    return client(accounts["one"], "iam", **keys)


def user(iam, **more):
    name = fresh("User")
    iam.create_user(UserName=name, **more)
    return name


def role(iam, **more):
    name = fresh("Role")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=OPEN, **more)
    return name


def policy(iam, **more):
    return iam.create_policy(PolicyName=fresh("Policy"), PolicyDocument=READ, **more)["Policy"]["Arn"]


def certificate(iam, name):
    """Nothing reads it here."""
    iam.upload_server_certificate(ServerCertificateName=name, CertificateBody="c", PrivateKey="k", Tags=TAGS)
    return name


def metadata(entity="https://idp.example"):
    return IdentityProvider.fresh(entity).metadata


# ---- pages


def _groups(iam, path):
    for _ in range(5):
        iam.create_group(GroupName=fresh("Group"), Path=path)
    return {"PathPrefix": path}


def _attached(iam, path):
    name = role(iam, Path=path)
    for _ in range(5):
        iam.attach_role_policy(RoleName=name, PolicyArn=policy(iam))
    return {"RoleName": name}


def _inline(iam, path):
    name = role(iam, Path=path)
    for number in range(5):
        iam.put_role_policy(RoleName=name, PolicyName=f"p{number}", PolicyDocument=READ)
    return {"RoleName": name}


def _versions(iam, path):
    arn = policy(iam, Path=path)
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=READ)
    return {"PolicyArn": arn}


def _members(iam, path):
    name = fresh("Group")
    iam.create_group(GroupName=name, Path=path)
    for _ in range(5):
        iam.add_user_to_group(GroupName=name, UserName=user(iam))
    return {"GroupName": name}


def _tagged(iam, path):
    return {"RoleName": role(iam, Path=path, Tags=[{"Key": f"k{number}", "Value": "v"} for number in range(5)])}


PAGED = {
    "list_users": (lambda iam, path: [user(iam, Path=path) for _ in range(5)] and {"PathPrefix": path}, "Users"),
    "list_roles": (lambda iam, path: [role(iam, Path=path) for _ in range(5)] and {"PathPrefix": path}, "Roles"),
    "list_policies": (
        lambda iam, path: [policy(iam, Path=path) for _ in range(5)] and {"PathPrefix": path},
        "Policies",
    ),
    "list_groups": (_groups, "Groups"),
    "list_attached_role_policies": (_attached, "AttachedPolicies"),
    "list_role_policies": (_inline, "PolicyNames"),
    "list_policy_versions": (_versions, "Versions"),
    "get_group": (_members, "Users"),
    "list_role_tags": (_tagged, "Tags"),
}


@pytest.mark.parametrize("operation", PAGED)
def test_lists_come_in_pages(iam, operation):
    make, key = PAGED[operation]
    asked = make(iam, f"/{fresh('pages')}/")
    call = getattr(iam, operation)
    whole = call(**asked)

    sizes, found, marker = [], [], {}
    while True:
        page = call(**asked, MaxItems=2, **marker)
        sizes.append(len(page[key]))
        found += page[key]
        if not page["IsTruncated"]:
            break
        marker = {"Marker": page["Marker"]}
    assert (sizes, "Marker" in page) == ([2, 2, 1], False)
    assert found == whole[key]
    assert (whole["IsTruncated"], "Marker" in whole) == (False, False)
    assert refusal(call, **asked, Marker="garbage!!") == ("ValidationError", 400, "Invalid Marker.")


def test_a_page_has_a_hundred_items_unless_the_request_says_otherwise(iam):
    aws = iam.list_policies(Scope="AWS")
    assert (len(aws["Policies"]), aws["IsTruncated"]) == (100, True)
    assert len(iam.list_policies(Scope="AWS", MaxItems=1000)["Policies"]) == 1000
    pages = iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 700})
    arns = [each["Arn"] for page in pages for each in page["Policies"]]
    assert len(arns) == len(set(arns)) > 1000


def test_the_account_in_detail_is_counted_through_all_its_lists(iam):
    user(iam), role(iam), policy(iam)
    kinds = {"User": "UserDetailList", "Role": "RoleDetailList", "LocalManagedPolicy": "Policies"}
    whole = iam.get_account_authorization_details(Filter=list(kinds), MaxItems=1000)
    paginator = iam.get_paginator("get_account_authorization_details")
    pages = list(paginator.paginate(Filter=list(kinds), PaginationConfig={"PageSize": 3}))
    for key in kinds.values():
        assert [each["Arn"] for page in pages for each in page[key]] == [each["Arn"] for each in whole[key]] != []
    assert max(sum(len(page[key]) for key in kinds.values()) for page in pages) == 3
    aws = iam.get_account_authorization_details(Filter=["AWSManagedPolicy"])["Policies"]
    assert {each["AttachmentCount"] > 0 for each in aws} == {True}
    assert "AdministratorAccess" in [each["PolicyName"] for each in aws]
    assert all(each["PolicyName"] == each["Arn"].rpartition("/")[2] for each in whole["Policies"])


# ---- documents and times


def test_documents_are_url_encoded_wherever_they_are_told(iam):
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html (RFC 3986)."""
    path = f"/{fresh('documents')}/"
    trust = document({"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{A}:root"}, "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"sts:ExternalId": "a%41+b"}}})  # fmt: skip
    name, profile = fresh("Role"), fresh("Profile")
    iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=trust)
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=READ)
    iam.create_instance_profile(InstanceProfileName=profile, Path=path)
    iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=name)
    on_wire = []
    iam.meta.events.register(
        "before-parse.iam", lambda response_dict, **_: on_wire.append(response_dict["body"].decode())
    )

    (prefixed,) = iam.list_roles(PathPrefix=path)["Roles"]
    (listed,) = [each for each in iam.list_roles(MaxItems=1000)["Roles"] if each["RoleName"] == name]
    (profiled,) = iam.list_instance_profiles(PathPrefix=path)["InstanceProfiles"]
    (detailed,) = [each for each in iam.get_account_authorization_details(Filter=["Role"], MaxItems=1000)["RoleDetailList"] if each["RoleName"] == name]  # fmt: skip
    for told in (prefixed, listed, iam.get_role(RoleName=name)["Role"], profiled["Roles"][0], detailed):
        assert told["AssumeRolePolicyDocument"] == json.loads(trust)
    assert iam.get_role_policy(RoleName=name, PolicyName="p")["PolicyDocument"] == json.loads(READ)
    documents = re.findall(r"PolicyDocument>([^<]+)<", "".join(on_wire))
    assert len(documents) >= 6
    assert all(re.fullmatch(r"(?:[A-Za-z0-9_.~-]|%[0-9A-F]{2})+", each) for each in documents)
    assert urllib.parse.quote(trust, safe="") in documents


def test_times_are_whole_seconds(iam):
    for made in (iam.create_user(UserName=fresh("User"))["User"], iam.get_role(RoleName=role(iam))["Role"]):
        assert made["CreateDate"].microsecond == 0


# ---- who uses a policy


def test_a_policy_counts_those_who_use_it(iam):
    arn, name, bounded = policy(iam), role(iam), user(iam)
    for _ in range(2):
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    iam.put_user_permissions_boundary(UserName=bounded, PermissionsBoundary=arn)

    found = iam.get_policy(PolicyArn=arn)["Policy"]
    assert (found["AttachmentCount"], found["PermissionsBoundaryUsageCount"]) == (1, 1)
    of_role, of_user = iam.list_entities_for_policy, lambda **way: iam.list_entities_for_policy(PolicyArn=arn, **way)
    assert of_role(PolicyArn=arn, PolicyUsageFilter="PermissionsPolicy")["PolicyUsers"] == []
    (one,) = of_role(PolicyArn=arn, PolicyUsageFilter="PermissionsPolicy")["PolicyRoles"]
    assert (one["RoleName"], one["RoleId"][:4]) == (name, "AROA")
    (one,) = of_user(PolicyUsageFilter="PermissionsBoundary")["PolicyUsers"]
    assert one["UserName"] == bounded
    assert of_user(EntityFilter="Role")["PolicyUsers"] == []
    bounding = [each["Arn"] for each in iam.list_policies(PolicyUsageFilter="PermissionsBoundary")["Policies"]]
    assert bounding == [arn]
    assert arn in [each["Arn"] for each in iam.list_policies(OnlyAttached=True)["Policies"]]
    iam.detach_role_policy(RoleName=name, PolicyArn=arn)
    iam.delete_user_permissions_boundary(UserName=bounded)
    iam.delete_policy(PolicyArn=arn)


def test_versions_are_told_newest_first_and_without_their_documents(iam):
    arn = policy(iam)
    made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=READ, SetAsDefault=True)["PolicyVersion"]
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")

    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    assert [(each["VersionId"], each["IsDefaultVersion"]) for each in versions] == [("v2", True), ("v1", False)]
    assert not any("Document" in each for each in (made, *versions))
    assert iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]["Document"] == json.loads(READ)


def test_a_boundary_is_of_the_type_policy(iam):
    arn = policy(iam)
    expected = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
    assert iam.get_role(RoleName=role(iam, PermissionsBoundary=arn))["Role"]["PermissionsBoundary"] == expected
    assert iam.get_user(UserName=user(iam, PermissionsBoundary=arn))["User"]["PermissionsBoundary"] == expected


def test_a_group_that_is_renamed_keeps_its_path(iam):
    old, new = fresh("Group"), fresh("Group")
    iam.create_group(GroupName=old, Path="/team/")
    iam.update_group(GroupName=old, NewGroupName=new)
    assert iam.get_group(GroupName=new)["Group"]["Arn"] == f"arn:aws:iam::{A}:group/team/{new}"


def test_a_session_with_policies_tells_how_full_they_are(iam, a):
    asked = {"RoleArn": iam.get_role(RoleName=role(iam))["Role"]["Arn"], "RoleSessionName": "packed"}
    assert "PackedPolicySize" not in a("sts").assume_role(**asked)
    assert 0 < a("sts").assume_role(**asked, Policy=READ)["PackedPolicySize"] <= 100


# ---- root


def test_root_that_names_no_user_means_itself(iam, root, accounts):
    own = accounts["one"]["root"]["aws_access_key_id"]
    told = root.get_user()["User"]
    assert (told["UserId"], told["Arn"]) == (A, f"arn:aws:iam::{A}:root")
    assert "UserName" not in told
    (key,) = root.list_access_keys()["AccessKeyMetadata"]
    assert (key["AccessKeyId"], key["Status"]) == (own, "Active")
    assert root.list_mfa_devices()["MFADevices"] == []
    assert root.list_signing_certificates()["Certificates"] == []
    assert root.get_user(UserName="deployer")["User"]["UserName"] == "deployer"


def test_root_that_names_no_user_reaches_no_users_key(iam, root):
    name = user(iam)
    theirs = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
    missing = ("NoSuchEntity", 404, f"The Access Key with id {theirs} cannot be found.")

    assert refusal(root.update_access_key, AccessKeyId=theirs, Status="Inactive") == missing
    assert refusal(root.delete_access_key, AccessKeyId=theirs) == missing
    (kept,) = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
    assert (kept["AccessKeyId"], kept["Status"]) == (theirs, "Active")
    root.update_access_key(UserName=name, AccessKeyId=theirs, Status="Inactive")
    root.delete_access_key(UserName=name, AccessKeyId=theirs)
    assert refusal(root.create_access_key)[:2] == ("InvalidAction", 400)
    assert refusal(root.get_login_profile)[:2] == ("ValidationError", 400)


def test_the_credential_report_begins_with_root(iam):
    assert iam.generate_credential_report()["State"] in {"STARTED", "COMPLETE"}
    rows = list(csv.DictReader(io.StringIO(iam.get_credential_report()["Content"].decode())))
    first, *users = rows
    assert (first["user"], first["arn"]) == ("<root_account>", f"arn:aws:iam::{A}:root")
    assert (first["access_key_1_active"], first["access_key_2_active"]) == ("true", "false")
    assert None not in first
    assert None not in first.values()
    assert "deployer" in [each["user"] for each in users]


# ---- tags


def _entities(iam):
    name = fresh("Tagged")
    url = f"https://{name.lower()}.example"
    saml = iam.create_saml_provider(Name=name, SAMLMetadataDocument=metadata(), Tags=TAGS)["SAMLProviderArn"]
    openid = iam.create_open_id_connect_provider(Url=url, Tags=TAGS)["OpenIDConnectProviderArn"]
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name, Tags=TAGS)["VirtualMFADevice"]["SerialNumber"]
    iam.create_instance_profile(InstanceProfileName=name, Tags=TAGS)
    return {
        "role": {"RoleName": role(iam, Tags=TAGS)},
        "user": {"UserName": user(iam, Tags=TAGS)},
        "policy": {"PolicyArn": policy(iam, Tags=TAGS)},
        "instance_profile": {"InstanceProfileName": name},
        "saml_provider": {"SAMLProviderArn": saml},
        "open_id_connect_provider": {"OpenIDConnectProviderArn": openid},
        "mfa_device": {"SerialNumber": device},
        "server_certificate": {"ServerCertificateName": certificate(iam, name)},
    }


def test_tag_keys_have_no_case_and_keep_the_one_they_were_given_with(iam):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html."""
    for kind, named in _entities(iam).items():
        tag, untag, listed = (getattr(iam, name) for name in (f"tag_{kind}", f"untag_{kind}", f"list_{kind}_tags"))
        assert listed(**named)["Tags"] == TAGS, kind
        tag(**named, Tags=[{"Key": "team", "Value": "blue"}, {"Key": "stage", "Value": ""}])
        expected = [{"Key": "stage", "Value": ""}, {"Key": "team", "Value": "blue"}]
        assert listed(**named)["Tags"] == expected, kind
        untag(**named, TagKeys=["TEAM"])
        assert listed(**named)["Tags"] == expected[:1], kind


def test_a_key_is_given_once(iam):
    twice = [{"Key": "x", "Value": "1"}, {"Key": "X", "Value": "2"}]
    said = ("InvalidInput", 400, "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    name = user(iam)

    assert refusal(iam.tag_user, UserName=name, Tags=twice) == said
    assert refusal(iam.create_role, RoleName=fresh("Role"), AssumeRolePolicyDocument=OPEN, Tags=twice) == said
    iam.tag_user(UserName=name, Tags=twice[:1])


CREATED_WITH_TAGS = {
    "TagUser": lambda iam: iam.create_user(UserName=fresh("User"), Tags=TAGS),
    "TagRole": lambda iam: role(iam, Tags=TAGS),
    "TagPolicy": lambda iam: policy(iam, Tags=TAGS),
    "TagInstanceProfile": lambda iam: iam.create_instance_profile(InstanceProfileName=fresh("Profile"), Tags=TAGS),
    "TagSAMLProvider": lambda iam: iam.create_saml_provider(Name=fresh("Saml"), SAMLMetadataDocument=metadata(), Tags=TAGS),
    "TagOpenIDConnectProvider": lambda iam: iam.create_open_id_connect_provider(Url=f"https://{fresh('o')}.example", Tags=TAGS),
    "TagServerCertificate": lambda iam: certificate(iam, fresh("Certificate")),
    "TagMFADevice": lambda iam: iam.create_virtual_mfa_device(VirtualMFADeviceName=fresh("Device"), Tags=TAGS),
}  # fmt: skip


@pytest.mark.parametrize("action", CREATED_WITH_TAGS)
def test_who_makes_something_with_tags_must_be_allowed_to_tag(a, iam, action):
    """OBSERVED: https://github.com/openshift/installer/issues/1073."""
    name = user(iam)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    making = a("iam", **keys_of(key))
    iam.put_user_policy(
        UserName=name, PolicyName="make", PolicyDocument=document(allow(["iam:Create*", "iam:Upload*"]))
    )

    code, status, message = refusal(CREATED_WITH_TAGS[action], making)
    assert (code, status) == ("AccessDenied", 403)
    assert f"is not authorized to perform: iam:{action} on resource: arn:aws:iam::{A}:" in message
    iam.put_user_policy(UserName=name, PolicyName="tag", PolicyDocument=document(allow(f"iam:{action}")))
    CREATED_WITH_TAGS[action](making)


# ---- passwords and devices


def test_a_password_is_changed_by_who_knows_it(a, iam):
    name = user(iam)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    own = a("iam", **keys_of(key))
    mine = allow(["iam:ChangePassword", "iam:GetLoginProfile"], f"arn:aws:iam::{A}:user/{name}")
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(mine))
    change = {"OldPassword": "first-One1", "NewPassword": "second-One2"}

    assert refusal(own.change_password, **change)[:2] == ("NoSuchEntity", 404)
    made = iam.create_login_profile(UserName=name, Password="first-One1", PasswordResetRequired=True)["LoginProfile"]
    assert made["PasswordResetRequired"] is True
    assert own.get_login_profile()["LoginProfile"] == made
    taken = ("EntityAlreadyExists", 409, f"Login Profile for user {name} already exists.")
    assert refusal(iam.create_login_profile, UserName=name, Password="first-One1") == taken
    assert refusal(own.change_password, **{**change, "OldPassword": "another-1A"})[:2] == ("AccessDenied", 403)
    own.change_password(**change)
    assert own.get_login_profile()["LoginProfile"]["PasswordResetRequired"] is False
    assert refusal(own.change_password, **change)[:2] == ("AccessDenied", 403)
    iam.update_login_profile(UserName=name, PasswordResetRequired=True)
    own.change_password(OldPassword="second-One2", NewPassword="third-One3")
    iam.delete_login_profile(UserName=name)
    assert refusal(iam.delete_login_profile, UserName=name)[:2] == ("NoSuchEntity", 404)


def test_a_device_is_described_and_its_seed_told_once(iam):
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName=fresh("Device"))["VirtualMFADevice"]
    serial = made["SerialNumber"]

    name, now = user(iam), step_at(time.time())
    codes = {f"AuthenticationCode{number}": code_at(made["Base32StringSeed"], now - 2 + number) for number in (1, 2)}
    iam.enable_mfa_device(UserName=name, SerialNumber=serial, **codes)

    told = iam.get_mfa_device(SerialNumber=serial, UserName=name)
    assert (told["SerialNumber"], told["UserName"], "EnableDate" in told) == (serial, name, True)
    assert refusal(iam.get_mfa_device, SerialNumber=f"{serial}x", UserName=name)[:2] == ("NoSuchEntity", 404)
    assert refusal(iam.get_mfa_device, SerialNumber=serial, UserName=user(iam))[:2] == ("NoSuchEntity", 404)
    (listed,) = [each for each in iam.list_virtual_mfa_devices()["VirtualMFADevices"] if each["SerialNumber"] == serial]
    assert "Base32StringSeed" not in listed
    assert "QRCodePNG" not in listed


# ---- providers, profiles, aliases


def test_a_providers_clients_are_added_and_removed(iam):
    url = f"https://{fresh('clients')}.example"
    named = {"OpenIDConnectProviderArn": iam.create_open_id_connect_provider(Url=url, ClientIDList=["one"])["OpenIDConnectProviderArn"]}  # fmt: skip
    for client_id in ("two", "two"):
        iam.add_client_id_to_open_id_connect_provider(**named, ClientID=client_id)
    assert iam.get_open_id_connect_provider(**named)["ClientIDList"] == ["one", "two"]
    for client_id in ("one", "one"):
        iam.remove_client_id_from_open_id_connect_provider(**named, ClientID=client_id)
    assert iam.get_open_id_connect_provider(**named)["ClientIDList"] == ["two"]

    taken = ("EntityAlreadyExists", 409, f"Provider with url {url} already exists.")
    assert refusal(iam.create_open_id_connect_provider, Url=url) == taken
    assert refusal(iam.create_open_id_connect_provider, Url="http://plain.example")[:2] == ("ValidationError", 400)
    for _ in range(2):
        iam.delete_open_id_connect_provider(**named)
    arn = named["OpenIDConnectProviderArn"]
    missing = ("NoSuchEntity", 404, f"OpenIDConnect Provider not found for arn {arn}")
    assert refusal(iam.get_open_id_connect_provider, **named) == missing
    assert refusal(iam.add_client_id_to_open_id_connect_provider, **named, ClientID="x") == missing


def test_metadata_that_is_none_makes_no_provider(iam):
    name, junk = fresh("Saml"), "<a>" + "z" * 1000 + "</a>"
    said = ("InvalidInput", 400, "Could not parse metadata")

    for text in (junk, "z" * 1000, metadata().replace("IDPSSODescriptor", "SPSSODescriptor")):
        assert refusal(iam.create_saml_provider, Name=name, SAMLMetadataDocument=text) == said
    arn = iam.create_saml_provider(Name=name, SAMLMetadataDocument=metadata())["SAMLProviderArn"]
    assert refusal(iam.create_saml_provider, Name=name, SAMLMetadataDocument=metadata())[:2] == ("EntityAlreadyExists", 409)  # fmt: skip
    assert refusal(iam.update_saml_provider, SAMLProviderArn=arn, SAMLMetadataDocument=junk) == said
    iam.update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument=metadata("https://another.example"))
    iam.delete_saml_provider(SAMLProviderArn=arn)
    missing = ("NoSuchEntity", 404, f"Manifest not found for arn {arn}")
    assert refusal(iam.delete_saml_provider, SAMLProviderArn=arn) == missing
    assert refusal(iam.get_saml_provider, SAMLProviderArn=arn) == missing


def test_a_server_certificates_name_is_taken_once(iam):
    name = certificate(iam, fresh("Certificate"))
    assert refusal(certificate, iam, name)[:2] == ("EntityAlreadyExists", 409)
    iam.delete_server_certificate(ServerCertificateName=name)
    assert refusal(iam.delete_server_certificate, ServerCertificateName=name)[:2] == ("NoSuchEntity", 404)
    certificate(iam, name)


def test_a_role_that_is_not_in_a_profile_is_not_removed(iam):
    name, profile = role(iam), fresh("Profile")
    iam.create_instance_profile(InstanceProfileName=profile)
    named = {"InstanceProfileName": profile, "RoleName": name}

    assert refusal(iam.remove_role_from_instance_profile, **named)[:2] == ("NoSuchEntity", 404)
    iam.add_role_to_instance_profile(**named)
    iam.remove_role_from_instance_profile(**named)


def test_an_alias_is_deleted_by_its_name(iam):
    iam.create_account_alias(AccountAlias="the-alias")
    assert refusal(iam.delete_account_alias, AccountAlias="another-alias")[:2] == ("NoSuchEntity", 404)
    assert iam.list_account_aliases()["AccountAliases"] == ["the-alias"]
    iam.delete_account_alias(AccountAlias="the-alias")
    assert iam.list_account_aliases()["AccountAliases"] == []
