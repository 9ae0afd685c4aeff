"""Whose a subscription of SNS is: its subscriber's, which need not be the account of the topic, whose ARN the subscription has.

Its owner alone looks at it and changes it; who ends it is its owner, or the topic's:
https://docs.aws.amazon.com/sns/latest/api/API_Unsubscribe.html
OBSERVED: https://github.com/ansible-collections/community.aws/pull/1418, of the topic's owner, and
https://github.com/hashicorp/terraform/issues/6909, of the subscriber.
LocalStack keeps the topic's account for the owner of every subscription.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from harness.actions import Operation
from harness.gateway.arrival import signer_of
from harness.gateway.services.lazily import around, store_of, when_loaded
from harness.model.arn import Arn
from harness.wire.vouch import Caller, Vouch

_OF_THE_OWNER = frozenset({"GetSubscriptionAttributes", "SetSubscriptionAttributes"})
_SUBSCRIBER: ContextVar[Caller | None] = ContextVar("subscriber", default=None)
"""Who makes the subscription that is being made."""


def owner(account_id: str, operation: Operation) -> str | None:
    """The account of the subscription that the operation is about; None where it is about none, or is the topic's owner's, too."""
    if operation.service != "sns" or operation.name not in {*_OF_THE_OWNER, "Unsubscribe"}:
        return None
    named = str(operation.params.get("SubscriptionArn") or "")
    arn = Arn.parse(named)
    store = store_of("localstack.services.sns.models", "sns_stores", account_id, arn.region) if arn else None
    held = store.subscriptions.get(named) if store is not None else None
    if held is None or (operation.name not in _OF_THE_OWNER and held["Owner"] != operation.account):
        return None
    return str(held["Owner"])


def install() -> None:
    """Have subscriptions kept for who makes them."""
    when_loaded("localstack.services.sns.provider", _amend)


def _amend(module: Any) -> None:
    around(module.SnsProvider, "subscribe", _subscribe)
    around(module, "SnsSubscription", _subscription)


def _subscribe(original: Callable[..., Any], provider: Any, *args: Any, **kwargs: Any) -> Any:
    signer = signer_of(kwargs["context"])
    token = _SUBSCRIBER.set(signer.caller if isinstance(signer, Vouch) else None)
    try:
        return original(provider, *args, **kwargs)
    finally:
        _SUBSCRIBER.reset(token)


def _subscription(original: Callable[..., Any], **attributes: Any) -> Any:
    """A new one: to subscribe again makes none, and takes none away from its owner."""
    subscriber = _SUBSCRIBER.get()
    proven = {"Owner": subscriber.account_id, "SubscriptionPrincipal": subscriber.arn} if subscriber else {}
    return original(**{**attributes, **proven})
