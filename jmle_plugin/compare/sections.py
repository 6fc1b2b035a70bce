"""Runs of a bench by section: their order in each, and what a gate says of two of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from jmle_plugin.compare.measures import answered_marks, p_value_of, part_of
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark.bench import parts_of
from jmle_plugin.results.bench import MeasureChange
from jmle_plugin.results.comparison import Comparison, Decision
from jmle_plugin.results.file import Results
from jmle_plugin.results.language import joined, known, wording


def rank_section(
    results: Sequence[Results], exam: Exam | None, part: str
) -> list[tuple[int, dict[str, Any]]]:
    """Which of the results comes when by a part's first measure, and what its row says of that.

    What is undefined comes last.
    """
    of = [next(iter(one.sheet.measures[part].measures.values())) for one in results]
    order = sorted(
        range(len(of)), key=lambda n: math.inf if of[n].value is None else -(of[n].value or 0)
    )
    values = [of[n].value for n in order]
    above = _p_to_above([results[n] for n in order], exam, part)
    return [
        (
            n,
            {
                "rank": 1 + values.index(of[n].value),
                "value": of[n].value,
                "value_interval": None if of[n].low is None else (of[n].low, of[n].high),
                "p_above": p,
            },
        )
        for n, p in zip(order, above, strict=True)
    ]


def _p_to_above(results: Sequence[Results], exam: Exam | None, part: str) -> list[float | None]:
    """The p-value of each run's first measure of a part against the run before it.

    None for the first, where the measure is undefined, and where the questions are not at hand.
    """
    if exam is None or not exam.bench:
        return [None] * len(results)
    _, ids, measures = parts_of(exam)[part]
    answered = list(map(answered_marks, results))
    found: list[float | None] = [None]
    for before, after in pairwise(answered):
        both = [one for one in ids if one in before and one in after]
        ours = [part_of(exam, measures[0], both, marks) for marks in (before, after)]
        found.append(p_value_of(*ours))
    return found[: len(results)]


def judge_measures(comparison: Comparison) -> tuple[Decision, str, list[str]]:
    """What a gate says of a bench's measures: the decision, why, and which are lower."""
    deciding = [one for one in comparison.measures if one.decides]
    lost = comparison.measures_lost
    lower = [one for one in deciding if (one.difference or 0) < 0]
    unknown = [one for one in deciding if one.p_holm is None]
    if lost:
        decision = Decision.FAIL
    elif lower or unknown:
        decision = Decision.INCONCLUSIVE
    else:
        decision = Decision.PASS
    named = [*map(_changed, lost or [*lower, *unknown])]
    words = wording(
        f"gate.measures.{decision}",
        run=comparison.old.name,
        measures=joined(named),
        alpha=f"{comparison.tests.alpha:g}",
    )
    return decision, words, named


def _changed(one: MeasureChange) -> str:
    which = {"section": known(one.title), "measure": known(one.measure)}
    if one.difference is None:
        return wording("gate.measure.undefined", **which)
    return wording("gate.measure.changed", difference=f"{one.difference:+.3f}", **which)
