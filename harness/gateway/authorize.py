"""The second handler: once LocalStack has parsed the request, decide it, or hand it to the account that owns the resource.

Order: scope, owner (forward and stop), the request's form, the decision, what is stored, and the operations of ours.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response

from harness.actions import Inherited, Operation, SeveralOwners, calls, owner
from harness.actions.federation import Federated
from harness.actions.iam import USER_OPERATIONS
from harness.actions.s3 import bucket_arn, copy_source
from harness.actions.sts import UNSIGNED
from harness.gateway import constraints, own_user, policy_simulation, respond, sts
from harness.gateway.arrival import Arrival, Signer, arrival_of, decide, signer_of
from harness.gateway.buckets import Buckets
from harness.gateway.call_sites import STAND_INS, plumbing
from harness.gateway.deciding import Decider, Verdict
from harness.gateway.entities import check_entities
from harness.gateway.facts import StateFacts
from harness.gateway.federated import IdentityRefused
from harness.gateway.forms import parameters
from harness.gateway.forwarding import forward
from harness.gateway.internal import PLUMBING_ACCOUNT
from harness.gateway.mfa import MfaDesk
from harness.gateway.peers import Peers, PeerUnavailable
from harness.gateway.public_access import BLOCK_PUBLIC_POLICY, is_blocked
from harness.gateway.records import Records
from harness.gateway.refusals import wrong_region, wrong_service
from harness.gateway.scheduling import check_schedule
from harness.gateway.service_linked import check_service_linked
from harness.gateway.signers import Anonymous, InternalSigner, PlumbingSigner, ServiceSigner
from harness.gateway.storing import PolicyDesk
from harness.gateway.tickets import Tickets, digest
from harness.gateway.unsigned import refused_to_anyone
from harness.policy import PolicyKind, is_public, parse_stored
from harness.sigv4 import Form, Reason, Rejected, check_policy
from harness.wire import Quotas
from harness.wire.vouch import Caller, CallerKind, Vouch

# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html and API_GetSessionToken.html: no permission is needed.
ALWAYS_ALLOWED = frozenset({("sts", "GetCallerIdentity"), ("sts", "GetSessionToken")})

# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
NO_BUCKET = "The specified bucket does not exist"
FOREIGN_COPY = "copies from a bucket of another account are not supported by the harness: read the object and put it, as the same principal"
NO_FORM = "The body of your POST request is not well-formed multipart/form-data."
BUCKET_TAKEN = (
    "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a "
    "different name and try again."
)
# OBSERVED: in users' reports of Terraform's aws_s3_bucket_policy; in 2023 the text was "Access Denied":
# https://github.com/torchbox/buckup/pull/18
PUBLIC_POLICY = (
    'User: {arn} is not authorized to perform: s3:PutBucketPolicy on resource: "{bucket}" because public policies are '
    "blocked by the BlockPublicPolicy block public access setting."
)


Verifier = Callable[[Mapping[str, Any]], Federated]


@dataclass(slots=True)
class Authorize:
    """Request handler, after the parser and before the service is loaded."""

    account_id: str
    region: str
    peers: Peers
    records: Records
    decider: Decider
    desk: PolicyDesk
    buckets: Buckets
    tickets: Tickets
    tokens: sts.Sts
    mfa: MfaDesk
    quotas: Quotas
    simulation: policy_simulation.PolicySimulation
    federation: Mapping[str, Verifier]
    """By operation of UNSIGNED: who the request's token or assertion speaks for. Raises IdentityRefused."""

    def __call__(self, chain: HandlerChain, context: RequestContext, response: Response) -> None:
        """Let the chain go on only for what is allowed here; everything else is answered and the chain stopped."""
        arrival, signer = arrival_of(context), signer_of(context)
        try:
            done = self._handle(context, response, arrival, signer)
        except PeerUnavailable as silent:
            self.records.peer(context, arrival, silent)
            respond.write_error(context, response, respond.unavailable(str(silent)))
            done = True
        except CommonServiceException as error:
            respond.write_error(context, response, error)
            done = True
        if done:
            chain.stop()
        else:
            decide(context)

    def _handle(self, context: RequestContext, response: Response, arrival: Arrival, signer: Signer) -> bool:
        """Whether the request is answered."""
        if context.service is None or context.operation is None:
            raise respond.internal("the request names no operation of a service")
        operation = self._operation(context, arrival, signer)
        if isinstance(signer, Vouch):
            self._check_scope(context, arrival, signer)
        bucket_owner = self._bucket_owner(context, arrival, signer, operation)
        if isinstance(signer, Anonymous):
            self._check_unsigned(context, arrival, operation, bucket_owner)
        named = bucket_owner or _named_owner(operation, signer, self.account_id)
        if isinstance(signer, InternalSigner):
            self._check_internal(context, arrival, signer, operation, named)
        owning = self._owner(operation, signer, arrival, named)
        if owning != self.account_id:
            forward(self.peers, owning, context, response, self._ticket(owning, arrival, signer))
            return True
        if isinstance(signer, PlumbingSigner):
            context.account_id = PLUMBING_ACCOUNT if operation.service == "s3" else self.account_id
            return False
        self._check_constraints(context, arrival, signer, operation)
        if _is_federated(operation):
            signer = self._federated(context, arrival, operation)
            said = {**operation.params, **signer.parameters}
            operation = replace(operation, params=said, user=None, inherited=Inherited())
        self._check_session(context, arrival, signer, operation)
        self._check_form_post(context, arrival, signer, operation)
        self._check_source(context, arrival, operation)
        _need_user_name(operation, signer)
        operation = own_user.named(context, operation)
        operation = self._with_mfa(context, arrival, signer, operation)
        resource = self._decide(context, arrival, signer, operation)
        self._check_stored(context, arrival, operation, resource)
        self._check_public(context, arrival, operation, signer)
        result = self._answer(context, arrival, operation, signer)
        if result is not None:
            respond.write_result(context, response, result)
        return result is not None

    def _bucket_owner(
        self, context: RequestContext, arrival: Arrival, signer: Signer, operation: Operation
    ) -> str | None:
        """The account that has the bucket, which its name does not tell; None where the operation is about none that is there.

        LocalStack's own buckets (plumbing) are in each instance, and a forwarded request has found its owner.
        """
        bucket = operation.params.get("Bucket")
        if operation.service != "s3" or operation.name == "CreateBucket" or not isinstance(bucket, str):
            return None
        if isinstance(signer, PlumbingSigner) or arrival.forwarded:
            return self.account_id
        return self.buckets.owner(bucket, context.request_id or "")

    def _check_unsigned(
        self, context: RequestContext, arrival: Arrival, operation: Operation, bucket_owner: str | None
    ) -> None:
        """Who signs nothing is heard by the owner of a bucket, and where an identity provider speaks for them.

        S3 says to anyone that there is no such bucket.
        """
        if operation.service != "s3" and not _is_federated(operation):
            rejected = Rejected(Reason.MISSING)
            error = respond.authentication_error(context, rejected)
            self.records.authentication(context, arrival, rejected, error)
            raise error
        refused = refused_to_anyone(operation)
        if operation.params.get("Bucket") and operation.name != "CreateBucket" and bucket_owner is None:
            refused = CommonServiceException("NoSuchBucket", NO_BUCKET, HTTPStatus.NOT_FOUND, sender_fault=True)
        if refused is not None:
            self.records.validation(context, arrival, refused)
            raise refused

    def _ticket(self, owning: str, arrival: Arrival, signer: Signer) -> str | None:
        if not isinstance(signer, InternalSigner):
            return None
        return self.tickets.issue(owning, digest(arrival.head, arrival.payload.sha256), signer)

    def _check_internal(
        self,
        context: RequestContext,
        arrival: Arrival,
        signer: ServiceSigner | PlumbingSigner,
        operation: Operation,
        named: str,
    ) -> None:
        """A call without a principal passes only by its row, and a service acts only for resources of its own account."""
        crosses = arrival.forwarded is not None or named != self.account_id
        if isinstance(signer, PlumbingSigner):
            principal = "plumbing"
            fault = _plumbing_fault(signer, operation, crosses=crosses)
            if fault is None and named != self.account_id and named not in self.peers:
                fault = f"account {named} is not part of this launch"
        else:
            principal, fault = signer.principal, _service_fault(signer, operation, crosses=crosses)
        if fault is None:
            return
        fields = {"decision": "refused", "principal": principal, "error": {"message": fault}}
        self.records.decision(context, arrival, fields)
        raise respond.internal(fault)

    def _operation(self, context: RequestContext, arrival: Arrival, signer: Signer) -> Operation:
        service, operation = context.service, context.operation
        assert service is not None  # noqa: S101 - checked by _handle
        assert operation is not None  # noqa: S101
        caller = signer.caller if isinstance(signer, Vouch) else None
        name, params = operation.name, context.service_request or {}
        if name == "PostObject" and service.service_name == "s3":
            name, params = "PutObject", self._form_parameters(context, arrival, params)
        return Operation(
            service=service.service_name,
            prefix=service.signing_name,
            name=name,
            params=params,
            region=context.region,
            account=caller.account_id if caller else self.account_id,
            user=caller.user_name if caller else None,
            inherited=_inherited(caller),
        )

    def _form_parameters(
        self, context: RequestContext, arrival: Arrival, params: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        try:
            return _of_form(arrival, str(params["Bucket"]))
        except CommonServiceException as error:
            self.records.validation(context, arrival, error)
            raise

    def _check_scope(self, context: RequestContext, arrival: Arrival, vouch: Vouch) -> None:
        """The signed scope must be the service and the region that will execute; LocalStack rewrites regions it does not know."""
        service = context.service
        assert service is not None  # noqa: S101 - checked by _handle
        if vouch.service != service.signing_name:
            rejected = wrong_service(service.service_name, vouch.service, service.signing_name)
        elif vouch.region != context.region:
            rejected = wrong_region(service.service_name, vouch.region, self.region)
        else:
            return
        error = respond.authentication_error(context, rejected)
        self.records.authentication(context, arrival, rejected, error)
        raise error

    def _federated(self, context: RequestContext, arrival: Arrival, operation: Operation) -> Federated:
        """Who asks by the word of an identity provider, whoever signed the request."""
        try:
            return self.federation[operation.name](operation.params)
        except IdentityRefused as refused:
            error = CommonServiceException(refused.code, refused.message, refused.status, sender_fault=True)
            self.records.identity(context, arrival, error)
            raise error from refused

    def _owner(self, operation: Operation, signer: Signer, arrival: Arrival, named: str) -> str:
        """Who decides: the account that is named, or in the place of one outside the launch, which grants nothing, the caller's home."""
        home = signer.home if isinstance(signer, Vouch) else self.account_id
        owning = named if named == self.account_id or named in self.peers else home
        if arrival.forwarded and owning != self.account_id:
            raise respond.internal(f"misrouted: {operation.service}:{operation.name} belongs to account {owning}")
        return owning

    def _check_constraints(
        self, context: RequestContext, arrival: Arrival, signer: Signer, operation: Operation
    ) -> None:
        """What IAM and STS refuse whoever asks; services follow rules of their own."""
        try:
            shape = context.operation.input_shape if context.operation else None
            by_client = not isinstance(signer, InternalSigner)
            if by_client and (fault := constraints.fault(operation.service, shape, operation.params)):
                raise sts.validation(fault)
            if operation.service == "sts" and operation.name.startswith("AssumeRole"):
                sts.check_role_arn(operation.params)
        except CommonServiceException as error:
            self.records.validation(context, arrival, error)
            raise

    def _check_session(self, context: RequestContext, arrival: Arrival, signer: Signer, operation: Operation) -> None:
        """Sessions of users and of federated users reach neither IAM (without MFA) nor most of STS, whatever policies say.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
        """
        caller = signer.caller if isinstance(signer, Vouch) else None
        if caller is None or caller.session is None or caller.kind is CallerKind.ROLE_SESSION:
            return
        federated = caller.kind is CallerKind.FEDERATED_USER
        if operation.service == "iam" and (federated or not caller.session.mfa):
            rejected = Rejected(Reason.BAD_TOKEN, "the session's kind may not call IAM")
            error = respond.authentication_error(context, rejected)
            self.records.authentication(context, arrival, rejected, error)
            raise error
        if operation.service == "sts" and federated and operation.name == "AssumeRole":
            refused = respond.denied_error(context, "Cannot call AssumeRole with federation token credentials")
            self.records.validation(context, arrival, refused)
            raise refused

    def _with_mfa(self, context: RequestContext, arrival: Arrival, signer: Signer, operation: Operation) -> Operation:
        """The operation, with whether a valid MFA code came with it."""
        caller = signer.caller if isinstance(signer, Vouch) else None
        try:
            return replace(operation, mfa=self.mfa.present(operation, caller, context.request_id or ""))
        except CommonServiceException as error:
            self.records.validation(context, arrival, error)
            raise

    def _check_source(self, context: RequestContext, arrival: Arrival, operation: Operation) -> None:
        """Copies read a bucket that is here: an object does not travel between accounts but by its client's hands."""
        source = copy_source(str(operation.params.get("CopySource") or "")) if operation.service == "s3" else None
        holder = self.buckets.owner(source[0], context.request_id or "") if source is not None else None
        if holder not in {None, self.account_id}:
            refused = CommonServiceException("NotImplemented", FOREIGN_COPY, HTTPStatus.NOT_IMPLEMENTED)
            self.records.validation(context, arrival, refused)
            raise refused

    def _check_form_post(self, context: RequestContext, arrival: Arrival, signer: Signer, operation: Operation) -> None:
        """What its signer allowed of a form: the policy in it. A form that nobody signed has none."""
        if not isinstance(arrival.form, Form) or not isinstance(signer, Vouch):
            return
        rejected = check_policy(arrival.form, str(operation.params["Bucket"]), self.decider.clock.real())
        if rejected is not None:
            error = respond.authentication_error(context, rejected)
            self.records.authentication(context, arrival, rejected, error)
            raise error

    def _decide(self, context: RequestContext, arrival: Arrival, signer: Signer, operation: Operation) -> str | None:
        """The resource of the first of the operation's calls."""
        if (operation.service, operation.name) in ALWAYS_ALLOWED:
            return None
        stand_in = STAND_INS.get((_calling_service(arrival, signer), operation.service, operation.name))
        operation = replace(operation, name=stand_in) if stand_in else operation
        facts = StateFacts(self.decider.iam, operation.region)
        asked = calls(operation, facts)
        verdicts = [self.decider.decide(signer, call, operation, arrival) for call in asked]
        refused = next((verdict for verdict in verdicts if not verdict.allowed), None)
        self._record(context, arrival, verdicts, refused)
        if refused is not None:
            raise respond.denied_error(context, refused.message)
        return asked[0].resource

    def _record(
        self, context: RequestContext, arrival: Arrival, verdicts: Sequence[Verdict], refused: Verdict | None
    ) -> None:
        deciding = refused or verdicts[0]
        fields: dict[str, Any] = dict(deciding.line)
        if len(verdicts) > 1:
            fields["calls"] = [
                {key: verdict.line[key] for key in ("action", "resource", "decision", "because")}
                for verdict in verdicts
            ]
        for verdict in verdicts:
            self.records.keep(verdict.documents)
        self.records.decision(context, arrival, fields)

    def _check_stored(
        self, context: RequestContext, arrival: Arrival, operation: Operation, resource: str | None
    ) -> None:
        """Policies are checked before they are stored: their form, and that the principals they name exist. So are names of buckets."""
        try:
            check_entities(self.decider.iam, operation, self.quotas)
            check_service_linked(operation, self.decider.iam)
            self.mfa.check_enabling(operation)
            self.desk.check(operation, resource, context)
            check_schedule(operation)
            if (operation.service, operation.name) == ("s3", "CreateBucket"):
                self._claim_bucket(context, operation.params["Bucket"])
        except CommonServiceException as error:
            self.records.validation(context, arrival, error)
            raise

    def _check_public(self, context: RequestContext, arrival: Arrival, operation: Operation, signer: Signer) -> None:
        """A policy that would let everyone in is not stored while the bucket or the account blocks such policies."""
        if (operation.service, operation.name) != ("s3", "PutBucketPolicy"):
            return
        bucket = bucket_arn(str(operation.params.get("Bucket")))
        if not is_blocked(self.account_id, bucket, BLOCK_PUBLIC_POLICY):
            return
        if is_public(parse_stored(str(operation.params.get("Policy")), PolicyKind.RESOURCE)):
            arn = signer.caller.arn if isinstance(signer, Vouch) else "anonymous"
            refused = respond.denied_error(context, PUBLIC_POLICY.format(arn=arn, bucket=bucket))
            self.records.validation(context, arrival, refused)
            raise refused

    def _claim_bucket(self, context: RequestContext, name: str) -> None:
        if not self.buckets.claim(name, context.request_id or ""):
            raise CommonServiceException("BucketAlreadyExists", BUCKET_TAKEN, HTTPStatus.CONFLICT, sender_fault=True)

    def _answer(
        self, context: RequestContext, arrival: Arrival, operation: Operation, signer: Signer
    ) -> dict[str, Any] | None:
        """What the gate answers itself; what it will not take, though it was allowed, is journalled as well."""
        try:
            return self._own_operation(operation, signer)
        except CommonServiceException as error:
            self.records.validation(context, arrival, error)
            raise

    def _own_operation(self, operation: Operation, signer: Signer) -> dict[str, Any] | None:
        """The operations that the gate answers itself, None for LocalStack's."""
        if operation.service == "iam" and operation.name in policy_simulation.OPERATIONS:
            return self.simulation.answer(operation)
        if operation.service != "sts":
            return None
        if isinstance(signer, Federated):
            return self.tokens.assume_role_for(operation.params, signer)
        caller = signer.caller if isinstance(signer, Vouch) else None
        if operation.name == "AssumeRole":
            return self.tokens.assume_role(operation.params, caller)
        if caller is None:
            name = signer.principal if isinstance(signer, ServiceSigner) else "internal"
            raise respond.internal(f"{name} has no use for sts:{operation.name}")
        if operation.name == "GetAccessKeyInfo":
            return sts.access_key_info(operation.params["AccessKeyId"])
        if operation.name == "GetCallerIdentity":
            return sts.caller_identity(caller)
        if operation.name == "GetSessionToken":
            return self.tokens.get_session_token(operation.params, caller, mfa=operation.mfa)
        if operation.name == "GetFederationToken":
            return self.tokens.get_federation_token(operation.params, caller)
        raise CommonServiceException(
            "InvalidAction", f"sts:{operation.name} is not served by the harness", 400, sender_fault=True
        )


def _is_federated(operation: Operation) -> bool:
    """Whether an identity provider speaks for who asks, so that a signature counts for nothing.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
    """
    return operation.service == "sts" and operation.name in UNSIGNED


def _of_form(arrival: Arrival, bucket: str) -> Mapping[str, Any]:
    """PutObject's parameters; what LocalStack takes for a form and the gate does not is none."""
    if not isinstance(arrival.form, Form):
        raise CommonServiceException("MalformedPOSTRequest", NO_FORM, HTTPStatus.BAD_REQUEST, sender_fault=True)
    return parameters(arrival.form, bucket)


def _calling_service(arrival: Arrival, signer: Signer) -> str:
    """The service that makes an internal call, by its principal where it has one; empty for a client's request."""
    if isinstance(signer, ServiceSigner):
        return signer.principal.partition(".")[0]
    return arrival.internal.caller if arrival.internal else ""


def _named_owner(operation: Operation, signer: Signer, here: str) -> str:
    """The account of the operation's resource; AWS's error where there are several."""
    try:
        return owner(operation, signer.home if isinstance(signer, Vouch) else here)
    except SeveralOwners as several:
        message = f"the request names resources of several accounts ({several}), which the harness does not split"
        raise CommonServiceException("ValidationException", message, 400, sender_fault=True) from several


def _plumbing_fault(signer: PlumbingSigner, operation: Operation, *, crosses: bool) -> str | None:
    named = f"LocalStack's internal call {operation.service}:{operation.name} by {signer.caller or 'nobody'}"
    row = plumbing(signer.caller, operation.service, operation.name)
    if row is None:
        return f"{named} stands in no table of the gate"
    return f"{named} may not cross to another account" if crosses and not row.crosses else None


def _service_fault(signer: ServiceSigner, operation: Operation, *, crosses: bool) -> str | None:
    """A role is handed to a service within its account only, so no service assumes one of another account.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    if signer.foreign_source is not None:
        return f"{signer.principal} acts for a resource of account {signer.foreign_source}"
    if operation.service == "sts" and crosses:
        return f"{signer.principal} may not assume a role of another account"
    return None


def _inherited(caller: Caller | None) -> Inherited:
    """What the caller's session, if it is a role's, hands down in a chain."""
    session = caller.session if caller is not None else None
    if session is None or not session.is_chainable_role:
        return Inherited()
    return Inherited(session.source_identity is not None, bool(session.transitive_tag_keys))


def _need_user_name(operation: Operation, signer: Signer) -> None:
    """Only an IAM user may leave UserName out, and means itself.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html
    """
    if operation.service != "iam" or operation.name not in USER_OPERATIONS or operation.params.get("UserName"):
        return
    if operation.user is None and not (isinstance(signer, Vouch) and signer.caller.kind is CallerKind.ROOT):
        raise sts.validation("Must specify userName when calling with non-User credentials")
