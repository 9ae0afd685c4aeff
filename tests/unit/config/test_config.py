"""harness.toml: read whole, and every fault is a sentence that names the key."""

import pytest

from harness.config import load
from harness.errors import UsageError
from harness.wire import Network, Quotas

GOOD = """
terraform_root = "tf"
external_accounts = ["333333333333"]

[accounts.one]
id = "111111111111"
region = "us-west-2"
composition = "a"

[accounts.two]
id = "222222222222"
region = "eu-central-1"
composition = "b"
profiles = ["second"]

[accounts.bystander]
id = "444444444444"
region = "us-west-2"

[bindings.one]
role = { output = "two.role_arn" }

[[stage]]
name = "first"
account = "two"
invoke = "f"
"""


@pytest.fixture
def project(tmp_path):
    for name in ("tf/a", "tf/b", "src"):
        (tmp_path / name).mkdir(parents=True)

    def write(text=GOOD):
        (tmp_path / "harness.toml").write_text(text)
        return tmp_path

    return write


def fault(folder):
    with pytest.raises(UsageError) as refused:
        load(folder)
    assert refused.value.exit_code == 2
    assert refused.value.help
    return refused.value.message


def test_a_project_is_found_from_any_folder_below(project):
    config = load(project() / "tf" / "a")

    assert config.folder.joinpath("harness.toml").is_file()
    assert config.profiles("one") == ("one",)
    assert config.profiles("two") == ("second",)
    assert config.compositions == {"one": "a", "two": "b"}


def test_quotas_are_awss_where_none_was_raised(project):
    config = load(project(GOOD.replace('profiles = ["second"]', "quotas = { managed_policies_per_role = 20 }")))

    assert config.accounts["one"].quotas.wired == Quotas()
    assert config.accounts["two"].quotas.wired == Quotas(managed_policies_per_role=20)


def test_requests_come_from_where_the_file_says(project):
    inside = Network("10.0.0.7", "vpc-0a", "vpce-0a")
    told = 'network = { source_ip = "10.0.0.7", vpc = "vpc-0a", vpc_endpoint = "vpce-0a" }'
    config = load(project(GOOD.replace('profiles = ["second"]', told)))

    assert config.accounts["one"].network.wired(config.folder) == Network()
    assert config.accounts["two"].network.wired(config.folder) == inside


def test_compositions_follow_their_bindings(project):
    config = load(project())

    assert config.order() == ("two", "one")
    assert config.order(["one"]) == ("one",)
    with pytest.raises(UsageError, match="no account `tow`") as refused:
        config.order(["tow"])
    assert refused.value.help == "did you mean `two`?"
    with pytest.raises(UsageError, match="`bystander` has no Terraform"):
        config.order(["bystander"])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('id = "222222222222"', 'id = "111111111111"', "accounts `one` and `two` have the same id 111111111111"),
        (
            'id = "222222222222"',
            'id = "2222"',
            "`accounts.two.id` must be an account id of 12 digits in quotes, not `2222`",
        ),
        ('region = "eu-central-1"', "", "`accounts.two.region` is missing"),
        (
            'region = "eu-central-1"',
            'region = "eu-centrl-1"',
            "`eu-centrl-1` is no region of AWS; did you mean `eu-central-1`?",
        ),
        (
            'region = "eu-central-1"',
            'regoin = "eu-central-1"',
            "unknown key `accounts.two.regoin`; did you mean `region`?",
        ),
        ('composition = "b"', 'composition = "nowhere"', "`accounts.two.composition`: the folder"),
        ('terraform_root = "tf"', 'terraform_root = "gone"', "`terraform_root`: the folder"),
        ('terraform_root = "tf"', "", "`terraform_root` is missing"),
        (
            "[bindings.one]",
            "[bindings.uno]",
            "`bindings.uno` names no account with a composition; known are `one`, `two`",
        ),
        ('"two.role_arn"', '"bystander.role_arn"', "reads an output of `bystander`, which has no composition"),
        (
            'account = "two"',
            'account = "bystander"',
            "stage `first` applies account `bystander`, which has no composition",
        ),
        ('profiles = ["second"]', 'profiles = ["one"]', "profile `one` belongs to two accounts"),
        (
            'external_accounts = ["333333333333"]',
            'external_accounts = ["111111111111"]',
            "`external_accounts` lists 111111111111",
        ),
        ("[[stage]]", "[[stag]]", "unknown key `stag`; did you mean `stage`?"),
        ("[[stage]]", "[[stage", "is not valid TOML"),
        ('region = "eu-central-1"', 'region = "eu-central-1"\nport = 99999', "`accounts.two.port`"),
        (
            'profiles = ["second"]',
            "quotas = { role_trust_policy_length = 9000 }",
            "`accounts.two.quotas.role_trust_policy_length`",
        ),
        (
            'profiles = ["second"]',
            "quotas = { managed_policies_per_rule = 20 }",
            "unknown key `accounts.two.quotas.managed_policies_per_rule`; did you mean `managed_policies_per_role`?",
        ),
        (
            'profiles = ["second"]',
            'network = { source_ip = "10.0.0" }',
            "`accounts.two.network.source_ip`: '10.0.0' does not appear to be an IPv4 or IPv6 address",
        ),
        ('profiles = ["second"]', 'network = { vpc = "vpc-0a" }', "`accounts.two.network`: it needs both `vpc` and"),
        (
            'profiles = ["second"]',
            'network = { vpc_endpoint_policy = "none.json" }',
            "`accounts.two.network`: the file `none.json` cannot be read as text",
        ),
        (
            'profiles = ["second"]',
            'network = { vpc = "vpc-0a", vpc_endpoint = "vpce-0a", vpc_endpoint_policy = "harness.toml" }',
            "`accounts.two.network`: `vpc_endpoint_policy`: ",
        ),
        (
            'profiles = ["second"]',
            'network = { vpce = "vpce-0a" }',
            "unknown key `accounts.two.network.vpce`; did you mean `vpc`?",
        ),
        ("[[stage]]", '[[package]]\nsource = "none"\ntarget = "x.zip"\n[[stage]]', "`package.source`: the folder"),
    ],
)
def test_a_fault_is_a_sentence_about_the_key(project, old, new, said):
    assert old in GOOD
    load(project())

    assert said in fault(project(GOOD.replace(old, new, 1)))


def test_a_cycle_is_named_with_its_members(project):
    cyclic = GOOD + '\n[bindings.two]\nother = { output = "one.arn" }\n'

    assert fault(project(cyclic)).endswith(("one -> two -> one", "two -> one -> two"))


def test_several_faults_come_together(project):
    message = fault(project(GOOD.replace('composition = "b"', 'composition = "x"').replace('"a"', '"y"')))

    assert message.count("does not exist") == 2


def test_no_project_at_all(tmp_path):
    assert "no harness.toml in" in fault(tmp_path)
