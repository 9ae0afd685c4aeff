"""The account's IAM state, read from moto's stores: credentials, entities and the policies that they hold.

A policy set is rebuilt only when IAM changed: `revision` counts the mutations, and is raised before a mutation's response leaves.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from moto.iam.models import IAMBackend, Role, User, iam_backends

from harness.actions.iam import entity_arn
from harness.sigv4 import Credential, SigningKey
from harness.wire import AccountKeys
from harness.wire.vouch import PolicyRef, PolicySet

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
DEPLOYER = "deployer"


class Documents:
    """Policy documents by digest: each text is kept once."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def add(self, name: str, text: str) -> PolicyRef:
        """Keep `text`; how it is referred to."""
        digest = hashlib.sha256(text.encode()).hexdigest()
        self._texts[digest] = text
        return PolicyRef(name, digest)

    def text(self, digest: str) -> str | None:
        """The document of a digest, None where it is not held."""
        return self._texts.get(digest)


class IamState:
    """Reads the account's users, roles, groups, keys and policies."""

    def __init__(self, account_id: str, documents: Documents) -> None:
        self.account_id = account_id
        self.revision = 0
        self._documents = documents
        self._sets: dict[str, tuple[int, PolicySet]] = {}
        self._lock = threading.Lock()

    @property
    def backend(self) -> IAMBackend:
        """The store of this account; the only one that is ever read."""
        return iam_backends[self.account_id]["aws"]

    def changed(self) -> None:
        """IAM was changed, or may have been: every policy set is read anew from now on."""
        with self._lock:
            self.revision += 1

    def bootstrap(self, keys: AccountKeys) -> None:
        """Create the deployer: an IAM user with AdministratorAccess and the launch's key."""
        backend = self.backend
        backend.create_user(region_name="us-east-1", user_name=DEPLOYER, path="/", tags=None)
        backend.attach_user_policy(ADMINISTRATOR, DEPLOYER)
        key = backend.create_access_key(user_name=DEPLOYER)
        del backend.access_keys[key.access_key_id]
        key.access_key_id, key.secret_access_key = keys.deployer_key_id, keys.deployer_secret
        backend.access_keys[key.access_key_id] = key
        self.changed()

    # entities

    def user(self, name: str) -> User | None:
        """The user of that name."""
        return self.backend.users.get(name)

    def role(self, name: str) -> Role | None:
        """The role of that name."""
        return next((role for role in self.backend.roles.values() if role.name == name), None)

    def user_by_arn(self, arn: str) -> User | None:
        """The user with exactly that ARN, path included."""
        user = self.user(arn.rpartition("/")[2])
        return user if user is not None and user_arn(user) == arn else None

    def user_by_id(self, unique_id: str) -> User | None:
        """The user with that unique id, whatever it is called."""
        return next((user for user in self.backend.users.values() if user.id == unique_id), None)

    def role_by_id(self, unique_id: str) -> Role | None:
        """The role with that unique id."""
        return self.backend.roles.get(unique_id)

    def role_by_arn(self, arn: str) -> Role | None:
        """The role with exactly that ARN, path included."""
        role = self.role(arn.rpartition("/")[2])
        return role if role is not None and role_arn(role) == arn else None

    def unique_id(self, arn: str) -> str | None:
        """The unique id of the user or role with exactly that ARN."""
        user, role = self.user_by_arn(arn), self.role_by_arn(arn)
        entity = user or role
        return None if entity is None else str(entity.id)

    def access_key(self, key_id: str) -> tuple[Credential, User] | None:
        """The long-term key and its user."""
        key: Any = self.backend.access_keys.get(key_id)
        user = self.user(key.user_name) if key is not None else None
        if key is None or user is None:
            return None
        return Credential(key_id, SigningKey(key.secret_access_key), active=key.status == "Active"), user

    def path(self, kind: str, name: str) -> str:
        """The path of an entity, `/` where there is none of that name."""
        readers: dict[str, Callable[[], Any]] = {
            "role": lambda: self.role(name),
            "user": lambda: self.user(name),
            "group": lambda: self.backend.groups.get(name),
            "instance-profile": lambda: self.backend.instance_profiles.get(name),
            "server-certificate": lambda: next(
                (held for held in self.backend.certificates.values() if held.cert_name == name), None
            ),
        }
        return str(getattr(readers[kind](), "path", None) or "/")

    def inline(self, kind: str, name: str) -> dict[str, str]:
        """The inline policies of a `role`, `user` or `group` by their names; none where there is no such entity."""
        entity = {"role": self.role, "user": self.user, "group": self.backend.groups.get}[kind](name)
        return {} if entity is None else {key: _text(document) for key, document in entity.policies.items()}

    def tags(self, entity: Role | User) -> dict[str, str]:
        """The entity's own tags."""
        if isinstance(entity, User):
            listed = self.backend.tagger.list_tags_for_resource(user_arn(entity))["Tags"]
            return {tag["Key"]: tag["Value"] for tag in listed}
        tags: Any = entity.tags or {}
        values = tags.values() if isinstance(tags, Mapping) else tags
        return {tag["Key"]: tag["Value"] for tag in values}

    def open_id_clients(self, arn: str) -> frozenset[str] | None:
        """The client ids of the OpenID Connect provider of that ARN, None where there is none."""
        provider: Any = self.backend.open_id_providers.get(arn)
        return None if provider is None else frozenset(provider.client_id_list)

    def saml_metadata(self, name: str) -> str | None:
        """The metadata of the SAML provider of that name, None where there is none."""
        provider: Any = self.backend.saml_providers.get(name)
        return None if provider is None else str(provider.saml_metadata_document)

    # policies

    def policies_of(self, entity: Role | User) -> PolicySet:
        """Identity policies and boundary of a user or role, read again only after a change of IAM."""
        held = self._sets.get(entity.id)
        if held is not None and held[0] == self.revision:
            return held[1]
        with self._lock:
            revision = self.revision
        found = PolicySet(identity=tuple(self._identity(entity)), boundary=self._boundary(entity))
        self._sets[entity.id] = (revision, found)
        return found

    def policies_of_group(self, arn: str) -> PolicySet | None:
        """What a group gives its users, None where there is no group with exactly that ARN, path included."""
        group = self.backend.groups.get(arn.rpartition("/")[2])
        if group is None or entity_arn(self.account_id, "group", group.path, group.name) != arn:
            return None
        return PolicySet(identity=tuple(self._attached(group)))

    @staticmethod
    def boundary_arn(entity: Any) -> str | None:
        """The boundary's ARN: moto keeps a role's, LocalStack's provider sets a user's."""
        return (
            getattr(entity, "permissions_boundary_arn", None) or getattr(entity, "permissions_boundary", None) or None
        )

    def managed(self, arn: str) -> str | None:
        """The default version's document of a managed policy."""
        policy: Any = self.backend.managed_policies.get(arn)
        return None if policy is None else _in_force(policy)

    def _identity(self, entity: Role | User) -> Iterator[PolicyRef]:
        yield from self._attached(entity)
        if isinstance(entity, User):
            for group in self.backend.get_groups_for_user(entity.name):
                yield from self._attached(group)

    def _attached(self, entity: Any) -> Iterator[PolicyRef]:
        for name, document in entity.policies.items():
            yield self._documents.add(name, _text(document))
        for arn, policy in entity.managed_policies.items():
            yield self._documents.add(arn, _in_force(policy))

    def _boundary(self, entity: Any) -> PolicyRef | None:
        arn = self.boundary_arn(entity)
        if arn is None:
            return None
        # A boundary whose policy is gone still limits: nothing is allowed through it.
        return self._documents.add(arn, self.managed(arn) or '{"Version":"2012-10-17","Statement":[]}')


def _in_force(policy: Any) -> str:
    """The document of a managed policy's default version; LocalStack's own attribute keeps the first one's."""
    return next(str(version.document) for version in policy.versions if version.version_id == policy.default_version_id)


def _text(document: Any) -> str:
    return document if isinstance(document, str) else str(getattr(document, "policy_document", document))


def role_arn(role: Role) -> str:
    """The role's ARN with its path."""
    return str(role.arn)


def user_arn(user: User) -> str:
    """The user's ARN with its path."""
    return entity_arn(str(user.account_id), "user", str(user.path), str(user.name))
