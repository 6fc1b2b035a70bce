"""The sheet by strata: subjects, dependency on images, visual types; sections without criteria."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from jmle_plugin.exam.model import Exam, Question
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark
from jmle_plugin.mark.sheet import Strata, Stratum, Tally

UNKNOWN = "unknown"
"""The stratum of questions whose subject the data set does not say."""
_Z = 1.959963984540054
"""The normal quantile of a two-sided 95 % interval."""
_DIGITS = 4


def tally(questions: Iterable[Question], marks: Mapping[str, Mark]) -> Tally:
    """Points and right answers of `questions`, each of which has a mark."""
    points = maximum = correct = count = 0
    for question in questions:
        mark = marks[question.id]
        count += 1
        points += mark.points
        maximum += mark.max
        correct += mark.outcome is Outcome.CORRECT
    return Tally(points=points, max=maximum, correct=correct, questions=count)


def strata(exam: Exam, questions: Sequence[Question], marks: Mapping[str, Mark]) -> Strata:
    """The strata of `questions`; a grouping with but one stratum says no more than the total."""
    titles = {section.id: section.title for section in exam.sections}
    subjects = any(one.subject for one in questions)

    def group(names_of: Callable[[Question], Iterable[str]]) -> dict[str, Stratum]:
        found: dict[str, list[Question]] = {}
        for one in questions:
            for name in dict.fromkeys(names_of(one)):
                found.setdefault(name, []).append(one)
        if [len(some) for some in found.values()] == [len(questions)]:
            return {}
        return {name: _stratum(some, marks) for name, some in found.items()}

    return Strata(
        sections=group(lambda one: [titles[one.section]]) if exam.no_verdict else {},
        subjects=group(lambda one: [one.subject or UNKNOWN]) if subjects else {},
        image_dependency=group(lambda one: filter(None, [one.image_dependency])),
        visual_types=group(lambda one: one.visual_types),
    )


def _stratum(questions: Sequence[Question], marks: Mapping[str, Mark]) -> Stratum:
    counted = [one for one in questions if marks[one.id].max]
    right = sum(marks[one.id].outcome is Outcome.CORRECT for one in counted)
    text_only = [one for one in questions if not one.has_figures]
    low, high = score_interval(right, len(counted)) if counted else (None, None)
    return Stratum(
        **tally(questions, marks).model_dump(),
        counted=len(counted),
        share=round(right / len(counted), _DIGITS) if counted else None,
        low=low,
        high=high,
        text_only=tally(text_only, marks),
    )


def score_interval(right: int, of: int) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson, 1927), `of` being above 0."""
    share, weight = right / of, _Z * _Z / of
    middle = (share + weight / 2) / (1 + weight)
    half = math.sqrt(share * (1 - share) * weight + weight * weight / 4) / (1 + weight)
    # At either end rounding errors would leave the end itself out.
    low = 0.0 if right == 0 else max(0.0, middle - half)
    high = 1.0 if right == of else min(1.0, middle + half)
    return round(low, _DIGITS), round(high, _DIGITS)
