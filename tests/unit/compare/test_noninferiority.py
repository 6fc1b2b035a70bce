"""The bound against its definition, against Tango's formula, and by simulation."""

from __future__ import annotations

from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from jmle_plugin.compare.groups import Group, difference_draws
from jmle_plugin.compare.noninferiority import (
    Design,
    Floats,
    Seen,
    chance_if_equal,
    chances_at_margin,
    lower_bound,
    p_values,
    simulate,
)

PLAIN = Design((1, 3), (Counter({1: 350}), Counter({3: 50})))
SERIAL = Design((1, 3), (Counter({1: 290, 2: 15, 3: 10}), Counter({3: 30, 6: 10})))
ONE_QUESTION = Design((1,), (Counter({1: 1}),))
TWO_QUESTIONS = Design((1, 3), (Counter({1: 1}), Counter({3: 1})))
ALPHA = 0.05
DISCORDANCE = (0.01, 0.02, 0.04, 0.07, 0.10)


def seen(lost: list[float], gained: list[float], difference: int) -> Seen:
    return Seen(np.array([lost]), np.array([gained]), np.array([difference]))


def losing(design: Design, margin: float, discordance: float, kind: str) -> tuple[Floats, Floats]:
    """Chances of loss and gain that lose the margin on average, evenly or on some questions."""
    share = {
        "all": np.full(2, margin / design.totals.sum()),
        "1-point": np.array([margin / design.totals[0], 0]),
        "3-point": np.array([0, margin / design.totals[1]]),
    }[kind]
    both = max(discordance - share @ design.sizes / design.sizes.sum(), 0) / 2
    return both + share, np.full(2, both)


@pytest.mark.parametrize("kind", ["all", "1-point", "3-point"])
@pytest.mark.parametrize("design", [PLAIN, SERIAL], ids=["plain", "serial"])
def test_a_loss_of_the_margin_passes_at_most_at_alpha(design: Design, kind: str) -> None:
    generator, draws = np.random.default_rng(8), 600
    for discordance in DISCORDANCE:
        chances = losing(design, 5, discordance, kind)
        drawn = simulate(design, *chances, draws, generator)
        passed = np.mean(p_values(design, drawn, 5) <= ALPHA)
        assert passed <= ALPHA + 3 * (ALPHA * (1 - ALPHA) / draws) ** 0.5


def losing_pairs(margin: float, discordance: float, draws: int) -> Seen:
    """Comparisons of SERIAL in which nothing but its ten 3-point pairs loses on average."""
    loss = margin / (10 * 6)
    both = max(discordance - 10 * loss / SERIAL.sizes.sum(), 0) / 2
    generator = np.random.default_rng(8)
    lost, gained = np.zeros((2, draws, 2))
    difference = np.zeros(draws)
    for s, weights in enumerate(SERIAL.weights):
        for weight, count in weights.items():
            down_chance = both + loss * (weight == 6)
            chances = [down_chance, both, 1 - down_chance - both]
            down, up, _ = generator.multinomial(count, chances, size=draws).T
            lost[:, s] += down
            gained[:, s] += up
            difference += weight * (up - down)
    return Seen(lost, gained, difference)


def test_a_loss_of_nothing_but_pairs_passes_more_often_than_it_says() -> None:
    # The smallest loss that the same answers exclude: thirty single questions speak for the
    # pairs as well. If the pairs alone lose that much, ten of them stay as they were this often.
    least = -lower_bound(SERIAL, Seen.nothing(SERIAL))
    assert least == pytest.approx(10.8, abs=0.05)
    assert p_values(SERIAL, Seen.nothing(SERIAL), least + 0.01)[0] <= ALPHA
    assert (1 - least / 60) ** 10 == pytest.approx(0.136, abs=0.001)


@pytest.mark.slow
def test_the_rate_at_which_a_loss_of_nothing_but_pairs_passes_is_the_one_documented() -> None:
    for margin, documented in ((5, 0.06), (10, 0.08), (15, 0.07)):
        rates = [
            float(np.mean(p_values(SERIAL, losing_pairs(margin, share, 4000), margin) <= ALPHA))
            for share in DISCORDANCE
        ]
        assert max(rates) == pytest.approx(documented, abs=0.012)


def test_a_percentile_bound_would_pass_falsely() -> None:
    generator, draws = np.random.default_rng(8), 400
    drawn = simulate(PLAIN, *losing(PLAIN, 5, 0.01, "3-point"), draws, generator)
    passed = 0
    for lost, gained in zip(drawn.lost.astype(int), drawn.gained.astype(int), strict=True):
        groups = [
            Group("", points, 1, points, points * (i < down), points * (down <= i < down + up))
            for points, down, up, size in zip((1, 3), lost, gained, (350, 50), strict=True)
            for i in range(size)
        ]
        bound = np.quantile(difference_draws(groups, draws=400), ALPHA, method="lower")
        passed += int(bound) > -5
    assert passed / draws > 0.1


@pytest.mark.parametrize(
    "one",
    [
        seen([5, 1], [3, 2], 1),
        seen([0, 0], [0, 0], 0),
        seen([2.5, 0], [0, 1], 1),
    ],
    ids=["both", "nothing", "in part"],
)
def test_chances_are_the_likeliest_that_lose_the_margin(one: Seen) -> None:
    sizes, totals = PLAIN.sizes, PLAIN.totals
    lost, gained = one.lost[0] + 1e-3, one.gained[0] + 1e-3
    same = sizes - one.lost[0] - one.gained[0]

    def unlikely(x: Floats) -> float:
        rest = np.maximum(1 - x[:2] - x[2:], 1e-12)
        return -float(lost @ np.log(x[:2]) + gained @ np.log(x[2:]) + same @ np.log(rest))

    found = np.concatenate([part[0] for part in chances_at_margin(PLAIN, one, 5.0)])
    assert totals @ (found[:2] - found[2:]) == pytest.approx(5, abs=1e-6)
    best = optimize.minimize(
        unlikely,
        np.concatenate(losing(PLAIN, 5, 0.03, "all")),
        bounds=[(1e-9, 0.5)] * 4,
        constraints={"type": "eq", "fun": lambda x: totals @ (x[:2] - x[2:]) - 5},
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-12},
    )
    assert unlikely(found) <= best.fun + 1e-6


@pytest.mark.parametrize(("lost", "gained"), [(8, 4), (4, 11), (1, 0), (30, 30)])
def test_with_equal_points_the_chances_are_tangos(lost: int, gained: int) -> None:
    # Tango (1998), Statistics in Medicine 17:891, equation for the constrained estimate.
    n, delta = 400, 0.0125
    a, b = 2 * n, -lost - gained + (2 * n - lost + gained) * delta
    c = -gained * delta * (1 - delta)
    expected = ((b * b - 4 * a * c) ** 0.5 - b) / (2 * a)
    design = Design((1,), (Counter({1: n}),))
    down, up = chances_at_margin(design, seen([lost], [gained], gained - lost), n * delta)
    assert up[0, 0] == pytest.approx(expected, abs=1e-5)
    assert down[0, 0] - up[0, 0] == pytest.approx(delta, abs=1e-9)


def test_the_p_value_is_the_chance_of_doing_at_least_as_well() -> None:
    design = Design((1, 3), (Counter({1: 4}), Counter({3: 2, 6: 1})))
    one = seen([1, 0], [2, 0.5], 4)
    lost, gained = (part[0] for part in chances_at_margin(design, one, 2.0))
    total = 0.0
    for outcome in product((-1, 0, 1), repeat=7):
        weights, strata = (1, 1, 1, 1, 3, 3, 6), (0, 0, 0, 0, 1, 1, 1)
        chance = np.prod([
            {-1: lost[s], 0: 1 - lost[s] - gained[s], 1: gained[s]}[o]
            for o, s in zip(outcome, strata, strict=True)
        ])  # fmt: skip
        if np.dot(outcome, weights) >= 4:
            total += chance
    assert p_values(design, one, 2.0)[0] == pytest.approx(total, abs=1e-9)


def test_the_same_answers_exclude_what_the_rule_of_three_does() -> None:
    # Nothing lost of n equal questions: (1 - loss/n)^n = alpha.
    design = Design((1,), (Counter({1: 400}),))
    assert lower_bound(design, Seen.nothing(design)) == pytest.approx(
        -400 * (1 - ALPHA ** (1 / 400)), abs=0.01
    )
    # Of 350 and 50 3-point ones a loss hides best among the fifty.
    assert lower_bound(PLAIN, Seen.nothing(PLAIN)) == pytest.approx(
        -150 * (1 - ALPHA ** (1 / 50)), abs=0.05
    )


def test_a_loss_beyond_the_margin_is_explained_as_it_was_seen() -> None:
    one = seen([11, 0], [4, 0], -7)
    lost, gained = chances_at_margin(PLAIN, one, 5.0)
    assert lost[0] == pytest.approx([11 / 350, 0], abs=1e-4)
    assert gained[0] == pytest.approx([4 / 350, 0], abs=1e-4)
    assert p_values(PLAIN, one, 5.0)[0] > 0.5


def test_the_bound_is_where_the_p_value_is_alpha() -> None:
    one = seen([5, 1], [3, 2], 1)
    bound = lower_bound(PLAIN, one)
    assert bound < 1
    assert p_values(PLAIN, one, -bound)[0] == pytest.approx(ALPHA, abs=1e-3)
    assert p_values(PLAIN, one, -bound + 1)[0] < ALPHA < p_values(PLAIN, one, -bound - 1)[0]


@pytest.mark.parametrize("alpha", [0.5, 0.05, 1e-9, 1e-300])
@pytest.mark.parametrize("design", [PLAIN, ONE_QUESTION, TWO_QUESTIONS], ids=["many", "one", "two"])
@pytest.mark.parametrize("lost", [0, 1])
def test_every_level_has_a_bound(design: Design, lost: int, alpha: float) -> None:
    counts = [float(lost), *[0.0] * (len(design.points) - 1)]
    one = seen(counts, [0.0] * len(counts), -lost * min(design.weights[0]))
    bound = lower_bound(design, one, alpha)
    assert -design.totals.sum() <= bound <= one.difference[0]
    if design is ONE_QUESTION and alpha < 1e-3:
        assert bound == -1


@settings(max_examples=20)
@given(data=st.data())
def test_losses_beyond_the_bound_and_no_others_are_excluded(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=15), label="sizes")
    groups = []
    for size in sizes:
        points = data.draw(st.sampled_from((1, 3)))
        net = data.draw(st.integers(-size, size))
        groups.append(
            Group("", points, size, points * size, max(-net, 0) * points, max(net, 0) * points)
        )
    alpha = data.draw(st.sampled_from((0.01, 0.05, 0.2, 0.5)), label="alpha")
    design = Design.of(groups)
    one = Seen.of(groups, design)
    bound = lower_bound(design, one, alpha)
    for margin in np.linspace(0.25, design.totals.sum(), 12):
        if abs(bound + margin) > 0.01:
            excluded = p_values(design, one, float(margin))[0] <= alpha
            assert excluded == (bound > -margin), margin


def test_a_loss_that_was_seen_is_never_excluded() -> None:
    # Under the shares seen, the chance of doing at least as well is 0.4998.
    design, one = Design((1, 3), (Counter({1: 5}), Counter({6: 1}))), seen([1, 0.5], [0, 0], -4)
    assert p_values(design, one, 1.0)[0] == 1
    assert lower_bound(design, one, 0.5) <= -4


def test_a_run_that_lost_everything_has_lost_everything() -> None:
    assert lower_bound(PLAIN, seen([350, 50], [0, 0], -500)) == -500
    assert p_values(PLAIN, seen([350, 50], [0, 0], -500), 5)[0] == pytest.approx(1)


def test_a_gain_that_is_beyond_doubt_has_a_bound_above_nothing() -> None:
    assert lower_bound(PLAIN, seen([0, 0], [40, 5], 55)) > 30


def test_equal_runs_seldom_pass_a_small_margin_and_mostly_a_large_one() -> None:
    one = seen([7, 1], [7, 1], 0)
    chances = [chance_if_equal(PLAIN, one, margin) for margin in (5, 10, 20)]
    assert 0.1 < chances[0] < 0.3
    assert chances[0] < chances[1] < chances[2]
    assert chances[2] > 0.8


@pytest.mark.parametrize("pairs_lost", [0, 1])
def test_a_pair_of_questions_weighs_as_one(pairs_lost: int) -> None:
    alone = Design((3,), (Counter({3: 20}),))
    paired = Design((3,), (Counter({6: 10}),))
    bounds = [
        lower_bound(design, seen([count * pairs_lost], [0], -6 * pairs_lost))
        for design, count in ((alone, 2), (paired, 1))
    ]
    assert bounds[1] < bounds[0] < -6 * pairs_lost


def test_a_group_lost_in_part_counts_by_that_part() -> None:
    groups = [Group("", 3, 2, 6, 3, 0), Group("", 3, 2, 6, 3, 3), Group("", 1, 1, 1, 0, 1)]
    design = Design.of(groups)
    one = Seen.of(groups, design)
    assert design == Design((1, 3), (Counter({1: 1}), Counter({6: 2})))
    assert one.lost.tolist() == [[0, 1]]
    assert one.gained.tolist() == [[1, 0.5]]
    assert one.difference.tolist() == [-2]
