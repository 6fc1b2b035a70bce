"""How small a loss could have been seen, and what it would take to see a smaller one."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from scipy import stats

from jmle_plugin.compare.pairing import Answered, Pair
from jmle_plugin.results.comparison import Epochs, Reach


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


ALPHA = 0.05
POWER = 0.8


def loss_power(questions: int, discordant: float, loss: float, alpha: float = ALPHA) -> float:
    """Return the chance that the exact one-sided McNemar test finds a loss.

    Each of `questions` is lost with chance discordant/2 + loss/questions and gained with
    chance discordant/2. `discordant` is a share, `loss` a number of questions.
    """
    lost = discordant / 2 + loss / questions
    share = lost + discordant / 2
    if share == 0:
        return 0.0
    pairs = np.arange(questions + 1)
    # The fewest losses among so many discordant pairs that are significant.
    needed = stats.binom.isf(alpha, pairs, 0.5) + 1
    found = stats.binom.sf(needed - 1, pairs, lost / share)
    return float(stats.binom.pmf(pairs, questions, min(share, 1.0)) @ found)


@lru_cache(maxsize=1024)
def detectable_loss(
    questions: int, discordant: float, alpha: float = ALPHA, power: float = POWER
) -> int | None:
    """Return the fewest net lost questions that the test finds with the power asked for.

    None where even the loss of all questions that are left would not be enough.
    """
    most = math.floor(questions * (1 - discordant))
    if most < 1 or loss_power(questions, discordant, most, alpha) < power:
        return None
    low, high = 0, 1
    while high < most and loss_power(questions, discordant, high, alpha) < power:
        low, high = high, min(2 * high, most)
    while high - low > 1:
        middle = (low + high) // 2
        if loss_power(questions, discordant, middle, alpha) < power:
            low = middle
        else:
            high = middle
    return high


def epochs_needed(
    pairs: Sequence[Pair], loss: float, *, alpha: float = ALPHA, power: float = POWER
) -> Epochs:
    """Estimate the epochs each run needs to find a loss of so many points.

    The variance of the mean difference over epochs has two parts: between questions, which
    no epoch lessens, and within questions, which falls with their number. A run that asked
    once is taken to vary as the other does. Normal approximation, one-sided.
    """
    before = _Spread.of([pair.old for pair in pairs])
    after = _Spread.of([pair.new for pair in pairs])
    known = [one.within for one in (before, after) if one.within is not None]
    if not known:
        return Epochs(loss, Reach.UNKNOWN)
    replies = [known[0] if one.within is None else one.within for one in (before, after)]
    strata: dict[tuple[str, int], list[float]] = {}
    for pair, old, new in zip(pairs, before.means, after.means, strict=True):
        section = pair.place.section if pair.place else ""
        strata.setdefault((section, pair.max), []).append(new - old)
    seen = sum(len(one) * float(np.var(one, ddof=1)) for one in strata.values() if len(one) > 1)
    by_chance = sum(
        variance / one.epochs for variance, one in zip(replies, (before, after), strict=True)
    )
    between = max(seen - by_chance, 0.0)
    reach = loss / float(stats.norm.isf(alpha) + stats.norm.ppf(power))
    room = reach**2 - between
    if room <= 0:
        return Epochs(loss, Reach.NOT_REACHABLE)
    return Epochs(loss, Reach.REACHED, max(1, math.ceil(sum(replies) / room)))


@dataclass(frozen=True, slots=True)
class _Spread:
    """One run's points by question: means, and the summed variance of single replies."""

    means: list[float]
    epochs: float
    """Harmonic mean of how often the questions were asked."""
    within: float | None

    @classmethod
    def of(cls, answers: Sequence[Answered]) -> _Spread:
        points = [[mark.points for mark in one.epochs] for one in answers]
        several = [one for one in points if len(one) > 1]
        # Questions asked once are taken to vary as the others do on average.
        within = float(np.mean([np.var(one, ddof=1) for one in several])) if several else None
        return cls(
            [float(np.mean(one)) for one in points],
            len(points) / sum(1 / len(one) for one in points),
            None if within is None else within * len(points),
        )
