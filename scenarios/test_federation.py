"""Workflows and people without any key of AWS: a token of GitHub's, a response of the company's identity provider."""

from harness.saml import IdentityProvider
from harness.scenario import statement, trust

GITHUB = "https://token.actions.githubusercontent.com"
SUB = "token.actions.githubusercontent.com:sub"


def test_only_the_main_branch_deploys(harness, principals, allowed, denied):
    a, b = harness.account("account_a"), harness.account("account_b")
    provider = principals.open_id_provider(a, GITHUB)
    only_main = {"StringEquals": {SUB: "repo:acme/app:ref:refs/heads/main"}}
    trusted = trust({"Federated": provider}, "sts:AssumeRoleWithWebIdentity", Condition=only_main)
    role = principals.role(a, trusted, statement("dynamodb:ListTables"))

    def workflow(branch):
        token = harness.web_identity_token(issuer=GITHUB, subject=f"repo:acme/app:ref:refs/heads/{branch}")
        return principals.web_identity(b, role, token)  # at B's door: a door is a door to all accounts

    denied(lambda: workflow("feature"), by="owner/trust")
    main = workflow("main").client("dynamodb")
    allowed(main.list_tables)
    denied(lambda: main.delete_table(TableName="any"), by="caller/identity")


def test_an_employee_acts_under_the_name_of_the_login(harness, principals, allowed, denied):
    a, idp = harness.account("account_a"), IdentityProvider.fresh()
    provider = principals.saml_provider(a, "company", idp.metadata)
    trusted = trust({"Federated": provider}, ["sts:AssumeRoleWithSAML", "sts:SetSourceIdentity"])
    named = {"StringEquals": {"aws:SourceIdentity": "ann"}}
    role = principals.role(a, trusted, statement("dynamodb:ListTables", Condition=named))

    def signed_in(name):
        response = idp.response(role, provider, subject=name, source_identity=name, now=harness.now())
        return principals.saml(a, role, provider, response).client("dynamodb")

    allowed(signed_in("ann").list_tables)
    denied(signed_in("bob").list_tables, by="caller/identity")
