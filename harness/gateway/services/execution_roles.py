"""What Lambda tries with a function's role before it takes the role: a network's interface, a message to the dead-letter queue.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq
OBSERVED: https://github.com/webiny/webiny-js/issues/2580 (an interface), https://github.com/elastic/beats/issues/13963 (a queue) and
https://github.com/functionalone/serverless-iam-roles-per-function/issues/5 (a topic)
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from harness.actions import Operation
from harness.actions.lambda_ import function_arn
from harness.gateway import respond
from harness.gateway.asked import Asked
from harness.gateway.home import Home
from harness.gateway.resources.facts import StateFacts
from harness.gateway.services.lazily import store_of
from harness.gateway.verdicts import Judge
from harness.model.arn import Arn

_CONFIGURING = frozenset({"CreateFunction", "UpdateFunctionConfiguration"})


class _Trial(NamedTuple):
    """One call that Lambda would make with the role, and the service's name in Lambda's sentence."""

    service: str
    name: str
    params: dict[str, Any]

    @property
    def sentence(self) -> str:
        return f"The provided execution role does not have permissions to call {self.name} on {self.service.upper()}"


@dataclass(slots=True)
class ExecutionRoles:
    """Asks as the role."""

    account_id: str
    home: Home
    judge: Judge

    def check(self, asked: Asked) -> None:
        """Raise Lambda's error for a role that may not do what the function's configuration needs."""
        operation = asked.operation
        if operation.service != "lambda" or operation.name not in _CONFIGURING:
            return
        named = function_arn(operation, StateFacts(self.home.iam, operation.region)) or ""
        name = named.rpartition(":")[2]
        held = self._held(operation.region, name)
        role = Arn.parse(str(operation.params.get("Role") or getattr(held, "role", "")))
        if role is None or role.account != self.account_id:  # a role that there cannot be was refused before
            return
        session = f"arn:aws:sts::{self.account_id}:assumed-role/{role.name.rpartition('/')[2]}/{name}"
        signer = self.home.describe(session)
        if signer is None:  # Lambda itself refuses a role that is not there
            return
        asked = replace(asked, signer=signer, arrival=asked.arrival.by_a_service())
        for trial in _trials(operation, held):
            made = replace(
                operation, service=trial.service, prefix=trial.service, name=trial.name, params=trial.params, mfa=False
            )
            if self.judge.refuses(asked.about(made)):
                raise respond.client_error("InvalidParameterValueException", trial.sentence)

    def _held(self, region: str, name: str) -> Any:
        """The function's configuration as it is; None for one that is not there."""
        store = store_of("localstack.services.lambda_.invocation.models", "lambda_stores", self.account_id, region)
        found = store.functions.get(name) if store is not None else None
        return found.latest().config if found is not None else None


def _trials(operation: Operation, held: Any) -> Iterator[_Trial]:
    """For what the request says, and for what stays as it was where the role changes."""
    params = operation.params
    network = params.get("VpcConfig")
    if network is None and "Role" in params and getattr(held, "vpc_config", None) is not None:
        network = {"SubnetIds": held.vpc_config.subnet_ids, "SecurityGroupIds": held.vpc_config.security_group_ids}
    if network and network.get("SubnetIds"):
        groups = list(network.get("SecurityGroupIds") or ())
        yield _Trial("ec2", "CreateNetworkInterface", {"SubnetId": network["SubnetIds"][0], "Groups": groups})
    dead = (params.get("DeadLetterConfig") or {}).get("TargetArn")
    if dead is None and "Role" in params:
        dead = getattr(held, "dead_letter_arn", None)
    arn = Arn.parse(str(dead or ""))
    if arn is None or arn.account != operation.account:  # another account says what may be sent to it when it is
        return
    if arn.service == "sqs":
        url = f"https://sqs.{arn.region}.amazonaws.com/{arn.account}/{arn.resource}"
        yield _Trial("sqs", "SendMessage", {"QueueUrl": url})
    elif arn.service == "sns":
        yield _Trial("sns", "Publish", {"TopicArn": str(dead)})
