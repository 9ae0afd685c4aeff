"""Forward: the door hands a request, exactly as it came, to the account that owns the resource, and relays the answer.

The owner runs it through its whole chain, so that authentication and decision are its own; it believes the door only for the
client's address and the VPC endpoint of its own that the client came through.
"""

import contextlib
import io
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from localstack.aws.api import RequestContext
from localstack.http import Response
from rolo.gateway.wsgi import WsgiGateway

from harness.gateway.arrival import FORWARDED, Forwarded, arrival_of
from harness.gateway.peering.peers import Answer, Peers, PeerUnavailable
from harness.gateway.peering.vouching import head_from_json, head_to_json
from harness.sigv4 import Head
from harness.wire import Message, VpcEndpoint

# Of the connection between client and door, not of the answer.
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "server", "date"})


def forward(peers: Peers, owner: str, context: RequestContext, response: Response, ticket: str | None = None) -> None:
    """Have `owner` answer the request; an internal one has a ticket. Raises PeerUnavailable."""
    arrival = arrival_of(context)
    through = arrival.vpc_endpoint and asdict(arrival.vpc_endpoint)
    data = {
        **head_to_json(arrival.head),
        "client_address": arrival.client_address,
        "vpc_endpoint": through,
        "ticket": ticket,
    }
    answer = peers.forward(owner, data, arrival.body, request_id=context.request_id or "")
    status, headers = answer.data.get("status"), answer.data.get("headers")
    if not isinstance(status, int) or not isinstance(headers, list):
        raise PeerUnavailable(owner, "its answer makes no sense")
    context.service_response = {"relayed": owner}  # or LocalStack would parse the answer, for nobody
    response.status_code = status
    response.data = answer.blob
    for name in list(response.headers.keys()):
        del response.headers[name]
    for name, value in headers:
        response.headers.add(name, value)


@dataclass(slots=True)
class ForwardDesk:
    """The owner's side: puts a forwarded request before the gateway, with facts that no client of the public port can set."""

    application: WsgiGateway
    host: str
    port: int

    def answer(self, message: Message) -> Answer:
        """The response of this account's own chain."""
        started: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
            started["status"] = int(status.split(" ", 1)[0])
            started["headers"] = [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP]

        # Closed as WSGI asks: S3 locks an object for as long as somebody reads it.
        with contextlib.closing(self.application(self._environ(message), start_response)) as parts:
            body = b"".join(parts)
        return started, body

    def _environ(self, message: Message) -> dict[str, Any]:
        head = head_from_json(message.data)
        path, _, query = head.target.partition("?")
        environ: dict[str, Any] = {
            FORWARDED: _forwarded(message),
            "REQUEST_METHOD": head.method,
            "RAW_URI": head.target.encode("latin-1").decode("utf-8", "surrogateescape"),
            "REQUEST_URI": head.target.encode("latin-1").decode("utf-8", "surrogateescape"),
            "SCRIPT_NAME": "",
            "PATH_INFO": _unquoted(path),
            "QUERY_STRING": query,
            "SERVER_NAME": self.host,
            "SERVER_PORT": str(self.port),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": message.data["client_address"],
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(message.blob),
            "wsgi.input_terminated": True,
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "rolo.headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in head.headers],
        }
        return environ | _cgi_headers(head) | {"CONTENT_LENGTH": str(len(message.blob))}


def _forwarded(message: Message) -> Forwarded:
    """What the door says; an endpoint is one of its own account, whose place in its organization is the door's word, as in a vouch."""
    data = message.data
    through = data["vpc_endpoint"] and VpcEndpoint.from_json({**data["vpc_endpoint"], "account": message.sender})
    return Forwarded(message.sender, message.request_id, data["client_address"], through, data["ticket"])


def _unquoted(path: str) -> str:
    return unquote_to_bytes(path).decode("latin-1")


def _cgi_headers(head: Head) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in head.headers:
        key = name.upper().replace("-", "_")
        key = key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
        joined[key] = f"{joined[key]},{value}" if key in joined else value
    return joined
