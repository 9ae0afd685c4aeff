"""The compose file: the example's is the one in the repository, and its rules hold for any accounts."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.emulator.compose_file import digest, render, services
from harness.emulator.wanted import Wanted
from harness.errors import UsageError
from harness.gateway.containers.launches import read
from harness.wire import ControlPolicy, Membership, Place

ROOT = Path(__file__).parents[3]
ONE = Wanted("one", "111111111111", "us-west-2", ("one",))


def printed(folder):
    """What `harness compose` prints there, with the repository's own package, whatever is installed."""
    code = "from harness.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", code, "compose"], cwd=folder, capture_output=True, text=True, check=True, env=environment
    ).stdout


def test_the_repositorys_compose_file_is_what_harness_compose_prints():
    assert printed(ROOT) == (ROOT / "compose.yaml").read_text()


def test_elsewhere_the_image_is_built_from_the_installed_package_or_from_where_the_environment_says(tmp_path):
    (tmp_path / "harness.toml").write_text('[accounts.one]\nid = "111111111111"\nregion = "us-west-2"\n')

    assert f'context: "${{HARNESS_CONTEXT:-{ROOT / "harness"}}}"' in printed(tmp_path)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["account_a", "account_b"], ["account-a", "account-b"]),
        (["a_b", "a-b", "A_B"], ["a-b", "a-b-2", "a-b-3"]),
        (["launches", "-"], ["launches-2", "account"]),
        (["external", "organization"], ["external-2", "organization-2"]),
    ],
)
def test_every_account_gets_a_host_name_of_its_own(names, expected):
    assert list(services(names).values()) == expected


def test_a_port_is_published_on_the_loopback_only_and_free_where_none_is_given():
    fixed = Wanted("two", "222222222222", "us-west-2", ("two",), 4510)

    text = render([ONE, fixed], (), "harness")

    assert 'ports: ["127.0.0.1::4566"]' in text
    assert 'ports: ["127.0.0.1:4510:4566"]' in text
    assert "4567" not in text


def test_the_digest_tells_other_accounts_apart():
    other = Wanted("one", "111111111111", "eu-west-1", ("one",))

    assert len({digest([ONE], ()), digest([other], ()), digest([ONE], ("333333333333",))}) == 3


def test_external_accounts_reach_the_launches():
    assert '- "external:333333333333"' in render([ONE], ("333333333333",), "harness")


def member(text):
    return replace(ONE, organization=Membership(Place("o-a", "o-a/r-b/"), ((ControlPolicy("p", text),),)))


def test_the_organization_reaches_the_launches_with_its_policies_variables():
    wanted = member('{"Resource": "arn:aws:s3:::${aws:username}"}')

    command = render([wanted], (), "harness").partition("command:")[2].partition("user:")[0]
    listed = [json.loads(one) for one in re.findall(r'^      - (".*")$', command, re.MULTILINE)]
    asked, _ = read([one.replace("$$", "$") for one in listed[1:]])

    assert asked[0].organization == wanted.organization
    assert "$${aws:username}" in listed[2]
    assert digest([wanted], ()) != digest([ONE], ())


def test_policies_that_no_command_line_takes_are_refused_by_name():
    with pytest.raises(UsageError, match="above account `one` are too long"):
        render([member("x" * 131_072)], (), "harness")
