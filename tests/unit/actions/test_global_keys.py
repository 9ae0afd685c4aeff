"""The global keys: of organizations, and of services that act for a caller."""

from dataclasses import replace
from datetime import UTC, datetime

from harness.actions import global_keys
from harness.wire import Place, VpcEndpoint
from harness.wire.vouch import Caller, CallerKind, SessionFacts

A = "111111111111"
PLACE, OTHER = Place("o-a", "o-a/r-b/ou-b-1/"), Place("o-z", "o-z/r-b/")
AROUND = global_keys.Circumstances(datetime(2026, 1, 1, tzinfo=UTC), "127.0.0.1", None, None, "us-west-2", A)
CALLER = Caller(CallerKind.USER, A, f"arn:aws:iam::{A}:user/u", "AIDAU")
RULE = f"arn:aws:events:us-west-2:{A}:rule/r"


def about_organizations(keys):
    return {key: value for key, value in keys.items() if "Org" in key}


def test_a_caller_and_a_resource_have_the_keys_of_their_own_accounts():
    keys = global_keys.of_caller(replace(CALLER, place=PLACE), replace(AROUND, resource_place=OTHER))

    assert about_organizations(keys) == {
        "aws:PrincipalOrgID": "o-a",
        "aws:PrincipalOrgPaths": ("o-a/r-b/ou-b-1/",),
        "aws:ResourceOrgID": "o-z",
        "aws:ResourceOrgPaths": ("o-z/r-b/",),
    }
    assert about_organizations(global_keys.of_caller(CALLER, AROUND)) == {}


def test_a_service_is_in_no_organization_and_its_source_may_be():
    keys = global_keys.of_service("events.amazonaws.com", RULE, A, PLACE, AROUND)

    assert about_organizations(keys) == {"aws:SourceOrgID": "o-a", "aws:SourceOrgPaths": ("o-a/r-b/ou-b-1/",)}
    assert about_organizations(global_keys.of_service("events.amazonaws.com", None, None, PLACE, AROUND)) == {}


def test_every_key_that_is_made_is_modelled():
    made = global_keys.of_caller(replace(CALLER, place=PLACE), replace(AROUND, resource_place=OTHER))
    made |= global_keys.of_service("events.amazonaws.com", RULE, A, PLACE, AROUND)

    assert {key.lower() for key in made} <= global_keys.MODELLED


def test_a_service_that_acts_for_the_caller_has_an_address_of_its_own():
    session = SessionFacts(0.0, 1.0, via=("cloudformation.amazonaws.com", "lambda.amazonaws.com"), long_term=True)
    keys = global_keys.of_caller(replace(CALLER, session=session), AROUND)

    assert keys["aws:CalledVia"] == ("cloudformation.amazonaws.com", "lambda.amazonaws.com")
    assert (keys["aws:CalledViaFirst"], keys["aws:CalledViaLast"]) == keys["aws:CalledVia"]
    assert keys["aws:ViaAWSService"] == "true"
    assert not {"aws:SourceIp", "aws:TokenIssueTime", "aws:MultiFactorAuthPresent"} & set(keys)

    itself = global_keys.of_caller(CALLER, AROUND)
    assert (itself["aws:SourceIp"], itself["aws:ViaAWSService"]) == ("127.0.0.1", "false")
    assert not {key for key in itself if key.startswith("aws:CalledVia")}


def test_a_forward_access_session_has_the_attributes_of_the_session_it_is_made_from():
    session = SessionFacts(0.0, 1.0, mfa=True, via=("cloudformation.amazonaws.com",))
    keys = global_keys.of_caller(replace(CALLER, session=session), AROUND)

    assert keys["aws:MultiFactorAuthPresent"] == "true"
    assert keys["aws:TokenIssueTime"] == "1970-01-01T00:00:00Z"


def test_through_an_endpoint_a_request_has_a_private_address_alone():
    through = replace(AROUND, vpc_endpoint=VpcEndpoint("vpce-0a", "vpc-0a", A, "us-west-2", PLACE))
    keys = global_keys.of_caller(CALLER, through)

    assert {name: value for name, value in keys.items() if "Vpc" in name or "Ip" in name} == {
        "aws:SourceVpc": "vpc-0a",
        "aws:SourceVpcArn": f"arn:aws:ec2:us-west-2:{A}:vpc/vpc-0a",
        "aws:SourceVpce": "vpce-0a",
        "aws:VpcSourceIp": "127.0.0.1",
        "aws:VpceAccount": A,
        "aws:VpceOrgID": PLACE.organization,
        "aws:VpceOrgPaths": (PLACE.path,),
    }
    assert {key.lower() for key in keys} <= global_keys.MODELLED
    for others in (global_keys.of_anonymous(through), global_keys.of_provider("p", through)):
        assert (others["aws:SourceVpce"], "aws:SourceIp" in others) == ("vpce-0a", False)
