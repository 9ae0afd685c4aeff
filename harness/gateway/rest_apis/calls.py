"""One call of an API, once LocalStack has found its method, and whether its caller may make it.

Who signed counts where the method asks for it (AWS_IAM), and whom the authorizer speaks for where it has one (CUSTOM); for other
methods the caller is anonymous, also to the API's resource policy.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from localstack.aws.api import CommonServiceException, RequestContext

from harness.actions import Call, Operation, Standing, execute_api
from harness.gateway import respond
from harness.gateway.arrival import Arrival, Signer
from harness.gateway.authenticate import Authenticate
from harness.gateway.deciding import Decider, Verdict
from harness.gateway.iam.iam_state import Documents
from harness.gateway.records import Records
from harness.gateway.refusals import wrong_region, wrong_service
from harness.gateway.rest_apis import authorizers, deployed
from harness.gateway.rest_apis.errors import CallRefused
from harness.gateway.signers import ANONYMOUS, Authorized
from harness.model.decision import Effect
from harness.sigv4 import Claim, Rejected
from harness.wire.vouch import Vouch

# A method without an authorizer of an API without a policy is open to everyone; in the words of a policy.
_OPEN = Standing(
    "an open method: it has no authorizer, and its API no resource policy",
    json.dumps({
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"},
    }),
)  # fmt: skip
_DOTS = re.compile(r"(?:^|/)\.{1,2}(?:/|$)")


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A call, and the method that it reaches."""

    context: RequestContext
    """As the journal names it."""
    arrival: Arrival
    found: Any
    """LocalStack's context of the call: the API's copy at its deployment, the method, the parameters."""

    @property
    def region(self) -> str:
        """The API's."""
        return str(self.found.deployment.region)

    @property
    def authorization(self) -> str:
        """The method's authorization type: `NONE`, `AWS_IAM`, `CUSTOM` or `COGNITO_USER_POOLS`."""
        return str(self.found.resource_method.get("authorizationType"))

    @property
    def authorizer(self) -> Mapping[str, Any]:
        """Of the types CUSTOM and COGNITO_USER_POOLS; empty where it is gone."""
        kept: Mapping[str, Mapping[str, Any]] = self.found.deployment.rest_api.authorizers
        return kept.get(str(self.found.resource_method.get("authorizerId")), {})

    @property
    def arn(self) -> str:
        """The API's, as policies about its calls name it."""
        return execute_api.arn(self.region, str(self.found.deployment.account_id), self.found.api_id)

    def asked(self) -> Call:
        """What IAM is asked for: a path as policies write it, and no way around one. Raises CallRefused."""
        path = unquote(self.found.invocation_request["path"])
        if _DOTS.search(path):
            raise CallRefused("BadRequestException", "the path must not have `.` or `..` parts", HTTPStatus.BAD_REQUEST)
        path = path.rstrip("/") or "/"  # as the method was found
        return execute_api.invoke(self.arn, self.found.stage, self.found.request.method, path)


@dataclass(frozen=True, slots=True)
class ApiCallers:
    """Decides calls of this account's APIs."""

    authenticate: Authenticate
    decider: Decider
    documents: Documents
    records: Records

    def check(self, call: ApiCall) -> Signer:
        """Who calls. Raises CallRefused for who may not, and PeerUnavailable."""
        try:
            asked = call.asked()
            policy = self._policy(call)
            signer = self._caller(call, asked, policy)
        except CallRefused as refused:
            if not refused.journalled:
                self._validation(call, refused)
            raise
        if signer is ANONYMOUS and policy.document is None and not deployed.is_private(call.found.deployment):
            policy = _OPEN
        self._require(call, self._decided(call, asked, signer, policy))
        return signer

    @staticmethod
    def _policy(call: ApiCall) -> Standing:
        """The API's resource policy: that of the deployment that serves the call, which the ARN of a call does not tell."""
        return Standing(call.arn, deployed.policy(call.found.deployment, call.found.api_id))

    def _caller(self, call: ApiCall, asked: Call, policy: Standing) -> Signer:
        if call.authorization == "NONE":
            return ANONYMOUS
        if call.authorization == "AWS_IAM":
            return self._signer(call)
        if call.authorization == "CUSTOM":
            return self._authorized(call, asked, policy)
        said = f"authorizers of the type {call.authorization} are not served by the harness"
        raise CallRefused("AuthorizerConfigurationException", said, HTTPStatus.INTERNAL_SERVER_ERROR)

    def _signer(self, call: ApiCall) -> Vouch:
        arrival = call.arrival
        claim = arrival.claim()
        signer = self._vouched(call, claim) if isinstance(claim, Claim) else claim
        if isinstance(signer, Vouch):
            return signer
        error = respond.authentication_error(call.context, signer)
        self.records.authentication(call.context, arrival, signer, error)
        raise CallRefused(error.code, error.message, error.status_code, journalled=True)

    def _vouched(self, call: ApiCall, claim: Claim) -> Vouch | Rejected:
        if claim.service != execute_api.PREFIX:
            return wrong_service(execute_api.PREFIX, claim.service, execute_api.PREFIX)
        if claim.region != call.region:
            return wrong_region(execute_api.PREFIX, claim.region, call.region)
        return self.authenticate.signed(call.context, call.arrival, claim)

    def _authorized(self, call: ApiCall, asked: Call, policy: Standing) -> Authorized:
        """Whom the authorizer speaks for; it is not asked where the resource policy denies already."""
        before = self._decided(call, asked, ANONYMOUS, policy)
        if before.effect is Effect.EXPLICIT_DENY:
            self._require(call, before)
        given = authorizers.ask(call.authorizer, call.found, call.arn, str(asked.resource))
        name = f"the policy of authorizer {call.authorizer.get('name')}"
        return Authorized(given.principal_id, self.documents.add(name, given.policy))

    def _decided(self, call: ApiCall, asked: Call, signer: Signer, policy: Standing) -> Verdict:
        operation = Operation(
            service=execute_api.PREFIX,
            prefix=execute_api.PREFIX,
            name="Invoke",
            params={},
            region=call.region,
            account=self.decider.account_id,
        )
        return self.decider.decide(signer, replace(asked, policy=policy), operation, call.arrival)

    def _require(self, call: ApiCall, verdict: Verdict) -> None:
        self.records.keep(verdict.documents)
        self.records.decision(call.context, call.arrival, verdict.line)
        if not verdict.allowed:
            raise CallRefused("AccessDeniedException", verdict.message, journalled=True)

    def _validation(self, call: ApiCall, refused: CallRefused) -> None:
        said = CommonServiceException(refused.code, refused.why or refused.message or "", refused.status)
        self.records.validation(call.context, call.arrival, said)
