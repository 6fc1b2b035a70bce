"""Several sittings side by side: a row each, and nothing added up over unlike exams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jmle_plugin.report.layout import folded, markdown_table, pad, prose, width
from jmle_plugin.report.sheet import unofficial, verdict_word
from jmle_plugin.report.tallies import headline_points
from jmle_plugin.report.terminal import Line
from jmle_plugin.results.file import Results

TITLE = "all exams"
NO_SUM = (
    "Exams differ in their questions, points and thresholds: nothing is added up or averaged "
    "over them."
)
_HEADER = ("exam", "profession", "points", "correct", "verdict", "run")
_NUMBERS = (2, 3)
"""Places of the columns that stand at their right edge."""


@dataclass(frozen=True, slots=True)
class Unasked:
    """A sitting of which no question was selected."""

    exam: str
    profession: str
    run: str


def overview_lines(
    sat: Sequence[Results], unasked: Sequence[Unasked], columns: int
) -> Iterator[Line]:
    """The table for a terminal, in lines of at most `columns`."""
    rows = [_HEADER, *_rows(sat, unasked)]
    widths = [max(map(width, cells)) for cells in zip(*rows, strict=True)]
    for row in rows:
        cells = [pad(cell, widths[i], right=i in _NUMBERS) for i, cell in enumerate(row)]
        for text in folded("  ".join(cells).rstrip(), columns):
            yield Line(text)
    for text in folded(NO_SUM, columns):
        yield Line(text)


def overview_markdown(sat: Sequence[Results], unasked: Sequence[Unasked]) -> str:
    """The table as markdown, under a heading of its own."""
    rows = [[*map(prose, row)] for row in _rows(sat, unasked)]
    lines = [f"## {TITLE.capitalize()}", "", *markdown_table([_HEADER, *rows]), "", NO_SUM]
    return "\n".join(lines) + "\n"


def _rows(sat: Sequence[Results], unasked: Sequence[Unasked]) -> list[tuple[str, ...]]:
    """A row each: exams of one profession together, what was not asked at their end."""
    rows = [
        (
            one.exam.id,
            one.exam.profession,
            headline_points(one.sheet),
            "-" if one.sheet.bench else f"{one.sheet.total.correct} of {one.sheet.total.questions}",
            verdict_word(one.sheet),
            ", ".join([one.run.name, *_notes(one)]),
        )
        for one in sat
    ]
    rows += [(one.exam, one.profession, "-", "-", "not asked", one.run) for one in unasked]
    professions = list(dict.fromkeys(row[1] for row in rows))
    return sorted(rows, key=lambda row: professions.index(row[1]))


def _notes(one: Results) -> list[str]:
    return unofficial(one) + (["scripted replies"] if one.run.scripted else [])
