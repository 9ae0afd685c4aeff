import pytest

from harness.errors import ScenarioError
from harness.scenario.rest_apis import call_api


@pytest.mark.parametrize("url", ["/orders", "orders", "", "127.0.0.1:4566/x", "file:///x"])
def test_what_is_no_address_is_refused_with_what_makes_one(url):
    with pytest.raises(ScenarioError, match="is no address of an API") as refused:
        call_api(None, url)
    assert "api_url" in refused.value.help
