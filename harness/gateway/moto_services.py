"""Services that the open LocalStack cannot run without downloads, served by moto in process.

DynamoDB: LocalStack's provider starts a Java server that it downloads; moto's tables live in this process.
"""

from localstack.aws.api.dynamodb import DynamodbApi
from localstack.services.moto import MotoFallbackDispatcher
from localstack.services.plugins import Service, aws_provider


class MotoDynamoDB(DynamodbApi):  # type: ignore[misc] # LocalStack is untyped
    """No operation of its own: every one is moto's."""


@aws_provider(api="dynamodb", name="moto")  # type: ignore[untyped-decorator] # LocalStack is untyped
def dynamodb() -> Service:
    """The DynamoDB service on moto."""
    provider = MotoDynamoDB()
    return Service.for_provider(provider, dispatch_table_factory=MotoFallbackDispatcher)
