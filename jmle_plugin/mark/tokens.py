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
A leader and a closer are texts that say that what stands beside them is the answer.
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
_JOINING = re.compile(r"(?:と|及び|および|and)(?:選択肢)?")
_OPENING, _CLOSING = "([{", ")]}"
_LEADER = re.compile(
    r"(?:最も)?(?:適切な|正しい)?(?:選択肢|正解|正答|答え|解答|回答)(?:は(?:選択肢)?)?|option|answer"
)
_CLOSER = re.compile(
    r"(?![がはを]?(?:最も|もっとも|一番)?$)[がはを]?(?:最も|もっとも|一番)?"
    r"(?:適切|適当|妥当|最適|正しい|正解|正答|答え|該当(?:する|します)?"
    r"|(?:選択|回答|解答)(?:する|します|した|しました)|選(?:ぶ|びます|んだ|びました)"
    r"|(?:と)?(?:考え(?:る|ます|られる|られます)|判断(?:する|します|した|しました)))?"
    r"(?:である|です|だ)?(?:と(?:考え(?:る|ます|られる|られます)|判断(?:する|します|した|しました)))?"
)


def is_leader(token: Token) -> bool:
    """Whether it says that an answer follows: 正解は."""
    return _LEADER.fullmatch(token.text) is not None


def is_closer(token: Token) -> bool:
    """Whether it ends a sentence that says that the answer stands before it: が最も適切です."""
    return token.kind == "text" and _CLOSER.fullmatch(token.text) is not None


class Token(NamedTuple):
    """One token of the table above."""

    kind: str
    text: str
    glued: bool
    """Nothing stands between this token and the one before."""
    inside: bool = False
    """It stands in round, square or curly brackets."""


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
    depth = 0
    folded = _fold(LATEX.sub(" ", content))
    if any(label.isdecimal() for label in question.labels):
        folded = _COUNTED.sub(" ", folded)
    for match in _TOKEN.finditer(folded):
        kind = match.lastgroup or "text"
        if kind == "blank":
            glued = False
            depth += (match[0] in _OPENING) - (match[0] in _CLOSING and depth > 0)
            continue
        text = match.group()
        if _JOINING.fullmatch(text):
            kind = "sep"
        found.append(Token(kind, text, glued, depth > 0))
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
