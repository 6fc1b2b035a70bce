"""Foreign text made fit to be shown: models, providers and files may say anything."""

from __future__ import annotations

import unicodedata


def count(number: int, one: str, several: str = "") -> str:
    """`1 point`, `2 points`."""
    return f"{number} {one if number == 1 else several or one + 's'}"


_HIDDEN = ("Cc", "Cs", "Zl", "Zp")
_TURNING = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def printable(text: str, *, lines: bool = False) -> str:
    """`text` without control characters, lone surrogates and marks that turn its direction.

    Each becomes a question mark; with `lines`, line breaks and tabs stay.
    """
    if text.isascii() and text.isprintable():
        return text
    kept = "\n\t" if lines else ""
    return "".join(
        "?"
        if char not in kept and (char in _TURNING or unicodedata.category(char) in _HIDDEN)
        else char
        for char in text
    )


def clipped(text: str, most: int) -> str:
    """`text`, or its first `most` characters and how many more there are."""
    if len(text) <= most:
        return text
    return f"{text[:most]} … ({len(text) - most:,} characters more)"


def encodable(text: str) -> bool:
    """Whether `text` can be written as UTF-8: lone surrogates cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
