"""A slow and obvious model of policy evaluation, written from AWS's documentation and not from the engine.

Two rules. It shares no code with the engine and takes the same dictionaries a case file holds. Every definition says in the
plainest way what AWS says in prose: strings are matched one character at a time, conditions one value at a time, a principal is
the set of names it goes by; nothing is parsed ahead, compiled or remembered. Where AWS is silent, the choice is marked CHOICE.

UG stands for https://docs.aws.amazon.com/IAM/latest/UserGuide/
"""

import base64
import binascii
import ipaddress
import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

# --- Texts and wildcards ----------------------------------------------------------------------------------------------
# A pattern is a list of literal characters and wildcards. A wildcard is how many characters it takes, and which it never takes.

RUN, RUN_IN_SEGMENT = ("many", ""), ("many", ":")
ONE, ONE_IN_SEGMENT = ("one", ""), ("one", ":")


def fits(pattern, text):
    """Whether the whole text fits the pattern."""
    if not pattern:
        return not text
    first, rest = pattern[0], pattern[1:]
    if isinstance(first, str):
        return text[:1] == first and fits(rest, text[1:])
    count, never = first
    if count == "many" and fits(rest, text):
        return True
    return bool(text) and text[0] not in never and fits(pattern if count == "many" else rest, text[1:])


def with_wildcards(text):
    """`*` and `?` anywhere in the text."""
    return [{"*": RUN, "?": ONE}.get(character, character) for character in text]


def with_variables(text, context, reading):
    """The pattern of a text whose `${…}` are replaced by their values, letter by letter; None if one has no value.

    A value's own `*` or `?` is a character. UG/reference_policies_variables.html
    """
    before, marker, after = text.partition("${")
    inside, end, rest = after.partition("}")
    if not marker or not end:
        return reading(text)
    value, remaining = variable(inside, context), with_variables(rest, context, reading)
    return None if value is None or remaining is None else [*reading(before), *value, *remaining]


def variable(inside, context):
    """The value of `${inside}`. A key with many values has none. UG/reference_policies_variables.html#policy-vars-default-values"""
    if inside in {"*", "?", "$"}:
        return inside
    name, comma, default = inside.partition(",")
    value = lookup(context, name.strip())
    if isinstance(value, str):
        return value
    return default.strip().removeprefix("'").removesuffix("'") if comma else None


def lookup(context, key):
    """The value of a condition key, whose name is case-insensitive. UG/reference_policies_elements_condition.html"""
    return next((value for name, value in context.items() if name.lower() == key.lower()), None)


# --- Action and Resource ----------------------------------------------------------------------------------------------


def many(value):
    """One value or a list of values: a list."""
    return value if isinstance(value, list) else [value]


def means_action(statement, case):
    """UG/reference_policies_elements_action.html, …_notaction.html: names are case-insensitive."""
    listed = many(statement.get("Action", statement.get("NotAction")))
    matched = any(fits(with_wildcards(one.lower()), case["action"].lower()) for one in listed)
    return matched if "Action" in statement else not matched


def means_resource(statement, case, version):
    """UG/reference_policies_elements_resource.html, …_notresource.html; a trust policy has neither and means its role."""
    if "Resource" not in statement and "NotResource" not in statement:
        return True
    listed = many(statement.get("Resource", statement.get("NotResource")))
    patterns = [resource_pattern(one, case["context"], version) for one in listed]
    matched = any(pattern is not None and fits(pattern, case["resource"]) for pattern in patterns)
    return matched if "Resource" in statement else not matched


def resource_pattern(text, context, version):
    """A Resource: variables only after the fifth colon; before it a wildcard stays in its segment, unless it is a `*` at its end."""
    segments = text.split(":", 5)
    head, tail = segments[:5], segments[5:]
    pattern = []
    for place, segment in enumerate(head):
        pattern += [":"] * (place > 0)
        for index, character in enumerate(segment):
            run = RUN if index == len(segment) - 1 else RUN_IN_SEGMENT
            pattern.append({"*": run, "?": ONE_IN_SEGMENT}.get(character, character))
    if not tail:
        return pattern
    last = with_variables(tail[0], context, with_wildcards) if variables_work(version) else with_wildcards(tail[0])
    return None if last is None else [*pattern, ":", *last]


def variables_work(version):
    """UG/reference_policies_elements_version.html"""
    return version == "2012-10-17"


# --- Condition --------------------------------------------------------------------------------------------------------


def conditions_hold(statement, case, version):
    """Operators and keys are ANDed. UG/reference_policies_elements_condition.html"""
    return all(
        holds(operator, key, [as_text(one) for one in many(wanted)], case["context"], version)
        for operator, keys in statement.get("Condition", {}).items()
        for key, wanted in keys.items()
    )


def as_text(value):
    """A policy's value may be a JSON number or boolean."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def holds(operator, key, wanted, context, version):
    """One operator on one key. UG/reference_policies_condition-single-vs-multi-valued-context-keys.html"""
    quantifier, _, name = operator.rpartition(":")
    found = lookup(context, key)
    values = [] if found is None else many(found)
    if name == "Null":
        return ("false" if values else "true") in [one.lower() for one in wanted]
    if quantifier and not any(values):
        values = []  # "a null data set, such as an empty string"
    base = name.removesuffix("IfExists")
    compare, negated = OPERATORS[base]

    def matched(value):
        return any(compare(value, one, context, version) for one in wanted)

    if not values:
        return name != base or quantifier == "ForAllValues" or (not quantifier and negated)
    if quantifier == "ForAllValues":
        return all(matched(value) != negated for value in values)
    if quantifier == "ForAnyValue":
        return any(matched(value) != negated for value in values)
    return any(matched(value) for value in values) != negated


def operand(text, context, version, reading):
    """A String or Arn operator's value: a pattern, or None if a variable in it has no value."""
    return with_variables(text, context, reading) if variables_work(version) else reading(text)


def string_equals(value, wanted, context, version):
    return operand(wanted, context, version, list) == list(value)


def string_equals_ignoring_case(value, wanted, context, version):
    pattern = operand(wanted, context, version, list)
    return pattern is not None and "".join(pattern).lower() == value.lower()


def string_like(value, wanted, context, version):
    pattern = operand(wanted, context, version, with_wildcards)
    return pattern is not None and fits(pattern, value)


def arn_like(value, wanted, context, version):
    """Each of the six parts is matched separately. CHOICE: a lone `*` matches every ARN, and other texts too."""
    if wanted == "*":
        return True
    pattern = operand(wanted, context, version, with_wildcards)
    if pattern is None or pattern.count(":") < 5 or value.count(":") < 5:
        return False
    return all(fits(part, text) for part, text in zip(six_parts(pattern), value.split(":", 5), strict=True))


def six_parts(pattern):
    parts = [[]]
    for one in pattern:
        if one == ":" and len(parts) < 6:
            parts.append([])
        else:
            parts[-1].append(one)
    return parts


def readable(read, relation):
    """Compare what both texts say; a text that cannot be read matches nothing (CHOICE), and `${…}` never can."""

    def compare(value, wanted, _context, _version):
        try:
            return relation(read(value), read(wanted))
        except (ValueError, InvalidOperation, binascii.Error):
            return False

    return compare


def truth(text):
    if text.lower() not in {"true", "false"}:
        raise ValueError(text)
    return text.lower()


def octets(text):
    return base64.b64decode(text, validate=True)


def moment(text):
    """ISO 8601, or seconds since 1970. CHOICE: four digits are a year. UG/…_condition_operators.html#Conditions_Date"""
    if re.fullmatch(r"\d{4}", text):
        text += "-01-01"
    elif re.fullmatch(r"\d+(\.\d+)?", text):
        return Decimal(text)
    elif re.fullmatch(r"\d{4}-\d\d", text):
        text += "-01"
    read = datetime.fromisoformat(text)
    return Decimal(str((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()))


def in_range(value, wanted, _context, _version):
    """Without a prefix a single address is meant. UG/…_condition_operators.html#Conditions_IPAddress"""
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


def relations(name, read):
    """The six operators of a kind that can be ordered, and which of them are negated."""
    return {
        f"{name}Equals": (readable(read, lambda value, wanted: value == wanted), False),
        f"{name}NotEquals": (readable(read, lambda value, wanted: value == wanted), True),
        f"{name}LessThan": (readable(read, lambda value, wanted: value < wanted), False),
        f"{name}LessThanEquals": (readable(read, lambda value, wanted: value <= wanted), False),
        f"{name}GreaterThan": (readable(read, lambda value, wanted: value > wanted), False),
        f"{name}GreaterThanEquals": (readable(read, lambda value, wanted: value >= wanted), False),
    }


# UG/reference_policies_elements_condition_operators.html: what is compared, and whether the operator is its negation.
OPERATORS = {
    "StringEquals": (string_equals, False),
    "StringNotEquals": (string_equals, True),
    "StringEqualsIgnoreCase": (string_equals_ignoring_case, False),
    "StringNotEqualsIgnoreCase": (string_equals_ignoring_case, True),
    "StringLike": (string_like, False),
    "StringNotLike": (string_like, True),
    "ArnEquals": (arn_like, False),
    "ArnLike": (arn_like, False),
    "ArnNotEquals": (arn_like, True),
    "ArnNotLike": (arn_like, True),
    "IpAddress": (in_range, False),
    "NotIpAddress": (in_range, True),
    "Bool": (readable(truth, lambda value, wanted: value == wanted), False),
    "BinaryEquals": (readable(octets, lambda value, wanted: value == wanted), False),
    **relations("Numeric", Decimal),
    **relations("Date", moment),
}


# --- Principals -------------------------------------------------------------------------------------------------------
# A caller goes by several names. "itself" names this very user, session, service or provider; "source" names what a session was
# made from, its role or its user; "account" delegates to the whole account. UG/reference_policies_elements_principal.html


def kind_of(case):
    """user, role session, federated user, root, provider, service or anonymous."""
    principal = case["principal"]
    if principal == "anonymous":
        return "anonymous"
    if not principal.startswith("arn:"):
        federated = case["action"].lower().startswith(("sts:assumerolewithwebidentity", "sts:assumerolewithsaml"))
        return "provider" if federated else "service"
    kinds = {
        "user": "user",
        "assumed-role": "role session",
        "federated-user": "federated user",
        "root": "root",
        "saml-provider": "provider",
        "oidc-provider": "provider",
    }
    return kinds[principal.split(":", 5)[5].split("/")[0]]


def account_of(case):
    """The account whose identity the caller is; a service, a provider's user and an anonymous caller are in none."""
    in_account = kind_of(case) in {"user", "role session", "federated user", "root"}
    return case["principal"].split(":")[4] if in_account else None


def names_caller(kind, name, case):
    """How one entry of a Principal element names the caller: "itself", "source", "account" or not at all (None)."""
    caller, account = kind_of(case), account_of(case)
    if name == "*":
        return "itself"  # CHOICE: everyone is named like the caller alone
    if kind in {"Service", "Federated"}:
        wanted = "service" if kind == "Service" else "provider"
        return "itself" if caller == wanted and name == case["principal"] else None
    if account is None:
        return None
    if name in {account, f"arn:aws:iam::{account}:root"}:
        return "account"
    if name == case["principal"] or (caller == "user" and name == lookup(case["context"], "aws:userid")):
        return "itself"
    return "source" if names_source(name, case) else None


def names_source(name, case):
    """Whether a name means the role of a role session, or the user of a federated-user session."""
    known = lookup(case["context"], "aws:PrincipalArn")
    _, _, _, _, account, rest = case["principal"].split(":", 5)
    if kind_of(case) == "role session":
        role_id = str(lookup(case["context"], "aws:userid")).split(":", maxsplit=1)[0]
        role = rest.split("/")[1]
        if name == role_id:
            return True
        if known:
            return name == known
        return name.startswith(f"arn:aws:iam::{account}:role/") and name.split("/")[-1] == role
    if kind_of(case) == "federated user":
        user = known if known and ":user/" in known else f"arn:aws:iam::{account}:user/{rest.split('/', 1)[1]}"
        return name == user
    return False


def listed_ways(element, case):
    """All the ways in which a Principal or NotPrincipal element names the caller."""
    entries = {"AWS": "*"} if element == "*" else element
    ways = {names_caller(kind, name, case) for kind, names in entries.items() for name in many(names)}
    return ways - {None}


def spared_by(element, case):
    """Whether a NotPrincipal of a Deny spares the caller: nobody with a boundary, and else who is listed completely.

    UG/reference_policies_elements_notprincipal.html
    """
    needed = {
        "user": {"itself", "account"},
        "role session": {"itself", "source", "account"},
        "federated user": {"itself", "account"},  # CHOICE: AWS is silent; its user need not be listed
        "root": {"account"},
        "service": {"itself"},
        "provider": {"itself"},
        "anonymous": {"nothing will do"},
    }
    return case.get("permissions_boundary") is None and needed[kind_of(case)] <= listed_ways(element, case)


def ways_named(statement, case):
    """The ways in which a statement means the caller; a statement without any Principal means whoever it is attached to."""
    if "NotPrincipal" in statement:
        return set() if spared_by(statement["NotPrincipal"], case) else {"itself"}
    return listed_ways(statement.get("Principal", "*"), case)


# --- Statements and policies ------------------------------------------------------------------------------------------


def ways(policies, effect, case):
    """The ways in which statements of this effect, that apply to the request, name the caller."""
    return {
        way
        for policy in policies
        for statement in many(policy["Statement"])
        if statement["Effect"] == effect
        and means_action(statement, case)
        and means_resource(statement, case, policy.get("Version"))
        and conditions_hold(statement, case, policy.get("Version"))
        for way in ways_named(statement, case)
    }


def allows(policies, case):
    return bool(ways(policies, "Allow", case))


def present(case, key):
    """A layer of one document, as a list of documents."""
    return [case[key]] if case.get(key) is not None else []


# --- The decision -----------------------------------------------------------------------------------------------------


def verdict(case):
    """`allowed`, `implicit_deny` or `explicit_deny`. UG/reference_policies_evaluation-logic_policy-eval-denyallow.html"""
    action = case["action"].lower()
    if action == "sts:getcalleridentity":
        return "allowed"  # https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    if action == "sts:getsessiontoken" and kind_of(case) in {"user", "root"}:
        return "allowed"  # "you cannot use policies to control authentication": UG/id_credentials_temp_control-access_enable-create.html
    if any(ways(layer, "Deny", case) for layer in deciding_layers(case)):
        return "explicit_deny"
    if never_possible(case):
        return "implicit_deny"
    return "allowed" if within_limits(case) and granted(case) else "implicit_deny"


def deciding_layers(case):
    """Every set of policies in which a Deny counts."""
    resource = [] if bucket_owner_unlocks(case) else present(case, "resource_policy")
    return [
        case["identity_policies"],
        present(case, "permissions_boundary"),
        case["session_policies"],
        resource,
        present(case, "vpc_endpoint_policy"),
        *service_control(case),
        *resource_control(case),
    ]


def within_limits(case):
    """Every level of SCPs, and an endpoint policy on the way, must allow."""
    endpoint = present(case, "vpc_endpoint_policy")
    return all(allows(level, case) for level in service_control(case)) and (not endpoint or allows(endpoint, case))


def service_control(case):
    """The levels of SCPs that bind the caller. https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html"""
    exempt = case.get("principal_in_management_account") or case.get("principal_is_service_linked_role")
    return [] if exempt or account_of(case) is None else case["service_control_policies"]


def resource_control(case):
    """The levels of RCPs that guard the resource; each implies RCPFullAWSAccess, so that they only deny.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
    """
    owned_by_management = case.get("principal_in_management_account") and same_account(case)
    exempt = owned_by_management or case.get("principal_is_service_linked_role")
    return [] if exempt else case["resource_control_policies"]


def same_account(case):
    return account_of(case) == case["resource_account"]


BUCKET_POLICY = {"s3:putbucketpolicy", "s3:getbucketpolicy", "s3:deletebucketpolicy"}


def bucket_owner_unlocks(case):
    """The owner's root can undo a bucket policy. https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html"""
    return kind_of(case) == "root" and same_account(case) and case["action"].lower() in BUCKET_POLICY


# kms-api-permissions-reference.html and rbac-iam-actions.html: "Cross-account"; sqs-limitations-of-custom-policies.html;
# permissions-function-cross-account.html
KMS_HOME = {"kms:DisableKey", "kms:PutKeyPolicy", "kms:TagResource"}
SQS_HOME = {"sqs:DeleteQueue", "sqs:SetQueueAttributes"}
DYNAMODB_HOME = {"dynamodb:PutResourcePolicy", "dynamodb:PartiQLSelect"}
LAMBDA_HOME = {"lambda:AddPermission", "lambda:UpdateFunctionConfiguration"}
AT_HOME = {name.lower() for name in KMS_HOME | SQS_HOME | DYNAMODB_HOME | LAMBDA_HOME}


def never_possible(case):
    """What AWS refuses whatever the policies allow."""
    action, kind = case["action"].lower(), kind_of(case)
    session = kind in {"role session", "federated user"}
    return (
        (kind == "root" and action == "sts:assumerole")  # STS/API_AssumeRole.html
        or (session and action in {"sts:getsessiontoken", "sts:getfederationtoken"})  # UG/id_credentials_temp.html
        or (kind == "federated user" and action.startswith(("iam:", "sts:")))  # STS/API_GetFederationToken.html
        or (not same_account(case) and action == "iam:passrole")  # UG/id_roles_use_passrole.html
        or (not same_account(case) and action in BUCKET_POLICY)  # S3 API_PutBucketPolicy.html
        or (not same_account(case) and kind != "service" and action in AT_HOME)
    )


def granted(case):
    """Whether the caller's side and the resource's side together grant the request."""
    named = ways(present(case, "resource_policy"), "Allow", case)
    if account_of(case) is None:
        return bool(named)
    if not same_account(case):
        return identity_side(case) and bool(named)
    if "itself" in named or ("source" in named and within_boundary_and_session(case)):
        return True
    return identity_side(case) and (bool(named) or not resource_must_allow(case))


def resource_must_allow(case):
    """Role trust policies and KMS key policies."""
    action = case["action"].lower()
    trust = action.startswith("sts:") and ":role/" in case["resource"]
    return trust or (action.startswith("kms:") and ":key/" in case["resource"])


def identity_side(case):
    """The root user needs no policy. UG/access_policies_boundaries.html, UG/access_policies.html#policies_session"""
    if kind_of(case) == "root":
        return True
    return allows(case["identity_policies"], case) and within_boundary_and_session(case)


def within_boundary_and_session(case):
    """A federated-user session without session policies has none of its user's permissions. STS/API_GetFederationToken.html"""
    boundary, session = present(case, "permissions_boundary"), case["session_policies"]
    unlimited = not session and kind_of(case) != "federated user"
    return (not boundary or allows(boundary, case)) and (unlimited or allows(session, case))
