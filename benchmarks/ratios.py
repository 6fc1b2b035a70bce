"""A measured ratio in words."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from jmle_plugin.text import count


def ratio_text(pairs: Sequence[tuple[float, float]], of: str, *, digits: int = 2) -> str:
    """`1.17 times OF (1.10 to 1.30 in 3 rounds; median 27.60 s and 31.60 s)`, or of one round.

    Each of `pairs` is a round: seconds of the yardstick, then seconds of ours. The ratio is
    taken within a round, so that a noisy machine disturbs little.
    """
    ratios = [ours / yardstick for yardstick, ours in pairs]
    medians = [statistics.median(times) for times in zip(*pairs, strict=True)]
    rounds = (
        "one round; "
        if len(pairs) == 1
        else f"{min(ratios):.2f} to {max(ratios):.2f} in {count(len(pairs), 'round')}; median "
    )
    times = " and ".join(f"{one:.{digits}f} s" for one in medians)
    return f"{statistics.median(ratios):.2f} times {of} ({rounds}{times})"
