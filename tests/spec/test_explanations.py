"""What explains a decision is true of it: the trace holds the evidence, and the remedy is enough and not more than enough."""

from itertools import combinations

import strategies
from hypothesis import assume, given

from harness.iam import decide
from harness.iam.remedy import apply, remedy
from harness.iam.trace import trace
from harness.model.decision import Effect
from harness.simulate import read_case


def by_rule(decision):
    """Decided by a rule of AWS's and by no statement."""
    return not decision.because or any(evidence.note for evidence in decision.because)


@given(strategies.any_cases)
def test_the_statements_that_count_are_the_evidence(case):
    request, world = read_case(case)
    decision = decide(request, world)
    assume(not by_rule(decision))
    # Root repairs a bucket's policy in spite of its Deny.
    assume(not (request.principal.arn.endswith(":root") and request.action.lower().startswith("s3:")))

    counting = {
        (one.layer, one.policy, one.position)
        for one in trace(request, world)
        if one.counts and one.allow is decision.allowed
    }

    if decision.effect is Effect.IMPLICIT_DENY:
        assert not [one for one in trace(request, world) if one.counts and not one.allow]
        lacking = {evidence.layer for evidence in decision.because}
        assert lacking
    else:
        assert counting == {(one.layer, one.policy, one.statement) for one in decision.because}


@given(strategies.any_cases)
def test_a_remedy_allows_the_request_and_no_part_of_it_does(case):
    request, world = read_case(case)
    decision = decide(request, world)
    changes = remedy(request, world)

    if changes is None:
        assert not decision.allowed
        return
    assert decide(request, apply(world, changes)).allowed
    denies = [change for change in changes if change.without is not None]
    for size in range(len(changes)):
        for some in combinations(changes, size):
            if all(deny in some for deny in denies):
                assert decision.allowed or not decide(request, apply(world, some)).allowed
