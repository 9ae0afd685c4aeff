"""The global condition keys of a request: what is known about the caller, the session, the network and the time.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from harness.actions.operation import ContextValue
from harness.wire import Place, VpcEndpoint
from harness.wire.vouch import Caller, CallerKind

# Keys that a request here either has or is known not to have. VPC endpoints are those that harness.toml tells of, and the plain-HTTP
# loopback stands in for AWS's TLS endpoints (docs/decisions), so those keys are absent or fixed, not unknown.
MODELLED = frozenset({
    "aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:currenttime", "aws:ec2instancesourceprivateipv4",
    "aws:ec2instancesourcevpc", "aws:epochtime", "aws:federatedprovider", "aws:multifactorauthage",
    "aws:multifactorauthpresent", "aws:principalaccount", "aws:principalarn", "aws:principalisawsservice",
    "aws:principalorgid", "aws:principalorgpaths", "aws:principalservicename", "aws:principalservicenameslist",
    "aws:principaltag/", "aws:principaltype", "aws:referer", "aws:requestedregion", "aws:resourceaccount",
    "aws:resourceorgid", "aws:resourceorgpaths", "aws:securetransport", "aws:sourceaccount", "aws:sourcearn",
    "aws:sourceidentity", "aws:sourceip", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner", "aws:sourcevpc", "aws:sourcevpcarn",
    "aws:sourcevpce", "aws:tokenissuetime", "aws:useragent", "aws:userid", "aws:username", "aws:viaawsservice",
    "aws:vpcsourceip", "aws:chatbotsourcearn", "aws:assumedroot", "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths",
})  # fmt: skip
RESOURCE_ORGANIZATION = frozenset({"aws:resourceorgid", "aws:resourceorgpaths"})
"""Known for the resources of one's own account only: each account speaks for itself."""

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html (the key policy's principal),
# OBSERVED: https://github.com/serverless-operations/serverless-step-functions/issues/407. Of others the name is invalid:
# https://github.com/aws/aws-cdk/issues/16188 (ssm).
_WITH_REGIONAL_NAMES = frozenset({"logs.amazonaws.com", "states.amazonaws.com"})

_TYPES = {
    CallerKind.ROOT: "Account",
    CallerKind.USER: "User",
    CallerKind.ROLE_SESSION: "AssumedRole",
    CallerKind.FEDERATED_USER: "FederatedUser",
}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What surrounds a request, apart from who sent it."""

    now: datetime
    client_address: str
    user_agent: str | None
    referer: str | None
    region: str
    resource_account: str
    resource_place: Place | None = None
    """The resource's account's place in its organization."""
    mfa: bool = False
    """A valid code of the caller's MFA device came with the request."""
    vpc_endpoint: VpcEndpoint | None = None
    """What the request came through."""
    via: str | None = None
    """The service that asks for the caller, on its way to what the request is about."""


def of_caller(caller: Caller, around: Circumstances) -> dict[str, ContextValue]:
    """The keys of a request that a principal signed."""
    keys: dict[str, ContextValue] = {
        **_around(around),
        "aws:PrincipalAccount": caller.account_id,
        "aws:PrincipalArn": caller.policy_principal,
        "aws:PrincipalIsAWSService": "false",
        "aws:PrincipalType": _TYPES[caller.kind],
        "aws:userid": caller.user_id,
        **_way(caller, around),
        **{f"aws:PrincipalTag/{key}": value for key, value in caller.principal_tags.items()},
    }
    if caller.user_name is not None:
        keys["aws:username"] = caller.user_name
    keys |= _organization("Principal", caller.place)
    keys |= _session(caller, around)
    # The code of an AssumeRole request counts for it alone, not for the session that it makes:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
    return keys | ({"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "0"} if around.mfa else {})


def _way(caller: Caller, around: Circumstances) -> dict[str, ContextValue]:
    """Whether the principal itself sends the request, or a service for it, which has an address of its own.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html, and for the user agent
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
    """
    via = caller.session.via if caller.session is not None else ()
    via = (*via, around.via) if around.via is not None else via
    if not via:
        return {**_network(around), "aws:ViaAWSService": "false"}
    return {
        "aws:CalledVia": via,
        "aws:CalledViaFirst": via[0],
        "aws:CalledViaLast": via[-1],
        "aws:UserAgent": via[-1],
        "aws:ViaAWSService": "true",
    }


def _network(around: Circumstances) -> dict[str, ContextValue]:
    """Through a VPC endpoint a request has a private address and no other.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-vpcsourceip
    """
    endpoint = around.vpc_endpoint
    if endpoint is None:
        return {"aws:SourceIp": around.client_address}
    return {
        "aws:SourceVpc": endpoint.vpc,
        "aws:SourceVpcArn": endpoint.vpc_arn,
        "aws:SourceVpce": endpoint.id,
        "aws:VpcSourceIp": around.client_address,
        "aws:VpceAccount": endpoint.account,
        **_organization("Vpce", endpoint.place),
    }


def _session(caller: Caller, around: Circumstances) -> dict[str, ContextValue]:
    session = caller.session
    if session is None or session.long_term:
        return {}
    keys: dict[str, ContextValue] = {
        "aws:TokenIssueTime": _iso(datetime.fromtimestamp(session.issued, UTC)),
        "aws:MultiFactorAuthPresent": "true" if session.mfa else "false",
    }
    if session.mfa:
        keys["aws:MultiFactorAuthAge"] = str(int(around.now.timestamp() - session.issued))
    if session.source_identity is not None:
        keys["aws:SourceIdentity"] = session.source_identity
    if session.provider is not None:
        keys["aws:FederatedProvider"] = session.provider
    return keys | dict(session.provider_keys)


def of_service(
    principal: str, source_arn: str | None, account: str | None, place: Place | None, around: Circumstances
) -> dict[str, ContextValue]:
    """The keys of a call that a service principal makes for a resource of `account`, which has that place in its organization.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    keys: dict[str, ContextValue] = {
        **_around(around),
        "aws:PrincipalIsAWSService": "true",
        "aws:PrincipalServiceName": principal,
        "aws:PrincipalServiceNamesList": tuple(filter(None, (principal, regional_name(principal, around.region)))),
        "aws:ViaAWSService": "false",
    }
    if source_arn is not None:
        keys["aws:SourceArn"] = source_arn
        if account := source_account(source_arn) or account:
            keys["aws:SourceAccount"] = account
            # The older name, which default topic policies test; direct requests have neither:
            # https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html#source-account-versus-source-owner
            keys["aws:SourceOwner"] = account
            keys |= _organization("Source", place)
    return keys


def regional_name(principal: str, region: str) -> str:
    """The service's name in a region, which policies may use in the place of the global one; empty for those that have none."""
    service, _, rest = principal.partition(".")
    return f"{service}.{region}.{rest}" if principal in _WITH_REGIONAL_NAMES else ""


def of_provider(provider: str, around: Circumstances) -> dict[str, ContextValue]:
    """The keys of a request that nobody signs and an identity provider speaks for.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sts_vpc_condition_keys_federated.html for aws:SourceIp.
    OBSERVED: https://awsteele.com/blog/2026/07/13/oidc-tokens-can-restrict-which-aws-roles-they-assume.html for the provider.
    """
    return {**_around(around), "aws:FederatedProvider": provider, **_network(around)}


# What a signature tells, and what only users, roles and root have; in lower case.
OF_SIGNATURES = frozenset({"s3:signatureversion"})
OF_PRINCIPALS = frozenset({"kms:calleraccount"})


def of_anonymous(around: Circumstances) -> dict[str, ContextValue]:
    """The keys of a request that nobody signed: those of the principal are absent.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
    """
    return {
        **_around(around),
        "aws:PrincipalType": "Anonymous",
        **_network(around),
        "aws:ViaAWSService": "false",
        "aws:userid": "anonymous",
    }


def source_account(source_arn: str) -> str | None:
    """The account in a source ARN; S3's bucket ARNs hold none."""
    parts = source_arn.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[4] else None  # noqa: PLR2004 - the parts of an ARN


def _around(around: Circumstances) -> dict[str, ContextValue]:
    keys: Mapping[str, str | None] = {
        "aws:CurrentTime": _iso(around.now),
        "aws:EpochTime": str(int(around.now.timestamp())),
        "aws:Referer": around.referer,
        "aws:RequestedRegion": around.region,
        "aws:ResourceAccount": around.resource_account,
        "aws:SecureTransport": "true",
        "aws:UserAgent": around.user_agent,
    }
    present: dict[str, ContextValue] = {key: value for key, value in keys.items() if value is not None}
    return present | _organization("Resource", around.resource_place)


def _organization(whose: str, place: Place | None) -> dict[str, ContextValue]:
    """The keys about an organization; absent where the account is in none. A path is a list of one."""
    if place is None:
        return {}
    return {f"aws:{whose}OrgID": place.organization, f"aws:{whose}OrgPaths": (place.path,)}


def _iso(time: datetime) -> str:
    return f"{time.replace(tzinfo=None).isoformat(timespec='seconds')}Z"
