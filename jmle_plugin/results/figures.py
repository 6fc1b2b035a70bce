"""The figures of a comparison as people write them, the same in every form."""

from __future__ import annotations

from jmle_plugin.results.comparison import Comparison, DetectableLoss, Margin
from jmle_plugin.text import count

_SMALLEST = 0.001
_THREE_DIGITS = 0.095
_MOST_DIGITS = 6


def p_text(p: float) -> str:
    """A p-value as people write it: `p = 0.12`, `p = 0.031`, `p < 0.001`."""
    if p < _SMALLEST:
        return "p < 0.001"
    return f"p = {p:.2f}" if p >= _THREE_DIGITS else f"p = {p:.3f}"


def p_cell(p: float | None) -> str:
    """A p-value below a title that says so: `0.12`, `0.031`, `< 0.001`; empty for None."""
    return "" if p is None else p_text(p).removeprefix("p ").removeprefix("= ")


def share_text(share: float) -> str:
    """A simulated share in percent; what every draw or none showed is no certainty."""
    if share in (0, 1):
        return "over 99%" if share else "under 1%"
    return f"{share:.0%}"


def points_text(points: float) -> str:
    """`1 point`, `5 points`, `2.5 points`."""
    return f"{points:g} point{'' if points == 1 else 's'}"


def bound_text(margin: Margin) -> str:
    """The lower bound, `-2.9`: as many digits as show on which side of the margin it lies."""
    digits = 1
    while (
        digits < _MOST_DIGITS
        and (round(margin.lower_bound, digits) > -margin.points) is not margin.excluded
    ):
        digits += 1
    return f"{margin.lower_bound:+.{digits}f}"


def signed(points: int) -> str:
    """`+7`, `0`, `-7`."""
    return f"{points:+d}" if points else "0"


def loss_sentence(comparison: Comparison) -> str:
    """How small a loss could have been seen."""
    seen, best = comparison.detectable, comparison.detectable_at_best
    return (
        f"Smallest loss found 4 times of 5: {_loss(seen)} at this discordance "
        f"({seen.discordant:.1%}), {_loss(best)} if nothing else changed."
    )


def _loss(loss: DetectableLoss) -> str:
    if loss.questions is None or loss.points is None:
        return "none"
    return f"{count(loss.questions, 'question')} ({points_text(round(loss.points, 1))})"
