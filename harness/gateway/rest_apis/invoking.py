"""Calls of APIs on their way: to the account that has the API, through the check of who calls, to LocalStack, which executes them.

LocalStack serves APIs before it parses requests of services, and would ask nobody. The gate serves them itself: it has LocalStack find
the method, as it will execute it, and decides in that very place of LocalStack's own chain.
"""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from botocore.model import ServiceModel
from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response
from werkzeug.exceptions import HTTPException

from harness.actions import execute_api
from harness.gateway.arrival import Arrival, Signer, arrival_of
from harness.gateway.peering.forwarding import forward
from harness.gateway.peering.peers import Peers, PeerUnavailable
from harness.gateway.records import Records
from harness.gateway.rest_apis import deployed, errors
from harness.gateway.rest_apis.apis import Apis
from harness.gateway.rest_apis.calls import ApiCall, ApiCallers
from harness.gateway.rest_apis.errors import CallRefused, forbidden
from harness.gateway.services import hops
from harness.wire.vouch import Vouch

# The calls are of no model; the journal and AWS's errors speak of them as if they were of this one.
_MODEL = ServiceModel(
    {
        "metadata": {"serviceId": "execute-api", "signingName": execute_api.PREFIX, "protocol": "rest-json"},
        "operations": {"Invoke": {"name": "Invoke", "http": {"method": "GET", "requestUri": "/"}}},
        "shapes": {},
    },
    execute_api.PREFIX,
)
_CALL = "harness.api-call"
_ENDLESS = f"an API that calls an API again and again is not followed further than {hops.MAX_HOPS} times"
_UNUSED = "No integration defined for method"


@dataclass(slots=True)
class _Going:
    """A call while LocalStack has it."""

    context: RequestContext
    arrival: Arrival
    journalled: bool = False
    """A refusal has its line."""
    failure: Exception | None = None
    """What is no refusal, and ends as any other failure of the gate."""


@dataclass(slots=True)
class InvokeApi:
    """Request handler, behind the front of the chain: answers every call of an API, and nothing else."""

    account_id: str
    peers: Peers
    apis: Apis
    callers: ApiCallers
    records: Records
    _endpoint: Any = field(default=None, init=False)
    """LocalStack's, once there is an API."""

    def __call__(self, chain: HandlerChain, context: RequestContext, response: Response) -> None:
        """Answer and stop the chain, if the request calls an API."""
        arrival = arrival_of(context)
        if arrival.api is None:
            return
        spoken = _as_modelled(context)
        try:
            self._answer(spoken, arrival, response)
        except CallRefused as refused:
            errors.write(refused, response)
        except PeerUnavailable as silent:
            self.records.peer(spoken, arrival, silent)
            errors.write(_unavailable(silent), response)
        chain.stop()

    def _answer(self, context: RequestContext, arrival: Arrival, response: Response) -> None:
        assert arrival.api is not None  # noqa: S101 - the caller has looked
        api, stage = arrival.api.api, arrival.api.stage
        owner = self.account_id if arrival.forwarded else self.apis.owner(api, context.request_id or "")
        if owner is not None and owner != self.account_id:
            forward(self.peers, owner, context, response)
            return
        if deployed.deployment(self.account_id, api, stage) is None:
            raise self._refused(context, arrival, forbidden("there is no such API, or no such stage of it"))
        if arrival.hops > hops.MAX_HOPS:
            raise self._refused(context, arrival, CallRefused("InternalServerErrorException", _ENDLESS, 508))
        going = _Going(context, arrival)
        context.request.environ[_CALL] = going
        with hops.following(arrival.hops):
            response.update_from(self._endpoint_here()(context.request, api_id=api, stage=stage))
        if going.failure is not None:
            raise going.failure
        self._journal_localstacks_refusal(going, response)

    def _refused(self, context: RequestContext, arrival: Arrival, refused: CallRefused) -> CallRefused:
        """AWS's word for it may say nothing; the journal says why."""
        said = CommonServiceException(refused.code, refused.why or refused.message or "", refused.status)
        self.records.validation(context, arrival, said)
        return refused

    def _journal_localstacks_refusal(self, going: _Going, response: Response) -> None:
        """What LocalStack itself refuses once the call is decided: a missing API key, a body that is not as the method wants it."""
        code = response.headers.get("x-amzn-ErrorType")
        if code and response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR and not going.journalled:
            refused = CallRefused(code, response.get_data(as_text=True), response.status_code)
            self._refused(going.context, going.arrival, refused)

    def _endpoint_here(self) -> Any:
        if self._endpoint is None:
            self._endpoint = _endpoint(self.account_id, self)
        return self._endpoint

    def check(self, api_context: Any) -> None:
        """In LocalStack's chain, once the method is found: raise its kind of error for who may not call."""
        going: _Going = api_context.request.environ[_CALL]
        api_context.context_variables["identity"]["sourceIp"] = going.arrival.client_address
        try:
            self._check_way(going, api_context)
            signer = self.callers.check(ApiCall(going.context, going.arrival, api_context))
        except CallRefused as refused:
            going.journalled = True
            raise _localstacks(refused) from refused
        except PeerUnavailable as silent:
            going.journalled = True
            self.records.peer(going.context, going.arrival, silent)
            raise _localstacks(_unavailable(silent)) from silent
        except Exception as failure:
            going.failure = failure
            raise
        _show_caller(api_context, signer)

    def _check_way(self, going: _Going, api_context: Any) -> None:
        """Whether the deployment that serves the call is for this way of calling it, and has what to do."""
        serving, arrival = api_context.deployment, going.arrival
        if deployed.is_disabled(serving):
            raise self._refused(going.context, arrival, forbidden("the API's default endpoint is disabled"))
        if deployed.is_private(serving) and arrival.vpc_endpoint is None:
            why = "the API is private, and the request comes through no VPC endpoint"
            raise self._refused(going.context, arrival, forbidden(why))
        if not api_context.integration:
            raise self._refused(going.context, arrival, CallRefused("InternalServerErrorException", _UNUSED, 500))

    def missed(self, api_context: Any) -> None:
        """In LocalStack's chain, where no method is found."""
        going: _Going = api_context.request.environ[_CALL]
        going.journalled = True
        missing = CallRefused("MissingAuthenticationTokenException", "the API has no such resource or method")
        self._refused(going.context, going.arrival, missing)


def _as_modelled(context: RequestContext) -> RequestContext:
    """The request as the journal and AWS's errors name it; LocalStack's own handlers see no service in it."""
    spoken = RequestContext(context.request)
    spoken.request_id = context.request_id
    spoken.service, spoken.protocol = _MODEL, "rest-json"
    spoken.operation = _MODEL.operation_model("Invoke")
    return spoken


def _unavailable(silent: PeerUnavailable) -> CallRefused:
    return CallRefused("ServiceUnavailableException", str(silent), 503)


def _show_caller(api_context: Any, signer: Signer) -> None:
    """What the API's author learns of the caller.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html#context-variable-reference
    """
    if not isinstance(signer, Vouch):
        return
    caller = signer.caller
    api_context.context_variables["identity"] |= {
        "accessKey": signer.key_id,
        "accountId": caller.account_id,
        "caller": caller.user_id,
        "user": caller.user_id,
        "userArn": caller.arn,
        "principalOrgId": caller.place.organization if caller.place else None,
    }
    # The header of a signature goes no further:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html#api-gateway-known-issues-rest-apis
    api_context.invocation_request["headers"].remove("Authorization")


def _localstacks(refused: CallRefused) -> Exception:
    """The refusal as LocalStack knows it, so that the API's own answers to its type count."""
    from localstack.services.apigateway.next_gen.execute_api import gateway_response  # noqa: PLC0415 - services load lazily

    denied = refused.type == errors.ACCESS_DENIED  # the one whose message has a capital
    kind = gateway_response.AccessDeniedError if denied else gateway_response.BaseGatewayException
    error: Any = kind(refused.message, refused.status)
    error.type, error.code, error.message = refused.type, refused.code, refused.message
    return error  # type: ignore[no-any-return]


def _endpoint(account_id: str, gate: InvokeApi) -> Any:
    """LocalStack's endpoint of APIs, with the gate in its chain."""
    from localstack.services.apigateway.next_gen.execute_api import handlers  # noqa: PLC0415 - services load lazily
    from localstack.services.apigateway.next_gen.execute_api.gateway import RestApiGateway  # noqa: PLC0415 - the same
    from localstack.services.apigateway.next_gen.execute_api.gateway_response import (  # noqa: PLC0415 - the same
        MissingAuthTokenError,
    )
    from localstack.services.apigateway.next_gen.execute_api.handlers.parse import (  # noqa: PLC0415 - the same
        InvocationRequestParser,
    )
    from localstack.services.apigateway.next_gen.execute_api.router import ApiGatewayEndpoint  # noqa: PLC0415 - the same

    class Endpoint(ApiGatewayEndpoint):  # type: ignore[misc] # LocalStack is untyped
        """In the store of the one account that is here."""

        @property
        def _global_store(self) -> Any:
            return deployed.store(account_id)

    class Parser(InvocationRequestParser):  # type: ignore[misc] # LocalStack is untyped
        """By the path behind the stage; LocalStack searches the whole address for it, what the client asks for included."""

        @staticmethod
        def _enrich_with_raw_path(context: Any, invocation_request: Any) -> None:
            path = "/" + arrival_of(context).api.path.lstrip("/")  # type: ignore[union-attr] # it is a call of an API
            invocation_request["path"] = invocation_request["raw_path"] = path

    def route(chain: Any, context: Any, response: Response) -> None:
        try:
            handlers.route_request(chain, context, response)
        except (MissingAuthTokenError, HTTPException) as missing:  # the router fails at hosts that are none
            gate.missed(context)
            raise MissingAuthTokenError("Missing Authentication Token") from missing
        gate.check(context)

    gateway = RestApiGateway()
    steps = gateway.request_handlers
    steps[steps.index(handlers.parse_request)] = Parser()
    steps[steps.index(handlers.route_request)] = route
    return Endpoint(rest_gateway=gateway)
