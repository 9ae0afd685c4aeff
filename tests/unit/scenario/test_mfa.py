"""A virtual MFA device shows what any authenticator would, and no code twice."""

import base64

import pytest

from harness.scenario.mfa import MfaDevice

SECRET = base64.b32encode(b"12345678901234567890")


@pytest.mark.parametrize(("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (2000000000, "279037")])
def test_codes_are_those_of_the_standard(seconds, code):
    """The six last digits of https://www.rfc-editor.org/rfc/rfc6238#appendix-B."""
    assert MfaDevice("serial", SECRET).at(seconds // 30) == code


def test_no_code_is_shown_twice():
    device = MfaDevice("serial", SECRET)

    assert len({device.code() for _ in range(3)}) == 3
    assert device.parameters()["SerialNumber"] == "serial"


def test_the_seed_is_in_no_text():
    assert SECRET.decode() not in repr(MfaDevice("serial", SECRET))
