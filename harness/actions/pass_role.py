"""iam:PassRole: checked on the caller's identity side wherever a role is handed to a service.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from harness.actions.operation import Call, ContextValue, Operation

KEYS = frozenset({"iam:passedtoservice", "iam:associatedresourcearn", "iam:resourcetag/"})


def pass_role(_operation: Operation, role: str, service: str, associated: str | None) -> Call:
    """The call that passes `role` to `service` for the resource `associated`."""
    context: dict[str, ContextValue] = {"iam:PassedToService": service}
    if associated:
        context["iam:AssociatedResourceArn"] = associated
    return Call("iam:PassRole", role, context, KEYS | {"aws:requesttag/", "aws:tagkeys"})
