"""The home's side: who signed a request with a key of this account, and which policies limit and grant."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from moto.iam.models import Role, User

from harness.gateway.clock import Clock
from harness.gateway.iam.iam_state import Documents, IamState, role_arn, user_arn
from harness.gateway.iam.last_used import LastUsed
from harness.gateway.membership import OwnMembership
from harness.gateway.sessions import Session, Sessions
from harness.model.arn import Arn
from harness.sigv4 import Claim, Credential, Head, Payload, Reason, Rejected, SigningKey, verify
from harness.wire import AccountKeys
from harness.wire.vouch import Caller, CallerKind, PolicyRef, PolicySet, SessionFacts, Vouch

# What root may do, as a policy: a session policy of a federated user of root's is limited by it alone.
EVERYTHING = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
_MOST_SAID = 4096
"""Statements that are kept: of more keys than this, all are made anew."""


@dataclass(slots=True)
class Home:
    """The account as the issuer of keys."""

    account_id: str
    iam: IamState
    sessions: Sessions
    documents: Documents
    clock: Clock
    keys: AccountKeys
    membership: OwnMembership
    uses: LastUsed = field(default_factory=LastUsed)
    _said: dict[str, Vouch] = field(default_factory=dict)
    """By key id: the last statement, which holds until IAM changes."""

    def vouch(self, head: Head, claim: Claim, payload: Payload) -> Vouch | Rejected:
        """Who signed the request, or why nobody of this account did."""
        found = self._credential(claim.key_id)
        if found is None:
            return Rejected(Reason.UNKNOWN_KEY)
        credential, holder = found
        now = self.clock.now()
        rejected = verify(head, claim, payload, credential, real_time=self.clock.real(), session_time=now)
        if rejected is not None:
            return rejected
        self.uses.note(holder, claim, now)
        said = self._said.get(claim.key_id)
        if said is None or said.revision != self.iam.revision:
            stated = self._statement(claim, holder)
            if isinstance(stated, Rejected):
                return stated
            if len(self._said) >= _MOST_SAID:
                self._said.clear()
            said = self._said[claim.key_id] = stated
        return replace(said, region=claim.region, service=claim.service)

    def _statement(self, claim: Claim, holder: Session | User | None) -> Vouch | Rejected:
        """Of a session, a user, or for None the root user."""
        if isinstance(holder, Session):
            return self._session(claim, holder)
        revision = self.iam.revision
        if holder is None:
            return self._vouch(claim, revision, self._root(), PolicySet())
        return self._vouch(claim, revision, self._user(holder), self.iam.policies_of(holder))

    def describe(self, principal: str) -> Vouch | None:
        """What this account would say of a principal of its own, if it had signed; None where there is none of that ARN.

        A role's ARN means a session of the role, and so does the ARN of a session, whether or not it was issued.
        """
        arn = Arn.parse(principal)
        if arn is None:
            return None
        unsigned = Claim("", "", "", "", (), "", "", None, None)
        revision = self.iam.revision
        if arn.resource == "root":
            return self._vouch(unsigned, revision, self._root(), PolicySet())
        if (user := self.iam.user_by_arn(principal)) is not None:
            return self._vouch(unsigned, revision, self._user(user), self.iam.policies_of(user))
        name, _, session = arn.name.partition("/") if arn.kind == "assumed-role" else ("", "", "simulated")
        role = self.iam.role(name) if name else self.iam.role_by_arn(principal)
        if role is None:
            return None
        caller = self._role_caller(role, session)
        return self._vouch(unsigned, revision, caller, self.iam.policies_of(role))

    def _credential(self, key_id: str) -> tuple[Credential, Session | User | None] | None:
        if key_id == self.keys.root_key_id:
            return Credential(key_id, SigningKey(self.keys.root_secret)), None
        session = self.sessions.get(key_id)
        return (session.credential, session) if session is not None else self.iam.access_key(key_id)

    def _vouch(self, claim: Claim, revision: int, caller: Caller, policies: PolicySet) -> Vouch:
        """Every statement leaves here, so that none is without the organization's part."""
        caller = replace(caller, place=self.membership.place)
        policies = replace(policies, service_control=self.membership.service_control)
        return Vouch(self.account_id, revision, caller, policies, claim.key_id, claim.region, claim.service)

    def _root(self, facts: SessionFacts | None = None) -> Caller:
        arn = f"arn:aws:iam::{self.account_id}:root"
        return Caller(CallerKind.ROOT, self.account_id, arn, self.account_id, session=facts)

    def _user(self, user: User, facts: SessionFacts | None = None) -> Caller:
        return Caller(
            kind=CallerKind.USER,
            account_id=self.account_id,
            arn=user_arn(user),
            unique_id=str(user.id),
            user_name=str(user.name),
            user_arn=user_arn(user),
            principal_tags=self.iam.tags(user),
            session=facts,
        )

    def _session(self, claim: Claim, session: Session) -> Vouch | Rejected:
        """A session whose role or user is gone has lost its meaning: AWS calls its token invalid.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_disable-perms.html
        """
        revision = self.iam.revision
        match session.kind:
            case CallerKind.ROLE_SESSION:
                return self._role_session(claim, revision, session)
            case CallerKind.ROOT:
                return self._vouch(claim, revision, self._root(_facts(session)), PolicySet())
            case CallerKind.FEDERATED_USER if session.owner_id == self.account_id:
                everything = PolicySet((self.documents.add("the root user", EVERYTHING),))
                return self._federated_user(claim, revision, session, self._root(), everything)
            case _:
                user = self.iam.user_by_id(session.owner_id)
                if user is None:
                    return Rejected(Reason.UNKNOWN_KEY)
                return self._user_session(claim, revision, session, user)

    def _role_session(self, claim: Claim, revision: int, session: Session) -> Vouch | Rejected:
        role = self.iam.role_by_id(session.owner_id)
        if role is None:
            return Rejected(Reason.UNKNOWN_KEY)
        caller = replace(
            self._role_caller(role, session.name),
            principal_tags=_tagged(self.iam.tags(role), session),
            session=_facts(session),
        )
        return self._vouch(claim, revision, caller, self._limited(self.iam.policies_of(role), session))

    def _role_caller(self, role: Role, session_name: str) -> Caller:
        return Caller(
            kind=CallerKind.ROLE_SESSION,
            account_id=self.account_id,
            arn=f"arn:aws:sts::{self.account_id}:assumed-role/{role.name}/{session_name}",
            unique_id=str(role.id),
            role_arn=role_arn(role),
            session_name=session_name,
            principal_tags=self.iam.tags(role),
        )

    def _user_session(self, claim: Claim, revision: int, session: Session, user: User) -> Vouch:
        policies = self.iam.policies_of(user)
        if session.kind is CallerKind.USER:
            return self._vouch(claim, revision, self._user(user, _facts(session)), policies)
        return self._federated_user(claim, revision, session, self._user(user), policies)

    def _federated_user(
        self, claim: Claim, revision: int, session: Session, parent: Caller, policies: PolicySet
    ) -> Vouch:
        caller = Caller(
            kind=CallerKind.FEDERATED_USER,
            account_id=self.account_id,
            arn=f"arn:aws:sts::{self.account_id}:federated-user/{session.name}",
            unique_id=parent.unique_id,
            session_name=session.name,
            user_arn=parent.user_arn,
            principal_tags=_tagged(parent.principal_tags, session),
            session=_facts(session),
        )
        return self._vouch(claim, revision, caller, self._limited(policies, session))

    def _limited(self, policies: PolicySet, session: Session) -> PolicySet:
        if session.policies is None:
            # A role's session without session policies is not limited; a federated user's without any has no permissions.
            empty = () if session.kind is CallerKind.FEDERATED_USER else None
            return PolicySet(policies.identity, policies.boundary, empty)
        return PolicySet(policies.identity, policies.boundary, tuple(self._passed(session.policies)))

    def _passed(self, policies: tuple[tuple[str, str], ...]) -> Iterator[PolicyRef]:
        for name, document in policies:
            yield self.documents.add(name, document)


def _tagged(own: Mapping[str, str], session: Session) -> dict[str, str]:
    """A session has the tags of its role or user and its own, which go before those of the same key in whatever case.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
    """
    given = {key.lower() for key in session.session_tags}
    return {**{key: value for key, value in own.items() if key.lower() not in given}, **session.session_tags}


def _facts(session: Session) -> SessionFacts:
    expires = session.credential.expires
    assert expires is not None  # noqa: S101 - every session has an end
    return SessionFacts(
        issued=session.issued.timestamp(),
        expires=expires.timestamp(),
        transitive_tag_keys=session.transitive_tag_keys,
        session_tags=session.session_tags,
        source_identity=session.source_identity,
        mfa=session.mfa,
        is_chainable_role=session.kind is CallerKind.ROLE_SESSION,
        provider=session.provider,
        provider_keys=session.provider_keys,
        via=session.via,
        long_term=session.long_term,
    )
