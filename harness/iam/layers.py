"""Which policies of a world form which layer, for whom a layer is in force, and what all of them say."""

from collections.abc import Sequence
from typing import NamedTuple

from harness.iam.evaluate import LayerResult, evaluate
from harness.iam.match import ROOT, WITHOUT_ACCOUNT
from harness.model.decision import Evidence, Layer, NearMiss
from harness.model.request import Request
from harness.model.world import Policy, ResourcePolicyKind, World

RESOURCE_LAYERS = {
    ResourcePolicyKind.RESOURCE: Layer.RESOURCE,
    ResourcePolicyKind.TRUST: Layer.TRUST,
    ResourcePolicyKind.KEY: Layer.KEY,
}
LayerPolicies = tuple[Layer, Sequence[Policy], bool]
"""A layer, its policies, and whether the caller has a permissions boundary, where NotPrincipal has to know."""


class Layers(NamedTuple):
    """Every layer's result for one request."""

    everything: Sequence[LayerResult]
    """Those in force, in the order in which AWS looks for denies."""
    denies: tuple[Evidence, ...]
    """The explicit denies of all of them."""
    near_misses: tuple[NearMiss, ...]
    unknown: bool
    """Whether any statement met something that is not modelled."""
    resource: LayerResult
    """Of the resource's policy, its trust policy or its key policy; present also where there is none."""
    identity: LayerResult
    boundary: LayerResult | None
    session: LayerResult | None
    endpoint: LayerResult | None
    service_control: Sequence[LayerResult]


def layers(request: Request, world: World, action: str) -> Layers:
    """Evaluate every layer that is in force for the caller; `action` is the request's in lower case."""
    everything: list[LayerResult] = []
    denies: tuple[Evidence, ...] = ()
    near_misses: tuple[NearMiss, ...] = ()
    unknown = False
    for layer, policies, bounded in layer_policies(request, world):
        result = evaluate(layer, policies, request, action, bounded=bounded)
        everything.append(result)
        denies += result.denies
        near_misses += result.near_misses
        unknown = unknown or result.unknown
    last = {result.layer: result for result in everything}
    return Layers(
        everything,
        denies,
        near_misses,
        unknown,
        last[RESOURCE_LAYERS[world.resource_kind]],
        last[Layer.IDENTITY],
        last.get(Layer.BOUNDARY),
        last.get(Layer.SESSION),
        last.get(Layer.VPC_ENDPOINT),
        [result for result in everything if result.layer is Layer.SERVICE_CONTROL] if world.service_control else (),
    )


def layer_policies(request: Request, world: World) -> Sequence[LayerPolicies]:
    """The layers in force for the caller, in the order in which AWS looks for denies."""
    kind = request.principal.kind
    of_account = kind not in WITHOUT_ACCOUNT
    # The root user has neither identity policies nor a boundary; only its organization binds it.
    own = of_account and kind is not ROOT
    boundary = world.boundary if own else None
    bounded = boundary is not None
    found: list[LayerPolicies] = []
    if world.resource_control and not _beyond_resource_control(request, world):
        found += [(Layer.RESOURCE_CONTROL, level, bounded) for level in world.resource_control]
    if world.service_control and of_account and not _beyond_service_control(world):
        found += [(Layer.SERVICE_CONTROL, level, False) for level in world.service_control]
    on_resource = () if world.resource is None else (world.resource,)
    found.append((RESOURCE_LAYERS[world.resource_kind], on_resource, bounded))
    found.append((Layer.IDENTITY, world.identity if own else (), False))
    if boundary is not None:
        found.append((Layer.BOUNDARY, (boundary,), False))
    if own and world.session is not None:
        found.append((Layer.SESSION, world.session, False))
    if world.vpc_endpoint is not None:
        found.append((Layer.VPC_ENDPOINT, (world.vpc_endpoint,), bounded))
    return found


def _beyond_resource_control(request: Request, world: World) -> bool:
    """What resource control policies never bind: service-linked roles, and the resources of the management account.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
    """
    at_home = request.principal.account == request.resource_account
    return world.principal_is_service_linked_role or (world.principal_in_management_account and at_home)


def _beyond_service_control(world: World) -> bool:
    """Whom service control policies never bind.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html#not-restricted-by-scp
    """
    return world.principal_in_management_account or world.principal_is_service_linked_role
