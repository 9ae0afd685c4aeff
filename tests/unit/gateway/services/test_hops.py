import time

import pytest

from harness.gateway.services import hops
from harness.sigv4 import Head, Rejected

KEY = b"k" * 32


@pytest.fixture(autouse=True)
def launch_key():
    before = hops._Launch.key
    hops.install(KEY)
    yield
    hops.install(before)


HOST, TARGET = "127.0.0.1:4566", "/_aws/execute-api/a1/prod/pets?x=%20"


def header():
    return hops.header(HOST, TARGET)


def head(*, host=HOST, target=TARGET, **headers):
    pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Head("GET", target, (("Host", host), *pairs))


def test_calls_that_led_here_are_counted():
    assert hops.arrived(head()) == 0
    given = header()
    assert hops.arrived(head(**given)) == 1
    with hops.following(3):
        assert hops.arrived(head(**header())) == 4
    assert hops.arrived(head(**header())) == 1


def test_a_count_is_the_launch_s_own_and_lasts_a_minute(monkeypatch):
    told = header()[hops.HEADER]
    for forged in ("", "x", "1", "1.9999999999;;", ";", ";;", told.replace("1.", "2.", 1), "é"):
        assert hops.arrived(head(**{hops.HEADER: forged})) == 0
    assert hops.arrived(head(**{hops.HEADER: told})) == 1
    hops.install(b"another launch's")
    assert hops.arrived(head(**{hops.HEADER: told})) == 0
    hops.install(KEY)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 61)
    assert hops.arrived(head(**{hops.HEADER: told})) == 0


def test_another_call_with_its_count_is_refused():
    given = header()
    told = given[hops.HEADER]
    other = (
        head(target="/_aws/execute-api/a1/prod/admin", **given),
        head(target=TARGET.partition("?")[0], **given),
        head(target=f"/{TARGET}", **given),
        head(host="127.0.0.1:4567", **given),
        Head("GET", TARGET, (("Host", HOST), ("Host", HOST), *given.items())),
        head(**{hops.HEADER: told[:-1]}),
        head(**{hops.HEADER: told.rpartition(";")[0]}),
        head(**{hops.HEADER: f"{told};"}),
    )

    assert hops.arrived(head(**given)) == 1
    for one in other:
        refused = hops.arrived(one)
        assert isinstance(refused, Rejected)
        assert "another call" in refused.detail
