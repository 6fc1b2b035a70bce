"""How small a loss could have been seen, and what it would take to see a smaller one.

Both are of the test that decides: the larger of the sign-flip and the permutation test, on
the points of cases.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from jmle_plugin.compare.groups import Group, mean
from jmle_plugin.compare.significance import Replies, Spread, asked_once, permuted
from jmle_plugin.results.comparison import Epochs, Reach
from jmle_plugin.results.doubt import ALPHA

POWER = 0.8
_DRAWS = 3000
_SEED = 1
_STEPS = 12
_CLOSE = 0.004
_EQUAL = 1e-9

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Pattern:
    """How two runs differ: kinds of cases, and how many of `cases` are of each.

    A kind is what the replies of both sides were, a loss turned into the gain that mirrors
    it. Cases to which all replies earned the same are of no kind.
    """

    cases: int
    kinds: tuple[tuple[Replies, int], ...]
    once: bool
    """Whether both runs replied once, so that the two tests are one."""

    @classmethod
    def seen(cls, groups: Sequence[Group]) -> Pattern:
        """That of two runs."""
        kinds = Counter(_gaining(group) for group in groups if len({*group.old, *group.new}) > 1)
        return cls._of(groups, kinds)

    @classmethod
    def even(cls, groups: Sequence[Group]) -> Pattern:
        """That of two runs of which one fails whole cases, any as likely as any other."""
        kinds = Counter(((0,) * len(group.old), (group.max,) * len(group.new)) for group in groups)
        return cls._of(groups, kinds)

    @classmethod
    def _of(cls, groups: Sequence[Group], kinds: Counter[Replies]) -> Pattern:
        once = asked_once(group.replies for group in groups)
        return cls(len(groups), tuple(sorted(kinds.items())), once)

    @property
    def worth(self) -> Floats:
        """Mean points that a case of each kind gains."""
        return np.array([float(_gain(replies)) for replies, _ in self.kinds])

    @property
    def shares(self) -> Floats:
        """The share of all cases that is of each kind."""
        return np.array([count for _, count in self.kinds]) / max(self.cases, 1)


def loss_power(pattern: Pattern, loss: float, *, noise: bool = True, alpha: float = ALPHA) -> float:
    """Return the chance that the test finds a loss of so many points, by simulation.

    With `noise`, as many cases differ as the pattern has, half of them either way; those lost
    besides are of its kinds, as often as it has them. To about 2 points of a hundred.
    """
    shares, worth = pattern.shares, pattern.worth
    expected = float(shares @ worth) * pattern.cases
    if loss > 0 and not expected:
        return 0.0
    either = shares / 2 * noise
    lost = either + (shares * (worth > 0) * (loss / expected) if loss else 0)
    chances = np.concatenate([either, lost])
    if chances.sum() > 1:
        chances /= chances.sum()
    drawn = np.random.default_rng(_SEED).multinomial(
        pattern.cases, [*chances, max(1 - chances.sum(), 0)], size=_DRAWS
    )
    gained, lost_cases = np.split(drawn[:, :-1], 2, axis=1)
    return float(np.mean(_found(pattern, gained, lost_cases, alpha)))


def detectable_points(
    pattern: Pattern, *, noise: bool = True, alpha: float = ALPHA, power: float = POWER
) -> float | None:
    """Return the loss in points that the test finds with the power asked for.

    None where not even the loss of all cases of the pattern's kinds would be enough.
    """
    return _detectable(pattern, noise, alpha, power)


@lru_cache(maxsize=1024)
def _detectable(pattern: Pattern, noise: bool, alpha: float, power: float) -> float | None:
    shares, worth = pattern.shares, pattern.worth
    gaining = float((shares * (worth > 0)).sum())
    if not gaining:
        return None
    # Cases that are lost are none of those that differ by noise.
    most = float(shares @ worth) * pattern.cases * (1 - float(shares.sum()) * noise) / gaining
    wanted, level = float(stats.norm.ppf(power)), float(stats.norm.isf(alpha))
    squares = float(shares @ worth**2) * pattern.cases
    mean_worth = squares / float(shares @ worth) / pattern.cases
    loss = low = 0.0
    for _ in range(_STEPS):
        # Where a normal approximation has it; the squares grow with the loss.
        loss = (level + wanted) * math.sqrt(squares * noise + loss * mean_worth + mean_worth**2)
    loss, high = min(loss, most), most
    for _ in range(_STEPS):
        share = loss_power(pattern, loss, noise=noise, alpha=alpha)
        if abs(share - power) < _CLOSE:
            return loss
        if share < power:
            low = loss
        else:
            high = loss
        if low >= most:
            return None
        at = float(stats.norm.ppf(np.clip(share, 1 / _DRAWS, 1 - 1 / _DRAWS)))
        loss += (wanted - at) * loss / (level + wanted)
        if not low < loss < high:
            loss = high if high == most and loss >= most else (low + high) / 2
    return high


def _found(pattern: Pattern, gained: Ints, lost: Ints, alpha: float) -> Bools:
    """Whether the test finds a loss where so many cases of each kind differ, shape (R,)."""
    kinds = [replies for replies, _ in pattern.kinds]
    gains = [_gain(replies) for replies in kinds]
    unit = math.lcm(*(one.denominator for one in gains))
    whole = [int(one * unit) for one in gains]
    if pattern.once:
        return _found_exactly(np.array(whole), gained, lost, alpha)
    divisor = math.gcd(*whole) or 1
    turned: list[Spread] = [{0: 0.5, -one // divisor: 0.5} if one else {0: 1.0} for one in whole]
    tests = [_approximately(spreads, gained, lost) for spreads in (turned, permuted(kinds))]
    return np.maximum(*tests) <= alpha


def _found_exactly(sizes: Ints, gained: Ints, lost: Ints, alpha: float) -> Bools:
    """By the distribution of the sign-flip test, found once for all draws that share it."""
    sums = (gained - lost) @ sizes
    different, which = np.unique(gained + lost, axis=0, return_inverse=True)
    reach = int((different @ sizes).max())
    length = 2 ** math.ceil(math.log2(2 * reach + 2))
    waves = np.cos(2 * np.pi / length * np.outer(sizes, np.arange(length // 2 + 1)))
    transform = np.ones((len(different), length // 2 + 1))
    for kind, wave in enumerate(waves):
        transform *= wave ** different[:, kind, None]
    chances = np.roll(np.fft.irfft(transform, length, axis=1), reach, axis=1)
    # Index n holds the chance of a sum of at most n - reach.
    within = np.cumsum(chances, axis=1) <= alpha + _EQUAL
    return np.asarray(within[which.ravel(), sums + reach])


def _approximately(spreads: Sequence[Spread], gained: Ints, lost: Ints) -> Floats:
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
    return np.asarray(np.clip(stats.norm.cdf(z) - stats.norm.pdf(z) * terms, 0, 1))


def _cumulants(spread: Spread) -> tuple[float, float, float, float]:
    centre = sum(value * chance for value, chance in spread.items())
    second, third, fourth = (
        sum((value - centre) ** power * chance for value, chance in spread.items())
        for power in (2, 3, 4)
    )
    return centre, second, third, fourth - 3 * second**2


def _gain(replies: Replies) -> Fraction:
    old, new = replies
    return mean(new) - mean(old)


def _gaining(group: Group) -> Replies:
    """The replies to a case, or where it lost, what mirrors them."""
    sides = group.replies
    if _gain(sides) < 0:
        sides = tuple(group.max - one for one in group.old), tuple(group.max - n for n in group.new)
    return tuple(sorted(sides[0])), tuple(sorted(sides[1]))


def detectable_one_way(questions: int, alpha: float, power: float = POWER) -> int | None:
    """Return the fewest questions lost, on average, that McNemar's exact test finds.

    Nothing is gained. None where not even the loss of all questions would be found.
    """
    needed = math.ceil(math.log(alpha) / math.log(0.5) - _EQUAL)
    lost = np.arange(1, questions + 1)
    enough = np.flatnonzero(stats.binom.sf(needed - 1, questions, lost / questions) >= power)
    return int(lost[enough[0]]) if len(enough) else None


def epochs_needed(
    groups: Sequence[Group], loss: float, *, alpha: float = ALPHA, power: float = POWER
) -> Epochs:
    """Estimate the epochs each run needs to find a loss of so many points.

    The variance of the mean difference over epochs has two parts: between cases, which no
    epoch lessens, and within them, which falls with their number. A run that asked once is
    taken to vary as the other does. Normal approximation, one-sided.
    """
    sides = [[group.replies[side] for group in groups] for side in (0, 1)]
    within = [_within(side) for side in sides]
    known = [one for one in within if one is not None]
    if not known:
        return Epochs(loss, Reach.UNKNOWN)
    replies = [known[0] if one is None else one for one in within]
    strata: dict[Hashable, list[float]] = {}
    for group in groups:
        strata.setdefault(group.stratum, []).append(group.difference)
    seen = sum(len(one) * float(np.var(one, ddof=1)) for one in strata.values() if len(one) > 1)
    asked = [len(side) / sum(1 / len(one) for one in side) for side in sides]
    by_chance = sum(variance / often for variance, often in zip(replies, asked, strict=True))
    reach = loss / float(stats.norm.isf(alpha) + stats.norm.ppf(power))
    room = reach**2 - max(seen - by_chance, 0.0)
    if room <= 0:
        return Epochs(loss, Reach.NOT_REACHABLE)
    return Epochs(loss, Reach.REACHED, max(1, math.ceil(sum(replies) / room)))


def _within(cases: Sequence[Sequence[int]]) -> float | None:
    """The summed variance of single replies; cases asked once are taken to vary as the others."""
    several = [float(np.var(one, ddof=1)) for one in cases if len(one) > 1]
    return sum(several) / len(several) * len(cases) if several else None
