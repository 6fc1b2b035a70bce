"""An answer cut into tokens, for the readers of labels.

The content is normalised (NFKC, lower case; LaTeX commands dropped) and cut into tokens:

====== ===================================================================
blank  white space, brackets, quotes, markdown, ``.`` ``。`` ``!``: no meaning
word   a run of ASCII letters and digits
link   ``:`` ``-`` ``=`` ``/`` ``|`` ``<`` ``>`` ``→``: may stand beside text, never
       between two labels
sep    ``,`` ``、`` ``・`` ``;`` ``&`` ``+``, and the words と 及び および and
text   any other run
refuse ``?`` ``~`` ``±`` ``×`` ``..`` and the like: a question, a range, a placeholder
====== ===================================================================

Where labels are numbers, 番 behind one is blank (``3番``; 番目 is not: it counts something).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from jmle_plugin.exam.model import NumericRule, Question
from jmle_plugin.mark.answer_line import LATEX

_BLANK = r"\s\u200b\ufe0f\ufeff*_`#$\\()\[\]{}【】〔〕《》〈〉「」『』\"'“”‘’.。!"
_LINK = r":\-=/|<>→‐–—−"
_SEP = r",、・;&+"
_REFUSE = r"?~〜±×✕✗❌"
_TOKEN = re.compile(
    rf"(?P<refuse>\.\.+|[{_REFUSE}])|(?P<blank>[{_BLANK}])|(?P<word>[a-z0-9]+)"
    rf"|(?P<link>[{_LINK}])|(?P<sep>[{_SEP}])"
    rf"|(?P<text>[^{_REFUSE}{_BLANK}a-z0-9{_LINK}{_SEP}]+)"
)
_COUNTED = re.compile(r"(?<=[0-9])番(?!目)")
_JOINING = frozenset({"と", "及び", "および", "and"})
LEADERS = frozenset(
    [
        noun + particle
        for noun in ("選択肢", "正解", "正答", "答え", "解答")
        for particle in ("", "は")
    ]
    + ["option", "answer"]
)
"""Words before an answer that say it is one."""
CLOSERS = frozenset({"です", "である"})
"""Words behind an answer that end a sentence."""


class Token(NamedTuple):
    """One token of the table above."""

    kind: str
    text: str
    glued: bool
    """Nothing stands between this token and the one before."""


def _fold(text: str) -> str:
    # Lower-casing can undo the normal form, hence once more.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())


def by_folded(question: Question) -> dict[str, str]:
    """Folded label -> label."""
    return {_fold(label): label for label in question.labels}


def tokens_of(question: Question, content: str) -> list[Token]:
    """The tokens of ``content``, as an answer to ``question``."""
    found: list[Token] = []
    glued = False
    folded = _fold(LATEX.sub(" ", content))
    if any(label.isdecimal() for label in question.labels):
        folded = _COUNTED.sub(" ", folded)
    for match in _TOKEN.finditer(folded):
        kind = match.lastgroup or "text"
        if kind == "blank":
            glued = False
            continue
        text = match.group()
        if text in _JOINING:
            kind = "sep"
        found.append(Token(kind, text, glued))
        glued = True
    return found


def judge(
    question: Question,
    answer: tuple[str, ...],
    accepted: Sequence[tuple[str, ...]],
    _rule: NumericRule,
) -> bool | None:
    """Tell whether labels are an accepted answer; None where they are not as many as asked.

    As many as an accepted answer has are as many as asked, too.
    """
    count = len(set(answer))
    if not question.takes(count) and count not in map(len, accepted):
        return None
    canonical = question.kind.canonical
    return canonical(answer) in map(canonical, accepted)
