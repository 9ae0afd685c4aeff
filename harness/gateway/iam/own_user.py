"""An IAM user that leaves UserName out means itself. moto takes the user whose key the request is about, and so anyone's.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccessKey.html: the name is that of the user who signs.
"""

from dataclasses import replace
from typing import Any

from localstack.aws.api import RequestContext
from moto.iam.responses import IamResponse

from harness.actions import Operation
from harness.actions.iam import USER_OPERATIONS

# For moto, which reads the request as it came. No client can send it: `arrival.FORGEABLE`.
HEADER = "x-harness-own-user"


def named(context: RequestContext, operation: Operation) -> Operation:
    """The operation with the user that it means, and the request, too."""
    if operation.service != "iam" or operation.name not in USER_OPERATIONS:
        return operation
    if operation.user is None or operation.params.get("UserName"):
        return operation
    context.request.headers[HEADER] = operation.user
    params = {**operation.params, "UserName": operation.user}
    if operation.name != "ChangePassword":  # which has no such parameter
        context.service_request = params
    return replace(operation, params=params)


def install() -> None:
    """Have moto's IAM read the header where the parameter is missing."""
    original = IamResponse._get_param  # noqa: SLF001 - moto has no other place

    def get_param(self: IamResponse, param_name: str, if_none: Any = None) -> Any:
        value = original(self, param_name, if_none)
        return self.headers.get(HEADER) if param_name == "UserName" and not value else value

    IamResponse._get_param = get_param  # noqa: SLF001
