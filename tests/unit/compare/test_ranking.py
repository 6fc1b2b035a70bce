"""Intervals, pairs and the ranks that noise leaves open."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.compare.pairing import places
from jmle_plugin.compare.ranking import (
    GroupPoints,
    Ranking,
    group_points,
    p_value,
    points_interval,
)
from jmle_plugin.errors import ComparisonError
from jmle_plugin.exam.model import Exam
from tests.unit.compare.conftest import Sat


def earned(*points: int, of: int = 1) -> GroupPoints:
    named = {str(n): (one,) for n, one in enumerate(points)}
    return GroupPoints(named, dict.fromkeys(named, of))


def test_cases_count_as_one(exam: Exam, sat: Sat) -> None:
    groups = group_points(sat("one", ["B-2"]), places(exam))
    assert groups.maximum["B-2-3"] == 6
    assert groups.points["B-2-3"] == (3,)
    assert len(groups.points) == 6
    assert len(group_points(sat("one"), None).points) == 7


def test_the_interval_is_wilsons_for_questions_of_one_point() -> None:
    # 81 of 100: the textbook's 0.722 to 0.875.
    assert points_interval(earned(*[1] * 81, *[0] * 19)) == (72, 88)


def test_nobody_is_sure_of_everything() -> None:
    low, high = points_interval(earned(*[1] * 100)) or (0, 0)
    assert (low, high) == (96, 100)
    assert points_interval(earned(*[0] * 100)) == (0, 4)
    assert points_interval(earned(0, of=0)) is None


def test_heavy_groups_make_it_wider() -> None:
    light = points_interval(earned(*[1] * 80, *[0] * 20))
    heavy = points_interval(earned(*[10] * 8, *[0] * 2, of=10))
    assert light
    assert heavy
    assert heavy[0] < light[0] <= light[1] < heavy[1]


def test_the_interval_covers_what_it_says() -> None:
    # An exam of 120's make: singles and cases, of one and of three points, lost whole.
    worth = np.array([1] * 275 + [2] * 15 + [3] * 15 + [3] * 30 + [6] * 10)
    generator = np.random.default_rng(120)
    for chance in (0.75, 0.9, 0.98):
        covered = 0
        for _ in range(400):
            got = worth * (generator.random(len(worth)) < chance)
            names = [str(n) for n in range(len(worth))]
            groups = GroupPoints(
                {name: (int(one),) for name, one in zip(names, got, strict=True)},
                dict(zip(names, map(int, worth), strict=True)),
            )
            low, high = points_interval(groups) or (0, 0)
            covered += low <= chance * worth.sum() <= high
        assert covered / 400 > 0.92, chance


def test_a_pair_is_tested_as_by_hand() -> None:
    # Five questions of one point, all in one's favour: 2 of 32 signs are as extreme.
    assert p_value(earned(*[1] * 5), earned(*[0] * 5)) == pytest.approx(2 / 32)
    assert p_value(earned(1, 0), earned(0, 1)) == 1


def test_other_questions_are_refused() -> None:
    with pytest.raises(ComparisonError, match="not asked the same questions"):
        p_value(earned(1), earned(1, 1))


def test_noise_leaves_ranks_open_and_a_clear_lead_does_not() -> None:
    best, next_best = earned(*[1] * 60), earned(*[1] * 58, 0, 0)
    worst = earned(*[1] * 20, *[0] * 40)
    ranking = Ranking([best, next_best, worst])
    assert ranking.ranges == [(1, 2), (1, 2), (3, 3)]
    assert ranking.p_to_above(0) is None
    assert ranking.p_to_above(1) == pytest.approx(0.5)
    assert Ranking([best]).ranges == [(1, 1)]
    assert Ranking([]).ranges == []


def test_many_pairs_need_more_than_one() -> None:
    # p = 2/128 is significant for one pair and, by Holm, not for all of ten.
    lead, rest = earned(*[1] * 7), earned(*[0] * 7)
    assert Ranking([lead, rest]).ranges == [(1, 1), (2, 2)]
    assert Ranking([lead, rest, rest, rest, rest]).ranges == [(1, 5)] * 5


@given(st.lists(st.lists(st.integers(0, 3), min_size=12, max_size=12), max_size=6))
def test_a_rank_is_among_those_left_open(points: list[list[int]]) -> None:
    ordered = sorted(points, key=sum, reverse=True)
    ranking = Ranking([earned(*one, of=3) for one in ordered])
    for n, (first, last) in enumerate(ranking.ranges, 1):
        assert 1 <= first <= n <= last <= len(points)


def test_ranks_of_equal_runs_are_rarely_told_apart() -> None:
    generator = np.random.default_rng(5)
    wrong = 0
    for _ in range(100):
        hard = generator.beta(4, 1, 60)
        runs = (generator.random((5, 60)) < hard).astype(int)
        ordered = sorted(runs.tolist(), key=sum, reverse=True)
        wrong += Ranking([earned(*one) for one in ordered]).ranges != [(1, 5)] * 5
    assert wrong <= 10  # 5 % are allowed; by chance more than 10 of 100 in one of 90


def test_all_signs_are_weighed() -> None:
    better, worse = earned(3, 1, 1, 0, of=3), earned(0, 0, 1, 1, of=3)
    differences = [3, 1, -1]
    sums = [
        sum(sign * one for sign, one in zip(signs, differences, strict=True))
        for signs in product((1, -1), repeat=3)
    ]
    extreme = sum(abs(one) >= abs(sum(differences)) for one in sums)
    assert p_value(better, worse) == pytest.approx(extreme / len(sums))


def test_runs_of_several_epochs_are_ranked_by_their_means(exam: Exam, sat_often: Sat) -> None:
    often = group_points(sat_often("often", ["A-1"], [], ["A-1", "B-2"]), places(exam))
    assert often.points["A-1"] == (0, 1, 0)
    assert often.points["B-2-3"] == (6, 6, 3)
    assert often.total == pytest.approx(11 - 2 / 3 - 1)
