"""DeleteObjects deletes what its caller may delete, and tells of each object that it did not.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
OBSERVED: https://github.com/boto/boto3/issues/2884 (200, and an error for each key)
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response

from harness.gateway import respond

_ERRORS = "harness.not-deleted"


def leave_out(context: RequestContext, refused: Mapping[int, CommonServiceException]) -> dict[str, Any] | None:
    """Take the refused objects out of the request; the whole answer where nothing is left to delete."""
    delete: dict[str, Any] = (context.service_request or {})["Delete"]
    objects = delete["Objects"]
    errors = [_error(objects[place], refused[place]) for place in sorted(refused)]
    delete["Objects"] = [one for place, one in enumerate(objects) if place not in refused]
    if not delete["Objects"]:
        return {"Errors": errors}
    context.request.environ[_ERRORS] = errors
    return None


def _error(entry: Mapping[str, Any], refusal: CommonServiceException) -> dict[str, Any]:
    named = {name: entry[name] for name in ("Key", "VersionId") if entry.get(name)}
    return {**named, "Code": refusal.code, "Message": refusal.message}


class NotDeleted:
    """Response handler: tells of the objects that were left out."""

    def __call__(self, _chain: HandlerChain, context: RequestContext, response: Response) -> None:
        """Answer anew with them."""
        errors = context.request.environ.pop(_ERRORS, None)
        if errors is None or response.status_code != HTTPStatus.OK:
            return
        answer: dict[str, Any] = dict(context.service_response or {})
        respond.write_result(context, response, answer | {"Errors": [*(answer.get("Errors") or ()), *errors]})
