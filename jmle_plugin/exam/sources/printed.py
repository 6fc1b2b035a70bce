"""What several layouts have in common: options as printed, answers as written.

Answers come as `a`, `A`, `ac`, `a,c`, `１`, `13`; several accepted ones as `a or c`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

_KANJI = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5}
_SELECT = re.compile(r"([0-9一二三四五])\s*つ\s*(?:を)?\s*選")
_ALL = re.compile(r"(?:すべて|全て)\s*(?:を)?\s*選")
_ORDER = re.compile(r"並べ(?:よ|る|た|て)|順(?:番|序)を")
_OR = re.compile(r"\bor\b|または|又は|もしくは|[/;]")
_NOTHING = re.compile(r"[\s,、・.()\[\]\"']+")
_WHOLE = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


def folded(text: object) -> str:
    """`text` in normal form, lower case."""
    return unicodedata.normalize("NFKC", str(text)).lower().strip()


def with_options(stem: str, options: Mapping[str, str]) -> str:
    """The question as printed: `stem` and, where it does not hold them yet, the options."""
    stem = stem.strip()
    if not options or all(text.strip() and text.strip() in stem for text in options.values()):
        return stem
    printed = "\n".join(f"{label}　{text}" for label, text in options.items())
    return f"{stem}\n\n{printed}"


def asked_for(stem: str) -> int | None:
    """How many options the words of a question ask for: 0 for all that apply, None unsaid."""
    text = folded(stem)
    if _ALL.search(text):
        return 0
    said = _SELECT.findall(text)
    return (_KANJI.get(said[-1]) or int(said[-1])) if said else None


def asks_for_order(stem: str) -> bool:
    """Whether the words of a question ask for an order."""
    return _ORDER.search(folded(stem)) is not None


def alternatives(written: str) -> list[str]:
    """The answers that `written` accepts, each by itself."""
    return [part for part in map(str.strip, _OR.split(folded(written))) if part]


def labels_of(answer: str, labels: Iterable[str]) -> tuple[str, ...]:
    """The labels written in `answer`, in their order; () where anything else is written."""
    known = {folded(label): label for label in labels}
    parts = [part for part in _NOTHING.split(folded(answer)) if part]
    if all(part in known for part in parts):
        return tuple(known[part] for part in parts)
    chars = "".join(parts)
    return tuple(known[char] for char in chars) if set(chars) <= known.keys() else ()


def number_of(answer: str) -> str | None:
    """The number written in `answer`, as the examiners wrote it."""
    text = folded(answer).replace(",", "").replace(" ", "")
    return text if _WHOLE.fullmatch(text) else None
