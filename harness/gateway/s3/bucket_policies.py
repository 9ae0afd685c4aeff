"""What S3 does not store as a bucket's policy, though its grammar is that of any resource's policy.

A policy is about its own bucket: S3's actions on it and on its objects, each of them on a resource that it applies to.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
OBSERVED: the texts, in users' reports, each with its link. An element that is not clear, by a wildcard or a variable, is let pass.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from harness.actions.s3 import KEYS
from harness.policy.elements import listed
from harness.policy.faults import required
from harness.policy.glob import compile_globs

# https://github.com/aws/aws-cli/issues/2779; what begins so and is no JSON is refused as elsewhere:
# https://github.com/versity/versitygw/pull/1156
NOT_JSON = "Policies must be valid JSON and the first byte must be '{'"
# https://github.com/aws-samples/aws-serverless-appsync-app/issues/4
RESOURCE = "Policy has invalid resource"
# https://github.com/versity/versitygw/issues/650
ACTION = "Policy has invalid action"
# https://github.com/ministryofjustice/modernisation-platform/pull/10762
NOT_APPLICABLE = "Action does not apply to any resource(s) in statement"
# https://github.com/versity/versitygw/blob/main/auth/bucket_policy.go
CONDITION_KEY = "Policy has an invalid condition key"

_OF_BUCKETS = """
    CreateBucket CreateBucketMetadataTableConfiguration DeleteBucket DeleteBucketMetadataTableConfiguration DeleteBucketPolicy
    DeleteBucketWebsite GetAccelerateConfiguration GetAnalyticsConfiguration GetBucketAbac GetBucketAcl GetBucketCORS
    GetBucketLocation GetBucketLogging GetBucketMetadataTableConfiguration GetBucketNotification GetBucketObjectLockConfiguration
    GetBucketOwnershipControls GetBucketPolicy GetBucketPolicyStatus GetBucketPublicAccessBlock GetBucketRequestPayment
    GetBucketTagging GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration GetIntelligentTieringConfiguration
    GetInventoryConfiguration GetLifecycleConfiguration GetMetricsConfiguration GetReplicationConfiguration ListBucket
    ListBucketMultipartUploads ListBucketVersions ListTagsForResource PauseReplication PutAccelerateConfiguration
    PutAnalyticsConfiguration PutBucketAbac PutBucketAcl PutBucketCORS PutBucketLogging PutBucketNotification
    PutBucketObjectLockConfiguration PutBucketOwnershipControls PutBucketPolicy PutBucketPublicAccessBlock
    PutBucketRequestPayment PutBucketTagging PutBucketVersioning PutBucketWebsite PutEncryptionConfiguration
    PutIntelligentTieringConfiguration PutInventoryConfiguration PutLifecycleConfiguration PutMetricsConfiguration
    PutReplicationConfiguration TagResource UntagResource UpdateBucketMetadataInventoryTableConfiguration
    UpdateBucketMetadataJournalTableConfiguration
"""
_OF_OBJECTS = """
    AbortMultipartUpload BypassGovernanceRetention DeleteObject DeleteObjectTagging DeleteObjectVersion DeleteObjectVersionTagging
    GetObject GetObjectAcl GetObjectAttributes GetObjectLegalHold GetObjectRetention GetObjectTagging GetObjectTorrent
    GetObjectVersion GetObjectVersionAcl GetObjectVersionAttributes GetObjectVersionForReplication GetObjectVersionTagging
    GetObjectVersionTorrent InitiateReplication ListMultipartUploadParts ObjectOwnerOverrideToBucketOwner PutObject PutObjectAcl
    PutObjectLegalHold PutObjectRetention PutObjectTagging PutObjectVersionAcl PutObjectVersionTagging ReplicateDelete
    ReplicateObject ReplicateTags RestoreObject UpdateObjectEncryption
"""
ACTIONS: Mapping[str, str] = {
    **{f"s3:{name}".lower(): "bucket" for name in _OF_BUCKETS.split()},
    **{f"s3:{name}".lower(): "object" for name in _OF_OBJECTS.split()},
}
"""Action in lower case -> what it applies to."""
_REQUIRED = ("Principal", "Action", "Resource", "Effect")


def missing_fault(text: str) -> str | None:
    """S3's text for what is not even a policy's beginning, or lacks an element that a statement must have."""
    if not text.startswith("{"):
        return NOT_JSON
    try:
        statements = listed(json.loads(text).get("Statement", []))
    except (ValueError, RecursionError):
        return None  # the grammar refuses it next
    lacking = (
        required(name)
        for statement in statements
        for name in _REQUIRED
        if isinstance(statement, Mapping) and statement.keys().isdisjoint({name, f"Not{name}"})
    )
    return next(lacking, None)


def fault(document: Mapping[str, Any], bucket: str) -> str | None:
    """S3's text for the first thing that a policy, valid otherwise, may not say on that bucket."""
    found = (_fault(statement, bucket) for statement in listed(document["Statement"]))
    return next((fault for fault in found if fault is not None), None)


def _fault(statement: Mapping[str, Any], bucket: str) -> str | None:
    actions = [str(action).lower() for action in listed(statement.get("Action", statement.get("NotAction")))]
    if not all(map(_is_action, actions)):
        return ACTION
    kinds = [_kinds(str(entry), bucket) for entry in listed(statement.get("Resource", statement.get("NotResource")))]
    if not all(kinds):
        return RESOURCE
    if "Action" in statement and "Resource" in statement:
        named = frozenset().union(*kinds)
        if any(named.isdisjoint(_applies_to(action)) for action in actions):
            return NOT_APPLICABLE
    return None if all(map(_is_key, _keys(statement))) else CONDITION_KEY


def _is_action(action: str) -> bool:
    if "*" in action or "?" in action:
        return action == "*" or action.startswith("s3:")
    return action in ACTIONS


def _applies_to(action: str) -> frozenset[str]:
    """The kinds of resources of all that the entry means; both of what means nothing that is known."""
    fits = compile_globs([action])
    return frozenset(kind for name, kind in ACTIONS.items() if fits(name)) or frozenset({"bucket", "object"})


def _kinds(entry: str, bucket: str) -> frozenset[str]:
    """What of the bucket the entry can mean; nothing where it means another resource."""
    if entry == "*":
        return frozenset({"bucket", "object"})
    parts = entry.split(":", 5)
    name, slash, _ = (parts[5] if len(parts) == 6 else "").partition("/")  # noqa: PLR2004 - an ARN's parts
    if parts[:5] != ["arn", "aws", "s3", "", ""]:
        return frozenset()
    if "${" in name:
        return frozenset({"bucket", "object"})
    if not compile_globs([name])(bucket):
        return frozenset()
    return frozenset({"object"} if slash else {"bucket", "object"} if name.endswith("*") else {"bucket"})


def _keys(statement: Mapping[str, Any]) -> Iterator[str]:
    for tested in statement.get("Condition", {}).values():
        yield from (name.lower() for name in tested)


def _is_key(name: str) -> bool:
    """Keys of other services are let pass: they may be those of an identity provider."""
    family = f"{name.partition('/')[0]}/"
    return not name.startswith("s3:") or name in KEYS.names or family in KEYS.names
