"""The launches of a Compose project: what each account is told, and what stays over a restart."""

import json
from dataclasses import asdict, replace

from harness.gateway.launches import Asked, launch_for, read
from harness.keys import fresh_keys, fresh_launch_key
from harness.wire import ControlPolicy, Membership, Place

ONE = Asked("one", "111111111111", "us-west-2")
TWO = Asked("two", "222222222222", "eu-west-1")


def test_each_account_knows_the_others_by_their_host_names():
    launch = launch_for(ONE, [ONE, TWO], ("333333333333",), fresh_launch_key(), {})

    assert [(peer.account_id, peer.host) for peer in launch.peers] == [("222222222222", "two")]
    assert launch.external_accounts == ("333333333333",)
    assert launch.keys.deployer_key_id.startswith("AKIA")


def test_keys_stay_over_a_restart_but_not_for_another_account():
    key = fresh_launch_key()
    first = launch_for(ONE, [ONE, TWO], (), key, {})

    again = launch_for(ONE, [ONE, TWO], (), key, {"one": first})
    other = launch_for(replace(ONE, account_id="444444444444"), [TWO], (), key, {"one": first})

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
    assert [launch_for(one, asked, (), fresh_launch_key(), {}).organization for one in asked] == [None, member]
