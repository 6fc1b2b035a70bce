"""Intervals and tests of a bench's measures on real questions, against other libraries.

No recorded answers to these questions are published: three made-up candidates answer them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from jmle_plugin.compare.measures import change_of, part_of, with_intervals
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark
from tests.builders import make_mark, make_results
from tests.unit.compare.published import published_exam

pytestmark = pytest.mark.data

Floats = np.ndarray
DRAWS = 1500
RIGHT = (0.9, 0.8, 0.6)
"""How often each candidate is right."""


def kappa(right: Floats, answers: Floats) -> float:
    """One less the differences seen as a share of those of any answer with any key."""
    return float(1 - np.mean(right != answers) / np.mean(right[:, None] != answers))


def linear(right: Floats, answers: Floats) -> float:
    """The same, a difference counting by its size."""
    return float(1 - np.abs(right - answers).mean() / np.abs(right[:, None] - answers).mean())


def correlation(right: Floats, answers: Floats) -> float:
    return float(np.corrcoef(right, answers)[0, 1])


MEASURED: dict[str, Callable[[Floats, Floats], float]] = {
    "kappa": kappa,
    "kappa-linear": linear,
    "pearson": correlation,
}


@pytest.fixture(scope="module")
def bench(data_root: Path) -> Exam:
    return published_exam("jmed-llm", data_root)


def answered(bench: Exam, ids: Sequence[str], often: float) -> dict[str, Mark]:
    """A candidate that is right so often, and else picks any other label."""
    generator = np.random.default_rng(int(100 * often))
    marks = {}
    for name in ids:
        (right,) = bench.key.entries[name].accepted[0]
        others = [one for one in bench.questions[name].labels if one != right]
        answer = right if generator.random() < often else str(generator.choice(others))
        outcome = Outcome.CORRECT if answer == right else Outcome.INCORRECT
        marks[name] = make_mark(bench, name, outcome, answer=[answer])
    return marks


def places_of(bench: Exam, marks: dict[str, Mark]) -> tuple[Floats, Floats]:
    """The place of the right label of each question, and of the one that was answered."""
    pairs = [
        [bench.questions[name].labels.index(one) for one in (mark.accepted[0][0], mark.answer[0])]
        for name, mark in marks.items()
    ]
    right, answers = np.array(pairs).T
    return right, answers


SECTIONS = [("crade", "kappa-linear"), ("rrtnm", "kappa"), ("jcsts", "pearson")]


@pytest.mark.parametrize(("section", "key"), SECTIONS, ids=[name for name, _ in SECTIONS])
def test_a_measures_interval_and_test_are_those_of_questions_drawn_anew(
    section: str, key: str, bench: Exam
) -> None:
    ids = [one.id for one in bench.questions.values() if one.section == section][:150]
    measure = MEASURED[key]
    candidates = [answered(bench, ids, often) for often in RIGHT]
    right = places_of(bench, candidates[0])[0]
    given = [places_of(bench, marks)[1] for marks in candidates]
    for own in given:
        assert kappa(right, own) == pytest.approx(cohen_kappa_score(right, own))
        assert linear(right, own) == pytest.approx(cohen_kappa_score(right, own, weights="linear"))
    generator = np.random.default_rng(9)
    draws = [generator.integers(len(ids), size=len(ids)) for _ in range(DRAWS)]
    redrawn = [np.array([measure(right[one], own[one]) for one in draws]) for own in given]
    parts = [
        part_of(bench, key, ids, {name: [mark] for name, mark in marks.items()})
        for marks in candidates
    ]
    for old, new in combinations(range(3), 2):
        found = change_of(section, "", len(ids), parts[old], parts[new])
        assert found.old == pytest.approx(measure(right, given[old]), abs=1e-6)
        assert found.new == pytest.approx(measure(right, given[new]), abs=1e-6)
        drawn = redrawn[new] - redrawn[old]
        low, high = np.quantile(drawn, [0.025, 0.975])
        assert (found.low, found.high) == pytest.approx((low, high), abs=0.02)
        # How often questions drawn anew show no loss; and four standard errors of either.
        none = float(np.mean(drawn >= 0))
        assert found.p_loss == pytest.approx(
            none, abs=0.003 + 4 * (none * (1 - none) / DRAWS) ** 0.5
        )


def test_the_interval_of_each_measure_is_that_of_questions_drawn_anew(bench: Exam) -> None:
    ids = [one.id for one in bench.questions.values() if one.section == "crade"]
    marks = answered(bench, ids, 0.8)
    made = make_results(bench, marks, asked=marks)
    measures = with_intervals(made, bench).sheet.measures["crade"].measures
    right, answers = places_of(bench, marks)
    generator = np.random.default_rng(9)
    draws = [generator.integers(len(ids), size=len(ids)) for _ in range(DRAWS)]
    known = [key for key in measures if key in MEASURED]
    assert known
    for key in known:
        drawn = [MEASURED[key](right[one], answers[one]) for one in draws]
        low, high = np.quantile(drawn, [0.025, 0.975])
        assert (measures[key].low, measures[key].high) == pytest.approx((low, high), abs=0.02)
