"""The STS operations that this account answers itself: it alone mints credentials, and keeps what they were issued with.

The rules are AWS's: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html and its siblings.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from localstack.aws.api import CommonServiceException
from moto.iam.models import Role

from harness.actions.federation import Federated
from harness.gateway.clock import Clock
from harness.gateway.iam import identifiers
from harness.gateway.iam.iam_state import IamState
from harness.gateway.respond import client_error
from harness.gateway.sessions import Session, Sessions, credential
from harness.policy import InvalidPolicy, PolicyKind, parse_policy
from harness.sigv4 import Credential
from harness.sigv4.key_id import account_of, is_key_id
from harness.wire.vouch import Caller, CallerKind

DEFAULT_DURATION = 3600
CHAINED_MAXIMUM = 3600
FEDERATION_MAXIMUM, ROOT_MAXIMUM = 129_600, 3600
"""Of GetSessionToken and GetFederationToken; root's is an hour."""
FEDERATION_DEFAULT = 43_200
FORWARD_DURATION = 43_200
"""AWS documents none; a stack takes hours at most."""
MAX_POLICY_CHARACTERS = 2048
MAX_SESSION_POLICIES = 10
MAX_TAGS = 50
_FULL = 100
"""In percent."""
# A path holds any printable character: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
_ROLE_ARN = re.compile(r"arn:[^:]+:iam::\d{12}:role/(?:[\x21-\x7e]*/)?[\w+=,.@-]+", re.ASCII)


@dataclass(slots=True)
class Sts:
    """Mints sessions of this account."""

    account_id: str
    iam: IamState
    sessions: Sessions
    clock: Clock

    def assume_role(self, params: Mapping[str, Any], caller: Caller | None) -> dict[str, Any]:
        """A session of the role; the decision was made before. `caller` is None for a service principal."""
        role = self._role(params)
        chained = caller is not None and caller.session is not None and caller.session.is_chainable_role
        duration = self._duration(params, role, chained=chained, by_service=caller is None)
        tags, transitive = self._tags(params, caller, chained=chained)
        source = self._source_identity(params, caller)
        return self._assumed(
            role, params, duration=duration, session_tags=tags, transitive_tag_keys=transitive, source_identity=source
        )

    def assume_role_for(self, params: Mapping[str, Any], federated: Federated) -> dict[str, Any]:
        """A session of the role for somebody for whom an identity provider speaks; the decision was made before.

        No session stands before it: neither is it chained nor does it inherit anything.
        """
        role = self._role(params)
        duration = self._duration(params, role, chained=False, by_service=False)
        if federated.session_ends is not None:
            duration = min(duration, int(federated.session_ends - self.clock.now().timestamp()))
        tags, transitive = self._tags(params, None, chained=False)
        answer = self._assumed(
            role,
            params,
            duration=duration,
            session_tags=tags,
            transitive_tag_keys=transitive,
            source_identity=self._source_identity(params, None),
            provider=federated.provider,
            provider_keys=federated.session_keys,
        )
        return answer | dict(federated.answer)

    def _role(self, params: Mapping[str, Any]) -> Role:
        role = self.iam.role_by_arn(params["RoleArn"])
        if role is None:  # decided as denied before: only a role deleted in between comes here
            raise _denied(params["RoleArn"])
        return role

    def _assumed(
        self, role: Role, params: Mapping[str, Any], *, source_identity: str | None, **fields: Any
    ) -> dict[str, Any]:
        session = self._mint(
            kind=CallerKind.ROLE_SESSION,
            owner_id=str(role.id),
            name=params["RoleSessionName"],
            source_identity=source_identity,
            policies=self._session_policies(params),
            **fields,
        )
        answer: dict[str, Any] = {
            "Credentials": _credentials(session),
            "AssumedRoleUser": {
                "AssumedRoleId": f"{role.id}:{session.name}",
                "Arn": f"arn:aws:sts::{self.account_id}:assumed-role/{role.name}/{session.name}",
            },
        }
        return answer | _packed(params) | ({"SourceIdentity": source_identity} if source_identity else {})

    def get_session_token(self, params: Mapping[str, Any], caller: Caller, *, mfa: bool) -> dict[str, Any]:
        """A session of the calling user or root; `mfa`: asked for with a valid code."""
        _long_term_only(caller, "GetSessionToken")
        longest = ROOT_MAXIMUM if caller.kind is CallerKind.ROOT else FEDERATION_MAXIMUM
        duration = int(params.get("DurationSeconds") or FEDERATION_DEFAULT)
        session = self._mint(
            kind=caller.kind,
            owner_id=caller.unique_id,
            name="",
            duration=min(duration, longest),
            mfa=mfa,
        )
        return {"Credentials": _credentials(session)}

    def get_federation_token(self, params: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        """A federated user's session of the calling user, or of root, which AWS advises against and allows for an hour."""
        _long_term_only(caller, "GetFederationToken")
        longest = ROOT_MAXIMUM if caller.kind is CallerKind.ROOT else FEDERATION_MAXIMUM
        duration = min(longest, int(params.get("DurationSeconds") or FEDERATION_DEFAULT))
        name = params["Name"]
        tags, _ = self._tags(params, None, chained=False)
        policies = self._session_policies(params)
        session = self._mint(
            kind=CallerKind.FEDERATED_USER,
            owner_id=caller.unique_id,
            name=name,
            duration=duration,
            session_tags=tags,
            policies=policies,
        )
        return {
            "Credentials": _credentials(session),
            "FederatedUser": {
                "FederatedUserId": f"{self.account_id}:{name}",
                "Arn": f"arn:aws:sts::{self.account_id}:federated-user/{name}",
            },
            "PackedPolicySize": 0,
            **_packed(params),
        }

    def forward(self, caller: Caller, key_id: str, service: str) -> dict[str, Any]:
        """Credentials of a forward access session, in which `service` acts for the caller that signed with `key_id`.

        It has the attributes of the session that signed. One of a long-term key has none, and no limits of temporary credentials.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
        """
        issued = self._issued(FORWARD_DURATION)
        if caller.session is None:
            now = self.clock.now()
            session = Session(issued, caller.kind, caller.unique_id, "", now, via=(service,), long_term=True)
        else:
            held = self.sessions.get(key_id)
            assert held is not None  # noqa: S101 - it has just signed, and its limits are its own
            session = replace(held, credential=issued, via=(*held.via, service))
        self.sessions.add(session)
        return _credentials(session)

    def _mint(self, *, duration: int, **fields: Any) -> Session:
        session = Session(credential=self._issued(duration), issued=self.clock.now(), **fields)
        self.sessions.add(session)
        return session

    def _issued(self, duration: int) -> Credential:
        now = self.clock.now()
        self.sessions.forget_ended(now)
        return credential(
            identifiers.key_id("ASIA", self.account_id),
            identifiers.secret_key(),
            identifiers.session_token(),
            _whole(now) + timedelta(seconds=duration),
        )

    def _duration(self, params: Mapping[str, Any], role: Role, *, chained: bool, by_service: bool) -> int:
        duration = int(params.get("DurationSeconds") or DEFAULT_DURATION)
        if by_service:  # a service's own session, such as Lambda's, follows the service's rules
            return duration
        if chained and duration > CHAINED_MAXIMUM:
            raise validation(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
            )
        if duration > int(role.max_session_duration or DEFAULT_DURATION):
            raise validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
        return duration

    @staticmethod
    def _tags(
        params: Mapping[str, Any], caller: Caller | None, *, chained: bool
    ) -> tuple[dict[str, str], tuple[str, ...]]:
        """The session's tags, and which of them pass on in a chain.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
        """
        tags = {tag["Key"]: tag["Value"] for tag in params.get("Tags") or ()}
        if any(key.lower().startswith("aws:") for key in tags):
            raise _invalid_parameter("Tag keys that begin with `aws:` are reserved for AWS")
        if len(tags) > MAX_TAGS or len({key.lower() for key in tags}) < len(params.get("Tags") or ()):
            raise _invalid_parameter("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
        transitive = tuple(params.get("TransitiveTagKeys") or ())
        missing = {key.lower() for key in transitive} - {key.lower() for key in tags}
        if missing:
            raise _invalid_parameter("The specified transitive tag key must be included in the requested tags.")
        session = caller.session if caller is not None and chained else None
        inherited = {key: session.session_tags[key] for key in session.transitive_tag_keys} if session else {}
        if {key.lower() for key in inherited} & {key.lower() for key in tags}:
            raise _invalid_parameter(
                "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the "
                "calling session."
            )
        by_name = {key.lower(): key for key in tags}
        _check_packed({**inherited, **tags})
        return {**inherited, **tags}, (*inherited, *(by_name[key.lower()] for key in transitive))

    @staticmethod
    def _source_identity(params: Mapping[str, Any], caller: Caller | None) -> str | None:
        """Source identity persists through a chain and cannot be changed."""
        wanted = params.get("SourceIdentity")
        held = caller.session.source_identity if caller is not None and caller.session is not None else None
        if wanted is not None and wanted.lower().startswith("aws:"):
            raise validation("SourceIdentity must not start with aws:")
        if held is not None and wanted is not None and wanted != held:
            raise client_error(
                "AccessDenied", "The source identity of a session cannot be changed", HTTPStatus.FORBIDDEN
            )
        return held or wanted

    def _session_policies(self, params: Mapping[str, Any]) -> tuple[tuple[str, str], ...] | None:
        inline, arns = params.get("Policy"), params.get("PolicyArns") or ()
        if len(arns) > MAX_SESSION_POLICIES:
            raise validation(f"a session has at most {MAX_SESSION_POLICIES} managed session policies")
        found: list[tuple[str, str]] = []
        if inline:
            found.append(("session policy", _inline_policy(inline)))
        found.extend((arn["arn"], self._managed(arn["arn"])) for arn in arns)
        return tuple(found) if inline or arns else None

    def _managed(self, arn: str) -> str:
        document = self.iam.managed(arn)
        if document is None:
            raise client_error("MalformedPolicyDocument", f"The policy {arn} does not exist or is not attachable.")
        return document


def check_role_arn(params: Mapping[str, Any]) -> None:
    """Judged before anything is decided, as the rest of the form is (`constraints`); raises AWS's ValidationError."""
    if not _ROLE_ARN.fullmatch(params.get("RoleArn") or ""):
        raise validation(f"{params.get('RoleArn')} is invalid")


def caller_identity(caller: Caller) -> dict[str, Any]:
    """GetCallerIdentity, which needs no permission and cannot be denied."""
    return {"UserId": caller.user_id, "Account": caller.account_id, "Arn": caller.arn}


def access_key_info(key_id: str) -> dict[str, Any]:
    """GetAccessKeyInfo: which account a key id names, whether or not there is such a key.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html
    """
    if not is_key_id(key_id):
        raise validation(f"{key_id} is not an access key id")
    return {"Account": account_of(key_id)}


def validation(message: str) -> CommonServiceException:
    """AWS's ValidationError."""
    return client_error("ValidationError", message)


def _invalid_parameter(message: str) -> CommonServiceException:
    return client_error("InvalidParameterValue", message)


def _inline_policy(text: str) -> str:
    if len(text) > MAX_POLICY_CHARACTERS:
        raise client_error("PackedPolicyTooLarge", "Packed size of session tags and session policy exceeds the limit")
    try:
        parse_policy(text, PolicyKind.SESSION)
    except InvalidPolicy as invalid:
        raise client_error(invalid.code, invalid.message) from invalid
    return text


def _check_packed(tags: Mapping[str, str]) -> None:
    """Refuse tags that are longer than a policy may be. AWS packs them, to a limit that is lower and not documented.

    OBSERVED: https://github.com/aws-actions/configure-aws-credentials/issues/1898, where 2,268 characters are 498%.
    """
    percent = _percent(map("".join, tags.items()))
    if percent > _FULL:
        raise client_error(
            "PackedPolicyTooLarge", f"Packed size of session tags consumes {percent}% of allotted space."
        )


def _percent(texts: Iterable[str]) -> int:
    return -(-_FULL * sum(map(len, texts)) // MAX_POLICY_CHARACTERS)


def _packed(params: Mapping[str, Any]) -> dict[str, int]:
    """How full of policies and tags the request is, in percent, where it has any. How AWS packs them is not known: this is unpacked.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (PackedPolicySize)
    """
    texts = [params.get("Policy") or "", *(arn["arn"] for arn in params.get("PolicyArns") or ())]
    tags = [tag["Key"] + tag["Value"] for tag in params.get("Tags") or ()]
    percent = min(_FULL, _percent((*texts, *tags)))
    return {"PackedPolicySize": percent} if percent else {}


def _long_term_only(caller: Caller, operation: str) -> None:
    if caller.session is not None:
        raise client_error("AccessDenied", f"Cannot call {operation} with session credentials", HTTPStatus.FORBIDDEN)


def _credentials(session: Session) -> dict[str, Any]:
    issued = session.credential
    return {
        "AccessKeyId": issued.key_id,
        "SecretAccessKey": issued.key.secret,
        "SessionToken": issued.token.secret if issued.token else "",
        "Expiration": issued.expires,
    }


def _whole(time: datetime) -> datetime:
    return time.replace(microsecond=0)


def _denied(role: str) -> CommonServiceException:
    return client_error(
        "AccessDenied", f"User is not authorized to perform: sts:AssumeRole on resource: {role}", HTTPStatus.FORBIDDEN
    )
