"""What the tests of whole runs share."""

import json

import pytest
from aws import ROOT, A, B, Journals, client, document
from command_line import CommandLine
from internal_calls import Account
from raw import ask, record_of

from harness.scenario import eventually


@pytest.fixture
def project(tmp_path):
    """A folder with two accounts and no Terraform."""
    command_line = CommandLine.of_two_accounts(tmp_path)
    yield command_line
    command_line.run("down")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    """A detached sandbox of two accounts, for a module."""
    command_line = CommandLine.of_two_accounts(tmp_path_factory.mktemp("sandbox"))
    up = command_line.run("up", "--detach")
    assert up.returncode == 0, up.stderr
    yield command_line
    try:
        assert not foreign_accounts(command_line)
    finally:
        command_line.run("down")


def foreign_accounts(sandbox):
    """What the stores of the sandbox's instances hold for accounts but their own and that of LocalStack's plumbing."""
    record = record_of(sandbox)
    kept = {name: ask(record, name, "stores")["accounts"] for name in record.accounts}
    foreign = {name: _foreign(record.accounts[name].account_id, accounts) for name, accounts in kept.items()}
    return {name: accounts for name, accounts in foreign.items() if accounts}


def _foreign(own, accounts):
    foreign = {account: services for account, services in accounts.items() if account not in {own, "949334387222"}}
    if "organizations" in accounts.get(own, ()):
        # With an organization moto makes the role OrganizationAccountAccessRole, in an account of a random number.
        foreign = {account: services for account, services in foreign.items() if services != ["iam"]}
    return foreign


@pytest.fixture(scope="module")
def accounts(sandbox):
    """Its endpoints and keys."""
    return json.loads(sandbox.run("env", "--json").stdout)["accounts"]


@pytest.fixture(scope="module")
def journals(sandbox):
    """Their journals."""
    return Journals(sandbox)


@pytest.fixture(scope="module")
def a(accounts):
    """A client of account 111111111111 for a service, as its root or with other keys."""
    return lambda service, **keys: client(accounts["one"], service, **keys)


@pytest.fixture(scope="module")
def b(accounts):
    """The same of account 222222222222."""
    return lambda service, **keys: client(accounts["two"], service, **keys)


@pytest.fixture(scope="module")
def iam(a):
    """A's IAM."""
    return a("iam")


@pytest.fixture(scope="module")
def here(a):
    """Makes targets in A."""
    return Account(a, A)


@pytest.fixture(scope="module")
def there(b):
    """The same in B."""
    return Account(b, B)


@pytest.fixture
def ended(a):
    """The stack once it rests: its status, and why its resources failed."""

    def look(stack):
        described = a("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        if described["StackStatus"].endswith("IN_PROGRESS"):
            return None
        events = a("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
        return described["StackStatus"], " ".join(each.get("ResourceStatusReason", "") for each in events)

    return lambda stack: eventually(f"stack {stack} rests", lambda: look(stack), within=60)


@pytest.fixture(scope="module")
def key(a):
    """Makes a key of KMS that A's own policies decide about, and whatever statements allow beside: its ARN."""
    return lambda *statements: a("kms").create_key(Policy=document(ROOT, *statements))["KeyMetadata"]["Arn"]
