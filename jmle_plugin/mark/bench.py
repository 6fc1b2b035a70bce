"""A bench's sections: which measures they have, and what marks come to by these."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jmle_plugin.errors import PackError
from jmle_plugin.exam.model import NO_RULE, Exam
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark
from jmle_plugin.mark.measures import MEASURES, Classes, Item
from jmle_plugin.strict import Strict

POOLED = "all"
"""The part that is all sections together."""


class Measured(Strict):
    """One measure of a section; null where it is undefined, or some question has no reply.

    `low` and `high` are the ends of its 95 % interval, by resampling questions, cases or
    documents; null where there is none. `published` is what the project's own rule and formula
    give, by what that rule reads in the same replies; null where it is the same.
    """

    title: str
    value: float | None
    low: float | None = None
    high: float | None = None
    published: float | None = None


class SectionMeasures(Strict):
    """A section of a bench. `replies` are those measured, of `questions` asked in each epoch."""

    title: str
    questions: int
    replies: int
    unreadable: int
    """Replies without a valid answer: each earns nothing, and agrees with nothing."""
    measures: dict[str, Measured]


def check_measures(exam: Exam) -> None:
    """PackError where a section has a measure that is not known, or does not fit its questions."""
    for section, names in exam.key.measures.items():
        place = f"{exam.id}: keys.{exam.key.state}.measures.{section}"
        for name in names:
            if name not in MEASURES:
                raise PackError(f"{place}: {name!r} is no measure; there are {', '.join(MEASURES)}")
            for one in exam.questions.values():
                if one.section == section and not MEASURES[name].fits(one):
                    raise PackError(
                        f"{place}: {name!r} says nothing of question {one.id} ({one.kind})"
                    )


def classes_of(exam: Exam, section: str) -> Classes:
    """The labels of a section's questions: those of the one that has most, then any others."""
    of = [one.labels for one in exam.questions.values() if one.section == section]
    longest = max(of, key=len, default=())
    return tuple(dict.fromkeys([*longest, *(label for labels in of for label in labels)]))


def parts_of(exam: Exam) -> dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Section -> its title, the ids of its questions, the names of its measures.

    All of them together are a part as well where each has the same mean.
    """
    titles = exam.section_titles
    parts = {
        section: (
            titles[section],
            tuple(one.id for one in exam.questions.values() if one.section == section),
            names,
        )
        for section, names in exam.key.measures.items()
    }
    shared = [
        name
        for name in next(iter(exam.key.measures.values()), ())
        if MEASURES[name].mean and all(name in names for names in exam.key.measures.values())
    ]
    if len(parts) > 1 and shared:
        parts[POOLED] = ("All sections", tuple(exam.questions), tuple(shared))
    return parts


def measured(exam: Exam, rounds: Sequence[Mapping[str, Mark]]) -> dict[str, SectionMeasures]:
    """The measures of each part, means over epochs; `rounds` are the marks of each of these."""
    return {
        part: _part_measures(exam, (title, ids, names), rounds)
        for part, (title, ids, names) in parts_of(exam).items()
        if any(name in marks for marks in rounds for name in ids)
    }


def _part_measures(
    exam: Exam,
    part: tuple[str, Sequence[str], Sequence[str]],
    rounds: Sequence[Mapping[str, Mark]],
) -> SectionMeasures:
    title, ids, names = part
    by_round = [[marks[name] for name in ids if name in marks] for marks in rounds]
    marks = [mark for some in by_round for mark in some]
    replies = [mark for mark in marks if mark.outcome is not Outcome.ERROR]
    section = exam.questions[ids[0]].section
    classes = classes_of(exam, section)
    whole = len(replies) == len(marks) and all(by_round)

    def value(of: Callable[[Sequence[Item]], float | None], item: Callable[[Mark], Item]) -> Any:
        found = [of([item(mark) for mark in some]) for some in by_round] if whole else [None]
        known = [one for one in found if one is not None]
        return round(math.fsum(known) / len(found), 6) if len(known) == len(found) else None

    def one(name: str) -> Measured:
        measure = MEASURES[name]

        def plain(items: Sequence[Item]) -> float | None:
            return measure.value(classes, items)

        ours, theirs = value(plain, item_of), None
        if exam.questions[ids[0]].rule != NO_RULE:
            theirs = value(measure.published or plain, published_item)
        return Measured(
            title=measure.title, value=ours, published=theirs if theirs != ours else None
        )

    return SectionMeasures(
        title=title,
        questions=len({mark.question for mark in marks}),
        replies=len(replies),
        unreadable=sum(mark.outcome is Outcome.NO_ANSWER for mark in replies),
        measures={name: one(name) for name in names},
    )


def item_of(mark: Mark) -> Item:
    """A mark as measures see it."""
    unreadable = mark.outcome is Outcome.NO_ANSWER
    return Item(mark.accepted, () if unreadable else mark.answer)


def published_item(mark: Mark) -> Item:
    """The same by what the project's own rule reads."""
    return Item(mark.accepted, mark.answer if mark.published is None else mark.published)
