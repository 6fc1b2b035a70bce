"""Exact tests of a difference, and Holm's correction for several of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache

import numpy as np
from scipy import stats


@cache
def mcnemar(gained: int, lost: int) -> float:
    """Return the two-sided exact p-value of McNemar's test (1 without discordant pairs)."""
    if gained + lost == 0:
        return 1.0
    return float(stats.binomtest(gained, gained + lost).pvalue)


def sign_flip(differences: Sequence[int]) -> float:
    """Return the one-sided exact p-value of a loss; differences are new minus old, in points.

    Were neither run the better one, each group's difference would be as likely with the
    other sign. The p-value is the share of all assignments of signs whose sum is at most
    the observed one, found by convolution, one binomial distribution per size.
    """
    sizes = Counter(abs(one) for one in differences if one)
    total = np.ones(1)
    for size, count in sizes.items():
        spread = np.zeros(2 * size * count + 1)
        spread[:: 2 * size] = stats.binom.pmf(np.arange(count + 1), count, 0.5)
        total = np.convolve(total, spread)
    # The array's middle is a sum of 0.
    at_most = total[: sum(differences) + len(total) // 2 + 1].sum()
    return float(min(at_most, 1.0))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p-values, in the order given.

    scipy has none; that of statsmodels collects garbage at every call, which takes longer
    than all the rest of a comparison.
    """
    if not p_values:
        return []
    order = np.argsort(p_values)
    tests_left = len(p_values) - np.arange(len(p_values))
    stepped = np.maximum.accumulate(np.take(p_values, order) * tests_left)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(stepped, 1)
    return [float(one) for one in adjusted]
