"""Vouch across instances: the question to a key's home, and the home's answer.

Identity is an answer, never an attachment: whoever acts on a request has itself asked the home who signed it.
"""

from collections.abc import Mapping
from typing import Any

from harness.gateway.arrival import Arrival
from harness.gateway.home import Home
from harness.gateway.iam_state import Documents
from harness.gateway.peers import Answer, Peers, PeerUnavailable
from harness.sigv4 import Claim, Head, Reason, Rejected, parse_claim
from harness.wire import Message
from harness.wire.vouch import Vouch


def ask_home(peers: Peers, documents: Documents, account: str, arrival: Arrival, request_id: str) -> Vouch | Rejected:
    """What the key's home says of the request. Raises PeerUnavailable."""
    data = head_to_json(arrival.head) | {"payload_hash": arrival.payload_hash}
    answer = peers.ask(account, "vouch", data, request_id=request_id).data
    if "rejected" in answer:
        return Rejected(Reason(answer["rejected"]), answer["detail"])
    vouch = Vouch.from_json(answer["vouch"])
    if vouch.home != account or vouch.caller.account_id != account:
        raise PeerUnavailable(account, "it spoke for another account")
    fetch_documents(peers, documents, vouch, request_id)
    return vouch


def fetch_documents(peers: Peers, documents: Documents, vouch: Vouch, request_id: str) -> None:
    """Get the documents that are not held yet; they are checked against their digests by being kept under them."""
    missing = [ref for ref in vouch.policies.refs if documents.text(ref.digest) is None]
    if not missing:
        return
    answer = peers.ask(
        vouch.home, "documents", {"digests": [ref.digest for ref in missing]}, request_id=request_id
    ).data
    for ref in missing:
        text = answer["documents"].get(ref.digest)
        if text is None or documents.add(ref.name, text).digest != ref.digest:
            raise PeerUnavailable(vouch.home, f"it does not hold the policy `{ref.name}` that it named")


def answer_vouch(home: Home, message: Message) -> Answer:
    """The home's answer to another instance."""
    head = head_from_json(message.data)
    claim: Claim | Rejected = parse_claim(head)
    outcome = claim if isinstance(claim, Rejected) else home.vouch(head, claim, message.data["payload_hash"])
    if isinstance(outcome, Rejected):
        return {"rejected": outcome.reason.value, "detail": outcome.detail}, b""
    return {"vouch": outcome.to_json()}, b""


def answer_documents(documents: Documents, message: Message) -> Answer:
    """The texts of the digests asked for; a digest cannot be guessed, and policies hold no secrets of the gate's."""
    return {"documents": {digest: documents.text(digest) for digest in message.data["digests"]}}, b""


def head_to_json(head: Head) -> dict[str, Any]:
    """The head as plain JSON; latin-1 text keeps every byte."""
    return {"method": head.method, "target": head.target, "headers": head.headers}


def head_from_json(data: Mapping[str, Any]) -> Head:
    """Read back what `head_to_json` wrote."""
    return Head(data["method"], data["target"], tuple((name, value) for name, value in data["headers"]))
