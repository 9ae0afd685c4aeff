import time

import pytest

from harness.gateway.services import hops
from harness.sigv4 import Head

KEY = b"k" * 32


@pytest.fixture(autouse=True)
def launch_key():
    before = hops._Seal.key
    hops.install(KEY)
    yield
    hops.install(before)


def head(**headers):
    return Head("GET", "/", tuple((name.replace("_", "-"), value) for name, value in headers.items()))


def test_calls_that_led_here_are_counted():
    assert hops.arrived(head()) == 0
    given = hops.header()
    assert hops.arrived(head(**given)) == 1
    with hops.following(3):
        assert hops.arrived(head(**hops.header())) == 4
    assert hops.arrived(head(**hops.header())) == 1


def test_a_count_is_the_launch_s_own_and_lasts_a_minute(monkeypatch):
    told = hops.header()[hops.HEADER]
    for forged in ("", "x", "1", told.replace("1.", "2.", 1), told[:-1], f"{told}.", "é"):
        assert hops.arrived(head(**{hops.HEADER: forged})) == 0
    assert hops.arrived(head(**{hops.HEADER: told})) == 1
    hops.install(b"another launch's")
    assert hops.arrived(head(**{hops.HEADER: told})) == 0
    hops.install(KEY)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 61)
    assert hops.arrived(head(**{hops.HEADER: told})) == 0
