"""Power against enumeration and simulation; epochs against a simulation."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, factorial

import numpy as np
import pytest

from benchmarks.power_rates import (
    DESIGNS,
    WORTH,
    counted,
    enough_epochs,
    losses_found,
    smallest_loss,
)
from benchmarks.power_rates import groups_of as decided_groups
from jmle_plugin.compare.groups import Group, Pattern, make_group
from jmle_plugin.compare.power import (
    detectable_one_way,
    detectable_points,
    epochs_needed,
    loss_power,
)
from jmle_plugin.compare.significance import loss_and_gain
from jmle_plugin.results.doubt import ALPHA, Reach


def groups_of(old: np.ndarray, new: np.ndarray, worth: Sequence[int] = (1,)) -> list[Group]:
    """Groups of single questions from what was right, shape (questions, epochs)."""
    points = [worth[n % len(worth)] for n in range(len(old))]
    return [
        make_group("", [most], [[most * one for one in before]], [[most * one for one in after]])
        for most, before, after in zip(points, old.tolist(), new.tolist(), strict=True)
    ]


def changed(count: int, lost: int, gained: int, worth: Sequence[int] = (1,)) -> list[Group]:
    """So many questions, of which the first were lost and the next gained."""
    old, new = np.ones((2, count, 1), int)
    new[:lost], old[lost : lost + gained] = 0, 0
    return groups_of(old, new, worth)


def power_by_enumeration(questions: int, lost: float, gained: float, alpha: float) -> float:
    total = 0.0
    for down in range(questions + 1):
        for up in range(questions + 1 - down):
            pairs = down + up
            p_value = sum(comb(pairs, k) for k in range(down, pairs + 1)) / 2**pairs
            if p_value <= alpha:
                rest = questions - pairs
                ways = factorial(questions) / factorial(down) / factorial(up) / factorial(rest)
                total += ways * lost**down * gained**up * (1 - lost - gained) ** rest
    return total


@pytest.mark.parametrize(("discordant", "loss"), [(3, 6), (9, 10), (6, 0), (1, 8)])
def test_power_on_single_points_is_that_of_the_sign_test(discordant: int, loss: float) -> None:
    pattern = Pattern.seen(changed(30, discordant, 0))
    expected = power_by_enumeration(30, discordant / 60 + loss / 30, discordant / 60, ALPHA)
    assert loss_power(pattern, loss) == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("epochs", [(1, 1), (3, 1), (5, 5)])
@pytest.mark.parametrize("worth", WORTH.values(), ids=WORTH)
def test_the_smallest_loss_is_found_as_often_as_is_said(
    epochs: tuple[int, int], worth: tuple[int, ...]
) -> None:
    """On 2,000 comparisons drawn apart and tested exactly: within three points of a hundred."""
    loss, found = smallest_loss(epochs, worth, 2000)
    assert 5 < loss < 40
    assert found == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize("design", DESIGNS[:2])
@pytest.mark.parametrize("worth", WORTH.values(), ids=WORTH)
def test_epochs_find_the_loss_as_often_as_is_said(
    design: tuple[float, float, float], worth: tuple[int, ...]
) -> None:
    enough = enough_epochs(design, worth, 2000)
    assert enough is not None
    _, printed, found = enough
    assert printed >= 0.8
    assert found == pytest.approx(printed, abs=0.03)


@pytest.mark.parametrize("epochs", [(1, 1), (3, 1), (1, 5), (3, 3)])
def test_comparisons_drawn_apart_are_decided_as_the_tests_decide(epochs: tuple[int, int]) -> None:
    generator = np.random.default_rng(4)
    worth = np.resize((1, 1, 1, 3), 60)
    old, new = (
        generator.binomial(asked, chance, (40, 60))
        for asked, chance in zip(epochs, (0.95, 0.88), strict=True)
    )
    found = losses_found(*counted(old, new, worth), epochs)
    expected = [
        loss_and_gain([one.replies for one in decided_groups(*sides, worth, epochs)])[0] <= ALPHA
        for sides in zip(old, new, strict=True)
    ]
    assert found.tolist() == expected
    assert 5 < sum(expected) < 35


def test_what_400_questions_can_show() -> None:
    same = Pattern.even(changed(400, 0, 0))
    loss = detectable_points(same, noise=False)
    # Five losses and no gain are significant: 6.7 on average bring as many 4 times of 5.
    assert loss == pytest.approx(6.7, abs=0.1)
    assert detectable_one_way(400, 0.05) == 7
    noisy = detectable_points(Pattern.seen(changed(400, 7, 8)))
    assert noisy == pytest.approx(13.3, abs=0.7)


def test_few_questions_show_nothing() -> None:
    assert detectable_points(Pattern.even(changed(4, 0, 0)), noise=False) is None
    assert detectable_points(Pattern.seen(changed(9, 0, 0))) is None
    assert detectable_one_way(4, 0.05) is None


def test_epochs_that_chance_within_questions_asks_for() -> None:
    # Every reply is right with chance 0.9, whoever gives it: no variance between questions,
    # and 2 * 400 * 0.9 * 0.1 = 72 within. A loss of 10 is found where
    # 72 / epochs = (10 / (1.645 + 0.842))^2 = 16.2, which are 5 epochs.
    generator = np.random.default_rng(2)
    pairs = groups_of(*(generator.random((2, 400, 40)) < 0.9).astype(int))
    found = epochs_needed(pairs, 10)
    assert found.reach is Reach.REACHED
    assert found.count in (5, 6)
    assert epochs_needed(pairs, 20).count == 2


def test_no_epochs_make_up_for_questions_that_differ() -> None:
    # 60 of 400 questions changed for good: their variance alone hides a loss of 5.
    old, new = np.ones((400, 5), int), np.ones((400, 5), int)
    old[:30], new[30:60] = 0, 0
    new[100, 0] = 0
    assert epochs_needed(groups_of(old, new), 5).reach is Reach.NOT_REACHABLE
    assert epochs_needed(groups_of(old, new), 60).reach is Reach.REACHED


def test_one_side_with_epochs_speaks_for_the_other() -> None:
    generator = np.random.default_rng(2)
    old, new = (generator.random((2, 400, 40)) < 0.9).astype(int)
    assert epochs_needed(groups_of(old, new[:, :1]), 20).reach is not Reach.UNKNOWN


def test_single_replies_say_nothing_about_epochs() -> None:
    assert epochs_needed(groups_of(*np.ones((2, 9, 1), int)), 5).reach is Reach.UNKNOWN
