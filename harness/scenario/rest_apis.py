"""Calls of an API of API Gateway, as a client of the API makes them: signed for `execute-api`, or by nobody."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session

from harness.accounts import AccountSession
from harness.errors import ScenarioError, hidden_in_pytest

__tracebackhide__ = hidden_in_pytest
_SERVICE = "execute-api"
_TIMEOUT = 35
"""Seconds: API Gateway's own limit is 29."""


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """What the API answers."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


def call_api(
    session: AccountSession | None,
    url: str,
    method: str = "GET",
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> ApiAnswer:
    """The API's answer, whatever its status; raises ClientError where API Gateway itself refuses. None signs nothing.

    Raises ScenarioError for a `url` that is none. API Gateway's refusals have a header that tells their type:
    https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
    """
    if not url.startswith(("http://", "https://")):
        raise ScenarioError(
            f"`{url}` is no address of an API", help="`harness.account(NAME).api_url(ID, STAGE, PATH)` makes one"
        )
    request = AWSRequest(method, url, headers=dict(headers or {}), data=body)
    if session is not None:
        SigV4Auth(session.get_credentials().get_frozen_credentials(), _SERVICE, session.region_name).add_auth(request)
    answer = URLLib3Session(proxies={}, timeout=_TIMEOUT).send(request.prepare())
    found = {name.lower(): value for name, value in answer.headers.items()}
    if (kind := found.get("x-amzn-errortype")) is None:
        return ApiAnswer(answer.status_code, found, answer.content)
    metadata = {
        "RequestId": found.get("x-amzn-requestid"),
        "HTTPStatusCode": answer.status_code,
        "HTTPHeaders": found,
    }
    error = {"Code": kind, "Message": _message(answer.content)}
    raise ClientError({"Error": error, "ResponseMetadata": metadata}, "Invoke")


def _message(body: bytes) -> str:
    """API Gateway's own message, or what the API's author says in its place."""
    try:
        said = json.loads(body)
    except ValueError:
        return body.decode(errors="replace")
    return str(said.get("message") or said.get("Message") or "") if isinstance(said, dict) else str(said)
