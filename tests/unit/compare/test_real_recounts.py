"""Statistics of recorded runs with epochs, and of tables, recomputed from the marks.

`test_real_pairs` has those of two runs with one reply a question.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import ceil, comb, floor, sqrt
from pathlib import Path
from statistics import NormalDist, mean, stdev, variance

import numpy as np
import pytest
from scipy import stats

from jmle_plugin.compare.comparison import compare
from jmle_plugin.compare.leaderboard import leaderboard
from jmle_plugin.compare.pairing import Place, places
from jmle_plugin.compare.ranking import Row
from jmle_plugin.exam.model import Exam
from jmle_plugin.results.comparison import Comparison, Side
from jmle_plugin.results.doubt import Reach
from jmle_plugin.results.file import Results
from tests.unit.compare.counting import (
    Changes,
    Rows,
    are_ends,
    both_tests,
    by_sharing,
    by_signs,
    cases_of,
    change,
    holm,
    larger,
    near,
    passes_if_equal,
    replies_of,
    rows_of,
    total_of,
    two_sided,
    unit_of,
    worth_of,
)
from tests.unit.compare.published import Runs, asked_again, published_exam

pytestmark = pytest.mark.data

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
MARGIN = 15


@pytest.fixture(scope="module")
def exam(data_root: Path) -> Exam:
    return published_exam("jmle120", data_root)


@pytest.fixture(scope="module")
def where(exam: Exam) -> dict[str, Place]:
    return places(exam)


@pytest.fixture(scope="module")
def runs(data_root: Path) -> Runs:
    return Runs(data_root)


@pytest.fixture(scope="module", params=OFTEN)
def often(request: pytest.FixtureRequest, runs: Runs, where: dict[str, Place]) -> Often:
    old, new = (asked_again([runs[name] for name in names]) for names in OFTEN[request.param])
    found = compare(old, new, where, margin=MARGIN)
    return Often(old, new, cases_of(worth_of(old), where), found)


@dataclass(frozen=True)
class Often:
    """Two runs with epochs, their cases, and what is said of them."""

    old: Results
    new: Results
    cases: list[list[str]]
    found: Comparison

    @property
    def rows(self) -> Rows:
        return rows_of(self.old, self.new, self.cases)


def test_tests_of_runs_with_epochs_are_those_of_all_signs_and_all_ways_to_share(
    often: Often, where: dict[str, Place]
) -> None:
    found, rows = often.found, often.rows
    assert found.difference == pytest.approx(float(sum(change(*row) for row in rows)), abs=1e-6)
    # The two tests on points; the larger p-value decides.
    signs, shared = both_tests(rows)
    assert (found.tests.means, found.tests.replies) == pytest.approx(
        (signs[0], shared[0]), abs=1e-9
    )
    assert (found.tests.loss, found.tests.gain) == pytest.approx(
        (max(signs[0], shared[0]), max(signs[1], shared[1])), abs=1e-9
    )
    # The same on right answers, by question, two-sided; of blocks with Holm's correction.
    single = [[name] for case in often.cases for name in case]
    right = dict(
        zip(
            (name for (name,) in single),
            rows_of(often.old, often.new, single, points=False),
            strict=True,
        )
    )
    assert found.tests.mcnemar == pytest.approx(two_sided(larger([*right.values()])), abs=1e-9)
    for parts, field in (
        (found.sections, "section"),
        (found.blocks, "block"),
        (found.kinds, "kind"),
    ):
        p_parts = []
        for part in parts:
            inside = [row for q, row in right.items() if getattr(where[q], field) == part.name]
            p_parts.append(two_sided(larger(inside)))
            assert (part.old_correct, part.new_correct) == pytest.approx(
                [sum(mean(row[side]) for row in inside) for side in (0, 1)], abs=1e-6
            )
        assert [part.p_mcnemar for part in parts] == pytest.approx(p_parts, abs=1e-9)
        if field == "block":
            assert [part.p_holm for part in parts] == pytest.approx(holm(p_parts), abs=1e-9)


def test_means_and_deviations_are_those_of_the_epochs(often: Often) -> None:
    sides: list[tuple[Side, Results]] = [
        (often.found.old, often.old),
        (often.found.new, often.new),
    ]
    for side, results in sides:
        points, correct = Counter[int](), Counter[int]()
        answers: dict[str, list[tuple[str, ...]]] = {}
        for mark in results.marks:
            points[mark.epoch] += mark.points
            correct[mark.epoch] += mark.outcome == "correct"
            answers.setdefault(mark.question, []).append(tuple(mark.answer))
        assert side.epochs == len(points)
        assert side.points == pytest.approx(mean(points.values()), abs=1e-6)
        assert side.correct == pytest.approx(mean(correct.values()), abs=1e-6)
        if len(points) == 1:
            assert side.deviation is None
            assert side.majority is None
            continue
        assert side.deviation == pytest.approx(stdev(points.values()), abs=1e-6)
        # Of several answers given equally often, the one that came first.
        first = {name: max(given, key=given.count) for name, given in answers.items()}
        earned = {(mark.question, tuple(mark.answer)): mark.points for mark in results.marks}
        assert side.majority == sum(earned[one] for one in first.items())


def test_the_interval_of_runs_with_epochs_is_that_of_cases_drawn_anew(
    often: Often, where: dict[str, Place]
) -> None:
    worth, unit = worth_of(often.old), unit_of(often.rows)
    strata: defaultdict[tuple[object, ...], Counter[int]] = defaultdict(Counter)
    for case, row in zip(often.cases, often.rows, strict=True):
        most = [worth[name] for name in case]
        stratum = where[case[0]].section, max(most), len(case), sum(most)
        strata[stratum][int(change(*row) * unit)] += 1
    drawn = total_of(
        {net: times / seen.total() for net, times in seen.items()}
        for seen in strata.values()
        for _ in range(seen.total())
    )
    interval = often.found.interval
    assert interval is not None
    values, chances = np.array([*drawn]) / unit, np.array([*drawn.values()])
    are_ends((interval.low, interval.high), values, chances, draws=interval.draws)


def test_the_bound_of_runs_with_epochs_has_a_chance_of_5_percent(often: Often) -> None:
    single = [[name] for case in often.cases for name in case]
    changes = Changes.of(
        {
            name: change(*row)
            for (name,), row in zip(single, rows_of(often.old, often.new, single), strict=True)
        },
        worth_of(often.old),
        often.cases,
    )
    margin = often.found.margin
    assert margin is not None
    assert changes.times > 1
    assert margin.p_value == pytest.approx(changes.p_value(MARGIN), abs=1e-6)
    # The p-value falls in steps where a sum comes to count as another whole one.
    off = 2e-3
    assert (
        changes.p_value(-margin.lower_bound + off)
        <= 0.05
        <= changes.p_value(-margin.lower_bound - off)
    )
    assert changes.nothing().p_value(margin.least) == pytest.approx(0.05, abs=1e-4)
    passed = passes_if_equal(changes, MARGIN, draws=150)
    assert margin.chance_if_equal == pytest.approx(passed, abs=near(0.5, 400, 150))


DRAWS = 2000


def test_the_smallest_loss_of_runs_with_epochs_is_found_4_times_of_5(often: Often) -> None:
    """Of comparisons drawn apart, each with both exact tests."""
    detectable = often.found.detectable.points
    assert detectable is not None
    kinds = Counter(
        (sorted_row(row, most) for row, most in zip(often.rows, maxima(often), strict=True))
    )
    steady = [row for row in kinds if len({*row[0], *row[1]}) == 1]
    for row in steady:
        del kinds[row]
    found = found_share([*kinds], [*kinds.values()], len(often.rows), detectable)
    # Within three points of a hundred, as is documented, and four standard errors.
    assert found == pytest.approx(0.8, abs=0.03 + near(0.8, DRAWS))
    alone = often.found.detectable_at_best.points
    assert alone is not None
    sides = [len(side) for side in often.rows[0]]
    whole = Counter(((0,) * sides[0], (most,) * sides[1]) for most in maxima(often))
    found = found_share([*whole], [*whole.values()], len(often.rows), alone, noise=0)
    assert found == pytest.approx(0.8, abs=0.03 + near(0.8, DRAWS))


def maxima(often: Often) -> list[int]:
    worth = worth_of(often.old)
    return [sum(worth[name] for name in case) for case in often.cases]


def sorted_row(row: tuple[tuple[int, ...], ...], most: int) -> tuple[tuple[int, ...], ...]:
    """The replies to a case, or where it lost, those of the gain that mirrors it."""
    old, new = row
    if change(old, new) < 0:
        old, new = tuple(most - one for one in old), tuple(most - one for one in new)
    return tuple(sorted(old)), tuple(sorted(new))


def found_share(
    kinds: list[tuple[tuple[int, ...], ...]],
    counts: list[int],
    cases: int,
    loss: float,
    noise: float = 0.5,
) -> float:
    """How often both tests find a loss that is spread as these differences are.

    Their distributions by Fourier's transform: a characteristic function of each kind.
    """
    rows = [(old, new) for old, new in kinds]
    unit = unit_of(rows)
    gains = np.array([int(change(*row) * unit) for row in rows])
    shares = np.array(counts) / cases
    expected = float(shares @ gains) * cases / unit
    lost = noise * shares + shares * (gains > 0) * loss / expected
    chances = np.concatenate([noise * shares, lost])
    generator = np.random.default_rng(7)
    drawn = generator.multinomial(cases, [*chances, 1 - chances.sum()], size=DRAWS)
    up, down = np.split(drawn[:, :-1], 2, axis=1)
    seen = (up - down) @ gains
    p_values = []
    for step in (by_signs, by_sharing):
        steps = [step(row, unit) for row in rows]
        reach = int(max((up + down) @ [max(map(abs, one)) for one in steps]))
        length = 2 ** ceil(np.log2(2 * reach + 2))
        waves = 2 * np.pi * np.arange(length // 2 + 1) / length
        spread = np.ones((DRAWS, len(waves)), complex)
        for kind, one in enumerate(steps):
            wave = sum(its * np.exp(-1j * waves * value) for value, its in one.items())
            # A loss is the mirror of the gain, and so is what chance makes of it.
            for times, its in ((up[:, kind], wave), (down[:, kind], np.conj(wave))):
                powers = its ** np.arange(times.max() + 1)[:, None]
                spread *= powers[times]
        below = np.cumsum(np.roll(np.fft.irfft(spread, length, axis=1), reach, axis=1), axis=1)
        p_values.append(below[np.arange(DRAWS), seen + reach])
    return float(np.mean(np.maximum(*p_values) <= 0.05 + 1e-9))


def test_epochs_needed_follow_from_the_variances_between_and_within_cases(
    often: Often, where: dict[str, Place]
) -> None:
    needed = often.found.epochs
    assert needed is not None
    rows, worth = often.rows, worth_of(often.old)
    # Inside cases: of single replies, of a run that asked once as of the other.
    within = [
        sum(variance(row[side]) for row in rows) if len(rows[0][side]) > 1 else None
        for side in (0, 1)
    ]
    known = [one for one in within if one is not None]
    old, new = (known[0] if one is None else one for one in within)
    # Between them: what differs inside strata, less what single replies bring to the means.
    strata: defaultdict[tuple[object, ...], list[float]] = defaultdict(list)
    for case, row in zip(often.cases, rows, strict=True):
        most = [worth[name] for name in case]
        stratum = where[case[0]].section, max(most), len(case), sum(most)
        strata[stratum].append(float(change(*row)))
    seen = sum(len(one) * variance(one) for one in strata.values() if len(one) > 1)
    between = max(0.0, seen - old / len(rows[0][0]) - new / len(rows[0][1]))
    # A loss to which every reply is as likely: each earns so much less of its points.
    points = [mean(row[0] + row[1]) for row in rows]
    share = MARGIN / sum(points)
    squares = sum(one**2 for one in points)
    normal = NormalDist()

    def power(epochs: int) -> float:
        added = share * (1 - share) * squares - share * known[0]
        spread = between + (old + new + added) / epochs
        level = normal.inv_cdf(0.95) * sqrt(spread + share**2 * squares) + 1 / epochs
        return normal.cdf((MARGIN - level) / sqrt(spread))

    if needed.reach is not Reach.REACHED:
        assert power(10**6) < 0.8
        return
    assert needed.count is not None
    assert needed.power is not None
    assert needed.power == pytest.approx(power(needed.count), abs=5e-4)
    assert needed.power >= 0.8 - 5e-4
    assert needed.count == 1 or power(needed.count - 1) < 0.8


def test_newly_wrong_questions_are_counted_and_tested_by_binomial_sums(often: Often) -> None:
    old, new = (replies_of(one, points=False) for one in (often.old, often.new))
    tried = []
    epochs = len(next(iter(old.values())))
    for epoch in range(len(next(iter(new.values())))):
        wrong = {q: [*old[q], new[q][epoch]].count(0) for q in old}
        unsteady = [q for q, times in wrong.items() if times == 1]
        newly = [q for q in unsteady if not new[q][epoch]]
        share, tries = 1 / (epochs + 1), len(unsteady)
        p = sum(
            comb(tries, k) * share**k * (1 - share) ** (tries - k)
            for k in range(len(newly), tries + 1)
        )
        tried.append((p, tries, newly))
    p, tries, newly = min(tried, key=lambda one: one[0])
    found = often.found.newly_wrong
    assert found.p_value == pytest.approx(min(1, p * len(tried)), abs=1e-12)
    assert found.unsteady == tries
    assert sorted(found.questions) == sorted(newly)


IMAGES = {
    "one against one": (["Gemini 3.1 Pro Preview"], ["GPT-5.2"]),
    "its thinking off": (["Qwen3.5-27B"], ["Qwen3.5-27B (no-think)"]),
    "another": (["Qwen3.5-397B-A17B"], ["GPT-5.2"]),
    **OFTEN,
}


@pytest.mark.parametrize("which", IMAGES)
def test_right_answers_to_image_questions_are_tested_by_all_signs_and_ways(
    which: str, exam: Exam, runs: Runs, where: dict[str, Place]
) -> None:
    old, new = (asked_again([runs[name] for name in names]) for names in IMAGES[which])
    found = compare(old, new, where, doubt=False).images
    assert found is not None
    names = [one.id for one in exam.questions.values() if one.images]
    rows = rows_of(old, new, cases_of(names, where), points=False)
    assert found.questions == len(names)
    assert (found.old_correct, found.new_correct) == pytest.approx(
        [sum(mean(row[side]) for row in rows) for side in (0, 1)], abs=1e-6
    )
    assert found.p_loss == pytest.approx(larger(rows)[0], abs=1e-9)


# --- tables ---------------------------------------------------------------------------


def test_ranks_and_intervals_of_a_table_are_those_that_counting_gives(
    exam: Exam, runs: Runs, where: dict[str, Place]
) -> None:
    (table,) = leaderboard([*runs.values()], {}).tables
    by_run = {one.run.name: one for one in runs.values()}
    names = [*exam.questions]
    text_only = [one.id for one in exam.questions.values() if not one.has_figures]
    assert 0 < len(text_only) < len(names)
    for rows, asked in ((table.rows, names), (table.text_only, text_only)):
        assert len(rows) == len(runs)
        of_table(rows, [by_run[row.run] for row in rows], cases_of(asked, where))


def of_table(rows: Sequence[Row], ordered: Sequence[Results], cases: list[list[str]]) -> None:
    """Assert what rows say of these cases."""
    worth = worth_of(ordered[0])
    points = [
        sum(mark.points for mark in one.marks if any(mark.question in case for case in cases))
        for one in ordered
    ]
    assert points == sorted(points, reverse=True)
    assert [row.rank for row in rows] == [1 + sum(one > own for one in points) for own in points]
    pairs = list(combinations(range(len(ordered)), 2))
    p_values = {
        (better, worse): two_sided(larger(rows_of(ordered[worse], ordered[better], cases)))
        for better, worse in pairs
    }
    adjusted = holm([*p_values.values()])
    apart = {pair for pair, p in zip(pairs, adjusted, strict=True) if p <= 0.05}
    assert [row.ranks for row in rows] == [
        (
            1 + sum((better, place) in apart for better in range(place)),
            len(ordered) - sum((place, worse) in apart for worse in range(place, len(ordered))),
        )
        for place in range(len(ordered))
    ]
    assert rows[0].p_above is None
    assert [row.p_above for row in rows[1:]] == pytest.approx(
        [p_values[place - 1, place] for place in range(1, len(rows))], abs=1e-9
    )
    # The ends of Wilson's interval solve |share - p| = z sqrt(p (1 - p) / trials).
    maximum = [sum(worth[name] for name in case) for case in cases]
    total, z = sum(maximum), stats.norm.ppf(0.975)
    trials = total**2 / sum(one**2 for one in maximum)
    for row, own in zip(rows, points, strict=True):
        share = own / total
        ends = np.sort(np.roots([1 + z**2 / trials, -(2 * share + z**2 / trials), share**2]).real)
        assert row.interval == (floor(ends[0] * total), ceil(ends[1] * total))
