"""Run as a script by an instance's Python: an instance whose gate lets everything pass, to measure what the gate's own work costs.

It is in every other way an instance of the harness, and never part of a run: a driver's proof would find it out.
"""

from harness.gateway import __main__ as instance
from harness.gateway.account import PinAccount
from harness.gateway.authenticate import Authenticate
from harness.gateway.authorize import Authorize
from harness.gateway.rest_apis.invoking import InvokeApi


def _pass(*_: object) -> None:
    """In the place of a handler."""


for handler in (Authenticate, InvokeApi, PinAccount, Authorize):
    setattr(handler, "__call__", _pass)  # noqa: B010 - a type checker would not have it
instance.main()
