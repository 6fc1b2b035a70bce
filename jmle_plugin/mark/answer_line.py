r"""Find the line of a reply that gives the answer.

An answer line holds the marker ``【回答】``:

- A marker that leads its line, behind decoration only (``## 【回答】c``), always makes an
  answer line, readable or not.
- A marker behind other text (``以上より【回答】c``) does so only where something that begins
  like an answer follows; otherwise the text merely mentions the marker.
- Where the rest of the line is empty, the answer is the next line that is not.
- A line with several markers is an answer line that cannot be read.

The last answer line counts. Stand-ins are what people accept in its place where there is
none: another bracketed word (``【解答】c``, ``[回答] c``, ``【回答：c】``) or ``\boxed{c}``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

MARKER = "【回答】"

DECORATION = (
    " \t\r\n\f\v\u3000\u00a0\u202f\u200b\ufeff*_`#>~|:：\"'“”「」『』()（）[]［］{}【】$\\-・•"
)
"""Characters that decorate an answer or a marker and mean nothing by themselves."""

LATEX = re.compile(r"\\(?:[,;:! ]|(?:boxed|text|textbf|mathrm|mathbf|rm|bf|quad)(?![A-Za-z]))")
"""LaTeX that dresses an answer: spacing, boxes and fonts."""

# Nobody writes an answer this long; it also bounds the work of every reader.
_CONTENT_LIMIT = 2000

_BRACKETED = re.compile(
    r"[【\[［〔<＜《][\s*_]{0,4}(?:最終)?(?:回答|解答|答え)[\s*_]{0,4}[】\]］〕>＞》:：]"
)
_BOXED = re.compile(r"\\boxed\s{0,4}\{")


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
    text: str, begins: Callable[[str], bool], *, leading_only: bool = False
) -> AnswerLine | None:
    """Return the last answer line of ``text``, or None where there is none.

    ``begins`` tells whether a content begins like an answer. With ``leading_only`` a
    marker behind other text never counts.
    """
    if MARKER not in text:
        return None
    lines = text.splitlines()
    for index in range(len(lines) - 1, -1, -1):
        line = lines[index]
        if MARKER not in line:
            continue
        before, _, rest = line.partition(MARKER)
        leading = not before.strip(DECORATION)
        if leading_only and not leading:
            continue
        found = _take(lines, index, rest)
        if leading or MARKER in rest or begins(found.content):
            return found
    return None


def find_stand_ins(text: str) -> Iterator[AnswerLine]:
    """Yield the last bracketed stand-in and the last box of ``text``, where there are any."""
    lines = text.splitlines()
    for pattern in (_BRACKETED, _BOXED):
        for index in range(len(lines) - 1, -1, -1):
            marks = list(pattern.finditer(lines[index]))
            if not marks:
                continue
            if len(marks) == 1:
                found = _take(lines, index, lines[index][marks[0].end() :])
                yield AnswerLine(found.shown, found.content, plain=False)
            break


def _take(lines: list[str], index: int, rest: str) -> AnswerLine:
    line = lines[index]
    if MARKER in rest:
        return AnswerLine(line, "", plain=False)
    if rest.strip(DECORATION):
        return AnswerLine(line, _bounded(rest), plain=line == MARKER + rest)
    for following in range(index + 1, len(lines)):
        follower = lines[following]
        if follower.strip(DECORATION):
            content = "" if MARKER in follower else _bounded(follower)
            return AnswerLine(f"{line.strip()} {follower.strip()}", content, plain=False)
    return AnswerLine(line, "", plain=False)


def _bounded(content: str) -> str:
    if len(content) <= _CONTENT_LIMIT:
        return content
    stripped = content.strip()
    return stripped if len(stripped) <= _CONTENT_LIMIT else ""
