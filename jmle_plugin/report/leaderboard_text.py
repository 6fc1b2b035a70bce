"""The leaderboard for a terminal, in as many columns as it has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

from jmle_plugin.compare.leaderboard import Leaderboard, Table
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.report import leaderboard
from jmle_plugin.report.layout import folded, pad, width
from jmle_plugin.report.leaderboard import Column, ranked_columns, unranked_columns
from jmle_plugin.report.terminal import Line
from jmle_plugin.text import printable

GAP = "  "


def text_lines(board: Leaderboard, columns: int = 80) -> Iterator[Line]:
    """The tables in lines of at most `columns`, at least 60; rows that passed are bold.

    What finds no place beside stands below: rank and model are said again.
    """
    columns = max(columns, 60)
    for n, table in enumerate(board.tables):
        if n:
            yield Line("")
        difference = leaderboard.differences(board, table)
        for text in folded(printable(difference), columns) if difference else ():
            yield Line(text, {"bold": True})
        for text in folded(printable(" · ".join(leaderboard.heading(table))), columns):
            yield Line(text)
        yield from _rows(table, columns)
        yield Line("")
        yield from _notes(leaderboard.footnotes(table), columns)
    if len(board.tables) > 1:
        yield Line("")
    yield from _notes(leaderboard.legend(board), columns)


def _notes(notes: Iterable[str], columns: int) -> Iterator[Line]:
    for note in notes:
        for text in folded(note, columns):
            yield Line(text)


def _rows(table: Table, columns: int) -> Iterator[Line]:
    if table.rows:
        passed = [row.verdict is Verdict.PASS for row in table.rows]
        for panel in _panels(ranked_columns(table), 2, columns):
            yield Line("")
            yield from _panel(panel, passed, columns)
    if table.unranked:
        yield Line("")
        yield Line(leaderboard.unranked_title(table))
        for panel in _panels(unranked_columns(table), 1, columns):
            yield Line("")
            yield from _panel(panel, [False] * len(table.unranked), columns)


def _panels(columns: Sequence[Column], keys: int, most: int) -> Iterator[list[Column]]:
    """Columns side by side as far as they fit; each panel begins with the first `keys`."""
    head = list(columns[:keys])
    panel = head
    for column in _units(columns[keys:]):
        longer = [*panel, column]
        if len(panel) > keys and _total([_least(one, most) for one in longer]) > most:
            yield panel
            longer = [*head, column]
        panel = longer
    yield panel


def _units(columns: Sequence[Column]) -> Iterator[Column]:
    """Columns, those that stand below one title as one."""
    starts = [n for n, column in enumerate(columns) if not column.joined]
    for start, end in zip(starts, [*starts[1:], len(columns)], strict=True):
        parts = [(one.below, *map(printable, one.cells)) for one in columns[start:end]]
        widths = [max(map(width, part)) for part in parts]
        below, *cells = (
            GAP.join(pad(text, most, right=True) for text, most in zip(row, widths, strict=True))
            for row in zip(*parts, strict=True)
        )
        first = columns[start]
        yield replace(first, below=below, cells=tuple(cells)) if end > start + 1 else first


def _natural(column: Column) -> int:
    return max(map(width, (column.title, column.below, *map(printable, column.cells))))


def _least(column: Column, most: int) -> int:
    return min(_natural(column), most // 3) if column.left else _natural(column)


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(GAP) * (len(widths) - 1)


def _widths(panel: Sequence[Column], most: int) -> list[int]:
    """Room that is left goes to the names."""
    widths = [_least(one, most) for one in panel]
    for n, column in enumerate(panel):
        widths[n] += max(min(_natural(column) - widths[n], most - _total(widths)), 0)
    return widths


def _panel(panel: Sequence[Column], bold: Sequence[bool], most: int) -> Iterator[Line]:
    widths = _widths(panel, most)
    for titles in ([one.title for one in panel], [one.below for one in panel]):
        if any(titles):
            yield Line(_line(panel, widths, titles))
    for n, is_bold in enumerate(bold):
        markup = {"bold": True} if is_bold else {}
        cells = [_cell(one, n, columns) for one, columns in zip(panel, widths, strict=True)]
        for parts in zip_longest(*cells, fillvalue=""):
            yield Line(_line(panel, widths, parts), markup)


def _cell(column: Column, n: int, columns: int) -> list[str]:
    text = printable(column.cells[n])
    return folded(text, columns) if column.left else [text]


def _line(panel: Sequence[Column], widths: Sequence[int], cells: Sequence[str]) -> str:
    padded = [
        pad(cell, columns, right=not one.left)
        for one, columns, cell in zip(panel, widths, cells, strict=True)
    ]
    return GAP.join(padded).rstrip()
