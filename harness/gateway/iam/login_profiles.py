"""Passwords of IAM users. Nobody can sign in with one here; what is kept is what IAM tells of them.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateLoginProfile.html and its siblings. The account's password policy does not
bind them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any

from localstack.aws.api import CommonServiceException

from harness.actions import Operation
from harness.gateway.clock import Clock
from harness.gateway.iam.iam_state import IamState
from harness.gateway.respond import client_error

Result = dict[str, Any]


@dataclass(slots=True)
class LoginProfiles:
    """Keeps the passwords of the account's users."""

    iam: IamState
    clock: Clock
    _created: dict[str, datetime] = field(default_factory=dict)
    """By the user's unique id."""

    @property
    def operations(self) -> Mapping[str, Callable[[Operation], Result]]:
        """What is answered here, by name."""
        return {
            "ChangePassword": self._change,
            "CreateLoginProfile": self._create,
            "DeleteLoginProfile": self._delete,
            "GetLoginProfile": lambda operation: self._profile(self._with_password(operation)),
            "UpdateLoginProfile": self._update,
        }

    def _create(self, operation: Operation) -> Result:
        user, params = self._user(operation), operation.params
        if user.password:
            message = f"Login Profile for user {user.name} already exists."
            raise client_error("EntityAlreadyExists", message, HTTPStatus.CONFLICT)
        user.password, user.password_reset_required = params["Password"], bool(params.get("PasswordResetRequired"))
        self._created[user.id] = self.clock.now().replace(microsecond=0)
        return self._profile(user)

    def _update(self, operation: Operation) -> Result:
        """What is left out stays as it is."""
        user, params = self._with_password(operation), operation.params
        user.password = params.get("Password") or user.password
        user.password_reset_required = params.get("PasswordResetRequired", user.password_reset_required)
        return {}

    def _delete(self, operation: Operation) -> Result:
        user = self._with_password(operation)
        user.password, user.password_reset_required = None, False
        return {}

    def _change(self, operation: Operation) -> Result:
        """By the user itself, who must know the old one. AWS documents no error for who does not."""
        user = self._with_password(operation)
        if operation.params["OldPassword"] != user.password:
            raise client_error("AccessDenied", "The old password is wrong.", HTTPStatus.FORBIDDEN)
        user.password, user.password_reset_required = operation.params["NewPassword"], False
        return {}

    def _user(self, operation: Operation) -> Any:
        """The user of the request, who is there: `entities` has looked."""
        return self.iam.backend.users[operation.params["UserName"]]

    def _with_password(self, operation: Operation) -> Any:
        user = self._user(operation)
        if not user.password:
            raise _missing(user.name)
        return user

    def _profile(self, user: Any) -> Result:
        return {
            "LoginProfile": {
                "UserName": user.name,
                "CreateDate": self._created.get(user.id, user.create_date),
                "PasswordResetRequired": user.password_reset_required,
            }
        }


def _missing(name: str) -> CommonServiceException:
    """The sentence as https://github.com/fog/fog-aws has it, in lib/fog/aws/requests/iam/delete_login_profile.rb."""
    return client_error("NoSuchEntity", f"Cannot find Login Profile for User {name}", HTTPStatus.NOT_FOUND)
