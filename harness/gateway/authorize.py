"""The second handler: once LocalStack has parsed the request, decide it, or hand it to the account that owns the resource.

`_handle` and `_decide` are the way of a request, one step a line, and their order matters: each step trusts those before it. Whatever
a step raises is a refusal, journalled and answered in one place; nothing is executed that has not come to the end of the list.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response

from harness.actions.federation import Federated
from harness.gateway import checks, respond
from harness.gateway.arrival import arrival_of, decide, signer_of
from harness.gateway.asked import Asked, read
from harness.gateway.authorization_messages import AuthorizationMessages
from harness.gateway.before import BeforeStoring
from harness.gateway.clock import Clock
from harness.gateway.federation.federated import IdentityRefused
from harness.gateway.iam import own_user
from harness.gateway.iam.mfa import MfaDesk
from harness.gateway.own_operations import OwnOperations
from harness.gateway.owners import Owners
from harness.gateway.peering.peers import PeerUnavailable
from harness.gateway.records import Records
from harness.gateway.refusing import Unauthenticated, refuse
from harness.gateway.resources.names import check_names
from harness.gateway.rest_apis.forms import check_form as check_api_form
from harness.gateway.s3.deletions import leave_out
from harness.gateway.services.forward_access import ForwardAccess
from harness.gateway.services.internal import PLUMBING_ACCOUNT
from harness.gateway.signers import PlumbingSigner, ServiceSigner
from harness.gateway.verdicts import Judge, denial

Verifier = Callable[[Mapping[str, Any]], Federated]


@dataclass(slots=True)
class Authorize:
    """Request handler, after the parser and before the service is loaded."""

    account_id: str
    region: str
    clock: Clock
    records: Records
    owners: Owners
    federation: Mapping[str, Verifier]
    """By operation of UNSIGNED: who the request's token or assertion speaks for. Raises IdentityRefused."""
    mfa: MfaDesk
    judge: Judge
    before: BeforeStoring
    own: OwnOperations
    messages: AuthorizationMessages
    forward_access: ForwardAccess

    def __call__(self, chain: HandlerChain, context: RequestContext, response: Response) -> None:
        """Let the chain go on only for what is allowed here; everything else is answered and the chain stopped."""
        arrival, signer = arrival_of(context), signer_of(context)
        try:
            answered = self._handle(read(context, arrival, signer, self.account_id, self.clock.real()), response)
        except (Unauthenticated, IdentityRefused, PeerUnavailable, CommonServiceException) as why:
            refuse(self.records, context, response, arrival, why)
            answered = True
        if answered:
            chain.stop()
        else:
            decide(context)

    def _handle(self, asked: Asked, response: Response) -> bool:
        """Whether the request is answered; one that is not may be executed here. Finds the account that decides it."""
        checks.check_scope(asked, self.region)
        bucket_owner = self.owners.of_bucket(asked)
        checks.check_unsigned(asked, bucket_owner)
        named = bucket_owner or self.owners.named(asked)
        if (fault := self.owners.internal_fault(asked, named)) is not None:
            return self._refuse_internal(asked, response, fault)
        owning = self.owners.deciding(asked, named)
        if owning != self.account_id:
            self.owners.forward(asked, owning, response)
            return True
        if isinstance(asked.signer, PlumbingSigner):
            asked.context.account_id = PLUMBING_ACCOUNT if asked.operation.service == "s3" else self.account_id
            return False
        return self._decide(asked, response)

    def _decide(self, asked: Asked, response: Response) -> bool:
        """The rest of the way, in the account whose resource it is."""
        checks.check_form(asked)
        check_names(asked.operation)
        check_api_form(asked.operation)
        asked = self._by_provider(asked)
        checks.check_session(asked)
        checks.check_form_post(asked, self.clock.real())
        self.owners.check_expected(asked)
        self.owners.check_source(asked)
        checks.check_user_name(asked)
        asked = asked.about(own_user.named(asked.context, asked.operation))
        asked = asked.with_mfa(present=self.mfa.present(asked.operation, asked.caller, asked.request_id))
        judgement = self.judge.judge(asked)
        if judgement.refused:
            refused = {place: denial(asked.context, one, self.messages) for place, one in judgement.refused.items()}
            none_left = leave_out(asked.context, refused)
            if none_left is not None:
                respond.write_result(asked.context, response, none_left)
                return True
        elif judgement.denied is not None:
            error = denial(asked.context, judgement.denied, self.messages)
            respond.write_error(asked.context, response, error)
            return True
        self.before.check(asked, judgement.resource)
        result = self.own.answer(asked)
        if result is not None:
            respond.write_result(asked.context, response, result)
            return True
        self.forward_access.begin(asked, judgement.resource)
        return False

    def _by_provider(self, asked: Asked) -> Asked:
        """The request by the word of an identity provider where the operation is for that, whoever signed it."""
        if not asked.by_provider:
            return asked
        return asked.by(self.federation[asked.operation.name](asked.operation.params))

    def _refuse_internal(self, asked: Asked, response: Response, fault: str) -> bool:
        """A call without a principal is decided by the tables, and its line is a decision."""
        principal = asked.signer.principal if isinstance(asked.signer, ServiceSigner) else "plumbing"
        fields = {"decision": "refused", "principal": principal, "error": {"message": fault}}
        self.records.decision(asked.context, asked.arrival, fields)
        respond.write_error(asked.context, response, respond.internal(fault))
        return True
