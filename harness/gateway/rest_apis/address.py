"""Which API a request calls: told by its host, as on AWS, or by a path of LocalStack's for clients that cannot choose the host.

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html
"""

import re
from dataclasses import dataclass

from harness.sigv4 import Head

PATH = "/_aws/execute-api/"
_OF_PATH = re.compile(rf"{PATH}(?P<api>[^/?]+)(?:/(?P<stage>[^/?]*)(?P<path>/[^?]*)?)?")
_OF_HOST = re.compile(r"(?P<api>[a-z0-9-]+?)(?:-vpce-[a-z0-9]+)?\.execute-api\.(?!s3[.-])", re.IGNORECASE)
_OF_ENDPOINT = re.compile(r"vpce-[a-z0-9-]+\.execute-api\.", re.IGNORECASE)
_STAGE = re.compile(r"/(?P<stage>[^/?]*)(?P<path>/[^?]*)?")
API_HEADER = "x-apigw-api-id"
"""Which API is meant where the host is a VPC endpoint's own:
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-api-test-invoke-url.html."""


@dataclass(frozen=True, slots=True)
class Address:
    """An API's id, in lower case, and its stage; either may be of none that is there."""

    api: str
    stage: str
    path: str
    """Behind the stage, as it stands in the request; empty or beginning with a slash."""


def read_address(head: Head) -> Address | None:
    """What the request calls; None for one that calls no API."""
    if head.target.startswith(PATH) and (found := _OF_PATH.match(head.target)):
        return Address(found["api"].lower(), found["stage"] or "", found["path"] or "")
    host = head.value("host") or ""
    if _OF_ENDPOINT.match(host):
        api = head.value(API_HEADER) or ""
    elif found := _OF_HOST.match(host):
        api = found["api"]
    else:
        return None
    stage = _STAGE.match(head.target)
    return Address(api.lower(), stage["stage"] if stage else "", (stage["path"] or "") if stage else "")
