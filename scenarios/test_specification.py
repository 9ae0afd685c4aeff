"""Who is kept out, as a specification: each row an attempt, the one thing that is wrong about it, and its twin that is let in.

A row tells who says no (side and layer), with which of AWS's errors. It reads: "someone tries: refused; with the same put right: let in".
"""

import json
import re
from dataclasses import replace

import botocore
import pytest
from attempts import (
    CORP,
    DATA_KEY,
    ENCRYPT,
    ENCRYPT_OBJECT,
    EVERYTHING,
    GITHUB,
    IDP,
    INVOKE,
    LIST_OBJECTS,
    LOOK_AT_SECRET,
    MAIN,
    OF_GITHUB,
    PUBLISH,
    READ_OBJECT,
    READ_SECRET,
    SEND,
    STRANGER,
    WRITE_OBJECT,
    administers,
    allow,
    assumes,
    attempt,
    bears_a_token,
    both,
    by_the_function,
    deny,
    get_item,
    makes_a_function,
    one,
    put_item,
    signed_in,
    somebody_else,
    the_issuer,
    tries,
    trusts,
)
from botocore.config import Config
from botocore.exceptions import ClientError
from histories import (
    a_key_was,
    a_link_is_followed,
    a_role_assumes_itself,
    a_session_lives_on,
    a_temporary_user,
    a_trusted_user_was_made_again,
    a_user_is_in_a_group,
)
from shared import shared_resources
from stage import DEPLOYER_OF_A, NOTHING, Stage

from harness.scenario import eventually

# AWS's errors, by the protocol of the service: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
QUERY = ("AccessDenied", 403)  # sts, iam, s3; sqs keeps to it
JSON = ("AccessDeniedException", 400)  # dynamodb, kms, secretsmanager
REST = ("AccessDeniedException", 403)  # lambda
SNS = ("AuthorizationError", 403)
GONE = ("UnrecognizedClientException", 400)

A, B = "arn:aws:iam::<a>:root", "arn:aws:iam::<b>:root"
ASSUME, TAG, SOURCE = "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"
SAML = "sts:AssumeRoleWithSAML"
WEB, ID = "sts:AssumeRoleWithWebIdentity", "token.actions.githubusercontent.com"
MAIN_ONLY = trusts(OF_GITHUB, WEB, StringEquals={f"{ID}:aud": "sts.amazonaws.com", f"{ID}:sub": MAIN})
BAD_TOKEN = ("InvalidIdentityToken", 400)
PAST, FUTURE = "2020-01-01T00:00:00Z", "2100-01-01T00:00:00Z"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
READER = "arn:aws:iam::aws:policy/ReadOnlyAccess"
POLICY = "<policy>"
BLUE, RED = {"team": "blue"}, {"team": "red"}
ITEM = {"id": {"S": "x"}}
SELECT = (
    "dynamodb",
    "execute_statement",
    {"Statement": 'SELECT id FROM "specification" WHERE id = ?', "Parameters": [{"S": "x"}]},
)


def deny_all_but(principal, action=ASSUME):
    return trusts("*", action, "Deny", ArnNotEquals={"aws:PrincipalArn": [principal, DEPLOYER_OF_A]})


def unless(principals, action):
    """A Deny for everyone but these, by NotPrincipal."""
    return one(Effect="Deny", NotPrincipal={"AWS": principals}, Action=action)


# fmt: off
SPECIFICATION = {
    "trust": [  # someone of B assumes a role of A
        attempt("a partner with the wrong external id", assumes,
            trusted=trusts(B, StringEquals={"sts:ExternalId": "agreed"}),
            wrong={"ExternalId": "guessed"}, right={"ExternalId": "agreed"}, by="owner/trust", error=QUERY),
        attempt("a partner who leaves the external id out", assumes,
            trusted=trusts(B, StringEquals={"sts:ExternalId": "agreed"}),
            wrong={}, right={"ExternalId": "agreed"}, by="owner/trust", error=QUERY),
        attempt("a user who calls its session by another's name", assumes,
            trusted=trusts(B, StringEquals={"sts:RoleSessionName": "${aws:username}"}),
            wrong={"name": "somebody-else"}, right={"name": "<name>"}, by="owner/trust", error=QUERY),
        attempt("an auditor whose session's name does not say so", assumes,
            trusted=trusts(B, StringLike={"sts:RoleSessionName": "audit-*"}),
            wrong={"name": "work"}, right={"name": "audit-2024"}, by="owner/trust", error=QUERY),
        attempt("a session without the source identity that is asked for", assumes,
            trusted=trusts(B, [ASSUME, SOURCE], StringLike={"sts:SourceIdentity": "*"}),
            wrong={}, right={"SourceIdentity": "ann"}, by="owner/trust", error=QUERY),
        attempt("a source identity where the role takes none", assumes, SourceIdentity="ann",
            wrong={"trusted": trusts(B)}, right={"trusted": trusts(B, [ASSUME, SOURCE])}, by="owner/trust", error=QUERY),
        attempt("a source identity that the caller may not set", assumes, SourceIdentity="ann",
            trusted=trusts(B, [ASSUME, SOURCE]),
            wrong={"may": allow(ASSUME)}, right={"may": allow([ASSUME, SOURCE])}, by="caller/identity", error=QUERY),
        attempt("session tags where the role takes none", assumes, Tags=[{"Key": "team", "Value": "blue"}],
            wrong={"trusted": trusts(B)}, right={"trusted": trusts(B, [ASSUME, TAG])}, by="owner/trust", error=QUERY),
        attempt("session tags that the caller may not set", assumes, Tags=[{"Key": "team", "Value": "blue"}],
            trusted=trusts(B, [ASSUME, TAG]),
            wrong={"may": allow(ASSUME)}, right={"may": allow([ASSUME, TAG])}, by="caller/identity", error=QUERY),
        attempt("a session that tags itself with another team", assumes,
            trusted=trusts(B, [ASSUME, TAG], StringEquals={"aws:RequestTag/team": "blue"}),
            wrong={"Tags": [{"Key": "team", "Value": "red"}]}, right={"Tags": [{"Key": "team", "Value": "blue"}]},
            by="owner/trust", error=QUERY),
        attempt("a session with a tag that nobody foresaw", assumes,
            trusted=trusts(B, [ASSUME, TAG], **{"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}),
            wrong={"Tags": [{"Key": "admin", "Value": "true"}]}, right={"Tags": [{"Key": "team", "Value": "blue"}]},
            by="owner/trust", error=QUERY),
        attempt("a user of another team than the role's", assumes,
            trusted=trusts(B, StringEquals={"aws:PrincipalTag/team": "blue"}),
            wrong={"tags": RED}, right={"tags": BLUE}, by="owner/trust", error=QUERY),
        attempt("a user without any tag", assumes,
            trusted=trusts(B, StringEquals={"aws:PrincipalTag/team": "blue"}),
            wrong={}, right={"tags": BLUE}, by="owner/trust", error=QUERY),
        attempt("a transitive tag of the first session that says another team", assumes,
            trusted=trusts(B, [ASSUME, TAG], StringEquals={"aws:PrincipalTag/team": "blue"}),
            wrong={"chained": {"Tags": [{"Key": "team", "Value": "red"}], "TransitiveTagKeys": ["team"]}},
            right={"chained": {"Tags": [{"Key": "team", "Value": "blue"}], "TransitiveTagKeys": ["team"]}},
            by="owner/trust", error=QUERY),
        attempt("a chain that hands transitive tags down to a role which takes none", assumes,
            chained={"Tags": [{"Key": "team", "Value": "blue"}], "TransitiveTagKeys": ["team"]},
            wrong={"trusted": trusts(B)}, right={"trusted": trusts(B, [ASSUME, TAG])}, by="owner/trust", error=QUERY),
        attempt("a chain that hands its source identity down to a role which takes none", assumes, chained={"SourceIdentity": "ann"},
            wrong={"trusted": trusts(B)}, right={"trusted": trusts(B, [ASSUME, SOURCE])}, by="owner/trust", error=QUERY),
        attempt("a chain that changes its source identity", assumes, chained={"SourceIdentity": "ann"},
            trusted=trusts(B, [ASSUME, SOURCE]),
            wrong={"SourceIdentity": "bob"}, right={"SourceIdentity": "ann"}, by="validation", error=QUERY),
        attempt("a key without MFA where the role wants it", assumes,
            wrong={"trusted": trusts(B, Bool={"aws:MultiFactorAuthPresent": "true"})},
            right={"trusted": trusts(B, BoolIfExists={"aws:MultiFactorAuthPresent": "true"})}, by="owner/trust", error=QUERY),
        attempt("anyone outside the organization", assumes,
            wrong={"trusted": trusts("*", StringEquals={"aws:PrincipalOrgID": "o-example123"})},
            right={"trusted": trusts("*", StringEquals={"aws:PrincipalAccount": "<b>"})}, by="owner/trust", error=QUERY),
        attempt("an account that the wildcard's condition does not mean", assumes,
            trusted=trusts("*", StringEquals={"aws:PrincipalAccount": "<b>"}),
            wrong={"of": "stranger"}, right={"of": "b"}, by="owner/trust", error=QUERY),
        attempt("a principal whose name the wildcard's condition does not match", assumes,
            wrong={"trusted": trusts("*", ArnLike={"aws:PrincipalArn": "arn:aws:iam::<b>:role/ci-*"})},
            right={"trusted": trusts("*", ArnLike={"aws:PrincipalArn": "arn:aws:iam::<b>:user/*"})}, by="owner/trust", error=QUERY),
        attempt("a user where only a service is trusted", assumes,
            wrong={"trusted": trusts({"Service": "lambda.amazonaws.com"})},
            right={"trusted": trusts({"Service": "lambda.amazonaws.com", "AWS": "<me>"})}, by="owner/trust", error=QUERY),
        attempt("a user who comes without a source account", assumes,
            wrong={"trusted": trusts("*", StringEquals={"aws:SourceAccount": "<b>"})},
            right={"trusted": trusts("*", StringEquals={"aws:PrincipalAccount": "<b>"})}, by="owner/trust", error=QUERY),
        attempt("a trusted user by way of a role", assumes, trusted=trusts("<me>"),
            wrong={"chained": True}, right={"chained": False}, by="owner/trust", error=QUERY),
        attempt("a role that assumes itself without naming itself", a_role_assumes_itself,
            wrong={"trusting_itself": False}, right={"trusting_itself": True}, by="owner/trust", error=QUERY),
        attempt("a user whom the trust policy denies by name", assumes,
            wrong={"trusted": both(trusts(B), trusts("<me>", effect="Deny"))},
            right={"trusted": both(trusts(B), trusts("arn:aws:iam::<b>:user/deployer", effect="Deny"))},
            by="owner/trust", explicit=True, error=QUERY),
        attempt("everyone whom the trust policy's Deny does not spare", assumes,
            wrong={"trusted": both(trusts(B), deny_all_but("arn:aws:iam::<b>:user/nobody"))},
            right={"trusted": both(trusts(B), deny_all_but("<me>"))}, by="owner/trust", explicit=True, error=QUERY),
        attempt("a role named without its path", assumes, trusted=trusts(B), path="/team/",
            wrong={"without_path": True}, right={"without_path": False}, by="owner/trust", error=QUERY),
        attempt("a caller whose own account wants another external id", assumes, trusted=trusts(B), ExternalId="mine",
            wrong={"may": allow(ASSUME, StringEquals={"sts:ExternalId": "yours"})},
            right={"may": allow(ASSUME, StringEquals={"sts:ExternalId": "mine"})}, by="caller/identity", error=QUERY),
        attempt("a caller whose own account denies it every role of A", assumes, trusted=trusts(B),
            wrong={"may": [EVERYTHING, deny(ASSUME, "arn:aws:iam::<a>:role/*")]},
            right={"may": [EVERYTHING, deny(ASSUME, "arn:aws:iam::<b>:role/*")]},
            by="caller/identity", explicit=True, error=QUERY),
        attempt("a function of A that assumes a role which trusts someone else", by_the_function,
            wrong={"trusted": trusts(DEPLOYER_OF_A)}, right={"trusted": trusts("<function role>")}, by="owner/trust", error=QUERY),
        attempt("a user of A within the account, where the trust leaves it to the account's policies", assumes, of="a",
            trusted=trusts(A), wrong={"may": NOTHING}, right={"may": allow(ASSUME)}, by="caller/identity", error=QUERY),
    ],
    "identity": [  # a user of A with these policies
        attempt("everything but writing", tries, does=put_item(),
            wrong={"may": one(Effect="Allow", NotAction="dynamodb:PutItem", Resource="*")},
            right={"may": one(Effect="Allow", NotAction="dynamodb:GetItem", Resource="*")},
            by="caller/identity", error=JSON),
        attempt("every table but this one", tries, does=put_item(),
            wrong={"may": one(Effect="Allow", Action="dynamodb:*", NotResource="<table>")},
            right={"may": one(Effect="Allow", Action="dynamodb:*", NotResource="<other table>")},
            by="caller/identity", error=JSON),
        attempt("in a region that is not the user's", tries, does=put_item(),
            wrong={"may": allow("dynamodb:*", StringEquals={"aws:RequestedRegion": "eu-central-1"})},
            right={"may": allow("dynamodb:*", StringEquals={"aws:RequestedRegion": "us-west-2"})},
            by="caller/identity", error=JSON),
        attempt("outside the allowed regions, with a Deny", tries, does=put_item(),
            wrong={"may": [EVERYTHING, deny("*", StringNotEquals={"aws:RequestedRegion": "eu-central-1"})]},
            right={"may": [EVERYTHING, deny("*", StringNotEquals={"aws:RequestedRegion": "us-west-2"})]},
            by="caller/identity", explicit=True, error=JSON),
        attempt("after the permission ran out", tries, does=put_item(),
            wrong={"may": allow("dynamodb:*", DateLessThan={"aws:CurrentTime": PAST})},
            right={"may": allow("dynamodb:*", DateLessThan={"aws:CurrentTime": FUTURE})}, by="caller/identity", error=JSON),
        attempt("from outside the office's network", tries, does=put_item(),
            wrong={"may": allow("dynamodb:*", IpAddress={"aws:SourceIp": "203.0.113.0/24"})},
            right={"may": allow("dynamodb:*", IpAddress={"aws:SourceIp": ["0.0.0.0/0", "::/0"]})}, by="caller/identity", error=JSON),
        attempt("tagging a queue with a cost center that is not the user's", tries,
            does=("sqs", "tag_queue", {"QueueUrl": "<queue url>"}),
            may=allow("sqs:TagQueue", StringEquals={"aws:RequestTag/center": "blue"}),
            wrong={"Tags": {"center": "red"}}, right={"Tags": {"center": "blue"}}, by="caller/identity", error=QUERY),
        attempt("tagging a queue with a key that is not in use", tries,
            does=("sqs", "tag_queue", {"QueueUrl": "<queue url>"}),
            may=allow("sqs:TagQueue", **{"ForAllValues:StringEquals": {"aws:TagKeys": ["center"]}}),
            wrong={"Tags": {"center": "blue", "owner": "me"}}, right={"Tags": {"center": "blue"}}, by="caller/identity", error=QUERY),
        attempt("a table of another team, by its tag", tries, does=put_item(),
            wrong={"may": allow("dynamodb:*", StringEquals={"aws:ResourceTag/team": "red"})},
            right={"may": allow("dynamodb:*", StringEquals={"aws:ResourceTag/team": "blue"})}, by="caller/identity", error=JSON),
        attempt("a table whose team is not the user's own", tries, does=put_item(),
            may=allow("dynamodb:*", StringEquals={"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}),
            wrong={"tags": RED}, right={"tags": BLUE}, by="caller/identity", error=JSON),
        attempt("another user's home in the bucket", tries, does=WRITE_OBJECT,
            may=allow("s3:PutObject", "<bucket>/home/${aws:username}/*"),
            wrong={"Key": "home/ann/x"}, right={"Key": "home/<name>/x"}, by="caller/identity", error=QUERY),
        attempt("another team's folder in the bucket", tries, does=READ_OBJECT,
            may=allow("s3:GetObject", "<bucket>/${aws:PrincipalTag/team}/*"),
            wrong={"tags": RED}, right={"tags": BLUE}, by="caller/identity", error=QUERY),
        attempt("the variable of a user without the tag", tries, does=READ_OBJECT,
            may=allow("s3:GetObject", "<bucket>/${aws:PrincipalTag/team}/*"),
            wrong={"tags": None}, right={"tags": BLUE}, by="caller/identity", error=QUERY),
        attempt("listing what lies under another prefix", tries, does=LIST_OBJECTS,
            may=allow("s3:ListBucket", "<bucket>", StringLike={"s3:prefix": "blue/*"}),
            wrong={"Prefix": "red/"}, right={"Prefix": "blue/"}, by="caller/identity", error=QUERY),
        attempt("listing the whole bucket where a prefix is wanted", tries, does=LIST_OBJECTS,
            may=allow("s3:ListBucket", "<bucket>", StringLike={"s3:prefix": "blue/*"}),
            wrong={}, right={"Prefix": "blue/"}, by="caller/identity", error=QUERY),
        attempt("listing with a permission on the objects only", tries, does=LIST_OBJECTS,
            wrong={"may": allow("s3:*", "<bucket>/*")}, right={"may": allow("s3:*", "<bucket>")}, by="caller/identity", error=QUERY),
        attempt("an object that is tagged secret", tries, does=READ_OBJECT,
            wrong={"may": [EVERYTHING, deny("s3:GetObject", StringEquals={"s3:ExistingObjectTag/team": "blue"})]},
            right={"may": [EVERYTHING, deny("s3:GetObject", StringEquals={"s3:ExistingObjectTag/team": "red"})]},
            by="caller/identity", explicit=True, error=QUERY),
        attempt("an upload for everyone to read", tries, does=WRITE_OBJECT, Key="report",
            may=[allow("s3:*", "<bucket>/*"), deny("s3:PutObject", StringEquals={"s3:x-amz-acl": ["public-read", "public-read-write"]})],
            wrong={"ACL": "public-read"}, right={}, by="caller/identity", explicit=True, error=QUERY),
        attempt("a copy of what may not be read", tries, does=("s3", "copy_object", {
                "Bucket": "<bucket name>", "Key": "copy", "CopySource": "<bucket name>/blue/report", "TaggingDirective": "REPLACE"}),
            wrong={"may": allow("s3:PutObject", "<bucket>/*")},
            right={"may": allow(["s3:PutObject", "s3:GetObject"], "<bucket>/*")}, by="caller/identity", error=QUERY),
        attempt("sending a topic's messages out of the house", tries,
            does=("sns", "subscribe", {"TopicArn": "<topic>", "Protocol": "sqs"}),
            may=allow("sns:Subscribe", "<topic>", StringLike={"sns:Endpoint": "arn:aws:sqs:*:<a>:*"}),
            wrong={"Endpoint": "arn:aws:sqs:us-west-2:<stranger>:queue"}, right={"Endpoint": "<queue>"},
            by={"caller/identity", "owner/resource"}, error=SNS),
        attempt("an old version of a secret", tries, does=READ_SECRET,
            may=allow("secretsmanager:GetSecretValue", "<secret>", StringEquals={"secretsmanager:VersionStage": "AWSCURRENT"}),
            wrong={"VersionStage": "AWSPREVIOUS"}, right={"VersionStage": "AWSCURRENT"}, by="caller/identity", error=JSON),
        attempt("whom the group denies what the user's own policy allows", a_user_is_in_a_group,
            wrong={"whose": deny("dynamodb:PutItem")}, right={"whose": deny("dynamodb:DeleteItem")},
            by="caller/identity", explicit=True, error=JSON),
        attempt("running a function with another's permission", tries, does=INVOKE,
            wrong={"may": allow("lambda:InvokeFunction", "<function>-2")}, right={"may": allow("lambda:InvokeFunction", "<function>")},
            by="caller/identity", error=REST),
        attempt("reading the secret of another application", tries, does=READ_SECRET,
            wrong={"may": allow("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-west-2:<a>:secret:other/*")},
            right={"may": allow("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-west-2:<a>:secret:specification/*")},
            by="caller/identity", error=JSON),
    ],
    "items": [  # a user of A on parts of a table
        attempt("reading another tenant's item", tries,
            may=allow("dynamodb:GetItem", "<table>", **{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}}),
            wrong={"does": get_item("somebody-else")}, right={"does": get_item("<name>")}, by="caller/identity", error=JSON),
        attempt("querying another tenant's partition", tries,
            does=("dynamodb", "query", {"TableName": "<table>", "KeyConditionExpression": "id = :id"}),
            may=allow("dynamodb:Query", "<table>", **{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}}),
            wrong={"ExpressionAttributeValues": {":id": {"S": "somebody-else"}}},
            right={"ExpressionAttributeValues": {":id": {"S": "<name>"}}}, by="caller/identity", error=JSON),
        attempt("reading an attribute that is not for this user", tries, does=get_item("x"),
            may=allow("dynamodb:GetItem", "<table>", **{"ForAllValues:StringEquals": {"dynamodb:Attributes": ["id", "city"]}}),
            wrong={"ProjectionExpression": "id, salary"}, right={"ProjectionExpression": "id, city"}, by="caller/identity", error=JSON),
        attempt("a batch with one item of another tenant", tries, does=("dynamodb", "batch_write_item", {}),
            may=allow("dynamodb:BatchWriteItem", "<table>", **{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["mine", "ours"]}}),
            wrong={"RequestItems": {"<table>": [{"PutRequest": {"Item": {"id": {"S": one}}}} for one in ("mine", "theirs")]}},
            right={"RequestItems": {"<table>": [{"PutRequest": {"Item": {"id": {"S": one}}}} for one in ("mine", "ours")]}},
            by="caller/identity", error=JSON),
        attempt("a batch with one item of another table", tries, does=("dynamodb", "batch_get_item", {
                "RequestItems": {"<table>": {"Keys": [ITEM]}, "<other table>": {"Keys": [ITEM]}}}),
            wrong={"may": allow("dynamodb:BatchGetItem", "<table>")},
            right={"may": allow("dynamodb:BatchGetItem", ["<table>", "<other table>"])}, by="caller/identity", error=JSON),
        attempt("a transaction with one forbidden deletion", tries, does=("dynamodb", "transact_write_items", {
                "TransactItems": [{"Put": {"TableName": "<table>", "Item": ITEM}},
                                  {"Delete": {"TableName": "<other table>", "Key": ITEM}}]}),
            wrong={"may": allow("dynamodb:PutItem")}, right={"may": allow(["dynamodb:PutItem", "dynamodb:DeleteItem"])},
            by="caller/identity", error=JSON),
        attempt("PartiQL by who may only read items", tries, does=SELECT,
            wrong={"may": allow(["dynamodb:GetItem", "dynamodb:Query"])}, right={"may": allow("dynamodb:PartiQLSelect")},
            by="caller/identity", error=JSON),
        attempt("PartiQL on a table where it is denied", tries, does=SELECT,
            wrong={"may": [EVERYTHING, deny("dynamodb:PartiQL*", "<table>")]},
            right={"may": [EVERYTHING, deny("dynamodb:PartiQL*", "<other table>")]}, by="caller/identity", explicit=True, error=JSON),
    ],
    "boundary": [  # a principal of A within a permissions boundary
        attempt("more than the boundary holds", tries, does=put_item(), may=EVERYTHING,
            wrong={"boundary": allow("s3:*")}, right={"boundary": allow("dynamodb:*")},
            by="caller/permissions_boundary", error=JSON),
        attempt("what the boundary denies", tries, does=put_item(), may=EVERYTHING,
            wrong={"boundary": both(EVERYTHING, deny("dynamodb:PutItem"))},
            right={"boundary": both(EVERYTHING, deny("dynamodb:DeleteItem"))},
            by="caller/permissions_boundary", explicit=True, error=JSON),
        attempt("what only the boundary holds", tries, does=put_item(), boundary=EVERYTHING,
            wrong={"may": NOTHING}, right={"may": allow("dynamodb:PutItem")}, by="caller/identity", error=JSON),
        attempt("a role beyond its boundary", tries, does=SEND, as_role=True, may=EVERYTHING,
            wrong={"boundary": allow("dynamodb:*")}, right={"boundary": allow("sqs:*")},
            by="caller/permissions_boundary", error=QUERY),
        attempt("a user whose boundary denies what the queue's own policy allows", tries, does=SEND, on={"queue": trusts("<me>", "sqs:*")},
            wrong={"boundary": both(EVERYTHING, deny("sqs:*"))}, right={"boundary": allow("dynamodb:*")},
            by="caller/permissions_boundary", explicit=True, error=QUERY),
    ],
    "session": [  # a session that was passed a policy
        attempt("more than the session policy holds", tries, does=put_item(), may=EVERYTHING,
            wrong={"session": allow("dynamodb:GetItem")}, right={"session": allow("dynamodb:PutItem")},
            by="caller/session", error=JSON),
        attempt("more than the managed session policy holds", tries, does=put_item(), may=EVERYTHING,
            wrong={"managed_session": allow("s3:*")}, right={"managed_session": allow("dynamodb:*")},
            by="caller/session", error=JSON),
        attempt("what the session policy denies", tries, does=put_item(), may=EVERYTHING,
            wrong={"session": both(EVERYTHING, deny("dynamodb:PutItem"))},
            right={"session": both(EVERYTHING, deny("dynamodb:DeleteItem"))},
            by="caller/session", explicit=True, error=JSON),
        attempt("a session policy that holds more than the role", tries, does=put_item(), session=EVERYTHING,
            wrong={"may": allow("s3:*")}, right={"may": allow("dynamodb:*")}, by="caller/identity", error=JSON),
        attempt("a federated user whose token came without a policy", a_temporary_user, does="scans", kind="federated",
            wrong={}, right={"Policy": allow("dynamodb:Scan")}, by="caller/session", error=JSON),
        attempt("a session of a user that calls IAM without MFA", a_temporary_user, does="lists the users",
            wrong={"kind": "session"}, right={"kind": "key"}, by="authentication", error=("InvalidClientTokenId", 403)),
    ],
    "another account": [  # an administrator of B on A's resources
        attempt("A's table", tries, of="b", may=EVERYTHING, does=put_item(),
            wrong={"on": {}}, right={"on": {"table": trusts(B, "dynamodb:PutItem")}}, by="owner/resource", error=JSON),
        attempt("A's queue", tries, of="b", may=EVERYTHING, does=SEND,
            wrong={"on": {}}, right={"on": {"queue": trusts(B, "sqs:SendMessage")}}, by="owner/resource", error=QUERY),
        attempt("A's topic", tries, of="b", may=EVERYTHING, does=PUBLISH,
            wrong={"on": {}}, right={"on": {"topic": trusts(B, "sns:Publish")}}, by="owner/resource", error=SNS),
        attempt("A's function", tries, of="b", may=EVERYTHING, does=INVOKE, wrong={"on": {}},
            right={"on": {"function": {"Principal": "<b>", "Action": "lambda:InvokeFunction"}}}, by="owner/resource", error=REST),
        attempt("A's secret", tries, of="b", may=EVERYTHING, does=LOOK_AT_SECRET, wrong={"on": {}},
            right={"on": {"secret": trusts(B, "secretsmanager:DescribeSecret")}}, by="owner/resource", error=JSON),
        attempt("A's bucket, which is open, under A's key, which is not", tries, of="b", may=EVERYTHING, does=ENCRYPT_OBJECT,
            wrong={"on": {"bucket": trusts(B, "s3:PutObject"), "key": trusts(A, "kms:*")}},
            right={"on": {"bucket": trusts(B, "s3:PutObject"), "key": both(trusts(A, "kms:*"), trusts(B, "kms:GenerateDataKey"))}},
            by="owner/key", error=QUERY),
        attempt("A's key", tries, of="b", may=EVERYTHING, does=ENCRYPT,
            wrong={"on": {}}, right={"on": {"key": trusts(B, "kms:Encrypt")}}, by="owner/key", error=JSON),
        attempt("the address of A's queue", tries, of="b", may=EVERYTHING,
            does=("sqs", "get_queue_url", {"QueueName": "specification", "QueueOwnerAWSAccountId": "<a>"}),
            wrong={"on": {}}, right={"on": {"queue": trusts(B, "sqs:GetQueueUrl")}}, by="owner/resource", error=QUERY),
        attempt("A's queue, which speaks of another user of B", tries, of="b", may=EVERYTHING, does=SEND,
            wrong={"on": {"queue": trusts("arn:aws:iam::<b>:user/deployer", "sqs:SendMessage")}},
            right={"on": {"queue": trusts("<me>", "sqs:SendMessage")}}, by="owner/resource", error=QUERY),
        attempt("A's queue, which allows it, by who may not in B", tries, of="b", does=SEND,
            on={"queue": trusts("<me>", "sqs:SendMessage")},
            wrong={"may": NOTHING}, right={"may": allow("sqs:SendMessage", "<queue>")}, by="caller/identity", error=QUERY),
        attempt("A's table, which allows another action", tries, of="b", may=EVERYTHING, does=put_item(),
            wrong={"on": {"table": trusts(B, "dynamodb:GetItem")}}, right={"on": {"table": trusts(B, "dynamodb:PutItem")}},
            by="owner/resource", error=JSON),
        attempt("A's table by neither side", tries, of="b", does=put_item(),
            wrong={"on": {}}, right={"may": EVERYTHING, "on": {"table": trusts(B, "dynamodb:PutItem")}},
            by={"caller/identity", "owner/resource"}, error=JSON),
        attempt("A's table, which denies B's users by name", tries, of="b", may=EVERYTHING, does=put_item(),
            wrong={"on": {"table": both(trusts(B, "dynamodb:*"), trusts("<me>", "dynamodb:*", "Deny"))}},
            right={"on": {"table": both(trusts(B, "dynamodb:*"), trusts("arn:aws:iam::<b>:user/deployer", "dynamodb:*", "Deny"))}},
            by="owner/resource", explicit=True, error=JSON),
        attempt("A's secret, which wants the caller's team", tries, of="b", may=EVERYTHING, does=LOOK_AT_SECRET,
            on={"secret": trusts(B, "secretsmanager:DescribeSecret", StringEquals={"aws:PrincipalTag/team": "blue"})},
            wrong={"tags": RED}, right={"tags": BLUE}, by="owner/resource", error=JSON),
        attempt("A's topic, which is open to the stranger", tries, may=EVERYTHING, does=PUBLISH,
            on={"topic": trusts("*", "sns:Publish", StringEquals={"aws:PrincipalAccount": "<b>"})},
            wrong={"of": "stranger"}, right={"of": "b"}, by="owner/resource", error=SNS),
        attempt("A's bucket", tries, of="b", may=EVERYTHING, does=READ_OBJECT,
            wrong={"on": {}}, right={"on": {"bucket": trusts(B, "s3:GetObject")}}, by="owner/resource", error=QUERY),
        attempt("another table of A's than the one with the policy", tries, of="b", may=EVERYTHING, on={"table": trusts(B, "dynamodb:*")},
            wrong={"does": ("dynamodb", "put_item", {"TableName": "<other table>", "Item": ITEM})}, right={"does": put_item()},
            by="owner/resource", error=JSON),
    ],
    "resource": [  # someone of A, where the resource has a policy
        attempt("a queue that leaves it to the account's policies", tries, does=SEND,
            wrong={"on": {"queue": trusts(A, "sqs:SendMessage")}}, right={"on": {"queue": trusts("<me>", "sqs:SendMessage")}},
            by={"caller/identity", "owner/resource"}, error=QUERY),
        attempt("a queue that denies its own account's administrators", tries, does=SEND, may=EVERYTHING,
            wrong={"on": {"queue": deny_all_but("arn:aws:iam::<a>:user/nobody", "sqs:*")}},
            right={"on": {"queue": deny_all_but("<me>", "sqs:*")}},
            by="owner/resource", explicit=True, error=QUERY),
        attempt("a role that the queue names, beyond the role's boundary", tries, does=SEND, as_role=True, boundary=allow("dynamodb:*"),
            wrong={"on": {"queue": trusts("<my role>", "sqs:*")}}, right={"on": {"queue": trusts("<me>", "sqs:*")}},
            by="caller/permissions_boundary", error=QUERY),
        attempt("a topic that denies publishing to all but one", tries, does=PUBLISH, may=EVERYTHING,
            wrong={"on": {"topic": unless([DEPLOYER_OF_A, A], "sns:Publish")}}, right={"on": {"topic": unless(["<me>", A], "sns:Publish")}},
            by="owner/resource", explicit=True, error=SNS),
        attempt("a topic by who may do nothing", tries, does=PUBLISH,
            wrong={"may": NOTHING}, right={"may": allow("sns:Publish", "<topic>")}, by={"caller/identity", "owner/resource"}, error=SNS),
        attempt("an upload without encryption", tries, does=WRITE_OBJECT, may=EVERYTHING, Key="report",
            on={"bucket": trusts("*", "s3:PutObject", "Deny", Null={"s3:x-amz-server-side-encryption": "true"})},
            wrong={}, right={"ServerSideEncryption": "AES256"}, by="owner/resource", explicit=True, error=QUERY),
        attempt("a folder of which the bucket's policy does not speak", tries,
            on={"bucket": one(Effect="Allow", Principal={"AWS": "<me>"}, Action="s3:GetObject", Resource="<bucket>/blue/*")},
            wrong={"does": ("s3", "get_object", {"Bucket": "<bucket name>", "Key": "red/report"})}, right={"does": READ_OBJECT},
            by={"caller/identity", "owner/resource"}, error=QUERY),
        attempt("a bucket that is closed to all but one user", tries, does=READ_OBJECT, may=EVERYTHING,
            wrong={"on": {"bucket": unless([DEPLOYER_OF_A, A], "s3:GetObject")}},
            right={"on": {"bucket": unless(["<me>", A], "s3:GetObject")}},
            by="owner/resource", explicit=True, error=QUERY),
        attempt("a table that takes no writes from users", tries, does=put_item(), may=EVERYTHING,
            wrong={"on": {"table": trusts("*", "dynamodb:PutItem", "Deny", StringEquals={"aws:PrincipalType": "User"})}},
            right={"on": {"table": trusts("*", "dynamodb:PutItem", "Deny", StringEquals={"aws:PrincipalType": "AssumedRole"})}},
            by="owner/resource", explicit=True, error=JSON),
        attempt("a secret that is not to be read before its time", tries, does=READ_SECRET, may=EVERYTHING,
            wrong={"on": {"secret": trusts("*", "secretsmanager:GetSecretValue", "Deny", DateLessThan={"aws:CurrentTime": FUTURE})}},
            right={"on": {"secret": trusts("*", "secretsmanager:GetSecretValue", "Deny", DateLessThan={"aws:CurrentTime": PAST})}},
            by="owner/resource", explicit=True, error=JSON),
    ],
    "keys": [  # someone of A on a KMS key, whose policy must itself allow
        attempt("an administrator, where the key's policy does not speak of the account", tries, does=ENCRYPT, may=EVERYTHING,
            wrong={"on": {"key": trusts(DEPLOYER_OF_A, "kms:*")}}, right={"on": {"key": trusts(A, "kms:*")}},
            by="owner/key", error=JSON),
        attempt("a user without permissions, where the key leaves it to the account", tries, does=ENCRYPT, on={"key": trusts(A, "kms:*")},
            wrong={"may": NOTHING}, right={"may": allow("kms:Encrypt", "<key>")}, by="caller/identity", error=JSON),
        attempt("a grantee who asks for more than the grant", tries, does=DATA_KEY,
            wrong={"on": {"key": trusts(DEPLOYER_OF_A, "kms:*"), "grant": {"GranteePrincipal": "<me>", "Operations": ["Encrypt"]}}},
            right={"on": {"key": trusts(DEPLOYER_OF_A, "kms:*"), "grant": {"GranteePrincipal": "<me>", "Operations": ["GenerateDataKey"]}}},
            by="owner/key", error=JSON),
        attempt("a grantee with another encryption context", tries, does=ENCRYPT,
            on={"key": trusts(DEPLOYER_OF_A, "kms:*"), "grant": {"GranteePrincipal": "<me>", "Operations": ["Encrypt"],
                "Constraints": {"EncryptionContextSubset": {"team": "blue"}}}},
            wrong={"EncryptionContext": {"team": "red"}}, right={"EncryptionContext": {"team": "blue"}}, by="owner/key", error=JSON),
        attempt("an object under a key, by who may write objects", tries, does=ENCRYPT_OBJECT, on={"key": trusts(A, "kms:*")},
            wrong={"may": allow("s3:PutObject", "<bucket>/*")},
            right={"may": [
                allow("s3:PutObject", "<bucket>/*"),
                allow("kms:GenerateDataKey", "<key>", StringEquals={"kms:ViaService": "s3.us-west-2.amazonaws.com"}),
            ]},
            by="caller/identity", error=QUERY),
        attempt("a direct call, where the key is for one service", tries, does=ENCRYPT, may=EVERYTHING,
            wrong={"on": {"key": trusts(A, "kms:*", StringEquals={"kms:ViaService": "s3.us-west-2.amazonaws.com"})}},
            right={"on": {"key": trusts(A, "kms:*", StringEquals={"kms:CallerAccount": "<a>"})}}, by="owner/key", error=JSON),
        attempt("handing on more of a key than may be handed on", tries,
            does=("kms", "create_grant", {"KeyId": "<key>", "GranteePrincipal": DEPLOYER_OF_A}), on={"key": trusts(A, "kms:*")},
            may=allow("kms:CreateGrant", "<key>", **{"ForAllValues:StringEquals": {"kms:GrantOperations": ["Encrypt"]}}),
            wrong={"Operations": ["Encrypt", "Decrypt"]}, right={"Operations": ["Encrypt"]}, by="caller/identity", error=JSON),
        attempt("whom the key denies", tries, does=ENCRYPT, may=EVERYTHING,
            wrong={"on": {"key": both(trusts(A, "kms:*"), trusts("<me>", "kms:Encrypt", "Deny"))}},
            right={"on": {"key": both(trusts(A, "kms:*"), trusts("<me>", "kms:Decrypt", "Deny"))}},
            by="owner/key", explicit=True, error=JSON),
    ],
    "escalation": [  # a user of A who may do a little IAM tries to become more
        attempt("attaching AdministratorAccess to itself", administers, operation="attach_user_policy", UserName="<name>",
            may=allow("iam:AttachUserPolicy", ArnEquals={"iam:PolicyARN": READER}),
            wrong={"PolicyArn": ADMINISTRATOR}, right={"PolicyArn": READER}, by="caller/identity", error=QUERY),
        attempt("making an access key for another user", administers, operation="create_access_key",
            may=allow("iam:CreateAccessKey", "arn:aws:iam::<a>:user/${aws:username}"),
            wrong={"UserName": "specification"}, right={"UserName": "<name>"}, by="caller/identity", error=QUERY),
        attempt("rewriting whom a role trusts", administers, operation="update_assume_role_policy",
            RoleName="specification", PolicyDocument=json.dumps(trusts(DEPLOYER_OF_A)),
            wrong={"may": allow("iam:UpdateRole")}, right={"may": allow("iam:UpdateAssumeRolePolicy")}, by="caller/identity", error=QUERY),
        attempt("a trust policy that spares some with NotPrincipal", administers, operation="update_assume_role_policy",
            RoleName="specification", may=EVERYTHING,
            wrong={"PolicyDocument": json.dumps(unless([A], ASSUME))}, right={"PolicyDocument": json.dumps(trusts(A))},
            by="validation", explicit=False, error=("MalformedPolicyDocument", 400)),
        attempt("removing its own boundary", administers, operation="delete_user_permissions_boundary", UserName="<name>", may=EVERYTHING,
            wrong={"boundary": both(EVERYTHING, deny("iam:DeleteUserPermissionsBoundary"))}, right={"boundary": EVERYTHING},
            by="caller/permissions_boundary", explicit=True, error=QUERY),
        attempt("giving itself an inline policy", administers, operation="put_user_policy", PolicyName="more",
            PolicyDocument=json.dumps(EVERYTHING), may=allow("iam:PutUserPolicy", "arn:aws:iam::<a>:user/specification"),
            wrong={"UserName": "<name>"}, right={"UserName": "specification"}, by="caller/identity", error=QUERY),
        attempt("rewriting the policy that it has", administers, operation="create_policy_version", PolicyArn=POLICY,
            PolicyDocument=json.dumps(EVERYTHING), SetAsDefault=True,
            wrong={"may": allow("iam:CreatePolicy*", "arn:aws:iam::<a>:policy/mine/*")}, right={"may": allow("iam:CreatePolicy*", POLICY)},
            by="caller/identity", error=QUERY),
        attempt("making a user without the boundary that is asked for", administers, operation="create_user", UserName="specification-new",
            may=allow("iam:CreateUser", StringEquals={"iam:PermissionsBoundary": POLICY}),
            wrong={}, right={"PermissionsBoundary": POLICY}, by="caller/identity", error=QUERY),
        attempt("joining the administrators", administers, operation="add_user_to_group", UserName="<name>",
            may=allow("iam:AddUserToGroup", "arn:aws:iam::<a>:group/readers"),
            wrong={"GroupName": "administrators"}, right={"GroupName": "readers"}, by="caller/identity", error=QUERY),
        attempt("a function with a role that the user may not pass", makes_a_function, role="<function role>",
            wrong={"may": allow("iam:PassRole", "arn:aws:iam::<a>:role/app-*")}, right={"may": allow("iam:PassRole", "<function role>")},
            by="caller/identity", error=REST),
        attempt("a function with a role that may go to another service", makes_a_function, role="<function role>",
            wrong={"may": allow("iam:PassRole", StringEquals={"iam:PassedToService": "ec2.amazonaws.com"})},
            right={"may": allow("iam:PassRole", StringEquals={"iam:PassedToService": "lambda.amazonaws.com"})},
            by="caller/identity", error=REST),
        attempt("a function with a role of another account", makes_a_function, may=EVERYTHING,
            wrong={"role": "arn:aws:iam::<b>:role/bar"}, right={"role": "<function role>"}, by="caller/identity", error=REST),
    ],
    "a workflow": [  # it has a token of its own issuer and no key of AWS
        attempt("of another branch", bears_a_token, trusted=MAIN_ONLY,
            wrong={"subject": "repo:acme/app:ref:refs/heads/feature"}, right={"subject": MAIN}, by="owner/trust", error=QUERY),
        attempt("of another repository whose name begins alike", bears_a_token,
            wrong={"trusted": trusts(OF_GITHUB, WEB, StringLike={f"{ID}:sub": "repo:acme/application:*"})},
            right={"trusted": trusts(OF_GITHUB, WEB, StringLike={f"{ID}:sub": "repo:acme/app:*"})}, by="owner/trust", error=QUERY),
        attempt("with a token for another client of the account", bears_a_token, trusted=MAIN_ONLY,
            wrong={"audience": "reports"}, right={"audience": "sts.amazonaws.com"}, by="owner/trust", error=QUERY),
        attempt("with a token for a client that the account does not know", bears_a_token, trusted=MAIN_ONLY,
            wrong={"audience": "stranger"}, right={"audience": "sts.amazonaws.com"}, by="authentication", error=BAD_TOKEN),
        attempt("with a token that has expired", bears_a_token, trusted=MAIN_ONLY,
            wrong={"lifetime": -600}, right={"lifetime": 600}, by="authentication", error=("ExpiredTokenException", 400)),
        attempt("with a token that somebody else signed", bears_a_token, trusted=MAIN_ONLY,
            wrong={"signed_by": somebody_else}, right={"signed_by": the_issuer}, by="authentication", error=BAD_TOKEN),
        attempt("of an issuer that the account does not know", bears_a_token, trusted=MAIN_ONLY,
            wrong={"registered": "https://gitlab.com"}, right={"registered": GITHUB}, by="authentication", error=BAD_TOKEN),
        attempt("with a token that is bound to another role", bears_a_token, trusted=MAIN_ONLY,
            wrong={"https://aws.amazon.com/roles": ["arn:aws:iam::111111111111:role/other"]}, right={},
            by="authentication", error=BAD_TOKEN),
        attempt("of another environment", bears_a_token, environment="staging",
            wrong={"trusted": trusts(OF_GITHUB, WEB, StringEquals={f"{ID}:sub": MAIN, f"{ID}:environment": "production"})},
            right={"trusted": trusts(OF_GITHUB, WEB, StringEquals={f"{ID}:sub": MAIN, f"{ID}:environment": "staging"})},
            by="owner/trust", error=QUERY),
        attempt("where the role trusts the provider for AssumeRole only", bears_a_token,
            wrong={"trusted": trusts(OF_GITHUB)}, right={"trusted": MAIN_ONLY}, by="owner/trust", error=QUERY),
        attempt("with session tags where the role takes none", bears_a_token,
            **{"https://aws.amazon.com/tags": {"principal_tags": {"team": ["blue"]}}},
            wrong={"trusted": MAIN_ONLY}, right={"trusted": trusts(OF_GITHUB, [WEB, TAG], StringEquals={f"{ID}:sub": MAIN})},
            by="owner/trust", error=QUERY),
    ],
    "an employee": [  # who signed in to the company's SAML provider and has no key of AWS
        attempt("of another name", signed_in,
            wrong={"trusted": trusts(CORP, SAML, StringEquals={"saml:sub": "bob"})},
            right={"trusted": trusts(CORP, SAML, StringEquals={"saml:sub": "ann"})}, by="owner/trust", error=QUERY),
        attempt("whose response is for another endpoint", signed_in,
            trusted=trusts(CORP, SAML, StringEquals={"saml:aud": "https://signin.aws.amazon.com/saml"}),
            wrong={"recipient": "https://eu-west-1.signin.aws.amazon.com/saml"}, right={}, by="owner/trust", error=QUERY),
        attempt("whose response somebody else signed", signed_in, trusted=trusts(CORP, SAML),
            wrong={"idp": STRANGER}, right={"idp": IDP}, by="authentication", error=BAD_TOKEN),
        attempt("where the role trusts the provider for tokens only", signed_in,
            wrong={"trusted": trusts(CORP, WEB)}, right={"trusted": trusts(CORP, SAML)}, by="owner/trust", error=QUERY),
    ],
    "afterwards": [  # what was good once
        attempt("a key that was deleted", a_key_was, wrong={"change": "deleted"}, right={"change": None}, by="authentication", error=GONE),
        attempt("a key that was made inactive", a_key_was, wrong={"change": "made inactive"}, right={"change": None},
            by="authentication", error=GONE),
        attempt("a key of a deleted user", a_key_was, wrong={"change": "deleted with its user"}, right={"change": None},
            by="authentication", error=GONE),
        attempt("a session of a role that lost its policy", a_session_lives_on,
            wrong={"but": "its role lost its policy"}, right={}, by="caller/identity", error=JSON),
        attempt("a session of a deleted role", a_session_lives_on,
            wrong={"but": "its role was deleted"}, right={}, by="authentication", error=GONE),
        attempt("a session of a role that was deleted and made again", a_session_lives_on,
            wrong={"but": "its role was deleted and made again"}, right={}, by="authentication", error=GONE),
        attempt("a session from before they were revoked", a_session_lives_on,
            wrong={"revoked": FUTURE}, right={"revoked": PAST}, by="caller/identity", explicit=True, error=JSON),
        attempt("a trusted user who was deleted and made again", a_trusted_user_was_made_again,
            wrong={"saved_again": False}, right={"saved_again": True}, by="owner/trust", error=QUERY),
        attempt("a presigned URL of who may no longer read", a_link_is_followed,
            wrong={"meanwhile": allow("s3:ListBucket")}, right={"meanwhile": None}, by="caller/identity", error=QUERY),
        attempt("a presigned URL that was bent to another folder", a_link_is_followed,
            wrong={"to": "red"}, right={"to": "blue"}, by="authentication", error=("SignatureDoesNotMatch", 403)),
    ],
}
# fmt: on

ROWS = {f"{kind} {row.sentence}": row for kind, rows in SPECIFICATION.items() for row in rows}


def _param(name):
    row = ROWS[name]
    marks = [pytest.mark.xfail(reason=row.not_yet, raises=ClientError)] if row.not_yet else []
    return pytest.param(row, id=re.sub(r"[^\w-]+", "-", name), marks=marks)


@pytest.mark.parametrize("row", [_param(name) for name in ROWS])
def test_the_attempt_is_refused_and_its_twin_let_in(row, stage, allowed, denied):
    with stage.acting():
        refusal = denied(row.refused(stage), by=row.by, explicit=row.explicit)
    assert (refusal.code, refusal.status) == row.error

    with stage.acting():
        allowed(row.let_in(stage))


def test_there_are_sixty_of_them():
    assert len([row for row in ROWS.values() if row.not_yet is None]) >= 60
    assert len(ROWS) == sum(map(len, SPECIFICATION.values())), "two rows have the same sentence"


def test_an_object_is_not_read_without_a_signature(stage, allowed, denied):
    where = {"Bucket": stage.names["bucket name"], "Key": "blue/report"}
    unsigned = stage.a.client("s3", config=Config(signature_version=botocore.UNSIGNED))

    refusal = denied(lambda: unsigned.get_object(**where), by="owner/resource")

    assert (refusal.code, refusal.status, refusal.message) == ("AccessDenied", 403, "Access Denied")
    allowed(lambda: stage.deployer("s3").get_object(**where))


# A service is a deputy: the queue lets SNS in only for whom it trusts.
DEPUTIES = {
    "the topic of somebody else": ({"ArnEquals": {"aws:SourceArn": "<topic>-2"}}, {"ArnEquals": {"aws:SourceArn": "<topic>"}}),
    "a topic of another account": ({"StringEquals": {"aws:SourceAccount": "<b>"}}, {"StringEquals": {"aws:SourceAccount": "<a>"}}),
}  # fmt: skip


@pytest.mark.parametrize("what", DEPUTIES)
def test_a_service_that_speaks_for_others_is_refused(what, stage, journal):
    wrong, right = DEPUTIES[what]
    queue, topic = stage.names["queue"], stage.names["topic"]
    sns = stage.deployer("sns")

    def sent(condition):
        mark = journal.mark()
        policy = trusts({"Service": "sns.amazonaws.com"}, "sqs:SendMessage", **condition)
        stage.attach({"queue": policy}, stage.principals.deployer(stage.a))
        sns.publish(TopicArn=topic, Message="x")
        return eventually("SNS sends", lambda: _by_sns(journal, mark), within=60)[0]

    with stage.acting():
        subscribed = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)["SubscriptionArn"]
        stage.later(lambda: sns.unsubscribe(SubscriptionArn=subscribed))
        refused, let_in = sent(wrong), sent(right)

    assert (refused.decision, refused.because[0]["layer"]) == ("implicit_deny", "resource")
    assert let_in.decision == "allowed"


def _by_sns(journal, mark):
    return [
        entry
        for entry in journal.entries(mark)
        if entry.fields.get("principal") == "sns.amazonaws.com" and entry.fields.get("action") == "sqs:SendMessage"
    ]


@pytest.fixture(scope="module")
def shared_stage(harness):
    a, b, stranger = (harness.account(name) for name in ("account_a", "account_b", "stranger"))
    with shared_resources(a) as arns:
        yield Stage(a, b, stranger, {"a": a.id, "b": b.id, "stranger": stranger.id, **arns}, harness.web_identity_token)


@pytest.fixture
def stage(shared_stage, principals):
    return replace(shared_stage, principals=principals)
