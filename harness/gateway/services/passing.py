"""Which internal calls pass: one without a principal by its row only, and one of a service within its own account only."""

from harness.actions import Operation
from harness.gateway.services.call_sites import plumbing
from harness.gateway.signers import InternalSigner, PlumbingSigner, ServiceSigner


def internal_fault(signer: InternalSigner, operation: Operation, *, crosses: bool) -> str | None:
    """Why the call does not pass, None where it does; `crosses`: to another account, or from one."""
    if isinstance(signer, PlumbingSigner):
        return _plumbing_fault(signer, operation, crosses=crosses)
    return _service_fault(signer, operation, crosses=crosses)


def _plumbing_fault(signer: PlumbingSigner, operation: Operation, *, crosses: bool) -> str | None:
    named = f"LocalStack's internal call {operation.service}:{operation.name} by {signer.caller or 'nobody'}"
    row = plumbing(signer.caller, operation.service, operation.name)
    if row is None:
        return f"{named} stands in no table of the gate"
    return f"{named} may not cross to another account" if crosses and not row.crosses else None


def _service_fault(signer: ServiceSigner, operation: Operation, *, crosses: bool) -> str | None:
    """A role is handed to a service within its account only, so no service assumes one of another account.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    if signer.foreign_source is not None:
        return f"{signer.principal} acts for a resource of account {signer.foreign_source}"
    if operation.service == "sts" and crosses:
        return f"{signer.principal} may not assume a role of another account"
    return None
