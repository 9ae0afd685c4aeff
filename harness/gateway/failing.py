"""Failing closed: what answers when a handler raises, so that nothing is executed and the journal says why.

Two rules. What could not be parsed is the client's mistake, in AWS's words. Anything else that is not a service's own error is
ours: a 5xx that names the cause by its type (its text may hold what a client sent), and a line in the journal. The journal itself
may be what failed: then the log has the line.
"""

import logging
import traceback
from dataclasses import dataclass
from http import HTTPStatus

from localstack.aws.api import CommonServiceException, RequestContext, ServiceException
from localstack.aws.chain import HandlerChain
from localstack.aws.protocol.parser import OperationNotFoundParserError, RequestParserError
from localstack.http import Response
from moto.core.exceptions import RESTError
from moto.core.exceptions import ServiceException as MotoServiceException

from harness.gateway import respond
from harness.gateway.arrival import arrival_if_any, is_decided
from harness.gateway.journal import Unwritable
from harness.gateway.records import Records

LOG = logging.getLogger(__name__)
# What a service may mean to answer once it is asked.
_SERVICES_OWN = (ServiceException, MotoServiceException, RESTError, NotImplementedError)


@dataclass(slots=True)
class FailClosed:
    """Exception handler, last of its list: what it writes stands."""

    records: Records

    def __call__(self, _chain: HandlerChain, exception: Exception, context: RequestContext, response: Response) -> None:
        """Answer for what no service meant to answer."""
        if is_decided(context) and isinstance(exception, _SERVICES_OWN):
            return
        if isinstance(exception, ServiceException):
            self._say(context, exception, response)
            return
        LOG.error("%s\n%s", _cause(exception), "".join(traceback.format_tb(exception.__traceback__)))
        error = self._error(context, exception)
        try:
            self.records.failure(context, arrival_if_any(context), _cause(exception), error)
        except Unwritable as full:
            LOG.error("%s", full)  # noqa: TRY400 - a trace may hold the request
        respond.write_error(context, response, error)

    def _say(self, context: RequestContext, refused: ServiceException, response: Response) -> None:
        """LocalStack refused the request before it was decided, such as a URL that is signed in part; its answer stands."""
        arrival = arrival_if_any(context)
        if arrival is None:
            return
        said = CommonServiceException(refused.code, str(refused), refused.status_code, refused.sender_fault)
        try:
            self.records.validation(context, arrival, said)
        except Unwritable as full:
            respond.write_error(context, response, respond.unavailable(str(full)))

    @staticmethod
    def _error(context: RequestContext, exception: Exception) -> CommonServiceException:
        if isinstance(exception, RequestParserError):
            return respond.unreadable(context, unknown=isinstance(exception, OperationNotFoundParserError))
        if isinstance(exception, Unwritable):
            return respond.unavailable(str(exception))
        what = "the service" if is_decided(context) else "the gate"
        return CommonServiceException(
            "InternalFailure", f"{what} failed: {_cause(exception)}", HTTPStatus.INTERNAL_SERVER_ERROR
        )


def _cause(exception: Exception) -> str:
    """The exception's type and the function it came from."""
    trace = exception.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" in {trace.tb_frame.f_globals.get('__name__')}.{trace.tb_frame.f_code.co_name}" if trace else ""
    return f"{type(exception).__name__}{where}"
