"""A document as lines for a terminal: columns, wide characters, colours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from jmle_plugin.report.document import (
    Block,
    List,
    Listed,
    Sentence,
    Table,
    TableColumn,
    Text,
    Title,
    Tone,
    is_empty,
    plain,
)
from jmle_plugin.report.layout import folded, pad, ranges, width, wrapped
from jmle_plugin.text import printable

COLUMNS = 78
_WIDEST = 118
_LEAST = 60
"""Columns that every terminal is taken to have."""
_LABEL = 24
"""Columns of a label up to which ids stand beside it; those of a longer one stand below."""
_NAME = 15
"""Columns to which names are folded before a table is broken into panels."""
_BOLD = {"bold": True}
_MARKUP: dict[Tone | None, dict[str, bool]] = {
    None: {},
    Tone.STRONG: _BOLD,
    Tone.GOOD: {"green": True, "bold": True},
    Tone.BAD: {"red": True, "bold": True},
    Tone.LACKING: {"red": True, "bold": True},
    Tone.OPEN: {"yellow": True, "bold": True},
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line and the terminal markup it is written with."""

    text: str
    markup: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", printable(self.text))


def columns_of(terminal: int) -> int:
    """Columns of a sheet on a terminal of so many: at least 78, and at most 118."""
    return min(max(terminal - 2, COLUMNS), _WIDEST)


def terminal_lines(document: Iterable[Block], columns: int = COLUMNS) -> Iterator[Line]:
    """The document in lines of at most `columns`, which are at least 60."""
    columns = max(columns, _LEAST)
    above: Block | None = None
    for block in document:
        if is_empty(block):
            continue
        if above is not None and _stands_apart(block, above):
            yield Line("")
        yield from _block_lines(block, columns)
        above = block


def _stands_apart(block: Block, above: Block) -> bool:
    if isinstance(block, Sentence):
        return block.tone is not None
    return not (isinstance(block, List) and isinstance(above, Title) and not block.title)


def _block_lines(block: Block, columns: int) -> Iterator[Line]:
    if isinstance(block, Title):
        yield from _folded(block.text, columns, _BOLD)
    elif isinstance(block, Sentence):
        yield from _folded(block.text, columns, _MARKUP[block.tone])
    else:
        if block.title:
            yield from _folded(block.title, columns)
        if isinstance(block, Table):
            yield from _table_lines(block, columns)
        else:
            for item in block.items:
                yield from _item_lines(item, columns)


def _item_lines(item: Text | Listed, columns: int) -> Iterator[Line]:
    if not isinstance(item, Listed):
        yield from _folded(item, columns)
        return
    label = f"{printable(item.label)} "
    if width(label) > _LABEL + 1 or not item.ids:
        yield from _folded(item.label, columns)
        label = "  "
    if not item.ids:
        return
    yield from map(Line, wrapped(label, [printable(one) for one in ranges(item.ids)], columns))


def _folded(text: Text, columns: int, markup: dict[str, bool] | None = None) -> Iterator[Line]:
    return (Line(part, markup or {}) for part in folded(plain(text), columns))


def _table_lines(table: Table, columns: int) -> Iterator[Line]:
    rows = [n for n in range(len(table.columns[0].cells)) if n not in table.minor]
    shown = [
        replace(one, title=printable(one.title), cells=[plain(one.cells[n]) for n in rows])
        for one in table.columns
    ]
    if rows:
        layout = _Layout(shown, columns, table.gap)
        bold = [n in table.strong for n in rows]
        for n, panel in enumerate(layout.panels(table.keys)):
            if n:
                yield Line("")
            yield from layout.panel_lines(panel, bold)
    if table.rest:
        yield from _folded(table.rest, columns)


class _Layout:
    """Columns of a table side by side as far as they fit."""

    def __init__(self, columns: Sequence[TableColumn], most: int, gap: int) -> None:
        self.most = most
        self.gap = "  "
        self.columns = list(self._units(columns))
        # Names are folded rather than figures moved into a panel of their own.
        self.name = _NAME
        if self._total(map(self._least, self.columns)) > most:
            self.name = most // 3
        wide = " " * gap
        if self._total(map(_natural, self.columns), len(wide)) <= most:
            self.gap = wide

    def _units(self, columns: Sequence[TableColumn]) -> Iterator[TableColumn]:
        """Columns, those that stand below one title as one."""
        starts = [n for n, column in enumerate(columns) if not column.joined]
        for start, end in zip(starts, [*starts[1:], len(columns)], strict=True):
            first = columns[start]
            if end == start + 1:
                yield first
                continue
            parts = [(one.below, *map(plain, one.cells)) for one in columns[start:end]]
            widths = [max(map(width, part)) for part in parts]
            below, *cells = (
                self.gap.join(pad(*cell, right=True) for cell in zip(row, widths, strict=True))
                for row in zip(*parts, strict=True)
            )
            yield replace(first, below=below, cells=cells)

    def panels(self, keys: int) -> Iterator[list[TableColumn]]:
        """Each panel begins with the first `keys` columns."""
        head = self.columns[:keys]
        panel = head
        for column in self.columns[keys:]:
            longer = [*panel, column]
            if len(panel) > keys and self._total(map(self._least, longer)) > self.most:
                yield panel
                longer = [*head, column]
            panel = longer
        yield panel

    def panel_lines(self, panel: Sequence[TableColumn], bold: Sequence[bool]) -> Iterator[Line]:
        """Titles and rows; the cells of names may take several lines."""
        widths = self._widths(panel)
        for titles in ([one.title for one in panel], [one.below for one in panel]):
            if any(titles):
                yield from self._row_lines(panel, widths, titles, {})
        for n, is_bold in enumerate(bold):
            cells = [plain(one.cells[n]) for one in panel]
            yield from self._row_lines(panel, widths, cells, _BOLD if is_bold else {})

    def _row_lines(
        self,
        panel: Sequence[TableColumn],
        widths: Sequence[int],
        cells: Sequence[str],
        markup: dict[str, bool],
    ) -> Iterator[Line]:
        parts = [
            folded(cell, columns) if one.left else [cell]
            for one, cell, columns in zip(panel, cells, widths, strict=True)
        ]
        for line in zip_longest(*parts, fillvalue=""):
            padded = [
                pad(cell, columns, right=not one.left)
                for one, cell, columns in zip(panel, line, widths, strict=True)
            ]
            yield Line(self.gap.join(padded).rstrip(), markup)

    def _widths(self, panel: Sequence[TableColumn]) -> list[int]:
        """Room that is left goes to the names."""
        widths = [self._least(one) for one in panel]
        for n, column in enumerate(panel):
            room = max(self.most - self._total(widths), 0)
            widths[n] += min(_natural(column) - widths[n], room)
        return widths

    def _least(self, column: TableColumn) -> int:
        return min(_natural(column), self.name) if column.left else _natural(column)

    def _total(self, widths: Iterable[int], gap: int = 0) -> int:
        every = list(widths)
        return sum(every) + (gap or len(self.gap)) * (len(every) - 1)


def _natural(column: TableColumn) -> int:
    return max(map(width, (column.title, column.below, *map(plain, column.cells))))
