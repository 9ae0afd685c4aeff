"""The public port: LocalStack's Twisted server, listening where the launch says and nowhere else.

LocalStack's own server ignores the host of GATEWAY_LISTEN and binds every interface
(localstack/runtime/server/twisted.py, `# TODO: interface = host?`).
"""

import socket

from localstack.runtime.server.twisted import TwistedRuntimeServer
from rolo.gateway import Gateway
from rolo.gateway.wsgi import WsgiGateway
from rolo.serving.twisted import HeaderPreservingHTTPChannel, HeaderPreservingWSGIResource, TwistedRequestAdapter
from twisted.internet import reactor
from twisted.web.server import Site

from harness.wire import Listen


class LoopbackServer(TwistedRuntimeServer):  # type: ignore[misc] # LocalStack is untyped
    """Serves the gateway on one socket: the owner's, or one bound to the given host."""

    def __init__(self, listen: Listen) -> None:
        """Listen at `listen`, whatever LocalStack's configuration says."""
        super().__init__()
        self._listen = listen

    def register(self, gateway: Gateway, listen: object, ssl_creds: tuple[str, str] | None = None) -> None:  # noqa: ARG002 - LocalStack's signature
        """Serve `gateway`; plain HTTP only, as nothing leaves the loopback or the containers' network."""
        with open_socket(self._listen) as bound:
            bound.setblocking(False)
            reactor.adoptStreamPort(bound.fileno(), socket.AF_INET, _RequestsOnly(gateway))


class _RequestsOnly(Site):  # type: ignore[misc] # the same
    """rolo's site without its WebSockets.

    No AWS service has any, and rolo writes to them from threads that Twisted's loop does not own, after which answers of other
    connections hang.
    """

    def __init__(self, gateway: Gateway) -> None:
        resource = HeaderPreservingWSGIResource(reactor, reactor.getThreadPool(), WsgiGateway(gateway))
        # Twisted would read every body that says it is a form, into arguments that nobody asks for.
        super().__init__(resource=resource, requestFactory=TwistedRequestAdapter, parsePOSTFormSubmission=False)
        self.protocol = HeaderPreservingHTTPChannel.protocol_factory

    def log(self, request: object) -> None:
        """No access log: the journal has every request. Twisted would make a line of each, for a log that nobody reads."""


def open_socket(listen: Listen) -> socket.socket:
    """The listening socket that `listen` describes."""
    if listen.descriptor is not None:
        return socket.socket(fileno=listen.descriptor)
    bound = socket.create_server((listen.host, listen.port), backlog=2048)
    bound.set_inheritable(False)
    return bound
