"""Services that the open LocalStack cannot run without downloads, or does not have, served by moto in process.

DynamoDB and its streams: LocalStack's provider starts a Java server that it downloads. Kinesis: a server from npm. Organizations:
none. moto's tables, streams and organizations live in this process.
"""

from dataclasses import dataclass

from localstack.aws.api import RequestContext, ServiceRequest, ServiceResponse
from localstack.aws.spec import load_service
from localstack.services.moto import call_moto
from localstack.services.plugins import Service, aws_provider


@dataclass(frozen=True, slots=True)
class OnMoto:
    """A provider without an operation of its own."""

    service: str


@aws_provider(api="dynamodb", name="moto")  # type: ignore[untyped-decorator] # LocalStack is untyped
def dynamodb() -> Service:
    """The DynamoDB service on moto."""
    return _on_moto("dynamodb")


@aws_provider(api="dynamodbstreams", name="moto")  # type: ignore[untyped-decorator] # LocalStack is untyped
def dynamodbstreams() -> Service:
    """The streams of moto's tables."""
    return _on_moto("dynamodbstreams")


@aws_provider(api="kinesis", name="moto")  # type: ignore[untyped-decorator] # LocalStack is untyped
def kinesis() -> Service:
    """The Kinesis service on moto."""
    return _on_moto("kinesis")


@aws_provider(api="organizations", name="moto")  # type: ignore[untyped-decorator] # LocalStack is untyped
def organizations() -> Service:
    """The Organizations service on moto."""
    return _on_moto("organizations")


def _on_moto(name: str) -> Service:
    table = dict.fromkeys(load_service(name).operation_names, _by_moto)
    return Service.for_provider(OnMoto(name), dispatch_table_factory=lambda _provider: table)


def _by_moto(context: RequestContext, _request: ServiceRequest) -> ServiceResponse:
    return call_moto(context)
