"""`[organization]`: who is told what, and every fault is a sentence about the key or the file."""

import json
import re
from pathlib import Path

import pytest

from harness.config import load
from harness.errors import UsageError
from harness.wire import Place

ACCOUNTS = "".join(f'[accounts.{name}]\nid = "{number}"\nregion = "us-west-2"\n' for name, number in (("one", "1" * 12), ("two", "2" * 12), ("three", "3" * 12)))  # fmt: skip
GOOD = """
[organization]
id = "o-a1b2c3d4e5"
root_id = "r-ab12"
management_account = "three"
accounts = ["one"]
service_control_policies = ["deny.json"]
resource_control_policies = ["rcp.json"]

[organization.account.one]
service_control_policies = ["allow.json"]
full_aws_access = false

[[organization.unit]]
name = "outer"
id = "ou-ab12-11111111"

[[organization.unit]]
name = "inner"
parent = "outer"
accounts = ["two"]
resource_control_policies = ["rcp.json"]
"""
DENY = {"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}
FILES = {
    "deny.json": DENY,
    "allow.json": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
    "rcp.json": {**DENY, "Principal": "*"},
}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def project(tmp_path):
    """Writes harness.toml with a table, and loads it."""
    for name, statement in FILES.items():
        (tmp_path / name).write_text(document(statement))

    def write(organization=GOOD, **files):
        for name, text in files.items():
            (tmp_path / f"{name}.json").write_text(text)
        (tmp_path / "harness.toml").write_text(ACCOUNTS + organization)
        return load(tmp_path)

    return write


def fault(project, organization=GOOD, **files):
    with pytest.raises(UsageError) as refused:
        project(organization, **files)
    assert refused.value.exit_code == 2
    assert "harness.toml`: " in refused.value.message
    return refused.value.message


def names(levels):
    return [[one.name for one in level] for level in levels]


def test_each_member_has_its_place_and_the_policies_of_every_level_above_it(project):
    found = project().memberships

    one, two = found["one"], found["two"]
    assert one.place == Place("o-a1b2c3d4e5", "o-a1b2c3d4e5/r-ab12/")
    assert names(one.service_control) == [["FullAWSAccess (root)", "deny.json (root)"], ["allow.json (one)"]]
    assert names(one.resource_control) == [["rcp.json (root)"]]
    assert two.place.path.startswith("o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/ou-ab12-")
    assert names(two.service_control) == [
        ["FullAWSAccess (root)", "deny.json (root)"],
        ["FullAWSAccess (outer)"],
        ["FullAWSAccess (inner)"],
        ["FullAWSAccess (two)"],
    ]
    assert names(two.resource_control) == [["rcp.json (root)"], ["rcp.json (inner)"]]
    assert json.loads(two.service_control[0][1].document)["Statement"] == [DENY]


def test_the_management_account_is_a_member_that_nothing_binds(project):
    manager = project().memberships["three"]

    assert manager.place == Place("o-a1b2c3d4e5", "o-a1b2c3d4e5/r-ab12/")
    assert (manager.service_control, manager.resource_control) == ((), ())


def test_an_account_that_is_not_listed_is_in_no_organization(project):
    assert project('[organization]\naccounts = ["one"]\nmanagement_account = "999999999999"').memberships.keys() == {
        "one"
    }
    assert project("").memberships == {}


def test_ids_that_the_file_does_not_give_are_well_formed_and_stay_the_same(project):
    table = '[organization]\n[[organization.unit]]\nname = "u"\naccounts = ["one"]'

    path = project(table).memberships["one"].place.path

    assert path.startswith("o-exampleorgid/r-root/ou-root-")
    assert path == project(table).memberships["one"].place.path


UNIT = '[[organization.unit]]\nname = "{}"\nparent = "{}"\n'
DEEP = "".join(UNIT.format(f"u{number}", f"u{number - 1}") for number in range(1, 6))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('accounts = ["two"]', 'accounts = ["tow"]', "`organization.unit.inner.accounts` names no account: `tow`; did you mean `two`?"),
        ('accounts = ["one"]', 'accounts = ["one", "two"]', "account `two` stands in `organization.accounts` and in `organization.unit.inner.accounts`; an account has one place"),
        ('accounts = ["one"]', "", "`organization.account.one` is about no member; known are `three`, `two`"),
        ('management_account = "three"', 'management_account = "thre"', "`organization.management_account` is neither an account's name nor 12 digits: `thre`; did you mean `three`?"),
        ('management_account = "three"', 'management_account = "333333333333"', "an account of this file; name it: `three`"),
        ('management_account = "three"', 'management_account = "12345"', "neither an account's name nor 12 digits: `12345`"),
        ('parent = "outer"', 'parent = "outre"', "`organization.unit.inner.parent` names no unit: `outre`; did you mean `outer`?"),
        ('name = "outer"', 'name = "outer"\nparent = "inner"', "the units in `organization` form a cycle: inner -> outer -> inner; one of them"),
        ('name = "outer"', 'name = "outer"\nparent = "outer"', "form a cycle: outer -> outer; one of them needs another parent"),
        ('name = "inner"', 'name = "outer"', "two units in `organization` have the name `outer`; each needs its own"),
        ('name = "inner"', 'name = "inner"\nid = "ou-ab12-11111111"', "two units in `organization` have the id `ou-ab12-11111111`"),
        ('root_id = "r-ab12"', 'root_id = "r-xyz9"', "`organization.unit.outer.id` must begin with the root's, `ou-xyz9-`; `root_id` gives the root another"),
        ('id = "o-a1b2c3d4e5"', 'id = "o-A"', "`organization.id` is `o-A`, which does not fit ^o-[a-z0-9]{10,32}$"),
        ('parent = "outer"', 'perent = "outer"', "unknown key `organization.unit.1.perent`; did you mean `parent`?"),
        ("full_aws_access", "full_access", "unknown key `organization.account.one.full_access`; did you mean `full_aws_access`?"),
        ("root_id", "roots", "unknown key `organization.roots`; did you mean"),
        ('["deny.json"]', '["gone.json"]', "`organization.service_control_policies`: the file `"),
        ('["deny.json"]', '["deny.json", "deny.json"]', "`organization.service_control_policies` lists `deny.json` twice; a policy is attached once"),
        ('service_control_policies = ["allow.json"]', "", "`organization.account.one` has no service control policy, and AWS does not detach a place's last one; attach another or leave `full_aws_access` out"),
        ('name = "outer"', f'name = "outer"\nparent = "u5"\n{UNIT.format("u0", "u0").replace("parent", "#")}{DEEP}#', "`organization.unit.u5` is 6 units deep; AWS nests 5"),
        ('resource_control_policies = ["rcp.json"]\n\n[organization.account', 'resource_control_policies = ["1", "2", "3", "4", "5"]\n\n[organization.account', "`organization.resource_control_policies` lists 5 policies; AWS attaches at most 4 to one place beside the one of AWS's"),
        ('service_control_policies = ["allow.json"]', f"service_control_policies = {[str(number) for number in range(11)]}", "`organization.account.one.service_control_policies` lists 11 policies; AWS attaches at most 10 to one place"),
    ],
)  # fmt: skip
def test_a_fault_is_a_sentence_about_the_key(project, old, new, said):
    assert old in GOOD
    project()

    assert said in fault(project, GOOD.replace(old, new, 1))


def test_an_organization_without_accounts_is_refused(project):
    assert "`organization` has no account; list some" in fault(project, "[organization]")


RCP = {**DENY, "Principal": "*"}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("deny", "{", "deny.json` is no service control policy: broken JSON"),
        ("deny", document(RCP), "is no service control policy: Statement[0].Principal: has no place here"),
        ("deny", document({**DENY, "Resource": ["x"] * 0}), "Statement[0].Resource: is empty"),
        ("deny", document({**DENY, "Resource": "arn:aws:s3:::" + "b" * 10_240}), "the document is longer than 10240 characters"),
        ("rcp", document(DENY), "rcp.json` is no resource control policy: Statement[0]: has no Principal"),
        ("rcp", document({**RCP, "Principal": {"AWS": "1" * 12}}), "Statement[0].Principal: must be `*`"),
        ("rcp", document({**RCP, "Effect": "Allow"}), "Statement[0].Effect: a resource control policy only denies"),
        ("rcp", document({**RCP, "Effect": "Allow", "Action": "*"}), "Statement[0].Effect: only AWS's own RCPFullAWSAccess allows"),
        ("rcp", document({**RCP, "Action": "*"}), "Statement[0].Action: `*` is for AWS's own policy; name the services, as in `s3:*`"),
        ("rcp", document({"Effect": "Deny", "Principal": "*", "NotAction": "s3:*", "Resource": "*"}), "Statement[0].NotAction: is not supported in resource control policies"),
        ("rcp", document({**RCP, "Resource": "arn:aws:s3:::" + "b" * 5_120}), "the document is longer than 5120 characters"),
    ],
)  # fmt: skip
def test_a_document_that_aws_refuses_is_named_with_its_fault(project, name, text, said):
    project()

    assert said in fault(project, **{name: text})


def test_a_file_that_is_no_text_is_named(project, tmp_path):
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe")

    assert "binary.json` cannot be read as text" in fault(project, GOOD.replace("deny.json", "binary.json"))


def test_the_readmes_example_is_read(tmp_path):
    section = (
        (Path(__file__).parents[3] / "README.md").read_text().partition("## An organization")[2].partition("\n## ")[0]
    )
    table, policy = (re.search(rf"```{kind}\n(.*?)```", section, re.DOTALL)[1] for kind in ("toml", "json"))
    (tmp_path / "policies").mkdir()
    for name, text in (("keep-tables", policy), ("allowed-services", policy), ("members-only", document(RCP))):
        (tmp_path / "policies" / f"{name}.json").write_text(text)
    (tmp_path / "harness.toml").write_text(
        ACCOUNTS.replace(".one]", ".account_a]").replace(".two]", ".account_b]") + table
    )

    assert load(tmp_path).memberships["account_b"].place.path == "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/"
