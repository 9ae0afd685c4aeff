"""A parsed request on its way to the decision: what came, who asks, and for which operation."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from localstack.aws.api import RequestContext

from harness.actions import Authentication, Inherited, Operation
from harness.actions.federation import Federated
from harness.actions.sts import UNSIGNED
from harness.gateway import respond
from harness.gateway.arrival import Arrival, Signer
from harness.gateway.rest_apis import imports
from harness.gateway.s3.forms import parameters
from harness.gateway.signers import InternalSigner, ServiceSigner
from harness.sigv4 import Claim, Form
from harness.sigv4.verify import UNSIGNED_PAYLOAD
from harness.wire.vouch import Caller, Vouch

NO_FORM = "The body of your POST request is not well-formed multipart/form-data."


@dataclass(frozen=True, slots=True)
class Asked:
    """One request; a step that learns more of it makes another one."""

    context: RequestContext
    arrival: Arrival
    signer: Signer
    operation: Operation

    @property
    def request_id(self) -> str:
        """As the journal and the peers know it."""
        return self.context.request_id or ""

    @property
    def caller(self) -> Caller | None:
        """The IAM principal that signed; None where a service, an identity provider or nobody did."""
        return _caller(self.signer)

    @property
    def is_internal(self) -> bool:
        """Whether LocalStack makes the call, and no principal's credentials sign it."""
        return isinstance(self.signer, InternalSigner)

    @property
    def calling_service(self) -> str:
        """The service that makes an internal call, by its principal where it has one; empty for a client's request."""
        if isinstance(self.signer, ServiceSigner):
            return self.signer.principal.partition(".")[0]
        return self.arrival.internal.caller if self.arrival.internal else ""

    @property
    def by_provider(self) -> bool:
        """Whether an identity provider speaks for who asks, so that a signature counts for nothing.

        https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
        """
        return self.operation.service == "sts" and self.operation.name in UNSIGNED

    def by(self, federated: Federated) -> "Asked":
        """The request of somebody for whom an identity provider speaks: nothing of its signer is left."""
        params = {**self.operation.params, **federated.parameters}
        operation = replace(self.operation, params=params, user=None, inherited=Inherited())
        return replace(self, signer=federated, operation=operation)

    def about(self, operation: Operation) -> "Asked":
        """The same request for what it means rather than says."""
        return self if operation is self.operation else replace(self, operation=operation)

    def with_mfa(self, *, present: bool) -> "Asked":
        """The request, with whether a valid code of its caller's MFA device came with it."""
        return self.about(replace(self.operation, mfa=True)) if present else self


def read(context: RequestContext, arrival: Arrival, signer: Signer, here: str, now: datetime) -> Asked:
    """What LocalStack has parsed, asked of the account `here` at this real time. Raises AWS's error for a form post that is none."""
    service, operation = context.service, context.operation
    if service is None or operation is None:
        raise respond.internal("the request names no operation of a service")
    name, params = operation.name, context.service_request or {}
    if (service.service_name, name) == ("s3", "PostObject"):
        name, params = "PutObject", _of_form(arrival, str(params["Bucket"]))
    elif service.service_name == "apigateway" and name in imports.OPERATIONS:
        params = imports.with_contents(context, params)
    caller = _caller(signer)
    asked = Operation(
        service=service.service_name,
        prefix=service.signing_name,
        name=name,
        params=params,
        region=context.region,
        account=caller.account_id if caller else here,
        user=caller.user_name if caller else None,
        inherited=_inherited(caller),
        authentication=_authentication(arrival, now) if service.service_name == "s3" and caller else None,
        decided_by=here,
    )
    return Asked(context, arrival, signer, asked)


def _caller(signer: Signer) -> Caller | None:
    return signer.caller if isinstance(signer, Vouch) else None


def _authentication(arrival: Arrival, now: datetime) -> Authentication | None:
    """How the request was signed; None where nobody did."""
    claim = arrival.claim()
    if not isinstance(claim, Claim):
        return None
    presigned, age = claim.expires is not None, max(0, int((now - claim.time).total_seconds() * 1000))
    said = arrival.head.value("x-amz-content-sha256")
    return Authentication(
        type="POST" if arrival.form is not None else "REST-QUERY-STRING" if presigned else "REST-HEADER",
        signature_age=age if presigned or arrival.form is not None else None,
        content_sha256=said or (UNSIGNED_PAYLOAD if presigned else None),
    )


def _of_form(arrival: Arrival, bucket: str) -> Mapping[str, Any]:
    """PutObject's parameters; what LocalStack takes for a form and the gate does not is none."""
    if not isinstance(arrival.form, Form):
        raise respond.client_error("MalformedPOSTRequest", NO_FORM)
    return parameters(arrival.form, bucket)


def _inherited(caller: Caller | None) -> Inherited:
    """What the caller's session, if it is a role's, hands down in a chain."""
    session = caller.session if caller is not None else None
    if session is None or not session.is_chainable_role:
        return Inherited()
    return Inherited(session.source_identity is not None, bool(session.transitive_tag_keys))
