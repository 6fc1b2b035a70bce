r"""Find the line of a reply that gives the answer.

An answer line holds the marker that the prompt asked for, ``【回答】`` unless it names another:

- A marker that leads its line, behind decoration only (``## 【回答】c``), makes an answer line,
  readable or not.
- A marker behind other text (``以上より【回答】c``) does so only where something that begins
  like an answer follows; otherwise the text merely mentions the marker.
- Where the rest of the line is empty, the answer is the next line that is not.
- A line with several markers is an answer line that cannot be read.
- A line that quotes the form (``（形式：【回答】a）``, ``「【回答】a」の形式で``,
  ``【回答】〈記号〉``) is none where there is another, and cannot be read where there is not.

A passage copied from the messages that were sent, an example of the form with the words that
introduce it, is an echo and no answer line; the same line by itself is one.

The last answer line counts. Stand-ins are what people accept in its place where there is
none: another bracketed word (``【解答】c``, ``[回答] c``, ``【回答：c】``), ``\boxed{c}``, or a
word with a colon in the last line (``解答：c``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

DECORATION = (
    " \t\r\n\f\v\u3000\u00a0\u202f\u200b\ufeff*_`#>~|:：\"'“”「」『』()（）[]［］{}【】$\\-・•"
)
"""Characters that decorate an answer or a marker and mean nothing by themselves."""

LATEX = re.compile(r"\\(?:[,;:! ]|(?:boxed|text|textbf|mathrm|mathbf|rm|bf|quad)(?![A-Za-z]))")
"""LaTeX that dresses an answer: spacing, boxes and fonts."""

# No answer is this long; the limit also bounds the work of every reader.
_CONTENT_LIMIT = 2000
_SHORT = 20
"""Characters; what is no longer may stand in a question and be its answer."""

_BRACKETED = re.compile(
    r"[【\[［〔<＜《][\s*_]{0,4}(?:最終)?(?:回答|解答|答え)[\s*_]{0,4}[】\]］〕>＞》:：]"
)
_BOXED = re.compile(r"\\boxed\s{0,4}\{")
_WORD = re.compile(r"(?<![不無])(?:回答|解答|答え|正解)[\s*_]{0,4}[:：]")
ANY_WORD = re.compile(rf"{_WORD.pattern}|answer[\s*_]{{0,4}}[:：]", re.IGNORECASE)
"""Words with a colon that come before an answer, whatever was asked for."""

_ANY_MARK = re.compile(f"{_BRACKETED.pattern}|{_BOXED.pattern}|{ANY_WORD.pattern}")
_UNDECORATED = dict.fromkeys(map(ord, DECORATION))

_FORM = r"(?:形式|書式|フォーマット|format|例)"
_FORM_BEFORE = re.compile(
    rf"{_FORM}\s{{0,4}}(?:は|が|[:：=])?[\s「『\"'“（(`*]{{0,9}}$", re.IGNORECASE
)
_FORM_BEHIND = re.compile(
    rf"[\s*_`A-Za-z0-9.,、]{{0,16}}[」』\"'”）)`]{{0,3}}(?:の|という|のような|といった)(?:{_FORM}|ように)"
)
_BLANK_FORM = re.compile(
    r"(?:[〈<＜《\[［〔{｛][^〉>＞》\]］〕}｝]{0,40}(?:記号|数値|数字|番号|選択肢|答|letter|option|number)"
    r"[^〉>＞》\]］〕}｝]{0,40}[〉>＞》\]］〕}｝][\s,、]{0,4}){1,20}"
)


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One answer line.

    ``shown`` is the raw line, joined by a space with the following one where that holds
    the answer. ``content`` is what follows the marker, trimmed; empty where it cannot be
    read. ``plain`` says that the line is the marker and ``content`` and nothing else.
    """

    shown: str
    content: str
    plain: bool


def find_answer_line(
    text: str, marker: str, begins: Callable[[str], bool], *, leading_only: bool = False
) -> AnswerLine | None:
    """Return the last answer line of ``text``, or None where there is none.

    ``begins`` tells whether a content begins like an answer. With ``leading_only`` a
    marker behind other text never counts.
    """
    pattern = marker_pattern(marker)
    if not pattern.search(text):
        return None
    quoted: AnswerLine | None = None
    lines = text.splitlines()
    for index in range(len(lines) - 1, -1, -1):
        line = lines[index]
        match = pattern.search(line)
        if match is None:
            continue
        before, rest = line[: match.start()], line[match.end() :]
        leading = not before.strip(DECORATION)
        if leading_only and not leading:
            continue
        found = _take(lines, index, rest, pattern)
        if _quotes_form(before, found.content or rest):
            quoted = quoted or AnswerLine(found.shown, "", plain=False)
        elif leading or pattern.search(rest) or begins(found.content):
            plain = match[0] == marker and found.plain and not before
            return AnswerLine(found.shown, found.content, plain)
    return quoted


def without_echoes(text: str, asked: Sequence[str], marker: str) -> str:
    """`text` without the answer lines that it copies from what was `asked`, a text a message.

    One is copied where what stands before it is: the line before, or on its own line the text
    before the marker. An example that is alone in its message has nothing before it.
    """
    marks = re.compile(f"{marker_pattern(marker).pattern}|{_ANY_MARK.pattern}", re.IGNORECASE)
    if not asked or not marks.search(text):
        return text
    sent = [[bare for line in one.splitlines() if (bare := _bare(line))] for one in asked]
    flow = [line for lines in sent for line in lines]
    lines = text.splitlines()
    written = [at for at, line in enumerate(lines) if _bare(line)]
    for place, at in enumerate(written):
        mark = marks.search(lines[at])
        if mark is None:
            continue
        own = _bare(lines[at])
        before = _bare(lines[written[place - 1]]) if place else ""
        if _bare(lines[at][: mark.start()]):
            copied = any(own in line for line in flow)
        elif _bare(lines[at][mark.end() :]):
            copied = before != "" and any(
                line == own and above.endswith(before) for above, line in pairwise(flow)
            )
        else:  # what is answered stands on the next line
            around = [_bare(lines[one]) for one in written[max(place - 1, 0) : place + 2]]
            copied = len(around) > 2 and _stands_in(around, flow)  # noqa: PLR2004 - before, mark, answer
        if copied:
            lines[at] = ""
    return "\n".join(lines)


def is_echo(text: str, asked: Sequence[str], options: Mapping[str, str]) -> bool:
    """Whether all of `text` is a passage of what was `asked`, and more than options named there."""
    lines = [bare for line in text.splitlines() if (bare := _bare(line))]
    named = {_bare(label) for label in options} | {_bare(one) for one in options.values()}
    named |= {_bare(f"{label}{one}") for label, one in options.items()}
    passage = "".join(lines)
    if set(lines) <= named or len(passage) <= _SHORT:
        return False
    return passage in "".join(_bare(line) for one in asked for line in one.splitlines())


def find_stand_ins(text: str) -> Iterator[AnswerLine]:
    """Yield the last bracketed stand-in, the last box and the last word of ``text``, if any."""
    lines = text.splitlines()
    for pattern in (_BRACKETED, _BOXED):
        for index in range(len(lines) - 1, -1, -1):
            marks = list(pattern.finditer(lines[index]))
            if not marks:
                continue
            if len(marks) == 1:
                found = _take(lines, index, lines[index][marks[0].end() :], pattern)
                yield AnswerLine(found.shown, found.content, plain=False)
            break
    if last := find_last_word(text, _WORD):
        yield last


def find_last_word(text: str, word: re.Pattern[str] = ANY_WORD) -> AnswerLine | None:
    """Return the line that ends ``text`` where a word with a colon says that it is the answer.

    The word may stand behind other text, or alone on the line before.
    """
    written = (line for line in reversed(text.splitlines()) if line.strip(DECORATION))
    lines = list(islice(written, 2))[::-1]
    for index in reversed(range(len(lines))):
        marks = list(word.finditer(lines[index]))
        if not marks:
            continue
        rest = lines[index][marks[-1].end() :]
        if index == len(lines) - 1 or not rest.strip(DECORATION):
            found = _take(lines, index, rest, word)
            return AnswerLine(found.shown, found.content, plain=False)
    return None


def marker_pattern(marker: str) -> re.Pattern[str]:
    """What a marker looks like in a reply: a word with a colon may be dressed (**Answer**: c)."""
    word = marker.rstrip(":：")
    if word == marker:
        return re.compile(re.escape(marker))
    return re.compile(rf"(?<![A-Za-z]){re.escape(word)}[\s*_]{{0,4}}[:：]", re.IGNORECASE)


def _bare(line: str) -> str:
    """A line as it is compared: without decoration."""
    return unicodedata.normalize("NFKC", line).translate(_UNDECORATED)


def _stands_in(lines: Sequence[str], flow: Sequence[str]) -> bool:
    size = len(lines)
    return any(flow[at : at + size] == lines for at in range(len(flow) - size + 1))


def _quotes_form(before: str, content: str) -> bool:
    """Whether a line speaks of the form of an answer instead of giving one."""
    return bool(
        _FORM_BEFORE.search(before[-40:])
        or _FORM_BEHIND.match(content)
        or _BLANK_FORM.fullmatch(content.strip(" \t\u3000*_`"))
    )


def _take(lines: list[str], index: int, rest: str, pattern: re.Pattern[str]) -> AnswerLine:
    line = lines[index]
    if pattern.search(rest):
        return AnswerLine(line, "", plain=False)
    if rest.strip(DECORATION):
        # A marker that is a word is set apart from the answer by one blank.
        spaced = line[: -len(rest)].endswith(":")
        return AnswerLine(line, _bounded(rest.removeprefix(" ") if spaced else rest), plain=True)
    for following in range(index + 1, len(lines)):
        follower = lines[following]
        if follower.strip(DECORATION):
            content = "" if pattern.search(follower) else _bounded(follower)
            return AnswerLine(f"{line.strip()} {follower.strip()}", content, plain=False)
    return AnswerLine(line, "", plain=False)


def _bounded(content: str) -> str:
    if len(content) <= _CONTENT_LIMIT:
        return content
    stripped = content.strip()
    return stripped if len(stripped) <= _CONTENT_LIMIT else ""
