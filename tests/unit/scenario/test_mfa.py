"""A virtual MFA device shows no code twice, and its seed to nobody."""

import base64

from harness.scenario.mfa import MfaDevice

SECRET = base64.b32encode(b"12345678901234567890")


def test_no_code_is_shown_twice():
    device = MfaDevice("serial", SECRET)

    assert len({device.code() for _ in range(3)}) == 3
    assert device.parameters()["SerialNumber"] == "serial"


def test_the_seed_is_in_no_text():
    assert SECRET.decode() not in repr(MfaDevice("serial", SECRET))
