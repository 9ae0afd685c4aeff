"""EventBridge's API destinations name their connection by its whole ARN: LocalStack takes the name and leaves the id.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateApiDestination.html#eventbridge-CreateApiDestination-request-ConnectionArn
"""

from harness.actions import Operation
from harness.gateway import respond
from harness.gateway.services.lazily import store_of

_NAMING = frozenset({"CreateApiDestination", "UpdateApiDestination"})


def check_connection(account_id: str, operation: Operation) -> None:
    """Raise EventBridge's error for a connection that is not there: one of the same name is another."""
    arn = operation.params.get("ConnectionArn")
    if operation.service != "events" or operation.name not in _NAMING or not arn:
        return
    store = store_of("localstack.services.events.models", "events_stores", account_id, operation.region)
    connections = list(store.connections.values()) if store is not None else []
    if arn not in {connection.arn for connection in connections}:
        name = str(arn).partition("/")[2].partition("/")[0]
        message = f"Failed to describe the connection(s). Connection '{name}' does not exist."
        raise respond.client_error("ResourceNotFoundException", message)
