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
    installed = {one.name: one.fname for one in font_manager.fontManager.ttflist}
    named = (name for name in JAPANESE if name in installed and _covers(installed[name], _PROBE))
    return [OWN, *(name for name in [next(named, None)] if name)]


def shown(text: str, instead: str, fonts: Sequence[str]) -> str:
    """`text`, or `instead` where none of the fonts has one of its letters."""
    plain = printable(text)
    letters = {ord(letter) for letter in plain if not letter.isspace()}
    for family in fonts:
        letters -= _letters(font_manager.findfont(family))
    return instead if letters else plain


def _covers(file: str, text: str) -> bool:
    return {ord(letter) for letter in text} <= _letters(file)


@cache
def _letters(file: str) -> frozenset[int]:
    return frozenset(FT2Font(file).get_charmap())
