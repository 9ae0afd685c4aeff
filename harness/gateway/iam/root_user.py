"""Root that leaves UserName out of a request to IAM means itself, and no user: it has the key of the launch and nothing else.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html, API_ListAccessKeys.html: the default is whoever signs, root too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from moto.iam.models import IAMBackend

from harness.actions import Operation
from harness.actions.iam import OWN_USER_OPERATIONS
from harness.gateway.asked import Asked
from harness.gateway.respond import client_error
from harness.wire.vouch import CallerKind

Result = dict[str, Any]

_NOTHING: Mapping[str, str] = {
    "ListMFADevices": "MFADevices",
    "ListSSHPublicKeys": "SSHPublicKeys",
    "ListServiceSpecificCredentials": "ServiceSpecificCredentials",
    "ListSigningCertificates": "Certificates",
}
"""Operation -> what it lists, of which root has none."""
# Operation -> the parameter with the id of what must be root's own; the name that AWS has for it
_BY_ID: Mapping[str, tuple[str, str]] = {
    "DeactivateMFADevice": ("SerialNumber", "MFA device with serial number"),
    "DeleteAccessKey": ("AccessKeyId", "Access Key with id"),
    "DeleteServiceSpecificCredential": ("ServiceSpecificCredentialId", "Service Specific Credential with id"),
    "DeleteSigningCertificate": ("CertificateId", "Certificate with id"),
    "ResetServiceSpecificCredential": ("ServiceSpecificCredentialId", "Service Specific Credential with id"),
    "UpdateAccessKey": ("AccessKeyId", "Access Key with id"),
    "UpdateServiceSpecificCredential": ("ServiceSpecificCredentialId", "Service Specific Credential with id"),
    "UpdateSigningCertificate": ("CertificateId", "Certificate with id"),
}


def is_meant(asked: Asked) -> bool:
    """Whether the request is about root itself."""
    operation, caller = asked.operation, asked.caller
    unnamed = operation.name in OWN_USER_OPERATIONS and not operation.params.get("UserName")
    return unnamed and caller is not None and caller.kind is CallerKind.ROOT


@dataclass(slots=True)
class RootUser:
    """Root, as IAM tells of it."""

    account_id: str
    key_id: str
    since: datetime

    def answer(self, operation: Operation) -> Result:
        """The operation's result. Raises AWS's error for what root has not, or the harness does not serve."""
        if operation.name in _NOTHING:
            return {_NOTHING[operation.name]: []}
        served: Mapping[str, Callable[[], Result]] = {"GetUser": self._user, "ListAccessKeys": self._keys}
        if operation.name in served:
            return served[operation.name]()
        if operation.name in _BY_ID:
            self._check_own(operation)
        if operation.name == "ChangePassword":
            # https://docs.aws.amazon.com/IAM/latest/APIReference/API_ChangePassword.html
            raise client_error("InvalidUserType", "The root user's password is not changed by IAM.")
        if operation.name.endswith("LoginProfile"):
            # https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetLoginProfile.html: root must name a user. The sentence
            # follows that to sessions: https://github.com/cloudconformity/auto-remediate/pull/107
            raise client_error("ValidationError", "Must specify userName when calling with root user credentials")
        raise client_error("InvalidAction", f"iam:{operation.name} of the root user is not served by the harness")

    def _check_own(self, operation: Operation) -> None:
        parameter, called = _BY_ID[operation.name]
        wanted = operation.params[parameter]
        if wanted != self.key_id:
            raise client_error("NoSuchEntity", f"The {called} {wanted} cannot be found.", HTTPStatus.NOT_FOUND)

    def _user(self) -> Result:
        """Without a name and a path, which root has not."""
        arn = f"arn:aws:iam::{self.account_id}:root"
        return {"User": {"UserId": self.account_id, "Arn": arn, "CreateDate": self.since}}

    def reported(self, original: Callable[[IAMBackend], str], backend: IAMBackend) -> str:
        """The credential report as moto makes it, with root's line.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
        """
        header, _, users = original(backend).partition("\n")
        since = self.since.strftime("%Y-%m-%dT%H:%M:%S+00:00")
        arn = f"arn:aws:iam::{self.account_id}:root"
        password = ("not_supported", "no_information", "not_supported", "not_supported")
        keys = ("true", since, "N/A", "N/A", "N/A", "false", "N/A", "N/A", "N/A", "N/A")
        line = ",".join(("<root_account>", arn, since, *password, "false", *keys, "false", "N/A", "false", "N/A"))
        return f"{header}\n{line}\n{users}"

    def _keys(self) -> Result:
        return {"AccessKeyMetadata": [{"AccessKeyId": self.key_id, "Status": "Active", "CreateDate": self.since}]}
