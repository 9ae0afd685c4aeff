"""AWS's sentence for a denial, and when it says why.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from collections.abc import Mapping

from harness.iam.message_resource import on_resource
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
# The kinds of which AWS tells the denying policy's ARN; a resource's own policy has none.
_WITH_ARN = frozenset({Layer.SERVICE_CONTROL, Layer.RESOURCE_CONTROL, Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION})


def denial_message(request: Request, decision: Decision) -> str:
    """The message of the error; the reason only where AWS gives it."""
    for evidence in decision.because:
        if (sentence := AWS_SENTENCES.get(evidence.note or "")) is not None:
            return sentence
    if request.action.lower().startswith("execute-api:"):
        return _of_api(request, decision)
    if request.principal.kind is PrincipalKind.ANONYMOUS or (_is_of_s3(request) and not _is_near(request)):
        return "Access Denied"
    if request.principal.kind is PrincipalKind.FEDERATED:
        return f"Not authorized to perform {request.action}"
    action = _shown(request.action)
    sentence = f"User: {request.principal.arn} is not authorized to perform: {action}{on_resource(request)}"
    return f"{sentence}{_reason(request, decision, action)}"


def _of_api(request: Request, decision: Decision) -> str:
    """API Gateway names the type of no policy, and hides the account that has the API but for its last digits.

    https://repost.aws/knowledge-center/api-gateway-403-error-lambda-authorizer (an explicit deny),
    OBSERVED: https://github.com/ASFHyP3/hyp3/issues/2283 (the account)
    """
    account = request.resource_account
    resource = (request.resource or "*").replace(account, f"********{account[-4:]}", 1)
    sentence = f"User: {request.principal.arn} is not authorized to perform: {request.action} on resource: {resource}"
    if request.principal.kind is PrincipalKind.AUTHORIZED:
        sentence = "User is not authorized to access this resource"
    return f"{sentence} with an explicit deny" if decision.effect is Effect.EXPLICIT_DENY else sentence


def _is_of_s3(request: Request) -> bool:
    return request.action.lower().startswith("s3:")


def _is_near(request: Request) -> bool:
    """Whether the caller is of the owner's account or organization: S3 tells nobody else why, and nobody else reads ARNs.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html,
    https://aws.amazon.com/blogs/security/enhanced-access-denied-error-messages-with-policy-arns
    """
    theirs, ours = (request.context.values.get(f"aws:{whose}orgid") for whose in ("principal", "resource"))
    return request.principal.account == request.resource_account or (theirs is not None and theirs == ours)


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
    """Nothing for STS: whoever asks for a role does not learn about its trust policy. Else other accounts are told as well.

    OBSERVED: https://github.com/mooyoul/serverless-latest-layer-version/issues/31 (of a layer of another account),
    https://github.com/microsoft/aspire/pull/3333 (of another's queue) and, to a service,
    https://github.com/awslabs/aws-automated-incident-response-and-forensics/issues/13
    """
    if request.action.lower().startswith("sts:"):
        return ""
    named = min(decision.because, key=lambda evidence: _ORDER.index(evidence.layer), default=None)
    if named is None:
        return ""
    if decision.effect is Effect.EXPLICIT_DENY:
        return f"{_explicit(named)}{_arn(named) if _is_near(request) else ''}"
    return f" because no {_NAMES[named.layer]} allows the {action} action"


def _explicit(named: Evidence) -> str:
    name = _NAMES[named.layer]
    if named.layer is Layer.TRUST:
        return f" with an explicit deny in the {name}"
    article = "an" if name[0] in "aeiou" else "a"
    return f" with an explicit deny in {article} {name}"


def _arn(named: Evidence) -> str:
    """The ARN of the policy that denies; inline policies, and those of an organization's files, have none.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied-authorization-id.html (its example)
    """
    policy = str(named.policy)
    return f": {policy}" if named.layer in _WITH_ARN and policy.startswith("arn:") else ""
