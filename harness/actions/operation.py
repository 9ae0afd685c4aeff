"""The nouns of the mapping: an API operation with its parameters goes in, the IAM calls that it makes come out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

ContextValue = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inherited:
    """What a role's session hands down to every role that is assumed with it, whether or not the request says so."""

    source_identity: bool = False
    tags: bool = False
    """Transitive session tags."""


@dataclass(frozen=True, slots=True)
class Authentication:
    """How a request to S3 was signed: https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html."""

    type: str
    """`REST-HEADER`, `REST-QUERY-STRING` or `POST`."""
    signature_age: int | None
    """In milliseconds, of presigned URLs and form posts."""
    content_sha256: str | None
    """What the request says of its payload, as a presigned URL does by itself: a digest, `UNSIGNED-PAYLOAD`, or a form of streaming."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One parsed API request, and where it was sent."""

    service: str
    """The service's name in botocore's models: `dynamodb`, `lambda`."""
    prefix: str
    """The name that the service's requests are signed for, which is its IAM prefix unless the service's table says otherwise."""
    name: str
    params: Mapping[str, Any]
    region: str
    account: str
    """The account whose resources bare names mean."""
    user: str | None = None
    """The caller's IAM user name, where the caller is one: IAM operations without UserName mean it."""
    inherited: Inherited = Inherited()
    """Of the caller's session."""
    mfa: bool = False
    """A valid code of the caller's MFA device came with the request."""
    authentication: Authentication | None = None
    """Of requests to S3; None where nobody signed."""
    decided_by: str | None = None
    """The account that decides the request, which has the bucket that it is about."""


@dataclass(frozen=True, slots=True)
class Call:
    """One IAM action on one resource, as a decision needs it."""

    action: str
    resource: str | None
    """The ARN, `*` for an action without resource types, None where it is not modelled (unknown, not `*`)."""
    context: Mapping[str, ContextValue] = field(default_factory=dict)
    modelled: frozenset[str] = frozenset()
    """Lower-case condition keys (families end with `/`) that this call is known to have or not to have."""
    via: str | None = None
    """The service principal that makes the call for the caller, None where the caller makes it."""
    by: "OwnCall | None" = None
    """The service that makes the call for itself; None where the caller must be allowed to make it."""
    entry: int | None = None
    """The place of what it is about in the request's list, where the service answers for each entry of the list by itself."""
    policy: "Standing | None" = None
    """Decides in the place of the resource's own policy where the ARN does not tell which one: a deployment's, a grant's."""


class OwnCall(NamedTuple):
    """What a service does for itself, whoever asked it to."""

    principal: str
    """The service principal: `logs.amazonaws.com`."""
    source_arn: str
    """The resource for which it is done."""


class Standing(NamedTuple):
    """A policy that is on no resource by itself."""

    name: str
    """As decisions name it."""
    document: str | None
    """JSON; None where there is no policy."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant of KMS."""

    key: str
    """The ARN of its key."""
    retiring: Standing
    """Who may retire it, in the words of a policy."""


@dataclass(frozen=True, slots=True)
class Encryption:
    """What a resource is encrypted with: a key of KMS by id, alias or ARN."""

    key: str
    of_bucket: bool = False
    """S3's bucket key stands between: the key is used for the bucket and not for each object."""
    by_data_key: bool = False
    """A data key of the key encrypts: an advanced parameter of Systems Manager."""


@dataclass(frozen=True, slots=True)
class KeyState:
    """What an existing key of KMS is like: https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html."""

    spec: str
    usage: str
    origin: str
    multi_region_type: str | None
    """`PRIMARY` or `REPLICA`; None for a key of one region."""
    aliases: Sequence[str]


@dataclass(frozen=True, slots=True)
class NetworkPlace:
    """Where a part of a network is, by ids."""

    vpc: str
    subnet: str | None = None
    """Of a network interface."""
    zone: str | None = None
    """Of a subnet and a network interface."""


class Facts(Protocol):
    """What only the account's state knows about the resources that an operation names."""

    def iam_path(self, kind: str, name: str) -> str:
        """The path of an existing entity; `/` where there is none of that name.

        Kinds: `role`, `user`, `group`, `instance-profile`, `server-certificate`.
        """

    def boundary(self, kind: str, name: str) -> str | None:
        """The ARN of the permissions boundary that an existing role or user has."""

    def hash_key(self, table: str, index: str | None = None) -> str | None:
        """The partition key's attribute name of a DynamoDB table, or of its index; None where there is no such one."""

    def tags(self, arn: str) -> Mapping[str, str] | None:
        """The tags of a resource, None where they are not known here."""

    def object_tags(self, bucket: str, name: str) -> Mapping[str, str] | None:
        """The tags of an S3 object's current version, empty where there is none of that name; None where they are not known."""

    def lacks_object(self, bucket: str, name: str) -> bool:
        """Whether an S3 bucket of the account has no object of that name, or none any more."""

    def arn(self, kind: str, name: str) -> str | None:
        """The ARN of an existing resource whose name does not tell it, None where there is none of that name.

        Kinds: `secret`, `primary-secret` (of which the secret is a replica, or itself), `rotation-function` (a secret's), `document`
        (Systems Manager's), `kms-alias` (its key), `kms-key` (by id, alias or ARN), `stack`, `change-set` (its stack),
        `event-source-mapping` (its function), `queue-move-task` (its queue), `subscription-token` (its topic), `api-destination`.
        """

    def encryption(self, kind: str, *names: str) -> Encryption | None:
        """The key that an existing resource is encrypted with, None where it is none of KMS's.

        Kinds and names: `object` (bucket, key, version or nothing), `bucket` (for new objects), `upload` (bucket, id), `secret`,
        `parameter`, `queue`, `topic` and `stream` (ARN), `table` (name); `new-secret` and `new-parameter`, for the next version.
        """

    def grant(self, named: str) -> Grant | None:
        """A grant of KMS's of the account, by its token or its id; None where there is none."""

    def kms_key(self, arn: str) -> KeyState | None:
        """What a key of the account is like; None where there is none of that ARN, or it is AWS's own."""

    def network_place(self, kind: str, identifier: str) -> NetworkPlace | None:
        """Where a resource of EC2's of the account is; None for one that is not there, or is in no VPC."""

    def secrets(self, filters: Sequence[Mapping[str, Any]]) -> Sequence[str]:
        """The ARNs of Secrets Manager's secrets that these filters of a request find."""

    def profile_roles(self, profile: str) -> Sequence[str] | None:
        """The ARNs of the roles of an instance profile of the account, by its name or ARN; None where there is no such profile."""

    def redriven_to(self, queue: str) -> Sequence[str]:
        """The ARNs of the queues that a dead-letter queue's messages come from, or may come from."""

    def task_resources(self, token: str) -> Sequence[str]:
        """The ARNs of what waits for an answer with a token of Step Functions': a state machine, or activities; none where nothing does."""

    def parameter_versions(self, name: str) -> Sequence[str]:
        """The names of all versions of a parameter of Systems Manager."""

    def parameters_below(self, path: str, *, deep: bool) -> Sequence[str]:
        """The names of Systems Manager's parameters under a path; `deep`: of all levels below it."""
