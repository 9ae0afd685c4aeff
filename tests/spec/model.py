"""A slow and obvious model of policy evaluation, written from the documentation and not from the engine.

It knows only what its strategies generate: one account or two, exact actions and resources or `*`, no conditions. A statement is a
tuple (effect, action, resource, principals); a policy is a list of statements.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""


def applies(statement, action, resource, names):
    """Whether a statement means this action on this resource by someone who goes by these names."""
    _, wanted_action, wanted_resource, principals = statement
    return (
        wanted_action in {action, "*"}
        and wanted_resource in {resource, "*"}
        and (principals is None or bool(set(principals) & names))
    )


def says(policies, effect, action, resource, names):
    """Whether any statement of any policy has this effect on the request."""
    return any(
        statement[0] == effect and applies(statement, action, resource, names)
        for policy in policies
        for statement in policy
    )


def verdict(case):
    """`allowed`, `implicit_deny` or `explicit_deny` for an IAM user."""
    action, resource, user, home, owner = case["action"], case["resource"], case["user"], case["home"], case["owner"]
    names = {user, home, "*"}
    limits = [case["identity"], *([[case["boundary"]]] if case["boundary"] is not None else []), *case["scps"]]
    on_resource = [case["resource_policy"]] if case["resource_policy"] is not None else []
    if any(says(policies, "Deny", action, resource, names) for policies in (*limits, on_resource)):
        return "explicit_deny"
    if not all(says(level, "Allow", action, resource, names) for level in case["scps"]):
        return "implicit_deny"
    identity = says(case["identity"], "Allow", action, resource, names)
    boundary = case["boundary"] is None or says([case["boundary"]], "Allow", action, resource, names)
    by_owner = says(on_resource, "Allow", action, resource, names)
    if home != owner:
        return "allowed" if identity and boundary and by_owner else "implicit_deny"
    if says(on_resource, "Allow", action, resource, {user, "*"}):
        return "allowed"  # naming the user, or everyone, goes past implicit denies of identity policies and boundary
    return "allowed" if identity and boundary else "implicit_deny"
