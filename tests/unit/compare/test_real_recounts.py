"""Every other statistic of recorded runs, recomputed from the marks without the code under test.

`test_real_pairs` has those of two runs with one reply a question.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from math import ceil, comb, floor, sqrt
from pathlib import Path
from statistics import stdev

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from jmle_plugin.ask.run import ImageMode
from jmle_plugin.compare.audit import audit
from jmle_plugin.compare.comparison import compare
from jmle_plugin.compare.habits import letters, letters_against_others
from jmle_plugin.compare.pairing import Place, places
from jmle_plugin.compare.ranking import Ranking, group_points, points_interval
from jmle_plugin.exam.kinds import SINGLE
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark
from jmle_plugin.results.audit import AuditPart
from jmle_plugin.results.doubt import Letter
from jmle_plugin.results.file import Results
from tests.unit.compare.published import (
    asked_again,
    imported,
    marked,
    published_exam,
    recorded,
)

pytestmark = pytest.mark.data

Floats = np.ndarray
Rows = list[tuple[tuple[int, ...], tuple[int, ...]]]
"""Of each case the figure of each reply: of the old run, of the new one."""

OFTEN = {
    "three against one": (
        ["Gemini 3.1 Pro Preview", "GPT-5.2", "Qwen3.5-397B-A17B"],
        ["Qwen3.5-27B"],
    ),
    "three against three": (
        ["Qwen3.5-27B", "Qwen3.5-397B-A17B", "GPT-5.2"],
        ["Gemini 3.1 Pro Preview", "Qwen3.5-27B (no-think)", "Qwen3.5-122B-A10B"],
    ),
    "one against five": (
        ["Qwen3.5-122B-A10B (no-think)"],
        [
            "Qwen3.5-27B",
            "Qwen3.5-397B-A17B",
            "GPT-5.2",
            "Qwen3.5-27B (no-think)",
            "Qwen3.5-122B-A10B",
        ],
    ),
}
"""Runs that are taken for the epochs of one."""


@pytest.fixture(scope="module")
def exam(data_root: Path) -> Exam:
    return published_exam("jmle120", data_root)


@pytest.fixture(scope="module")
def where(exam: Exam) -> dict[str, Place]:
    return places(exam)


@pytest.fixture(scope="module")
def runs(exam: Exam, data_root: Path) -> dict[str, Results]:
    return {name: marked(exam, run, name) for name, run in recorded(data_root).items()}


def holm(p_values: Sequence[float]) -> list[float]:
    """By stepping down, one after the other."""
    held, adjusted = 0.0, [0.0] * len(p_values)
    for place, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        held = adjusted[index] = max(held, min(1.0, p_values[index] * (len(p_values) - place)))
    return adjusted


def added(
    spread: Mapping[Fraction, float], step: Mapping[Fraction, float]
) -> dict[Fraction, float]:
    """The distribution of the sum of two figures."""
    wider: defaultdict[Fraction, float] = defaultdict(float)
    for total, chance in spread.items():
        for more, its in step.items():
            wider[total + more] += chance * its
    return wider


def tails(steps: Iterable[Mapping[Fraction, float]], seen: Fraction) -> tuple[float, float]:
    """The chance of a sum of at most, and of at least, what was seen."""
    spread: dict[Fraction, float] = {Fraction(): 1.0}
    for step in steps:
        spread = added(spread, step)
    below = sum(chance for total, chance in spread.items() if total <= seen)
    above = sum(chance for total, chance in spread.items() if total >= seen)
    return below, above


def change(old: Sequence[int], new: Sequence[int]) -> Fraction:
    return Fraction(sum(new), len(new)) - Fraction(sum(old), len(old))


def both_tests(rows: Rows) -> tuple[tuple[float, float], tuple[float, float]]:
    """(loss, gain) of all signs, and of all ways to share replies between the runs."""
    changes = [change(*row) for row in rows]
    seen = sum(changes, Fraction())
    signs = [{one: 0.5, -one: 0.5} for one in changes if one]
    ways = []
    for old, new in rows:
        replies = old + new
        if len(set(replies)) > 1:
            taken = list(combinations(range(len(replies)), len(new)))
            counts = Counter(
                change(
                    [replies[n] for n in range(len(replies)) if n not in some],
                    [replies[n] for n in some],
                )
                for some in taken
            )
            ways.append({one: times / len(taken) for one, times in counts.items()})
    return tails(signs, seen), tails(ways, seen)


def larger(rows: Rows) -> tuple[float, float]:
    """The one-sided p-values of a loss and of a gain that decide."""
    (loss, gain), (other_loss, other_gain) = both_tests(rows)
    return max(loss, other_loss), max(gain, other_gain)


def replies_of(results: Results, *, points: bool) -> dict[str, tuple[int, ...]]:
    """Question -> the points of each reply, or whether each is right."""
    found: dict[str, list[int]] = {}
    for mark in sorted(results.marks, key=lambda one: one.epoch):
        figure = mark.points if points else int(mark.outcome is Outcome.CORRECT)
        found.setdefault(mark.question, []).append(figure)
    return {name: tuple(figures) for name, figures in found.items()}


def rows_of(old: Results, new: Results, where: Mapping[str, Place]) -> Rows:
    """The points of each case."""
    sides = replies_of(old, points=True), replies_of(new, points=True)
    cases: dict[str, list[str]] = {}
    for name in sides[0]:
        cases.setdefault(where[name].group, []).append(name)
    before, after = (
        [
            tuple(map(sum, zip(*(side[name] for name in case), strict=True)))
            for case in cases.values()
        ]
        for side in sides
    )
    return list(zip(before, after, strict=True))


@pytest.mark.parametrize("which", OFTEN)
def test_every_statistic_of_runs_with_epochs_is_what_counting_gives(
    which: str, runs: dict[str, Results], where: dict[str, Place]
) -> None:
    old, new = (asked_again([runs[name] for name in names]) for names in OFTEN[which])
    found = compare(old, new, where)
    rows = rows_of(old, new, where)
    assert found.difference == pytest.approx(float(sum(change(*row) for row in rows)), abs=1e-6)
    # The two tests on points; the larger p-value decides.
    signs, shared = both_tests(rows)
    assert (found.tests.means, found.tests.replies) == pytest.approx(
        (signs[0], shared[0]), abs=1e-9
    )
    loss, gain = larger(rows)
    assert (found.tests.loss, found.tests.gain) == pytest.approx((loss, gain), abs=1e-9)
    # The same on right answers, by question, two-sided; of blocks with Holm's correction.
    right = [replies_of(one, points=False) for one in (old, new)]
    by_block: defaultdict[str, Rows] = defaultdict(list)
    for name, replies in right[0].items():
        by_block[where[name].block].append((replies, right[1][name]))
    every = [row for block in by_block.values() for row in block]
    assert found.tests.mcnemar == pytest.approx(min(1, 2 * min(larger(every))), abs=1e-9)
    p_blocks = [min(1, 2 * min(larger(by_block[part.name]))) for part in found.blocks]
    assert [part.p_mcnemar for part in found.blocks] == pytest.approx(p_blocks, abs=1e-9)
    assert [part.p_holm for part in found.blocks] == pytest.approx(holm(p_blocks), abs=1e-9)
    # Means over epochs and their deviations.
    for side, results in ((found.old, old), (found.new, new)):
        points = Counter[int]()
        for mark in results.marks:
            points[mark.epoch] += mark.points
        totals = list(points.values())
        assert side.points == pytest.approx(sum(totals) / len(totals), abs=1e-6)
        deviation = stdev(totals) if len(totals) > 1 else None
        assert side.deviation == pytest.approx(deviation, abs=1e-6)
    # The interval: cases drawn anew within strata, with other random numbers.
    assert found.interval is not None
    low, high = redrawn(rows, old, where)
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high), abs=1)


def redrawn(rows: Rows, results: Results, where: Mapping[str, Place]) -> tuple[float, float]:
    """The ends of the interval of the difference."""
    worth = {mark.question: mark.max for mark in results.marks}
    cases: dict[str, list[str]] = {}
    for name in worth:
        cases.setdefault(where[name].group, []).append(name)
    strata: defaultdict[tuple[object, ...], list[float]] = defaultdict(list)
    for case, row in zip(cases.values(), rows, strict=True):
        maxima = [worth[name] for name in case]
        if sum(maxima):
            stratum = where[case[0]].section, max(maxima), len(case), sum(maxima)
            strata[stratum].append(float(change(*row)))
    generator = np.random.default_rng(7)
    drawn = np.sum(
        [generator.choice(one, (20_000, len(one))).sum(axis=1) for one in strata.values()], axis=0
    )
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


@pytest.mark.parametrize("which", OFTEN)
def test_newly_wrong_questions_are_counted_and_tested_by_binomial_sums(
    which: str, runs: dict[str, Results], where: dict[str, Place]
) -> None:
    names = OFTEN[which]
    before, after = (asked_again([runs[name] for name in side]) for side in names)
    found = compare(before, after, where)
    old, new = ([replies_of(runs[name], points=False) for name in side] for side in OFTEN[which])
    tried = []
    for reply in new:
        wrong = {q: [one[q] for one in (*old, reply)].count((0,)) for q in reply}
        unsteady = [q for q, times in wrong.items() if times == 1]
        newly = [q for q in unsteady if reply[q] == (0,)]
        share, tries = 1 / (len(old) + 1), len(unsteady)
        p = sum(
            comb(tries, k) * share**k * (1 - share) ** (tries - k)
            for k in range(len(newly), tries + 1)
        )
        tried.append((p, tries, newly))
    p, tries, newly = min(tried, key=lambda one: one[0])
    assert found.newly_wrong.p_value == pytest.approx(min(1, p * len(new)), abs=1e-12)
    assert found.newly_wrong.unsteady == tries
    assert sorted(found.newly_wrong.questions) == sorted(newly)


@pytest.mark.parametrize(
    "pair",
    [
        ("Gemini 3.1 Pro Preview", "GPT-5.2"),
        ("Qwen3.5-27B", "Qwen3.5-27B (no-think)"),
        ("Qwen3.5-397B-A17B", "GPT-5.2"),
    ],
    ids=" against ".join,
)
def test_right_answers_to_image_questions_are_tested_by_all_signs(
    pair: tuple[str, str], exam: Exam, runs: dict[str, Results], where: dict[str, Place]
) -> None:
    found = compare(runs[pair[0]], runs[pair[1]], where).images
    assert found is not None
    right = [replies_of(runs[name], points=False) for name in pair]
    cases: dict[str, list[str]] = {}
    for one in exam.questions.values():
        if one.images:
            cases.setdefault(where[one.id].group, []).append(one.id)
    rows: Rows = [
        ((sum(right[0][q][0] for q in case),), (sum(right[1][q][0] for q in case),))
        for case in cases.values()
    ]
    assert found.questions == sum(map(len, cases.values()))
    assert (found.old_correct, found.new_correct) == (
        sum(old for (old,), _ in rows),
        sum(new for _, (new,) in rows),
    )
    assert found.p_loss == pytest.approx(larger(rows)[0], abs=1e-9)


def picked_p(chances: Sequence[float], times: int) -> float:
    """The two-sided p-value of so many picks, by the distribution of their number."""
    below, above = tails(
        [{Fraction(1): chance, Fraction(): 1 - chance} for chance in chances], Fraction(times)
    )
    return min(1.0, 2 * min(below, above))


def letters_by_hand(picks: Iterable[tuple[str, Mapping[str, float]]]) -> dict[str, list[float]]:
    """Letter -> times picked, times expected, p."""
    known = list(picks)
    found = {}
    for label in sorted({label for _, chances in known for label in chances}):
        chances = [one[label] for _, one in known if label in one]
        times = sum(one == label for one, _ in known)
        found[label] = [times, sum(chances), picked_p(chances, times)]
    return found


def wrong_picks(results: Results, exam: Exam) -> dict[str, Mark]:
    return {
        mark.question: mark
        for mark in results.marks
        if exam.questions[mark.question].form == SINGLE
        and mark.outcome is Outcome.INCORRECT
        and len(mark.answer) == 1
    }


def same_letters(found: Mapping[str, Letter], by_hand: Mapping[str, list[float]]) -> None:
    assert {label: [one.picked, one.expected, one.p_value] for label, one in found.items()} == {
        label: pytest.approx(one, abs=1e-6) for label, one in by_hand.items()
    }


LEANING = ["Qwen3-32B (no-think)", "gpt-oss-20b (low)", "gpt-oss-120b (medium)", "Qwen3-32B"]


def test_letters_of_wrong_answers_are_those_that_counting_gives(
    exam: Exam, runs: dict[str, Results], where: dict[str, Place]
) -> None:
    for name in LEANING:
        picks = []
        for question, mark in wrong_picks(runs[name], exam).items():
            accepted = {label for answer in mark.accepted for label in answer}
            options = [one for one in exam.questions[question].labels if one not in accepted]
            if mark.answer[0] in options:
                picks.append((mark.answer[0], dict.fromkeys(options, 1 / len(options))))
        by_hand = letters_by_hand(picks)
        found = letters(runs[name], exam)
        same_letters(found, by_hand)
        adjusted = holm([one[2] for one in by_hand.values()])
        assert [one.p_holm for one in found.values()] == pytest.approx(adjusted, abs=1e-6)
    # Against each other: as likely to be any run's wrong answer to the same question.
    table = [runs[name] for name in LEANING]
    wrong = [wrong_picks(one, exam) for one in table]
    tested = []
    for own in wrong:
        picks = []
        for question, mark in own.items():
            given = [one[question].answer[0] for one in wrong if question in one]
            picks.append(
                (mark.answer[0], {label: given.count(label) / len(given) for label in given})
            )
        tested.append(letters_by_hand(picks))
    against = letters_against_others(table, where)
    for found, by_hand in zip(against, tested, strict=True):
        same_letters(found, by_hand)
    adjusted = holm([one[2] for by_hand in tested for one in by_hand.values()])
    assert [one.p_holm for found in against for one in found.values()] == pytest.approx(
        adjusted, abs=1e-6
    )


PAPERS = 4000


@pytest.mark.parametrize(
    ("name", "year"), [("jmle112", 2018), ("jmle113", 2019), ("jmle114", 2020)]
)
def test_a_chance_of_passing_is_that_of_an_urn_drawn_ball_by_ball(
    name: str, year: int, data_root: Path, tmp_path: Path
) -> None:
    exam = published_exam(name, data_root)
    where = places(exam)
    folder = data_root / "igakuqa" / "baseline_results" / str(year)
    (run,) = imported(folder, exam, tmp_path, "*gpt4*.jsonl")
    assert run.doubt is not None
    assert run.doubt.another_exam is not None
    claimed = run.doubt.another_exam.passed / run.doubt.another_exam.draws
    assert 0.1 < claimed < 0.9
    # Four standard errors of the difference of both simulations.
    error = sqrt(0.25 / PAPERS + 0.25 / run.doubt.another_exam.draws)
    assert claimed == pytest.approx(urn_by_hand(run, exam, where), abs=4 * error)


def urn_by_hand(run: Results, exam: Exam, where: Mapping[str, Place]) -> float:
    """The share of papers that pass: each case drawn goes back in with another like it."""
    marks = {mark.question: mark for mark in run.marks}
    cases: dict[str, list[Mark]] = {}
    for question, mark in marks.items():
        cases.setdefault(where[question].group, []).append(mark)
    strata: defaultdict[tuple[str, int, int, int], list[tuple[int, int]]] = defaultdict(list)
    for case in cases.values():
        first, maxima = where[case[0].question], [mark.max for mark in case]
        stratum = first.section, max(maxima), len(case), sum(maxima)
        chosen = sum(bool(mark.prohibited and mark.max) for mark in case)
        strata[stratum].append((sum(mark.points for mark in case), chosen))
    generator = np.random.default_rng(3)
    points = {one: np.zeros(PAPERS) for one in exam.section_titles}
    prohibited = np.zeros(PAPERS)
    for (section, _, _, most), seen in strata.items():
        kinds = Counter(seen)
        weights = {kind: float(times) for kind, times in kinds.items()}
        for extreme in {(0, 0), (most, 0)}:
            weights[extreme] = weights.get(extreme, 0.0) + 0.1
        balls = np.tile(list(weights.values()), (PAPERS, 1))
        worth = np.array(list(weights))
        for _ in seen:
            place = generator.random(PAPERS) * balls.sum(axis=1)
            drawn = (np.cumsum(balls, axis=1) < place[:, None]).sum(axis=1)
            balls[np.arange(PAPERS), drawn] += 1
            points[section] += worth[drawn, 0]
            prohibited += worth[drawn, 1]
    passed = np.ones(PAPERS, bool)
    for one, tally in run.sheet.sections.items():
        assert tally.threshold is not None
        passed &= points[one] >= tally.threshold
    assert run.sheet.prohibited.limit is not None
    return float(np.mean(passed & (prohibited <= run.sheet.prohibited.limit)))


def test_intervals_of_recorded_confidence_are_those_of_answers_drawn_anew(
    data_root: Path, tmp_path: Path
) -> None:
    exam = published_exam("jmle119", data_root)
    folder = data_root / "igakuqa119" / "results" / "demo"
    (run,) = imported(folder, exam, tmp_path, "*pfn*.csv")
    found = run.confidence
    assert found is not None
    assert found.auroc is not None
    assert found.ece is not None
    marks = [mark for mark in run.marks if mark.confidence is not None and mark.max]
    stated = np.array([mark.confidence for mark in marks], float)
    right = np.array([mark.outcome is Outcome.CORRECT for mark in marks])
    assert found.auroc.value == pytest.approx(roc_auc_score(right, stated), abs=1e-6)
    assert found.ece.value == pytest.approx(calibration_error(right, stated), abs=1e-6)
    # Every question is a case of its own here.
    generator = np.random.default_rng(4)
    drawn = [generator.integers(len(marks), size=len(marks)) for _ in range(1000)]
    for estimate, figure in ((found.auroc, roc_auc_score), (found.ece, calibration_error)):
        low, high = np.quantile([figure(right[one], stated[one]) for one in drawn], [0.025, 0.975])
        assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=0.01)


def calibration_error(right: Floats, stated: Floats) -> float:
    """ECE over ten bins, one after the other."""
    gaps = 0.0
    for number in range(10):
        inside = (stated > number / 10) & (stated <= (number + 1) / 10)
        if number == 0:
            inside |= stated == 0
        if inside.any():
            gaps += inside.sum() * abs(right[inside].mean() - stated[inside].mean())
    return float(gaps / len(stated))


def test_ranks_and_intervals_of_a_table_are_those_that_counting_gives(
    exam: Exam, runs: dict[str, Results], where: dict[str, Place]
) -> None:
    ordered = sorted(runs.values(), key=lambda one: -one.sheet.total.points)
    groups = [group_points(one, where) for one in ordered]
    ranking = Ranking(groups)
    pairs = list(combinations(range(len(ordered)), 2))
    p_values = [
        min(1, 2 * min(larger(rows_of(ordered[worse], ordered[better], where))))
        for better, worse in pairs
    ]
    apart = {pair for pair, p in zip(pairs, holm(p_values), strict=True) if p <= 0.05}
    assert ranking.ranges == [
        (
            1 + sum((better, row) in apart for better in range(row)),
            len(ordered) - sum((row, worse) in apart for worse in range(row, len(ordered))),
        )
        for row in range(len(ordered))
    ]
    above = {
        worse: p for (better, worse), p in zip(pairs, p_values, strict=True) if worse == better + 1
    }
    assert [ranking.p_to_above(row) for row in range(1, len(ordered))] == pytest.approx(
        [above[row] for row in range(1, len(ordered))], abs=1e-9
    )
    # The ends of Wilson's interval solve |share - p| = z sqrt(p (1 - p) / trials).
    worth: Counter[str] = Counter()
    for question in exam.questions.values():
        worth[where[question.id].group] += question.points
    total = sum(worth.values())
    trials, z = total**2 / sum(one**2 for one in worth.values()), stats.norm.ppf(0.975)
    for one, group in zip(ordered, groups, strict=True):
        share = one.sheet.total.points / total
        ends = np.sort(np.roots([1 + z**2 / trials, -(2 * share + z**2 / trials), share**2]).real)
        assert points_interval(group) == (floor(ends[0] * total), ceil(ends[1] * total))


AUDITED = [
    ("Gemini 3.1 Pro Preview", "GPT-5.2"),
    ("Qwen3.5-27B", "gpt-oss-120b (high)"),
    ("GPT-5.2", "gpt-oss-20b (low)"),
]


@pytest.mark.parametrize("pair", AUDITED, ids=" against ".join)
def test_every_part_of_an_audit_has_the_exact_test_and_holms_correction(
    pair: tuple[str, str], exam: Exam, data_root: Path
) -> None:
    """Another run stands for the half without figures: what is counted is the same."""
    raw = recorded(data_root)
    vision = marked(exam, raw[pair[0]], "model", images=ImageMode.VISION, model="some/model")
    blind = marked(exam, raw[pair[1]], "model-blind", images=ImageMode.BLIND, model="some/model")
    found = audit(vision, blind, exam)
    right = [
        {mark.question: mark.outcome is Outcome.CORRECT for mark in one.marks}
        for one in (vision, blind)
    ]
    parts = [part for parts in found.groupings.values() for part in parts]
    for part in (found.total, *parts):
        names = [name for several in part.states.values() for name in several]
        states = Counter((right[0][name], right[1][name]) for name in names)
        assert part.counts == (
            states[True, True], states[True, False], states[False, True], states[False, False]
        )  # fmt: skip
        assert part.p_mcnemar == pytest.approx(sign_test(part), rel=1e-5)
    adjusted = holm([sign_test(part) for part in parts])
    assert [part.p_holm for part in parts] == pytest.approx(adjusted, rel=1e-4)
    # The smallest net effect found: so many lost that the test finds it 4 times of 5.
    of = found.total.questions
    fewest = next(n for n in range(of) if 2 * 0.5**n <= 0.05)
    assert found.detectable == next(
        n
        for n in range(1, of + 1)
        if sum(
            comb(of, k) * (n / of) ** k * (1 - n / of) ** (of - k) for k in range(fewest, of + 1)
        )
        >= 0.8
    )


def sign_test(part: AuditPart) -> float:
    _, gained, lost, _ = part.counts
    tries, fewer = gained + lost, min(gained, lost)
    return min(1.0, float(Fraction(2 * sum(comb(tries, k) for k in range(fewer + 1)), 2**tries)))
