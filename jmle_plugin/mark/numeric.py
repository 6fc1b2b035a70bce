"""Read a number out of what follows the answer marker.

The content must hold one number, whatever words stand around it (``約 12 mL/分``); the same
number twice is one. It is kept as written, in ASCII digits: ``0.40`` stays ``0.40``, a sign
stays, thousands commas go.

- Not numbers: digits inside a unit (``kgH₂O``, ``m²``, ``mL/分/1.73 m²``) or after 第.
- Digit boxes: single digits set apart by white space (``3 1 5``), or numbered from ① on in
  order (``①=3 ②=1 ③=5``), are one number. Where the question prints its boxes
  (``①．②③``) their count must match, and a printed decimal point takes its place.
- Numbered boxes around one number of several digits (``①27%``, ``①146②mg/dl``) only decorate it.
- Refused: two different numbers, ranges and bounds, alternatives, powers and products,
  a question mark, digits of other scripts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from itertools import pairwise

from jmle_plugin.exam.kinds import Answer
from jmle_plugin.exam.model import NumericRule, Question
from jmle_plugin.mark.answer_line import LATEX

# No exam asks for more digits; longer ones would only fill the records.
_LONGEST = 64

_EXACT = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_NUMBER = re.compile(r"[+-]?(?:(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+)")
_REFUSED = re.compile(
    r"[?~〜±×÷<>≤≥≦≧⁄]|\d\s*[\^/]\s*\d|\d[eE][+-]?\d|\d\.\d+\.\d|[A-Za-z\d]-\d|-\s+\d"
    r"|または|又は|もしくは|若しくは|あるいは|或いは|ではな|でな|じゃな|不明|以上|以下|未満|超|より"
    r"|\b(?:or|not|unknown|over|under|leq?|geq?|sim)\b"
)
# Removing these would join or set apart two factors: 3*5, 3 * 5, 3_5.
_BETWEEN_DIGITS = re.compile(r"\d[*_`#$\\{}]+\d|\d\s+\*{1,2}\s+\d")
_MARKUP = str.maketrans(dict.fromkeys("*_`#$\\{}\u200b\ufeff", " "))
_MINUS = str.maketrans(dict.fromkeys("−‐‑‒–﹣－", "-"))
_SUPERSCRIPT = re.compile("[⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_UNMARKED = str.maketrans(dict.fromkeys(_CIRCLED, " "))
_SEVERAL_DIGITS = re.compile(r"\d[.,．，]?\d")
_PRINTED_BOXES = re.compile(rf"①(?:[．.]?[{_CIRCLED[1:]}])+")
_NUMBERED_BOX = re.compile(
    rf"([{_CIRCLED}])\s?[=＝:：は]?\s?([0-9０-９])(?![0-9０-９])\s?[,、，;]?"
)


def read_exact(_question: Question, content: str) -> tuple[str, ...]:
    """Return the number of ``3.14``; () where anything else is written."""
    return _checked(content) if _EXACT.fullmatch(content) else ()


def read(question: Question, content: str) -> tuple[str, ...]:
    """Return the one number that ``content`` holds; () where there is none, or two."""
    if _BETWEEN_DIGITS.search(content):
        return ()
    spaced = " ".join(LATEX.sub(" ", content).translate(_MARKUP).split())
    marks = [char for char in spaced if char in _CIRCLED]
    if marks:
        boxed = _numbered_boxes(question, spaced)
        if boxed or marks != list(_CIRCLED[: len(marks)]):
            return boxed
        unmarked = spaced.translate(_UNMARKED)
        # Single digits would be some boxes of several, the others left empty.
        return _one_number(question, unmarked) if _SEVERAL_DIGITS.search(unmarked) else ()
    return _one_number(question, spaced)


def _one_number(question: Question, spaced: str) -> tuple[str, ...]:
    raised = _SUPERSCRIPT.sub("^2", spaced)
    plain = unicodedata.normalize("NFKC", raised.translate(_MINUS)).translate(_MINUS)
    if _REFUSED.search(plain):
        return ()
    found = list(_numbers(plain))
    if _are_boxes(plain, found):
        return _in_boxes(question, [match.group() for match in found], plain)
    written = {match.group().replace(",", "") for match in found}
    return _checked(written.pop()) if len(written) == 1 else ()


def begins(_question: Question, content: str) -> bool:
    """Tell whether ``content`` begins with a digit, a sign or a numbered box."""
    start = content.lstrip(" \t\u3000*_`#$(（[:：\"'「")[:1]
    return start.isdecimal() or start in tuple("+-−－.．" + _CIRCLED)


def judge(
    _question: Question, answer: Answer, accepted: Sequence[Answer], rule: NumericRule
) -> bool | None:
    """Tell whether a number is right; None where it is none.

    Text that is no number (the published rule keeps it) is right where the rule is
    ``NumericRule.TEXT`` and the key has that text.
    """
    written, keys = answer[0], [text for one in accepted for text in one]
    if rule is NumericRule.TEXT and written in keys:
        return True
    value = as_number(written)
    if value is None:
        return None
    return rule is NumericRule.NUMBER and any(value == as_number(text) for text in keys)


def as_number(text: str) -> Decimal | None:
    """The finite number that `text` is, however it is written; None for anything else."""
    try:
        value = Decimal(text)
    except (InvalidOperation, ValueError):
        return None
    return value if value.is_finite() else None


def _numbers(plain: str) -> Iterator[re.Match[str]]:
    for match in _NUMBER.finditer(plain):
        before = plain[: match.start()][-1:]
        if not (before.isascii() and before.isalpha()) and before not in ("^", "/", "第"):
            yield match


def _checked(number: str) -> tuple[str, ...]:
    return (number,) if number.isascii() and len(number) <= _LONGEST else ()


def _are_boxes(plain: str, found: list[re.Match[str]]) -> bool:
    gaps = [plain[left.end() : right.start()] for left, right in pairwise(found)]
    single = all(len(match.group()) == 1 for match in found)
    spaced = bool(gaps) and set(gaps) <= {" ", " . "} and gaps.count(" . ") <= 1
    return single and spaced


def _in_boxes(question: Question, digits: list[str], plain: str) -> tuple[str, ...]:
    number = "".join(digits)
    point = plain.find(" . ")
    if point >= 0:
        whole = sum(char.isdecimal() for char in plain[:point])
        number = f"{number[:whole]}.{number[whole:]}"
    printed = _PRINTED_BOXES.search(question.text)
    if printed is None:
        return _checked(number)
    form = printed.group()
    if sum(char in _CIRCLED for char in form) != len(digits):
        return ()
    filling = iter(digits)
    filled = "".join(next(filling) if char in _CIRCLED else "." for char in form)
    return _checked(filled) if point < 0 or filled == number else ()


def _numbered_boxes(question: Question, spaced: str) -> tuple[str, ...]:
    boxes = _NUMBERED_BOX.findall(spaced)
    rest = _NUMBERED_BOX.sub("", spaced)
    in_order = [mark for mark, _ in boxes] == list(_CIRCLED[: len(boxes)])
    if not in_order or any(char.isdigit() for char in rest) or _REFUSED.search(rest):
        return ()
    return _in_boxes(question, [unicodedata.normalize("NFKC", digit) for _, digit in boxes], "")
