"""The operations that the gate answers itself, and LocalStack never executes: all of STS, and of IAM what moto lacks or has wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.actions import Operation
from harness.actions.federation import Federated
from harness.gateway import respond, sts
from harness.gateway.asked import Asked
from harness.gateway.authorization_messages import AuthorizationMessages
from harness.gateway.iam import iam_answers, policy_simulation, root_user
from harness.gateway.signers import ServiceSigner
from harness.wire.vouch import Caller

Result = dict[str, Any]


@dataclass(slots=True)
class OwnOperations:
    """Answers what was allowed."""

    tokens: sts.Sts
    simulation: policy_simulation.PolicySimulation
    root: root_user.RootUser
    of_iam: Mapping[str, Callable[[Operation], Result]]
    """IAM's operations by name; answers with everything."""
    messages: AuthorizationMessages

    def answer(self, asked: Asked) -> Result | None:
        """The operation's result, None where it is LocalStack's to execute. Raises AWS's error for what it will not give."""
        operation = asked.operation
        if operation.service == "iam":
            return self._of_iam(asked)
        if operation.service != "sts":
            return None
        if operation.name == "DecodeAuthorizationMessage":
            return {"DecodedMessage": self.messages.decode(operation.params["EncodedMessage"])}
        answer = _OF_STS.get(operation.name)
        if answer is None:
            raise respond.client_error("InvalidAction", f"sts:{operation.name} is not served by the harness")
        return answer(self.tokens, asked)

    def _of_iam(self, asked: Asked) -> Result | None:
        operation, model = asked.operation, asked.context.operation
        if operation.name in policy_simulation.OPERATIONS:
            return self.simulation.answer(operation)
        answer = self.root.answer if root_user.is_meant(asked) else self.of_iam.get(operation.name)
        if answer is None or model is None:
            return None
        return iam_answers.as_awss(model, operation.params, answer(operation))


def _by_provider(tokens: sts.Sts, asked: Asked) -> Result:
    assert isinstance(asked.signer, Federated)  # noqa: S101 - who asks for these has no other signer by now
    return tokens.assume_role_for(asked.operation.params, asked.signer)


def _session_token(tokens: sts.Sts, asked: Asked) -> Result:
    operation = asked.operation
    return tokens.get_session_token(operation.params, _principal(asked), mfa=operation.mfa)


_OF_STS: Mapping[str, Callable[[sts.Sts, Asked], Result]] = {
    "AssumeRole": lambda tokens, asked: tokens.assume_role(asked.operation.params, asked.caller),
    "AssumeRoleWithSAML": _by_provider,
    "AssumeRoleWithWebIdentity": _by_provider,
    "GetAccessKeyInfo": lambda _, asked: sts.access_key_info(asked.operation.params["AccessKeyId"]),
    "GetCallerIdentity": lambda _, asked: sts.caller_identity(_principal(asked)),
    "GetFederationToken": lambda tokens, asked: tokens.get_federation_token(asked.operation.params, _principal(asked)),
    "GetSessionToken": _session_token,
}


def _principal(asked: Asked) -> Caller:
    """The principal that signed, which the operation is about; a service has no use for it."""
    if asked.caller is None:
        name = asked.signer.principal if isinstance(asked.signer, ServiceSigner) else "internal"
        raise respond.internal(f"{name} has no use for sts:{asked.operation.name}")
    return asked.caller
