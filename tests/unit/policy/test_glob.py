"""Wildcards: compared with the plainest definition there is, and never slow."""

import time
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.request import Context
from harness.policy.glob import compile_glob
from harness.policy.variables import Unknown, pattern


def plainly(wild, text):
    @cache
    def fits(i, j):
        if i == len(wild):
            return j == len(text)
        if wild[i] == "*":
            return fits(i + 1, j) or (j < len(text) and fits(i, j + 1))
        return j < len(text) and (wild[i] in {"?", text[j]}) and fits(i + 1, j + 1)

    return fits(0, 0)


@given(st.text("ab*?", max_size=10), st.text("ab*?\n", max_size=12))
def test_a_pattern_matches_as_plainly_defined(wild, text):
    assert bool(compile_glob(wild)(text)) == plainly(wild, text)


def test_a_hostile_pattern_is_not_slow():
    wild, text = "*a" * 500 + "b", "a" * 2_000

    began = time.perf_counter()
    assert not compile_glob(wild)(text)
    # Backtracking would take longer than the universe; the bound only tells the two apart.
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    ("text", "values", "matching"),
    [
        ("home/${aws:username}/*", {"aws:username": "ann"}, "home/ann/x"),
        ("${aws:username, 'nobody'}", {}, "nobody"),
        ("${*}${?}${$}", {}, "*?$"),
        ("${aws:PrincipalTag/Team}", {"aws:principaltag/team": "red"}, "red"),
    ],
)
def test_variables_are_replaced_under_the_version_that_has_them(text, values, matching):
    assert pattern(text, variables=True).resolve(Context.of(values))(matching)
    assert not pattern(text, variables=False).resolve(Context.of(values))(matching)


def test_a_wildcard_in_a_value_is_literal():
    matcher = pattern("${aws:username}", variables=True).resolve(Context.of({"aws:username": "*"}))

    assert matcher("*")
    assert not matcher("ann")


def test_a_variable_without_value_matches_nothing_and_one_that_is_not_modelled_is_unknown():
    used = pattern("${aws:username}", variables=True)

    assert used.resolve(Context()) is None
    assert isinstance(used.resolve(Context(modelled=frozenset())), Unknown)
