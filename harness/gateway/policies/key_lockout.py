"""A key's policy must let who writes it write it again: a key that nobody can manage is of no use to anyone.

https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html#API_PutKeyPolicy_RequestParameters
The engine decides that second call, with the new policy as the key's and all that binds the caller now.
"""

from dataclasses import replace

from harness.actions import calls
from harness.gateway import respond
from harness.gateway.asked import Asked
from harness.gateway.deciding import Decider
from harness.gateway.resources.facts import StateFacts
from harness.model.arn import Arn

# https://github.com/trussworks/terraform-aws-cloudtrail/issues/178
LOCKOUT = "The new key policy will not allow you to update the key policy in the future."
_OPERATIONS = ("CreateKey", "PutKeyPolicy")
# A key has no id before it is made. Key policies are for their own key and say `*`.
_NEW = "00000000-0000-0000-0000-000000000000"


def check_lockout(decider: Decider, asked: Asked) -> None:
    """Raise KMS's error for a policy that would lock its writer out, unless the request says that it may."""
    operation, params = asked.operation, asked.operation.params
    policy = params.get("Policy")
    if operation.service != "kms" or operation.name not in _OPERATIONS or not isinstance(policy, str) or not policy:
        return
    if params.get("BypassPolicyLockoutSafetyCheck") is True or asked.caller is None:
        return
    again = replace(operation, name="PutKeyPolicy", params={"KeyId": params.get("KeyId") or _NEW, "Policy": policy})
    # A key that there cannot be is the service's to refuse.
    made = [call for call in calls(again, StateFacts(decider.iam, operation.region)) if Arn.parse(call.resource or "")]
    if not all(decider.would_allow(asked.signer, call, again, asked.arrival, policy) for call in made):
        raise respond.client_error("MalformedPolicyDocumentException", LOCKOUT)
