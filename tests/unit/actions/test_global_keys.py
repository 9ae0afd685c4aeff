"""The global keys about organizations: present for members, absent for others."""

from dataclasses import replace
from datetime import UTC, datetime

from harness.actions import global_keys
from harness.wire import Place
from harness.wire.vouch import Caller, CallerKind

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
