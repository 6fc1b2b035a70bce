"""The leaderboard as a picture: points with their intervals, beside rank and name.

Alone in importing matplotlib. Nothing global is changed: no pyplot, no settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from io import BytesIO
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from jmle_plugin.compare.leaderboard import Leaderboard, Row, Table
from jmle_plugin.errors import SettingsError
from jmle_plugin.files import digest
from jmle_plugin.mark.sheet import MeanTally, Verdict
from jmle_plugin.report import leaderboard
from jmle_plugin.report.columns import BLIND, COLUMNS, SAW, Column
from jmle_plugin.report.layout import cut, folded, span
from jmle_plugin.report.tallies import run_title
from jmle_plugin.report.typesetting import INK, QUIET, SCREEN, Layout, Pen, embeddable, families
from jmle_plugin.results.language import Language, catalogue, known, language, speaking, wording

FORMATS = (".png", ".svg", ".pdf")
_DPI = 150
_PRINT_DPI = 600
_GRID = "#e4dfd3"
_COLOUR = {Verdict.PASS: "#22508c", Verdict.FAIL: "#ad2f1d"}
_MARKER = {Verdict.PASS: "o", Verdict.FAIL: "D"}
_SIGNS = {SAW: "yes", BLIND: "no"}
"""What stands for a sign that no font here has."""
_MARGIN = 0.02


def check_format(file: Path) -> None:
    """SettingsError for a file that is no picture by its name."""
    if file.suffix.lower() not in FORMATS:
        raise SettingsError(
            f"a plot is a file that ends in {', '.join(FORMATS[:-1])} or {FORMATS[-1]}, "
            f"not {file.suffix or 'this'}",
            where=file,
            remedy="Name such a file with --plot.",
        )


def plot(board: Leaderboard, form: str, layout: Layout = SCREEN) -> bytes:
    """The picture as a `.png`, `.svg` or `.pdf` file; the same board gives the same bytes.

    Names whose letters no font here has are replaced by the run's, those of exams by their id. A
    PDF holds its fonts, as TrueType.
    """
    fonts = families()
    # Without a font for Japanese its words would be question marks.
    with speaking(language() if len(fonts) > 1 else Language.EN):
        return _plotted(board, form, layout, Pen(fonts, layout.size, layout.small))


def _plotted(board: Leaderboard, form: str, layout: Layout, pen: Pen) -> bytes:
    # A bench has no points to draw.
    tables = [table for table in board.tables if table.rows and not table.measure]
    foot = [line for text in _foot(board, tables) for line in folded(text, layout.columns)]
    dot = wording("list.facts")
    facts = [folded(dot.join(leaderboard.heading(one)[1:]), layout.columns) for one in tables]
    heights = [
        layout.above + (len(lines) - 1) * layout.line + len(table.rows) * layout.row + layout.below
        for table, lines in zip(tables, facts, strict=True)
    ]
    height = sum(heights) + len(foot) * layout.line + 0.15
    dpi = _DPI if layout is SCREEN else _PRINT_DPI
    figure = Figure(figsize=(layout.width, height), dpi=dpi, facecolor="white")
    FigureCanvasAgg(figure)
    top = height
    for table, lines, taken in zip(tables, facts, heights, strict=True):
        base = (top - taken + layout.below) / height
        inside = len(table.rows) * layout.row / height
        axes = figure.add_axes(
            (layout.left, base, layout.right - layout.left, inside), facecolor="none"
        )
        _draw(axes, table, pen, layout)
        which = leaderboard.which_table(board, table)
        _titles(axes, table, pen, layout, [which, *lines])
        top -= taken
    for n, text in enumerate(foot):
        line = (0.12 + (len(foot) - 1 - n) * layout.line) / height
        pen.write(figure, _MARGIN, line, text, **pen.quiet)
    return _saved(figure, board, form, pen.fonts)


def _across(layout: Layout, share: float) -> float:
    """A place on the figure's width, in widths of the axes."""
    return (share - layout.left) / (layout.right - layout.left)


def _places(layout: Layout) -> Iterator[tuple[Column, float]]:
    """What stands right of the axes, and where its middle is."""
    for one in COLUMNS:
        place = one.plot[layout.narrow]
        if place is not None:
            yield one, _across(layout, place)


def _draw(axes: Axes, table: Table, pen: Pen, layout: Layout) -> None:
    rows = table.rows
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_GRID)
    ends = [_percent(row.text_only) for row in rows if row.text_only.max]
    ends += [100 * row.interval[0] / row.total.max for row in rows if row.interval]
    axes.set_xlim(5 * (min([95, *ends]) // 5), 100)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks([])
    if layout.narrow:
        axes.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
    axes.grid(axis="x", color=_GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    own = pen.fonts[0]
    axes.tick_params(
        axis="x", length=0, labelsize=layout.small, labelcolor=QUIET, labelfontfamily=own
    )
    label = wording("plot.axis_narrow" if layout.narrow else "plot.axis")
    axes.set_xlabel(label, family=list(pen.fonts), **pen.quiet)
    for n, row in enumerate(rows):
        _draw_row(axes, n, row, layout.size / SCREEN.size)
        _write_row(axes, n, table, pen, layout)


def _titles(
    axes: Axes, table: Table, pen: Pen, layout: Layout, which_and_facts: Sequence[str]
) -> None:
    which, *facts = which_and_facts
    inches = len(table.rows) * layout.row
    title = cut(pen.either(table.exam.title, table.exam.id), layout.title)
    start, first = _across(layout, _MARGIN), 0.42 * layout.above + 0.09
    at: dict[str, Any] = {"transform": axes.transAxes}
    heading = f"{title}   {which}".rstrip()
    above = first + len(facts) * layout.line + 0.04 * layout.above
    pen.write(axes, start, 1 + above / inches, heading, size=layout.large, weight="bold", **at)
    for n, line in enumerate(reversed(facts)):
        pen.write(axes, start, 1 + (first + n * layout.line) / inches, line, **pen.quiet | at)
    for column, place in _places(layout):
        head = 1 + 0.14 * layout.above / inches
        pen.write(axes, place, head, known(column.title), ha="center", **pen.quiet | at)


def _draw_row(axes: Axes, n: int, row: Row, scale: float) -> None:
    looks: dict[str, Any] = {"color": _COLOUR[row.verdict], "clip_on": False}
    if row.interval is not None:
        ends = [100 * one / row.total.max for one in row.interval]
        axes.plot(ends, [n, n], alpha=0.35, linewidth=4.5 * scale, solid_capstyle="round", **looks)
    if row.text_only.max:
        place = [_percent(row.text_only)]
        tick: dict[str, Any] = {
            "markersize": 13 * scale,
            "markeredgewidth": 1.4 * scale,
            "color": INK,
        }
        axes.plot(place, [n], marker="|", **tick)
    size = 6.5 * scale
    axes.plot([_percent(row.total)], [n], marker=_MARKER[row.verdict], markersize=size, **looks)


def _write_row(axes: Axes, n: int, table: Table, pen: Pen, layout: Layout) -> None:
    row = table.rows[n]
    name = pen.either(run_title(table, row), row.run)
    name = cut(name, layout.longest) + "*" * row.scripted
    weight = "bold" if row.verdict is Verdict.PASS else "normal"
    at: dict[str, Any] = {"transform": axes.get_yaxis_transform()}
    rank = span(row.ranks) if layout.narrow and row.ranks else str(row.rank)
    place = _across(layout, layout.name - 0.013)
    pen.write(axes, place, n, rank, ha="right", **at | {"color": QUIET})
    pen.write(axes, _across(layout, layout.name), n, name, weight=weight, **at)
    for column, place in _places(layout):
        cell = column.cell(table, row) if column.cell else ""
        cell = pen.either(cell, _SIGNS.get(cell, cell))
        looks = {"weight": weight, "color": _COLOUR[row.verdict]} if column.strong else {}
        if column.form == "verdict" and not layout.narrow and language() is not Language.JA:
            official = catalogue(Language.JA)[f"board.verdict.{row.verdict}"]
            cell = f"{cell} {pen.either(official, '')}".rstrip()
        pen.write(axes, place, n, cell, ha="center", **looks, **at)


def _foot(board: Leaderboard, tables: Sequence[Table]) -> Iterator[str]:
    if not tables:
        yield wording("plot.none")
    yield wording("plot.signs", level=f"{board.level:.0%}")
    if any(len(table.rows) > 1 for table in tables):
        yield wording("plot.ranks")
    yield from dict.fromkeys(note for table in tables for note in leaderboard.notes(table))
    left_out = sum(len(table.unranked) for table in board.tables)
    if left_out:
        yield wording("plot.unshown", number=left_out)


def _percent(tally: MeanTally) -> float:
    return 100 * tally.points / tally.max if tally.max else 0.0


def made_from(board: Leaderboard) -> str:
    """What a picture says of itself: a digest of the figures it shows."""
    unshown = {"tables": {"__all__": {"rows": {"__all__": {"letters"}}}}}
    return f"jmle leaderboard {digest(board.model_dump(mode='json', exclude=unshown))}"


_DESCRIBED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    ".png": ("Description", ("Software",)),
    ".svg": ("Description", ("Date",)),
    ".pdf": ("Subject", ("CreationDate", "Creator", "Producer")),
}
"""Where a form says what it was made from, and what it would say that differs each time."""


def _saved(figure: Figure, board: Leaderboard, form: str, fonts: Sequence[str]) -> bytes:
    file = BytesIO()
    subject, unsaid = _DESCRIBED[form]
    described = {subject: made_from(board)} | dict.fromkeys(unsaid)
    # Ids that are drawn would differ each time; PDF's type 42 is TrueType.
    settings = rc_context({"svg.hashsalt": "jmle", "pdf.fonttype": 42})
    with settings, embeddable(figure, fonts) if form == ".pdf" else nullcontext():
        figure.savefig(file, format=form.lstrip("."), metadata=described)
    return file.getvalue()
