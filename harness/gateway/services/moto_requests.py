"""What moto executes is what was decided.

moto reads a request by itself. Its operation is an `Action` in the URL, in a form, or in whatever of a JSON text looks like one,
before it is the target that LocalStack has parsed; its region is in the host, the URL or the user agent, before it is the signed one.
The gate tells it both. Parameters are found likewise: the request that moto reads is written anew (`written_anew`), and they are
looked for only where the protocol has them.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

from moto.core import responses
from moto.core.responses import BaseResponse

from harness.gateway.arrival import OPERATION_HEADER
from harness.gateway.services import written_anew
from harness.gateway.services.lazily import around, when_loaded

_FORMS = frozenset({"ec2", "query"})


class _Told(NamedTuple):
    """What the gate says; nothing of what LocalStack itself asks of moto, which is read as ever."""

    protocol: str = ""
    operation: str = ""
    region: str = ""

    @classmethod
    def by(cls, headers: Mapping[str, str]) -> "_Told":
        return cls(*str(headers.get(OPERATION_HEADER, "")).split())


def install() -> None:
    """Have every service of moto's take them from the gate."""
    setup, action, region = BaseResponse.setup_class, BaseResponse._get_action, BaseResponse.get_region_from_url  # noqa: SLF001 - moto has no other place

    def setup_class(self: BaseResponse, request: Any, full_url: str, headers: Any, use_raw_body: bool = False) -> None:
        protocol = _Told.by(request.headers).protocol
        template = written_anew.template_of(request) if protocol else ""
        setup(self, request, full_url, headers, use_raw_body)
        if protocol:
            # moto finds the parameters of the path on its way to the operation, which it is spared.
            if "{" in template:
                self.uri_match = re.match(self.uri_to_regexp(template), self.raw_path)
            self.querystring = self.data = _parameters(protocol, request)
        if protocol in _FORMS:
            self.body = ""

    def get_action(self: BaseResponse) -> str:
        return _Told.by(self.headers).operation or action(self)

    def get_region(self: BaseResponse, request: Any, full_url: str) -> str:
        return _Told.by(request.headers).region or region(self, request, full_url)

    # moto would look its class through for every request, which takes 0.1 ms.
    responses.method_names_from_class = cache(responses.method_names_from_class)
    BaseResponse.setup_class = setup_class
    BaseResponse._get_action = get_action  # noqa: SLF001
    BaseResponse.get_region_from_url = get_region
    written_anew.install()
    when_loaded(
        "localstack.services.apigateway.legacy.provider",
        lambda module: around(module, "create_custom_context", _of_localstacks_own),
    )


def _of_localstacks_own(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Importing an API asks moto to make one, in a request with the headers of the import, which say nothing of its operation and body."""
    context = original(*args, **kwargs)
    headers = context.request.headers
    for name in written_anew.OF_THE_BODY:
        headers.remove(name)
    headers[OPERATION_HEADER] = f"{context.protocol} {context.operation.name} {context.region}"
    return context


def _parameters(protocol: str, request: Any) -> Mapping[str, list[str]]:
    """Those beside a JSON or XML body."""
    if protocol in _FORMS:
        return {name: [value] for name, value in request.values.items()}
    return dict(request.args.lists()) if protocol.startswith("rest") else {}
