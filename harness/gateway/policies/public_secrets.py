"""Public policies that Secrets Manager does not store where the request asks it not to: its parameter `BlockPublicPolicy`."""

from harness.gateway import respond
from harness.gateway.asked import Asked
from harness.policy import PolicyKind, is_public, parse_stored

# The meaning that the reference gives the error; the service's own text is not known.
BROAD_ACCESS = "The BlockPublicPolicy parameter is set to true, and the resource policy did not prevent broad access to the secret."


def check_public_secret(asked: Asked) -> None:
    """A request can ask that a policy is not stored on its secret if it would let everyone in.

    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html#API_PutResourcePolicy_Errors
    Secrets Manager does not tell how it finds out; here it is S3's rule.
    """
    operation = asked.operation
    if (operation.service, operation.name) != ("secretsmanager", "PutResourcePolicy"):
        return
    if not operation.params.get("BlockPublicPolicy"):
        return
    if is_public(parse_stored(str(operation.params.get("ResourcePolicy")), PolicyKind.RESOURCE)):
        raise respond.client_error("PublicPolicyException", BROAD_ACCESS)
