"""From a reading to an outcome, from an outcome to points.

The outcome says whether the answer agrees with the key; the points also follow what the
examiners decided about the question after the sitting (its treatment).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from jmle_plugin.exam.model import Exam, KeyEntry, NumericRule, Question, Treatment
from jmle_plugin.mark.extraction import Reading
from jmle_plugin.mark.readers import READERS
from jmle_plugin.strict import Strict

_DIGITS = 4


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
    """Points earned, of the points the question counts for this candidate.

    `least` is what a wrong answer to it is worth: 0 or less.
    """

    points: int
    maximum: int
    least: int = 0


def grade(question: Question, entry: KeyEntry, reading: Reading, numeric: NumericRule) -> Outcome:
    """Compare a reading with the key; never raises and never gives ERROR.

    What is not valid (the wrong number of choices; free text for a number, which the published
    rule keeps) is no answer. When it is right is for the kind's reader to say.
    """
    if not reading.answer:
        return Outcome.NO_ANSWER
    right = READERS[question.kind].judge(question, reading.answer, entry.accepted, numeric)
    if right is None:
        return Outcome.NO_ANSWER
    return Outcome.CORRECT if right else Outcome.INCORRECT


def prohibited_picks(question: Question, reading: Reading) -> frozenset[str]:
    """Return the prohibited options (禁忌肢) that a valid choice answer picks.

    A reading with the wrong number of choices is no answer, hence picks nothing, good or
    bad: a list of all five options is not five decisions.
    """
    chosen = frozenset(reading.answer)
    if not question.kind.rules.prohibits or not question.takes(len(chosen)):
        return frozenset()
    return chosen & question.prohibited


def score(question: Question, entry: KeyEntry, outcome: Outcome) -> Score:
    """Return the points of one question for one outcome.

    ==================  =========  ==============  =========  =========
    treatment           correct    wrong           no answer  error
    ==================  =========  ==============  =========  =========
    standard            all        `wrong` of all  0 of all   0 of all
    credit all          all        all             all        0 of all
    exclude             0 of 0     0 of 0          0 of 0     0 of 0
    exclude if wrong    all        0 of 0          0 of 0     0 of all
    ==================  =========  ==============  =========  =========

    `wrong` is what the exam gives for a wrong answer: 0, or less where it costs points.
    An error never earns a point nor shrinks a candidate's maximum: it is unknown what the
    answer would have been. What is 0 of 0 is
    out of the scoring altogether: no prohibited choice is counted there, and every tally of
    section, block and kind has the candidate's own maximum (it still counts the question).
    """
    full = question.points
    treatment = entry.treatment
    least = question.wrong if treatment is Treatment.STANDARD else 0
    if treatment is Treatment.EXCLUDE:
        return Score(0, 0)
    if outcome is Outcome.ERROR:
        return Score(0, full, least)
    if outcome is Outcome.CORRECT or treatment is Treatment.CREDIT_ALL:
        return Score(full, full, least)
    if treatment is Treatment.EXCLUDE_IF_WRONG:
        return Score(0, 0)
    return Score(least if outcome is Outcome.INCORRECT else 0, full, least)


class Examinee(Strict):
    """The average examinee: points to expect where each answer is right as often as theirs were."""

    points: float
    sections: dict[str, float]
    """Of each criterion."""
    unknown: list[str]
    """Questions worth points whose share is not known: they count as wrong answers."""


def examinee(exam: Exam, questions: Sequence[Question]) -> Examinee | None:
    """What who answers each question like the average examinee scores; None if none is known."""
    if all(one.human_accuracy is None for one in questions):
        return None
    expected = {one.id: _expected(exam, one) for one in questions}
    sections = {
        rule.name: sum(expected[one.id] for one in questions if rule.counts(one))
        for rule in exam.key.criteria
    }
    return Examinee(
        points=round(sum(expected.values()), _DIGITS),
        sections={name: round(points, _DIGITS) for name, points in sections.items()},
        unknown=[
            one.id
            for one in questions
            if one.human_accuracy is None and _scores(exam, one)[0].maximum
        ],
    )


def _expected(exam: Exam, question: Question) -> float:
    right, wrong = _scores(exam, question)
    share = question.human_accuracy or 0.0
    return share * right.points + (1 - share) * wrong.points


def _scores(exam: Exam, question: Question) -> tuple[Score, Score]:
    """What a right and a wrong answer earn."""
    entry = exam.key.entries[question.id]
    right, wrong = (score(question, entry, one) for one in (Outcome.CORRECT, Outcome.INCORRECT))
    return right, wrong
