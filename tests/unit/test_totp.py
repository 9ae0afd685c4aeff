"""Codes of MFA devices against RFC 6238's own, and which of them count."""

import base64
from datetime import UTC, datetime

import pytest

from harness.totp import code_at, follow_each_other, step_at, step_of

# https://www.rfc-editor.org/rfc/rfc6238#appendix-B: SHA-1; of its eight digits an authenticator shows the last six
SEED = base64.b32encode(b"12345678901234567890").decode()
VECTORS = {
    "1970-01-01T00:00:59": "94287082",
    "2005-03-18T01:58:29": "07081804",
    "2005-03-18T01:58:31": "14050471",
    "2009-02-13T23:31:30": "89005924",
    "2033-05-18T03:33:20": "69279037",
    "2603-10-11T11:33:20": "65353130",
}
NOW = 1000


def shown(step):
    return code_at(SEED, step)


@pytest.mark.parametrize("time", VECTORS)
def test_codes_are_those_of_the_rfc(time):
    step = step_at(datetime.fromisoformat(time).replace(tzinfo=UTC).timestamp())

    assert shown(step) == VECTORS[time][2:]


def test_a_code_counts_while_the_devices_clock_is_one_step_off():
    steps = {early: step_of(SEED, shown(NOW + early), NOW, after=0) for early in range(-2, 3)}

    assert steps == {-2: None, -1: NOW - 1, 0: NOW, 1: NOW + 1, 2: None}


def test_a_code_counts_once_and_none_before_it_any_more():
    assert step_of(SEED, shown(NOW), NOW, after=NOW - 1) == NOW
    assert step_of(SEED, shown(NOW), NOW, after=NOW) is None
    assert step_of(SEED, shown(NOW - 1), NOW, after=NOW) is None
    assert step_of(SEED, shown(NOW + 1), NOW, after=NOW) == NOW + 1


@pytest.mark.parametrize("code", ["", "000000", "ü", "1" * 100])
def test_what_no_device_shows_is_no_code(code):
    assert step_of(SEED, code, NOW, after=0) is None


def test_a_device_is_enabled_by_two_codes_in_their_order():
    assert follow_each_other(SEED, shown(NOW - 1), shown(NOW), NOW)
    assert follow_each_other(SEED, shown(NOW - 2), shown(NOW - 1), NOW)
    assert not follow_each_other(SEED, shown(NOW), shown(NOW - 1), NOW)
    assert not follow_each_other(SEED, shown(NOW), shown(NOW), NOW)
    assert not follow_each_other(SEED, shown(NOW - 1), shown(NOW + 1), NOW)
    assert not follow_each_other(SEED, shown(NOW - 3), shown(NOW - 2), NOW)
