"""What driver and instances say to each other: sealed messages, the launch, and the contents of both. Pure."""

from harness.wire.frame import frame, read_frame
from harness.wire.launch import AccountKeys, Launch, Listen, Peer
from harness.wire.network import NO_NETWORK, Network, VpcEndpoint
from harness.wire.organization import ControlPolicy, Membership, Place
from harness.wire.quotas import DEFAULT_QUOTAS, Quotas
from harness.wire.seal import Message, Refused, answer, open_answer, open_question, seal

__all__ = [
    "DEFAULT_QUOTAS",
    "NO_NETWORK",
    "AccountKeys",
    "ControlPolicy",
    "Launch",
    "Listen",
    "Membership",
    "Message",
    "Network",
    "Peer",
    "Place",
    "Quotas",
    "Refused",
    "VpcEndpoint",
    "answer",
    "frame",
    "open_answer",
    "open_question",
    "read_frame",
    "seal",
]
