"""Read a set of expressions out of all that follows the answer marker.

::

    answer = list | line { line }
    list   = a JSON list of texts, or one as Python writes it
    line   = one expression; a bullet, a number with a blank behind it and quotes around are dropped

A blank line ends the answer. An expression may hold commas, so a line is never cut at them. An
empty list, an empty answer and `なし` are the empty set; an expression named twice is named once.
Expressions are compared in normal form (NFKC) without blanks around, and in no other way folded.
"""

from __future__ import annotations

import ast
import json
import re
import unicodedata
import warnings
from collections.abc import Iterable, Sequence
from itertools import dropwhile, takewhile

from jmle_plugin.exam.kinds import NOTHING, Answer
from jmle_plugin.exam.model import NumericRule, Question
from jmle_plugin.mark.answer_line import DECORATION, marker_pattern

_LIMIT = 20_000
"""Characters of an answer that are read; real ones have a few hundred."""
_FENCE = re.compile(r"^\s*```[A-Za-z]*\s*$", re.MULTILINE)
_BULLET = re.compile(r"^\s*(?:[-*・•‣●]\s*|\(?[0-9]{1,3}[.)．）]\s+)")
_QUOTES = {"「": "」", "『": "』", '"': '"', "'": "'", "`": "`", "“": "”"}


def folded_term(text: str) -> str:
    """An expression as it is compared."""
    return unicodedata.normalize("NFKC", text).strip()


def read_exact(_question: Question, content: str) -> Answer:
    """Return the expressions of a JSON list, or of lines that hold nothing else."""
    found = _json(content.strip())
    if found is None:
        lines = content.strip("\n").split("\n")
        plain = all(line.strip() and line == _undressed(line) for line in lines)
        found = lines if plain and not content.lstrip().startswith("[") else None
    return () if found is None else _once(found)


def read(_question: Question, content: str) -> Answer:
    """Return the expressions that a person would read; () where a list is broken."""
    body = _FENCE.sub("", content[:_LIMIT]).strip()
    if body.startswith("["):
        written = body[: body.rfind("]") + 1]
        found = _json(written)
        if found is None:
            found = literal(written)
        return () if found is None else _once(found)
    lines = dropwhile(lambda line: not line.strip(), _FENCE.sub("", content[:_LIMIT]).split("\n"))
    return _once(map(_undressed, takewhile(lambda line: line.strip(), lines)))


def behind_marker(text: str, marker: str) -> str | None:
    """All that stands behind the last marker that leads its line; None where there is none."""
    pattern = marker_pattern(marker)
    for match in reversed(list(pattern.finditer(text))):
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if not line.strip(DECORATION):
            rest = text[match.end() :]
            # What closes a dressed marker (**Answer:**) is no expression.
            first, _, more = rest.partition("\n")
            first = first.lstrip("*`").strip()
            return f"{first}\n{more}" if first else more
    return None


def is_list(text: str) -> bool:
    """Whether `text`, without a fence of code around it, is a list of texts and nothing else."""
    body = _FENCE.sub("", text[:_LIMIT]).strip()
    return body.startswith("[") and (_json(body) is not None or literal(body) is not None)


def literal(text: str) -> list[str] | None:
    """The texts of a list as Python writes it; None for anything else. Nothing is evaluated."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an unknown escape in the text
            found = ast.literal_eval(text[:_LIMIT].strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None
    return [str(one) for one in found] if isinstance(found, list) else None


def _json(text: str) -> list[str] | None:
    try:
        found = json.loads(text[:_LIMIT])
    except (ValueError, RecursionError):
        return None
    texts = isinstance(found, list) and all(isinstance(one, str) for one in found)
    return found if texts else None


def _undressed(line: str) -> str:
    text = _BULLET.sub("", line).strip()
    if len(text) > 1 and _QUOTES.get(text[0]) == text[-1] and text[0] not in text[1:-1]:
        text = text[1:-1].strip()
    return NOTHING if text.rstrip("。.") == NOTHING else text


def _once(expressions: Iterable[str]) -> Answer:
    """Each expression once, in the order of their text; `NOTHING` alone for none."""
    found: dict[str, str] = {}
    for one in expressions:
        if folded := folded_term(one):
            found.setdefault(folded, one.strip())
    return tuple(sorted(found.values())) or (NOTHING,)


def judge(
    _question: Question, answer: Answer, accepted: Sequence[Answer], _rule: NumericRule
) -> bool | None:
    """Tell whether the expressions are those of an accepted answer."""
    return term_set(answer) in map(term_set, accepted)


def term_set(answer: Iterable[str]) -> frozenset[str]:
    """The expressions as they are compared."""
    return frozenset(map(folded_term, answer))
