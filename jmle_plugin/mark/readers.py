"""One reader per kind of question: how an answer is read, and when it is right.

That of sequences stands here. It reads labels in the order they are written: ``a,c,b`` is not
``a,b,c``. The content is cut into tokens (``tokens``), which must be::

    answer = [leader] (label {join label} | run) [closer]
    join   = white space, a comma, or an arrow that points forward (→ => > - –)
    run    = labels written together (``acb``), as many as were asked

Words that join without an order (と, and, +), arrows that point back and a label that comes
twice make it no answer. Whether as many were given as asked is for ``grading``.

What other projects read stands here as well: their own rules, and records of answers alone.

JMLE2026-Bench's own rule, to the letter, so that its leaderboards come out exactly.

The first ``【回答】`` of the reply counts, with the rest of the line its text begins on; where
that yields no answer, the same in the reasoning. Labels are single letters a to e between
commas and white space, whatever the question offers; a number is the text as it stands.
Nothing here may be improved: a better reading is the standard rule's business.

Answers without a reply around them: other projects' records that kept the answer alone.

standard
    The whole record is the answer: precisely labels or a number is *exact*, what the
    grammars of ``choice``, ``readers`` and ``numeric`` read is *tolerant*. Where that yields
    nothing and the record ends in a line that says ``答え:`` or the like, what follows there,
    or on the line behind it.
published
    Each project's own rule, to the letter:

    IgakuQA
        The pieces between commas as they stand: of ``a, c`` the second is no label, so it
        is wrong. A number is the text as it stands.
    YakugakuQA
        As IgakuQA.
    IgakuQA119
        Lower case, without ``[``, ``]``, ``,`` and blanks; each character left is a label.
        (That rule compares numbers by their sorted digits as well, so that 060 would pass
        for 600; here they differ.)

Benches' rules read a whole reply, or the record of an answer alone:

JMED-LLM
    The first of the letters A to F. Expressions: the reply as a Python list; anything else is
    the empty list.
VQA-RAD
    The answer in the words of the right one: lower case, punctuation and articles dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from jmle_plugin.exam.kinds import NOTHING, Answer, QuestionKind
from jmle_plugin.exam.model import NumericRule, Question, Treatment
from jmle_plugin.mark import choice, numeric, terms, tokens
from jmle_plugin.mark.answer_line import find_last_word
from jmle_plugin.mark.terms import literal
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


KINDS = frozenset({QuestionKind.CHOICE, QuestionKind.NUMERIC})
"""The kinds that its exam has; of others the rule says nothing."""

_ANSWER = re.compile(r"【回答】\s*(.*)")
_MARKUP = re.compile(r"[*_`#]")
_BETWEEN = re.compile(r"[,、\s]+")
_LABEL = re.compile(r"[a-eA-E]")
_CAPITAL = re.compile(r"[A-F]")
_PUNCTUATION = re.compile(r"[^\w\s]|_")
_ARTICLES = frozenset({"a", "an", "the"})
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
_DROPPED = str.maketrans("", "", "[], ")


def read_published(question: Question, text: str, reasoning: str) -> tuple[tuple[str, ...], str]:
    """Return the answer and the text it was read from; ``()`` where there is none.

    A choice answer is a sorted tuple of labels. A numeric one is free text: ``28**`` and
    ``3 1 5`` are answers here, if never right ones.
    """
    seen = ""
    for source in (text, reasoning):
        match = _ANSWER.search(source)
        if match is None:
            continue
        seen = seen or " ".join(match.group().splitlines())
        answer = _parse(question, match.group(1))
        if answer:
            return answer, " ".join(match.group().splitlines())
    return (), seen


def _parse(question: Question, written: str) -> tuple[str, ...]:
    if not question.kind.rules.labelled:
        stripped = written.strip()
        return (stripped,) if stripped else ()
    parts = _BETWEEN.split(_MARKUP.sub("", written))
    return tuple(sorted({part.lower() for part in parts if _LABEL.fullmatch(part)}))


def has_rule(question: Question) -> bool:
    """Whether some project has a rule for such a question; else the standard one stands."""
    return question.rule in REPLY_RULES or (not question.rule and question.kind in KINDS)


def read_bare(question: Question, text: str) -> tuple[tuple[str, ...], bool]:
    """Return the answer, () where there is none, and whether it was given precisely."""
    reader = READERS[question.kind]
    if exact := reader.exact(question, text):
        return exact, True
    answer = reader.tolerant(question, text)
    if not answer:
        last = find_last_word(text)
        answer = reader.tolerant(question, last.content) if last else ()
    return answer, False


def read_published_bare(question: Question, text: str, project: str) -> tuple[str, ...]:
    """Return what `project`'s own rule makes of the record; KeyError for an unknown project."""
    return RULES[project](question, text)


def as_kept(text: str, project: str) -> str:
    """A reply as `project` kept it before its rule read it: IgakuQA in half width, lower case."""
    return text.translate(_NARROW).lower() if project == "IgakuQA" else text


def read_recorded(question: Question, written: str) -> tuple[str, ...]:
    """Return the answer that a project kept beside the reply it had read: `a,c` or a number."""
    return _between_commas(question, written.strip())


def accepts_any(project: str, treatment: Treatment) -> bool:
    """Whether `project`'s own grading counts any answer to a question so treated as correct."""
    return project in _ACCEPTING and treatment is Treatment.CREDIT_ALL


def _between_commas(question: Question, text: str) -> tuple[str, ...]:
    if not question.kind.rules.labelled:
        return (text,) if text else ()
    return _once(question, text.split(",")) if text else ()


def _without_separators(question: Question, text: str) -> tuple[str, ...]:
    left = text.strip().lower().translate(_DROPPED)
    if not question.kind.rules.labelled:
        return (left,) if left else ()
    return _once(question, list(left))


def _first_capital(question: Question, text: str) -> tuple[str, ...]:
    if question.kind.rules.partial:
        # Their `eval` of the whole reply; whatever is no list names nothing.
        return tuple(dict.fromkeys(literal(text) or ())) or (NOTHING,)
    found = _CAPITAL.search(text)
    return (found[0],) if found else ()


def _same_words(question: Question, text: str) -> tuple[str, ...]:
    written = _words(text)
    for label, option in question.options.items():
        if written and written == _words(option or label):
            return (label,)
    return (text.strip(),) if text.strip() else ()


def _words(text: str) -> list[str]:
    parts = _PUNCTUATION.sub(" ", text.lower()).split()
    return [part for part in parts if part not in _ARTICLES]


def _once(question: Question, labels: list[str]) -> tuple[str, ...]:
    # A label given twice makes another list than the key's: wrong by both rules.
    if len(set(labels)) < len(labels):
        return ()
    return question.kind.canonical(labels)


RULES: Mapping[str, Callable[[Question, str], tuple[str, ...]]] = {
    "IgakuQA": _between_commas,
    "IgakuQA119": _without_separators,
    "VQA-RAD": _same_words,
    "YakugakuQA": _between_commas,
}
"""Project whose records are answers alone -> its rule."""

REPLY_RULES: Mapping[str, Callable[[Question, str], tuple[str, ...]]] = {
    "JMED-LLM": _first_capital,
    "VQA-RAD": _same_words,
}
"""Project of a bench -> what it reads in a whole reply."""

_ACCEPTING = frozenset({"IgakuQA"})
"""IgakuQA's `scripts/evaluate_main.py` counts every answer to 116A71 as right."""
