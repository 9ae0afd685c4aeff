"""Multi-factor authentication: the code of a user's virtual device, judged by the user's own account, and good once.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from localstack.aws.api import CommonServiceException

from harness.actions import Operation
from harness.gateway.clock import Clock
from harness.gateway.iam.iam_state import IamState
from harness.gateway.peering.peers import Answer, Peers
from harness.gateway.respond import client_error
from harness.totp import follow_each_other, step_at, step_of
from harness.wire import Message
from harness.wire.vouch import Caller, CallerKind

# https://github.com/y13i/sgviz/issues/9, https://github.com/aws/aws-cli/issues/6325, https://github.com/aws/aws-cli/issues/2279
NEED_BOTH = "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."
NOT_THEIRS = (
    "MultiFactorAuthentication failed, unable to validate MFA code.  "
    "Please verify your MFA serial number is valid and associated with this user."
)
WRONG_CODE = "MultiFactorAuthentication failed with invalid MFA one time pass code."
TAKERS = frozenset({("sts", "AssumeRole"), ("sts", "GetSessionToken")})
ENABLERS = frozenset({("iam", "EnableMFADevice"), ("iam", "ResyncMFADevice")})


@dataclass(slots=True)
class MfaDesk:
    """Judges the codes of this account's users, and asks other accounts about theirs."""

    account_id: str
    iam: IamState
    peers: Peers
    clock: Clock
    _used: dict[str, int] = field(default_factory=dict)
    """Seed -> the step of the last code that was taken; a device of the same name as one before is another."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def present(self, operation: Operation, caller: Caller | None, request_id: str) -> bool:
        """Whether the request comes with a valid code of its caller. Raises AWS's AccessDenied for one that is not, PeerUnavailable."""
        serial, code = operation.params.get("SerialNumber"), operation.params.get("TokenCode")
        if (operation.service, operation.name) not in TAKERS or (serial is None and code is None):
            return False
        fault = NEED_BOTH if serial is None or code is None else self._ask(caller, serial, code, request_id)
        if fault is not None:
            raise client_error("AccessDenied", fault, HTTPStatus.FORBIDDEN)
        return True

    def answer(self, message: Message) -> Answer:
        """Another account's question about a code of one of ours."""
        asked = message.data
        return {"fault": self._fault(asked["user_id"], asked["serial"], asked["code"])}, b""

    def check_enabling(self, operation: Operation) -> None:
        """A device is enabled by two codes, one after the other. Raises AWS's error for others.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableMFADevice.html
        """
        if (operation.service, operation.name) not in ENABLERS:
            return
        params = operation.params
        serial, codes = params["SerialNumber"], (params["AuthenticationCode1"], params["AuthenticationCode2"])
        device = self._device(serial)
        if device is None:
            raise _no_device(serial)
        if not follow_each_other(device.base32_string_seed, *codes, self._now()):
            message = "Authentication code for device is not valid."
            raise client_error("InvalidAuthenticationCode", message, HTTPStatus.FORBIDDEN)

    @property
    def operations(self) -> Mapping[str, Callable[[Operation], dict[str, Any]]]:
        """The operations of IAM that are answered here, by name."""
        return {"GetMFADevice": self._describe}

    def _describe(self, operation: Operation) -> dict[str, Any]:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetMFADevice.html: of a user's device where one is named."""
        serial, user = operation.params["SerialNumber"], operation.params.get("UserName")
        device = self._device(serial)
        if user is not None and (device.user is None or device.user.name != user):
            raise _no_device(serial)
        enabled = {"UserName": device.user.name, "EnableDate": device.enable_date} if device.user is not None else {}
        return {"SerialNumber": serial, **enabled}

    def _ask(self, caller: Caller | None, serial: str, code: str, request_id: str) -> str | None:
        """What is wrong with the code, by the word of the caller's account. Only users have devices."""
        if caller is None or caller.kind is not CallerKind.USER:
            return NOT_THEIRS
        if caller.account_id == self.account_id:
            return self._fault(caller.unique_id, serial, code)
        question = {"user_id": caller.unique_id, "serial": serial, "code": code}
        fault = self.peers.ask(caller.account_id, "mfa", question, request_id=request_id).data["fault"]
        return None if fault is None else str(fault)

    def _fault(self, user_id: str, serial: str, code: str) -> str | None:
        device = self._device(serial)
        if device is None or device.user is None or device.user.id != user_id:
            return NOT_THEIRS
        with self._lock:
            seed = device.base32_string_seed
            step = step_of(seed, code, self._now(), after=self._used.get(seed, 0))
            if step is None:
                return WRONG_CODE
            self._used[device.base32_string_seed] = step
        return None

    def _device(self, serial: str) -> Any:
        """The device of that serial number as moto keeps it, None where there is none."""
        return self.iam.backend.virtual_mfa_devices.get(serial)

    def _now(self) -> int:
        return step_at(self.clock.real().timestamp())


def _no_device(serial: str) -> CommonServiceException:
    message = f"VirtualMFADevice with serial number {serial} doesn't exist."
    return client_error("NoSuchEntity", message, HTTPStatus.NOT_FOUND)
