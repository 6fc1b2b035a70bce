"""From the paper's own answers and a key state's changes to an answer key.

Changes to different questions know nothing of each other. Several changes to one question
apply in their order: an answer, or several, decides the question anew and takes an earlier
treatment back, a treatment keeps the answers that stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from jmle_plugin.errors import PackError
from jmle_plugin.exam.key_spec import ChangeSpec, CriterionSpec, KeySpec
from jmle_plugin.exam.model import (
    AnswerKey,
    Criterion,
    KeyEntry,
    ProhibitedRule,
    Question,
    Treatment,
)


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
