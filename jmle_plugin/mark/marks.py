"""The mark: what one reply to one question is worth, and the form it travels in."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import Field, ValidationInfo, model_validator
from pydantic.json_schema import SkipJsonSchema

from jmle_plugin.ask.messages import DEFAULT_MARKER
from jmle_plugin.exam.model import NO_RULE, AnswerKey, Question
from jmle_plugin.gateway.reply import (
    LONGEST,
    ImageBytes,
    Reply,
    Usage,
    plain_parameters,
    read_number,
)
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.extraction import How, Reading, read_answer
from jmle_plugin.mark.grading import Outcome, grade, prohibited_picks, score
from jmle_plugin.mark.measures import credit
from jmle_plugin.mark.numeric import as_number
from jmle_plugin.mark.readers import accepts_any
from jmle_plugin.mark.terms import term_set
from jmle_plugin.strict import Strict, absent, empty
from jmle_plugin.text import printable

_WHOLE = "stop"
"""The finish reason of a reply that its model ended; no other, and none, vouches for that."""
MISCOUNTED = "wrong number of choices"
"""What is said of an answer that could be read and has other than the number asked for."""
MAX_ANSWER = 80
"""Characters of an answer or a provider's word that are kept; real ones have a handful."""
MAX_TEXT = 1000
"""Characters of an expression that are kept; real ones have 40 at most."""


UNCHECKED = {"marks": "unchecked"}
"""The validation context in which a mark may be unsound: for reading a file to say what is."""


class Mark(Strict):
    """One marked reply. `points` of `max`; the reply's text stays in the cassette.

    No unsound mark can be made (`problem`), but under the validation context `UNCHECKED`.
    """

    question: str
    epoch: Annotated[int, Field(ge=1)] = 1
    points: int
    max: int
    """0 for questions taken out of the scoring."""
    min: int = Field(default=0, exclude_if=empty)
    """What a wrong answer is worth: 0, or less where it costs points; left out where it is 0."""
    outcome: Outcome
    answer: list[str] = Field(default=[])
    """What was read: sorted labels, those of a sequence in its order, or one number as written;
    empty when nothing was."""
    accepted: list[list[str]] = Field(default=[])
    """The answers the key accepts."""
    credit: Annotated[float, Field(ge=0, le=1)] | None = Field(default=None, exclude_if=absent)
    """Of a bench: what the answer earns, 0 to 1; left out in an exam's marks."""
    published: list[str] | None = Field(default=None, exclude_if=absent)
    """Of a bench: what its project's own rule reads in the reply; left out where it is the same."""
    how: How = How.NONE
    prohibited: list[str] = Field(default=[])
    """Prohibited choices (禁忌肢) that were picked."""
    tokens: Usage | None = None
    cost: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    """US dollars; null where the price is not known."""
    seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    """From the request leaving to the reply being whole, without the wait for a free place; null
    where it was not measured (imported, from a batch, recorded before this was kept)."""
    tokens_per_second: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    """Completion tokens over `seconds`; null where either is not known."""
    images: ImageBytes | None = None
    """The figures sent with the question; null where none were, or nothing is known."""
    sent: SkipJsonSchema[dict[str, Any]] = Field(default={})
    """The parameters that really went out. They travel with the mark; a results file tells
    them once, in its provenance."""
    model: str = ""
    """The model's name as the provider returned it."""
    finish_reason: str = ""
    native_finish_reason: str = Field(default="", exclude_if=empty)
    """The provider's own word for it, where that is another; left out where it is not."""
    refused: bool = Field(default=False, exclude_if=empty)
    """Whether the provider says that the reply is a refusal; left out where it does not."""
    confidence: Annotated[float, Field(ge=0, le=1)] | None = Field(default=None, exclude_if=absent)
    """How sure the model said it was, where that was recorded; left out where it was not."""
    error: str = ""
    """Why there is no reply; only with the outcome `error`."""

    @model_validator(mode="after")
    def _sound(self, info: ValidationInfo) -> Self:
        if info.context is not UNCHECKED and (problem := self.problem()):
            raise ValueError(f"the mark of {self.question} is unsound: {problem}")
        return self

    def problem(self) -> str:
        """Why no reply can be worth this; empty for a sound mark.

        Points lie between `min` and `max`: all for a right answer, none for no reply, and no
        answer costs nothing. A right answer is one of those accepted, a wrong one none of them.
        """
        if not self.min <= 0 <= self.max or not self.min <= self.points <= self.max:
            return f"{self.points} points are not from {self.min} to {self.max}"
        right = any(_alike(self.answer, one) for one in self.accepted)
        sound = {
            Outcome.CORRECT: right and self.points == self.max,
            Outcome.INCORRECT: self.answer not in self.accepted,
            Outcome.NO_ANSWER: self.points >= 0,
            Outcome.ERROR: self.points == 0,
        }
        if self.credit is not None and (self.credit == 1) is not (self.outcome is Outcome.CORRECT):
            return f"{self.outcome} with a credit of {self.credit:g}"
        if not sound[self.outcome]:
            answered = answer_text(self.answer) or "nothing"
            return f"{self.outcome} with {answered} for {self.points} of {self.max} points"
        return ""

    @property
    def invalid(self) -> str:
        """Why an answer that was read is none, in a few words; empty where that is not so.

        Such an answer can be read, so it is never called unreadable.
        """
        if self.outcome is not Outcome.NO_ANSWER or not self.answer:
            return ""
        fits = len(self.answer) in map(len, self.accepted)
        return "not a number" if fits else MISCOUNTED


def _alike(answer: Sequence[str], accepted: Sequence[str]) -> bool:
    if len(answer) == len(accepted) == 1 and (number := as_number(answer[0])) is not None:
        return number == as_number(accepted[0])
    return term_set(answer) == term_set(accepted)


def mark_reply(
    question: Question,
    key: AnswerKey,
    reply: Reply,
    *,
    epoch: int = 1,
    extraction: Extraction = Extraction.STANDARD,
) -> Mark:
    """Read, grade and score one reply."""
    reading = read_reply_answer(question, reply, extraction)
    entry = key.entries[question.id]
    outcome = grade(question, entry, reading, key.numeric)
    # A right answer is the key's own, however long; others may be anything.
    answer = list(reading.answer) if outcome is Outcome.CORRECT else kept(question, reading.answer)
    accepted = [list(one) for one in entry.accepted]
    published = extraction is Extraction.PUBLISHED
    if answer and published and accepts_any(reply.answer_of, entry.treatment):
        outcome = Outcome.CORRECT
        accepted += [] if answer in accepted else [answer]
    earned = score(question, entry, outcome)
    return Mark(
        question=question.id,
        epoch=epoch,
        points=earned.points,
        max=earned.maximum,
        min=earned.least,
        outcome=outcome,
        answer=answer,
        accepted=accepted,
        credit=credit(question, key, answer, right=outcome is Outcome.CORRECT),
        published=_theirs(question, key, reply, answer),
        how=reading.how,
        prohibited=sorted(prohibited_picks(question, reading)),
        tokens=reply.usage,
        cost=_cost(reply.cost),
        seconds=read_number(reply.seconds, most=LONGEST),
        tokens_per_second=reply.tokens_per_second,
        images=ImageBytes.of(reply.images),
        sent=plain_parameters(reply.sent),
        model=_short(reply.model),
        finish_reason=_short(reply.finish_reason),
        native_finish_reason=_short(reply.native_finish_reason),
        refused=reply.refused,
        confidence=read_number(reply.confidence, most=1),
    )


def _theirs(
    question: Question, key: AnswerKey, reply: Reply, answer: Sequence[str]
) -> list[str] | None:
    """What the rule of a bench's own project reads, where that is another answer."""
    if not key.measures or question.rule == NO_RULE:
        return None
    theirs = kept(question, read_reply_answer(question, reply, Extraction.PUBLISHED).answer)
    return theirs if theirs != list(answer) else None


def mark_error(question: Question, key: AnswerKey, message: str, *, epoch: int = 1) -> Mark:
    """The mark of a question without a reply: an error, never a wrong answer."""
    entry = key.entries[question.id]
    earned = score(question, entry, Outcome.ERROR)
    return Mark(
        question=question.id,
        epoch=epoch,
        points=earned.points,
        max=earned.maximum,
        min=earned.least,
        outcome=Outcome.ERROR,
        accepted=[list(answer) for answer in entry.accepted],
        error=printable(message, lines=True),
    )


def read_reply_answer(question: Question, reply: Reply, extraction: Extraction) -> Reading:
    """What is read in a reply, be it whole or an answer alone."""
    return read_answer(
        question,
        reply.text,
        reply.reasoning,
        extraction=extraction,
        answer_of=reply.answer_of,
        recorded=reply.recorded_answer,
        marker=reply.marker or DEFAULT_MARKER,
        asked=reply.asked,
        whole=reply.finish_reason == _WHOLE,
    )


def kept(question: Question, answer: Sequence[str]) -> list[str]:
    """What a mark keeps of an answer that is not the key's own, however long it is."""
    most = MAX_TEXT if question.kind.rules.partial else MAX_ANSWER
    return [_short(one, most) for one in answer]


def answer_line(question: Question, reply: Reply, extraction: Extraction) -> str:
    """The line of `reply` the answer was looked for in; empty when it has none."""
    return read_reply_answer(question, reply, extraction).line


def answer_text(answer: Sequence[str]) -> str:
    """An answer in a word: `a,c`; expressions with commas in them as a JSON list."""
    if len(answer) > 1 and any("," in one for one in answer):
        return json.dumps(list(answer), ensure_ascii=False)
    return ",".join(answer)


def key_text(accepted: Sequence[Sequence[str]]) -> str:
    """The accepted answers in a word: `a or d`."""
    return " or ".join(map(answer_text, accepted))


def _short(text: str, most: int = MAX_ANSWER) -> str:
    return printable(text[:most])


def _cost(dollars: float | None) -> float | None:
    known = dollars is not None and math.isfinite(dollars) and dollars >= 0
    return dollars if known else None
