"""Whether the epochs that are named find a loss as often as is printed beside them.

    python -m benchmarks.power_rates [COMPARISONS]

A run of 400 questions, some of them unsteady, is asked 20 times, and so is an equal one; that
names the epochs for a loss. Then comparisons of so many epochs are drawn, in which every reply
of the new run is as likely to be lost, and tested exactly. 400 each take half a minute.
"""

from __future__ import annotations

import sys

import numpy as np
from numpy.typing import NDArray

from jmle_plugin.compare.groups import Group, make_group
from jmle_plugin.compare.power import epochs_needed
from jmle_plugin.compare.significance import loss_and_gain
from jmle_plugin.results.doubt import ALPHA

QUESTIONS = 400
ASKED = 20
DESIGNS = [(0.15, 0, 10), (0.15, 0, 20), (0.3, 0, 10), (0.15, 0.02, 20)]
"""Share of unsteady questions, of questions changed for good, and points lost."""
WORTH = {"one point": (1,), "a quarter of three points": (1, 1, 1, 3)}

Floats = NDArray[np.float64]


def groups_of(
    old: Floats, new: Floats, worth: list[int], epochs: int, generator: np.random.Generator
) -> list[Group]:
    """Questions with replies drawn from what each side's chances are, (QUESTIONS,)."""
    sides = [generator.random((QUESTIONS, epochs)) < side[:, None] for side in (old, new)]
    return [
        make_group("", [most], [(most * before).tolist()], [(most * after).tolist()])
        for most, before, after in zip(worth, *sides, strict=True)
    ]


def main() -> None:
    """Print a line for each design."""
    comparisons = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    generator = np.random.default_rng(5)
    for unsteady, changed, loss in DESIGNS:
        for title, pattern in WORTH.items():
            worth = [pattern[n % len(pattern)] for n in range(QUESTIONS)]
            drawn = generator.uniform(0.3, 0.95, QUESTIONS)
            chance = np.where(generator.random(QUESTIONS) < unsteady, drawn, 1.0)
            flipped = generator.random(QUESTIONS) < changed
            old, new = sides(chance, flipped, generator)
            named = epochs_needed(groups_of(old, new, worth, ASKED, generator), loss)
            if named.count is None:
                print(f"{unsteady:.0%} unsteady, loss {loss}, {title}: {named.reach}")
                continue
            kept = 1 - loss / float(np.array(worth) @ new)
            found = 0
            for _ in range(comparisons):
                before, after = sides(chance, flipped, generator)
                groups = groups_of(before, after * kept, worth, named.count, generator)
                found += loss_and_gain([one.replies for one in groups])[0] <= ALPHA
            print(
                f"{unsteady:.0%} unsteady, {changed:.0%} changed, loss {loss}, {title}: "
                f"{named.count} epochs, printed {named.power:.3f}, simulated "
                f"{found / comparisons:.3f}"
            )


def sides(
    chance: Floats, flipped: NDArray[np.bool_], generator: np.random.Generator
) -> tuple[Floats, Floats]:
    """The chances of both runs: of what changed for good, either has it right."""
    better = generator.integers(2, size=QUESTIONS)
    return np.where(flipped, better * 1.0, chance), np.where(flipped, 1.0 - better, chance)


if __name__ == "__main__":
    main()
