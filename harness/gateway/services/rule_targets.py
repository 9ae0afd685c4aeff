"""Targets of EventBridge's rules: which of them need a role, and API destinations, which are called with theirs.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-iam-roles.html
"""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.connect import connect_to

from harness.actions import Operation
from harness.gateway import respond
from harness.gateway.services.lazily import around, when_loaded
from harness.model.arn import Arn

_WITH_ROLE = frozenset({"batch", "codebuild", "codepipeline", "ecs", "kinesis", "states"})
_DESTINATION = "api-destination/"


def install() -> None:
    """Amend LocalStack's sender once it is loaded."""
    when_loaded(
        "localstack.services.events.target",
        lambda module: around(module.EventsApiDestinationTargetSender, "send_event", _send),
    )


def check_targets(operation: Operation) -> None:
    """Raise EventBridge's error for a target that has no role and needs one.

    OBSERVED: https://github.com/terraform-aws-modules/terraform-aws-eventbridge/issues/41 (an API destination),
    https://github.com/hashicorp/terraform-provider-aws/pull/19913 (Step Functions) and
    https://github.com/awsdocs/aws-cloudformation-user-guide/pull/1178 (CodeBuild)
    """
    if (operation.service, operation.name) != ("events", "PutTargets"):
        return
    for target in operation.params.get("Targets") or ():
        arn = Arn.parse(str(target.get("Arn")))
        if arn is not None and not target.get("RoleArn") and _needs_role(arn):
            raise respond.client_error("ValidationException", f"RoleArn is required for target {target['Arn']}.")


def _needs_role(arn: Arn) -> bool:
    return arn.service in _WITH_ROLE or (arn.service == "events" and arn.resource.startswith(_DESTINATION))


def _send(original: Callable[..., Any], sender: Any, *args: Any) -> Any:
    """LocalStack looks a destination up by itself; here its role does first, which is decided as calling it (`STAND_INS`).

    Raises ClientError where the role may not.
    """
    arn = Arn.of(sender.arn)
    role = connect_to.with_assumed_role(
        role_arn=sender.target["RoleArn"], service_principal="events", region_name=arn.region
    )
    found = role.events.describe_api_destination(Name=arn.resource.split("/")[1])
    if found["ApiDestinationArn"] != sender.arn:  # another of the same name, in another account or made anew
        missing = {"Code": "ResourceNotFoundException", "Message": f"{sender.arn} does not exist."}
        raise ClientError({"Error": missing}, "InvokeApiDestination")
    return original(sender, *args)
