"""The mark: what one reply to one question is worth, and the form it travels in."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from jmle_plugin.ask.reply import Reply, Usage
from jmle_plugin.exam.model import AnswerKey, Question, QuestionKind
from jmle_plugin.mark.extraction import Extraction, How, read_answer
from jmle_plugin.mark.grading import Outcome, grade, prohibited_picks, score

MAX_ANSWER = 80
"""Characters of an answer or a provider's word that are kept; real ones have a handful."""


class Tokens(BaseModel):
    """Token counts as the provider gave them; null where it gave none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt: int | None = None
    completion: int | None = None
    reasoning: int | None = None
    cached: int | None = None


class Mark(BaseModel):
    """One marked reply. `points` of `max`; the reply's text stays in the cassette."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str
    epoch: Annotated[int, Field(ge=1)] = 1
    points: int
    max: int
    """0 for questions taken out of the scoring."""
    outcome: Outcome
    answer: list[str] = []
    """What was read: sorted labels, or one number as written; empty when nothing was."""
    accepted: list[list[str]] = []
    """The answers the key accepts."""
    how: How = How.NONE
    prohibited: list[str] = []
    """Prohibited choices (禁忌肢) that were picked."""
    tokens: Tokens | None = None
    model: str = ""
    """The model's name as the provider returned it."""
    finish_reason: str = ""
    error: str = ""
    """Why there is no reply; only with the outcome `error`."""


def mark_reply(
    question: Question,
    key: AnswerKey,
    reply: Reply,
    *,
    epoch: int = 1,
    extraction: Extraction = Extraction.STANDARD,
) -> Mark:
    """Read, grade and score one reply."""
    reading = read_answer(question, reply.text, reply.reasoning, extraction=extraction)
    entry = key.entries[question.id]
    outcome = grade(question, entry, reading, key.numeric)
    earned = score(question, entry, outcome)
    return Mark(
        question=question.id,
        epoch=epoch,
        points=earned.points,
        max=earned.maximum,
        outcome=outcome,
        answer=[_printable(answer) for answer in reading.answer],
        accepted=[list(answer) for answer in entry.accepted],
        how=reading.how,
        prohibited=sorted(prohibited_picks(question, reading)),
        tokens=_tokens(reply.usage),
        model=_printable(reply.model),
        finish_reason=_printable(reply.finish_reason),
    )


def mark_error(question: Question, key: AnswerKey, message: str, *, epoch: int = 1) -> Mark:
    """The mark of a question without a reply: an error, never a wrong answer."""
    entry = key.entries[question.id]
    return Mark(
        question=question.id,
        epoch=epoch,
        points=0,
        max=score(question, entry, Outcome.ERROR).maximum,
        outcome=Outcome.ERROR,
        accepted=[list(answer) for answer in entry.accepted],
        error=_shown(message),
    )


def explain(question: Question, mark: Mark) -> str:
    """One line for people: `120A-74 (1 pt): answered 0.4, key 0.40`."""
    unit = "pt" if question.points == 1 else "pts"
    answered = ",".join(mark.answer)
    given = f"answered {answered}" if answered else "no answer could be read"
    if mark.answer and mark.outcome is Outcome.NO_ANSWER:
        given += f" ({_asked_for(question)})"
    key = " or ".join(",".join(answer) for answer in mark.accepted)
    return f"{question.id} ({question.points} {unit}): {given}, key {key}"


def _asked_for(question: Question) -> str:
    if question.kind is QuestionKind.NUMERIC:
        return "not a number"
    return f"not {question.select} choice{'s' if question.select > 1 else ''}"


def _printable(text: str) -> str:
    """A short text fit for files and terminals: models and providers may write anything."""
    return _shown(text[:MAX_ANSWER]).replace("\n", "?").replace("\t", "?")


def _shown(text: str) -> str:
    """`text` without control characters and lone surrogates; lines and tabs stay."""
    return "".join(
        "?" if unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" else char
        for char in text
    )


def _tokens(usage: Usage | None) -> Tokens | None:
    if usage is None:
        return None
    return Tokens(
        prompt=usage.prompt,
        completion=usage.completion,
        reasoning=usage.reasoning,
        cached=usage.cached,
    )
