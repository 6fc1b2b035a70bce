"""The leaderboard as a picture: points with their intervals, beside rank and name.

Alone in importing matplotlib. Nothing global is changed: no pyplot, no settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from matplotlib import font_manager, rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font

from jmle_plugin.compare.leaderboard import Leaderboard, Row, Table
from jmle_plugin.errors import SettingsError
from jmle_plugin.files import digest
from jmle_plugin.mark.sheet import MeanTally, Verdict
from jmle_plugin.report import leaderboard
from jmle_plugin.report.columns import BLIND, COLUMNS, SAW, Column, run_title
from jmle_plugin.report.layout import cut
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


FORMATS = (".png", ".svg")
_DPI = 150
_WIDTH = 9.6
_LEFT, _RIGHT = 0.325, 0.685
"""Where the axes begin and end, as shares of the width; words stand on both sides."""
_ROW, _ABOVE, _BELOW, _FOOT = 0.31, 0.95, 0.58, 0.18
"""Inches: a row, the title above a table, the axis below it, a line of the foot."""
_INK, _QUIET, _GRID = "#1f2328", "#5a5f66", "#e4dfd3"
_COLOUR = {Verdict.PASS: "#22508c", Verdict.FAIL: "#ad2f1d"}
_MARKER = {Verdict.PASS: "o", Verdict.FAIL: "D"}
_SIZE = 9.5
_LONGEST, _LINE, _TITLE = 31, 150, 60
"""Columns that there is room for: of a name, a line of facts, a title."""
_SIGNS = {SAW: "yes", BLIND: "no"}
"""What stands for a sign that no font here has."""
_JAPANESE = {"PASS": "合格", "fail": "不合格"}
_MARGIN, _RANK, _NAME = 0.02, 0.037, 0.05


def check_format(file: Path) -> None:
    """SettingsError for a file that is neither PNG nor SVG by its name."""
    if file.suffix.lower() not in FORMATS:
        raise SettingsError(
            f"a plot is a file that ends in {' or '.join(FORMATS)}, not {file.suffix or 'this'}",
            where=file,
            remedy="Name such a file with --plot.",
        )


def plot(board: Leaderboard, form: str) -> bytes:
    """The picture as a `.png` or `.svg` file; the same board gives the same bytes.

    Names whose letters no font here has are replaced by the run's, those of exams by their id.
    """
    pen = _Pen(families())
    # A bench has no points to draw.
    tables = [table for table in board.tables if table.rows and not table.measure]
    foot = list(_foot(board, tables))
    heights = [_ABOVE + len(table.rows) * _ROW + _BELOW for table in tables]
    height = sum(heights) + len(foot) * _FOOT + 0.15
    figure = Figure(figsize=(_WIDTH, height), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    top = height
    for table, taken in zip(tables, heights, strict=True):
        base = (top - taken + _BELOW) / height
        axes = figure.add_axes(
            (_LEFT, base, _RIGHT - _LEFT, len(table.rows) * _ROW / height), facecolor="none"
        )
        _draw(axes, board, table, pen)
        top -= taken
    for n, text in enumerate(foot):
        line = (0.12 + (len(foot) - 1 - n) * _FOOT) / height
        pen.write(figure, _MARGIN, line, cut(text, _LINE), size=7.6, color=_QUIET)
    return _saved(figure, board, form)


@dataclass(frozen=True, slots=True)
class _Pen:
    """Writes plain text: no letter is missing, and no `$` begins a formula."""

    fonts: Sequence[str]

    def write(self, target: Any, x: float, y: float, text: str, **style: Any) -> None:
        """Write at (x, y); letters no font has become question marks."""
        plain = "".join(shown(letter, "?", self.fonts) for letter in text)
        looks = {"family": list(self.fonts), "size": _SIZE, "color": _INK, "va": "center_baseline"}
        target.text(x, y, plain, parse_math=False, **looks | style)

    def either(self, text: str, instead: str) -> str:
        """`text` where every letter can be drawn."""
        return shown(text, instead, self.fonts)


def _draw(axes: Axes, board: Leaderboard, table: Table, pen: _Pen) -> None:
    rows = table.rows
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_GRID)
    ends = [_percent(row.text_only) for row in rows if row.text_only.max]
    ends += [100 * row.interval[0] / row.total.max for row in rows if row.interval]
    axes.set_xlim(5 * (min([95, *ends]) // 5), 100)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks([])
    axes.grid(axis="x", color=_GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(
        axis="x", length=0, labelsize=8, labelcolor=_QUIET, labelfontfamily=pen.fonts[0]
    )
    axes.set_xlabel("points, % of what can be earned", size=8, color=_QUIET, family=pen.fonts[0])
    _titles(axes, board, table, pen)
    for n, row in enumerate(rows):
        _draw_row(axes, n, row)
        _write_row(axes, n, table, pen)


def _titles(axes: Axes, board: Leaderboard, table: Table, pen: _Pen) -> None:
    inches = len(table.rows) * _ROW
    title = cut(pen.either(table.exam.title, table.exam.id), _TITLE)
    _, *facts = leaderboard.heading(table)
    which = leaderboard.differences(board, table).partition(",")[0]
    start = _across(_MARGIN)
    at: dict[str, Any] = {"transform": axes.transAxes}
    quiet: dict[str, Any] = at | {"size": 7.6, "color": _QUIET}
    heading = f"{title}   {which}".rstrip()
    pen.write(axes, start, 1 + 0.72 / inches, heading, size=13, weight="bold", **at)
    pen.write(axes, start, 1 + 0.47 / inches, cut(" · ".join(facts), _LINE), **quiet)
    for column, place in _places():
        pen.write(axes, _across(place), 1 + 0.13 / inches, column.title, ha="center", **quiet)


def _draw_row(axes: Axes, n: int, row: Row) -> None:
    looks: dict[str, Any] = {"color": _COLOUR[row.verdict], "clip_on": False}
    if row.interval is not None:
        ends = [100 * one / row.total.max for one in row.interval]
        axes.plot(ends, [n, n], alpha=0.35, linewidth=4.5, solid_capstyle="round", **looks)
    if row.text_only.max:
        place = [_percent(row.text_only)]
        axes.plot(place, [n], marker="|", markersize=13, markeredgewidth=1.4, color=_INK)
    axes.plot([_percent(row.total)], [n], marker=_MARKER[row.verdict], markersize=6.5, **looks)


def _write_row(axes: Axes, n: int, table: Table, pen: _Pen) -> None:
    row = table.rows[n]
    name = pen.either(run_title(table, row), row.run)
    passed = row.verdict is Verdict.PASS
    at: dict[str, Any] = {"transform": axes.get_yaxis_transform()}
    weight = "bold" if passed else "normal"
    pen.write(axes, _across(_RANK), n, str(row.rank), ha="right", color=_QUIET, **at)
    pen.write(
        axes, _across(_NAME), n, cut(name, _LONGEST) + "*" * row.scripted, weight=weight, **at
    )
    for column, place in _places():
        cell = column.cell(table, row) if column.cell else ""
        cell = pen.either(cell, _SIGNS.get(cell, cell))
        looks = {"weight": weight, "color": _COLOUR[row.verdict]} if column.strong else {}
        if japanese := pen.either(_JAPANESE.get(cell, ""), ""):
            cell = f"{cell} {japanese}"
        pen.write(axes, _across(place), n, cell, ha="center", **looks, **at)


def _places() -> Iterator[tuple[Column, float]]:
    """What stands right of the axes, and where its middle is."""
    return ((one, one.plot) for one in COLUMNS if one.plot is not None)


def _foot(board: Leaderboard, tables: Sequence[Table]) -> Iterator[str]:
    if not tables:
        yield "No run has a verdict."
    yield (
        "● passed   ◆ failed   ❘ questions without figures   "
        f"band: {board.level:.0%}, points to expect on questions like these"
    )
    if any(len(table.rows) > 1 for table in tables):
        yield "ranks: those that noise leaves open (every pair of rows tested, Holm)"
    notes = [note for table in tables for note in leaderboard.footnotes(table)]
    elsewhere = ("cost", leaderboard.LETTERS)
    yield from (one for one in dict.fromkeys(notes) if not one.startswith(elsewhere))
    left_out = sum(len(table.unranked) for table in board.tables)
    if left_out:
        yield f"Not shown, without a verdict: {left_out}"


def _across(share: float) -> float:
    """A place on the figure's width, in widths of the axes."""
    return (share - _LEFT) / (_RIGHT - _LEFT)


def _percent(tally: MeanTally) -> float:
    return 100 * tally.points / tally.max if tally.max else 0.0


def made_from(board: Leaderboard) -> str:
    """What a picture says of itself: a digest of the figures it shows."""
    unshown = {"tables": {"__all__": {"rows": {"__all__": {"letters"}}}}}
    return f"jmle leaderboard {digest(board.model_dump(mode='json', exclude=unshown))}"


def _saved(figure: Figure, board: Leaderboard, form: str) -> bytes:
    file = BytesIO()
    described = {"Description": made_from(board), ("Date" if form == ".svg" else "Software"): None}
    with rc_context({"svg.hashsalt": "jmle"}):  # ids that are drawn would differ each time
        figure.savefig(file, format=form.lstrip("."), metadata=described)
    return file.getvalue()
