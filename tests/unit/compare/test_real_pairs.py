"""Pairs of recorded runs of the 120th exam, counted here without the code under test."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from math import comb
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from scipy.optimize import brentq

from jmle_plugin.compare.comparison import compare
from jmle_plugin.compare.pairing import Place, places
from jmle_plugin.errors import UnlikeResultsError
from jmle_plugin.exam.model import Exam
from jmle_plugin.report.comparison import headline
from jmle_plugin.results.file import Results
from tests.unit.compare.published import marked, published_exam, recorded

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
def raw(data_root: Path) -> dict[str, dict[str, Any]]:
    """Display name -> recorded run."""
    return recorded(data_root)


@pytest.fixture(scope="module")
def runs(exam: Exam, raw: dict[str, dict[str, Any]]) -> dict[str, Results]:
    return {name: marked(exam, run, name) for name, run in raw.items()}


@pytest.fixture(scope="module")
def where(exam: Exam) -> dict[str, Place]:
    return places(exam)


@pytest.mark.parametrize("pair", PAIRS, ids=" - ".join)
def test_pairs_come_out_as_counted(
    pair: tuple[str, str], runs: dict[str, Results], where: dict[str, Place]
) -> None:
    before, after, gained, lost = PAIRS[pair]
    found = compare(runs[pair[0]], runs[pair[1]], where)
    assert (found.old.points, found.new.points) == (before, after)
    assert (len(found.gained), len(found.lost)) == (gained, lost)
    fewer, pairs = min(gained, lost), gained + lost
    exact = 2 * sum(comb(pairs, k) for k in range(fewer + 1)) / 2**pairs
    assert found.tests.mcnemar == pytest.approx(min(exact, 1))
    assert found.interval is not None
    assert found.interval.low <= after - before <= found.interval.high
    assert found.groups == 370


@dataclass
class Case:
    """A case or single question: points of its largest question, in all, lost and gained."""

    largest: int = 0
    worth: int = 0
    lost: int = 0
    gained: int = 0


def cases_of(exam: Exam, old: dict[str, Any], new: dict[str, Any]) -> list[Case]:
    """Every case, by the answers that the benchmark itself read and the official key."""
    right = [
        {
            one["question_id"]: tuple(one["predicted"] or ())
            in exam.key.entries[one["question_id"]].accepted
            for one in run["results"]
        }
        for run in (old, new)
    ]
    found: dict[str, Case] = {}
    for name, one in exam.questions.items():
        case = found.setdefault(one.serial.id if one.serial else name, Case())
        case.largest = max(case.largest, one.points)
        case.worth += one.points
        case.lost += one.points * (right[0][name] > right[1][name])
        case.gained += one.points * (right[1][name] > right[0][name])
    return [*found.values()]


def pair_of(found: Mapping[str, T]) -> tuple[T, T]:
    """The best of all runs, 493 points, and one of 486."""
    return found["Gemini 3.1 Pro Preview"], found["GPT-5.2"]


def test_a_sign_flip_p_is_the_share_of_all_signs(
    exam: Exam, raw: dict[str, dict[str, Any]], runs: dict[str, Results], where: dict[str, Place]
) -> None:
    cases = cases_of(exam, *pair_of(raw))
    nets = [case.gained - case.lost for case in cases if case.gained != case.lost]
    assert (len(nets), sum(nets)) == (12, -7)
    turned = [
        sum(net * sign for net, sign in zip(nets, signs, strict=True))
        for signs in product((1, -1), repeat=len(nets))
    ]
    found = compare(*pair_of(runs), where).tests
    assert sum(one <= -7 for one in turned) == 244
    assert found.loss == pytest.approx(244 / 2**12, abs=1e-12)
    assert found.gain == pytest.approx(sum(one >= -7 for one in turned) / 2**12, abs=1e-12)


def chances(lost: float, gained: float, same: float, pull: float) -> tuple[float, float]:
    """The likeliest chances of loss and gain of a stratum that is pulled towards a loss.

    They are lost / (k - pull) and gained / (k + pull), where k makes all chances sum to 1.
    """

    def excess(k: float) -> float:
        return lost / (k - pull) + gained / (k + pull) + same / k - 1

    k = brentq(excess, abs(pull) + 1e-9, abs(pull) + lost + gained + same + 1, xtol=1e-12)
    return lost / (k - pull), gained / (k + pull)


def chance_at_a_loss_of(loss: float, cases: list[Case]) -> float:
    """The chance of the difference seen or a better one if `loss` points are lost on average."""
    strata = {n: [case for case in cases if case.largest == n] for n in (1, 3)}
    seen = {
        n: (
            sum(case.lost / case.worth for case in inside) + 1e-3,
            sum(case.gained / case.worth for case in inside) + 1e-3,
            sum(1 - (case.lost + case.gained) / case.worth for case in inside),
        )
        for n, inside in strata.items()
    }
    worth = {n: sum(case.worth for case in inside) for n, inside in strata.items()}

    def likeliest(pull: float) -> dict[int, tuple[float, float]]:
        return {n: chances(*counts, pull * worth[n]) for n, counts in seen.items()}

    def excess(pull: float) -> float:
        found = likeliest(pull)
        return sum(worth[n] * (down - up) for n, (down, up) in found.items()) - loss

    found = likeliest(brentq(excess, 0, 5, xtol=1e-14))
    spread = np.ones(1)
    for n, inside in strata.items():
        down, up = found[n]
        for case in inside:
            step = np.zeros(2 * case.worth + 1)
            step[[0, case.worth, -1]] = down, 1 - down - up, up
            spread = np.convolve(spread, step)
    seen_net = sum(case.gained - case.lost for case in cases)
    return float(spread[len(spread) // 2 + seen_net :].sum())


def chance_to_pass_if_equal(cases: list[Case], margin: int, draws: int) -> float:
    """How often two equal runs that differ as often as these exclude the margin."""
    generator = np.random.default_rng(11)
    differ = {}
    for n in (1, 3):
        inside = [case for case in cases if case.largest == n]
        differ[n] = sum((case.lost + case.gained) / case.worth for case in inside) / len(inside)
    passed: list[bool] = []
    known: dict[tuple[tuple[int, int, int], ...], bool] = {}
    for _ in range(draws):
        luck = generator.random(len(cases))
        drawn = [
            Case(
                case.largest,
                case.worth,
                case.worth * int(one < differ[case.largest] / 2),
                case.worth * int(differ[case.largest] / 2 <= one < differ[case.largest]),
            )
            for case, one in zip(cases, luck, strict=True)
        ]
        alike = tuple(sorted((one.largest, one.lost, one.gained) for one in drawn))
        if alike not in known:
            net = sum(one.gained - one.lost for one in drawn)
            known[alike] = -net < margin and chance_at_a_loss_of(margin, drawn) <= 0.05
        passed.append(known[alike])
    return sum(passed) / draws


def test_a_noninferiority_bound_is_where_as_good_a_result_has_a_chance_of_5_percent(
    exam: Exam, raw: dict[str, dict[str, Any]], runs: dict[str, Results], where: dict[str, Place]
) -> None:
    cases = cases_of(exam, *pair_of(raw))
    found = compare(*pair_of(runs), where, margin=15).margin
    assert found is not None
    assert found.lower_bound == pytest.approx(-17.75, abs=0.005)
    assert chance_at_a_loss_of(-found.lower_bound, cases) == pytest.approx(0.05, abs=1e-4)
    assert chance_at_a_loss_of(15, cases) == pytest.approx(found.p_value, abs=1e-6)


@pytest.mark.parametrize("pair", PAIRS, ids=" against ".join)
def test_every_statistic_of_a_pair_is_what_counting_gives(
    pair: tuple[str, str],
    exam: Exam,
    raw: dict[str, dict[str, Any]],
    runs: dict[str, Results],
    where: dict[str, Place],
) -> None:
    old, new = pair
    found = compare(runs[old], runs[new], where, margin=15)
    cases = cases_of(exam, raw[old], raw[new])
    nets = [case.gained - case.lost for case in cases]
    # Sign-flip: the distribution of all signs, added one case at a time.
    spread = {0: 1.0}
    for net in filter(None, nets):
        wider: defaultdict[int, float] = defaultdict(float)
        for total, chance in spread.items():
            wider[total + net] += chance / 2
            wider[total - net] += chance / 2
        spread = wider
    below = sum(chance for total, chance in spread.items() if total <= sum(nets))
    above = sum(chance for total, chance in spread.items() if total >= sum(nets))
    assert (found.tests.loss, found.tests.gain) == pytest.approx((below, above), abs=1e-9)
    # Blocks: McNemar by binomial sums, then Holm by stepping down.
    p_values = {}
    for part in found.blocks:
        tries, least = part.gained + part.lost, min(part.gained, part.lost)
        p_values[part.name] = min(1, 2 * sum(comb(tries, k) for k in range(least + 1)) / 2**tries)
    held = 0.0
    adjusted = {}
    for place, name in enumerate(sorted(p_values, key=lambda one: p_values[one])):
        held = adjusted[name] = max(held, min(1, p_values[name] * (len(p_values) - place)))
    assert {one.name: one.p_mcnemar for one in found.blocks} == pytest.approx(p_values)
    assert {one.name: one.p_holm for one in found.blocks} == pytest.approx(adjusted)
    # The bound, and the p-value of the margin.
    margin = found.margin
    assert margin is not None
    # A loss that was seen is never excluded.
    seen = 1 if sum(nets) <= -15 else chance_at_a_loss_of(15, cases)
    assert seen == pytest.approx(margin.p_value, abs=1e-6)
    if margin.lower_bound < sum(nets):
        bound = chance_at_a_loss_of(-margin.lower_bound, cases)
        assert bound == pytest.approx(0.05, abs=1e-4)
    same = [Case(case.largest, case.worth) for case in cases]
    assert chance_at_a_loss_of(margin.least, same) == pytest.approx(0.05, abs=1e-4)
    # Four standard errors of both simulations, of 400 and of 200 draws.
    assert chance_to_pass_if_equal(cases, 15, 200) == pytest.approx(
        margin.chance_if_equal, abs=4 * (0.25 / 400 + 0.25 / 200) ** 0.5
    )
    # The interval: cases drawn anew within strata, with other random numbers.
    strata: defaultdict[tuple[str, int, int, int], list[int]] = defaultdict(list)
    sizes = Counter(place.group for place in where.values())
    named = dict.fromkeys(place.group for place in where.values())
    sections = {place.group: place.section for place in where.values()}
    for name, case, net in zip(named, cases, nets, strict=True):
        strata[sections[name], case.largest, sizes[name], case.worth].append(net)
    generator = np.random.default_rng(7)
    drawn = np.sum(
        [generator.choice(one, (20_000, len(one))).sum(axis=1) for one in strata.values()], axis=0
    )
    assert found.interval is not None
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high), abs=1)
    # The smallest loss: comparisons drawn apart, each with its exact test.
    loss = found.detectable.points
    assert loss is not None
    assert power_apart(nets, loss, generator) == pytest.approx(0.8, abs=0.03)


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


def test_gemini_against_gpt_is_noise(runs: dict[str, Results], where: dict[str, Place]) -> None:
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


def test_blind_and_vision_runs_are_unlike(runs: dict[str, Results]) -> None:
    vision, blind = runs["GPT-5.2"], runs["gpt-oss-120b (high)"]
    with pytest.raises(UnlikeResultsError, match="images \\(vision against blind\\)"):
        compare(vision, blind)
    assert compare(vision, blind, allow={"images"}).allowed == {"images": "vision against blind"}
