"""Pairs of recorded runs of the 120th exam, counted here without the code under test."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from scipy import stats

from jmle_plugin.compare.comparison import compare
from jmle_plugin.compare.pairing import Place, places
from jmle_plugin.errors import UnlikeResultsError
from jmle_plugin.exam.model import Exam
from jmle_plugin.report.comparison import headline
from jmle_plugin.results.comparison import Comparison
from tests.unit.compare.counting import (
    Changes,
    are_ends,
    holm,
    near,
    passes_if_equal,
    sign_test,
    tails,
    total_of,
)
from tests.unit.compare.published import Runs, published_exam, recorded

Recorded = Mapping[str, dict[str, Any]]
T = TypeVar("T")

pytestmark = pytest.mark.data

# Display names -> points of each, questions only the second got right, only the first.
# Counted from the answers that the benchmark itself read and the official key.
PAIRS = {
    ("Gemini 3.1 Pro Preview", "GPT-5.2"): (493, 486, 4, 11),
    ("Qwen3.5-27B", "Qwen3.5-27B (no-think)"): (475, 463, 4, 20),
    ("Qwen3.5-397B-A17B", "GPT-5.2"): (480, 486, 10, 6),
    ("gpt-oss-120b (high)", "gpt-oss-20b (medium)"): (468, 429, 9, 40),
}


@pytest.fixture(scope="module")
def exam(data_root: Path) -> Exam:
    return published_exam("jmle120", data_root)


@pytest.fixture(scope="module")
def raw(data_root: Path) -> Recorded:
    return recorded(data_root)


@pytest.fixture(scope="module")
def runs(data_root: Path) -> Runs:
    return Runs(data_root)


@pytest.fixture(scope="module")
def where(exam: Exam) -> dict[str, Place]:
    return places(exam)


@pytest.fixture(scope="module")
def cases(exam: Exam) -> list[list[str]]:
    """The questions of each case, as the data set says it."""
    found: dict[str, list[str]] = {}
    for name, one in exam.questions.items():
        found.setdefault(one.serial.id if one.serial else name, []).append(name)
    return [*found.values()]


@pytest.mark.parametrize("pair", PAIRS, ids=" - ".join)
def test_pairs_come_out_as_counted(
    pair: tuple[str, str], runs: Runs, where: dict[str, Place]
) -> None:
    before, after, gained, lost = PAIRS[pair]
    found = compare(runs[pair[0]], runs[pair[1]], where)
    assert (found.old.points, found.new.points) == (before, after)
    assert (len(found.gained), len(found.lost)) == (gained, lost)
    assert found.tests.mcnemar == pytest.approx(sign_test(gained, lost))
    assert found.interval is not None
    assert found.interval.low <= after - before <= found.interval.high
    assert found.groups == 370


def turned(exam: Exam, old: dict[str, Any], new: dict[str, Any]) -> dict[str, int]:
    """Question -> 1 gained, -1 lost, by the answers that the benchmark itself read."""
    before, after = (
        {
            one["question_id"]: tuple(one["predicted"] or ())
            in exam.key.entries[one["question_id"]].accepted
            for one in run["results"]
        }
        for run in (old, new)
    )
    return {name: after[name] - before[name] for name in exam.questions}


def changes_of(exam: Exam, cases: list[list[str]], sides: tuple[Any, Any]) -> Changes:
    """The points that were lost and gained, case by case."""
    worth = {one.id: one.points for one in exam.questions.values()}
    points = {name: Fraction(one * worth[name]) for name, one in turned(exam, *sides).items()}
    return Changes.of(points, worth, cases)


def nets_of(exam: Exam, cases: list[list[str]], sides: tuple[Any, Any]) -> list[int]:
    """The difference in points of each case."""
    found = turned(exam, *sides)
    return [sum(found[name] * exam.questions[name].points for name in case) for case in cases]


def pair_of(found: Mapping[str, T]) -> tuple[T, T]:
    """The best of all runs, 493 points, and one of 486."""
    return found["Gemini 3.1 Pro Preview"], found["GPT-5.2"]


def test_a_sign_flip_p_is_the_share_of_all_signs(
    exam: Exam, cases: list[list[str]], raw: Recorded, runs: Runs, where: dict[str, Place]
) -> None:
    nets = [*filter(None, nets_of(exam, cases, pair_of(raw)))]
    assert (len(nets), sum(nets)) == (12, -7)
    sums = [
        sum(net * sign for net, sign in zip(nets, signs, strict=True))
        for signs in product((1, -1), repeat=len(nets))
    ]
    found = compare(*pair_of(runs), where).tests
    assert sum(one <= -7 for one in sums) == 244
    assert found.loss == pytest.approx(244 / 2**12, abs=1e-12)
    assert found.gain == pytest.approx(sum(one >= -7 for one in sums) / 2**12, abs=1e-12)


def test_a_noninferiority_bound_is_where_as_good_a_result_has_a_chance_of_5_percent(
    exam: Exam, cases: list[list[str]], raw: Recorded, runs: Runs, where: dict[str, Place]
) -> None:
    changes = changes_of(exam, cases, pair_of(raw))
    found = compare(*pair_of(runs), where, margin=15).margin
    assert found is not None
    assert found.lower_bound == pytest.approx(-17.75, abs=0.005)
    assert changes.p_value(-found.lower_bound) == pytest.approx(0.05, abs=1e-4)
    assert changes.p_value(15) == pytest.approx(found.p_value, abs=1e-6)


@pytest.mark.parametrize("pair", PAIRS, ids=" against ".join)
def test_every_statistic_of_a_pair_is_what_counting_gives(
    pair: tuple[str, str],
    exam: Exam,
    cases: list[list[str]],
    raw: Recorded,
    runs: Runs,
) -> None:
    old, new = pair
    found = compare(runs[old], runs[new], places(exam), margin=15)
    sides = raw[old], raw[new]
    nets = nets_of(exam, cases, sides)
    # Sign-flip: the distribution of all signs, added one case at a time.
    below, above = tails(total_of({net: 0.5, -net: 0.5} for net in filter(None, nets)), sum(nets))
    assert (found.tests.loss, found.tests.gain) == pytest.approx((below, above), abs=1e-9)
    parts_are_counted(found, exam, turned(exam, *sides))
    # The bound, and the p-value of the margin.
    changes = changes_of(exam, cases, sides)
    margin = found.margin
    assert margin is not None
    assert changes.p_value(15) == pytest.approx(margin.p_value, abs=1e-6)
    if margin.lower_bound < sum(nets):
        assert changes.p_value(-margin.lower_bound) == pytest.approx(0.05, abs=1e-4)
    assert changes.nothing().p_value(margin.least) == pytest.approx(0.05, abs=1e-4)
    # Four standard errors of both simulations, of 400 and of 200 draws.
    assert passes_if_equal(changes, 15, draws=200) == pytest.approx(
        margin.chance_if_equal, abs=near(0.5, 400, 200)
    )
    # The interval: its ends among all the sums that cases drawn anew within strata may have.
    assert found.interval is not None
    ends = found.interval.low, found.interval.high
    drawn = redrawn(nets, cases, exam)
    are_ends(ends, *map(np.array, (list(drawn), list(drawn.values()))), draws=10_000)
    # The smallest loss: comparisons drawn apart, each with its exact test.
    loss = found.detectable.points
    assert loss is not None
    generator = np.random.default_rng(7)
    assert power_apart(nets, loss, generator) == pytest.approx(0.8, abs=near(0.8, 3000, 4000))
    # If nothing else changes: five of equally likely cases lost, each whole, are significant.
    alone = found.detectable_at_best.points
    assert alone is not None
    chance = stats.binom.sf(4, len(cases), alone / exam_maximum(exam))
    assert chance == pytest.approx(0.8, abs=near(0.8, 3000) + 0.004)


def exam_maximum(exam: Exam) -> int:
    return sum(one.points for one in exam.questions.values())


def parts_are_counted(found: Comparison, exam: Exam, changes: Mapping[str, int]) -> None:
    """Sections, blocks and kinds: McNemar by binomial sums; of blocks with Holm's correction."""
    told = {
        "sections": [(part, "section") for part in found.sections],
        "blocks": [(part, "block") for part in found.blocks],
        "kinds": [(part, "form") for part in found.kinds],
    }
    for parts in told.values():
        assert sum(part.questions for part, _ in parts) == len(changes)
        for part, field in parts:
            inside = [q for q, one in exam.questions.items() if getattr(one, field) == part.name]
            gained, lost = (sum(changes[q] == way for q in inside) for way in (1, -1))
            assert (part.questions, part.gained, part.lost) == (len(inside), gained, lost)
            net = sum(changes[q] * exam.questions[q].points for q in inside)
            assert part.new_points - part.old_points == net
            assert part.p_mcnemar == pytest.approx(sign_test(gained, lost), abs=1e-12)
    adjusted = holm([sign_test(part.gained, part.lost) for part in found.blocks])
    assert [part.p_holm for part in found.blocks] == pytest.approx(adjusted, abs=1e-12)


def redrawn(nets: list[int], cases: list[list[str]], exam: Exam) -> dict[int, float]:
    """The distribution of the difference of cases drawn anew within strata."""
    strata: defaultdict[tuple[object, ...], Counter[int]] = defaultdict(Counter)
    for case, net in zip(cases, nets, strict=True):
        several = [exam.questions[name] for name in case]
        worth = [one.points for one in several]
        strata[several[0].section, max(worth), len(case), sum(worth)][net] += 1
    return total_of(
        {net: times / seen.total() for net, times in seen.items()}
        for seen in strata.values()
        for _ in range(seen.total())
    )


def power_apart(nets: list[int], loss: float, generator: np.random.Generator) -> float:
    """How often a loss spread as these differences is found, of 4,000 comparisons."""
    sizes = Counter(abs(net) for net in nets if net)
    total = sum(size * count for size, count in sizes.items())
    chances = np.array([count / len(nets) for count in sizes.values()])
    worth = tuple(sizes)
    either, besides = chances / 2, chances * loss / total
    kinds = np.concatenate([either, either + besides])
    found = 0
    for drawn in generator.multinomial(len(nets), [*kinds, 1 - kinds.sum()], size=4000):
        gained, lost = drawn[: len(worth)], drawn[len(worth) : -1]
        below = all_signs(worth, tuple((gained + lost).tolist()))
        found += below[len(below) // 2 + int((gained - lost) @ worth)] <= 0.05
    return found / 4000


@cache
def all_signs(sizes: tuple[int, ...], counts: tuple[int, ...]) -> np.ndarray:
    """The chance of a sum of at most so much, the least one first."""
    spread = np.ones(1)
    for size, count in zip(sizes, counts, strict=True):
        for _ in range(count):
            step = np.zeros(2 * size + 1)
            step[[0, -1]] = 0.5
            spread = np.convolve(spread, step)
    return np.cumsum(spread)


def test_gemini_against_gpt_is_noise(runs: Runs, where: dict[str, Place]) -> None:
    found = compare(runs["Gemini 3.1 Pro Preview"], runs["GPT-5.2"], where)
    assert found.tests.mcnemar == pytest.approx(0.118, abs=0.0005)
    assert headline(found) == "The difference of 7 points is within noise (p = 0.12)."
    assert (found.detectable.points, found.detectable_at_best.points) == pytest.approx(
        (14.6, 9.1), abs=0.4
    )
    # Block F was lost 6 to 0: p = 2/2^6, by Holm six times that.
    assert {part.name: part.p_holm for part in found.blocks}["F"] == pytest.approx(6 / 32)
    assert [one.doubt and str(one.doubt.another_exam) for one in (found.old, found.new)] == [
        "> 0.99",
        "> 0.99",
    ]


def test_blind_and_vision_runs_are_unlike(runs: Runs) -> None:
    vision, blind = runs["GPT-5.2"], runs["gpt-oss-120b (high)"]
    with pytest.raises(UnlikeResultsError, match="images \\(vision against blind\\)"):
        compare(vision, blind)
    assert compare(vision, blind, allow={"images"}).allowed == {"images": "vision against blind"}
