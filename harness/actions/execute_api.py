"""Calling an API of API Gateway: one action, on the stage, the method and the path of the request.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigateway.html
The requests are not of a model, as the API's author makes them: they have no parameters. The one key of their own tells of a domain
name of the API's, by which none is called here.
"""

from harness.actions.operation import Call

PREFIX = "execute-api"
"""What calls are signed for, and what ARNs are of."""


_ABSENT = frozenset({"execute-api:viadomainarn"})


def invoke(api: str, stage: str, method: str, path: str) -> Call:
    """The call of `path`, which begins with a slash and is not percent-encoded, of the API with that ARN."""
    return Call(f"{PREFIX}:Invoke", f"{api}/{stage}/{method}{path}", modelled=_ABSENT)


def arn(region: str, account: str, api: str) -> str:
    """An API as policies about its calls name it."""
    return f"arn:aws:{PREFIX}:{region}:{account}:{api}"
