"""The score sheet as text for a terminal of 80 columns or more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from jmle_plugin.mark.sheet import Sheet, Verdict
from jmle_plugin.report.layout import COLUMNS, cut, folded, table, width
from jmle_plugin.report.remarks import remarks
from jmle_plugin.report.sheet import notes, reasons, verdict_sentence
from jmle_plugin.report.tallies import (
    Rows,
    criteria_rows,
    part_rows,
    prohibited_sentence,
    strata_tables,
)
from jmle_plugin.results.doubt import doubt_sentences
from jmle_plugin.results.file import Results
from jmle_plugin.text import printable

_STRATA = 10
"""Strata of a grouping that a terminal shows: the largest."""
_TITLE = 24
"""Columns of a stratum's name on a terminal."""
_WIDEST = 118
_COLOURS = {
    Verdict.PASS: {"green": True, "bold": True},
    Verdict.FAIL: {"red": True, "bold": True},
    Verdict.INCOMPLETE: {"red": True, "bold": True},
    Verdict.PARTIAL: {"yellow": True, "bold": True},
    Verdict.NONE: {"yellow": True, "bold": True},
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


def _strata_lines(sheet: Sheet, columns: int) -> Iterator[Line]:
    """The largest strata of each grouping, each below an empty line."""
    for rows, more in strata_tables(sheet, _STRATA):
        left_out = [f"and {more} smaller, in the results file and on the page"] if more else []
        for text in ("", *_narrow(rows, columns), *left_out):
            yield Line(text)


def _narrow(rows: Rows, columns: int) -> list[str]:
    """A table whose first column is cut where it would not fit."""
    lines = table(rows, gap=2)
    if max(map(width, lines)) <= columns:
        return lines
    return table([[cut(row[0], _TITLE), *row[1:]] for row in rows], gap=2)


def sheet_lines(results: Results, columns: int = COLUMNS) -> Iterator[Line]:
    """The official score sheet, in lines of at most `columns`."""
    sheet = results.sheet
    for text in folded(f"{results.exam.title}    {results.run.title}", columns):
        yield Line(text, {"bold": True})
    for note in notes(results):
        for text in folded(note, columns):
            yield Line(text)
    yield Line("")
    yield Line(verdict_sentence(sheet), _COLOURS[sheet.verdict])
    yield Line("")
    for text in table(criteria_rows(sheet), gap=4):
        yield Line(text)
    if sentence := prohibited_sentence(sheet):
        for text in folded(sentence, columns):
            yield Line(text)
    yield Line("")
    for text in table(part_rows(results), gap=4):
        yield Line(text)
    yield from _strata_lines(sheet, columns)
    yield Line("")
    doubt = doubt_sentences(results.doubt) if results.doubt else ()
    for remark in (*doubt, *remarks(results, columns), *reasons(results)):
        for text in folded(remark, columns):
            yield Line(text)
