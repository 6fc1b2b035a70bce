"""What other exams like this one would have shown: groups resampled within strata."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from jmle_plugin.compare.pairing import Group
from jmle_plugin.results.comparison import Interval

Stratum = TypeVar("Stratum", bound=Hashable)

DRAWS = 10_000
SEED = 120
LEVEL = 0.95


def difference_draws(
    groups: Sequence[Group], *, draws: int = DRAWS, seed: int = SEED
) -> NDArray[np.int64]:
    """Return the difference in points of each of `draws` exams, shape (draws,)."""
    strata = resample(((one.stratum, (one.difference,)) for one in groups), draws, seed)
    return sum((part[:, 0] for part in strata.values()), np.zeros(draws, np.int64))


def interval(
    groups: Sequence[Group], *, level: float = LEVEL, draws: int = DRAWS, seed: int = SEED
) -> Interval:
    """Return the paired bootstrap interval; its ends are differences that were drawn."""
    drawn = difference_draws(groups, draws=draws, seed=seed)
    tail = (1 - level) / 2
    return Interval(
        low=int(np.quantile(drawn, tail, method="lower")),
        high=int(np.quantile(drawn, 1 - tail, method="higher")),
        level=level,
        draws=draws,
        seed=seed,
    )


def resample(
    items: Iterable[tuple[Stratum, tuple[int, ...]]], draws: int, seed: int
) -> dict[Stratum, NDArray[np.int64]]:
    """Draw as many items as there are from each stratum, with replacement, `draws` times.

    Items are (stratum, figures), the figures being equally many everywhere. Returns the
    sums of the figures by stratum, shape (draws, figures). Items with the same figures are
    one category of a multinomial draw, so that the cost does not grow with their number.
    """
    generator = np.random.default_rng(seed)
    counts: dict[Stratum, Counter[tuple[int, ...]]] = {}
    for stratum, figures in items:
        counts.setdefault(stratum, Counter())[figures] += 1
    sums = {}
    for stratum, kinds in counts.items():
        values = np.array(list(kinds), np.int64)
        size = kinds.total()
        if len(kinds) == 1:
            sums[stratum] = np.tile(values * size, (draws, 1))
            continue
        shares = np.array(list(kinds.values())) / size
        sums[stratum] = generator.multinomial(size, shares, size=draws) @ values
    return sums
