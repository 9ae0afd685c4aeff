"""Vouch across instances: the question to a key's home, and the home's answer.

Identity is an answer, never an attachment: whoever acts on a request has itself asked the home who signed it.
"""

from collections.abc import Mapping
from typing import Any

from harness.gateway.arrival import Arrival
from harness.gateway.home import Home
from harness.gateway.iam.iam_state import Documents
from harness.gateway.peering.peers import Answer, Peers, PeerUnavailable
from harness.sigv4 import Chunks, Claim, Form, Head, Payload, Reason, Rejected, claim_of_form, parse_claim
from harness.wire import Message
from harness.wire.vouch import Vouch


def ask_home(
    peers: Peers, documents: Documents, account: str, arrival: Arrival, claim: Claim, request_id: str
) -> Vouch | Rejected:
    """What the key's home says of the request. Raises PeerUnavailable."""
    signed = arrival.form.signed if isinstance(arrival.form, Form) else None
    data = head_to_json(arrival.head) | payload_to_json(arrival.payload) | {"form": signed}
    outcome = _read_vouch(account, peers.ask(account, "vouch", data, request_id=request_id).data)
    if isinstance(outcome, Rejected):
        return outcome
    vouch = outcome
    if (foreign := vouch.foreign_to(account)) is not None:
        raise PeerUnavailable(account, f"it spoke for {foreign}")
    if (vouch.key_id, vouch.region, vouch.service) != (claim.key_id, claim.region, claim.service):
        raise PeerUnavailable(account, "it spoke of another signature")
    fetch_documents(peers, documents, vouch, request_id)
    return vouch


def _read_vouch(account: str, answer: Mapping[str, Any]) -> Vouch | Rejected:
    try:
        if "rejected" in answer:
            return Rejected(Reason(answer["rejected"]), str(answer["detail"]))
        return Vouch.from_json(answer["vouch"])
    except (KeyError, TypeError, ValueError, AttributeError) as nonsense:
        raise PeerUnavailable(account, "its answer makes no sense") from nonsense


def fetch_documents(peers: Peers, documents: Documents, vouch: Vouch, request_id: str) -> None:
    """Get the documents that are not held yet; they are checked against their digests by being kept under them."""
    missing = [ref for ref in vouch.policies.refs if documents.text(ref.digest) is None]
    if not missing:
        return
    answer = peers.ask(
        vouch.home, "documents", {"digests": [ref.digest for ref in missing]}, request_id=request_id
    ).data
    for ref in missing:
        text = dict(answer.get("documents", {})).get(ref.digest)
        if not isinstance(text, str) or documents.add(ref.name, text).digest != ref.digest:
            raise PeerUnavailable(vouch.home, f"it does not hold the policy `{ref.name}` that it named")


def answer_vouch(home: Home, message: Message) -> Answer:
    """The home's answer to another instance."""
    head, signed = head_from_json(message.data), message.data["form"]
    claim = parse_claim(head) if signed is None else claim_of_form(head, signed)
    outcome = claim if isinstance(claim, Rejected) else home.vouch(head, claim, payload_from_json(message.data))
    if isinstance(outcome, Rejected):
        return {"rejected": outcome.reason.value, "detail": outcome.detail}, b""
    return {"vouch": outcome.to_json()}, b""


def answer_documents(documents: Documents, message: Message) -> Answer:
    """The texts of the digests asked for; a digest cannot be guessed, and policies hold no secrets of the gate's."""
    return {"documents": {digest: documents.text(digest) for digest in message.data["digests"]}}, b""


def payload_to_json(payload: Payload) -> dict[str, Any]:
    """The body as plain JSON: digests and the signatures claimed for them, never its bytes."""
    return {"payload": {"sha256": payload.sha256, "chunks": payload.chunks and payload.chunks.to_json()}}


def payload_from_json(data: Mapping[str, Any]) -> Payload:
    """Read back what `payload_to_json` wrote."""
    fields = data["payload"]
    chunks = fields["chunks"]
    return Payload(fields["sha256"], Chunks.from_json(chunks) if chunks is not None else None)


def head_to_json(head: Head) -> dict[str, Any]:
    """The head as plain JSON; latin-1 text keeps every byte."""
    return {"method": head.method, "target": head.target, "headers": head.headers}


def head_from_json(data: Mapping[str, Any]) -> Head:
    """Read back what `head_to_json` wrote."""
    return Head(data["method"], data["target"], tuple((name, value) for name, value in data["headers"]))
