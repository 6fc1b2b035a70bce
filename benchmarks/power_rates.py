"""Whether a loss is found as often as is printed beside it.

    python -m benchmarks.power_rates [COMPARISONS]

Prints, for runs of 400 questions some of which are unsteady, the smallest loss that would be
found 4 times of 5, and the epochs that find a given loss with the chance printed beside them;
and how often comparisons that are drawn apart find it, each tested exactly. A loss of the first
kind is spread as the differences seen, one of the second takes every reply with the same chance.
2,000 comparisons each take a minute. Nothing here is shared with what is tried.
"""

from __future__ import annotations

import math
import sys

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from jmle_plugin.compare.groups import Group, Pattern, make_group
from jmle_plugin.compare.power import detectable_points, epochs_needed
from jmle_plugin.results.doubt import ALPHA

QUESTIONS = 400
ASKED = 20
DESIGNS = [(0.15, 0, 10), (0.15, 0, 20), (0.3, 0, 10), (0.15, 0.02, 20)]
"""Share of unsteady questions, of questions changed for good, and points lost."""
WORTH = {"one point": (1,), "a quarter of three points": (1, 1, 1, 3)}
EPOCHS = [(1, 1), (3, 1), (3, 3), (5, 5), (1, 5)]
COMPARISONS = 2000
BATCH = 250

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Spread = tuple[Ints, Floats]
"""Values and their chances."""


def losses_found(kinds: Ints, counts: Ints, epochs: tuple[int, int]) -> Bools:
    """Whether both tests find a loss in each of many comparisons, exactly.

    A kind of question is (points, right replies of the old run, of the new one); `counts`, shape
    (comparisons, kinds), says how many questions of each there are.
    """
    old, new = epochs
    unit = math.lcm(old, new)
    worth, before, after = kinds.T
    seen = worth * (after * (unit // new) - before * (unit // old))
    signs = [(np.array([-one, one]), np.array([0.5, 0.5])) for one in seen]
    shared = []
    for points, right in zip(worth, before + after, strict=True):
        taken = np.arange(max(0, right - old), min(right, new) + 1)
        changes = points * (taken * (unit // new) - (right - taken) * (unit // old))
        shared.append((changes, stats.hypergeom.pmf(taken, old + new, right, new)))
    return np.concatenate(
        [
            (_at_most(signs, seen, some) <= ALPHA) & (_at_most(shared, seen, some) <= ALPHA)
            for some in np.array_split(counts, math.ceil(len(counts) / BATCH))
        ]
    )


def _at_most(spreads: list[Spread], seen: Ints, counts: Ints) -> Floats:
    """The chance of a sum of at most what was seen, by the sums' characteristic functions."""
    step = math.gcd(*(int(one) for values, _ in spreads for one in np.diff(values))) or 1
    lowest = np.array([values.min() for values, _ in spreads])
    highest = np.array([values.max() for values, _ in spreads])
    reach = int((counts @ (highest - lowest)).max()) // step
    length = 2 ** math.ceil(math.log2(reach + 2))
    frequency = 2 * np.pi * np.arange(length // 2 + 1) / length
    waves = np.array(
        [
            np.exp(-1j * np.outer(frequency, (values - values.min()) // step)) @ chances
            for values, chances in spreads
        ]
    )
    logarithms = np.log(np.where(np.abs(waves) < np.finfo(float).tiny, 1e-300, waves))
    chances = np.fft.irfft(np.exp(counts @ logarithms), length, axis=1)
    # Index n holds the chance of a sum n steps above the lowest there is.
    place = (counts @ (seen - lowest)) // step
    return np.asarray(np.cumsum(chances, axis=1)[np.arange(len(counts)), place])


def groups_of(old: Ints, new: Ints, worth: Ints, epochs: tuple[int, int]) -> list[Group]:
    """The questions of one comparison, from how many replies were right, shape (questions,)."""
    sides = [
        [[most] * right + [0] * (asked - right) for most, right in zip(worth, side, strict=True)]
        for side, asked in ((old.tolist(), epochs[0]), (new.tolist(), epochs[1]))
    ]
    return [
        make_group("", [most], [before], [after])
        for most, before, after in zip(worth.tolist(), *sides, strict=True)
    ]


def counted(old: Ints, new: Ints, worth: Ints) -> tuple[Ints, Ints]:
    """Kinds of questions, and how many there are in each comparison (comparisons, questions)."""
    # One number a kind: numbers are sorted many times faster than rows.
    most = int(max(old.max(), new.max())) + 1
    numbers = (worth * most + old) * most + new
    found, which = np.unique(numbers, return_inverse=True)
    kinds = np.array([found // most**2, found // most % most, found % most]).T
    place = np.repeat(np.arange(len(old)), old.shape[1]) * len(kinds) + which.ravel()
    counts = np.bincount(place, minlength=len(old) * len(kinds)).reshape(len(old), len(kinds))
    return kinds, counts


def spread_as_seen(
    kinds: Ints, loss: float, epochs: tuple[int, int], draws: int, generator: np.random.Generator
) -> float:
    """The share of comparisons that find a loss spread as these questions differ (questions, 3).

    Each question is like one of them, a difference turned either way by chance; or it is one of
    those that are lost besides.
    """
    worth, before, after = kinds.T
    change = worth * (after / epochs[1] - before / epochs[0])
    turned = np.array([worth, epochs[0] - before, epochs[1] - after]).T
    down = np.where((change < 0)[:, None], kinds, turned)
    up = np.where((change < 0)[:, None], turned, kinds)
    differ = (before + after > 0) & (before + after < sum(epochs))
    besides = (change != 0) * loss / np.abs(change).sum()
    chances = np.concatenate([differ / 2, differ / 2 + besides]) / len(kinds)
    all_kinds, which = np.unique(np.concatenate([up, down]), axis=0, return_inverse=True)
    of_kind = np.bincount(which.ravel(), chances, len(all_kinds))
    drawn = generator.multinomial(len(kinds), [*of_kind, 1 - of_kind.sum()], size=draws)
    return float(losses_found(all_kinds, drawn[:, :-1], epochs).mean())


def smallest_loss(
    epochs: tuple[int, int], pattern: tuple[int, ...], draws: int
) -> tuple[float, float]:
    """The smallest loss that is printed, and the share of comparisons that find it."""
    generator = np.random.default_rng([3, *epochs, *pattern])
    worth = np.resize(pattern, QUESTIONS)
    chance = np.where(generator.random(QUESTIONS) < DESIGNS[0][0], 0.7, 1.0)
    old, new = (generator.binomial(asked, chance) for asked in epochs)
    loss = detectable_points(Pattern.seen(groups_of(old, new, worth, epochs)))
    if loss is None:
        sys.exit("no loss would be found")
    kinds = np.array([worth, old, new]).T
    return loss, spread_as_seen(kinds, loss, epochs, draws, generator)


def enough_epochs(
    design: tuple[float, float, float], pattern: tuple[int, ...], draws: int
) -> tuple[int, float, float] | None:
    """Epochs, the chance printed beside them, and the share of comparisons that find the loss."""
    unsteady, changed, loss = design
    generator = np.random.default_rng([5, len(pattern), int(loss), int(100 * unsteady)])
    worth = np.resize(pattern, QUESTIONS)
    drawn = generator.uniform(0.3, 0.95, QUESTIONS)
    chance = np.where(generator.random(QUESTIONS) < unsteady, drawn, 1.0)
    flipped = generator.random(QUESTIONS) < changed
    old, new = sides(chance, flipped, 1, generator)
    often, again = (generator.binomial(ASKED, side[0]) for side in (old, new))
    named = epochs_needed(groups_of(often, again, worth, (ASKED, ASKED)), loss)
    if named.count is None or named.power is None:
        return None
    kept = 1 - loss / float(worth @ new[0])
    before, after = sides(chance, flipped, draws, generator)
    right, left = (generator.binomial(named.count, side) for side in (before, after * kept))
    found = losses_found(*counted(right, left, worth), (named.count, named.count))
    return named.count, named.power, float(found.mean())


def sides(
    chance: Floats, flipped: Bools, draws: int, generator: np.random.Generator
) -> tuple[Floats, Floats]:
    """The chances of both runs, (draws, questions): of what changed for good, either is right."""
    better = generator.integers(2, size=(draws, QUESTIONS))
    return np.where(flipped, better * 1.0, chance), np.where(flipped, 1.0 - better, chance)


def main() -> None:
    """Print a line for each design."""
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else COMPARISONS
    for title, pattern in WORTH.items():
        for epochs in EPOCHS:
            loss, found = smallest_loss(epochs, pattern, draws)
            print(f"{epochs[0]} v {epochs[1]}, {title}: {loss:.1f} points, simulated {found:.3f}")
    for design in DESIGNS:
        for title, pattern in WORTH.items():
            unsteady, changed, loss = design
            enough = enough_epochs(design, pattern, draws)
            told = (
                "not reachable"
                if enough is None
                else f"{enough[0]} epochs, printed {enough[1]:.3f}, simulated {enough[2]:.3f}"
            )
            print(f"{unsteady:.0%} unsteady, {changed:.0%} changed, loss {loss}, {title}: {told}")


if __name__ == "__main__":
    main()
