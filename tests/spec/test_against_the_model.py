"""The engine decides every generated case as the model does, which was written from AWS's documentation and shares no code with it."""

import json

import pytest
import strategies
from hypothesis import given, settings
from model import verdict

from harness.simulate import answer_line

often = settings(max_examples=3 * settings().max_examples)


def agree(case):
    answer = answer_line(json.dumps(case)).fields
    assert answer.get("decision", answer) == verdict(case), json.dumps(case)


@pytest.mark.parametrize("kind", strategies.KINDS, ids=lambda kind: kind[0][0])
def test_on_every_condition_operator(kind):
    @given(strategies.as_cases(strategies.conditions_of(kind)))
    def on_its_conditions(case):
        agree(case)

    on_its_conditions()


@often
@given(strategies.variable_cases)
def test_on_wildcards_and_policy_variables(case):
    agree(case)


@given(strategies.pattern_cases)
def test_on_patterns_of_a_few_letters(case):
    agree(case)


@often
@given(strategies.principal_cases)
def test_on_who_is_meant_by_principal_and_not_principal(case):
    agree(case)


@often
@given(strategies.layered_cases)
def test_on_the_layers_of_one_account_and_of_an_organization(case):
    agree(case)


@often
@given(strategies.special_cases)
def test_on_trust_policies_key_policies_and_the_actions_with_rules_of_their_own(case):
    agree(case)


@often
@given(strategies.rule_cases)
def test_where_everything_allows_but_for_a_layer_or_two(case):
    agree(case)


@given(strategies.provider_cases)
def test_on_users_of_identity_providers(case):
    agree(case)
