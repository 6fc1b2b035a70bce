"""One reader per kind of question: how an answer is read, and when it is right.

That of sequences stands here. It reads labels in the order they are written: ``a,c,b`` is not
``a,b,c``. The content is cut into tokens (``tokens``), which must be::

    answer = [leader] (label {join label} | run) [closer]
    join   = white space, a comma, or an arrow that points forward (→ => > - –)
    run    = labels written together (``acb``), as many as were asked

Words that join without an order (と, and, +), arrows that point back and a label that comes
twice make it no answer. Whether as many were given as asked is for ``grading``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from jmle_plugin.exam.kinds import Answer, QuestionKind
from jmle_plugin.exam.model import NumericRule, Question
from jmle_plugin.mark import choice, numeric, terms, tokens
from jmle_plugin.mark.tokens import Token, by_folded, is_closer, is_leader, tokens_of

_ARROW = re.compile(r"[=-]+[>＞]|⇒")
_COMMAS = frozenset(",、・")
_FORWARD = frozenset("→>-‐–—−")


def read_order(question: Question, content: str) -> tuple[str, ...]:
    """Return the labels that ``content`` puts in order; () where it does not fit the grammar."""
    tokens = _without_frame(tokens_of(question, _ARROW.sub("→", content)))
    labels = by_folded(question)
    if len(tokens) == 1 and tokens[0].text not in labels:
        picks = [labels.get(char, "") for char in tokens[0].text]
        run = len(picks) == question.select
    else:
        picks = [labels.get(token.text, "") for token in tokens if token.kind == "word"]
        run = _joined(tokens)
    sound = run and all(picks) and len(set(picks)) == len(picks)
    return tuple(picks) if sound else ()


def _without_frame(tokens: list[Token]) -> list[Token]:
    def first_is(kind: str) -> bool:
        return bool(tokens) and tokens[0].kind == kind

    while first_is("link"):
        tokens = tokens[1:]
    if tokens and is_leader(tokens[0]):
        tokens = tokens[1:]
        while first_is("link"):
            tokens = tokens[1:]
    return tokens[:-1] if tokens and is_closer(tokens[-1]) else tokens


def _joined(tokens: list[Token]) -> bool:
    """Whether labels alone are written, with at most one join between two of them."""
    joins = _COMMAS | _FORWARD
    open_end = True
    for token in tokens:
        if token.kind == "word":
            open_end = False
        elif open_end or token.text not in joins:
            return False
        else:
            open_end = True
    return not open_end


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
    to_the_end: bool = False
    """Whether an answer is all that stands behind the marker, on as many lines as it takes."""


READERS: Mapping[QuestionKind, Reader] = {
    QuestionKind.CHOICE: Reader(choice.begins, choice.read_exact, choice.read, tokens.judge),
    QuestionKind.NUMERIC: Reader(numeric.begins, numeric.read_exact, numeric.read, numeric.judge),
    QuestionKind.SEQUENCE: Reader(choice.begins, choice.read_exact, read_order, tokens.judge),
    QuestionKind.TERMS: Reader(
        lambda _question, content: bool(content.strip()),
        terms.read_exact,
        terms.read,
        terms.judge,
        to_the_end=True,
    ),
}
