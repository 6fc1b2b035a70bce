"""JMLE2026-Bench's own rule, to the letter, so that its leaderboards come out exactly.

The first ``【回答】`` of the reply counts, with the rest of the line its text begins on; where
that yields no answer, the same in the reasoning. Labels are single letters a to e between
commas and white space, whatever the question offers; a number is the text as it stands.
Nothing here may be improved: a better reading is the standard rule's business.
"""

from __future__ import annotations

import re

from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.model import Question

KINDS = frozenset({QuestionKind.CHOICE, QuestionKind.NUMERIC})
"""The kinds that its exam has; of others the rule says nothing."""

_ANSWER = re.compile(r"【回答】\s*(.*)")
_MARKUP = re.compile(r"[*_`#]")
_BETWEEN = re.compile(r"[,、\s]+")
_LABEL = re.compile(r"[a-eA-E]")


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
