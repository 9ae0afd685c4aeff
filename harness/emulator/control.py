"""The driver's sealed messages to an instance's peer port: its report, and its clock."""

import http.client
import secrets
import time
from collections.abc import Mapping
from typing import Any

from harness.emulator.record import AccountRecord
from harness.errors import ToolFailed
from harness.wire import Message, Refused, open_answer, seal

DRIVER = "driver"
TIMEOUT = 10.0


def ask(
    account: AccountRecord,
    launch_key: str,
    kind: str,
    data: Mapping[str, Any] | None = None,
    *,
    timeout: float = TIMEOUT,
) -> Mapping[str, Any]:
    """The instance's answer. Raises ToolFailed when it gives none or one that is not sealed."""
    key = bytes.fromhex(launch_key)
    message = Message(
        kind, DRIVER, account.account_id, secrets.token_hex(16), time.time(), secrets.token_hex(8), data or {}
    )
    question = seal(key, message)
    answer = open_answer(
        key, _post(account, question, timeout), question=question, sender=account.account_id, receiver=DRIVER
    )
    if isinstance(answer, Refused):
        raise _silent(account, answer.why)
    return answer.data


def _post(account: AccountRecord, question: bytes, timeout: float) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", account.peer_port, timeout=timeout)
    try:
        connection.request("POST", "/peer", question)
        return connection.getresponse().read()
    except (OSError, http.client.HTTPException) as error:
        raise _silent(account, str(error) or type(error).__name__) from error
    finally:
        connection.close()


def _silent(account: AccountRecord, why: str) -> ToolFailed:
    return ToolFailed(
        f"the instance of account {account.account_id} does not answer: {why}",
        help="`harness status` shows what runs; `harness down` and `harness up` start afresh",
    )
