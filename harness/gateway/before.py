"""What an allowed operation may not leave in the stores all the same: checked before LocalStack executes it."""

from dataclasses import dataclass

from harness.gateway.asked import Asked
from harness.gateway.deciding import Decider
from harness.gateway.iam.entities import check_entities
from harness.gateway.iam.iam_state import IamState
from harness.gateway.iam.mfa import MfaDesk
from harness.gateway.iam.public_keys import check_public_key
from harness.gateway.iam.service_linked import check_service_linked
from harness.gateway.owners import Owners
from harness.gateway.policies.key_lockout import check_lockout
from harness.gateway.policies.public_secrets import check_public_secret
from harness.gateway.policies.queue_permissions import check_granted
from harness.gateway.policies.storing import PolicyDesk
from harness.gateway.resources.api_destinations import check_connection
from harness.gateway.resources.dead_letter_queues import check_dead_letters
from harness.gateway.resources.facts import StateFacts
from harness.gateway.resources.key_states import check_grant_token, check_keys
from harness.gateway.rest_apis.forms import check_deployment, check_integration
from harness.gateway.s3.acls import check_acl
from harness.gateway.s3.algorithms import check_algorithm
from harness.gateway.s3.public_access import check_public_policy
from harness.gateway.services.execution_roles import ExecutionRoles
from harness.gateway.services.rule_targets import check_targets
from harness.gateway.services.scheduling import check_schedule
from harness.gateway.services.stacks import check_protected
from harness.wire import Quotas


@dataclass(slots=True)
class BeforeStoring:
    """The rules of what is stored, each at home in its own module."""

    iam: IamState
    quotas: Quotas
    mfa: MfaDesk
    desk: PolicyDesk
    decider: Decider
    owners: Owners
    roles: ExecutionRoles

    def check(self, asked: Asked, resource: str | None) -> None:
        """Raise AWS's error for what may not be stored on `resource`, or at all. Raises PeerUnavailable.

        IAM's entities first: a policy is read once whom it is for is known to be there.
        """
        operation = asked.operation
        check_entities(self.iam, operation, self.quotas)
        check_service_linked(operation, self.iam)
        check_public_key(operation)
        self.mfa.check_enabling(operation)
        self.desk.check(operation, resource, asked.context)
        check_granted(operation)
        check_lockout(self.decider, asked)
        check_schedule(operation)
        check_targets(operation)
        self.roles.check(asked)
        check_protected(self.owners.account_id, operation)
        check_connection(self.owners.account_id, operation)
        check_integration(operation)
        check_deployment(self.owners.account_id, operation)
        check_acl(self.owners.account_id, operation)
        check_algorithm(operation)
        check_grant_token(operation)
        facts = StateFacts(self.iam, operation.region)
        check_keys(self.owners.account_id, operation, facts)
        check_dead_letters(self.owners.account_id, operation, facts)
        self.owners.claim_name(asked)
        check_public_policy(self.owners.account_id, asked)
        check_public_secret(asked)
