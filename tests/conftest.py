"""What all tests share."""

import signal

import pytest


@pytest.fixture(autouse=True)
def _interruptible():
    """Children can be interrupted, also where this session was started in the background of a shell, which ignores SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
