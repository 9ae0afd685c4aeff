"""The seal: every message between instances is authenticated with the launch key, bound to its sender, receiver and time.

Two rules. A message that is not sealed with the key of this launch is nothing. An answer belongs to one question only.

As bytes: 64 hex digits of HMAC-SHA256, a newline, one line of JSON (the head), a newline, and the rest as it is (a body).
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

VERSION = 1
MAX_AGE = 30.0
"""Seconds of real time a question stays valid."""

ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Message:
    """One message: who says what to whom; `data` is JSON, `blob` the bytes that go along."""

    kind: str
    sender: str
    receiver: str
    nonce: str
    time: float
    request_id: str
    data: Mapping[str, Any] = field(default_factory=dict)
    blob: bytes = b""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why bytes on the peer port are not a message for us."""

    why: str


def seal(key: bytes, message: Message) -> bytes:
    """The message as it travels."""
    head = {
        "version": VERSION,
        "kind": message.kind,
        "from": message.sender,
        "to": message.receiver,
        "nonce": message.nonce,
        "time": message.time,
        "request_id": message.request_id,
        "data": message.data,
    }
    sealed = json.dumps(head, separators=(",", ":")).encode() + b"\n" + message.blob
    return hmac.new(key, sealed, sha256).hexdigest().encode() + b"\n" + sealed


def open_question(key: bytes, raw: bytes, *, receiver: str, now: float) -> Message | Refused:
    """The question in `raw`; whether its nonce was seen before is the receiver's memory, not ours."""
    message = _open(key, raw, receiver)
    if isinstance(message, Message) and abs(now - message.time) > MAX_AGE:
        return Refused("the seal is over 30 seconds old")
    return message


def answer(key: bytes, question: bytes, message: Message, data: Mapping[str, Any], blob: bytes = b"") -> bytes:
    """The sealed answer to `message`, whose bytes were `question`."""
    reply = Message(
        kind=ANSWER,
        sender=message.receiver,
        receiver=message.sender,
        nonce=sha256(question).hexdigest(),
        time=message.time,
        request_id=message.request_id,
        data=data,
        blob=blob,
    )
    return seal(key, reply)


def open_answer(key: bytes, raw: bytes, *, question: bytes, sender: str, receiver: str) -> Message | Refused:
    """The answer of `sender` to exactly this question."""
    message = _open(key, raw, receiver)
    if isinstance(message, Refused):
        return message
    if message.kind != ANSWER or message.sender != sender or message.nonce != sha256(question).hexdigest():
        return Refused("the answer belongs to another question")
    return message


def _open(key: bytes, raw: bytes, receiver: str) -> Message | Refused:
    claimed, _, sealed = raw.partition(b"\n")
    if not hmac.compare_digest(hmac.new(key, sealed, sha256).hexdigest().encode(), claimed):
        return Refused("no valid seal")
    head, _, blob = sealed.partition(b"\n")
    fields = json.loads(head)  # sealed with our key: broken JSON here is a bug of ours
    if fields["version"] != VERSION:
        return Refused("the seal has another version")
    if fields["to"] != receiver:
        return Refused("the seal names another receiver")
    return Message(
        kind=fields["kind"],
        sender=fields["from"],
        receiver=fields["to"],
        nonce=fields["nonce"],
        time=fields["time"],
        request_id=fields["request_id"],
        data=fields["data"],
        blob=blob,
    )
