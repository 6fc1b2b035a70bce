"""An answer key: a state as `exam.toml` writes it, applied to the paper's own answers.

A field that an older pack does not have is left out of its digest while it is empty, so that
results made before the field existed are still results of the same exam.

Changes to different questions know nothing of each other. Several changes to one question
apply in their order: an answer, or several, decides the question anew and takes an earlier
treatment back, a treatment keeps the answers that stand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from jmle_plugin.errors import PackError
from jmle_plugin.exam.model import (
    AnswerKey,
    Criterion,
    KeyEntry,
    NumericRule,
    ProhibitedRule,
    Question,
    Treatment,
)
from jmle_plugin.strict import Strict, empty

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
"""Names folders and files; longer ones no file system takes with what is added to them."""

Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class CriterionSpec(Strict):
    """What has to be reached: `threshold` points of `max`, or the share `ratio` of what counts.

    It is about the section of its own name, unless `sections` or `subjects` say about which
    questions (those of any of the sections that are about any of the subjects); it then needs
    a `title`. With a threshold, `ratio` is for candidates whose own maximum is another than
    `max`. Without `max` the maximum is what the questions that count add up to.
    """

    threshold: Annotated[int, Field(ge=0)] | None = None
    max: Annotated[int, Field(ge=0)] | None = None
    ratio: tuple[int, int] | None = None
    title: str = Field(default="", exclude_if=empty)
    sections: list[Name] = Field(default=[], exclude_if=empty)
    subjects: list[str] = Field(default=[], exclude_if=empty)
    unconfirmed: str = Field(default="", exclude_if=empty)
    """What about it is not confirmed; shown by `jmle check`."""

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.threshold is None and self.ratio is None:
            raise ValueError("give a 'threshold', or a 'ratio' of what counts")
        if self.threshold is not None and self.max is not None and self.threshold > self.max:
            raise ValueError(f"threshold {self.threshold} is above the maximum {self.max}")
        if self.ratio is not None and not 0 < self.ratio[0] <= self.ratio[1]:
            raise ValueError(f"ratio {list(self.ratio)} is not above 0 and at most 1")
        return self


class ProhibitedSpec(Strict):
    """At most `limit` prohibited choices; `listed` when the pack says which they are."""

    limit: Annotated[int, Field(ge=0)]
    listed: bool = False
    unconfirmed: str = Field(default="", exclude_if=empty)


class ChangeSpec(Strict):
    """One decision of the examiners about one question.

    An answer decides the question anew: it counts like any other, by that answer. A treatment
    leaves the answers as they are.
    """

    question: str
    answer: list[str] | None = None
    """Replaces the key."""
    accept: Annotated[list[list[str]], Field(min_length=1)] | None = None
    """Several answers, each accepted."""
    treatment: Treatment = Treatment.STANDARD
    source: str = ""
    unconfirmed: str = Field(default="", exclude_if=empty)
    """What about it is not confirmed; shown by `jmle check`."""
    order: Annotated[int, Field(ge=1)] | None = Field(default=None, exclude_if=empty)
    """Which of several changes to one question comes first; nothing else has an order."""

    @model_validator(mode="after")
    def _one_decision(self) -> Self:
        decisions = (
            self.answer is not None,
            self.accept is not None,
            self.treatment is not Treatment.STANDARD,
        )
        if sum(decisions) != 1:
            raise ValueError("give exactly one of 'answer', 'accept' and 'treatment'")
        return self


class KeySpec(Strict):
    """A named state of the key: thresholds, comparison of numbers, changes."""

    title: str
    source: str = ""
    data_set: str = Field(default="", exclude=True)
    """The folder of the data set whose own key it is: by another, there is no such state."""
    numeric: NumericRule = NumericRule.NUMBER
    criteria: dict[Name, CriterionSpec] = Field(default={})
    measures: dict[Name, Annotated[list[Name], Field(min_length=1)]] = Field(
        default={}, exclude_if=empty
    )
    """Of a bench, which has no criteria: section -> its measures (`mark/measures`), the one that
    is compared first."""
    prohibited: ProhibitedSpec | None = None
    not_evaluated: list[Sentence] = Field(default=[], exclude_if=empty)
    """Official criteria that no figure here decides, and why, a sentence each."""
    changes: list[ChangeSpec] = Field(default=[])

    @model_validator(mode="after")
    def _criteria_or_measures(self) -> Self:
        if bool(self.criteria) is bool(self.measures):
            raise ValueError(
                "give 'criteria', which make a verdict, or 'measures', which make a bench"
            )
        if self.measures and self.prohibited:
            raise ValueError("a bench has no verdict, so it has no prohibited choices either")
        return self

    def disordered(self) -> list[str]:
        """Questions with several changes that do not say which of them comes first."""
        times = Counter(change.question for change in self.changes)
        orders = {(change.question, change.order) for change in self.changes if change.order}
        known = Counter(question for question, _ in orders)
        return [name for name, often in times.items() if often > 1 and known[name] != often]

    def in_order(self) -> list[ChangeSpec]:
        """The changes as they apply."""
        return sorted(self.changes, key=lambda change: change.order or 0)


def build_key(  # noqa: PLR0913 - each is a part of the pack
    state: str,
    spec: KeySpec,
    questions: Mapping[str, Question],
    answers: Mapping[str, KeyEntry],
    where: Path,
    *,
    absent: Mapping[str, Question] | None = None,
    default: bool = True,
) -> AnswerKey:
    """Apply a state's changes to the paper's answers; PackError for an impossible one.

    `absent` are questions of the paper that the data set lacks: their points count, and what
    was decided about them does, but no answer to them is known.
    """
    lacking = absent or {}
    entries = dict(answers) | dict.fromkeys(lacking, KeyEntry(()))
    try:
        for change in spec.in_order():
            if change.question in lacking:
                entries[change.question] = KeyEntry((), change.treatment)
            else:
                entries[change.question] = _changed(entries, change, questions, where)
        _check_answered({name: entries[name] for name in questions})
        questions = {**questions, **lacking}
        criteria = [
            _criterion(name, one, questions, entries) for name, one in spec.criteria.items()
        ]
    except PackError as error:
        raise PackError(f"keys.{state}: {error.problem}", where=where) from error
    return AnswerKey(
        state=state,
        title=spec.title,
        entries=entries,
        criteria=tuple(criteria),
        prohibited=(
            ProhibitedRule(spec.prohibited.limit, spec.prohibited.listed)
            if spec.prohibited
            else None
        ),
        numeric=spec.numeric,
        default=default,
        unconfirmed=(*_unconfirmed(spec), *_unexplained(criteria, questions, entries)),
        not_evaluated=tuple(spec.not_evaluated),
        measures={name: tuple(some) for name, some in spec.measures.items()},
    )


def _check_answered(entries: Mapping[str, KeyEntry]) -> None:
    for name, entry in entries.items():
        needs_one = entry.treatment in (Treatment.STANDARD, Treatment.EXCLUDE_IF_WRONG)
        if needs_one and not entry.accepted:
            raise PackError(f"question {name} counts, but has no answer")


def _criterion(
    name: str,
    spec: CriterionSpec,
    questions: Mapping[str, Question],
    entries: Mapping[str, KeyEntry],
) -> Criterion:
    sections = spec.sections or (
        dict.fromkeys(one.section for one in questions.values()) if spec.subjects else ()
    )
    rule = Criterion(name, 0, 0, spec.ratio, spec.title, tuple(sections), tuple(spec.subjects))
    counted = [one for one in questions.values() if rule.counts(one)]
    if not counted:
        raise PackError(f"criterion {name}: this exam has no question it is about")
    maximum = points_counted(counted, entries) if spec.max is None else spec.max
    threshold = spec.threshold
    if threshold is None:
        threshold = share_of(spec.ratio, maximum) if spec.ratio else 0
    return replace(rule, threshold=threshold, maximum=maximum)


def points_counted(questions: Iterable[Question], entries: Mapping[str, KeyEntry]) -> int:
    """The points of `questions`, less those excluded for all."""
    return sum(
        one.points for one in questions if entries[one.id].treatment is not Treatment.EXCLUDE
    )


def share_of(ratio: tuple[int, int], points: int) -> int:
    """The fewest whole points that are the share `ratio` (numerator, denominator) of `points`."""
    return -(-points * ratio[0] // ratio[1])


def _unconfirmed(spec: KeySpec) -> Iterator[str]:
    for name, one in spec.criteria.items():
        if one.unconfirmed:
            yield f"criterion {name}: {one.unconfirmed}"
    if spec.prohibited and spec.prohibited.unconfirmed:
        yield f"prohibited choices: {spec.prohibited.unconfirmed}"
    for change in spec.in_order():
        if change.unconfirmed:
            yield f"question {change.question}: {change.unconfirmed}"


def _unexplained(
    criteria: Iterable[Criterion],
    questions: Mapping[str, Question],
    entries: Mapping[str, KeyEntry],
) -> Iterator[str]:
    """Stated maxima that are not those of this paper: its threshold was meant for another."""
    for rule in criteria:
        points = points_counted(filter(rule.counts, questions.values()), entries)
        if points != rule.maximum:
            yield (
                f"criterion {rule.name}: its threshold is stated for {rule.maximum} points, the "
                f"questions here have {points}; which of them do not count, or count otherwise, "
                "is not known"
            )


def checked_answer(question: Question, answer: Iterable[str], where: Path) -> tuple[str, ...]:
    """A key answer in canonical form; PackError when the question cannot have it."""
    given = tuple(answer)
    if problem := question.kind.rules.wrong_answer(question, given):
        raise PackError(f"question {question.id}: {problem}", where=where)
    return question.kind.canonical(given)


def _changed(
    entries: Mapping[str, KeyEntry],
    change: ChangeSpec,
    questions: Mapping[str, Question],
    where: Path,
) -> KeyEntry:
    question = questions.get(change.question)
    if question is None:
        raise PackError(f"a change names question {change.question!r}, which is not in this exam")
    if change.answer is not None:
        return KeyEntry((checked_answer(question, change.answer, where),))
    if change.accept is not None:
        accepted = tuple(checked_answer(question, one, where) for one in change.accept)
        if len(set(accepted)) != len(accepted):
            raise PackError(f"question {question.id}: 'accept' names an answer twice")
        return KeyEntry(accepted)
    return KeyEntry(entries[question.id].accepted, change.treatment)
