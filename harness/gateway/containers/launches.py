"""Make the launches of a Compose project, in its one-shot service: `python -m harness.gateway.containers.launches ACCOUNT...`.

ACCOUNT is `SERVICE:ID:REGION`; `external:ID` is an account that policies may name, `organization:SERVICE:JSON` an account's
place in its organization, `quotas:SERVICE:JSON` its raised quotas, and
`network:SERVICE:JSON` where its requests come from. Each account has a volume of its own at
`/run/harness/SERVICE`, which that account's container alone mounts:

- `launch.json`, of the instance's user, who removes it once it is read;
- `record.json`, of root: the same and the key that signs web identity tokens; the driver reads it through `docker exec`, and
  no function can.

The record stays while the volume does: a container that is started again gets the launch that it had. An instance that runs
gets no second one, which nobody would remove.
"""

import json
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import harness
from harness.gateway.containers.container import JOURNAL, PUBLIC_PORT
from harness.keys import IssuerKey, fresh_issuer_key, fresh_keys, fresh_launch_key
from harness.wire import DEFAULT_QUOTAS, NO_NETWORK, Launch, Listen, Membership, Network, Peer, Quotas

FOLDER = Path("/run/harness")
PEER_PORT = 4567
INSTANCE_USER = 65534
EVERY_INTERFACE = "0.0.0.0"  # noqa: S104 - of the container; what is published is Compose's to say
EAGER_SERVICES = ("dynamodb", "lambda", "logs", "events", "s3")
CONNECT_TIMEOUT = 0.5


@dataclass(frozen=True, slots=True)
class Account:
    """One account as the command line names it."""

    service: str
    account_id: str
    region: str
    organization: Membership | None = None
    quotas: Quotas = DEFAULT_QUOTAS
    network: Network = NO_NETWORK

    @property
    def folder(self) -> Path:
        """Its volume."""
        return FOLDER / self.service


@dataclass(frozen=True, slots=True)
class Shared:
    """What all accounts of a launch have in common."""

    launch_key: str
    issuer: IssuerKey

    @classmethod
    def of(cls, launch: Launch) -> "Shared":
        """That of an account that has been launched before."""
        return cls(launch.launch_key, IssuerKey(launch.issuer_key, launch.issuer_keys))


def main(arguments: Sequence[str]) -> None:
    """Make what is missing."""
    asked, external = read(arguments)
    kept = {one.service: launch for one in asked if (launch := _kept(one)) is not None}
    shared = next((Shared.of(launch) for launch in kept.values()), None) or Shared(
        fresh_launch_key(), fresh_issuer_key()
    )
    for one in asked:
        if not _runs(one):
            _write(one, launch_for(one, asked, external, shared, kept))


def read(arguments: Sequence[str]) -> tuple[list[Account], tuple[str, ...]]:
    """The accounts of a command line, and the external ones."""
    words = [one.split(":", 2) for one in arguments]
    external = tuple(rest[0] for kind, *rest in words if kind == "external")
    told = {rest[0]: Membership.from_json(json.loads(rest[1])) for kind, *rest in words if kind == "organization"}
    quotas = {rest[0]: Quotas(**json.loads(rest[1])) for kind, *rest in words if kind == "quotas"}
    networks = {rest[0]: Network(**json.loads(rest[1])) for kind, *rest in words if kind == "network"}
    accounts = [one for one in words if one[0] not in {"external", "network", "organization", "quotas"}]
    asked = [
        Account(name, account, region, told.get(name), quotas.get(name, DEFAULT_QUOTAS), networks.get(name, NO_NETWORK))
        for name, account, region in accounts
    ]
    return asked, external


def launch_for(
    one: Account, asked: Sequence[Account], external: tuple[str, ...], shared: Shared, kept: Mapping[str, Launch]
) -> Launch:
    """The account's launch; its keys are those that it had."""
    launch = Launch(
        account_id=one.account_id,
        region=one.region,
        version=harness.__version__,
        public=Listen(host=EVERY_INTERFACE, port=PUBLIC_PORT),
        peer=Listen(host=EVERY_INTERFACE, port=PEER_PORT),
        peers=tuple(Peer(other.account_id, other.service, PEER_PORT) for other in asked if other is not one),
        external_accounts=external,
        keys=fresh_keys(one.account_id),
        launch_key=shared.launch_key,
        journal=str(JOURNAL),
        issuer_keys=shared.issuer.public,
        issuer_key=shared.issuer.private,
        eager_services=EAGER_SERVICES,
        organization=one.organization,
        quotas=one.quotas,
        network=one.network,
    )
    before = kept.get(one.service)
    return replace(launch, keys=before.keys) if before and before.account_id == one.account_id else launch


def _kept(one: Account) -> Launch | None:
    try:
        return Launch.from_json((one.folder / "record.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def _runs(one: Account) -> bool:
    try:
        socket.create_connection((one.service, PEER_PORT), CONNECT_TIMEOUT).close()
    except OSError:
        return False
    return True


def _write(one: Account, launch: Launch) -> None:
    # Sticky, of root, and writable for the instance's group: the instance may remove its own file there and nothing else.
    one.folder.chmod(0o1770)
    os.chown(one.folder, 0, INSTANCE_USER)
    _put(one.folder / "record.json", launch)
    told = replace(launch, issuer_key="")
    os.chown(_put(one.folder / "launch.json", told), INSTANCE_USER, INSTANCE_USER)


def _put(path: Path, launch: Launch) -> Path:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(launch.to_json())
    return path


if __name__ == "__main__":
    main(sys.argv[1:])
