"""What replies took and how they ended, summed; in whatever order they are given."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from jmle_plugin.gateway.reply import Usage
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import ImageBytes, Mark
from jmle_plugin.mark.sheet import CostTotal, TokenTotals


def total_tokens(marks: Iterable[Mark]) -> TokenTotals:
    """Token counts; a kind that no reply counts stays unknown."""
    counted = [mark.tokens for mark in marks if mark.tokens is not None]
    sums: dict[str, int | None] = {}
    for name in Usage.model_fields:
        given = [value for value in (getattr(one, name) for one in counted) if value is not None]
        sums[name] = sum(given) if given else None
    return TokenTotals(**sums, replies=len(counted))


def total_cost(marks: Iterable[Mark]) -> CostTotal:
    """US dollars to a millionth, and how many replies they are for."""
    replies = [mark.cost for mark in marks if mark.outcome is not Outcome.ERROR]
    known = [cost for cost in replies if cost is not None]
    return CostTotal(
        # fsum rounds once, at its end: the same sum in whatever order marks arrive.
        usd=round(math.fsum(known), 6) if known else None,
        replies=len(known),
        unknown=len(replies) - len(known),
    )


def total_figures(marks: Iterable[Mark]) -> ImageBytes | None:
    """Figures and bytes; None where no reply tells of any."""
    told = [mark.images for mark in marks if mark.images is not None]
    if not told:
        return None
    return ImageBytes(
        **{name: sum(getattr(one, name) for one in told) for name in ImageBytes.model_fields}
    )


def finish_reasons(marks: Sequence[Mark]) -> dict[str, int]:
    """How often each reason for a reply's end was given."""
    return dict(sorted(Counter(mark.finish_reason for mark in marks if mark.finish_reason).items()))


def native_finish_reasons(marks: Sequence[Mark]) -> dict[str, int]:
    """The same in the provider's own words; empty where those are OpenAI's."""
    if not any(mark.native_finish_reason for mark in marks):
        return {}
    words = (mark.native_finish_reason or mark.finish_reason for mark in marks)
    return dict(sorted(Counter(filter(None, words)).items()))
