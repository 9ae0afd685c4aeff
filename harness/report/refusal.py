"""`harness why` of a request that was refused without a decision: what the refusal means, and what helps."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.report.decision import because
from harness.sigv4 import Reason

_BY_SDK = "let the AWS CLI or an SDK sign the request: what they send is read"
# By the reason in the line.
_HELPS: Mapping[str, str] = {
    Reason.MISSING: "give the client a key of the principal: this request was not signed at all",
    Reason.UNKNOWN_KEY: "take a key that there is, as `harness env` shows: this one, or whose it was, is gone, or of an earlier launch",
    Reason.INACTIVE_KEY: "activate the key (iam:UpdateAccessKey), or sign with another one",
    Reason.BAD_SIGNATURE: "take the secret that belongs to this key, and send what was signed: nothing may change it on its way",
    Reason.BAD_TOKEN: "pass the session token that was issued with this key",
    Reason.MISSING_TOKEN: "pass the session token that was issued with this key: AWS_SESSION_TOKEN",
    Reason.EXPIRED_SESSION: "assume the role anew: the session has ended by the accounts' clock, which a test may have moved on",
    Reason.SKEWED: "sign shortly before sending, by a clock that is right",
    Reason.EXPIRED_URL: "presign the URL anew, or for longer",
    Reason.WRONG_SCOPE: "sign for the service and for the region that are asked",
    Reason.OLD_SIGNATURE: "sign with version 4: `signature_version='s3v4'` in boto3's Config",
    Reason.AGAINST_POLICY: "send what the form's policy allows, or sign a policy that allows it",
    Reason.TOO_SMALL: "send what the form's policy allows, or sign a policy that allows it",
    Reason.TOO_LARGE: "send what the form's policy allows, or sign a policy that allows it",
}
_MEANS: Mapping[str, str] = {
    "authentication": "refused before any decision: nobody was found for whom the request speaks",
    "validation": "refused whoever asks, and whatever policies say",
    "peer": "refused between accounts: another account did not answer, or what came to the peer port was no question of this launch",
    "failure": "refused because something broke off in the account's instance",
    "decision": "refused by the rules for calls among services",
}
_HELPS_BY_KIND: Mapping[str, str] = {
    "authentication": _BY_SDK,
    "validation": "send what the service takes: its answer says what it does not",
    "peer": "`harness doctor` says which accounts answer",
    "failure": "see `instance.log` of the account; if the harness is at fault, report it",
    "decision": "the README says which calls among services are served",
}


def refusal(line: Mapping[str, Any], request: Sequence[Mapping[str, Any]] = ()) -> Iterator[str]:
    """The lines of the explanation of a journal line that is no decision on an action; `request`: all lines of its request."""
    kind, error = line["kind"], line.get("error") or {}
    who = line.get("principal") or (f"key {line['key_id']}" if line.get("key_id") else "nobody")
    asked = ":".join(name for name in (line.get("service"), line.get("operation")) if name) or "a request"
    yield f"{who}  {asked}  at account {line.get('door', line['owner'])}"
    yield _MEANS[kind]
    if error.get("code"):
        yield f"AWS says: {error['code']} ({error['status']}): {error['message'] or 'without a message'}"
    elif error.get("message"):
        yield f"  {error['message']}"
    for decided in request:
        if decided["decision"] == "allowed":
            yield f"  (what policies say was decided before: allowed, by {'; '.join(map(because, decided.get('because', ())))})"
    reason, detail = line.get("reason"), line.get("detail")
    if reason or detail:
        yield f"  {': '.join(text for text in (reason, detail) if text)}"
    if (helps := _helps(line)) is not None:
        yield ""
        yield f"what helps: {helps}"


def _helps(line: Mapping[str, Any]) -> str | None:
    """The remedy; None where there is none."""
    detail = line.get("detail") or ""
    if detail.endswith("the gate keeps shut"):
        return None
    if "belongs to another call" in detail:
        return "leave the header out: it says of a call of an API's integration where it comes from, and of no other"
    if line["kind"] == "authentication" and str(line.get("operation")).startswith("AssumeRoleWith"):
        return "bring a token or an assertion that the provider has signed for this audience, and that has not ended"
    return _HELPS.get(line.get("reason") or "", _HELPS_BY_KIND[line["kind"]])
