"""How small a loss could have been seen, and what it would take to see a smaller one.

Both are of the test that decides: the larger of the sign-flip and the permutation test, on
the points of cases.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from jmle_plugin.compare.groups import Group, Pattern, gain, mean
from jmle_plugin.compare.significance import (
    Spread,
    approximately,
    found_exactly,
    permuted,
)
from jmle_plugin.results.doubt import ALPHA, Epochs, Reach

POWER = 0.8
_DRAWS = 3000
_MOST = 1_000_000
"""More epochs than are ever asked for."""
_SEED = 1
_STEPS = 12
_CLOSE = 0.004
_EQUAL = 1e-9

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


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
    gains = [gain(replies) for replies in kinds]
    unit = math.lcm(*(one.denominator for one in gains))
    whole = [int(one * unit) for one in gains]
    if pattern.once:
        return found_exactly(np.array(whole), gained, lost, alpha)
    divisor = math.gcd(*whole) or 1
    turned: list[Spread] = [{0: 0.5, -one // divisor: 0.5} if one else {0: 1.0} for one in whole]
    tests = [approximately(spreads, gained, lost) for spreads in (turned, permuted(kinds))]
    return np.maximum(*tests) <= alpha


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
    taken to vary as the other does. Every reply is as likely to be lost.
    """
    spread = _Replies.of(groups, loss)
    if spread is None:
        return Epochs(loss, Reach.UNKNOWN)
    if spread.power(_MOST, alpha) < power:
        return Epochs(loss, Reach.NOT_REACHABLE)
    fewest, most = 1, _MOST
    while fewest < most:
        middle = (fewest + most) // 2
        if spread.power(middle, alpha) < power:
            fewest = middle + 1
        else:
            most = middle
    return Epochs(loss, Reach.REACHED, fewest, round(spread.power(fewest, alpha), 3))


@dataclass(frozen=True)
class _Replies:
    """How replies vary, summed over cases: squared points of means over epochs."""

    loss: float
    between: float
    """Variance between cases, which no epoch lessens."""
    within: float
    """Variance of single replies, of both runs together."""
    lost: float
    """Variance that the loss adds to a single reply of the new run."""
    squares: float
    """The squared losses that are expected of each case."""

    @classmethod
    def of(cls, groups: Sequence[Group], loss: float) -> _Replies | None:
        """None where neither run asked a question twice."""
        sides = [[group.replies[side] for group in groups] for side in (0, 1)]
        within = [_within(side) for side in sides]
        known = [one for one in within if one is not None]
        if not known:
            return None
        variances = [known[0] if one is None else one for one in within]
        strata: dict[Hashable, list[float]] = {}
        for group in groups:
            strata.setdefault(group.stratum, []).append(group.difference)
        seen = sum(len(one) * float(np.var(one, ddof=1)) for one in strata.values() if len(one) > 1)
        asked = [len(side) / sum(1 / len(one) for one in side) for side in sides]
        by_chance = sum(one / often for one, often in zip(variances, asked, strict=True))
        points = np.array([float(mean(group.old + group.new)) for group in groups])
        share = loss / float(points.sum()) if points.any() else 1.0
        return cls(
            loss=loss,
            between=max(seen - by_chance, 0.0),
            within=sum(variances),
            lost=share * (1 - share) * float(points @ points) - share * known[0],
            squares=share**2 * float(points @ points),
        )

    def power(self, epochs: int, alpha: float) -> float:
        """The chance that the test finds the loss: normal, from the spread it is expected to see.

        Signs of cases spread no less than replies that are shared anew, by expectation: theirs is
        the larger p-value.
        """
        variance = self.between + (self.within + self.lost) / epochs
        # What is a point to one reply is a step of the mean, of which half is lost either way.
        needed = float(stats.norm.isf(alpha)) * math.sqrt(variance + self.squares) + 1 / epochs
        if variance <= 0:
            return float(self.loss >= needed)
        return float(stats.norm.cdf((self.loss - needed) / math.sqrt(variance)))


def _within(cases: Sequence[Sequence[int]]) -> float | None:
    """The summed variance of single replies; cases asked once are taken to vary as the others."""
    several = [float(np.var(one, ddof=1)) for one in cases if len(one) > 1]
    return sum(several) / len(several) * len(cases) if several else None
