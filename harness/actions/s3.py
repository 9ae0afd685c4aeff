"""S3: operations are called otherwise than their actions, objects have versions, and one header can ask for another action.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
DeleteObjects is decided for every key at once: where AWS would delete some and report the others, the whole request is refused.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import parse_qs, unquote, urlsplit

from harness.actions.keys import ALL, UNKNOWN, UNREAD, KeyRule, Keys, KeyValue, Type, key, text
from harness.actions.operation import Authentication, Call, Facts, Operation
from harness.actions.params import dig
from harness.actions.reasons import because
from harness.actions.service import Rule, Service, each, rows

_WRITES = "PutObject BypassGovernanceRetention"
_ACLS = "PutObject BypassGovernanceRetention PutObjectAcl PutObjectVersionAcl CreateBucket PutBucketAcl"
_LISTS = "ListBucket ListBucketVersions"
_TAGGING = "PutObjectTagging PutObjectVersionTagging"
_VERSIONS = (
    "GetObjectVersion GetObjectVersionAcl GetObjectVersionTagging GetObjectVersionAttributes DeleteObjectVersion "
    "DeleteObjectVersionTagging PutObjectVersionAcl PutObjectVersionTagging"
)
_TAG_READERS = (
    "GetObject GetObjectAcl GetObjectAttributes GetObjectTagging DeleteObjectTagging PutObjectAcl PutObjectTagging"
)

# resources


def bucket_arn(bucket: str) -> str:
    """The ARN of a bucket; requests may name an access point by its ARN instead."""
    return bucket if bucket.startswith("arn:") else f"arn:aws:s3:::{bucket}"


def object_arn(bucket: str, name: str) -> str:
    """The ARN of an object, in a bucket or behind an access point."""
    return f"{bucket}/object/{name}" if bucket.startswith("arn:") else f"arn:aws:s3:::{bucket}/{name}"


def _bucket(operation: Operation, _facts: Facts) -> str | None:
    bucket = operation.params.get("Bucket")
    return bucket_arn(str(bucket)) if bucket else None


def _object(operation: Operation, _facts: Facts) -> str | None:
    bucket, name = operation.params.get("Bucket"), operation.params.get("Key")
    return object_arn(str(bucket), str(name)) if bucket and name else None


def copy_source(value: str) -> tuple[str, str, str | None] | None:
    """Bucket, key and version of a CopySource, read as LocalStack does; None where it names none."""
    parsed = urlsplit(value)
    path = unquote(parsed.path.replace("+", " ")).lstrip("/")
    bucket, slash, name = path.partition("/")
    if not slash or not bucket or not name:
        return None
    return bucket, name, parse_qs(parsed.query).get("versionId", [None])[0]


# operations that are several calls


def _versioned(*actions: str) -> Rule:
    """Objects, by version where the request names one: `Get{}` is GetObject or GetObjectVersion."""

    def rule(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
        what = "ObjectVersion" if operation.params.get("VersionId") else "Object"
        resource = _object(operation, facts)
        return [service.call(operation, facts, action.format(what), resource) for action in actions]

    return rule


def _read(*actions: str) -> Rule:
    """Reading an object; who may not list the bucket is not told that it is not there, and refused for that.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html (Permissions), and of HeadObject and GetObjectAttributes
    """
    versioned = _versioned(*actions)

    def rule(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
        calls, bucket = versioned(service, operation, facts), str(operation.params.get("Bucket") or "")
        if operation.params.get("VersionId") or not facts.lacks_object(bucket, str(operation.params.get("Key") or "")):
            return calls
        return [*calls, service.call(operation, facts, "ListBucket", bucket_arn(bucket))]

    return rule


def _copy(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """Read there, write here; tags are copied with the object unless they are replaced."""
    source = copy_source(str(operation.params.get("CopySource") or ""))
    target = _object(operation, facts)
    calls = [service.call(operation, facts, "PutObject", target)]
    if source is None:
        return [*calls, Call("s3:GetObject", None)]
    bucket, name, version = source
    inner = replace(operation, params={"Bucket": bucket, "Key": name, "VersionId": version})
    reads = service.call(inner, facts, "GetObjectVersion" if version else "GetObject", object_arn(bucket, name))
    if operation.name == "CopyObject" and operation.params.get("TaggingDirective") != "REPLACE":
        # AWS asks for the tagging permissions only where the source has tags.
        tags = facts.object_tags(bucket, name)
        if tags:
            tagging = "GetObjectVersionTagging" if version else "GetObjectTagging"
            calls.append(service.call(inner, facts, tagging, object_arn(bucket, name)))
            calls.append(service.call(operation, facts, "PutObjectTagging", target))
    return [*calls, reads]


def _delete_several(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """Each object by itself: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html."""
    bucket = str(operation.params.get("Bucket") or "")
    calls = []
    for place, entry in enumerate(dig(operation.params, "Delete.Objects")):
        name, version = str(entry.get("Key") or ""), entry.get("VersionId")
        action = "DeleteObjectVersion" if version else "DeleteObject"
        context = {"s3:versionid": str(version)} if version else {}
        made = [service.call(operation, facts, action, object_arn(bucket, name), context)]
        if operation.params.get("BypassGovernanceRetention"):
            made.append(service.call(operation, facts, "BypassGovernanceRetention", object_arn(bucket, name)))
        calls += [replace(call, entry=place) for call in made]
    return calls


# condition keys


def _first(*names: str) -> KeyRule:
    def rule(operation: Operation, _facts: Facts) -> KeyValue:
        return next((text(value) for name in names for value in dig(operation.params, name)), None)

    return rule


def _said(name: str) -> KeyRule:
    """What the request says, also where it says nothing in so many words: `?prefix=` has the key.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/walkthrough1.html (step 4.2)
    """
    return lambda operation, _facts: None if operation.params.get(name) is None else str(operation.params[name])


def _requested_tags(operation: Operation, _facts: Facts) -> dict[str, str]:
    """The tags of a new object: in a header as a query string, or in PutObjectTagging's body."""
    tagging = operation.params.get("Tagging")
    if isinstance(tagging, str):
        return {name: values[0] for name, values in parse_qs(tagging, keep_blank_values=True).items()}
    return {str(tag.get("Key")): str(tag.get("Value", "")) for tag in dig(tagging, "TagSet")}


def _requested_tag_keys(operation: Operation, facts: Facts) -> KeyValue:
    return tuple(_requested_tags(operation, facts)) or None


def _existing_tags(operation: Operation, facts: Facts) -> KeyValue:
    """The tags that the object has."""
    bucket, name = operation.params.get("Bucket"), operation.params.get("Key")
    if not bucket or not name:
        return UNKNOWN
    tags = facts.object_tags(str(bucket), str(name))
    return UNKNOWN if tags is None else tags


def _creates(operation: Operation, _facts: Facts) -> KeyValue:
    """Parts of an upload create no object yet.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
    """
    return text(operation.name in {"PutObject", "CopyObject", "CompleteMultipartUpload"})


def _absent(_operation: Operation, _facts: Facts) -> KeyValue:
    return None


def _where(operations: str, rule: Callable[[Operation, Facts], KeyValue]) -> KeyRule:
    """The rule for some operations only: an action may be asked by others that cannot have the key."""
    names = frozenset(operations.split())
    return lambda operation, facts: rule(operation, facts) if operation.name in names else None


_GRANTS = {
    "s3:x-amz-grant-full-control": "GrantFullControl",
    "s3:x-amz-grant-read": "GrantRead",
    "s3:x-amz-grant-read-acp": "GrantReadACP",
    "s3:x-amz-grant-write": "GrantWrite",
    "s3:x-amz-grant-write-acp": "GrantWriteACP",
}
_LISTINGS = "ListObjects ListObjectsV2 ListObjectVersions"
# No request comes through an access point here.
_ACCESS_POINTS = {
    "s3:AccessPointNetworkOrigin": Type.STRING, "s3:AccessPointTag/": Type.STRING, "s3:DataAccessPointAccount": Type.STRING,
    "s3:DataAccessPointArn": Type.ARN,
}  # fmt: skip
_TLS = "1.3"
"""The newest that S3 speaks, as the plain-HTTP loopback stands in for its endpoints (docs/decisions).

https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html
"""


def _signed(what: Callable[[Authentication], str | None]) -> KeyRule:
    """Of who signed: https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html."""
    return lambda operation, _facts: what(operation.authentication) if operation.authentication else None


KEYS = Keys({
    "s3:prefix": key(Type.STRING, _LISTS, _where(_LISTINGS, _said("Prefix"))),
    "s3:delimiter": key(Type.STRING, _LISTS, _where(_LISTINGS, _said("Delimiter"))),
    "s3:max-keys": key(Type.NUMERIC, _LISTS, _where(_LISTINGS, _first("MaxKeys"))),
    "s3:versionid": key(Type.STRING, _VERSIONS, "VersionId"),
    "s3:x-amz-acl": (key(Type.STRING, _ACLS, "ACL"), key(Type.STRING, "CreateAccessPoint", UNREAD)),
    **{name: key(Type.STRING, _ACLS, parameter) for name, parameter in _GRANTS.items()},
    "s3:x-amz-copy-source": key(Type.STRING, _WRITES, "CopySource"),
    "s3:x-amz-metadata-directive": key(Type.STRING, _WRITES, "MetadataDirective"),
    "s3:x-amz-server-side-encryption": (
        key(Type.STRING, _WRITES, "ServerSideEncryption"),
        key(Type.STRING, "UpdateObjectEncryption", UNREAD),
    ),
    "s3:x-amz-server-side-encryption-aws-kms-key-id": (
        key(Type.ARN, _WRITES, "SSEKMSKeyId"),
        key(Type.ARN, "UpdateObjectEncryption", UNREAD),
    ),
    "s3:x-amz-server-side-encryption-customer-algorithm": key(Type.STRING, _WRITES, "SSECustomerAlgorithm"),
    "s3:x-amz-storage-class": (
        key(Type.STRING, _WRITES, "StorageClass"),
        key(Type.STRING, "PutObjectAcl PutObjectVersionAcl", UNREAD),
    ),
    "s3:x-amz-website-redirect-location": key(Type.STRING, _WRITES, "WebsiteRedirectLocation"),
    "s3:x-amz-object-ownership": key(Type.STRING, "CreateBucket", "ObjectOwnership"),
    "s3:x-amz-bucket-namespace": key(Type.STRING, "CreateBucket", "BucketNamespace"),
    "s3:locationconstraint": (
        key(Type.STRING, "CreateBucket", "CreateBucketConfiguration.LocationConstraint"),
        key(Type.STRING, "CreateAccessPoint", UNREAD),
    ),
    "s3:if-match": key(Type.STRING, "PutObject DeleteObject", "IfMatch"),
    "s3:if-none-match": key(Type.STRING, "PutObject", "IfNoneMatch"),
    "s3:ObjectCreationOperation": key(Type.BOOL, "PutObject", _creates),
    "s3:object-lock-mode": key(Type.STRING, "PutObject PutObjectRetention", _first("ObjectLockMode", "Retention.Mode")),
    "s3:object-lock-retain-until-date": key(
        Type.DATE, "PutObject PutObjectRetention", _first("ObjectLockRetainUntilDate", "Retention.RetainUntilDate")
    ),
    "s3:object-lock-remaining-retention-days": key(Type.NUMERIC, "PutObject PutObjectRetention", UNREAD),
    "s3:object-lock-legal-hold": key(
        Type.STRING, "PutObject PutObjectLegalHold", _first("ObjectLockLegalHoldStatus", "LegalHold.Status")
    ),
    "s3:RequestObjectTag/": key(Type.STRING, f"{_WRITES} {_TAGGING}", _requested_tags),
    "s3:RequestObjectTagKeys": key(Type.STRINGS, f"{_WRITES} {_TAGGING}", _requested_tag_keys),
    # The tags of one version are not read, only the object's own.
    "s3:ExistingObjectTag/": (
        key(Type.STRING, _TAG_READERS, _existing_tags),
        key(Type.STRING, _VERSIONS, UNREAD),
    ),
    # https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html
    "s3:authType": key(Type.STRING, ALL, _signed(lambda made: made.type)),
    "s3:signatureAge": key(Type.NUMERIC, ALL, _signed(lambda made: None if made.signature_age is None else str(made.signature_age))),
    "s3:x-amz-content-sha256": key(Type.STRING, ALL, _signed(lambda made: made.content_sha256)),
    "s3:TlsVersion": key(Type.NUMERIC, ALL, lambda _operation, _facts: _TLS),
    "s3:ResourceAccount": key(Type.STRING, ALL, lambda operation, _facts: operation.decided_by),
    "s3:signatureversion": key(Type.STRING, ALL, lambda _operation, _facts: "AWS4-HMAC-SHA256"),
    # There are no access grants here.
    "s3:AccessGrantsInstanceArn": key(Type.ARN, ALL, _absent),
    "s3:isReplicationPauseRequest": key(Type.BOOL, "PutReplicationConfiguration", UNREAD),
    "s3:InventoryAccessibleOptionalFields": key(
        Type.STRINGS, "PutInventoryConfiguration", "InventoryConfiguration.OptionalFields"
    ),
    **{name: key(type_, ALL, _absent) for name, type_ in _ACCESS_POINTS.items()},
    "s3:BucketTag/": key(Type.STRING, ALL, UNREAD),
})  # fmt: skip
_ACL_PARAMETERS = "ACL GrantFullControl GrantRead GrantReadACP GrantWriteACP"
_WITH_OBJECT = {
    "PutObjectAcl": _ACL_PARAMETERS,
    "PutObjectTagging": "Tagging",
    "PutObjectRetention": "ObjectLockMode ObjectLockRetainUntilDate",
    "PutObjectLegalHold": "ObjectLockLegalHoldStatus",
}
_BYPASS = {"BypassGovernanceRetention": "BypassGovernanceRetention"}

SERVICE = Service(
    prefix="s3",
    rows={
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/walkthrough1.html allows it on this resource
        **rows("", """
            arn:aws:s3:::*
                ListBuckets=ListAllMyBuckets
        """),
        **each(_bucket, """
            CreateBucket DeleteBucket HeadBucket=ListBucket GetBucketLocation
            ListObjects=ListBucket ListObjectsV2=ListBucket ListObjectVersions=ListBucketVersions
            ListMultipartUploads=ListBucketMultipartUploads
            GetBucketAbac PutBucketAbac
            GetBucketAccelerateConfiguration=GetAccelerateConfiguration
            PutBucketAccelerateConfiguration=PutAccelerateConfiguration
            GetBucketAcl PutBucketAcl
            GetBucketAnalyticsConfiguration=GetAnalyticsConfiguration PutBucketAnalyticsConfiguration=PutAnalyticsConfiguration
            DeleteBucketAnalyticsConfiguration=PutAnalyticsConfiguration
            ListBucketAnalyticsConfigurations=GetAnalyticsConfiguration
            GetBucketCors=GetBucketCORS PutBucketCors=PutBucketCORS DeleteBucketCors=PutBucketCORS
            GetBucketEncryption=GetEncryptionConfiguration PutBucketEncryption=PutEncryptionConfiguration
            DeleteBucketEncryption=PutEncryptionConfiguration
            GetBucketIntelligentTieringConfiguration=GetIntelligentTieringConfiguration
            PutBucketIntelligentTieringConfiguration=PutIntelligentTieringConfiguration
            DeleteBucketIntelligentTieringConfiguration=PutIntelligentTieringConfiguration
            ListBucketIntelligentTieringConfigurations=GetIntelligentTieringConfiguration
            GetBucketInventoryConfiguration=GetInventoryConfiguration PutBucketInventoryConfiguration=PutInventoryConfiguration
            DeleteBucketInventoryConfiguration=PutInventoryConfiguration
            ListBucketInventoryConfigurations=GetInventoryConfiguration
            GetBucketLifecycle=GetLifecycleConfiguration GetBucketLifecycleConfiguration=GetLifecycleConfiguration
            PutBucketLifecycle=PutLifecycleConfiguration PutBucketLifecycleConfiguration=PutLifecycleConfiguration
            DeleteBucketLifecycle=PutLifecycleConfiguration
            GetBucketLogging PutBucketLogging
            CreateBucketMetadataConfiguration=CreateBucketMetadataTableConfiguration CreateBucketMetadataTableConfiguration
            GetBucketMetadataConfiguration=GetBucketMetadataTableConfiguration GetBucketMetadataTableConfiguration
            DeleteBucketMetadataConfiguration=DeleteBucketMetadataTableConfiguration DeleteBucketMetadataTableConfiguration
            UpdateBucketMetadataInventoryTableConfiguration UpdateBucketMetadataJournalTableConfiguration
            GetBucketMetricsConfiguration=GetMetricsConfiguration PutBucketMetricsConfiguration=PutMetricsConfiguration
            DeleteBucketMetricsConfiguration=PutMetricsConfiguration ListBucketMetricsConfigurations=GetMetricsConfiguration
            GetBucketNotification GetBucketNotificationConfiguration=GetBucketNotification
            PutBucketNotification PutBucketNotificationConfiguration=PutBucketNotification
            GetObjectLockConfiguration=GetBucketObjectLockConfiguration
            PutObjectLockConfiguration=PutBucketObjectLockConfiguration
            GetBucketOwnershipControls PutBucketOwnershipControls DeleteBucketOwnershipControls=PutBucketOwnershipControls
            GetBucketPolicy PutBucketPolicy DeleteBucketPolicy GetBucketPolicyStatus
            GetPublicAccessBlock=GetBucketPublicAccessBlock PutPublicAccessBlock=PutBucketPublicAccessBlock
            DeletePublicAccessBlock=PutBucketPublicAccessBlock
            GetBucketReplication=GetReplicationConfiguration PutBucketReplication=PutReplicationConfiguration
            DeleteBucketReplication=PutReplicationConfiguration
            GetBucketRequestPayment PutBucketRequestPayment
            GetBucketTagging PutBucketTagging DeleteBucketTagging=PutBucketTagging
            GetBucketVersioning PutBucketVersioning
            GetBucketWebsite PutBucketWebsite DeleteBucketWebsite
        """),
        **each(_object, """
            PutObject CreateMultipartUpload=PutObject UploadPart=PutObject CompleteMultipartUpload=PutObject
            AbortMultipartUpload ListParts=ListMultipartUploadParts SelectObjectContent=GetObject
            GetObjectTorrent GetObjectLegalHold PutObjectLegalHold GetObjectRetention PutObjectRetention
            RestoreObject UpdateObjectEncryption
        """),
        "GetObject": _read("Get{}"),
        "HeadObject": _read("Get{}"),
        "GetObjectAcl": _versioned("Get{}Acl"),
        "GetObjectAttributes": _read("Get{}", "Get{}Attributes"),
        "GetObjectTagging": _versioned("Get{}Tagging"),
        "PutObjectAcl": _versioned("Put{}Acl"),
        "PutObjectTagging": _versioned("Put{}Tagging"),
        "DeleteObject": _versioned("Delete{}"),
        "DeleteObjectTagging": _versioned("Delete{}Tagging"),
        "CopyObject": _copy,
        "UploadPartCopy": _copy,
        "DeleteObjects": _delete_several,
    },
    keys=KEYS,
    also={
        "PutObject": _WITH_OBJECT,
        "CopyObject": _WITH_OBJECT,
        "CreateMultipartUpload": _WITH_OBJECT,
        "DeleteObject": _BYPASS,
        "PutObjectRetention": _BYPASS,
        "CreateBucket": {
            "PutBucketAcl": f"{_ACL_PARAMETERS} GrantWrite",
            "PutBucketOwnershipControls": "ObjectOwnership",
            "PutBucketObjectLockConfiguration": "ObjectLockEnabledForBucket",
            "PutBucketVersioning": "ObjectLockEnabledForBucket",
            "TagResource": "CreateBucketConfiguration.Tags",
        },
    },
    passes={"PutBucketReplication": {"ReplicationConfiguration.Role": "s3.amazonaws.com"}},
    unmodelled=because(OTHER_PREFIX="CreateSession ListDirectoryBuckets RenameObject WriteGetObjectResponse"),
)  # fmt: skip
