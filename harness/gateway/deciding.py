"""From a signer and a call to a verdict: makes the request and its world, asks the engine, and keeps the evidence.

Worlds are made of compiled documents held by digest; nothing is parsed twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from harness.actions import Call, Operation, Standing, global_keys, resource_control
from harness.actions.federation import Federated
from harness.actions.operation import ContextValue
from harness.gateway.arrival import Arrival, Signer
from harness.gateway.clock import Clock
from harness.gateway.iam.iam_state import Documents, IamState
from harness.gateway.membership import Levels, OwnMembership
from harness.gateway.policies.resource_policies import policy_kind, resource_policy
from harness.gateway.policies.storing import PolicyDesk
from harness.gateway.resources import subscriptions
from harness.gateway.s3.public_access import RESTRICT_PUBLIC_BUCKETS, is_blocked
from harness.gateway.signers import Anonymous, Authorized, ServiceSigner
from harness.iam import decide, denial_message
from harness.model.arn import Arn
from harness.model.decision import Decision, Effect, Evidence, NearMiss
from harness.model.principal import Principal, PrincipalKind, is_service_linked
from harness.model.request import Context, Request
from harness.model.world import Policy, ResourcePolicyKind, World
from harness.policy import Document, PolicyKind, is_public, parse_stored
from harness.wire import VpcEndpoint
from harness.wire.vouch import Caller, CallerKind, PolicyRef, Vouch

_KINDS = {
    CallerKind.ROOT: PrincipalKind.ROOT,
    CallerKind.USER: PrincipalKind.USER,
    CallerKind.ROLE_SESSION: PrincipalKind.ROLE_SESSION,
    CallerKind.FEDERATED_USER: PrincipalKind.FEDERATED_USER,
}
_TRUST_ACTIONS = frozenset({
    "sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity", "sts:setsourceidentity", "sts:tagsession",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """One call's decision, ready for the answer and for the journal."""

    effect: Effect
    message: str
    line: Mapping[str, Any]
    documents: Sequence[tuple[str, str]]

    @property
    def allowed(self) -> bool:
        """Nothing denied it, and what has to allow it did."""
        return self.effect is Effect.ALLOWED


@dataclass(frozen=True, slots=True)
class _Owned:
    """The owner's side of one decision, by digest."""

    policy: PolicyRef | None
    kind: ResourcePolicyKind
    resource_control: Levels
    """None where no organization binds the resource, or resource control policies do not reach it."""
    vpc_endpoint: PolicyRef | None
    """Of the endpoint that the request came through."""

    @property
    def refs(self) -> tuple[PolicyRef, ...]:
        """Every policy named."""
        controls = [ref for level in self.resource_control for ref in level]
        return tuple(ref for ref in (self.policy, self.vpc_endpoint, *controls) if ref is not None)


@dataclass(slots=True)
class Decider:
    """Decides calls on resources of this account, and on those of accounts that are not part of the launch."""

    account_id: str
    iam: IamState
    documents: Documents
    desk: PolicyDesk
    clock: Clock
    membership: OwnMembership
    _compiled: dict[tuple[str, PolicyKind], Document] = field(default_factory=dict)

    def decide(self, signer: Signer, call: Call, operation: Operation, arrival: Arrival) -> Verdict:
        """The verdict on one call, and its line."""
        if call.by is not None:
            signer = ServiceSigner(call.by.principal, call.by.source_arn, self.account_id, self.membership.place)
        account = self._account(call, operation)
        context = self._context(signer, call, operation, arrival, account)
        if call.via is None and call.by is None:
            through = arrival.vpc_endpoint
            region = operation.region
            return self.judge(
                signer, call.action, call.resource, context, region, through, account=account, standing=call.policy
            )
        # A service asks by a way of its own, and only for what is there.
        return self.judge(signer, call.action, call.resource, context, operation.region, must_be_there=True)

    def judge(
        self,
        signer: Signer,
        action: str,
        resource: str | None,
        context: Context,
        region: str,
        endpoint: VpcEndpoint | None = None,
        *,
        account: str | None = None,
        standing: Standing | None = None,
        must_be_there: bool = False,
    ) -> Verdict:
        """The verdict on one action on one resource of this account, whatever request it belongs to.

        `account` is the resource's where its ARN does not tell. `standing` is in the place of the resource's own policy, where it is
        given. A key of KMS that is not there has no policy, and lets nobody in where it `must_be_there`. Elsewhere KMS itself says so.
        """
        account = account or self.resource_account(resource)
        request = Request(_principal(signer, region, self.account_id), action, resource, account, context)
        owned = self._owned(request, region, endpoint)
        if standing is not None:
            name, text = standing
            policy = self.documents.add(name, text) if text is not None else None
            owned = replace(owned, policy=policy, kind=ResourcePolicyKind.RESOURCE)
        if must_be_there and owned.policy is None:
            owned = replace(owned, kind=ResourcePolicyKind.KEY)
        world = self._world(signer, owned)
        decision = decide(request, world)
        line = self._line(signer, request, decision, owned)
        if world.public_access_restricted:
            line["public_access_restricted"] = True
        named = [ref.digest for ref in (*_refs(signer), *owned.refs)]
        texts = [(digest, kept) for digest in named if (kept := self.documents.text(digest)) is not None]
        message = "" if decision.allowed else denial_message(request, decision)
        return Verdict(decision.effect, message, line, texts)

    def would_allow(self, signer: Signer, call: Call, operation: Operation, arrival: Arrival, policy: str) -> bool:
        """Whether the call would be allowed if `policy` were its resource's."""
        resource, account = str(call.resource), self.resource_account(call.resource)
        context = self._context(signer, call, operation, arrival, account)
        request = Request(
            _principal(signer, operation.region, self.account_id), call.action, resource, account, context
        )
        world = replace(
            self._world(signer, self._owned(request, operation.region)),
            resource=Policy(resource, parse_stored(policy, PolicyKind.RESOURCE)),
            resource_kind=policy_kind(resource),
        )
        return decide(request, world).allowed

    def resource_account(self, resource: str | None) -> str:
        """The account that an ARN names; this one where it names none, or there is no ARN."""
        arn = Arn.parse(resource or "")
        return arn.account if arn is not None and arn.account.isdigit() else self.account_id

    def _account(self, call: Call, operation: Operation) -> str:
        """Whose the resource is. Subscriptions have no ARN in policies, and may be another account's than their topic."""
        own = subscriptions.owner(self.account_id, operation) if call.resource == "*" else None
        return own or self.resource_account(call.resource)

    def _context(
        self, signer: Signer, call: Call, operation: Operation, arrival: Arrival, resource_account: str
    ) -> Context:
        at_home = resource_account == self.account_id
        around = global_keys.Circumstances(
            now=self.clock.now(),
            client_address=arrival.client_address,
            vpc_endpoint=arrival.vpc_endpoint,
            user_agent=arrival.head.value("user-agent"),
            referer=arrival.head.value("referer"),
            region=operation.region,
            resource_account=resource_account,
            resource_place=self.membership.place if at_home else None,
            mfa=operation.mfa,
            via=call.via,
        )
        known = global_keys.MODELLED if at_home else global_keys.MODELLED - global_keys.RESOURCE_ORGANIZATION
        modelled, own = known | call.modelled, call.context
        if isinstance(signer, Vouch):
            keys = global_keys.of_caller(signer.caller, around)
        elif isinstance(signer, Federated):
            keys = global_keys.of_provider(signer.provider, around) | dict(signer.keys)
            modelled |= signer.known
        elif isinstance(signer, Anonymous | Authorized):
            keys = global_keys.of_anonymous(around)
            own = _without(own, global_keys.OF_SIGNATURES | global_keys.OF_PRINCIPALS)
        else:
            assert isinstance(signer, ServiceSigner)  # noqa: S101 - plumbing is not decided
            keys = global_keys.of_service(signer.principal, signer.source_arn, signer.account, signer.place, around)
            own = _without(own, global_keys.OF_PRINCIPALS)
        return Context.of({**keys, **own}, modelled)

    def _owned(self, request: Request, region: str, endpoint: VpcEndpoint | None = None) -> _Owned:
        """The owner's side: the resource's policy, and what the organization says of this account's resources."""
        policy, kind = self._resource_policy(request, region)
        ours = request.resource_account == self.account_id
        reached = ours and resource_control.reached(request.action, request.resource)
        through = self.documents.add(endpoint.id, endpoint.policy) if endpoint and endpoint.policy else None
        return _Owned(policy, kind, self.membership.resource_control if reached else (), through)

    def _resource_policy(self, request: Request, region: str) -> tuple[PolicyRef | None, ResourcePolicyKind]:
        """The policy on the resource, by digest; another account's resource has none that is known here."""
        resource = request.resource
        if request.action.lower() in _TRUST_ACTIONS:
            return self._trust_policy(resource or ""), ResourcePolicyKind.TRUST
        if resource is None or not resource.startswith("arn:"):
            return None, ResourcePolicyKind.RESOURCE
        if request.resource_account != self.account_id:  # a key's policy must allow, and this one is not known here
            return None, policy_kind(resource)
        text = resource_policy(self.account_id, region, resource)
        if not text:
            return None, ResourcePolicyKind.RESOURCE
        return self.documents.add(resource, self.desk.policy(resource, text)), policy_kind(resource)

    def _trust_policy(self, arn: str) -> PolicyRef | None:
        role = self.iam.role_by_arn(arn)
        if role is None:
            return None
        text = self.desk.policy(arn, str(role.assume_role_policy_document))
        return self.documents.add(arn, text)

    def _world(self, signer: Signer, owned: _Owned) -> World:
        parsed = PolicyKind.TRUST if owned.kind is ResourcePolicyKind.TRUST else PolicyKind.RESOURCE
        resource_policy_ = self._policy(owned.policy, parsed) if owned.policy else None
        controls = self._levels(owned.resource_control, PolicyKind.RCP)
        restricted = resource_policy_ is not None and self._is_restricted(resource_policy_)
        endpoint = self._policy(owned.vpc_endpoint, PolicyKind.VPC_ENDPOINT) if owned.vpc_endpoint else None
        if not isinstance(signer, Vouch):
            given = (self._policy(signer.policy, PolicyKind.IDENTITY),) if isinstance(signer, Authorized) else ()
            return World(
                identity=given,
                resource=resource_policy_,
                resource_kind=owned.kind,
                resource_control=controls,
                vpc_endpoint=endpoint,
                public_access_restricted=restricted,
            )
        policies = signer.policies
        return World(
            identity=tuple(self._policy(ref, PolicyKind.IDENTITY) for ref in policies.identity),
            boundary=self._policy(policies.boundary, PolicyKind.BOUNDARY) if policies.boundary else None,
            session=None
            if policies.session is None
            else tuple(self._policy(ref, PolicyKind.SESSION) for ref in policies.session),
            resource=resource_policy_,
            resource_kind=owned.kind,
            service_control=self._levels(policies.service_control, PolicyKind.SCP),
            resource_control=controls,
            vpc_endpoint=endpoint,
            principal_is_service_linked_role=is_service_linked(signer.caller.role_arn or ""),
            public_access_restricted=restricted,
        )

    def _is_restricted(self, policy: Policy) -> bool:
        """Whether S3's block of public access applies to the policy; it is named by the bucket's ARN, or its object's."""
        resource = str(policy.name)
        return (
            resource.startswith("arn:aws:s3:::")
            and is_blocked(self.account_id, resource, RESTRICT_PUBLIC_BUCKETS)
            and is_public(policy.document)
        )

    def _levels(self, levels: Levels, kind: PolicyKind) -> tuple[tuple[Policy, ...], ...]:
        return tuple(tuple(self._policy(ref, kind) for ref in level) for level in levels)

    def _policy(self, ref: PolicyRef, kind: PolicyKind) -> Policy:
        key = (ref.digest, kind)
        document = self._compiled.get(key)
        if document is None:
            text = self.documents.text(ref.digest)
            assert text is not None  # noqa: S101 - a ref is made by keeping its text
            document = self._compiled[key] = parse_stored(text, kind)
        return Policy(ref.name, document)

    def _line(
        self,
        signer: Signer,
        request: Request,
        decision: Decision,
        owned: _Owned,
    ) -> dict[str, Any]:
        line: dict[str, Any] = {
            "home": signer.home if isinstance(signer, Vouch) else _account(signer, self.account_id),
            "revisions": {"owner": self.iam.revision}
            | ({"home": signer.revision} if isinstance(signer, Vouch) else {}),
            "principal": request.principal.arn,
            "caller": _identity(request.principal),
            "action": request.action,
            "resource": request.resource,
            "resource_account": request.resource_account,
            "context": request.context.values,
            "decision": decision.effect.value,
            "because": [_evidence(evidence) for evidence in decision.because],
            "policies": _named(signer, owned),
            "resource_policy_kind": owned.kind.value,
        }
        if isinstance(signer, Federated):
            line["subject"] = signer.subject
        if isinstance(signer, Authorized):
            line["subject"] = signer.principal_id
        if decision.near_misses:
            line["near_misses"] = [_near_miss(one) for one in decision.near_misses]
        if request.context.modelled is not None:
            line["modelled"] = sorted(request.context.modelled - global_keys.MODELLED)
            if unknown := global_keys.MODELLED - request.context.modelled:
                line["unknown"] = sorted(unknown)
        return line | ({"unmodelled": True} if decision.unmodelled else {})


def _principal(signer: Signer, region: str, account: str) -> Principal:
    if isinstance(signer, Anonymous):
        return Principal(PrincipalKind.ANONYMOUS, "anonymous")
    if isinstance(signer, Authorized):
        return Principal(PrincipalKind.AUTHORIZED, "authorized", account)
    if isinstance(signer, ServiceSigner):
        return Principal(
            PrincipalKind.SERVICE, signer.principal, regional_name=global_keys.regional_name(signer.principal, region)
        )
    if isinstance(signer, Federated):
        return Principal(PrincipalKind.FEDERATED, signer.provider)
    assert isinstance(signer, Vouch)  # noqa: S101 - nothing else is decided
    return _of_caller(signer.caller)


def _without(context: Mapping[str, ContextValue], names: frozenset[str]) -> Mapping[str, ContextValue]:
    return {name: value for name, value in context.items() if name.lower() not in names}


def _account(signer: Signer, here: str) -> str:
    return signer.account if isinstance(signer, ServiceSigner) else here


def _of_caller(caller: Caller) -> Principal:
    return Principal(
        kind=_KINDS[caller.kind],
        arn=caller.arn,
        account=caller.account_id,
        role_arn=caller.role_arn or "",
        unique_id=caller.unique_id,
        user_arn=caller.user_arn or "",
    )


def _identity(principal: Principal) -> dict[str, str]:
    """What the engine knows of the principal beside its ARN."""
    known = {
        "kind": principal.kind.value,
        "account": principal.account,
        "unique_id": principal.unique_id,
        "role_arn": principal.role_arn,
        "user_arn": principal.user_arn,
        "regional_name": principal.regional_name,
    }
    return {name: value for name, value in known.items() if value}


def _refs(signer: Signer) -> tuple[PolicyRef, ...]:
    if isinstance(signer, Authorized):
        return (signer.policy,)
    return signer.policies.refs if isinstance(signer, Vouch) else ()


def _evidence(evidence: Evidence) -> dict[str, Any]:
    if evidence.policy is None:
        missing: dict[str, Any] = {"layer": evidence.layer.value, "missing": "allow"}
        return missing | ({"note": evidence.note} if evidence.note else {})
    fields: dict[str, Any] = {
        "layer": evidence.layer.value,
        "policy": evidence.policy,
        "statement": evidence.statement,
        "sid": evidence.sid,
        "effect": evidence.effect,
    }
    return fields | ({"note": evidence.note} if evidence.note else {})


def _near_miss(miss: NearMiss) -> dict[str, Any]:
    """A statement that failed by its conditions: each with the values it wanted and the one it met."""
    return _evidence(miss.statement) | {"failed": [one._asdict() for one in miss.failed]}


def _named(signer: Signer, owned: _Owned) -> dict[str, Any]:
    """Every policy of this decision by name and digest: with the documents beside the journal, it can be decided again."""
    named: dict[str, Any] = {"resource": _pair(owned.policy)} if owned.policy else {}
    if owned.resource_control:
        named["resource_control"] = _pairs(owned.resource_control)
    if owned.vpc_endpoint:
        named["vpc_endpoint"] = _pair(owned.vpc_endpoint)
    if isinstance(signer, Authorized):
        named["identity"] = [_pair(signer.policy)]
    if isinstance(signer, Vouch):
        policies = signer.policies
        named["identity"] = [_pair(ref) for ref in policies.identity]
        named["permissions_boundary"] = _pair(policies.boundary) if policies.boundary else None
        named["session"] = None if policies.session is None else [_pair(ref) for ref in policies.session]
        if policies.service_control:
            named["service_control"] = _pairs(policies.service_control)
    return named


def _pairs(levels: Levels) -> list[list[list[str]]]:
    return [[_pair(ref) for ref in level] for level in levels]


def _pair(ref: PolicyRef) -> list[str]:
    return [ref.name, ref.digest]
