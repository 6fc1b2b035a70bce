"""Which letters a plot can show on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

from jmle_plugin.text import printable

OWN = "DejaVu Sans"
"""It comes with matplotlib."""
JAPANESE = (
    "Noto Sans CJK JP", "Noto Sans JP", "Source Han Sans JP", "Hiragino Sans",
    "Hiragino Kaku Gothic ProN", "BIZ UDGothic", "Yu Gothic", "Meiryo", "IPAexGothic", "IPAGothic",
    "TakaoGothic", "VL Gothic", "MS Gothic", "Noto Serif CJK JP", "Droid Sans Fallback",
    "WenQuanYi Zen Hei", "Arial Unicode MS",
)  # fmt: skip
"""Families with Japanese letters, of those that systems have; the better ones first."""
_PROBE = "必修一般合格"


def families() -> list[str]:
    """The fonts to draw with: matplotlib's own, then one with Japanese letters if any is there."""
    installed = {one.name for one in font_manager.fontManager.ttflist}
    named = (name for name in JAPANESE if name in installed and not set(_PROBE) - _letters(name))
    return [OWN, *(name for name in [next(named, None)] if name)]


def shown(text: str, instead: str, fonts: Sequence[str]) -> str:
    """`text`, or `instead` where none of the fonts has one of its letters."""
    plain = printable(text)
    missing = {letter for letter in plain if not letter.isspace()}.difference(*map(_letters, fonts))
    return instead if missing else plain


@cache
def _letters(family: str) -> frozenset[str]:
    """The letters a family has both plain and bold."""
    faces = [
        font_manager.findfont(font_manager.FontProperties(family=family, weight=weight))
        for weight in ("normal", "bold")
    ]
    plain, bold = (FT2Font(str(face)).get_charmap() for face in faces)
    return frozenset(map(chr, plain.keys() & bold.keys()))
