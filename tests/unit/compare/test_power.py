"""Detectable losses against enumeration of every outcome; epochs against a simulation."""

from __future__ import annotations

from math import comb, factorial

import numpy as np
import pytest

from jmle_plugin.compare.pairing import Answered, Pair
from jmle_plugin.compare.power import detectable_loss, epochs_needed, loss_power
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark
from jmle_plugin.results.comparison import Reach


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


@pytest.mark.parametrize(("discordant", "loss"), [(0.0, 8), (0.1, 6), (0.3, 10), (0.2, 0)])
def test_power_is_the_chance_of_the_outcomes_that_are_significant(
    discordant: float, loss: float
) -> None:
    expected = power_by_enumeration(30, discordant / 2 + loss / 30, discordant / 2, 0.05)
    assert loss_power(30, discordant, loss) == pytest.approx(expected)


@pytest.mark.parametrize(("discordant", "loss"), [(0, 7), (15, 14)])
def test_what_400_questions_can_show(discordant: int, loss: int) -> None:
    share = discordant / 400
    assert detectable_loss(400, share) == loss
    assert loss_power(400, share, loss) >= 0.8 > loss_power(400, share, loss - 1)


def test_few_questions_show_nothing() -> None:
    assert detectable_loss(4, 0.0) is None
    assert detectable_loss(3, 1.0) is None


def make_pairs(old: np.ndarray, new: np.ndarray) -> list[Pair]:
    """Pairs of 1-point questions from points, shape (questions, epochs)."""

    def answered(points: list[int]) -> Answered:
        marks = tuple(
            Mark(
                question="A-1",
                epoch=epoch,
                points=one,
                max=1,
                outcome=Outcome.CORRECT if one else Outcome.INCORRECT,
                answer=["a" if one else "b"],
                accepted=[["a"]],
            )
            for epoch, one in enumerate(points, 1)
        )
        return Answered(marks[0], marks, bool(points[0]), points[0])

    rows = zip(old.tolist(), new.tolist(), strict=True)
    return [Pair("A-1", None, 1, answered(before), answered(after), 0) for before, after in rows]


def test_epochs_that_chance_within_questions_asks_for() -> None:
    # Every reply is right with chance 0.9, whoever gives it: no variance between questions,
    # and 2 * 400 * 0.9 * 0.1 = 72 within. A loss of 10 is found where
    # 72 / epochs = (10 / (1.645 + 0.842))^2 = 16.2, which are 5 epochs.
    generator = np.random.default_rng(2)
    pairs = make_pairs(*(generator.random((2, 400, 40)) < 0.9).astype(int))
    found = epochs_needed(pairs, 10)
    assert found.reach is Reach.REACHED
    assert found.count in (5, 6)
    assert epochs_needed(pairs, 20).count == 2


def test_no_epochs_make_up_for_questions_that_differ() -> None:
    # 60 of 400 questions changed for good: their variance alone hides a loss of 5.
    old, new = np.ones((400, 5), int), np.ones((400, 5), int)
    old[:30], new[30:60] = 0, 0
    new[100, 0] = 0
    assert epochs_needed(make_pairs(old, new), 5).reach is Reach.NOT_REACHABLE
    assert epochs_needed(make_pairs(old, new), 60).reach is Reach.REACHED


def test_one_side_with_epochs_speaks_for_the_other() -> None:
    generator = np.random.default_rng(2)
    old, new = (generator.random((2, 400, 40)) < 0.9).astype(int)
    assert epochs_needed(make_pairs(old, new[:, :1]), 20).reach is not Reach.UNKNOWN


def test_single_replies_say_nothing_about_epochs() -> None:
    assert epochs_needed(make_pairs(*np.ones((2, 9, 1), int)), 5).reach is Reach.UNKNOWN
