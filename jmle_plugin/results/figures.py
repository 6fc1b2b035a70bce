"""The figures of a comparison as people write them, the same in every form."""

from __future__ import annotations

from jmle_plugin.results.comparison import Comparison
from jmle_plugin.results.doubt import DetectableLoss, Margin
from jmle_plugin.results.language import wording

LEVEL = 0.95
"""Of every interval."""
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
        return wording("figure.nearly_all" if share else "figure.nearly_none")
    return f"{share:.0%}"


def points_text(points: float) -> str:
    """`1 point`, `5 points`, `2.5 points`."""
    return wording("count.points", points, number=f"{round(points, 2):g}")


def bound_text(margin: Margin) -> str:
    """The lower bound, `-2.9`: as many digits as show on which side of the margin it lies."""
    digits = 1
    while (
        digits < _MOST_DIGITS
        and (round(margin.lower_bound, digits) > -margin.points) is not margin.excluded
    ):
        digits += 1
    return f"{margin.lower_bound:+.{digits}f}"


def mean_text(mean: float) -> str:
    """A mean over epochs: `493` where it is whole, else `486.4`."""
    return str(int(mean)) if float(mean).is_integer() else f"{mean:.1f}"


def signed(points: float) -> str:
    """`+7`, `0`, `-7`, `-2.4`."""
    if not points:
        return "0"
    return f"{int(points):+d}" if float(points).is_integer() else f"{points:+.1f}"


def loss_sentence(comparison: Comparison) -> str:
    """How small a loss could have been seen."""
    seen, best = comparison.detectable, comparison.detectable_at_best
    if not seen.discordant:
        return wording("figure.smallest_loss", best=_loss(best))
    return wording(
        "figure.smallest_loss_spread",
        spread=_loss(seen),
        discordant=f"{seen.discordant:.1%}",
        best=_loss(best),
    )


def _loss(loss: DetectableLoss) -> str:
    return wording("figure.none") if loss.points is None else points_text(round(loss.points, 1))
