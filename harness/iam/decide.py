"""The central rule: may this request go on? Guards in AWS's order, every detail behind a name.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
"""

from harness.iam.evaluate import LayerResult
from harness.iam.layers import Layers, layers
from harness.iam.match import Named
from harness.iam.specials import NO_PERMISSION_NEEDED, overrides_resource_deny, refusal
from harness.model.decision import Decision, Effect, Evidence, Layer
from harness.model.principal import PrincipalKind
from harness.model.request import Request
from harness.model.world import ResourcePolicyKind, World


def decide(request: Request, world: World) -> Decision:
    """The verdict and the statements that made it."""
    if request.action.lower() in NO_PERMISSION_NEEDED:
        return Decision(Effect.ALLOWED)
    found = layers(request, world)
    if denies := _denies(request, found):
        return Decision(Effect.EXPLICIT_DENY, denies, found.unknown)
    if (refused := refusal(request)) is not None:
        return Decision(Effect.IMPLICIT_DENY, (refused,), found.unknown)
    missing = (*_organization(found), *_sides(request, world, found))
    if missing:
        return Decision(Effect.IMPLICIT_DENY, tuple(Evidence(layer) for layer in dict.fromkeys(missing)), found.unknown)
    return Decision(Effect.ALLOWED, tuple(allow for layer in found.all for allow in layer.allows), found.unknown)


def _denies(request: Request, found: Layers) -> tuple[Evidence, ...]:
    if overrides_resource_deny(request):
        return tuple(deny for deny in found.denies if deny.layer is not Layer.RESOURCE)
    return found.denies


def _organization(found: Layers) -> tuple[Layer, ...]:
    """Every level needs an Allow of its own; the VPC endpoint, too. Resource control policies allow by implication.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
    """
    missing = [level.layer for level in found.service_control if not level.allows]
    if found.vpc_endpoint is not None and not found.vpc_endpoint.allows:
        missing.append(found.vpc_endpoint.layer)
    return tuple(missing)


def _sides(request: Request, world: World, found: Layers) -> tuple[Layer, ...]:
    """The layers of the caller's and of the owner's side that lack an Allow."""
    principal = request.principal
    if principal.kind in {PrincipalKind.SERVICE, PrincipalKind.FEDERATED, PrincipalKind.ANONYMOUS}:
        return _lacking(found.resource)
    if principal.account != request.resource_account:
        return (*_caller(request, found), *_lacking(found.resource))
    if world.resource_kind is ResourcePolicyKind.RESOURCE:
        return _same_account(request, world, found)
    return _policy_must_allow(request, found)


def _same_account(request: Request, world: World, found: Layers) -> tuple[Layer, ...]:
    """Either side suffices; how the resource's policy names the caller tells which limits still count."""
    missing = _caller(request, found)
    if not missing:
        return ()
    limits = _limits(found)
    if found.resource.named is Named.DIRECT or (found.resource.named is Named.ROLE and not limits):
        return ()
    if Layer.IDENTITY in missing and world.resource is not None and found.resource.named <= Named.ACCOUNT:
        return (*missing, found.resource.layer)
    return missing if found.resource.named <= Named.ACCOUNT else limits


def _policy_must_allow(request: Request, found: Layers) -> tuple[Layer, ...]:
    """Role trust and key policies must allow themselves; naming the account delegates to the caller's own policies."""
    named = found.resource.named
    if named is Named.NOT:
        return (found.resource.layer,)
    if named is Named.DIRECT:
        return ()
    return _caller(request, found) if named is Named.ACCOUNT else _limits(found)


def _caller(request: Request, found: Layers) -> tuple[Layer, ...]:
    """What the caller's account lacks; its root user needs nothing but what limits it."""
    identity = () if request.principal.kind is PrincipalKind.ROOT else _lacking(found.identity)
    return (*identity, *_limits(found))


def _limits(found: Layers) -> tuple[Layer, ...]:
    return (*_lacking(found.boundary), *_lacking(found.session))


def _lacking(layer: LayerResult | None) -> tuple[Layer, ...]:
    return () if layer is None or layer.allows else (layer.layer,)
