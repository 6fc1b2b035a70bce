"""One reader per kind of question: how an answer is read, and when it is right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from jmle_plugin.exam.kinds import Answer, QuestionKind
from jmle_plugin.exam.model import NumericRule, Question
from jmle_plugin.mark import choice, numeric, sequence, tokens


@dataclass(frozen=True, slots=True)
class Reader:
    """What is done with the text behind an answer marker; nothing of it raises."""

    begins: Callable[[Question, str], bool]
    """Whether the text begins like an answer."""
    exact: Callable[[Question, str], Answer]
    """The answer in precisely the form that the prompt asks for; () for anything else."""
    tolerant: Callable[[Question, str], Answer]
    """The answer that a human examiner would still read; () where there is none."""
    judge: Callable[[Question, Answer, Sequence[Answer], NumericRule], bool | None]
    """Whether an answer that was read is an accepted one; None where it is not valid at all."""


READERS: Mapping[QuestionKind, Reader] = {
    QuestionKind.CHOICE: Reader(choice.begins, choice.read_exact, choice.read, tokens.judge),
    QuestionKind.NUMERIC: Reader(numeric.begins, numeric.read_exact, numeric.read, numeric.judge),
    QuestionKind.SEQUENCE: Reader(choice.begins, sequence.read_exact, sequence.read, tokens.judge),
}
