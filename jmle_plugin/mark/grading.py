"""From a reading to an outcome, from an outcome to points.

The outcome says whether the answer agrees with the key; the points also follow what the
examiners decided about the question after the sitting (its treatment).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from jmle_plugin.exam.model import KeyEntry, NumericRule, Question, QuestionKind, Treatment
from jmle_plugin.mark.extraction import Reading


class Outcome(StrEnum):
    """What became of one question."""

    CORRECT = "correct"
    INCORRECT = "incorrect"
    NO_ANSWER = "no_answer"
    """A reply without a readable answer, or with the wrong number of choices: marked wrong."""
    ERROR = "error"
    """No reply at all; never an answer, right or wrong."""


@dataclass(frozen=True, slots=True)
class Score:
    """Points earned, of the points the question counts for this candidate."""

    points: int
    maximum: int


def grade(question: Question, entry: KeyEntry, reading: Reading, numeric: NumericRule) -> Outcome:
    """Compare a reading with the key; never raises and never gives ERROR.

    A choice answer needs as many labels as the question asks for, or as many as an
    accepted answer has; so does a sequence, whose order must be that of an accepted one. A
    numeric answer that is not a number (the published rule keeps free text) is no answer,
    unless it is the key's own text under ``NumericRule.TEXT``.
    """
    if not reading.answer:
        return Outcome.NO_ANSWER
    if question.kind is QuestionKind.NUMERIC:
        return _grade_number(entry, reading.answer[0], numeric)
    chosen = frozenset(reading.answer)
    if not question.takes(len(chosen)) and len(chosen) not in map(len, entry.accepted):
        return Outcome.NO_ANSWER
    if question.kind is QuestionKind.SEQUENCE:
        right = reading.answer in entry.accepted
    else:
        right = any(chosen == frozenset(accepted) for accepted in entry.accepted)
    return Outcome.CORRECT if right else Outcome.INCORRECT


def prohibited_picks(question: Question, reading: Reading) -> frozenset[str]:
    """Return the prohibited options (禁忌肢) that a valid choice answer picks.

    A reading with the wrong number of choices is no answer, hence picks nothing, good or
    bad: a list of all five options is not five decisions.
    """
    chosen = frozenset(reading.answer)
    if question.kind is not QuestionKind.CHOICE or not question.takes(len(chosen)):
        return frozenset()
    return chosen & question.prohibited


def score(question: Question, entry: KeyEntry, outcome: Outcome) -> Score:
    """Return the points of one question for one outcome.

    ========================  =========  ==========  =====
    treatment                 correct    otherwise   error
    ========================  =========  ==========  =====
    standard                  all        0 of all    0 of all
    credit all                all        all         0 of all
    exclude                   0 of 0     0 of 0      0 of 0
    exclude if wrong          all        0 of 0      0 of all
    ========================  =========  ==========  =====

    An error never earns a point nor shrinks a candidate's maximum: nobody knows what the
    answer would have been. No answer is no right answer: it is otherwise. What is 0 of 0 is
    out of the scoring altogether: no prohibited choice is counted there, and every tally of
    section, block and kind has the candidate's own maximum (it still counts the question).
    """
    full = question.points
    treatment = entry.treatment
    if treatment is Treatment.EXCLUDE:
        return Score(0, 0)
    if outcome is Outcome.ERROR:
        return Score(0, full)
    if outcome is Outcome.CORRECT or treatment is Treatment.CREDIT_ALL:
        return Score(full, full)
    if treatment is Treatment.EXCLUDE_IF_WRONG:
        return Score(0, 0)
    return Score(0, full)


def _grade_number(entry: KeyEntry, written: str, rule: NumericRule) -> Outcome:
    keys = [text for accepted in entry.accepted for text in accepted]
    if rule is NumericRule.TEXT and written in keys:
        return Outcome.CORRECT
    value = as_number(written)
    if value is None:
        return Outcome.NO_ANSWER
    if rule is NumericRule.NUMBER and any(value == as_number(text) for text in keys):
        return Outcome.CORRECT
    return Outcome.INCORRECT


def as_number(text: str) -> Decimal | None:
    """The finite number that `text` is, however it is written; None for anything else."""
    try:
        value = Decimal(text)
    except (InvalidOperation, ValueError):
        return None
    return value if value.is_finite() else None
