"""Policies on their way into the store: their form, and that every principal they name exists, in this or another account.

A role or user in a policy is stored as its unique id: the entity of that name that is made after it was deleted is another one.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext

from harness.actions import Operation
from harness.gateway.iam.iam_state import IamState, role_arn
from harness.gateway.iam.quotas import MANAGED_OPERATIONS, check_size
from harness.gateway.peering.peers import Peers
from harness.gateway.policies import topic_policies
from harness.gateway.policies.service_principals import is_service
from harness.gateway.s3 import bucket_policies
from harness.model.arn import Arn
from harness.model.canonical_user import canonical_user
from harness.policy import InvalidPolicy, PolicyKind, parse_policy
from harness.policy.arns import arn_fault
from harness.policy.faults import MALFORMED, invalid_principal
from harness.policy.parse import WITH_VARIABLES
from harness.policy.providers import provider_fault

# Of managed policies only: https://github.com/Meteor-Community-Packages/Meteor-CollectionFS/issues/630
OLD_VERSION = "Policy document must be version 2012-10-17 or greater."
_ENTITY = re.compile(
    r"arn:aws[\w-]*:(?:iam|sts)::(?P<account>\d{12}):(?P<kind>user|role|assumed-role|federated-user)/.+"
)
_ROOT = re.compile(r"(?:arn:aws[\w-]*:iam::)?(?P<account>\d{12})(?::root)?")

# (service, operation): the parameter that holds a policy, and which kind of policy it is.
STORED: Mapping[tuple[str, str], tuple[str, PolicyKind]] = {
    ("iam", "CreateRole"): ("AssumeRolePolicyDocument", PolicyKind.TRUST),
    ("iam", "UpdateAssumeRolePolicy"): ("PolicyDocument", PolicyKind.TRUST),
    ("iam", "PutRolePolicy"): ("PolicyDocument", PolicyKind.IDENTITY),
    ("iam", "PutUserPolicy"): ("PolicyDocument", PolicyKind.IDENTITY),
    ("iam", "PutGroupPolicy"): ("PolicyDocument", PolicyKind.IDENTITY),
    ("iam", "CreatePolicy"): ("PolicyDocument", PolicyKind.IDENTITY),
    ("iam", "CreatePolicyVersion"): ("PolicyDocument", PolicyKind.IDENTITY),
    ("dynamodb", "PutResourcePolicy"): ("Policy", PolicyKind.RESOURCE),
    ("events", "PutPermission"): ("Policy", PolicyKind.RESOURCE),
    ("kms", "CreateKey"): ("Policy", PolicyKind.KEY),
    ("kms", "PutKeyPolicy"): ("Policy", PolicyKind.KEY),
    ("s3", "PutBucketPolicy"): ("Policy", PolicyKind.RESOURCE),
    ("secretsmanager", "PutResourcePolicy"): ("ResourcePolicy", PolicyKind.RESOURCE),
    ("sns", "CreateTopic"): ("Attributes.Policy", PolicyKind.RESOURCE),
    ("sns", "SetTopicAttributes"): ("AttributeValue", PolicyKind.RESOURCE),
    ("sqs", "CreateQueue"): ("Attributes.Policy", PolicyKind.RESOURCE),
    ("sqs", "SetQueueAttributes"): ("Attributes.Policy", PolicyKind.RESOURCE),
}
# (service, operation): the parameters that hold principals, where the service makes the policy of them, or a grant.
NAMED: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("events", "PutPermission"): ("Principal",),
    ("kms", "CreateGrant"): ("GranteePrincipal", "RetiringPrincipal"),
    ("lambda", "AddPermission"): ("Principal",),
    ("sns", "AddPermission"): ("AWSAccountId",),
    ("sqs", "AddPermission"): ("AWSAccountIds",),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a service refuses a policy: its code, and its texts where they are its own."""

    code: str
    malformed: str | None = None
    principal: str | None = None


REFUSALS: Mapping[str, Refusal] = {
    # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/CommonErrors.html
    "dynamodb": Refusal("ValidationException"),
    # https://docs.aws.amazon.com/eventbridge/latest/APIReference/CommonErrors.html
    "events": Refusal("ValidationException"),
    # https://github.com/aws-samples/siem-on-amazon-opensearch-service/issues/32
    "kms": Refusal(
        "MalformedPolicyDocumentException",
        principal="Policy contains a statement with one or more invalid principals.",
    ),
    # https://github.com/Pocket/terraform-modules/pull/1037
    "lambda": Refusal(
        "InvalidParameterValueException",
        principal="The provided principal was invalid. Please check the principal and try again.",
    ),
    # https://github.com/cloud-custodian/cloud-custodian/issues/4948
    "s3": Refusal("MalformedPolicy", principal="Invalid principal in policy"),
    # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html#API_PutResourcePolicy_Errors
    "secretsmanager": Refusal("MalformedPolicyDocumentException"),
    # https://github.com/serverless/serverless/issues/5519, https://github.com/hashicorp/terraform-provider-aws/issues/26041
    "sns": Refusal(
        "InvalidParameter",
        malformed="Invalid parameter: Policy Error: null",
        principal="Invalid parameter: Policy Error: PrincipalNotFound",
    ),
    # https://github.com/hashicorp/terraform-provider-aws/pull/42209
    "sqs": Refusal(
        "InvalidAttributeValue",
        malformed="Invalid value for the parameter Policy.",
        principal="Invalid value for the parameter Policy.",
    ),
}
_OF_IAM = Refusal(MALFORMED)
# https://github.com/hashicorp/terraform-provider-aws/pull/3038; its text is not known
_OF_GRANTS = Refusal("InvalidArnException", principal="The principal of a grant does not exist.")
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


class _NoPrincipal(Exception):
    """A principal that does not exist."""

    def __init__(self, entry: str, kind: str = "AWS", hint: str | None = None) -> None:
        super().__init__(entry)
        self.entry = entry
        self.kind = kind
        self.hint = hint


@dataclass(slots=True)
class PolicyDesk:
    """Checks policies before they are stored, and remembers which entity each name meant."""

    account_id: str
    iam: IamState
    peers: Peers
    external_accounts: frozenset[str]
    trust_policy_length: int
    _meant: dict[str, Mapping[str, str]] = field(default_factory=dict)
    """ARN of a resource -> ARN in its policy -> unique id of the entity that the ARN meant when the policy was saved."""
    _pending: dict[str, _Pending] = field(default_factory=dict)
    """By request id, between the check and the store's success."""

    def check(self, operation: Operation, resource: str | None, context: RequestContext) -> None:
        """Raise AWS's error for a policy that would not be stored on `resource`. Raises PeerUnavailable."""
        refusal = REFUSALS.get(operation.service, _OF_IAM)
        if (operation.service, operation.name) == ("kms", "CreateGrant"):
            refusal = _OF_GRANTS
        request_id = context.request_id or ""
        self._show(operation, request_id)
        try:
            if (operation.service, operation.name) == ("s3", "PutBucketPolicy"):
                operation = self._by_account(operation, context)
            text = self._check_document(operation, request_id, refusal)
            self._check_named(operation, request_id)
        except _NoPrincipal as nobody:
            message = refusal.principal or invalid_principal(nobody.entry, nobody.kind)
            raise _refused(refusal.code, message, nobody.hint) from nobody
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
        for holder in _holders(document, "CanonicalUser"):
            named = [self._root_of(entry) for entry in _listed(holder.pop("CanonicalUser"))]
            holder["AWS"] = [*_listed(holder.get("AWS", [])), *named]
        params = {**operation.params, "Policy": json.dumps(document)}
        context.service_request = params
        return replace(operation, params=params)

    def _root_of(self, canonical: str) -> str:
        """The ARN of the account with that canonical user id. Raises AWS's invalid principal."""
        known = (self.account_id, *self.peers.accounts, *self.external_accounts)
        account = next((account for account in known if canonical_user(account) == canonical), None)
        if account is None:
            raise _NoPrincipal(str(canonical))
        return f"arn:aws:iam::{account}:root"

    def _check_document(self, operation: Operation, request_id: str, refusal: Refusal) -> Mapping[str, str] | None:
        """What the names of the policy mean, None where the operation stores none that names anyone."""
        parameter, kind = STORED.get((operation.service, operation.name), (None, PolicyKind.IDENTITY))
        if parameter is None or operation.params.get("AttributeName", "Policy") != "Policy":
            return None
        text = _at(operation.params, parameter)
        if not isinstance(text, str) or (not text and operation.service != "iam"):
            return None  # the service itself names the missing parameter; an empty attribute removes the policy
        if operation.service == "s3" and (fault := bucket_policies.missing_fault(text)) is not None:
            raise _refused(refusal.code, fault)
        try:
            document = parse_policy(text, kind)
        except InvalidPolicy as invalid:
            raise _refused(
                invalid.code if refusal is _OF_IAM else refusal.code, _own_text(refusal, invalid.message)
            ) from invalid
        if operation.service == "iam":
            fault = (provider_fault if kind is PolicyKind.TRUST else arn_fault)(json.loads(text))
            if fault is not None:
                raise _refused(MALFORMED, fault)
        elif (own := _OWN_RULES.get(operation.service)) and (fault := own(operation, json.loads(text))) is not None:
            raise _refused(refusal.code, fault)
        if operation.service == "iam" and operation.name in MANAGED_OPERATIONS and document.version != WITH_VARIABLES:
            raise _refused(MALFORMED, OLD_VERSION)
        check_size(self.iam, operation, text, self.trust_policy_length)
        return self._resolve(text, request_id) if kind is not PolicyKind.IDENTITY else None

    def _check_named(self, operation: Operation, request_id: str) -> None:
        """Principals that stand by themselves."""
        for parameter in NAMED.get((operation.service, operation.name), ()):
            for entry in _listed(operation.params.get(parameter) or []):
                if entry == "*" and operation.name == "CreateGrant":  # a grant is for one principal
                    raise _NoPrincipal(entry)
                if not is_service(entry):
                    self._entity(entry, request_id)

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
                role.assume_role_policy_document = _with_accounts(str(role.assume_role_policy_document))

    def policy(self, resource: str, text: str) -> str:
        """The resource's policy with unique ids in the place of the users and roles that it names."""
        ids = self._meant.get(resource.partition("/")[0] if resource.startswith("arn:aws:s3:") else resource)
        return _by_id(text, ids) if ids else text

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
            gone = {name: held for name, held in ids.items() if self._now(name, request_id) != held}
            if gone:
                role.assume_role_policy_document = _by_id(str(role.assume_role_policy_document), gone)
                self._meant[role_arn(role)] = {name: held for name, held in ids.items() if name not in gone}

    def _now(self, name: str, request_id: str) -> str | None:
        """The unique id that an ARN means now."""
        arn = Arn.parse(name)
        return self._ask(arn.account, name, request_id) if arn is not None else None

    def _resolve(self, text: str, request_id: str) -> dict[str, str]:
        document = json.loads(text)
        for holder in _holders(document, "Service"):
            for entry in _listed(holder["Service"]):
                if entry != "*" and not is_service(entry):
                    raise _NoPrincipal(entry, "SERVICE")
        ids: dict[str, str] = {}
        for holder in _holders(document, "AWS"):
            for entry in _listed(holder["AWS"]):
                if unique_id := self._entity(entry, request_id):
                    ids[entry] = unique_id
        return ids

    def _entity(self, entry: str, request_id: str) -> str | None:
        """The unique id that `entry` means, None for what is not stored by id. Raises AWS's invalid principal."""
        if entry == "*":
            return None
        if whole := _ROOT.fullmatch(entry):
            self._account(whole["account"], entry)
            return None
        entity = _ENTITY.fullmatch(entry)
        if entity is None:
            if self._known_id(entry):
                return None
            raise _NoPrincipal(entry)
        account = entity["account"]
        self._account(account, entry)
        if account in self.external_accounts or entity["kind"] in {"assumed-role", "federated-user"}:
            return None
        unique_id = self._ask(account, entry, request_id)
        if unique_id is None:
            raise _NoPrincipal(entry)
        return unique_id

    def _ask(self, account: str, arn: str, request_id: str) -> str | None:
        if account == self.account_id:
            return self.iam.unique_id(arn)
        found: str | None = self.peers.ask(account, "resolve", {"arn": arn}, request_id=request_id).data["unique_id"]
        return found

    def _account(self, account: str, entry: str) -> None:
        known = account == self.account_id or account in self.peers or account in self.external_accounts
        if not known:
            raise _NoPrincipal(
                entry,
                hint=f"account {account} is not part of this launch; list it under external_accounts in harness.toml",
            )

    def _known_id(self, entry: str) -> bool:
        """A unique id that a stored policy showed after its entity was deleted may be saved again only while it means something."""
        return self.iam.role_by_id(entry) is not None


def _with_accounts(text: str) -> str:
    """The policy with account ids by the ARNs that mean the same: so IAM shows them.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts
    """
    ids = {entry for holder in _holders(json.loads(text), "AWS") for entry in _listed(holder["AWS"]) if entry.isdigit()}
    return _by_id(text, {account: f"arn:aws:iam::{account}:root" for account in ids}) if ids else text


def _own_text(refusal: Refusal, message: str) -> str:
    """The service's text for what IAM would say; a principal that cannot be one is none."""
    of_principal = message.startswith(invalid_principal("")[:-3])
    return (refusal.principal if of_principal else refusal.malformed) or message


def _at(params: Mapping[str, Any], parameter: str) -> Any:
    """The parameter's value; one in a map is named by a dotted path."""
    name, _, key = parameter.partition(".")
    value = params.get(name)
    return (value or {}).get(key) if key else value


def _refused(code: str, message: str, hint: str | None = None) -> CommonServiceException:
    """AWS's refusal; the hint is ours."""
    return CommonServiceException(
        code, f"{message} ({hint})" if hint else message, HTTPStatus.BAD_REQUEST, sender_fault=True
    )


def _listed(entries: Any) -> list[Any]:
    return entries if isinstance(entries, list) else [entries]


def _by_id(text: str, ids: Mapping[str, str]) -> str:
    """The policy with unique ids in the place of these names; a single name stays a text, as it was written."""
    document = json.loads(text)
    for holder in _holders(document, "AWS"):
        named = holder["AWS"]
        holder["AWS"] = [ids.get(entry, entry) for entry in named] if isinstance(named, list) else ids.get(named, named)
    return json.dumps(document)


def _holders(document: Mapping[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    """Every Principal or NotPrincipal map with an entry of that kind."""
    statements = document.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        for element in ("Principal", "NotPrincipal"):
            holder = statement.get(element)
            if isinstance(holder, dict) and kind in holder:
                yield holder
