"""The launches of a Compose project: what each account is told, and what stays over a restart."""

import json
import os
from dataclasses import asdict, replace

from harness.gateway.containers import launches
from harness.gateway.containers.launches import Account, Shared, launch_for, read
from harness.keys import fresh_issuer_key, fresh_keys, fresh_launch_key
from harness.wire import ControlPolicy, Launch, Membership, Network, Place, Quotas

ONE = Account("one", "111111111111", "us-west-2")
TWO = Account("two", "222222222222", "eu-west-1")
SHARED = Shared(fresh_launch_key(), fresh_issuer_key())


def test_each_account_knows_the_others_by_their_host_names():
    launch = launch_for(ONE, [ONE, TWO], ("333333333333",), SHARED, {})

    assert [(peer.account_id, peer.host) for peer in launch.peers] == [("222222222222", "two")]
    assert launch.external_accounts == ("333333333333",)
    assert launch.keys.deployer_key_id.startswith("AKIA")


def test_keys_stay_over_a_restart_but_not_for_another_account():
    first = launch_for(ONE, [ONE, TWO], (), SHARED, {})

    again = launch_for(ONE, [ONE, TWO], (), Shared.of(first), {"one": first})
    other = launch_for(replace(ONE, account_id="444444444444"), [TWO], (), SHARED, {"one": first})

    assert again == first
    assert other.keys != first.keys


def test_every_key_is_another():
    made = [fresh_keys("111111111111") for _ in range(3)]

    assert len({value for keys in made for value in (keys.deployer_secret, keys.root_secret, keys.root_key_id)}) == 9
    assert "withheld" in repr(made[0])


def test_each_account_is_told_its_own_place_in_the_organization_only():
    member = Membership(Place("o-a", "o-a/r-b/"), ((ControlPolicy("p", '{"a": "${aws:username}:x"}'),),))
    told = f"organization:two:{json.dumps(asdict(member))}"

    asked, external = read(["one:111111111111:us-west-2", "two:222222222222:eu-west-1", "external:333333333333", told])

    assert asked == [ONE, replace(TWO, organization=member)]
    assert external == ("333333333333",)
    assert [launch_for(one, asked, (), SHARED, {}).organization for one in asked] == [None, member]


def test_each_account_is_told_its_own_quotas():
    raised = Quotas(role_trust_policy_length=4096)

    asked, _ = read(
        ["one:111111111111:us-west-2", "two:222222222222:eu-west-1", f"quotas:two:{json.dumps(asdict(raised))}"]
    )

    assert asked == [ONE, replace(TWO, quotas=raised)]
    made = [launch_for(one, asked, (), SHARED, {}) for one in asked]
    assert [launch.quotas for launch in made] == [Quotas(), raised]
    assert [Launch.from_json(launch.to_json()) for launch in made] == made


def test_each_account_is_told_where_its_requests_come_from():
    inside = Network("10.0.0.7", "vpc-0a", "vpce-0a")

    asked, _ = read(
        ["one:111111111111:us-west-2", "two:222222222222:eu-west-1", f"network:two:{json.dumps(asdict(inside))}"]
    )

    assert asked == [ONE, replace(TWO, network=inside)]
    made = [launch_for(one, asked, (), SHARED, {}) for one in asked]
    assert [Launch.from_json(launch.to_json()).network for launch in made] == [Network(), inside]


def test_only_the_drivers_record_holds_what_signs_tokens(tmp_path, monkeypatch):
    monkeypatch.setattr(launches, "FOLDER", tmp_path)
    monkeypatch.setattr(os, "chown", lambda *_: None)
    monkeypatch.setattr(launches, "_runs", lambda _one: False)
    for account in ("one", "two"):
        (tmp_path / account).mkdir()

    launches.main(["one:111111111111:us-west-2", "two:222222222222:us-west-2"])

    told = [json.loads((tmp_path / name / "launch.json").read_text()) for name in ("one", "two")]
    kept = [json.loads((tmp_path / name / "record.json").read_text()) for name in ("one", "two")]
    assert [one["issuer_key"] for one in told] == ["", ""]
    assert "d" in json.loads(kept[0]["issuer_key"])
    assert len({one["issuer_key"] for one in kept} | {one["issuer_keys"] for one in kept + told}) == 2
    assert "d" not in json.loads(told[0]["issuer_keys"])["keys"][0]
