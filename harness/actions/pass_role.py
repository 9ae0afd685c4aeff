"""iam:PassRole: checked on the caller's identity side wherever a role is handed to a service.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from harness.actions.operation import Call, ContextValue, Facts
from harness.actions.row import resource_tags

KEYS = frozenset({"iam:passedtoservice", "iam:associatedresourcearn", "aws:requesttag/", "aws:tagkeys"})


def pass_role(facts: Facts, role: str, service: str, associated: str | None) -> Call:
    """The call that passes `role` to `service` for the resource `associated`."""
    tags, families = resource_tags(facts, role)
    context: dict[str, ContextValue] = {"iam:PassedToService": service, **tags}
    if associated:
        context["iam:AssociatedResourceArn"] = associated
    return Call("iam:PassRole", role, context, KEYS | families)
