"""The resource as a denial's message names it. This is for people: decisions and the journal know nothing of it.

1. Mostly it is the ARN that was decided upon.
2. IAM calls most of what is there by kind and name; what it makes, tags and passes, it calls by the ARN.
3. What lists everything is decided upon as `*`, and most services put an ARN of their own in its place, or nothing at all.
4. The tables hold what real messages showed, with others of the same family; nothing is concluded from them for the rest.
"""

from collections.abc import Mapping

from harness.model.arn import Arn
from harness.model.request import Request
from harness.policy.glob import compile_globs

# OBSERVED: `role` in https://github.com/aws/aws-cdk/issues/27067 (GetRole), https://github.com/alphagov/gsp/pull/990 (UpdateRole),
# https://github.com/aws-samples/aws-hpc-tutorials/pull/175 (AttachRolePolicy) and
# https://github.com/aws-samples/eks-security-compromised-cluster-remediation/issues/8 (PutRolePolicy; and CreatePolicy);
# `user` in https://github.com/aws-samples/rancher-on-aws-workshop/issues/28 (GetUser); `policy` before the ARN in
# https://github.com/aws-amplify/amplify-js/issues/7540 (ListPolicyVersions). Likewise `group` (GetGroup, AddUserToGroup) and
# `instance profile` (GetInstanceProfile, AddRoleToInstanceProfile) in what many people copied from their terminals.
# The ARN: https://github.com/aws/aws-parallelcluster/pull/918 (CreateRole), https://github.com/openshift/installer/issues/1073 (TagRole)
_OF_WHAT_IS_THERE = """
    GetRole UpdateRole DeleteRole UpdateAssumeRolePolicy *RolePolicy ListRolePolicies ListAttachedRolePolicies
    ListInstanceProfilesForRole
    GetUser DeleteUser *UserPolicy ListUserPolicies ListAttachedUserPolicies ListGroupsForUser ListMFADevices
    *AccessKey ListAccessKeys
    GetGroup DeleteGroup *GroupPolicy ListGroupPolicies ListAttachedGroupPolicies AddUserToGroup RemoveUserFromGroup
    GetInstanceProfile DeleteInstanceProfile AddRoleToInstanceProfile RemoveRoleFromInstanceProfile
    CreatePolicy GetPolicy DeletePolicy *PolicyVersion ListPolicyVersions ListEntitiesForPolicy
"""
_BY_KIND = compile_globs(f"iam:{action.lower()}" for action in _OF_WHAT_IS_THERE.split())

_LISTS: Mapping[str, str] = {
    # OBSERVED: https://github.com/AntonShuvaev/intellij-dynamodb/issues/20
    "dynamodb:listtables": "arn:aws:dynamodb:{region}:{account}:table/*",
    # OBSERVED: https://github.com/aws/aws-sam-cli/issues/394
    "iam:listpolicies": "policy path /",
    # OBSERVED, as the next three, in what many people copied from their terminals: "is not authorized to perform:
    # iam:ListUsers on resource: arn:aws:iam::123456789010:user/ because no identity-based policy allows …"
    "iam:listusers": "arn:aws:iam::{account}:user/",
    "iam:listroles": "arn:aws:iam::{account}:role/",
    "iam:listgroups": "arn:aws:iam::{account}:group/",
    "iam:listinstanceprofiles": "arn:aws:iam::{account}:instance-profile/",
    # OBSERVED: https://github.com/nccgroup/Scout2/issues/261
    "sns:listsubscriptions": "arn:aws:sns:{region}:{account}:*",
    "sns:listtopics": "arn:aws:sns:{region}:{account}:*",
    # OBSERVED likewise: "sqs:listqueues on resource: arn:aws:sqs:us-east-1:123456789012: because no identity-based policy allows"
    "sqs:listqueues": "arn:aws:sqs:{region}:{account}:",
    # OBSERVED: https://github.com/scribd/terraform-aws-datadog/pull/18
    "states:liststatemachines": "arn:aws:states:{region}:{account}:stateMachine:*",
}

_UNNAMED = frozenset({
    # OBSERVED: https://github.com/github-aws-runners/terraform-aws-github-runner/pull/3067
    "cloudwatch:putmetricdata",
    # OBSERVED: "s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action", in many places
    "s3:listallmybuckets",
    # OBSERVED: https://github.com/terraform-aws-modules/terraform-aws-iam/pull/305
    "secretsmanager:listsecrets",
})  # fmt: skip


def on_resource(request: Request) -> str:
    """What the message says of the resource, with the words before it; nothing where AWS says nothing."""
    action, resource = request.action.lower(), request.resource or "*"
    service = action.partition(":")[0]
    # EC2, OBSERVED: https://github.com/hashicorp/terraform-provider-aws/issues/34234
    if action in _UNNAMED or (service == "ec2" and request.resource == "*"):
        return ""
    if service == "s3":
        return f' on resource: "{resource}"'
    return f" on resource: {_listed(request, action) or _by_kind(action, resource)}"


def _listed(request: Request, action: str) -> str | None:
    region = request.context.values.get("aws:requestedregion")
    form = _LISTS.get(action)
    if form is None or request.resource != "*" or not isinstance(region, str):
        return None
    return form.format(region=region, account=request.resource_account)


def _by_kind(action: str, resource: str) -> str:
    arn = Arn.parse(resource)
    if arn is None or not _BY_KIND(action):
        return resource
    name = resource.rpartition("/")[2]
    if arn.kind == "policy":
        return f"policy {name if action == 'iam:createpolicy' else resource}"
    return f"{arn.kind.replace('-', ' ')} {name}"
