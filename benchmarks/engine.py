"""The engine alone: decisions per second, and the worst single decision that a search over hostile policies and values finds."""

import gc
import importlib.util
import json
import random
import re
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.table import Rows, note
from harness.iam import decide
from harness.model.principal import Principal, PrincipalKind
from harness.model.request import Context, Request
from harness.model.world import Policy, World
from harness.policy import PolicyKind, parse_policy
from harness.simulate import read_case, read_request

CASES = Path(__file__).parents[1] / "tests" / "cases" / "sample.jsonl"
DECISIONS = 20_000
ROUNDS = 5
ACCOUNT = "111111111111"

DOCUMENT = 6_144
"""Characters of a hostile document: the most that a managed policy may have."""
VALUES, LONGEST = 10, 256
SEARCH_SECONDS = 30.0
SEED = 20261124
CHANGED, NUMBERED = 0.7, 0.5
"""How often the worst candidate is changed instead of a new one drawn; how often a pattern is made unlike the others."""
Candidate = tuple[Sequence[str], str, str]
"""Patterns, operator, and what the values repeat."""


def measure_engine(rows: Rows) -> None:
    """Prepared (documents parsed before) and cold (parsed for each decision); the request is built for each in both."""
    cases = list(_cases())
    verdict = _model()
    worlds = [read_case(case)[1] for case in cases]
    gc.collect()
    gc.freeze()  # the cases and worlds are the input: collecting them over and over is not the engine's time

    def prepared() -> None:
        for case, world in zip(cases, worlds, strict=True):
            decide(read_request(case), world)

    def cold() -> None:
        for case in cases:
            decide(*read_case(case))

    def plainly() -> None:
        for case in cases:
            verdict(case)

    # The model is what an evaluator is that prepares nothing: it tells how fast the machine is.
    for what, run in (("prepared", prepared), ("cold", cold), ("the model of tests/spec, for scale", plainly)):
        rates = [DECISIONS / _seconds(run) for _ in range(ROUNDS)]
        figure = f"{statistics.median(rates):,.0f}/s ({min(rates):,.0f} to {max(rates):,.0f}, {ROUNDS} rounds of {DECISIONS:,})"
        note(rows, "Engine", f"decisions per second in one process, {what}", figure)
    gc.unfreeze()
    _worst(rows)


def _model() -> Callable[[dict[str, Any]], str]:
    """The slow and obvious evaluator that the tests compare the engine with; it stands beside them and in no package."""
    spec = importlib.util.spec_from_file_location("model", CASES.parents[1] / "spec" / "model.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError("tests/spec/model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[[dict[str, Any]], str] = module.verdict
    return found


def _cases() -> Iterator[dict[str, Any]]:
    """The sample's cases over and over, each time with another account and resource; every one still decided as it says."""
    lines = CASES.read_text(encoding="utf-8").splitlines()
    for turn in range(DECISIONS):
        line = lines[turn % len(lines)]
        case = json.loads(_varied(line, turn))
        decision = decide(*read_case(case)).effect.value
        if decision != case["expected"]:
            raise AssertionError(f"{case['id']} varied is {decision} and not {case['expected']}")
        case["context"]["aws:RequestTag/turn"] = str(turn)
        yield case


def _varied(line: str, turn: int) -> str:
    """Another account everywhere, and another last part of a resource that names no account."""
    resource = json.loads(line)["resource"]
    line = line.replace(ACCOUNT, f"{100_000_000_000 + turn}")
    if ACCOUNT not in resource:
        last = re.split(r"[:/]", resource)[-1]
        line = re.sub(rf"(?<![\w-]){re.escape(last)}(?![\w-])", f"{last}{turn}", line)
    return line


def _seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


# the worst single decision

_OPERATORS = (
    "StringLike",
    "StringNotLike",
    "ArnLike",
    "StringEquals",
    "ForAllValues:StringLike",
    "ForAnyValue:ArnNotLike",
)
_PLAIN = ("*", "?", "a", "b", "*a", "?a", "a*", "*?", "?*a", "*a?b", ":", "*:", "?:*", "aaaaaaaaaaaaaaaa")
_VARIABLES = (*_PLAIN, "${a:v}", "*${a:v}?", "b*${a:v}*", "*${a:v}*")
_HEADS = ("", "arn:aws:s3:a:1:", "arn:*:s3:?:*:", "*a*a*:")


def _worst(rows: Rows) -> None:
    """Random search, then changes of the worst found; each candidate counts with its fastest of three decisions."""
    for what, pieces in (("", _PLAIN), (", with policy variables of 200 characters", _VARIABLES)):
        took, (patterns, operator, _), tried = _search(random.Random(SEED), pieces)
        figure = f"{took * 1000:.1f} ms ({operator}, {len(patterns)} patterns; {tried} candidates)"
        note(rows, "Engine", f"worst single decision found{what}", figure)


def _search(chance: random.Random, pieces: Sequence[str]) -> tuple[float, Candidate, int]:
    best = _random(chance, pieces)
    worst, tried = _timed(*best), 1
    until = time.perf_counter() + SEARCH_SECONDS
    while time.perf_counter() < until:
        candidate = _mutated(best, chance, pieces) if chance.random() < CHANGED else _random(chance, pieces)
        took = _timed(*candidate)
        tried += 1
        if took > worst:
            worst, best = took, candidate
    return worst, best, tried


def _random(chance: random.Random, pieces: Sequence[str]) -> Candidate:
    head, pieces = chance.choice(_HEADS), chance.choices(pieces, k=chance.randint(1, 3))
    length = int(2 ** chance.uniform(0, 12))
    patterns: list[str] = []
    room = DOCUMENT - 200
    while room > 0:
        text = (head + "".join(chance.choice(pieces) for _ in range(max(1, length // 2))))[: max(room, 1)]
        patterns.append(text + str(len(patterns)) if chance.random() < NUMBERED else text)
        room -= len(patterns[-1]) + 3
    return patterns, chance.choice(_OPERATORS), chance.choice(("a", "ab", "a:", "arn:aws:s3:a:1:a"))


def _mutated(best: Candidate, chance: random.Random, pieces: Sequence[str]) -> Candidate:
    patterns = list(best[0])
    for _ in range(max(1, len(patterns) // 8)):
        place = chance.randrange(len(patterns))
        text = patterns[place]
        cut = chance.randrange(len(text) + 1)
        patterns[place] = (text[:cut] + chance.choice(pieces) + text[cut:])[: len(text)] or "*"
    return patterns, chance.choice((best[1], chance.choice(_OPERATORS))), best[2]


def _timed(patterns: Sequence[str], operator: str, alphabet: str) -> float:
    value = (alphabet * LONGEST)[:LONGEST]
    values = tuple(value[turn:] + "b" * turn for turn in range(VALUES))
    statement = {
        "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {operator: {"a:k": list(patterns)}},
    }  # fmt: skip
    document = parse_policy({"Version": "2012-10-17", "Statement": [statement]}, PolicyKind.IDENTITY)
    principal = Principal(PrincipalKind.USER, f"arn:aws:iam::{ACCOUNT}:user/u", ACCOUNT)
    request = Request(
        principal, "s3:GetObject", "arn:aws:s3:::b/k", ACCOUNT, Context({"a:k": values, "a:v": "a" * 200})
    )
    world = World(identity=(Policy("hostile", document),))
    return min(_seconds(lambda: decide(request, world)) for _ in range(3))
