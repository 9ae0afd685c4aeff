"""The compose file of a project, as text: one service per account, one that makes their launches. Values in, text out.

Rules that every service keeps: no secret in it, no host path, no Docker socket, no capability but what is named, a root file system
that cannot be written, limits, and ports on the loopback only. The peer port is reached on the project's own network alone.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

import harness
from harness.emulator.wanted import Wanted
from harness.errors import UsageError
from harness.wire import DEFAULT_QUOTAS, NO_NETWORK

LAUNCHES = "launches"
RESERVED = frozenset({LAUNCHES, "external", "network", "organization", "quotas"})
"""No account's service: what the launches' command line says of accounts begins with these words."""
IMAGE = f"harness:{harness.__version__}"
BASE_IMAGE = "python:3.13-slim"
ACCOUNT_LABEL = "harness.account"
PUBLIC_PORT, PEER_PORT = 4566, 4567
LONGEST_ARGUMENT = 131_071
"""Bytes that Linux passes as one argument (MAX_ARG_STRLEN): https://man7.org/linux/man-pages/man2/execve.2.html."""
_UNFIT = re.compile(r"[^a-z0-9-]+")

_HEAD = """\
# Made by `harness compose` from harness.toml; the README's section on Docker Compose says how it is used.
name: {name}

x-instance: &instance
  image: {image}
  pull_policy: never # the service `{launches}` builds it
  depends_on:
    {launches}:
      condition: service_completed_successfully
  read_only: true
  tmpfs:
    # A function may bring a program of its own (`bootstrap`), so that this one file system is not noexec.
    - /var/lib/harness:exec,nosuid,nodev,mode=0700,uid=65534,gid=65534,size=1g
    - /tmp:nosuid,nodev,mode=1777,size=64m
  cap_drop: [ALL]
  security_opt: ["no-new-privileges:true"]
  mem_limit: 2g
  pids_limit: 1024
  cpus: 2
  stop_grace_period: 3s
  networks: [accounts]
  logging:
    driver: json-file
    options: {{max-size: 10m, max-file: "2"}}
  healthcheck:
    # The first check waits for an answer of the gate to a real call, so that the interval costs nothing.
    test: [CMD, python, -I, -S, /opt/harness/package/harness/gateway/containers/health.py, "4566", /var/lib/harness/healthy]
    interval: 2s
    timeout: 90s
    retries: 2

services:
  # Makes each account's launch, with its keys, in a volume that only this account's container mounts.
  {launches}:
    image: {image}
    build:
      context: {context}
      args:
        BASE_IMAGE: ${{HARNESS_BASE_IMAGE:-{base}}}
    command:
{command}
    user: "0:0"
    read_only: true
    cap_drop: [ALL]
    cap_add: [CHOWN]
    security_opt: ["no-new-privileges:true"]
    mem_limit: 256m
    pids_limit: 64
    networks: [accounts]
    volumes:
{volumes}
"""
_SERVICE = """
  {service}:
    <<: *instance
    ports: ["127.0.0.1:{port}:4566"]
    volumes: ["{service}:/run/harness"]
    labels:
      {label}: {name}
      harness.launch: "{digest}"
"""


def services(names: Sequence[str]) -> Mapping[str, str]:
    """Account name to service name, which is a host name too: lower case, no underscore, none twice."""
    found: dict[str, str] = {}
    for name in names:
        base = _UNFIT.sub("-", name.lower()).strip("-") or "account"
        taken = {*RESERVED, *found.values()}
        numbered = (base if number == 1 else f"{base}-{number}" for number in range(1, len(names) + 3))
        found[name] = next(one for one in numbered if one not in taken)
    return found


def digest(wanted: Sequence[Wanted], external_accounts: Sequence[str]) -> str:
    """What the accounts are, in eight characters: a running project of another digest is not this one."""
    told = [[asdict(one.organization)] if one.organization else [] for one in wanted]
    quotas = [asdict(one.quotas) for one in wanted if one.quotas != DEFAULT_QUOTAS]
    networks = [[one.name, asdict(one.network)] for one in wanted if one.network != NO_NETWORK]
    named = [
        [one.name, one.account_id, one.region, *organization] for one, organization in zip(wanted, told, strict=True)
    ]
    plain = [[harness.__version__, *external_accounts], *named, *quotas, *networks]
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()[:8]


def render(wanted: Sequence[Wanted], external_accounts: Sequence[str], context: str) -> str:
    """The compose file; `context` is the folder that the image is built from, relative to the file or absolute."""
    named = services([one.name for one in wanted])
    mark = digest(wanted, external_accounts)
    arguments = ["harness.gateway.containers.launches"]
    arguments += [f"{named[one.name]}:{one.account_id}:{one.region}" for one in wanted]
    arguments += [f"external:{one}" for one in external_accounts]
    arguments += _organization(wanted, named)
    arguments += _quotas(wanted, named)
    arguments += _networks(wanted, named)
    head = _HEAD.format(
        name=f"harness-{mark}",
        image=IMAGE,
        launches=LAUNCHES,
        base=BASE_IMAGE,
        context=json.dumps(context),
        # Compose would put a variable's value in the place of a policy's `${...}`.
        command="\n".join(f"      - {json.dumps(one).replace('$', '$$')}" for one in arguments),
        volumes="\n".join(f'      - "{one}:/run/harness/{one}"' for one in named.values()),
    )
    bodies = [
        _SERVICE.format(
            service=named[one.name], name=json.dumps(one.name), port=one.port or "", label=ACCOUNT_LABEL, digest=mark
        )
        for one in wanted
    ]
    volumes = "".join(f"  {one}:\n" for one in named.values())
    return f"{head}{''.join(bodies)}\nnetworks:\n  accounts:\n\nvolumes:\n{volumes}"


def _quotas(wanted: Sequence[Wanted], named: Mapping[str, str]) -> Iterator[str]:
    """What the launches say of quotas that were raised."""
    for one in wanted:
        if one.quotas != DEFAULT_QUOTAS:
            yield f"quotas:{named[one.name]}:{json.dumps(asdict(one.quotas), separators=(',', ':'))}"


def _networks(wanted: Sequence[Wanted], named: Mapping[str, str]) -> Iterator[str]:
    """What they say of where requests come from."""
    for one in wanted:
        if one.network != NO_NETWORK:
            yield f"network:{named[one.name]}:{json.dumps(asdict(one.network), separators=(',', ':'))}"


def _organization(wanted: Sequence[Wanted], named: Mapping[str, str]) -> Iterator[str]:
    """What the launches say of each member's place."""
    for one in wanted:
        if one.organization is None:
            continue
        told = json.dumps(asdict(one.organization), separators=(",", ":"))
        argument = f"organization:{named[one.name]}:{told}"
        if len(argument.encode()) > LONGEST_ARGUMENT:
            raise UsageError(
                f"the control policies above account `{one.name}` are too long for a container's command line",
                help="leave white space out of their files, or use the embedded backend",
            )
        yield argument
