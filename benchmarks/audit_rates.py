"""How often the interval of an audit's net effect holds the truth, by enumeration.

`python -m benchmarks.audit_rates` (two seconds) prints, for exams of so many image questions
and so many percent of right-wrong and wrong-right questions, the coverage of the interval
in use, of Tango's score interval and of Wald's: exact, over every table that may be seen.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from jmle_plugin.compare.audit import TAIL
from jmle_plugin.compare.groups import Group
from jmle_plugin.compare.noninferiority import Design, Seen, p_values

SIZES = (10, 30, 98)
TRUTHS = ((0.05, 0.05), (0.1, 0.02), (0.2, 0.0), (0.2, 0.1), (0.4, 0.1), (0.6, 0.05))
"""Chances of right with figures and wrong without, and of the opposite."""

Floats = NDArray[np.float64]


def in_use(gained: Floats, lost: Floats, size: int, net: float) -> NDArray[np.bool_]:
    """Whether the interval of each table (gained, lost), shape (R,), holds `net`, a share."""
    design = Design.of([Group("", 1, 1, 1, 0, 0)] * size)

    def excluded(up: Floats, down: Floats, share: float) -> NDArray[np.bool_]:
        seen = Seen(down[:, None], up[:, None], (up - down).astype(np.int64))
        return p_values(design, seen, -share * size) <= TAIL

    return ~(excluded(gained, lost, net) | excluded(lost, gained, -net))


def tango(gained: Floats, lost: Floats, size: int, net: float) -> NDArray[np.bool_]:
    """The same of Tango's score interval (1998), by its closed form."""
    linear = -gained - lost + (2 * size - gained + lost) * net
    constant = -lost * net * (1 - net)
    chance = (np.sqrt(linear**2 - 8 * size * constant) - linear) / (4 * size)
    variance = size * (2 * chance + net * (1 - net))
    return _reached(gained - lost - size * net, variance)


def wald(gained: Floats, lost: Floats, size: int, net: float) -> NDArray[np.bool_]:
    """The same of the interval of the normal approximation."""
    variance = gained + lost - (gained - lost) ** 2 / size
    return _reached(gained - lost - size * net, variance)


def _reached(distance: Floats, variance: Floats) -> NDArray[np.bool_]:
    reach = stats.norm.isf(TAIL) * np.sqrt(np.maximum(variance, 0))
    return np.asarray(np.abs(distance) <= reach + 1e-9)


def main() -> None:
    """Print the coverages."""
    print(f"{'n':>4}  {'p10':>5} {'p01':>5}  {'in use':>7} {'Tango':>7} {'Wald':>7}")
    for size in SIZES:
        tables = [(up, down) for up in range(size + 1) for down in range(size + 1 - up)]
        gained, lost = np.array(tables, float).T
        for up, down in TRUTHS:
            chances = [up, down, 1 - up - down]
            counts = np.column_stack([gained, lost, size - gained - lost])
            weights = stats.multinomial.pmf(counts, size, chances)
            kept = weights > 1e-9  # noqa: PLR2004 - the rest is seen in no thousand lives
            held = [
                float(weights[kept] @ method(gained[kept], lost[kept], size, up - down))
                for method in (in_use, tango, wald)
            ]
            print(f"{size:4}  {up:5.0%} {down:5.0%}  " + " ".join(f"{one:7.1%}" for one in held))


if __name__ == "__main__":
    main()
