"""How often the comparison's tests and intervals are right, by simulation.

    python -m benchmarks.comparison_rates

Prints what docs/comparison.md tells of the methods in use; takes about two minutes.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from jmle_plugin.compare.groups import Group, interval
from jmle_plugin.compare.noninferiority import Design, Floats, p_values, simulate
from jmle_plugin.compare.significance import sign_flip
from tests.unit.compare.test_noninferiority import DISCORDANCE, losing

ALPHA = 0.05
DESIGNS = {
    "no serial groups": Design((1, 3), (Counter({1: 350}), Counter({3: 50}))),
    "serial groups": Design((1, 3), (Counter({1: 305, 3: 15}), Counter({3: 30, 6: 10}))),
}


def passes(design: Design, margin: float, generator: np.random.Generator) -> None:
    """How often a loss of the margin, and no loss, pass as noninferior."""
    for loss, where in ((margin, "all"), (margin, "1-point"), (margin, "3-point"), (0, "all")):
        rates = []
        for discordance in DISCORDANCE:
            drawn = simulate(design, *losing(design, loss, discordance, where), 4000, generator)
            rates.append(float(np.mean(p_values(design, drawn, margin) <= ALPHA)))
        title = f"passes, margin {margin:g}, true loss {loss:g} ({where})"
        print(f"{title:45}", *(f"{rate:6.1%}" for rate in rates))


def draw(
    design: Design, chances: tuple[Floats, Floats], generator: np.random.Generator
) -> list[Group]:
    """Groups that are lost and gained whole."""
    groups = []
    for points, weights, lost, gained in zip(design.points, design.weights, *chances, strict=True):
        for weight, count in weights.items():
            for chance in generator.random(count):
                down, up = chance < lost, lost <= chance < lost + gained
                groups.append(
                    Group("", points, weight // points, weight, weight * down, weight * up)
                )
    return groups


def covers(design: Design, loss: float, generator: np.random.Generator) -> None:
    """How often the interval covers the truth, and the sign-flip test finds a loss."""
    covered, found = [], []
    for discordance in DISCORDANCE:
        chances = losing(design, loss, discordance, "all")
        drawn = [draw(design, chances, generator) for _ in range(1000)]
        ends = [interval(groups, draws=1000) for groups in drawn]
        covered.append(np.mean([one.low <= -loss <= one.high for one in ends]))
        tests = [sign_flip([int(group.difference) for group in groups]) for groups in drawn]
        found.append(np.mean([p_value <= ALPHA for p_value in tests]))
    print(f"{f'coverage, true loss {loss:g}':45}", *(f"{rate:6.1%}" for rate in covered))
    print(f"{f'significant loss found, true loss {loss:g}':45}", *(f"{r:6.1%}" for r in found))


def main() -> None:
    """Print all rates."""
    generator = np.random.default_rng(3)
    print(f"{'discordant':45}", *(f"{share:6.0%}" for share in DISCORDANCE))
    for name, design in DESIGNS.items():
        print(name)
        for margin in (5, 10, 15):
            passes(design, margin, generator)
        for loss in (0, 5):
            covers(design, loss, generator)


if __name__ == "__main__":
    main()
