"""Wildcards: compared with the plainest definition there is, and never slow."""

import time
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.request import Context
from harness.policy.glob import Colons, compile_globs, compile_patterns
from harness.policy.variables import Unresolved, template


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
    assert compile_globs([wild])(text) == plainly(wild, text)


def test_a_hostile_pattern_is_not_slow():
    wild, text = "*a" * 500 + "b", "a" * 2_000

    began = time.perf_counter()
    assert not compile_globs([wild])(text)
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
def test_variables_are_replaced_by_their_values(text, values, matching):
    written = template(text)
    found = written.values(Context.of(values))

    assert compile_patterns([written.atoms(found)])(matching)
    assert not compile_globs([text])(matching)


def test_a_wildcard_in_a_value_is_literal():
    written = template("${aws:username}")
    matcher = compile_patterns([written.atoms(written.values(Context.of({"aws:username": "*"})))])

    assert matcher("*")
    assert not matcher("ann")


def test_a_variable_without_value_has_no_text_and_one_that_is_not_modelled_is_unknown():
    used = template("${aws:username}")

    assert used.values(Context()) is Unresolved.NO_VALUE
    assert used.values(Context(modelled=frozenset())) is Unresolved.UNKNOWN
    assert used.values(Context.of({"aws:username": ("ann", "bob")})) is Unresolved.NO_VALUE


@pytest.mark.parametrize(
    ("pattern", "text", "ordinary", "at_the_end", "never"),
    [
        ("arn:aws:sqs:us-*:1:q", "arn:aws:sqs:us-west-2:1:q", True, True, True),
        ("arn:aws:sqs:us-*-2:1:q", "arn:aws:sqs:us-west:1:x-2:1:q", True, False, False),
        ("arn:aws:sqs:us-?est:1:q", "arn:aws:sqs:us-west:1:q", True, True, True),
        ("arn:aws:sqs:us?1:q", "arn:aws:sqs:us:1:q", True, False, False),
        ("arn:aws:sqs:*:1:q", "arn:aws:sqs:a:1:b:1:q", True, True, False),
        ("arn:aws:sqs:*", "arn:aws:sqs:a:1:q", True, True, False),
        ("arn:aws:log:a:1:*", "arn:aws:log:a:1:g:s:t", True, True, True),
        ("arn:aws:log:a:1:g*t", "arn:aws:log:a:1:g:s:t", True, True, True),
        ("arn:aws:log:?:*:g?s*", "arn:aws:log:a:1:g:s:t", True, True, True),
        ("arn:aws:log:a:1:??x", "arn:aws:log:a:1:::x", True, True, True),
        ("arn:aws:log:a:1:g*s*t", "arn:aws:log:a:1:g:s:x:t", True, True, True),
        ("arn:aws:sqs:a**", "arn:aws:sqs:a:1:q", True, True, False),
        ("arn:aws:sqs::?*", "arn:aws:sqs::1:q", True, True, False),
        ("arn:aws:sqs::*?", "arn:aws:sqs::1:q", True, False, False),
    ],
)
def test_how_far_a_wildcard_reaches_over_the_colons_of_an_arn(pattern, text, ordinary, at_the_end, never):
    met = [compile_globs([pattern], colons)(text) for colons in Colons]

    assert met == [ordinary, at_the_end, never]


@pytest.mark.parametrize("colons", Colons)
@pytest.mark.parametrize("text", ["arn:aws:log:a:1:x:y", "arn:aws:log:b:1:x:y"])
def test_several_patterns_over_colons_are_kept_apart(colons, text):
    patterns = ["arn:aws:log:a:1:x?*y", "arn:aws:log:c:1:?", "arn:aws:log:b:1:*?y"]

    assert compile_globs(patterns, colons)(text)
    assert not compile_globs(patterns, colons)("arn:aws:log:c:1:x:y")


@given(st.lists(st.text("ab*?", max_size=6), max_size=5), st.text("ab*?", max_size=8))
def test_a_list_matches_as_each_of_its_patterns(patterns, text):
    assert compile_globs(patterns)(text) == any(plainly(pattern, text) for pattern in patterns)


@given(
    st.lists(st.text("a:*?", min_size=1, max_size=9), min_size=1, max_size=4),
    st.text("a:", max_size=10),
    st.sampled_from(Colons),
)
def test_a_list_matches_as_each_of_its_patterns_whatever_colons_mean(patterns, text, colons):
    met = [compile_globs([pattern], colons)(text) for pattern in patterns]

    assert compile_globs(patterns, colons)(text) == any(met)
