"""Intervals and tests of a bench's measures on real questions, against other libraries.

No recorded answers to these questions are published: three made-up candidates answer them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from jmle_plugin.compare.measures import change_of, measure_changes, part_of, with_intervals
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark
from tests.builders import make_mark, make_results
from tests.unit.compare.counting import Floats, are_ends, holm, near, tails, total_of
from tests.unit.compare.published import published_exam

pytestmark = pytest.mark.data

DRAWS = 1500
OURS = 10_000
"""Draws of the code under test."""
MANY = 50_000
"""Draws of what is quick to draw."""
RIGHT = (0.9, 0.8, 0.6)
"""How often each candidate is right."""
PAIRS = [*combinations(RIGHT, 2)]


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
        assert found.low is not None
        assert found.high is not None
        are_ends((found.low, found.high), drawn, draws=OURS)
        # How often questions drawn anew show no loss, or no gain; the seen draw counts as one.
        none, no_gain = float(np.mean(drawn >= 0)), float(np.mean(drawn <= 0))
        off = 2 / DRAWS + near(max(min(none, 0.5), 1 / DRAWS), DRAWS, OURS)
        assert found.p_loss == pytest.approx(none, abs=off)
        assert found.p_value == pytest.approx(min(1, 2 * min(none, no_gain)), abs=2 * off)


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
        drawn = np.array([MEASURED[key](right[one], answers[one]) for one in draws])
        low, high = measures[key].low, measures[key].high
        assert low is not None
        assert high is not None
        are_ends((low, high), drawn, draws=OURS)


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_accuracies_of_a_benchs_sections_are_tested_by_all_signs_and_holms_correction(
    pair: tuple[float, float], data_root: Path
) -> None:
    bench = published_exam("jmmlu-med", data_root)
    sides = [answered(bench, [*bench.questions], often) for often in pair]
    old_run, new_run = (make_results(bench, marks) for marks in sides)
    found = measure_changes(old_run, new_run, bench)
    cases: dict[str, dict[str, list[int]]] = {}
    for name, one in bench.questions.items():
        turned = [int(marks[name].outcome is Outcome.CORRECT) for marks in sides]
        for section in (one.section, "all"):
            net = cases.setdefault(section, {}).setdefault(one.case, [0, 0, 0])
            for place, figure in enumerate((1, *turned)):
                net[place] += figure
    assert {part.section for part in found} == cases.keys()
    assert [part.section for part in found if part.decides] == ["all"]
    p_values = []
    for part in found:
        several = [*cases[part.section].values()]
        asked, old, new = map(sum, zip(*several, strict=True))
        assert part.questions == asked
        assert (part.old, part.new) == pytest.approx((old / asked, new / asked), abs=1e-6)
        nets = [after - before for _, before, after in several]
        loss, gain = tails(total_of({net: 0.5, -net: 0.5} for net in nets if net), sum(nets))
        assert part.p_loss == pytest.approx(loss, abs=1e-9)
        p_values.append(min(1, 2 * min(loss, gain)))
        assert part.p_value == pytest.approx(p_values[-1], abs=1e-9)
        # The interval: cases, each of one question here, drawn anew.
        assert len(several) == asked
        kinds = Counter(nets)
        shares = [times / asked for times in kinds.values()]
        drawn = np.random.default_rng(9).multinomial(asked, shares, size=MANY) @ [*kinds]
        assert part.low is not None
        assert part.high is not None
        are_ends((part.low, part.high), drawn / asked, draws=OURS)
    others = [p for p, part in zip(p_values, found, strict=True) if not part.decides]
    adjusted = iter(holm(others))
    assert [part.p_holm for part in found] == pytest.approx(
        [p if part.decides else next(adjusted) for p, part in zip(p_values, found, strict=True)],
        abs=1e-9,
    )


@pytest.mark.parametrize("pair", [*combinations((0.8, 0.79, 0.77), 2)], ids=str)
def test_f1_of_two_runs_is_tested_by_signs_of_documents(
    pair: tuple[float, float], bench: Exam
) -> None:
    """Candidates find so many of each document's expressions."""
    ids = [one.id for one in bench.questions.values() if one.section == "mrner_disease"]
    sides, earned = [], []
    for often in pair:
        generator = np.random.default_rng(int(100 * often))
        marks, figures = {}, []
        for name in ids:
            gold = bench.key.entries[name].accepted[0]
            named = [one for one in gold if generator.random() < often]
            outcome = Outcome.CORRECT if len(named) == len(gold) else Outcome.INCORRECT
            answer = named or ["no such thing"]
            marks[name] = make_mark(bench, name, outcome, answer=answer)
            figures.append(2 * len(named) / (len(gold) + len(answer)))
        sides.append(marks)
        earned.append(np.array(figures))
    parts = [part_of(bench, "f1", ids, {q: [one] for q, one in side.items()}) for side in sides]
    found = change_of("mrner_disease", "", len(ids), *parts)
    assert (found.old, found.new) == pytest.approx([one.mean() for one in earned], abs=1e-6)
    differences = earned[1] - earned[0]
    generator = np.random.default_rng(9)
    signs = generator.choice([-1, 1], size=(MANY, len(ids)))
    below = float(np.mean(signs @ differences <= differences.sum() + 1e-9))
    off = 2 / OURS + near(max(below, 1 / OURS), OURS, MANY)
    assert found.p_loss == pytest.approx(below, abs=off)
    drawn = differences[generator.integers(len(ids), size=(MANY, len(ids)))].mean(axis=1)
    assert found.low is not None
    assert found.high is not None
    are_ends((found.low, found.high), drawn, draws=OURS)
