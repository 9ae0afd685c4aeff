"""What both ways of federation refuse with."""

from http import HTTPStatus


class IdentityRefused(Exception):
    """Why a token or an assertion speaks for nobody: AWS's error, which never holds the token."""

    def __init__(self, code: str, message: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def invalid(message: str) -> IdentityRefused:
    """AWS's InvalidIdentityToken."""
    return IdentityRefused("InvalidIdentityToken", message)
