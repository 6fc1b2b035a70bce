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

Whether what stands behind a label leaves the choice as it is.

::

    tail      = [predicate] [remark]
    predicate = closer (``が最も適切です``), behind the option's own text anything that begins
                with が or を and negates nothing (``を投与する``)
    remark    = free text that is set apart from the label

A remark does not begin with hiragana (a particle makes the label part of a sentence:
``aではなく``), names no lone letter and no other option's text, and holds no word of doubt or
negation. Brackets around it may hold formulas (``計算式は2×…``), since a question mark alone
raises doubt there; a mark at their beginning (``×``) judges the choice and is refused. A stated
reason (``理由：…``) speaks of the case: what it denies is not the choice.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import pairwise
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
_UNSURE = re.compile(
    r"かも|おそらく|恐らく|たぶん|多分|迷|自信(?!度|あり|があ)|わから|分から|どちら"
    r"|判断(?:でき|がつ)|選べ|決めら|決めかね|断定|言い切れ|言えな|言えま"
)
"""Doubt about the choice itself."""
_CONTRARY = re.compile(
    r"または|又は|もしくは|若しくは|あるいは|或いは|ではな|でな|じゃな|くな[いく]|以外|いずれ|不明"
    r"|誤[りっ答]|間違|不正解|不適|ふさわしくな|否定[さしすで的]|除外[さしすで]|を除|違[いうっ]"
)
"""Alternatives and negation."""
_DENIED = re.compile(r"(?:ない|ません|避ける|避けるべき|不要|禁忌)(?:です|である|だ)?$")
"""What denies the choice where it ends a claim, but not where it describes the case."""
_NEGATED = re.compile(
    r"な[いくかし]|無[いく]|ませ[んぬ]|ぬ|(?<!ま)ず|[不非誤否避禁]|違|除|外れ|疑問|より|だが|[もか]$"
)
_DOUBT_WORDS = frozenset({"or", "not", "either", "neither", "except", "unknown", "none", "unsure"})
_REASON = re.compile(r"理由|根拠|なぜなら|because|reason")
_QUESTION = frozenset("?")


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


def leaves_choice(
    tail: Sequence[Token], own: Sequence[str], others: Mapping[str, Sequence[str]], *, named: bool
) -> bool:
    """Whether `tail`, all that stands behind a label up to the next, leaves it chosen.

    `own` are the words of the option's text (its tokens without links), `others` those of the
    other options by label; `named` says that the option's own text stood between the label and
    `tail`.
    """
    words = [token for token in tail if token.kind != "link"]
    if not words:
        return named
    if not named and (tail[0].kind == "sep" or _begins_as_another(words, own, others)):
        return False
    first = words[0]
    joined = first is tail[0] and first.glued
    if (joined or "ぁ" <= first.text[0] <= "ゖ") and not _is_predicate(first, named=named):
        return False
    stated = next((at for at, token in enumerate(tail) if _REASON.match(token.text)), len(tail))
    claim, reason = tail[:stated], tail[stated:]
    if any(_holds(claim, text, own) for text in others.values()):
        return False
    end = Token("end", "", glued=False)
    before = [end, *tail]
    return not any(
        _doubtful(token, previous, following)
        for previous, (token, following) in zip(before, pairwise([*claim, end]), strict=False)
    ) and not any(token.text in _QUESTION or _UNSURE.search(token.text) for token in reason)


def _is_predicate(token: Token, *, named: bool) -> bool:
    if is_closer(token):
        return True
    return named and token.text[0] in "がを" and not _NEGATED.search(token.text)


def _begins_as_another(
    words: Sequence[Token], own: Sequence[str], others: Mapping[str, Sequence[str]]
) -> bool:
    """Whether another option's text, as the subject of a sentence, stands behind the label."""
    written = [token.text for token in words]
    if own and "".join(written).startswith("".join(own)):
        return False
    for text in filter(None, others.values()):
        size = len(text)
        if written[: size - 1] == list(text[:-1]) and len(written) >= size:
            following = [written[size - 1].removeprefix(text[-1]), *written[size:], ""]
            particle = following[0] or following[1]
            if following[0] != written[size - 1] and "ぁ" <= particle[:1] <= "ゖ":
                return True
    return False


def _holds(tail: Sequence[Token], text: Sequence[str], own: Sequence[str]) -> bool:
    """Whether the text of another option is `tail`, or stands in it.

    A mere number or letter, and what the option's own text holds as well, may stand in it.
    """
    written = [token.text for token in tail if token.kind != "link"]
    size = len(text)
    alone = [token.text for token in tail if token.kind not in ("link", "sep")] == list(text)
    if not size or (size == 1 and (text[0].isdecimal() or len(text[0]) == 1)):
        return bool(size) and alone
    places = [at for at in range(len(written) - size + 1) if written[at : at + size] == list(text)]
    return bool(places) and (alone or "".join(text) not in "".join(own))


def _doubtful(token: Token, previous: Token, following: Token) -> bool:
    within = token.inside and previous.inside
    if token.kind == "word":
        # A lone letter may be an answer; the X of X線 is not alone, nor is that of a formula.
        alone = not within and not (following.glued and following.kind == "text")
        letter = token.text.isalpha() and len(token.text) == 1
        return (alone and letter) or token.text in _DOUBT_WORDS
    if token.kind == "refuse":
        dots = token.inside and token.text.startswith("..")
        return token.text in _QUESTION or not (within or dots)
    denied = not token.inside and _DENIED.search(token.text)
    return bool(denied or _UNSURE.search(token.text) or _CONTRARY.search(token.text))
