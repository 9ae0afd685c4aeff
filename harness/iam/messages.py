"""AWS's sentence for a denial, and when it says why.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from collections.abc import Mapping

from harness.iam.specials import AWS_SENTENCES
from harness.model.decision import Decision, Effect, Evidence, Layer
from harness.model.principal import PrincipalKind
from harness.model.request import Request

_NAMES: Mapping[Layer, str] = {
    Layer.SERVICE_CONTROL: "service control policy",
    Layer.RESOURCE_CONTROL: "resource control policy",
    Layer.VPC_ENDPOINT: "VPC endpoint policy",
    Layer.IDENTITY: "identity-based policy",
    Layer.RESOURCE: "resource-based policy",
    Layer.TRUST: "role trust policy",
    Layer.KEY: "resource-based policy",
    Layer.BOUNDARY: "permissions boundary",
    Layer.SESSION: "session policy",
}
# Only one type of policy is named; this is the order in which AWS comes upon them.
_ORDER = tuple(_NAMES)


def denial_message(request: Request, decision: Decision) -> str:
    """The message of the error; the reason only where AWS gives it."""
    for evidence in decision.because:
        if (sentence := AWS_SENTENCES.get(evidence.note or "")) is not None:
            return sentence
    if request.principal.kind is PrincipalKind.ANONYMOUS:
        return "Access Denied"
    if request.principal.kind is PrincipalKind.FEDERATED:
        return f"Not authorized to perform {request.action}"
    action = _shown(request.action)
    sentence = f"User: {request.principal.arn} is not authorized to perform: {action}{_on(request)}"
    return f"{sentence}{_reason(request, decision, action)}"


def _on(request: Request) -> str:
    """The resource; EC2 names none where its action has none.

    OBSERVED: https://github.com/hashicorp/terraform-provider-aws/issues/34234
    """
    service, resource = request.action.lower().partition(":")[0], request.resource or "*"
    if service == "ec2" and request.resource == "*":
        return ""
    return f' on resource: "{resource}"' if service == "s3" else f" on resource: {resource}"


def _shown(action: str) -> str:
    """The action as its service writes it.

    OBSERVED: `SNS:Publish` in https://github.com/aws-ia/terraform-aws-control_tower_account_factory/issues/151 and
    https://github.com/ministryofjustice/cloud-platform-environments/pull/21094 (SNS:GetTopicAttributes); `sqs:sendmessage` in
    https://github.com/aws/serverless-application-model/issues/3633 and https://github.com/microsoft/aspire/pull/3333
    """
    service, _, name = action.partition(":")
    if service == "sns":
        return f"SNS:{name}"
    return action.lower() if service == "sqs" else action


def _reason(request: Request, decision: Decision, action: str) -> str:
    """Nothing for STS on roles, nor for callers of another account: neither learns about the owner's policies."""
    if request.action.lower().startswith("sts:") or request.principal.account != request.resource_account:
        return ""
    named = min(decision.because, key=lambda evidence: _ORDER.index(evidence.layer), default=None)
    if named is None:
        return ""
    if decision.effect is Effect.EXPLICIT_DENY:
        return _explicit(named)
    return f" because no {_NAMES[named.layer]} allows the {action} action"


def _explicit(named: Evidence) -> str:
    name = _NAMES[named.layer]
    if named.layer is Layer.TRUST:
        return f" with an explicit deny in the {name}"
    article = "an" if name[0] in "aeiou" else "a"
    return f" with an explicit deny in {article} {name}"
