"""Policies on their way into the store: their form, and that every principal they name exists, in this or another account.

A role or user in a policy is stored as its unique id: the entity of that name that is made after it was deleted is another one.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from localstack.aws.api import RequestContext

from harness.actions import Operation
from harness.gateway.iam.iam_state import IamState, role_arn
from harness.gateway.iam.quotas import MANAGED_OPERATIONS, check_size
from harness.gateway.policies import topic_policies
from harness.gateway.policies.policy_errors import OF_GRANTS, OF_IAM, REFUSALS, Refusal, own_text, refused
from harness.gateway.policies.policy_texts import by_id, holders, with_accounts
from harness.gateway.policies.principal_names import NoPrincipal, PrincipalNames
from harness.gateway.s3 import bucket_policies
from harness.policy import InvalidPolicy, PolicyKind, parse_policy
from harness.policy.arns import arn_fault
from harness.policy.elements import listed
from harness.policy.faults import MALFORMED, invalid_principal
from harness.policy.parse import WITH_VARIABLES
from harness.policy.providers import provider_fault

# Of managed policies only: https://github.com/Meteor-Community-Packages/Meteor-CollectionFS/issues/630
OLD_VERSION = "Policy document must be version 2012-10-17 or greater."
# (service, operation): the parameter that holds a policy, and which kind of policy it is.
STORED: Mapping[tuple[str, str], tuple[str, PolicyKind]] = {
    ("iam", "CreateRole"): ("AssumeRolePolicyDocument", PolicyKind.TRUST),
    ("iam", "UpdateAssumeRolePolicy"): ("PolicyDocument", PolicyKind.TRUST),
    ("iam", "PutRolePolicy"): ("PolicyDocument", PolicyKind.IDENTITY),
    ("iam", "PutUserPolicy"): ("PolicyDocument", PolicyKind.IDENTITY),
    ("iam", "PutGroupPolicy"): ("PolicyDocument", PolicyKind.IDENTITY),
    ("iam", "CreatePolicy"): ("PolicyDocument", PolicyKind.IDENTITY),
    ("iam", "CreatePolicyVersion"): ("PolicyDocument", PolicyKind.IDENTITY),
    ("apigateway", "CreateRestApi"): ("policy", PolicyKind.RESOURCE),
    ("apigateway", "ImportRestApi"): ("documentPolicy", PolicyKind.RESOURCE),
    ("apigateway", "PutRestApi"): ("documentPolicy", PolicyKind.RESOURCE),
    ("apigateway", "UpdateRestApi"): ("patchOperations./policy", PolicyKind.RESOURCE),
    ("dynamodb", "PutResourcePolicy"): ("Policy", PolicyKind.RESOURCE),
    ("events", "PutPermission"): ("Policy", PolicyKind.RESOURCE),
    ("kinesis", "PutResourcePolicy"): ("Policy", PolicyKind.RESOURCE),
    ("kms", "CreateKey"): ("Policy", PolicyKind.KEY),
    ("kms", "PutKeyPolicy"): ("Policy", PolicyKind.KEY),
    ("logs", "PutDestinationPolicy"): ("accessPolicy", PolicyKind.RESOURCE),
    ("logs", "PutResourcePolicy"): ("policyDocument", PolicyKind.RESOURCE),
    ("s3", "PutBucketPolicy"): ("Policy", PolicyKind.RESOURCE),
    ("secretsmanager", "PutResourcePolicy"): ("ResourcePolicy", PolicyKind.RESOURCE),
    ("sns", "CreateTopic"): ("Attributes.Policy", PolicyKind.RESOURCE),
    ("sns", "SetTopicAttributes"): ("AttributeValue", PolicyKind.RESOURCE),
    ("sqs", "CreateQueue"): ("Attributes.Policy", PolicyKind.RESOURCE),
    ("sqs", "SetQueueAttributes"): ("Attributes.Policy", PolicyKind.RESOURCE),
}
# The services whose policies hold ids: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
_BY_ID = frozenset({"iam", "kms", "s3", "secretsmanager", "sns", "sqs"})


def _bucket_fault(operation: Operation, document: Mapping[str, Any]) -> str | None:
    return bucket_policies.fault(document, str(operation.params.get("Bucket")))


def _topic_fault(_operation: Operation, document: Mapping[str, Any]) -> str | None:
    return topic_policies.fault(document)


# Beyond the grammar.
_OWN_RULES: Mapping[str, Callable[[Operation, Mapping[str, Any]], str | None]] = {
    "s3": _bucket_fault,
    "sns": _topic_fault,
}


_SHOWING = frozenset({"GetAccountAuthorizationDetails", "GetRole", "ListRoles"})


@dataclass(frozen=True, slots=True)
class _Pending:
    """What a policy's names mean, until the store has answered. The resource of a key is known by then only."""

    resource: str | None
    ids: Mapping[str, str]


@dataclass(slots=True)
class PolicyDesk:
    """Checks policies before they are stored, and remembers which entity each name meant."""

    iam: IamState
    names: PrincipalNames
    trust_policy_length: int
    _meant: dict[str, Mapping[str, str]] = field(default_factory=dict)
    """ARN of a resource -> ARN in its policy -> unique id of the entity that the ARN meant when the policy was saved."""
    _pending: dict[str, _Pending] = field(default_factory=dict)
    """By request id, between the check and the store's success."""

    def check(self, operation: Operation, resource: str | None, context: RequestContext) -> None:
        """Raise AWS's error for a policy that would not be stored on `resource`. Raises PeerUnavailable."""
        refusal = REFUSALS.get(operation.service, OF_IAM)
        if (operation.service, operation.name) == ("kms", "CreateGrant"):
            refusal = OF_GRANTS
        request_id = context.request_id or ""
        self._show(operation, request_id)
        try:
            if (operation.service, operation.name) == ("s3", "PutBucketPolicy"):
                operation = self._by_account(operation, context)
            text = self._check_document(operation, request_id, refusal)
            self.names.check_named(operation, request_id)
        except NoPrincipal as nobody:
            message = refusal.principal or invalid_principal(nobody.entry, nobody.kind)
            raise refused(refusal.code, message, nobody.hint) from nobody
        if text is not None and operation.service in _BY_ID:
            self._pending[request_id] = _Pending(resource, text)

    def _by_account(self, operation: Operation, context: RequestContext) -> Operation:
        """The same policy with accounts' ARNs for their canonical user ids, which S3 may replace at any point.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/security_iam_service-with-iam.html
        """
        text = operation.params.get("Policy")
        if not isinstance(text, str) or "CanonicalUser" not in text:
            return operation
        try:
            parse_policy(text, PolicyKind.RESOURCE)
        except InvalidPolicy:
            return operation  # it is refused next
        document = json.loads(text)
        for holder in holders(document, "CanonicalUser"):
            named = [self.names.root_of(entry) for entry in listed(holder.pop("CanonicalUser"))]
            holder["AWS"] = [*listed(holder.get("AWS", [])), *named]
        params = {**operation.params, "Policy": json.dumps(document)}
        context.service_request = params
        return replace(operation, params=params)

    def _check_document(self, operation: Operation, request_id: str, refusal: Refusal) -> Mapping[str, str] | None:
        """What the names of the policy mean, None where the operation stores none that names anyone."""
        parameter, kind = STORED.get((operation.service, operation.name), (None, PolicyKind.IDENTITY))
        if parameter is None or operation.params.get("AttributeName", "Policy") != "Policy":
            return None
        text = _at(operation.params, parameter)
        if not isinstance(text, str) or (not text and operation.service != "iam"):
            return None  # the service itself names the missing parameter; an empty attribute removes the policy
        if operation.service == "s3" and (fault := bucket_policies.missing_fault(text)) is not None:
            raise refused(refusal.code, fault)
        try:
            document = parse_policy(text, kind)
        except InvalidPolicy as invalid:
            raise refused(
                invalid.code if refusal is OF_IAM else refusal.code, own_text(refusal, invalid.message)
            ) from invalid
        if operation.service == "iam":
            fault = (provider_fault if kind is PolicyKind.TRUST else arn_fault)(json.loads(text))
            if fault is not None:
                raise refused(MALFORMED, fault)
        elif (own := _OWN_RULES.get(operation.service)) and (fault := own(operation, json.loads(text))) is not None:
            raise refused(refusal.code, fault)
        if operation.service == "iam" and operation.name in MANAGED_OPERATIONS and document.version != WITH_VARIABLES:
            raise refused(MALFORMED, OLD_VERSION)
        check_size(self.iam, operation, text, self.trust_policy_length)
        return self.names.resolve(text, request_id) if kind is not PolicyKind.IDENTITY else None

    def stored(self, context: RequestContext, *, succeeded: bool) -> None:
        """The store has answered: what the policy's names meant is known from now on."""
        pending = self._pending.pop(context.request_id or "", None)
        if pending is None or not succeeded:
            return
        made = (context.service_response or {}).get("KeyMetadata")
        resource = made["Arn"] if made else pending.resource
        if resource is not None:
            self._meant[resource] = pending.ids
            if (role := self.iam.role_by_arn(resource)) is not None:
                role.assume_role_policy_document = with_accounts(str(role.assume_role_policy_document))

    def policy(self, resource: str, text: str) -> str:
        """The resource's policy with unique ids in the place of the users and roles that it names."""
        ids = self._meant.get(resource.partition("/")[0] if resource.startswith("arn:aws:s3:") else resource)
        return by_id(text, ids) if ids else text

    def _show(self, operation: Operation, request_id: str) -> None:
        """Trust policies that are about to be read show the unique id of an entity that is gone, and keep it.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles
        Raises PeerUnavailable.
        """
        if operation.service != "iam" or operation.name not in _SHOWING:
            return
        wanted = operation.params.get("RoleName")
        for role in list(self.iam.backend.roles.values()):
            ids = self._meant.get(role_arn(role), {}) if wanted in {None, role.name} else {}
            gone = {name: held for name, held in ids.items() if self.names.unique_id(name, request_id) != held}
            if gone:
                role.assume_role_policy_document = by_id(str(role.assume_role_policy_document), gone)
                self._meant[role_arn(role)] = {name: held for name, held in ids.items() if name not in gone}


def _at(params: Mapping[str, Any], parameter: str) -> Any:
    """The parameter's value; one in a map, or in a list of changes by their paths, is named by a dotted path."""
    name, _, key = parameter.partition(".")
    value = params.get(name)
    if not key:
        return value
    if isinstance(value, list):
        return next((change.get("value") for change in reversed(value) if change.get("path") == key), None)
    return (value or {}).get(key)
