"""Foreign text made fit to be shown: models, providers and files may say anything."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence
from typing import Any, TextIO, cast


def count(number: int, one: str, several: str = "") -> str:
    """`1 point`, `2 points`."""
    return f"{number} {one if number == 1 else several or one + 's'}"


def first_of(names: Sequence[str], most: int) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


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


_COMMAND = re.compile(r"##(?=\[)|(?:^|(?<=[\r\n]))[^\S\r\n]*:(?=:)")
"""The first half of what GitHub Actions obeys in a job's log: `##[`, and `::` at a line's start."""


class Inert:
    """Breaks the commands in a stream's text, given piece by piece: `## [` and `: :` are none."""

    def __init__(self) -> None:
        self._line = ""

    def __call__(self, text: str) -> str:
        """What to write instead of `text`."""
        made = _COMMAND.sub(r"\g<0> ", self._line + text)[len(self._line) :]
        self._line = re.split("[\r\n]", self._line + made)[-1]
        return made


class InertStream:
    """A text stream in which nothing that is written becomes a command."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._inert = Inert()

    def write(self, text: str) -> int:
        """Write, and say that all of `text` was."""
        self._stream.write(self._inert(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def inert(stream: TextIO) -> TextIO:
    """`stream`; in a job of GitHub Actions, one that lets no command through."""
    return cast("TextIO", InertStream(stream)) if in_a_job() else stream


def in_a_job() -> bool:
    """Whether GitHub Actions looks for commands in what this process prints."""
    return os.environ.get("GITHUB_ACTIONS") == "true"
