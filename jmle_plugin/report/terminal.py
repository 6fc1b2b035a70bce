"""The score sheet as text for a terminal of 80 columns or more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.report.layout import folded, table
from jmle_plugin.report.remarks import remarks
from jmle_plugin.report.sheet import notes, reasons, verdict_sentence
from jmle_plugin.report.tallies import criteria_rows, part_rows, prohibited_sentence
from jmle_plugin.results.doubt import doubt_sentences
from jmle_plugin.results.file import Results
from jmle_plugin.text import printable

COLUMNS = 78
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
    yield Line("")
    doubt = doubt_sentences(results.doubt) if results.doubt else ()
    for remark in (*doubt, *remarks(results, columns), *reasons(results)):
        for text in folded(remark, columns):
            yield Line(text)
