"""Several sittings side by side: a row each, and nothing added up over unlike exams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jmle_plugin.report import document as doc
from jmle_plugin.report.sheet import unofficial, verdict_word
from jmle_plugin.report.tallies import headline_points
from jmle_plugin.results.file import Results

TITLE = "all exams"
NO_SUM = (
    "Exams differ in their questions, points and thresholds: nothing is added up or averaged "
    "over them."
)
_HEADER = ("exam", "profession", "points", "correct", "verdict", "run")


@dataclass(frozen=True, slots=True)
class Unasked:
    """A sitting of which no question was selected."""

    exam: str
    profession: str
    run: str


def overview_document(sat: Sequence[Results], unasked: Sequence[Unasked]) -> doc.Document:
    """The table and why nothing is added up below it; whoever shows it gives it a title."""
    return (
        doc.table_of(_HEADER, _rows(sat, unasked), left=(0, 1, 4, 5)),
        doc.Sentence(NO_SUM),
    )


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
