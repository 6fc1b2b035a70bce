"""Exact tests of a difference between two runs, each of one or several replies a case.

The larger of two p-values decides. The sign-flip test asks whether the runs' means differ by
more than the cases do by chance; it is exact where both runs replied equally often, and alarms
too often where they did not. The permutation test asks whether replies could have come from
one and the same run; it is exact then, and blind to how cases differ. With one reply on
either side the two are the same.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import chain

import numpy as np
import scipy  # loads `stats` where a test needs it: that takes longer than a replay
from numpy.typing import NDArray

Replies = tuple[tuple[int, ...], tuple[int, ...]]
"""The points of each reply to one case: of the old run, of the new one."""
Spread = Mapping[int, float]
"""Value -> its chance."""
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
_EQUAL = 1e-9


@cache
def mcnemar(gained: int, lost: int) -> float:
    """Return the two-sided exact p-value of McNemar's test (1 without discordant pairs)."""
    if gained + lost == 0:
        return 1.0
    return float(scipy.stats.binomtest(gained, gained + lost).pvalue)


def asked_once(cases: Iterable[Replies]) -> bool:
    """Whether both runs replied once to every case, so that the two tests are one."""
    return all(len(old) == len(new) == 1 for old, new in cases)


def loss_and_gain(cases: Sequence[Replies]) -> tuple[float, float]:
    """Return the one-sided p-values of a loss and of a gain: the larger of the two tests each."""
    means, replies = both_tests(cases)
    return max(means[0], replies[0]), max(means[1], replies[1])


def both_tests(cases: Sequence[Replies]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return (loss, gain) of the sign-flip test and of the permutation test."""
    differences = mean_differences(cases)
    means = sign_flip(differences), sign_flip([-one for one in differences])
    return means, means if asked_once(cases) else permutation(cases)


def two_sided(loss: float, gain: float) -> float:
    """The two-sided p-value of a difference whose one-sided ones these are."""
    return min(1.0, 2 * min(loss, gain))


def mean_differences(cases: Sequence[Replies]) -> list[int]:
    """New mean minus old mean of each case, all in the largest unit that makes them whole."""
    unit = math.lcm(*(len(side) for case in cases for side in case))
    scaled = [sum(new) * (unit // len(new)) - sum(old) * (unit // len(old)) for old, new in cases]
    divisor = math.gcd(*scaled) or 1
    return [one // divisor for one in scaled]


def sign_flip(differences: Sequence[int]) -> float:
    """Return the one-sided exact p-value of a loss; differences are new minus old.

    Were neither run the better one, each case's difference would be as likely with the
    other sign. The p-value is the share of all assignments of signs whose sum is at most
    the observed one, found by convolution, one binomial distribution per size.
    """
    sizes = Counter(abs(one) for one in differences if one)
    total = np.ones(1)
    for size, count in sizes.items():
        spread = np.zeros(2 * size * count + 1)
        spread[:: 2 * size] = _signs(count)
        total = np.convolve(total, spread)
    # The array's middle is a sum of 0.
    at_most = total[: sum(differences) + len(total) // 2 + 1].sum()
    return float(min(at_most, 1.0))


@cache
def _signs(count: int) -> NDArray[np.float64]:
    """The chance of each number of positive signs among `count`."""
    return np.asarray(scipy.stats.binom.pmf(np.arange(count + 1), count, 0.5))


def permutation(cases: Sequence[Replies]) -> tuple[float, float]:
    """Return the one-sided exact p-values of a loss and of a gain.

    Were the two runs one, each way to share a case's replies between them would be as
    likely. The p-values are the shares of all ways whose difference of means, summed over
    cases, is at most, and at least, the observed one.
    """
    unsteady = _unsteady(cases)
    # Cases with the same replies are drawn alike, whichever run's they are.
    kinds = Counter((tuple(sorted(old + new)), len(new), step) for step, (old, new) in unsteady)
    observed = sum(step * sum(new) for step, (_, new) in unsteady)
    total, lowest = np.ones(1), 0
    for kind, count in kinds.items():
        chances, low = _drawn_often(*kind, count)
        total = np.convolve(total, chances)
        lowest += low
    place = observed - lowest
    return float(min(total[: place + 1].sum(), 1.0)), float(min(total[place:].sum(), 1.0))


@lru_cache(maxsize=4096)
def _drawn_often(
    replies: tuple[int, ...], number: int, step: int, count: int
) -> tuple[Floats, int]:
    """The distribution of `number` of the replies, in `count` cases alike, and its least value."""
    taken = _taken(replies, number)
    low = min(taken)
    spread = np.zeros((max(taken) - low) * step + 1)
    for points, chance in taken.items():
        spread[(points - low) * step] = chance
    total, left = np.ones(1), count
    while left:
        if left % 2:
            total = np.convolve(total, spread)
        left //= 2
        if left:
            spread = np.convolve(spread, spread)
    return total, low * step * count


def permuted(cases: Sequence[Replies]) -> list[Spread]:
    """How much each case's difference would change, by chance, if replies were shared anew.

    All in one unit. Cases whose replies are all alike are left out.
    """
    return [
        {
            (taken - sum(new)) * step: chance
            for taken, chance in _taken(tuple(sorted(old + new)), len(new)).items()
        }
        for step, (old, new) in _unsteady(cases)
    ]


def _unsteady(cases: Sequence[Replies]) -> list[tuple[int, Replies]]:
    """The cases whose replies differ, each behind its step, all steps in one unit.

    A step is what moving one point from the old replies to the new ones changes.
    """
    unit = math.lcm(*(len(side) for case in cases for side in case))
    unsteady = [case for case in cases if len({*chain(*case)}) > 1]
    steps = [unit // len(old) + unit // len(new) for old, new in unsteady]
    divisor = math.gcd(*steps) or 1
    return [(step // divisor, case) for step, case in zip(steps, unsteady, strict=True)]


@cache
def _taken(replies: tuple[int, ...], number: int) -> Spread:
    """The points of `number` of the replies, drawn without replacement."""
    ways: list[Counter[int]] = [Counter({0: 1}), *(Counter[int]() for _ in range(number))]
    for points in replies:
        for drawn in range(number, 0, -1):
            for total, several in ways[drawn - 1].items():
                ways[drawn][total + points] += several
    every = math.comb(len(replies), number)
    return {total: several / every for total, several in ways[number].items()}


def newly_wrong(unsteady: int, wrong: int, epochs: int) -> float:
    """Return the one-sided exact p-value of `wrong` of `unsteady` questions.

    Those are questions with exactly one wrong reply among a baseline's `epochs` and a new
    one. Were all replies of one run, the new one would be the wrong one once in epochs + 1.
    """
    return float(scipy.stats.binom.sf(wrong - 1, unsteady, 1 / (epochs + 1)))


def times_picked(chances: Iterable[float], times: int) -> float:
    """Return the two-sided exact p-value of so many picks, each of which had its own chance.

    The number of picks has Poisson's binomial distribution; the smaller tail counts twice.
    """
    total = np.ones(1)
    for chance in chances:
        total = np.convolve(total, [1 - chance, chance])
    return two_sided(float(total[: times + 1].sum()), float(total[times:].sum()))


def holm(p_values: Iterable[float]) -> list[float]:
    """Return Holm's adjusted p-values, in the order given.

    scipy has none; that of statsmodels collects garbage at every call, which takes longer
    than all the rest of a comparison.
    """
    values = np.array([*p_values])
    if not len(values):
        return []
    order = np.argsort(values)
    tests_left = len(values) - np.arange(len(values))
    stepped = np.maximum.accumulate(values[order] * tests_left)
    adjusted = np.empty(len(values))
    adjusted[order] = np.minimum(stepped, 1)
    return [float(one) for one in adjusted]


def found_exactly(sizes: Ints, gained: Ints, lost: Ints, alpha: float) -> NDArray[np.bool_]:
    """Whether the sign-flip test finds a loss in each of many draws, shape (R,).

    `gained` and `lost` are how many cases of each kind did, shape (R, kinds), `sizes` what those
    are worth. The distribution is found once for all draws that share it.
    """
    sums = (gained - lost) @ sizes
    different, which = np.unique(gained + lost, axis=0, return_inverse=True)
    reach = int((different @ sizes).max())
    length = 2 ** math.ceil(math.log2(2 * reach + 2))
    waves = np.cos(2 * np.pi / length * np.outer(sizes, np.arange(length // 2 + 1)))
    transform = np.ones((len(different), length // 2 + 1))
    for kind, wave in enumerate(waves):
        times = different[:, kind]
        # Far fewer powers than draws.
        transform *= (wave ** np.arange(times.max() + 1)[:, None])[times]
    chances = np.roll(np.fft.irfft(transform, length, axis=1), reach, axis=1)
    # Index n holds the chance of a sum of at most n - reach.
    within = np.cumsum(chances, axis=1) <= alpha + _EQUAL
    return np.asarray(within[which.ravel(), sums + reach])


def approximately(spreads: Sequence[Spread], gained: Ints, lost: Ints) -> Floats:
    """The p-values of a test by its first four cumulants (Edgeworth), shape (R,).

    With several replies a side the sums are finer than points, and there are too many.
    """
    first, second, third, fourth = np.array([_cumulants(one) for one in spreads]).T
    net, either = gained - lost, gained + lost
    deviation = np.sqrt(np.maximum(either @ second, _EQUAL))
    # Half a step, as between whole numbers.
    z = (0.5 - net @ first) / deviation
    skew, excess = (net @ third) / deviation**3, (either @ fourth) / deviation**4
    terms = skew * (z**2 - 1) / 6 + excess * (z**3 - 3 * z) / 24
    terms += skew**2 * (z**5 - 10 * z**3 + 15 * z) / 72
    return np.asarray(np.clip(scipy.stats.norm.cdf(z) - scipy.stats.norm.pdf(z) * terms, 0, 1))


def _cumulants(spread: Spread) -> tuple[float, float, float, float]:
    centre = sum(value * chance for value, chance in spread.items())
    second, third, fourth = (
        sum((value - centre) ** power * chance for value, chance in spread.items())
        for power in (2, 3, 4)
    )
    return centre, second, third, fourth - 3 * second**2
