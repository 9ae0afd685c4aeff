"""What an API of API Gateway calls in turn: as API Gateway itself, or with its integration's role.

LocalStack's own calls to functions name API Gateway and the method (AWS_PROXY). Its calls to every other service (AWS) go around its
internal clients, with a made-up signature: here they are signed with the role, as AWS does it, or prove themselves like the others.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-integration-types.html
"""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from localstack.aws.connect import connect_to
from localstack.aws.spec import get_service_catalog
from localstack.utils.strings import to_str

from harness.gateway.services import hops
from harness.gateway.services.internal import proof
from harness.gateway.services.lazily import around, when_loaded

_SERVICE, _PRINCIPAL = "apigateway", "apigateway.amazonaws.com"
_INTEGRATIONS = "localstack.services.apigateway.next_gen.execute_api.integrations"
SESSION = "BackplaneAssumeRoleSession"
"""The name of API Gateway's sessions of roles, as LocalStack has it."""
_PLACEHOLDER = (
    "AWS4-HMAC-SHA256 Credential=__internal_call__/20160623/{}/{}/aws4_request, SignedHeaders=host, Signature=1234"
)
"""In which LocalStack looks for the region of a call that nobody signs."""


@dataclass(frozen=True, slots=True)
class _Made:
    """For whom an integration's call is made."""

    service: str
    """By its name in botocore's models."""
    region: str
    source_arn: str
    role: str | None


_making: ContextVar[_Made | None] = ContextVar("the integration's call", default=None)
_timeout: ContextVar[float] = ContextVar("how many seconds the integration may take", default=29)
"""https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html#apigw-PutIntegration-request-timeoutInMillis."""


def install() -> None:
    """Amend LocalStack's integrations once they are loaded."""
    when_loaded(f"{_INTEGRATIONS}.aws", _amend)
    when_loaded(f"{_INTEGRATIONS}.http", _amend_http)


def _amend_http(module: Any) -> None:
    module.requests = _HttpRequests
    for kind in (module.RestApiHttpIntegration, module.RestApiHttpProxyIntegration):
        around(kind, "invoke", _in_time)


def _in_time(original: Any, integration: Any, context: Any) -> Any:
    """What is called over HTTP has as long as the integration may take; LocalStack waits for ever, and functions end by themselves."""
    token = _timeout.set(float(context.integration.get("timeoutInMillis") or 29_000) / 1000)
    try:
        return original(integration, context)
    finally:
        _timeout.reset(token)


def _timed_out() -> Exception:
    from localstack.services.apigateway.next_gen.execute_api import gateway_response  # noqa: PLC0415 - services load lazily

    late: Exception = gateway_response.IntegrationTimeoutError("Endpoint request timed out", HTTPStatus.GATEWAY_TIMEOUT)
    return late


def _failed() -> Exception:
    from localstack.services.apigateway.next_gen.execute_api import gateway_response  # noqa: PLC0415 - services load lazily

    failed: Exception = gateway_response.IntegrationFailureError(
        "Internal server error", HTTPStatus.INTERNAL_SERVER_ERROR
    )
    return failed


def _amend(module: Any) -> None:
    # LocalStack keeps a role's first session for ever, and so whatever the role was allowed then.
    module.get_service_factory = module.get_service_factory.__wrapped__
    module.get_internal_mocked_headers = _headers_to_sign_later
    module.requests = _Requests
    around(module.RestApiAwsIntegration, "invoke", _invoke)
    around(module.RestApiAwsIntegration, "invoke", _in_time)


def _invoke(original: Any, *args: Any, **kwargs: Any) -> Any:
    """What is remembered of a call ends with it; a role that API Gateway may not assume fails the integration, as on AWS."""
    token = _making.set(None)
    try:
        return original(*args, **kwargs)
    except ClientError as refused:
        raise _failed() from refused
    finally:
        _making.reset(token)


def _headers_to_sign_later(
    *, service_name: str, region_name: str, source_arn: str, role_arn: str | None
) -> dict[str, str]:
    """In the place of LocalStack's made-up headers. Only functions are called without a role."""
    if role_arn is None and service_name != "lambda":
        raise _failed()
    _making.set(_Made(service_name, region_name, source_arn, role_arn))
    return {}


_OWN_PORTS = {"http": ":80", "https": ":443"}


class _Requests:
    """In the place of the library, of which LocalStack uses one function here."""

    @staticmethod
    def request(method: str, url: str, params: Any, headers: Any, data: Any = None) -> requests.Response:
        """The answer to the call, signed or with its proof."""
        made = _making.get()
        if made is None:  # LocalStack asks for no headers where the integration names no service, but an API's own host
            raise _failed()
        if made.service == "sqs":
            params, data = _at_queue(url, params, data)
        prepared = requests.Request(method, url, params=params, headers=dict(headers), data=data).prepare()
        if made.role is not None:
            _sign(prepared, made)
        else:
            prepared.headers["Authorization"] = _PLACEHOLDER.format(made.region, made.service)
        prepared.headers.update(proof(_SERVICE, _PRINCIPAL, made.source_arn))
        return _sent(prepared)


class _HttpRequests:
    """In the place of the library for integrations over HTTP."""

    exceptions = requests.exceptions

    @staticmethod
    def request(method: str, url: str, params: Any, headers: Any, data: Any = None) -> requests.Response:
        """The answer; the call may come back to this instance."""
        return _sent(requests.Request(method, url, params=params, headers=dict(headers), data=data).prepare())


def _sent(prepared: requests.PreparedRequest) -> requests.Response:
    """The answer, in time. A redirection is one, and the client's to follow."""
    prepared.headers["Host"] = host = _host(prepared)  # said, so that nobody on the way writes it otherwise
    with requests.Session() as session:
        session.trust_env = False  # no proxy, and no netrc: what is asked is the API's, not this process's user's
        adapter: Any = session.get_adapter(str(prepared.url))
        prepared.headers.update(
            hops.header(host, adapter.request_url(prepared, {}))
        )  # which is not always the URL's own
        try:
            return session.send(prepared, allow_redirects=False, timeout=_timeout.get())
        except requests.exceptions.Timeout as late:  # a ConnectTimeout would be a ConnectionError to LocalStack
            raise _timed_out() from late


def _host(prepared: requests.PreparedRequest) -> str:
    """As it is sent: what the API's author maps it to, or the URL's without its scheme's own port."""
    url = urlsplit(str(prepared.url))
    of_url = url.netloc.rpartition("@")[2].removesuffix(_OWN_PORTS.get(url.scheme, ""))
    return str(to_str(prepared.headers.get("Host") or of_url)).strip()


def _at_queue(url: str, params: Mapping[str, str], data: Any) -> tuple[Mapping[str, str], Any]:
    """A call that is sent to a queue's own address need not name it; LocalStack wants the name among the parameters.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests.html
    """
    form = to_str(data or b"")
    if urlsplit(url).path.strip("/").count("/") != 1 or "QueueUrl" in {*params, *parse_qs(form)}:
        return params, data
    return (params, f"{form}&{urlencode({'QueueUrl': url})}") if form else ({**params, "QueueUrl": url}, data)


def _sign(prepared: requests.PreparedRequest, made: _Made) -> None:
    """With a session of the integration's role, which API Gateway assumes."""
    sts = connect_to(region_name=made.region).sts.request_metadata(service_principal=_SERVICE)
    given = sts.assume_role(RoleArn=made.role, RoleSessionName=SESSION)["Credentials"]
    credentials = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    signer = S3SigV4Auth if made.service == "s3" else SigV4Auth
    headers = {name: value for name, value in prepared.headers.items() if name.lower() != "authorization"}
    address, _, query = str(prepared.url).partition("?")
    prepared.url = f"{address}?{query.replace('+', '%20')}" if query else address  # a space as signatures write it
    request = AWSRequest(prepared.method, prepared.url, headers=headers, data=prepared.body or b"")
    signer(credentials, get_service_catalog().get(made.service).signing_name, made.region).add_auth(request)
    prepared.headers.clear()
    prepared.headers.update(dict(request.headers.items()))
