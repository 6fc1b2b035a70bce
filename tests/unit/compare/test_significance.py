"""Exact tests against enumeration and against worked examples from the literature."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jmle_plugin.compare.significance import holm, loss_and_gain, mcnemar, permutation, sign_flip

# Darwin's fifteen pairs of maize, differences in eighths of an inch.
MAIZE = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]


def by_enumeration(differences: list[int]) -> Fraction:
    sums = [
        sum(sign * abs(one) for sign, one in zip(signs, differences, strict=True))
        for signs in product((-1, 1), repeat=len(differences))
    ]
    return Fraction(sum(one <= sum(differences) for one in sums), len(sums))


@given(st.lists(st.integers(-9, 9), max_size=9))
def test_sign_flip_is_the_share_of_all_assignments_of_signs(differences: list[int]) -> None:
    assert sign_flip(differences) == pytest.approx(float(by_enumeration(differences)), abs=1e-12)


def test_sign_flip_on_fishers_example() -> None:
    # Fisher, The Design of Experiments (1935), section 21: 863 of 32,768 arrangements have
    # a total as large as the one observed.
    assert sign_flip([-one for one in MAIZE]) == pytest.approx(863 / 32768, abs=1e-12)


def test_sign_flip_on_points_of_one_is_the_sign_test() -> None:
    assert sign_flip([-1] * 11 + [1] * 4 + [0] * 385) == pytest.approx(1941 / 32768, abs=1e-12)


def test_the_significant_gates_test_fires_at_most_at_its_rate() -> None:
    generator = np.random.default_rng(5)
    weights = np.repeat([1, 2, 3, 6], [290, 30, 30, 10])
    for discordance in (0.01, 0.04, 0.10):
        signs = generator.choice(
            [-1, 0, 1], p=[discordance / 2, 1 - discordance, discordance / 2], size=(1500, 360)
        )
        fired = np.mean([sign_flip((one * weights).tolist()) <= 0.05 for one in signs])
        assert fired <= 0.05 + 3 * (0.05 * 0.95 / 1500) ** 0.5


REPLIES = st.integers(0, 3)


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_a_permutation_p_is_the_share_of_all_ways_to_share_replies(data: st.DataObject) -> None:
    """Drawn from few kinds of cases, so that some are alike; epochs may differ between cases."""
    sides = st.tuples(
        st.lists(REPLIES, min_size=1, max_size=3).map(tuple),
        st.lists(REPLIES, min_size=1, max_size=2).map(tuple),
    )
    kinds = data.draw(st.lists(sides, min_size=1, max_size=3))
    cases = data.draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=4))
    ways = [
        [
            Fraction(sum(taken), len(new)) - Fraction(sum(old) + sum(new) - sum(taken), len(old))
            for taken in combinations(old + new, len(new))
        ]
        for old, new in cases
    ]
    seen = sum((Fraction(sum(n), len(n)) - Fraction(sum(o), len(o)) for o, n in cases), Fraction())
    sums = [sum(one, Fraction()) for one in product(*ways)]
    loss, gain = permutation(cases)
    assert loss == pytest.approx(sum(one <= seen for one in sums) / len(sums), abs=1e-12)
    assert gain == pytest.approx(sum(one >= seen for one in sums) / len(sums), abs=1e-12)


def test_many_cases_alike_are_drawn_as_one_after_the_other() -> None:
    # One right of two replies each time: the new one has it with 1/2, 37 of 60 times here.
    cases = [((0,), (1,))] * 37 + [((1,), (0,))] * 23
    below = sum(comb(60, k) for k in range(38)) / 2**60
    assert permutation(cases)[0] == pytest.approx(below, abs=1e-12)
    assert permutation(cases)[1] == pytest.approx(1 - below + comb(60, 37) / 2**60, abs=1e-12)


def test_mcnemar_is_the_binomial_sum() -> None:
    # Gemini 3.1 Pro against GPT-5.2 on the 120th exam.
    assert mcnemar(4, 11) == pytest.approx(2 * sum(comb(15, k) for k in range(5)) / 2**15)
    assert mcnemar(0, 0) == 1
    assert mcnemar(3, 3) == 1


def test_mcnemar_on_agrestis_approval_ratings() -> None:
    # Agresti, Categorical Data Analysis, table 10.1: 150 changed one way, 86 the other;
    # the asymptotic statistic is 17.36 (P = 0.00003). The exact value by summation.
    exact = 2 * sum(comb(236, k) for k in range(87)) / 2**236
    assert mcnemar(86, 150) == pytest.approx(exact)
    assert mcnemar(86, 150) == pytest.approx(0.00003, abs=0.00001)


def test_holm_on_a_worked_example() -> None:
    # The example of Wikipedia's "Holm-Bonferroni method"; R's p.adjust gives the same.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_rejects_what_stepping_down_rejects(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    for alpha in (0.01, 0.05, 0.2):
        rejected = set()
        for step, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
            if p_values[index] * (len(p_values) - step) > alpha:
                break
            rejected.add(index)
        assert {i for i, one in enumerate(adjusted) if one <= alpha} == rejected


@pytest.mark.parametrize("epochs", [(5, 1), (1, 5)])
def test_one_pipeline_asked_five_times_and_once_alarms_at_most_at_the_nominal_rate(
    epochs: tuple[int, int],
) -> None:
    """Two replies of it differ on 9.5 % of 400 questions; its majority would be a better run."""
    generator = np.random.default_rng(12)
    chance = np.ones(400)
    chance[:120] = generator.uniform(0.3, 1, 120)
    chance[:120] = np.clip(chance[:120] * 1.2, 0, 0.97)
    differ = float((2 * chance * (1 - chance)).mean())
    assert 0.08 < differ < 0.12
    worth = np.where(np.arange(400) % 4 == 0, 3, 1)
    alarms = majorities = 0
    for _ in range(300):
        old, new = (
            (generator.random((400, n)) < chance[:, None]).astype(int) * worth[:, None]
            for n in epochs
        )
        cases = [
            (tuple(before), tuple(after))
            for before, after in zip(old.tolist(), new.tolist(), strict=True)
        ]
        alarms += loss_and_gain(cases)[0] <= 0.05
        both = [np.where(side.mean(axis=1) * 2 > worth, worth, 0) for side in (old, new)]
        majorities += sign_flip((both[1] - both[0]).tolist()) <= 0.05
    # The nominal rate and two standard errors of 300 pairs.
    assert alarms / 300 <= 0.05 + 0.025
    # A majority of five against one reply is what would alarm: another, better candidate.
    if epochs == (5, 1):
        assert majorities / 300 > 0.1
