"""Answers without a reply around them: other projects' records that kept the answer alone.

standard
    The whole record is the answer: precisely labels or a number is *exact*, what the
    grammars of ``choice``, ``sequence`` and ``numeric`` read is *tolerant*. Where that yields
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
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jmle_plugin.exam.model import Question, Treatment
from jmle_plugin.mark.answer_line import find_last_word
from jmle_plugin.mark.readers import READERS

_DROPPED = str.maketrans("", "", "[], ")


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


def _once(question: Question, labels: list[str]) -> tuple[str, ...]:
    # A label given twice makes another list than the key's: wrong by both rules.
    if len(set(labels)) < len(labels):
        return ()
    return question.kind.canonical(labels)


RULES: Mapping[str, Callable[[Question, str], tuple[str, ...]]] = {
    "IgakuQA": _between_commas,
    "IgakuQA119": _without_separators,
    "YakugakuQA": _between_commas,
}
"""Project -> its rule."""

_ACCEPTING = frozenset({"IgakuQA"})
"""IgakuQA's `scripts/evaluate_main.py` counts every answer to 116A71 as right."""
