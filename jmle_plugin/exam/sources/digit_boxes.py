"""Keys to digit boxes: what the examiners print is digits, what is meant is a number.

A question says `解答：①②.③`, and its key may be `100`, the digits in the boxes, which is
10.0. Where a digit is printed before the boxes (`1, ①②③`), both the number (1130) and the
digits alone (130) are right answers.
"""

from __future__ import annotations

import re

_CIRCLED = "①②③④⑤⑥⑦⑧⑨"
_BOXES = re.compile(rf"(?:([0-9]+)\s?[,，]\s?)?([{_CIRCLED}]+)(?:[.．]([{_CIRCLED}]+))?", re.ASCII)


def boxed_number(key: str, text: str) -> tuple[str, ...]:
    """The numbers that answer the question `text`, of which the first is the one meant.

    A key that does not fill the boxes printed last in `text` stands as it is.
    """
    forms = list(_BOXES.finditer(text))
    if not forms or not key.isascii() or not key.isdecimal():
        return (key,)
    before, whole, fraction = forms[-1].groups()
    if len(key) != len(whole) + len(fraction or ""):
        return (key,)
    number = f"{key[: len(whole)]}.{key[len(whole) :]}" if fraction else key
    return (before + number, number) if before else (number,)
