"""Power against enumeration and simulation; epochs against a simulation."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, factorial

import numpy as np
import pytest

from jmle_plugin.compare.groups import Group, Pattern, make_group
from jmle_plugin.compare.power import (
    detectable_one_way,
    detectable_points,
    epochs_needed,
    loss_power,
)
from jmle_plugin.compare.significance import (
    Replies,
    approximately,
    asked_once,
    loss_and_gain,
    mean_differences,
    permuted,
)
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


def comparisons(
    groups: list[Group], loss: float, generator: np.random.Generator, count: int
) -> list[list[Replies]]:
    """The cases that differ in comparisons with a loss spread as these groups differ.

    Each case is like one of those that differ, either way; or one of those lost besides.
    """
    differing = [one for one in groups if len({*one.old, *one.new}) > 1]
    lossy = [one for one in differing if one.difference]
    times = loss / sum(abs(one.difference) for one in lossy)
    found = []
    for _ in range(count):
        cases = []
        for draw in generator.random(len(groups)) * len(groups):
            besides = (draw - len(differing)) / times
            if besides < 0:
                one = differing[int(draw)]
                cases.append(turned(one, down=generator.random() < 0.5))
            elif besides < len(lossy):
                cases.append(turned(lossy[int(besides)], down=True))
        found.append(cases)
    return found


def turned(group: Group, *, down: bool) -> Replies:
    """A group's replies as a loss or a gain."""
    if (group.difference < 0) is down or not group.difference:
        return group.replies
    mirrored = [tuple(group.max - one for one in side) for side in group.replies]
    return mirrored[0], mirrored[1]


@pytest.mark.parametrize("epochs", [(1, 1), (3, 1), (5, 5)])
@pytest.mark.parametrize("worth", [(1,), (1, 1, 1, 3)])
def test_the_smallest_loss_is_found_as_often_as_is_said(
    epochs: tuple[int, int], worth: tuple[int, ...]
) -> None:
    generator = np.random.default_rng(3)
    right = np.where(generator.random(300) < 0.15, 0.7, 1.0)[:, None]
    old, new = ((generator.random((300, n)) < right).astype(int) for n in epochs)
    groups = groups_of(old, new, worth)
    loss = detectable_points(Pattern.seen(groups))
    assert loss is not None
    assert loss_power(Pattern.seen(groups), loss) == pytest.approx(0.8, abs=0.01)
    # On comparisons drawn apart the approximation finds what the exact tests find, but for two
    # of a hundred: that and the line above are within three points of what is said.
    found = [
        (loss_and_gain(cases)[0] <= ALPHA, approximated(cases) <= ALPHA)
        for cases in comparisons(groups, loss, generator, 200)
    ]
    exact, quick = np.mean(found, axis=0)
    assert abs(exact - quick) <= 0.02
    # And four standard errors of 200 draws.
    assert exact == pytest.approx(0.8, abs=0.03 + 4 * 0.028)


def approximated(cases: list[Replies]) -> float:
    """The p-value of a loss by the first cumulants of both tests; exact where asked once."""
    if asked_once(cases):
        return loss_and_gain(cases)[0]
    once, none = np.ones((1, len(cases)), int), np.zeros((1, len(cases)), int)
    differences = mean_differences(cases)
    signs = [{0: 0.5, -one: 0.5} if one else {0: 1.0} for one in differences]
    return max(
        float(approximately(spreads, once, none)[0])
        for spreads in (signs, permuted(cases))
        if len(spreads) == len(cases)
    )


@pytest.mark.parametrize("loss", [10, 20])
@pytest.mark.parametrize("worth", [(1,), (1, 1, 1, 3)])
def test_epochs_find_the_loss_as_often_as_is_said(loss: float, worth: tuple[int, ...]) -> None:
    generator = np.random.default_rng(5)
    chance = np.where(generator.random(400) < 0.15, generator.uniform(0.3, 0.95, 400), 1.0)
    points = [worth[n % len(worth)] for n in range(400)]

    def drawn(chances: np.ndarray, epochs: int) -> np.ndarray:
        return (generator.random((400, epochs)) < chances[:, None]).astype(int)

    named = epochs_needed(groups_of(drawn(chance, 40), drawn(chance, 40), worth), loss)
    assert named.count is not None
    assert named.power is not None
    assert named.power >= 0.8
    kept = 1 - loss / float(np.array(points) @ chance)
    found = 0
    for _ in range(200):
        pairs = groups_of(drawn(chance, named.count), drawn(chance * kept, named.count), worth)
        found += loss_and_gain([one.replies for one in pairs])[0] <= ALPHA
    # Three points of a hundred, and three standard errors of 200 draws.
    assert found / 200 == pytest.approx(named.power, abs=0.03 + 0.07)


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
