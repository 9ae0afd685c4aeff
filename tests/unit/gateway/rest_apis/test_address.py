"""Which requests call an API, and which only look like it."""

import pytest

from harness.gateway.rest_apis.address import Address, read_address
from harness.sigv4 import Head

AWS = "abc123.execute-api.us-west-2.amazonaws.com"


@pytest.mark.parametrize(
    ("target", "host", "found"),
    [
        ("/_aws/execute-api/abc123/prod/pets?x=1", "127.0.0.1:1", Address("abc123", "prod", "/pets")),
        ("/_aws/execute-api/ABC123/prod", "127.0.0.1:1", Address("abc123", "prod", "")),
        ("/_aws/execute-api/abc123?x=1", "127.0.0.1:1", Address("abc123", "", "")),
        ("/_aws/execute-api/", "127.0.0.1:1", None),
        ("/prod/pets", AWS, Address("abc123", "prod", "/pets")),
        ("/prod?x=1", AWS, Address("abc123", "prod", "")),
        ("/", AWS, Address("abc123", "", "")),
        ("/prod/pets", "ABC123.Execute-Api.localhost.localstack.cloud:4566", Address("abc123", "prod", "/pets")),
        ("/prod/pets", "abc123-vpce-0a1b2c3d.execute-api.us-west-2.amazonaws.com", Address("abc123", "prod", "/pets")),
        ("/prod/pets", "127.0.0.1:1", None),
        # a bucket's own host
        ("/prod/pets", "abc123.execute-api.s3.us-west-2.amazonaws.com", None),
        ("/prod/pets", "abc123.execute-api.s3-us-west-2.amazonaws.com", None),
        ("/prod/pets", "execute-api.us-west-2.amazonaws.com", None),
    ],
)
def test_the_path_or_the_host_tells_the_api(target, host, found):
    assert read_address(Head("GET", target, (("Host", host),))) == found


def test_behind_a_vpc_endpoint_s_own_host_a_header_tells_it():
    host = ("Host", "vpce-0a1b2c3d-x.execute-api.us-west-2.vpce.amazonaws.com")

    assert read_address(Head("GET", "/prod/pets", (host, ("x-apigw-api-id", "abc123")))) == Address(
        "abc123", "prod", "/pets"
    )
    assert read_address(Head("GET", "/prod/pets", (host,))) == Address("", "prod", "/pets")
