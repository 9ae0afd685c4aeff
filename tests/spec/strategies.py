"""Whole decision cases, close to where verdicts change.

Few accounts, few names and values that nearly match: callers, policies and contexts are drawn from the same small pools, so that
statements often mean the request and often just miss it. Each strategy at the end of this file makes cases about one part of the
language and keeps the rest plain; every policy is one that AWS would store.
"""

from hypothesis import strategies as st

HOME, OTHER = "111111111111", "222222222222"
USER_ID, ROLE_ID = "AIDAEXAMPLEANN0000001", "AROAEXAMPLEAPP0000001"
ANN, BOB = f"arn:aws:iam::{HOME}:user/ann", f"arn:aws:iam::{HOME}:user/bob"
SESSION = f"arn:aws:sts::{HOME}:assumed-role/app/s1"
FEDERATED = f"arn:aws:sts::{HOME}:federated-user/ann"
ROOT = f"arn:aws:iam::{HOME}:root"
ROLE, TEAM_ROLE, DEEP_ROLE = (f"arn:aws:iam::{HOME}:role/{name}" for name in ("app", "team/app", "team/x/app"))
SAML, OIDC = f"arn:aws:iam::{HOME}:saml-provider/corp", f"arn:aws:iam::{HOME}:oidc-provider/id.example.com"
SERVICES = ["lambda.amazonaws.com", "sns.amazonaws.com"]

PLAIN = {
    "id": "generated",
    "principal": ANN,
    "action": "s3:GetObject",
    "resource": "arn:aws:s3:::b/k",
    "resource_account": HOME,
    "context": {},
    "identity_policies": [],
    "permissions_boundary": None,
    "session_policies": [],
    "resource_policy": None,
    "service_control_policies": [],
    "resource_control_policies": [],
}
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
CURRENT = "2012-10-17"


def document(*statements, version=CURRENT):
    """A policy document; None leaves the Version out."""
    return {"Version": version, "Statement": list(statements)} if version else {"Statement": list(statements)}


def cases(**fields):
    """A plain case with these fields drawn."""
    return st.fixed_dictionaries({**{key: st.just(value) for key, value in PLAIN.items()}, **fields})


def mostly(usual, *seldom):
    """The usual value, and one time in six one of the others."""
    return st.sampled_from([usual] * (5 * len(seldom)) + list(seldom))


def some(values, most=2):
    """One value, or a list of a few."""
    return st.sampled_from(values) | st.lists(st.sampled_from(values), min_size=1, max_size=most, unique=True)


effects = st.sampled_from(["Allow", "Allow", "Deny"])
versions = st.sampled_from([CURRENT, CURRENT, CURRENT, CURRENT, "2008-10-17", None])


def documents(statements, most=2):
    """A document of a few such statements; a single one may stand without a list."""
    several = st.builds(lambda found: document(*found), st.lists(statements, min_size=1, max_size=most))
    return several | st.builds(lambda one: {"Version": CURRENT, "Statement": one}, statements)


# --- Callers ----------------------------------------------------------------------------------------------------------

CALLERS = [
    (ANN, {"aws:username": "ann"}),
    (ANN, {"aws:username": "ann", "aws:userid": USER_ID, "aws:PrincipalArn": ANN}),
    (SESSION, {}),
    (SESSION, {"aws:PrincipalArn": ROLE, "aws:userid": f"{ROLE_ID}:s1"}),
    (SESSION, {"aws:PrincipalArn": TEAM_ROLE, "AWS:UserID": f"{ROLE_ID}:s1"}),
    (FEDERATED, {}),
    (FEDERATED, {"aws:PrincipalArn": FEDERATED, "aws:userid": f"{HOME}:ann"}),
    (FEDERATED, {"aws:principalarn": BOB}),
    (ROOT, {"aws:PrincipalArn": ROOT, "aws:userid": HOME}),
    (SERVICES[0], {"aws:PrincipalIsAWSService": "true"}),
    ("anonymous", {}),
]
callers = st.sampled_from(CALLERS)
NAMES = [
    "*",
    HOME,
    ROOT,
    OTHER,
    ANN,
    BOB,
    SESSION,
    f"arn:aws:sts::{HOME}:assumed-role/app/s2",
    FEDERATED,
    f"arn:aws:sts::{HOME}:federated-user/bob",
    ROLE,
    TEAM_ROLE,
    DEEP_ROLE,
    f"arn:aws:iam::{OTHER}:role/app",
    f"arn:aws:iam::{HOME}:role/apple",
    USER_ID,
    ROLE_ID,
]
principals = (
    st.just("*")
    | st.builds(lambda names: {"AWS": names}, some(NAMES, 3))
    | st.builds(lambda names, services: {"AWS": names, "Service": services}, some(NAMES), some(SERVICES))
    | st.builds(lambda services: {"Service": services}, some(SERVICES))
)
OWN_NAMES = {
    ANN: [ANN, USER_ID, HOME, ROOT],
    SESSION: [SESSION, ROLE, TEAM_ROLE, DEEP_ROLE, ROLE_ID, HOME, ROOT],
    FEDERATED: [FEDERATED, ANN, BOB, HOME, ROOT],
    ROOT: [ROOT, HOME],
}


def own_names(caller):
    """A Principal element that names a caller in ways of its own."""
    if caller in OWN_NAMES:
        return some(OWN_NAMES[caller]).map(lambda names: {"AWS": names})
    return st.just("*" if caller == "anonymous" else {"Service": caller})


def spared(caller):
    """A NotPrincipal element that lists all or nearly all the names that spare a caller; `*` says nothing there."""
    names = st.lists(st.sampled_from(OWN_NAMES.get(caller, NAMES[1:])), min_size=1, max_size=4, unique=True)
    return st.builds(
        lambda found, services: {"AWS": found, **({"Service": services} if services else {})},
        names,
        st.sampled_from([None, None, SERVICES[0]]),
    )


not_principals = st.one_of(*[spared(caller) for caller, _ in CALLERS])


def of_caller(case, caller):
    """The case as this caller's, without the policies that such a caller cannot have."""
    principal, keys = caller
    mine = {**case, "principal": principal, "context": {**case["context"], **keys}}
    in_account = principal.startswith("arn:") and "-provider/" not in principal
    if not in_account or principal.endswith(":root"):
        mine |= {"identity_policies": [], "permissions_boundary": None}
    if not principal.startswith("arn:aws:sts:"):
        mine["session_policies"] = []
    if not in_account:
        mine["principal_in_management_account"] = False
    if ":assumed-role/" not in principal:
        mine["principal_is_service_linked_role"] = False
    return mine


# --- Plain statements about two actions on two resources --------------------------------------------------------------

ACTIONS, OBJECTS = ["s3:GetObject", "s3:PutObject"], ["arn:aws:s3:::b/k", "arn:aws:s3:::b/l"]
actions = some([*ACTIONS, "s3:*", "*", "S3:getobject", "s3:Get?bject", "s3:Put*"])
resources = some([*OBJECTS, "*", "arn:aws:s3:::b/*", "arn:aws:s3:::*"])
about_actions = st.one_of(*[actions.map(lambda found: {"Action": found})] * 4, actions.map(lambda f: {"NotAction": f}))
about_resources = st.one_of(
    *[resources.map(lambda found: {"Resource": found})] * 4, resources.map(lambda found: {"NotResource": found})
)
TAG = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
conditional = st.sampled_from(
    [{}, {}, {}, {"Condition": TAG}, {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}]
)
contexts = st.fixed_dictionaries(
    {},
    optional={
        "aws:principaltag/Team": st.sampled_from(["red", "blue"]),
        "aws:SecureTransport": st.sampled_from(["true", "false"]),
    },
)


def merged(*parts):
    """A statement of parts."""
    return st.builds(lambda *found: {key: value for part in found for key, value in part.items()}, *parts)


effect_of = effects.map(lambda effect: {"Effect": effect})
plain_statements = st.just(EVERYTHING) | merged(effect_of, about_actions, about_resources, conditional)
named_statements = st.one_of(
    *[merged(effect_of, about_actions, about_resources, principals.map(lambda who: {"Principal": who}), conditional)]
    * 3,
    merged(
        st.just({"Effect": "Deny"}),
        about_actions,
        about_resources,
        not_principals.map(lambda who: {"NotPrincipal": who}),
    ),
)
plain_documents, named_documents = documents(plain_statements), documents(named_statements)
guards = documents(
    merged(
        st.just({"Effect": "Deny", "Principal": "*"}),
        st.sampled_from([{"Action": "s3:*"}, {"Action": "s3:PutObject"}, {"NotAction": "s3:Get*"}]),
        about_resources,
        conditional,
    )
)
levels = st.lists(st.lists(plain_documents, min_size=1, max_size=2) | st.just([document(EVERYTHING)]), max_size=3)
endpoint_policies = st.none() | st.just(document({**EVERYTHING, "Principal": "*"})) | named_documents

# --- The strategies ---------------------------------------------------------------------------------------------------

layered_cases = st.builds(
    of_caller,
    cases(
        action=st.sampled_from(ACTIONS),
        resource=st.sampled_from(OBJECTS),
        resource_account=st.sampled_from([HOME, HOME, OTHER]),
        context=contexts,
        identity_policies=st.lists(plain_documents, max_size=2) | st.just([document(EVERYTHING)]),
        permissions_boundary=st.none() | plain_documents,
        session_policies=st.lists(plain_documents, max_size=2),
        resource_policy=st.none() | named_documents,
        service_control_policies=st.just([]) | levels,
        resource_control_policies=st.just([]) | st.lists(st.lists(guards, max_size=1), max_size=2),
        vpc_endpoint_policy=st.one_of(*[st.none()] * 3, endpoint_policies),
        principal_in_management_account=st.sampled_from([False, False, True]),
        principal_is_service_linked_role=st.sampled_from([False, False, False, True]),
    ),
    callers,
)

on_everything = st.just({"Action": "s3:*", "Resource": "*"})


def who_of(caller):
    """Statements that name a caller, or spare it, or are about others."""
    named, left_out = own_names(caller), spared(caller)
    return st.one_of(
        merged(effect_of, on_everything, st.one_of(named, named, principals).map(lambda found: {"Principal": found})),
        merged(st.just({"Effect": "Deny"}), on_everything, left_out.map(lambda found: {"NotPrincipal": found})),
    )


def principal_worlds(who):
    return cases(
        resource_account=st.sampled_from([HOME, HOME, OTHER]),
        identity_policies=st.sampled_from([[], [document(EVERYTHING)]]),
        permissions_boundary=mostly(None, document(EVERYTHING), document({**EVERYTHING, "Action": "s3:Put*"})),
        session_policies=st.sampled_from(
            [[], [], [document(EVERYTHING)], [document({**EVERYTHING, "Action": "iam:*"})]]
        ),
        resource_policy=who,
        vpc_endpoint_policy=st.one_of(*[st.none()] * 5, st.just(document({**EVERYTHING, "Principal": "*"})), who),
    )


principal_cases = st.one_of(
    *[st.builds(of_caller, principal_worlds(documents(who_of(caller[0]))), st.just(caller)) for caller in CALLERS]
)

# Conditions: for each kind of operator the operators, the values of a request and the values of a policy.
STRINGS = ["red", "Red", "blue", "", "r*d", "r?d", "redd", "ann", "$", "a-red", "*"]
WANTED_STRINGS = [
    *("red", "RED", "r*", "*", "?ed", "r?d", "", "*d", "**", "r*d*", "${aws:username}", "${AWS:UserName}", "a-${aws:PrincipalTag/team}"),
    *("${*}", "r${*}d", "r${?}d", "${$}", "${aws:nokey}", "${aws:nokey, 'red'}", "${aws:username, 'red'}", "*${aws:nokey}"),
    *("${aws:TagKeys}", "${aws:TagKeys, 'blue'}", "${aws:username}*", "$", "${aws:PrincipalTag/Team}", "ann"),
]  # fmt: skip
TOPIC = f"arn:aws:sns:us-east-1:{HOME}:t"
ARNS = [TOPIC, f"{TOPIC}:sub", f"arn:aws:sns:eu-west-1:{OTHER}:t", "arn:aws:s3:::b", ANN, "t", "", "arn:aws:sns", "*"]
WANTED_ARNS = [
    *(TOPIC, f"arn:aws:sns:*:{HOME}:*", "arn:aws:sns:*", "arn:*:sns:*:*:t", "*", "arn:aws:sns:us-east-?:*:t", "arn:*", "arn:aws:*:*:*:*"),
    *(f"arn:aws:iam::{HOME}:user/${{aws:username}}", f"arn:aws:iam::{HOME}:user/${{aws:nokey}}", f"arn:aws:sns:us-east-1:{HOME}:*:sub"),
    *("arn:aws:s*:*:*:?", "arn:aws:iam::*:user/${aws:nokey, 'ann'}", "arn:aws:SNS:*:*:t", "arn:aws:s3:::*", "arn:aws:sns:*t"),
]  # fmt: skip
NUMBERS = ["10", "10.0", "9.5", "-1", "11", "abc", "", "0"]
MOMENTS = [
    *("2024-05-01T12:00:00Z", "2024-05-01T14:00:00+02:00", "1714564800", "2024-05-01", "2024", "2024-05", "1714564801"),
    *("2024-05-01T12:00Z", "2024-05-01T12:00:00.500Z", "1704067200", "2024-01-01", "2024-05-01T00:00:00Z", "", "soon"),
]  # fmt: skip
ADDRESSES = ["10.0.0.1", "10.0.0.255", "10.0.1.1", "::1", "2001:db8::1", "2001:DB8:0::0001", "home", ""]
RANGES = [
    "10.0.0.0/24",
    "10.0.0.7/24",
    "10.0.0.1",
    "0.0.0.0/0",
    "10.0.0.0/31",
    "::1",
    "2001:DB8::/32",
    "::/0",
    "10.0.1.1/32",
]
KINDS = [
    (
        [f"String{name}" for name in ("Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase", "Like", "NotLike")],
        STRINGS,
        WANTED_STRINGS,
    ),
    ([f"Arn{name}" for name in ("Equals", "Like", "NotEquals", "NotLike")], ARNS, WANTED_ARNS),
    (["Bool"], ["true", "false", "True", "yes", ""], ["true", "false", True, False]),
    (["IpAddress", "NotIpAddress"], ADDRESSES, RANGES),
    (["BinaryEquals"], ["QmluYXJ5", "QmluYXJ6", "!"], ["QmluYXJ5", "QmluYXJ6"]),
    *[
        (
            [f"{kind}{name}" for name in ("Equals", "NotEquals", *(f"{way}Than{end}" for way in ("Less", "Greater") for end in ("", "Equals")))],
            values,
            wanted,
        )
        for kind, values, wanted in (("Numeric", NUMBERS, ["10", "9.5", 10, 10.5, "-1", "0"]), ("Date", MOMENTS, MOMENTS[:-2]))
    ],
]  # fmt: skip
SINGLE, MANY = ["aws:PrincipalTag/team", "AWS:principaltag/TEAM"], ["aws:TagKeys", "aws:tagkeys"]
quantifiers = st.sampled_from(["", "", "ForAllValues:", "ForAnyValue:"])
endings = st.sampled_from(["", "", "IfExists"])


@st.composite
def conditions_of(draw, kind):
    """A condition block of one entry, or two, of one kind of operator, and a request context for it."""
    operators, values, wanted = kind
    block = {}
    for _ in range(draw(st.sampled_from([1, 1, 1, 2]))):
        operator = draw(quantifiers) + draw(st.sampled_from(operators)) + draw(endings)
        key = draw(st.sampled_from([*SINGLE, *MANY, *MANY] if operator.startswith("For") else [*SINGLE, *MANY]))
        block.setdefault(operator, {})[key] = draw(some(wanted, 3))
    if draw(st.integers(0, 7)) == 0:
        block["Null"] = {draw(st.sampled_from([*SINGLE, *MANY])): draw(st.sampled_from(["true", "false", True, False]))}
    several = st.lists(st.sampled_from(values), max_size=3)
    context = {
        "aws:PrincipalTag/Team": draw(st.one_of(*[st.sampled_from(values)] * 5, st.none())),
        "aws:TagKeys": draw(st.one_of(several, several, several, st.sampled_from([[], [""], ["", ""], None]))),
        "aws:username": draw(st.sampled_from(["ann", "ann", "ann", None])),
    }
    return block, {key: value for key, value in context.items() if value is not None}


def condition_case(drawn, effect, version):
    block, context = drawn
    statement = {"Effect": effect, "Action": "s3:*", "Resource": "*", "Condition": block}
    base = [document(EVERYTHING)] if effect == "Deny" else []
    return {**PLAIN, "context": context, "identity_policies": [*base, document(statement, version=version)]}


def as_cases(conditions):
    return st.builds(condition_case, conditions, st.sampled_from(["Allow", "Deny"]), versions)


condition_cases = as_cases(st.sampled_from(KINDS).flatmap(conditions_of))


# Wildcards and variables: a resource, and patterns made from it by taking pieces out.
SEGMENTS = st.sampled_from(["", "a", "ab", "b"])
TAIL_PIECES = ["ann", "ann", "red", "red", "*", "$", "a", "A", "b", "/", ":", "ab"]
VARIABLES = {
    "ann": ["${aws:username}", "${aws:UserName, 'x'}", "${aws:nokey, 'ann'}", "${aws:userid}", "${aws:nokey}"],
    "red": ["${aws:PrincipalTag/team}", "${aws:TagKeys, 'red'}", "${aws:TagKeys}"],
    "*": ["${*}", "*", "?", "${aws:PrincipalTag/star}"],
    "$": ["${$}", "$"],
    "a": ["?", "*", "${?}", "a*"],
    "A": ["a", "?"],
    "b": ["?", "*", "b"],
    ":": ["?", "*", ":*"],
    "/": ["/", "*", "/*"],
    "ab": ["a?", "*b", "??", "a*", "A*"],
}


@st.composite
def resources_and_patterns(draw):
    """A resource and a few patterns that come close to it."""
    head = ["arn", "aws", draw(st.sampled_from(["s3", "sqs"])), draw(SEGMENTS), draw(SEGMENTS)]
    tail = draw(st.lists(st.sampled_from(TAIL_PIECES), min_size=1, max_size=4))
    patterns = draw(st.lists(pattern_of(head, tail), min_size=1, max_size=2))
    return ":".join([*head, "".join(tail)]), patterns


@st.composite
def pattern_of(draw, head, tail):
    """The resource with some pieces of its tail replaced, and a stretch of its head taken out."""
    end = "".join(draw(st.sampled_from([piece, *VARIABLES[piece]])) for piece in tail)
    start = ":".join([*head, ""])
    for _ in range(draw(st.integers(0, 2))):
        low = draw(st.integers(len("arn:aws:sqs:"), len(start) - 1))
        high = draw(st.integers(low, min(len(start), low + 4)))
        start = start[:low] + draw(st.sampled_from(["*", "?", "**"])) + start[high:]
    whole = start + end
    if draw(st.integers(0, 3)) == 0:
        cut = draw(st.integers(len("arn:aws:"), len(start)))
        whole = whole[:cut] + "*"
    return whole


def variable_case(drawn, element, effect, version, context, action):
    resource, patterns = drawn
    statement = {"Effect": effect, **action, element: patterns}
    base = [document(EVERYTHING)] if effect == "Deny" else []
    policies = [*base, document(statement, version=version)]
    return {**PLAIN, "resource": resource, "context": context, "identity_policies": policies}


variable_cases = st.builds(
    variable_case,
    resources_and_patterns(),
    st.sampled_from(["Resource", "Resource", "Resource", "NotResource"]),
    effects,
    versions,
    st.fixed_dictionaries(
        {},
        optional={
            "aws:username": st.just("ann"),
            "aws:userid": st.sampled_from(["ann", "a:b", ""]),
            "aws:PrincipalTag/Team": st.sampled_from(["red", "r*", "a/b", ""]),
            "aws:PrincipalTag/star": st.sampled_from(["*", "?"]),
            "aws:TagKeys": st.sampled_from([["red"], ["red", "blue"], []]),
        },
    ),
    st.one_of(
        *[st.just({"Action": "s3:GetObject"})] * 3,
        some(["s3:get*", "S3:*Object", "s3:?etObject", "s3:*", "*", "s3:Get", "sqs:*", "s3:GetObject*"]).map(
            lambda found: {"Action": found}
        ),
        some(["s3:Put*", "iam:*", "s3:*t", "S3:GETOBJECT"]).map(lambda found: {"NotAction": found}),
    ),
)

# Role trust policies, key policies and the actions that have rules of their own.
ROLE_ARN, KEY = (
    f"arn:aws:iam::{HOME}:role/target",
    f"arn:aws:kms:us-east-1:{HOME}:key/1234abcd-12ab-34cd-56ef-1234567890ab",
)
ALIAS = f"arn:aws:kms:us-east-1:{HOME}:alias/k"
QUEUE, TABLE = f"arn:aws:sqs:us-east-1:{HOME}:q", f"arn:aws:dynamodb:us-east-1:{HOME}:table/t"
BUCKET, PASSED = "arn:aws:s3:::b", f"arn:aws:iam::{HOME}:role/passed"
REQUESTS = [
    ("sts:AssumeRole", ROLE_ARN),
    ("sts:AssumeRole", ROLE_ARN),
    ("STS:assumerole", ROLE_ARN),
    ("sts:TagSession", ROLE_ARN),
    ("sts:SetSourceIdentity", ROLE_ARN),
    ("kms:Decrypt", KEY),
    ("kms:Decrypt", KEY),
    ("kms:Decrypt", ALIAS),
    ("kms:PutKeyPolicy", KEY),
    ("sqs:SendMessage", QUEUE),
    ("SQS:deletequeue", QUEUE),
    ("dynamodb:GetItem", TABLE),
    ("dynamodb:PutResourcePolicy", TABLE),
    ("lambda:AddPermission", f"arn:aws:lambda:us-east-1:{HOME}:function:f"),
    ("lambda:GetPolicy", f"arn:aws:lambda:us-east-1:{HOME}:function:f"),
    ("s3:PutBucketPolicy", BUCKET),
    ("S3:getbucketpolicy", BUCKET),
    ("s3:DeleteBucketPolicy", BUCKET),
    ("s3:PutBucketAcl", BUCKET),
    ("iam:PassRole", PASSED),
    ("iam:GetRole", PASSED),
    ("sts:GetSessionToken", "*"),
    ("sts:GetFederationToken", FEDERATED),
    ("sts:GetCallerIdentity", "*"),
]
ANY_ACTION = [{"Action": name} for name in ("*", "sts:*", "kms:*", "s3:*", "iam:*", "sts:AssumeRole", "sts:Get*")]
special_actions = st.one_of(st.just({"Action": "*"}), st.sampled_from(ANY_ACTION))
special_statements = merged(effect_of, special_actions, st.just({"Resource": "*"}))
special_documents = documents(special_statements)
trust_actions = some(
    ["sts:AssumeRole", "sts:*", "sts:TagSession", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"]
)
federations = some([SAML, OIDC, "accounts.google.com", f"arn:aws:iam::{HOME}:saml-provider/other"])
trusted = principals | federations.map(lambda found: {"Federated": found})
trust_policies = documents(
    merged(
        effect_of,
        trust_actions.map(lambda f: {"Action": f}),
        trusted.map(lambda found: {"Principal": found}),
        conditional,
    )
)
special_resource_policies = documents(
    merged(effect_of, special_actions, st.just({"Resource": "*"}), principals.map(lambda found: {"Principal": found}))
)


def special_case(case, request, caller, trust):
    action, resource = request
    if not caller[0].startswith("arn:") and not action.lower().startswith(("s3:", "kms:", "sts:assume")):
        caller = (ANN, {})
    if action.lower().startswith("sts:") and resource == ROLE_ARN:
        case = {**case, "resource_policy": trust}
    if resource in {"*", FEDERATED}:
        case = {**case, "resource_policy": None, "resource_account": HOME, "resource_control_policies": []}
    return of_caller({**case, "action": action, "resource": resource}, caller)


special_worlds = cases(
    resource_account=st.sampled_from([HOME, HOME, OTHER]),
    context=contexts,
    identity_policies=st.sampled_from([[], [document(EVERYTHING)]]) | st.lists(special_documents, max_size=2),
    permissions_boundary=st.one_of(*[st.none()] * 2, special_documents),
    session_policies=st.one_of(*[st.just([])] * 2, st.lists(special_documents, max_size=1)),
    resource_policy=st.none() | special_resource_policies,
    service_control_policies=st.just([]) | st.lists(st.lists(special_documents, min_size=1, max_size=1), max_size=2),
    resource_control_policies=st.just([])
    | st.just([[document({"Effect": "Deny", "Principal": "*", "Action": "s3:PutBucketPolicy", "Resource": "*"})]]),
)
special_cases = st.builds(special_case, special_worlds, st.sampled_from(REQUESTS), callers, st.none() | trust_policies)
provider_trust = documents(
    merged(
        effect_of,
        st.sampled_from(
            [{"Action": "sts:AssumeRoleWith*"}, {"Action": "sts:AssumeRoleWithSAML"}, {"NotAction": "sts:AssumeRole"}]
        ),
        st.one_of(
            *[federations.map(lambda found: {"Principal": {"Federated": found}})] * 3, st.just({"Principal": "*"})
        ),
        conditional,
    )
)

# Where everything allows, but for one layer or two: nothing else hides what a single rule decides.
ELSEWHERE, REFUSAL = {**EVERYTHING, "Action": "ec2:*"}, {**EVERYTHING, "Effect": "Deny"}
OPEN, CLOSED, REFUSING = document(EVERYTHING), document(ELSEWHERE), document(EVERYTHING, REFUSAL)
TO_ALL, TO_NONE, NOT_TO_ALL = (
    document({**EVERYTHING, "Principal": "*"}),
    document({**ELSEWHERE, "Principal": "*"}),
    document({**EVERYTHING, "Principal": "*"}, {**REFUSAL, "Principal": "*"}),
)


IN_NO_ORGANIZATION = {"service_control_policies": [], "resource_control_policies": []}
in_an_organization = st.fixed_dictionaries(
    {
        "service_control_policies": st.sampled_from(
            [[], [[OPEN], [OPEN]], [[OPEN], [CLOSED]], [[CLOSED], [OPEN]], [[OPEN, CLOSED]], [[REFUSING]], [[REFUSING]]]
        ),
        "resource_control_policies": st.sampled_from([[], [], [[], [document({**REFUSAL, "Principal": "*"})]]]),
        "principal_in_management_account": st.booleans(),
        "principal_is_service_linked_role": st.booleans(),
    }
)
nearly_allowed = st.builds(
    lambda case, organization: {**case, **organization},
    cases(
        resource_account=st.sampled_from([HOME, HOME, OTHER]),
        identity_policies=mostly([OPEN], [], [REFUSING], [CLOSED]),
        permissions_boundary=mostly(None, OPEN, CLOSED, REFUSING),
        session_policies=st.sampled_from([[], [], [OPEN], [OPEN], [CLOSED], [CLOSED, OPEN], [REFUSING]]),
        vpc_endpoint_policy=mostly(None, TO_ALL, TO_NONE, NOT_TO_ALL),
    ),
    st.one_of(st.just(IN_NO_ORGANIZATION), st.just(IN_NO_ORGANIZATION), in_an_organization),
)


def named_in_resource(caller):
    """A resource policy or trust policy that names the caller, or someone, or does not exist."""
    who = st.one_of(own_names(caller), own_names(caller), principals)
    of_role = st.sampled_from(["sts:*", "sts:*", "sts:AssumeRole"])
    named = st.builds(
        lambda effect, found, action: (
            document({"Effect": effect, "Principal": found, "Action": "*", "Resource": "*"}),
            document({"Effect": effect, "Principal": found, "Action": action}),
        ),
        st.sampled_from(["Allow", "Allow", "Allow", "Deny"]),
        who,
        of_role,
    )
    return st.one_of(named, named, named, st.just((None, None)))


def meets(caller):
    """The requests for which there is a rule about such a caller, more often than others."""
    own = {
        ROOT: [REQUESTS[0], *[one for one in REQUESTS if one[0].lower().endswith("bucketpolicy")]],
        SESSION: [one for one in REQUESTS if one[0] in {"sts:GetSessionToken", "sts:GetFederationToken"}],
        FEDERATED: [one for one in REQUESTS if one[0].startswith(("sts:Get", "iam:"))],
        ANN: [one for one in REQUESTS if one[0] in {"iam:PassRole", "s3:PutBucketPolicy", "sts:GetSessionToken"}],
    }.get(caller, REQUESTS)
    plain = [(action, OBJECTS[0]) for action in ACTIONS]
    return st.one_of(st.sampled_from(own), st.sampled_from(plain), st.sampled_from(REQUESTS))


def ruled(case, request, caller, policies):
    on_resource, trust = policies
    return special_case({**case, "resource_policy": on_resource}, request, caller, trust)


rule_cases = st.one_of(
    *[
        st.builds(ruled, nearly_allowed, meets(caller[0]), st.just(caller), named_in_resource(caller[0]))
        for caller in CALLERS
    ]
)
providers = st.sampled_from(
    [
        ("sts:AssumeRoleWithSAML", SAML),
        ("sts:AssumeRoleWithWebIdentity", OIDC),
        ("sts:AssumeRoleWithWebIdentity", "accounts.google.com"),
        ("sts:assumerolewithwebidentity", OIDC),
    ]
)
provider_cases = st.builds(
    lambda case, request, trust: of_caller(
        {**case, "action": request[0], "resource": ROLE_ARN, "resource_policy": trust}, (request[1], {})
    ),
    special_worlds,
    providers,
    provider_trust | trust_policies,
)

# Patterns of a few letters, for the matcher itself.
letters = st.text("ab*?", max_size=5)
texts = st.text("aab", max_size=5)


def pattern_case(kind, pattern, text):
    """A case that is allowed just where the pattern fits the text: as an action, a StringLike, an ArnLike or a Resource."""
    allow, context, action, resource = EVERYTHING, {}, PLAIN["action"], PLAIN["resource"]
    match kind:
        case "action":
            action, allow = f"s3:x{text}", {**EVERYTHING, "Action": f"S3:X{pattern.upper()}"}
        case "resource":
            resource, allow = f"{resource}{text}", {**EVERYTHING, "Resource": f"{resource}{pattern}"}
        case _:
            start = "arn:aws:s3:a:b:" if kind == "ArnLike" else ""
            context = {"aws:SourceArn": f"{start}{text}"}
            allow = {**EVERYTHING, "Condition": {kind: {"aws:SourceArn": f"{start}{pattern}"}}}
    policies = [document(allow)]
    return {**PLAIN, "action": action, "resource": resource, "context": context, "identity_policies": policies}


pattern_cases = st.builds(
    pattern_case, st.sampled_from(["action", "resource", "ArnLike", "StringLike"]), letters, texts
)
any_cases = st.one_of(layered_cases, principal_cases, special_cases, rule_cases, provider_cases)
