"""Values of conditions as AWS writes them, and what only looks like one."""

import time

import pytest

from harness.policy import values


@pytest.mark.parametrize("text", ["10", "10.0", "+10", "1e1", "0010"])
def test_numbers_that_are_ten(text):
    assert values.number(text) == 10


@pytest.mark.parametrize("text", ["", " 10", "1_0", "ten", "0x10", "Infinity", "NaN", "1" * 65, "\u0661\u0660", "1."])
def test_texts_that_are_no_number(text):
    assert values.number(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "2024", "2024-01", "2024-01-01", "2024-01-01T00:00:00Z", "2024-01-01T00:00:00", "2024-01-01T01:00:00+01:00",
        "1704067200", "1704067200.0",
    ],
)  # fmt: skip
def test_iso_dates_and_epoch_seconds_are_comparable(text):
    assert values.date(text) == 1704067200


def test_a_date_without_a_zone_is_in_utc_wherever_the_machine_is(monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert values.date("2024-01-01T00:00:00") == 1704067200
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("text", ["", "yesterday", "2024-13", "2024-02-30", "0000", "24-01-01T00:00:00Z"])
def test_texts_that_are_no_date(text):
    assert values.date(text) is None


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("203.0.113.0/24", "203.0.113.255", "203.0.114.0"),
        ("203.0.113.7/24", "203.0.113.1", "203.0.112.255"),
        ("203.0.113.7", "203.0.113.7", "203.0.113.8"),
        ("0.0.0.0/0", "8.8.8.8", "::1"),
        ("2001:DB8::/32", "2001:db8:0:1::", "2001:db9::"),
        ("::/0", "2001:db8::", "8.8.8.8"),
    ],
)
def test_networks_hold_the_addresses_of_their_version(text, inside, outside):
    version, first, last = values.network(text)
    inner, outer = values.address(inside), values.address(outside)

    assert inner[0] == version
    assert first <= inner[1] <= last
    assert outer[0] != version or not first <= outer[1] <= last


@pytest.mark.parametrize(
    "text", ["", "localhost", "10.0.0.0/255.0.0.0", "10.0.0.0/33", "10.0.0", "010.0.0.1", "::/129"]
)
def test_texts_that_are_no_network(text):
    assert values.network(text) is None


def test_an_address_is_no_network():
    assert values.address("10.0.0.0/8") is None


def test_truth_values_are_read_without_case():
    assert [values.boolean(text) for text in ("true", "False", "yes", "")] == [True, False, None, None]


def test_bytes_are_base64():
    assert [values.binary(text) for text in ("QmluYXJ5", "not base64!", "QmluYXJ5=")] == [b"Binary", None, None]
