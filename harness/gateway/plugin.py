"""Registration: put the gate into LocalStack's chain, answer the peers, and serve. If anything here fails, nothing is served."""

import gc
import logging
import signal
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from localstack import config
from localstack.aws import handlers
from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response
from localstack.logging.setup import setup_logging_from_config
from localstack.runtime import current
from localstack.services.iam.iam_patches import apply_iam_patches
from localstack.services.plugins import SERVICE_PLUGINS
from moto.iam.models import IAMBackend
from rolo.gateway import Gateway
from rolo.gateway.wsgi import WsgiGateway

from harness.actions.federation import Federated
from harness.gateway.account import PinAccount
from harness.gateway.after import AfterResponse
from harness.gateway.authenticate import Authenticate
from harness.gateway.authorization_messages import AuthorizationMessages
from harness.gateway.authorize import Authorize
from harness.gateway.before import BeforeStoring
from harness.gateway.clock import Clock
from harness.gateway.deciding import Decider
from harness.gateway.door import Door
from harness.gateway.failing import FailClosed
from harness.gateway.federation.web_identity import WebIdentities
from harness.gateway.home import Home
from harness.gateway.iam import identifiers, moto_iam, own_user, renaming
from harness.gateway.iam.iam_answers import IamAnswers
from harness.gateway.iam.iam_state import Documents, IamState
from harness.gateway.iam.iam_tags import IamTags
from harness.gateway.iam.login_profiles import LoginProfiles
from harness.gateway.iam.managed_policies import ManagedPolicies
from harness.gateway.iam.mfa import MfaDesk
from harness.gateway.iam.open_id_clients import OpenIdClients
from harness.gateway.iam.policy_simulation import PolicySimulation
from harness.gateway.iam.root_user import RootUser
from harness.gateway.journal import Journal
from harness.gateway.membership import OwnMembership
from harness.gateway.own_operations import OwnOperations
from harness.gateway.owners import Owners
from harness.gateway.peering.forwarding import ForwardDesk
from harness.gateway.peering.peers import Answer, Peers, PeerServer
from harness.gateway.peering.tickets import Tickets
from harness.gateway.peering.vouching import answer_documents, answer_vouch
from harness.gateway.policies.principal_names import PrincipalNames
from harness.gateway.policies.storing import PolicyDesk
from harness.gateway.records import Records
from harness.gateway.resources import forgetting, kept_tags, stores, stream_policies, subscriptions
from harness.gateway.resources.kms_keys import KmsKeys
from harness.gateway.rest_apis import imports
from harness.gateway.rest_apis.apis import Apis
from harness.gateway.rest_apis.calls import ApiCallers
from harness.gateway.rest_apis.invoking import InvokeApi
from harness.gateway.s3.buckets import Buckets
from harness.gateway.s3.deletions import NotDeleted
from harness.gateway.server import LoopbackServer
from harness.gateway.services import (
    amended,
    amended_encryption,
    archives,
    failed_deliveries,
    forward_access,
    hops,
    integrations,
    internal,
    log_groups,
    missing_secrets,
    moto_requests,
    partiql_statements,
    query_parameters,
    rule_targets,
    shard_iterators,
    stacks,
    unserved,
)
from harness.gateway.services.execution_roles import ExecutionRoles
from harness.gateway.services.forward_access import ForwardAccess
from harness.gateway.services.lazily import around
from harness.gateway.services.scheduling import Scheduler
from harness.gateway.sessions import Sessions
from harness.gateway.simulating import Simulator
from harness.gateway.sts import Sts
from harness.gateway.verdicts import Judge
from harness.wire import Launch, Message

LOG = logging.getLogger(__name__)
JOURNAL_CHUNK = 4 * 1024 * 1024
# LocalStack only logs a plugin that fails to import; without these the instance would download servers or run nothing.
NEEDED_PLUGINS = (
    *(
        ("localstack.aws.provider", f"{name}:moto")
        for name in ("dynamodb", "dynamodbstreams", "kinesis", "organizations")
    ),
    ("localstack.lambda.runtime_executor", "process"),
)


def run(launch: Launch) -> None:
    """Serve the account of `launch` until a signal comes; never without the gate."""
    setup_logging_from_config()
    apply_iam_patches()  # LocalStack's patches name moto's own methods: they come first
    identifiers.install()
    renaming.install()
    moto_iam.install()
    own_user.install()
    query_parameters.install()
    moto_requests.install()
    internal.install()
    forward_access.install()
    runtime = current.initialize_runtime()
    gate = Gate(launch, runtime.components.gateway)
    gate.install()
    amended.install(gate.clock.now)
    amended_encryption.install()
    failed_deliveries.install()
    hops.install(bytes.fromhex(launch.launch_key))
    integrations.install()
    imports.install()
    shard_iterators.install()
    log_groups.install()
    forgetting.install()
    stacks.install()
    kept_tags.install()
    archives.install()
    subscriptions.install()
    stream_policies.install()
    rule_targets.install()
    unserved.install()
    partiql_statements.install()
    missing_secrets.install()
    server = LoopbackServer(launch.public)
    runtime.components.__dict__["runtime_server"] = server
    runtime._init_gateway_server = lambda: server.register(runtime.components.gateway, config.GATEWAY_LISTEN)  # noqa: SLF001 - no TLS certificate is made
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: runtime.exit(0))
    threading.Thread(target=_when_ready, args=(runtime, gate), name="ready", daemon=True).start()
    runtime.run()


def _when_ready(runtime: Any, gate: "Gate") -> None:
    runtime.ready.wait()
    gate.serve_peers()


def _load_services(names: tuple[str, ...]) -> None:
    for name in names:
        SERVICE_PLUGINS.require(name)
    # What is loaded stays: to look through it for garbage stops requests for up to 240 ms (docs/decisions).
    gc.collect()
    gc.freeze()


class Gate:
    """All parts of one instance's gate, wired once."""

    def __init__(self, launch: Launch, gateway: Gateway) -> None:
        """Wire the parts; nothing is installed yet."""
        self.launch = launch
        self.gateway = gateway
        self.clock = Clock()
        documents = Documents()
        self.documents = documents
        self.iam = IamState(launch.account_id, documents)
        sessions = Sessions()
        launch_key = bytes.fromhex(launch.launch_key)
        self.peers = Peers(launch.account_id, launch_key, launch.peers)
        self.journal = Journal(Path(launch.journal))
        self.records = Records(launch.account_id, self.journal, self.clock)
        membership = OwnMembership.of(launch.organization, documents)
        self.home = Home(launch.account_id, self.iam, sessions, documents, self.clock, launch.keys, membership)
        external = frozenset(launch.external_accounts)
        names = PrincipalNames(launch.account_id, self.iam, self.peers, external)
        self.desk = PolicyDesk(self.iam, names, launch.quotas.role_trust_policy_length)
        self.decider = Decider(launch.account_id, self.iam, documents, self.desk, self.clock, membership)
        self.scheduler = Scheduler(launch.account_id)
        self.buckets = Buckets(launch.account_id, self.peers)
        self.kms_keys = KmsKeys(launch.account_id, self.peers)
        self.apis = Apis(launch.account_id, self.peers)
        self.tickets = Tickets(time.time)
        self.mfa = MfaDesk(launch.account_id, self.iam, self.peers, self.clock)
        since = self.clock.real().replace(microsecond=0)
        self.root = RootUser(launch.account_id, launch.keys.root_key_id, since)
        owners = Owners(launch.account_id, self.peers, self.buckets, self.kms_keys, self.tickets)
        messages = AuthorizationMessages()
        tokens = Sts(launch.account_id, self.iam, sessions, self.clock)
        identities = WebIdentities(launch.account_id, self.iam.open_id_clients, self.clock, launch.issuer_keys)
        self.door = Door(launch.account_id, launch.region, membership.place, launch.network)
        self.authenticate = Authenticate(self.home, self.peers, self.records, self.door)
        callers = ApiCallers(self.authenticate, self.decider, documents, self.records)
        self.invoke_api = InvokeApi(launch.account_id, self.peers, self.apis, callers, self.records)
        judge = Judge(self.decider, self.records)
        roles = ExecutionRoles(launch.account_id, self.home, judge)
        self.authorize = Authorize(
            account_id=launch.account_id,
            region=launch.region,
            clock=self.clock,
            records=self.records,
            owners=owners,
            federation={
                "AssumeRoleWithSAML": self._by_saml,
                "AssumeRoleWithWebIdentity": identities.verified,
            },
            mfa=self.mfa,
            judge=judge,
            before=BeforeStoring(self.iam, launch.quotas, self.mfa, self.desk, self.decider, owners, roles),
            own=OwnOperations(
                tokens,
                PolicySimulation(launch.account_id, self.iam, self.home, documents),
                self.root,
                {
                    **IamTags(self.iam).operations,
                    **LoginProfiles(self.iam, self.clock).operations,
                    **ManagedPolicies(self.iam).operations,
                    **OpenIdClients(self.iam).operations,
                    **self.mfa.operations,
                },
                messages,
            ),
            messages=messages,
            forward_access=ForwardAccess(launch.account_id, tokens),
        )
        self.server = PeerServer(launch.account_id, launch_key, self._answers(), self.records.stranger)

    def _by_saml(self, params: Mapping[str, Any]) -> Federated:
        from harness.gateway.federation.saml import SamlProviders  # noqa: PLC0415 - the XML library loads when it is first needed

        return SamlProviders(self.launch.account_id, self.iam.saml_metadata, self.clock).verified(params)

    def install(self) -> None:
        """Put the gate into the chain, and create the deployer."""
        chain = self.gateway.request_handlers
        # Routes before the service parser (/_aws/..., execute-api, function URLs) would never meet Authorize: the gate
        # serves none of them but APIs, with a handler of its own.
        chain.remove(handlers.serve_edge_router_rules)
        chain.remove(handlers.serve_localstack_resources)
        chain.remove(handlers.enforce_cors)  # answers every OPTIONS itself
        chain.insert(0, self.authenticate)
        chain.insert(1, self.invoke_api)  # before LocalStack alters what the API's author is to see
        chain.insert(chain.index(handlers.add_account_id) + 1, PinAccount(self.launch.account_id, self.launch.region))
        chain.insert(chain.index(handlers.parse_service_request) + 1, self.authorize)
        # IAM's change counts first, whatever becomes of the answer.
        self.gateway.response_handlers.insert(0, IamAnswers())
        self.gateway.response_handlers.insert(0, NotDeleted())
        self.gateway.response_handlers.insert(0, AfterResponse(self.iam, self.desk, self.records))
        around(IAMBackend, "get_credential_report", self.root.reported)
        self.home.uses.install()
        self.gateway.exception_handlers.remove(
            handlers.log_exception
        )  # an exception's text may hold what a client sent
        self.gateway.exception_handlers.append(FailClosed(self.records))
        self.gateway.finalizers.extend((self._name_request, self._after_request))
        self.iam.bootstrap(self.launch.keys)

    def serve_peers(self) -> None:
        """Answer on the peer port from now on: this is also how the driver learns that the instance is ready."""
        self.server.start(self.launch.peer)
        self.scheduler.start()

    @staticmethod
    def _name_request(_chain: HandlerChain, context: RequestContext, response: Response) -> None:
        """Send the request id that the journal knows, whatever id the backend wrote into its body."""
        if context.request_id:
            response.headers["x-amzn-requestid"] = context.request_id

    def _after_request(self, _chain: HandlerChain, context: RequestContext, response: Response) -> None:
        """Whatever became of the request, it makes no bucket any more, and nothing is lent to it."""
        self.buckets.made(context.request_id or "")
        self.authorize.forward_access.settle(context, response)
        forward_access.end()

    def _answers(self) -> dict[str, Any]:
        desk = ForwardDesk(WsgiGateway(self.gateway), "127.0.0.1", 0)
        simulator = Simulator(self.home, self.peers, self.documents, self.decider, self.launch.region)
        return {
            "hello": lambda _message: ({}, b""),
            "vouch": lambda message: answer_vouch(self.home, message),
            "documents": lambda message: answer_documents(self.documents, message),
            "resolve": lambda message: ({"unique_id": self.iam.unique_id(message.data["arn"])}, b""),
            "ticket": self.tickets.answer,
            "mfa": self.mfa.answer,
            "whereis": self.buckets.answer_whereis,
            "holds_key": self.kms_keys.answer,
            "holds_api": self.apis.answer,
            "claim": self.buckets.answer_claim,
            "describe": simulator.describe,
            "forward": desk.answer,
            "simulate": simulator.simulate,
            "report": self._report,
            "stores": lambda _message: ({"accounts": stores.accounts()}, b""),
            "clock": self._clock,
            "network": self.door.answer_network,
            "fire": self._fire,
            "warm": self._warm,
            "journal": lambda message: ({}, self.journal.read(message.data["offset"], JOURNAL_CHUNK)),
            "policies": lambda message: ({"documents": self.journal.documents(message.data["digests"])}, b""),
        }

    def _report(self, _message: Message) -> Answer:
        from plux import PluginManager  # noqa: PLC0415 - asked once, at the driver's proof

        missing = [f"{space}/{name}" for space, name in NEEDED_PLUGINS if not PluginManager(space).exists(name)]
        first = self.gateway.request_handlers[0] is self.authenticate
        second = self.authorize in self.gateway.request_handlers
        return {
            "version": self.launch.version,
            "gate": "first" if first and second else "missing",
            "missing": missing,
        }, b""

    def _warm(self, _message: Message) -> Answer:
        """Load services in the background: the driver asks once every instance is proven, so that nobody waits for it."""
        threading.Thread(target=_load_services, args=(self.launch.eager_services,), name="warm", daemon=True).start()
        return {}, b""

    def _fire(self, message: Message) -> Answer:
        from harness.gateway.services.firing import fire  # noqa: PLC0415 - services load lazily

        return fire(self.launch.account_id, message.data["region"], message.data["rule"]), b""

    def _clock(self, message: Message) -> Answer:
        return {"now": self.clock.advance(float(message.data["seconds"])).isoformat()}, b""
