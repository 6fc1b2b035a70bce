"""The bootstrap against its variance in theory, and its coverage by simulation."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from jmle_plugin.compare.groups import Group, difference_draws, interval, resample, urn


def make_groups(
    generator: np.random.Generator, lost: float = 0.04, gained: float = 0.02
) -> list[Group]:
    """400 questions, 500 points; serial groups are lost and gained whole."""
    groups = []
    designs = [("general", 1, 1, 255), ("general", 1, 3, 15), ("required", 1, 1, 50)]
    designs += [("required", 3, 1, 30), ("required", 3, 2, 10)]
    for section, points, size, count in designs:
        worth = points * size
        for draw in generator.random(count):
            down, up = worth * (draw < lost), worth * (lost <= draw < lost + gained)
            groups.append(Group(section, points, size, worth, down, up))
    return groups


def test_the_draws_have_the_mean_and_variance_of_theory() -> None:
    groups = make_groups(np.random.default_rng(7))
    strata: dict[object, list[float]] = {}
    for group in groups:
        strata.setdefault(group.stratum, []).append(group.difference)
    variance = sum(len(one) * np.var(one) for one in strata.values())
    drawn = difference_draws(groups, draws=40_000)
    assert drawn.mean() == pytest.approx(sum(g.difference for g in groups), abs=0.2)
    assert drawn.var() == pytest.approx(variance, rel=0.03)


def test_every_draw_has_the_exams_maximum() -> None:
    groups = make_groups(np.random.default_rng(7))
    items = [(one.stratum, (one.max, one.size)) for one in groups]
    sums = sum(resample(items, 50, 1).values())
    assert np.array_equal(sums, np.tile([500, 400], (50, 1)))


def test_multinomial_counts_draw_as_plain_resampling_does() -> None:
    values = [-3, -1, -1, 0, 0, 0, 1, 3]
    drawn = resample([("s", (one,)) for one in values], 60_000, 3)["s"][:, 0]
    plain = np.random.default_rng(4).choice(values, size=(60_000, 8)).sum(axis=1)
    shares, expected = Counter(drawn.tolist()), Counter(plain.tolist())
    for value in range(-6, 7):
        assert shares[value] / 60_000 == pytest.approx(expected[value] / 60_000, abs=0.008)


def test_the_same_seed_gives_the_same_interval() -> None:
    groups = make_groups(np.random.default_rng(7))
    assert interval(groups, seed=5) == interval(groups, seed=5)
    assert interval(groups, level=0.5).low > interval(groups, level=0.99).low


def test_the_interval_covers_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(11)
    truth = 500 * (0.02 - 0.04)
    covered = 0
    for _ in range(400):
        found = interval(make_groups(generator), draws=500)
        covered += found.low <= truth <= found.high
    assert 0.91 <= covered / 400 <= 0.98


def test_an_urn_draws_as_polyas_does() -> None:
    # Five of five seen and a tenth of a case on either end: the number of full cases is
    # beta-binomial with 5.1 and 0.1.
    drawn = urn([(5, {(0,): 0.1, (1,): 5.1})], 40_000, 1)[:, 0]
    for number in (5, 4, 0):
        expected = stats.betabinom.pmf(number, 5, 5.1, 0.1)
        assert np.mean(drawn == number) == pytest.approx(expected, abs=0.006)


def test_an_urn_adds_its_strata() -> None:
    drawn = urn([(2, {(1, 3): 1.0}), (1, {(0, 1): 1.0})], 10, 1)
    assert np.array_equal(drawn, np.tile([2, 7], (10, 1)))


def test_means_over_epochs_have_an_interval_as_well() -> None:
    groups = [replace(one, gained=one.gained / 3) for one in make_groups(np.random.default_rng(7))]
    found = interval(groups)
    assert found.low < sum(one.difference for one in groups) < found.high
