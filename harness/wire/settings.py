"""What LocalStack is told by its environment, in a process of the machine's as in a container; no secrets."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where one instance has its files and its public port."""

    temporary: str
    """Function code lives there."""
    state: str
    """LocalStack's file system root."""
    cache: str
    """Empty at each launch, as its plugin cache would hide a change of plugins."""
    listen: str
    """Host and port of GATEWAY_LISTEN; our server listens where the launch says, functions find their own instance by it."""
    external_ports: tuple[int, int]
    """LocalStack wants a range for the servers of services; ours start none, but the ranges of a machine must not overlap."""
    queue_urls: str = "off"
    """SQS_ENDPOINT_STRATEGY: `off` names the own port; `dynamic` the host that the client asked, where ports are mapped."""


def localstack_settings(place: Place, region: str) -> Mapping[str, str]:
    """The variables; 'Facts: LocalStack' in the project's design says why each is needed."""
    first, last = place.external_ports
    return {
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": place.temporary,
        "FILESYSTEM_ROOT": place.state,
        "XDG_CACHE_HOME": place.cache,
        "OVERRIDE_IN_DOCKER": "0",
        "GATEWAY_LISTEN": place.listen,
        "LOCALSTACK_HOST": place.listen,
        "EXTERNAL_SERVICE_PORTS_START": str(first),
        "EXTERNAL_SERVICE_PORTS_END": str(last),
        "DNS_ADDRESS": "0",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "DISABLE_EVENTS": "1",
        "PARITY_AWS_ACCESS_KEY_ID": "1",
        "LAMBDA_SYNCHRONOUS_CREATE": "1",
        "LAMBDA_RUNTIME_EXECUTOR": "process",
        "PROVIDER_OVERRIDE_DYNAMODB": "moto",
        "PROVIDER_OVERRIDE_DYNAMODBSTREAMS": "moto",
        "PROVIDER_OVERRIDE_KINESIS": "moto",
        "PROVIDER_OVERRIDE_ORGANIZATIONS": "moto",
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
        "SQS_ENDPOINT_STRATEGY": place.queue_urls,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }
