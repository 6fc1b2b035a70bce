"""The type of pictures: sizes for screen and print, and fonts that have Japanese letters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

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
_WEIGHTS = (400, 700)
INK, QUIET = "#1f2328", "#5a5f66"


_INCH = 25.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A picture's measures: inches, points of type, and shares of the width."""

    width: float
    left: float
    right: float
    """Where the axes begin and end; words stand on both sides."""
    row: float
    above: float
    below: float
    line: float
    """Inches: a row, the title above a table, the axis below it, a line of facts or notes."""
    size: float
    small: float
    large: float
    """Points: of names and figures, of notes, of titles."""
    longest: int
    columns: int
    title: int
    """Columns there is room for: in a name, a note, a title."""
    name: float
    narrow: bool = False
    """Whether the ranks that noise leaves open stand in the place of the rank."""


SCREEN = Layout(
    width=9.6, left=0.325, right=0.685, row=0.31, above=0.95, below=0.58, line=0.18,
    size=9.5, small=7.6, large=13, longest=31, columns=150, title=60, name=0.05,
)  # fmt: skip
PRINT = {
    170: Layout(
        width=170 / _INCH, left=0.325, right=0.685, row=0.215, above=0.7, below=0.44, line=0.125,
        size=7, small=6, large=9, longest=29, columns=128, title=60, name=0.05,
    ),
    85: Layout(
        width=85 / _INCH, left=0.53, right=0.74, row=0.185, above=0.62, below=0.4, line=0.115,
        size=6, small=5.5, large=8, longest=27, columns=84, title=42, name=0.105, narrow=True,
    ),
}  # fmt: skip
"""For a journal's page and column, by their width in millimetres."""


def families() -> list[str]:
    """The fonts to draw with: matplotlib's own, then one with Japanese letters if any is there.

    matplotlib's list of fonts may be older than the fonts: where it knows none with Japanese
    letters, the system's fonts that it lacks are added to it.
    """
    found = _japanese()
    if found is None:
        _learn_fonts()
        found = _japanese()
    return [OWN, *([found] if found else [])]


def _japanese() -> str | None:
    installed = {one.name for one in font_manager.fontManager.ttflist}
    named = (name for name in JAPANESE if name in installed and not set(_PROBE) - _letters(name))
    return next(named, None)


def _learn_fonts() -> None:
    manager = font_manager.fontManager
    known = {one.fname for one in manager.ttflist}
    for file in sorted(set(font_manager.findSystemFonts()) - known):
        with suppress(Exception):  # as matplotlib itself does: no font file is worth an error
            manager.addfont(file)


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
        for weight in _WEIGHTS
    ]
    plain, bold = (FT2Font(str(face)).get_charmap() for face in faces)
    return frozenset(map(chr, plain.keys() & bold.keys()))


@dataclass(frozen=True, slots=True)
class Pen:
    """Writes plain text: no letter is missing, and no `$` begins a formula."""

    fonts: Sequence[str]
    size: float
    small: float
    """Points: of names and figures, and of notes."""

    @property
    def quiet(self) -> dict[str, Any]:
        """How notes look."""
        return {"size": self.small, "color": QUIET}

    def write(self, target: Any, x: float, y: float, text: str, **style: Any) -> None:
        """Write at (x, y); letters no font has become question marks."""
        plain = "".join(shown(letter, "?", self.fonts) for letter in text)
        looks = {"size": self.size, "color": INK, "va": "center_baseline"}
        target.text(x, y, plain, parse_math=False, family=list(self.fonts), **looks | style)

    def either(self, text: str, instead: str) -> str:
        """`text` where every letter can be drawn."""
        return shown(text, instead, self.fonts)


@contextmanager
def embeddable(figure: Figure, fonts: Sequence[str]) -> Iterator[None]:
    """Let the figure's words be of fonts that a PDF can hold as TrueType.

    matplotlib embeds PostScript outlines as if they were TrueType, of which some viewers and
    printers draw nothing. Such a family is replaced, as long as the context lasts, by the same
    letters as TrueType outlines.
    """
    words = figure.findobj(Text)
    letters = sorted({letter for one in words for letter in one.get_text()})
    known, named = list(font_manager.fontManager.ttflist), [one.get_fontfamily() for one in words]
    try:
        with TemporaryDirectory() as folder:
            new = {family: _as_truetype(family, letters, Path(folder)) for family in fonts}
            for one, names in zip(words, named, strict=True):
                one.set_fontfamily([new.get(name, name) for name in names])
            yield
    finally:
        font_manager.fontManager.ttflist[:] = known
        for one, names in zip(words, named, strict=True):
            one.set_fontfamily(names)


def _as_truetype(family: str, letters: Sequence[str], folder: Path) -> str:
    """A family with the letters of this one as TrueType outlines: itself where it has those."""
    name = f"{family} TrueType"
    for weight in _WEIGHTS:
        style = font_manager.FontProperties(family=family, weight=weight)
        found = font_manager.findfont(style)
        with TTFont(str(found), fontNumber=getattr(found, "face_index", 0)) as font:
            if "CFF " not in font:
                return family
            file = folder / f"{family}-{weight}.ttf"
            _truetype(font, letters, name, weight).save(file)
        font_manager.fontManager.addfont(file)
    return name


def _truetype(font: TTFont, letters: Sequence[str], family: str, weight: int) -> TTFont:
    charmap, outlines = font.getBestCmap(), font.getGlyphSet()
    chosen = {ord(one): charmap[ord(one)] for one in letters if ord(one) in charmap}
    glyphs = list(dict.fromkeys([".notdef", *chosen.values()]))
    drawn, advances = {}, {}
    for name in glyphs:
        pen = TTGlyphPen(None)
        outlines[name].draw(Cu2QuPen(pen, max_err=1.0, reverse_direction=True))
        drawn[name], advances[name] = pen.glyph(), outlines[name].width
    made = FontBuilder(font["head"].unitsPerEm, isTTF=True)
    made.font.recalcTimestamp = False  # the same letters are the same bytes
    made.updateHead(created=font["head"].created, modified=font["head"].modified)
    made.setupGlyphOrder(glyphs)
    made.setupCharacterMap(chosen)
    made.setupGlyf(drawn)
    table = made.font["glyf"]
    made.setupHorizontalMetrics({one: (advances[one], table[one].xMin or 0) for one in glyphs})
    hhea, os2 = font["hhea"], font["OS/2"]
    made.setupHorizontalHeader(ascent=hhea.ascent, descent=hhea.descent)
    style = {400: "Regular", 700: "Bold"}[weight]
    ps_name = f"{family.replace(' ', '')}-{style}"
    made.setupNameTable({"familyName": family, "styleName": style, "psName": ps_name})
    made.setupOS2(usWeightClass=weight, sTypoAscender=os2.sTypoAscender, fsType=os2.fsType)
    made.setupPost()
    return made.font
