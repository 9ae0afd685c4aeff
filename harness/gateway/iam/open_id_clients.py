"""The client ids of OpenID Connect providers, which moto only takes when a provider is made.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddClientIDToOpenIDConnectProvider.html, and its opposite: both are idempotent.
How many: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html; the sentence, as of how many providers:
https://github.com/eksctl-io/eksctl/issues/4513.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from harness.actions import Operation
from harness.gateway.iam.iam_state import IamState
from harness.gateway.respond import client_error

Result = dict[str, Any]
MOST = 100


@dataclass(slots=True)
class OpenIdClients:
    """Changes the client ids of the account's providers."""

    iam: IamState

    @property
    def operations(self) -> Mapping[str, Callable[[Operation], Result]]:
        """What is answered here, by name."""
        return {
            "AddClientIDToOpenIDConnectProvider": self._add,
            "RemoveClientIDFromOpenIDConnectProvider": self._remove,
        }

    def _add(self, operation: Operation) -> Result:
        held, client = self._held(operation), operation.params["ClientID"]
        if client in held:
            return {}
        if len(held) >= MOST:
            message = f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {MOST}"
            raise client_error("LimitExceeded", message, HTTPStatus.CONFLICT)
        held.append(client)
        return {}

    def _remove(self, operation: Operation) -> Result:
        held, client = self._held(operation), operation.params["ClientID"]
        if client in held:
            held.remove(client)
        return {}

    def _held(self, operation: Operation) -> list[str]:
        """Of the provider that is named, which is there: `entities` has looked."""
        found: list[str] = self.iam.backend.open_id_providers[
            operation.params["OpenIDConnectProviderArn"]
        ].client_id_list
        return found
