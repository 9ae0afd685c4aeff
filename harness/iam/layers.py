"""Which policies of a world form which layer, and for whom a layer is in force."""

from collections.abc import Sequence
from typing import NamedTuple

from harness.iam.evaluate import LayerResult, evaluate
from harness.iam.match import ROOT, WITHOUT_ACCOUNT
from harness.model.decision import Evidence, Layer, NearMiss
from harness.model.request import Request
from harness.model.world import ResourcePolicyKind, World

RESOURCE_LAYERS = {
    ResourcePolicyKind.RESOURCE: Layer.RESOURCE,
    ResourcePolicyKind.TRUST: Layer.TRUST,
    ResourcePolicyKind.KEY: Layer.KEY,
}


class Layers(NamedTuple):
    """Every layer's result for one request; None where the layer is not in force."""

    everything: Sequence[LayerResult]
    """All results, in the order in which AWS looks for denies."""
    denies: tuple[Evidence, ...]
    """The explicit denies of all of them."""
    near_misses: tuple[NearMiss, ...]
    unknown: bool
    """Whether any statement met something that is not modelled."""
    identity: LayerResult
    resource: LayerResult
    boundary: LayerResult | None
    session: LayerResult | None
    service_control: Sequence[LayerResult]
    vpc_endpoint: LayerResult | None


def layers(request: Request, world: World, action: str) -> Layers:
    """Evaluate every layer that is in force for the caller; `action` is the request's in lower case."""
    kind = request.principal.kind
    of_account = kind not in WITHOUT_ACCOUNT
    # The root user has neither identity policies nor a boundary; only its organization binds it.
    own = of_account and kind is not ROOT
    boundary = world.boundary if own else None
    bounded = boundary is not None
    on_resource = () if world.resource is None else (world.resource,)
    resource = evaluate(RESOURCE_LAYERS[world.resource_kind], on_resource, request, action, bounded=bounded)
    identity = evaluate(Layer.IDENTITY, world.identity if own else (), request, action)
    limit = None if boundary is None else evaluate(Layer.BOUNDARY, (boundary,), request, action)
    session = evaluate(Layer.SESSION, world.session, request, action) if own and world.session is not None else None
    endpoint = None
    if world.vpc_endpoint is not None:
        endpoint = evaluate(Layer.VPC_ENDPOINT, (world.vpc_endpoint,), request, action, bounded=bounded)
    organization: list[LayerResult] = []
    service_control: list[LayerResult] = []
    if world.resource_control and not _beyond_resource_control(request, world):
        organization = [evaluate(Layer.RESOURCE_CONTROL, level, request, action) for level in world.resource_control]
    if world.service_control and of_account and not _beyond_service_control(world):
        service_control = [evaluate(Layer.SERVICE_CONTROL, level, request, action) for level in world.service_control]
    everything = [*organization, *service_control, resource, identity]
    if limit is not None:
        everything.append(limit)
    if session is not None:
        everything.append(session)
    if endpoint is not None:
        everything.append(endpoint)
    denies: tuple[Evidence, ...] = ()
    near_misses: tuple[NearMiss, ...] = ()
    unknown = False
    for result in everything:
        denies += result.denies
        near_misses += result.near_misses
        unknown = unknown or result.unknown
    return Layers(
        everything, denies, near_misses, unknown, identity, resource, limit, session, service_control, endpoint
    )


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
