"""Which policies of a world form which layer, and for whom a layer is in force."""

from dataclasses import dataclass

from harness.iam.evaluate import LayerResult, evaluate
from harness.model.decision import Evidence, Layer
from harness.model.principal import PrincipalKind
from harness.model.request import Request
from harness.model.world import ResourcePolicyKind, World

RESOURCE_LAYERS = {
    ResourcePolicyKind.RESOURCE: Layer.RESOURCE,
    ResourcePolicyKind.TRUST: Layer.TRUST,
    ResourcePolicyKind.KEY: Layer.KEY,
}
# Principals of accounts, who have policies of their own; a service, a provider or nobody in particular has none.
WITH_POLICIES = frozenset({
    PrincipalKind.ROOT, PrincipalKind.USER, PrincipalKind.ROLE_SESSION, PrincipalKind.FEDERATED_USER,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layers:
    """Every layer's result for one request; None where the layer is not in force."""

    identity: LayerResult
    resource: LayerResult
    boundary: LayerResult | None
    session: LayerResult | None
    service_control: tuple[LayerResult, ...]
    resource_control: tuple[LayerResult, ...]
    vpc_endpoint: LayerResult | None

    @property
    def all(self) -> tuple[LayerResult, ...]:
        """All results, in the order in which AWS looks for denies."""
        limits = [
            layer for layer in (self.identity, self.boundary, self.session, self.vpc_endpoint) if layer is not None
        ]
        return (*self.resource_control, *self.service_control, self.resource, *limits)

    @property
    def denies(self) -> tuple[Evidence, ...]:
        """Every explicit deny."""
        return tuple(evidence for layer in self.all for evidence in layer.denies)

    @property
    def unknown(self) -> bool:
        """Whether any statement met something that is not modelled."""
        return any(layer.unknown for layer in self.all)


def layers(request: Request, world: World) -> Layers:
    """Evaluate every layer that is in force for the caller."""
    controllable = request.principal.kind in WITH_POLICIES
    # The root user has neither identity policies nor a boundary; only its organization binds it.
    own = controllable and request.principal.kind is not PrincipalKind.ROOT
    bounded = own and world.boundary is not None
    resource = [world.resource] if world.resource is not None else []
    controlled = controllable and not (world.principal_in_management_account or world.principal_is_service_linked_role)
    return Layers(
        identity=evaluate(Layer.IDENTITY, world.identity if own else (), request),
        resource=evaluate(RESOURCE_LAYERS[world.resource_kind], resource, request, has_boundary=bounded),
        boundary=evaluate(Layer.BOUNDARY, [world.boundary], request) if own and world.boundary else None,
        session=evaluate(Layer.SESSION, world.session, request) if own and world.session is not None else None,
        service_control=tuple(evaluate(Layer.SERVICE_CONTROL, level, request) for level in world.service_control)
        if controlled
        else (),
        resource_control=()
        if world.principal_is_service_linked_role
        else tuple(evaluate(Layer.RESOURCE_CONTROL, level, request) for level in world.resource_control),
        vpc_endpoint=evaluate(Layer.VPC_ENDPOINT, [world.vpc_endpoint], request) if world.vpc_endpoint else None,
    )
