"""How API Gateway refuses a call of an API: a type, for which the API's author may have an answer of their own, and AWS's words.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

import json
from http import HTTPStatus

from localstack.http import Response

ACCESS_DENIED = "ACCESS_DENIED"
_OTHER = "DEFAULT_4XX"
# By the error's name, as AWS sends it in `x-amzn-ErrorType`.
_TYPES = {
    "AccessDeniedException": ACCESS_DENIED,
    "ExpiredTokenException": "EXPIRED_TOKEN",
    "InvalidSignatureException": "INVALID_SIGNATURE",
    "MissingAuthenticationTokenException": "MISSING_AUTHENTICATION_TOKEN",
    "UnauthorizedException": "UNAUTHORIZED",
    "AuthorizerConfigurationException": "AUTHORIZER_CONFIGURATION_ERROR",
}


class CallRefused(Exception):
    """A call that API Gateway does not let through."""

    def __init__(
        self,
        code: str,
        message: str | None,
        status: int = HTTPStatus.FORBIDDEN,
        *,
        why: str | None = None,
        journalled: bool = False,
    ) -> None:
        """`why` is for the journal, where AWS's message says nothing; `journalled`: the line is written."""
        super().__init__(code)
        self.code = code
        self.message = message
        self.status = int(status)
        self.why = why
        self.journalled = journalled

    @property
    def type(self) -> str:
        """The gateway response type."""
        return _TYPES.get(self.code, "DEFAULT_5XX" if self.status >= HTTPStatus.INTERNAL_SERVER_ERROR else _OTHER)


def forbidden(why: str) -> CallRefused:
    """What API Gateway says where there is no such API or stage, or the API is not for this way of calling it.

    https://repost.aws/knowledge-center/api-gateway-troubleshoot-403-forbidden
    """
    return CallRefused("ForbiddenException", "Forbidden", why=why)


def write(refused: CallRefused, response: Response) -> None:
    """The answer where no API can have one of its own."""
    response.status_code = refused.status
    response.data = json.dumps({"message": refused.message})
    response.headers["Content-Type"] = "application/json"
    response.headers["x-amzn-ErrorType"] = refused.code
