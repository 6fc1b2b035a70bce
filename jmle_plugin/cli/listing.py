"""The list of packs, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from jmle_plugin.exam.listing import ListedExam
from jmle_plugin.report.layout import folded, pad, width
from jmle_plugin.text import printable

COLUMNS = 80
_HEAD = ("exam", "ed.", "profession", "questions", "images", "lacking", "here", "key")
_RIGHT = {1, 3, 4, 5}
"""Columns of figures."""


def as_json(exams: Sequence[ListedExam]) -> str:
    """A list of objects, one a pack."""
    return json.dumps([asdict(one) for one in exams], ensure_ascii=False, indent=1)


def as_text(exams: Sequence[ListedExam]) -> str:
    """A table of at most 80 columns, then the licences and what is wrong."""
    return "\n".join(_lines(exams))


def _lines(exams: Sequence[ListedExam]) -> Iterator[str]:
    rows = [_HEAD, *(_row(one) for one in exams)]
    widths = [max(width(row[at]) for row in rows) for at in range(len(_HEAD))]
    for row in rows:
        cells = [pad(cell, widths[at], right=at in _RIGHT) for at, cell in enumerate(row)]
        yield from folded("  ".join(cells).rstrip(), COLUMNS, indent="    ")
    yield ""
    yield from folded(
        "images: figures that are here. lacking: questions whose figures the data set does not "
        "have; they are asked without. here: whether the questions are on this machine (jmle fetch "
        "EXAM brings them; jmle check EXAM tells what is known to be wrong with them). key: states "
        "of the answer key, the default first.",
        COLUMNS,
    )
    licences: dict[str, list[str]] = {}
    for one in exams:
        licences.setdefault(one.licence or "no licence is named", []).append(one.id)
    for licence, names in licences.items():
        yield ""
        yield from folded(printable(f"{', '.join(names)}: {licence}"), COLUMNS)
    for one in exams:
        if one.problem:
            yield ""
            yield from folded(printable(f"{one.id} cannot be used: {one.problem}"), COLUMNS)


def _row(one: ListedExam) -> tuple[str, ...]:
    states = sorted(one.key_states, key=lambda state: state != one.default_key)
    cells = (
        one.id,
        _figure(one.edition),
        one.profession,
        _figure(one.questions),
        _figure(one.images),
        _figure(one.without_figures),
        "yes" if one.here else "no",
        ", ".join(states),
    )
    return tuple(printable(cell) for cell in cells)


def _figure(number: int | None) -> str:
    return "?" if number is None else str(number)
