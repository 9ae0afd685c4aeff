"""The central rule: may this request go on? Guards in AWS's order, every detail behind a name.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
"""

from harness.iam.evaluate import LayerResult
from harness.iam.layers import Layers, layers
from harness.iam.match import ACCOUNT, DIRECT, NOT, ROLE, ROOT, WITHOUT_ACCOUNT
from harness.iam.specials import (
    NO_PERMISSION_NEEDED,
    overrides_resource_deny,
    owner_alone,
    refusal,
    restricted,
    too_many_values,
)
from harness.model.decision import Decision, Effect, Evidence, Layer
from harness.model.request import Request
from harness.model.world import ResourcePolicyKind, World

Missing = tuple[Layer, ...]
"""The layers that lack an Allow; none: the request may go on."""


def decide(request: Request, world: World) -> Decision:
    """The verdict and the statements that made it."""
    action = request.action.lower()
    if (refused := too_many_values(request.context)) is not None:
        return Decision(Effect.IMPLICIT_DENY, (refused,))
    if action in NO_PERMISSION_NEEDED and refusal(request, action) is None:
        return Decision(Effect.ALLOWED)
    found = layers(request, world, action)
    if found.denies and (denies := _denies(request, action, found)):
        return _decision(Effect.EXPLICIT_DENY, denies, found)
    if (refused := refusal(request, action) or restricted(request, world)) is not None:
        return _decision(Effect.IMPLICIT_DENY, (refused,), found)
    if missing := _organization(found) + _sides(request, world, found):
        return _decision(Effect.IMPLICIT_DENY, tuple(map(Evidence, dict.fromkeys(missing))), found)
    if (refused := owner_alone(request, action)) is not None:
        return _decision(Effect.IMPLICIT_DENY, (refused,), found)
    return _decision(Effect.ALLOWED, _allows(found), found)


def _allows(found: Layers) -> tuple[Evidence, ...]:
    allows: tuple[Evidence, ...] = ()
    for layer in found.everything:
        allows += layer.allows
    return allows


def _decision(effect: Effect, because: tuple[Evidence, ...], found: Layers) -> Decision:
    return Decision(effect, because, found.unknown, found.near_misses)


def _denies(request: Request, action: str, found: Layers) -> tuple[Evidence, ...]:
    if overrides_resource_deny(request, action):
        return tuple([deny for deny in found.denies if deny.layer is not Layer.RESOURCE])
    return found.denies


def _organization(found: Layers) -> Missing:
    """Every level needs an Allow of its own; the VPC endpoint, too. Resource control policies allow by implication.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
    """
    missing = _lacking(found.endpoint)
    for level in found.service_control:
        missing += _lacking(level)
    return missing


def _sides(request: Request, world: World, found: Layers) -> Missing:
    """The layers of the caller's and of the owner's side that lack an Allow."""
    principal = request.principal
    if principal.kind in WITHOUT_ACCOUNT:
        return _lacking(found.resource)
    if principal.account != request.resource_account:
        return _caller(request, found) + _lacking(found.resource)
    if world.resource_kind is ResourcePolicyKind.RESOURCE:
        return _same_account(request, world, found)
    return _policy_must_allow(request, found)


def _same_account(request: Request, world: World, found: Layers) -> Missing:
    """Either side suffices; how the resource's policy names the caller tells which limits still count."""
    missing = _caller(request, found)
    if not missing:
        return ()
    named = found.resource.named
    if named is DIRECT:
        return ()
    if named is ROLE:
        return _limits(found)
    on_resource = (found.resource.layer,) if world.resource is not None and Layer.IDENTITY in missing else ()
    return missing + on_resource


def _policy_must_allow(request: Request, found: Layers) -> Missing:
    """Role trust and key policies must allow themselves; naming the account delegates to the caller's own policies."""
    named = found.resource.named
    if named is NOT:
        return (found.resource.layer,)
    if named is DIRECT:
        return ()
    return _caller(request, found) if named is ACCOUNT else _limits(found)


def _caller(request: Request, found: Layers) -> Missing:
    """What the caller's account lacks; its root user needs nothing but what limits it."""
    if request.principal.kind is ROOT:
        return ()
    return _lacking(found.identity) + _limits(found)


def _limits(found: Layers) -> Missing:
    return _lacking(found.boundary) + _lacking(found.session)


def _lacking(layer: LayerResult | None) -> Missing:
    return () if layer is None or layer.allows else (layer.layer,)
