"""The decision on a request: a verdict on each of its calls, and the one line that says them all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext

from harness.actions import Call, Operation, calls
from harness.actions.kms import is_managed
from harness.gateway import respond
from harness.gateway.asked import Asked
from harness.gateway.authorization_messages import AuthorizationMessages
from harness.gateway.deciding import Decider, Verdict
from harness.gateway.records import Records
from harness.gateway.refusals import DEFAULT_KEY, KEY_DENIED
from harness.gateway.resources.facts import StateFacts
from harness.gateway.services.call_sites import STAND_INS

# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html and API_GetSessionToken.html: no permission is needed.
ALWAYS_ALLOWED = frozenset({("sts", "GetCallerIdentity"), ("sts", "GetSessionToken")})
_OF_CALL = ("action", "resource", "decision", "because")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was decided of one request."""

    denied: Verdict | None
    """The first call that is denied; None where all are allowed."""
    resource: str | None
    """Of the first call."""
    refused: Mapping[int, Verdict] = field(default_factory=dict)
    """Entries of the request that are denied, by their place, where the service answers for each and nothing else is denied."""


@dataclass(slots=True)
class Judge:
    """Decides requests, and journals each decision before anything comes of it."""

    decider: Decider
    records: Records

    def judge(self, asked: Asked) -> Judgement:
        """Whether every call of the request is allowed."""
        operation = asked.operation
        if (operation.service, operation.name) in ALWAYS_ALLOWED:
            return Judgement(None, None)
        stand_in = STAND_INS.get((asked.calling_service, operation.service, operation.name))
        operation = replace(operation, name=stand_in) if stand_in else operation
        made, verdicts, denied = self._decided(asked, operation)
        self._record(asked, verdicts, denied or verdicts[0])
        return Judgement(denied, made[0].resource, _refused(made, verdicts))

    def refuses(self, asked: Asked) -> bool:
        """Whether a call is denied that a service only tries with somebody's permissions; what denies it is journalled."""
        _, verdicts, denied = self._decided(asked, asked.operation)
        if denied is not None:
            self._record(asked, verdicts, denied)
        return denied is not None

    def _decided(self, asked: Asked, operation: Operation) -> tuple[Sequence[Call], Sequence[Verdict], Verdict | None]:
        """The operation's calls, the verdict on each, and the first that denies."""
        made = calls(operation, StateFacts(self.decider.iam, operation.region))
        verdicts = [self.decider.decide(asked.signer, call, operation, asked.arrival) for call in made]
        return made, verdicts, next((verdict for verdict in verdicts if not verdict.allowed), None)

    def _record(self, asked: Asked, verdicts: Sequence[Verdict], deciding: Verdict) -> None:
        fields: dict[str, Any] = dict(deciding.line)
        if len(verdicts) > 1:
            fields["calls"] = [{key: verdict.line[key] for key in _OF_CALL} for verdict in verdicts]
        for verdict in verdicts:
            self.records.keep(verdict.documents)
        self.records.decision(asked.context, asked.arrival, fields)


def _refused(made: Sequence[Call], verdicts: Sequence[Verdict]) -> Mapping[int, Verdict]:
    """The first that is denied of each entry; none where something is denied that is of no entry."""
    found: dict[int, Verdict] = {}
    for call, verdict in zip(made, verdicts, strict=True):
        if verdict.allowed:
            continue
        if call.entry is None:
            return {}
        found.setdefault(call.entry, verdict)
    return found


def denial(context: RequestContext, verdict: Verdict, messages: AuthorizationMessages) -> CommonServiceException:
    """AWS's error for what the verdict denies: an action, or the use of a key that a service asks for its caller."""
    service = context.service.service_name if context.service is not None else ""
    prefix, _, action = verdict.line["action"].partition(":")
    of_key = KEY_DENIED.get(f"{service}:{action}") or KEY_DENIED.get(service)
    if of_key is None or prefix != "kms":
        return respond.denied_error(context, messages.message(service, verdict))
    abroad = verdict.line["caller"].get("account") != verdict.line["resource_account"]
    if service == "secretsmanager" and abroad and is_managed(verdict.line["resource"] or ""):
        return respond.client_error(*DEFAULT_KEY)
    source = str(verdict.line["context"].get("aws:sourcearn"))
    message = (of_key.message or "{said}").replace("{said}", verdict.message).replace("{source}", source)
    return respond.shaped_error(of_key.shape or of_key.code, of_key.code, message, of_key.status)
