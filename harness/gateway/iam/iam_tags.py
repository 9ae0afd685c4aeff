"""Tags of IAM's entities, of every kind alike: keys are without case and keep the case that they were last given with.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html. moto knows some of the kinds, and only sometimes that keys have no case.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moto.iam.models import IAMBackend, User

from harness.actions import Operation
from harness.gateway.iam.entity_kinds import KINDS, POLICY
from harness.gateway.iam.iam_state import IamState

Tag = Mapping[str, str]
Result = dict[str, Any]

# What an operation calls the kind -> the parameter that names the entity
_NAMED_BY = {
    "InstanceProfile": "InstanceProfileName",
    "MFADevice": "SerialNumber",
    "OpenIDConnectProvider": "OpenIDConnectProviderArn",
    "Policy": "PolicyArn",
    "Role": "RoleName",
    "SAMLProvider": "SAMLProviderArn",
    "ServerCertificate": "ServerCertificateName",
    "User": "UserName",
}


@dataclass(slots=True)
class IamTags:
    """Tags the account's entities."""

    iam: IamState

    @property
    def operations(self) -> Mapping[str, Callable[[Operation], Result]]:
        """What is answered here, by name."""
        return {
            **{f"Tag{kind}": self._tag for kind in _NAMED_BY},
            **{f"Untag{kind}": self._untag for kind in _NAMED_BY},
            **{f"List{kind}Tags": self._list for kind in _NAMED_BY},
        }

    def _tag(self, operation: Operation) -> Result:
        entity, added = self._entity(operation), operation.params.get("Tags") or ()
        given = {tag["Key"].lower() for tag in added}
        kept = [tag for tag in held(self.iam.backend, entity) if tag["Key"].lower() not in given]
        _keep(self.iam.backend, entity, [*kept, *added])
        return {}

    def _untag(self, operation: Operation) -> Result:
        entity, gone = self._entity(operation), {key.lower() for key in operation.params.get("TagKeys") or ()}
        _keep(
            self.iam.backend,
            entity,
            [tag for tag in held(self.iam.backend, entity) if tag["Key"].lower() not in gone],
        )
        return {}

    def _list(self, operation: Operation) -> Result:
        tags = held(self.iam.backend, self._entity(operation))
        return {"Tags": sorted(map(dict, tags), key=lambda tag: tag["Key"])}

    def _entity(self, operation: Operation) -> Any:
        """The entity that the operation names, which is there: `entities` has looked."""
        kind = operation.name.removeprefix("Tag").removeprefix("Untag").removeprefix("List").removesuffix("Tags")
        parameter = _NAMED_BY[kind]
        name = operation.params[parameter]
        if kind == "Policy":
            return self.iam.backend.managed_policies[name]
        return next(one for one in KINDS[parameter].all(self.iam.backend) if KINDS[parameter].name(one) == name)


def held(backend: IAMBackend, entity: Any) -> Sequence[Tag]:
    """The entity's tags, wherever moto has them."""
    if isinstance(entity, User):
        found: Sequence[Tag] = backend.tagger.list_tags_for_resource(entity.arn)["Tags"]
        return found
    tags: Any = getattr(entity, "tags", None) or ()
    return tuple(tags.values()) if isinstance(tags, Mapping) else tuple(tags)


def held_by(backend: IAMBackend, arn: str) -> Sequence[Tag]:
    """The tags of the entity with that ARN or serial number, none where it is not there. `IamState.tags` reads roles' and users' sooner."""
    kinds = (*(KINDS[name] for name in _NAMED_BY.values() if name in KINDS), POLICY)
    entities = (entity for kind in kinds for entity in kind.all(backend))
    found = next(
        (one for one in entities if arn in {getattr(one, "arn", None), getattr(one, "serial_number", None)}), None
    )
    return held(backend, found) if found is not None else ()


def _keep(backend: IAMBackend, entity: Any, tags: Iterable[Tag]) -> None:
    if isinstance(entity, User):
        backend.tagger.tags[entity.arn] = {
            tag["Key"]: tag["Value"] for tag in tags
        }  # at once: a decision may be reading
    elif isinstance(getattr(entity, "tags", None), dict):
        entity.tags = {tag["Key"].lower(): tag for tag in tags}
    else:
        entity.tags = list(tags)
