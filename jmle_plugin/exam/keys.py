"""From the paper's own answers and a key state's changes to an answer key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from jmle_plugin.errors import PackError
from jmle_plugin.exam.manifest import ChangeSpec, KeySpec
from jmle_plugin.exam.model import (
    AnswerKey,
    Criterion,
    KeyEntry,
    ProhibitedRule,
    Question,
    QuestionKind,
    Treatment,
)

# Digits as the examiners print them; Decimal would also take 1_000, NaN and full-width digits.
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def build_key(  # noqa: PLR0913 - each is a part of the pack
    state: str,
    spec: KeySpec,
    questions: Mapping[str, Question],
    answers: Mapping[str, tuple[tuple[str, ...], ...]],
    where: Path,
    *,
    default: bool = True,
) -> AnswerKey:
    """Apply a state's changes to the paper's answers; PackError for an impossible one."""
    entries = {name: KeyEntry(accepted) for name, accepted in answers.items()}
    for change in spec.changes:
        question = questions.get(change.question)
        if question is None:
            raise PackError(
                f"keys.{state}: a change names question {change.question!r}, which is not in "
                "this exam",
                where=where,
            )
        try:
            entries[question.id] = _changed(entries[question.id], change, question, where)
        except PackError as error:
            raise PackError(f"keys.{state}: {error.problem}", where=where) from error
    return AnswerKey(
        state=state,
        title=spec.title,
        entries=entries,
        criteria=tuple(
            Criterion(section, limit.threshold, limit.max, limit.ratio)
            for section, limit in spec.criteria.items()
        ),
        prohibited=(
            ProhibitedRule(spec.prohibited.limit, spec.prohibited.listed)
            if spec.prohibited
            else None
        ),
        numeric=spec.numeric,
        default=default,
    )


def checked_answer(question: Question, answer: Iterable[str], where: Path) -> tuple[str, ...]:
    """A key answer in canonical form; PackError when the question cannot have it."""
    given = tuple(answer)
    if question.kind is QuestionKind.NUMERIC:
        if len(given) != 1 or not _NUMBER.fullmatch(given[0]):
            raise PackError(
                f"question {question.id}: the answer {list(given)} is not one number", where=where
            )
        return given
    if outside := sorted(set(given) - set(question.labels)):
        raise PackError(
            f"question {question.id}: the answer names {outside}, but the options are "
            f"{', '.join(question.labels)}",
            where=where,
        )
    if len(set(given)) != question.select or len(given) != question.select:
        raise PackError(
            f"question {question.id}: the answer {list(given)} has {len(given)} labels, "
            f"but {question.select} different ones must be selected",
            where=where,
        )
    if both := sorted(question.prohibited & set(given)):
        raise PackError(
            f"question {question.id}: {both} are both prohibited and the answer", where=where
        )
    return tuple(sorted(given))


def _changed(old: KeyEntry, change: ChangeSpec, question: Question, where: Path) -> KeyEntry:
    if change.answer is not None:
        return KeyEntry((checked_answer(question, change.answer, where),))
    if change.accept is not None:
        return KeyEntry(tuple(checked_answer(question, one, where) for one in change.accept))
    return KeyEntry(old.accepted, Treatment(change.treatment))
