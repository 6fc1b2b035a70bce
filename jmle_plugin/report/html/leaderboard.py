"""The page that compares all runs: the tables, and every question in every run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jmle_plugin.compare.leaderboard import Entry, Leaderboard, Row, Table
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark
from jmle_plugin.mark.sheet import MeanTally
from jmle_plugin.report import leaderboard
from jmle_plugin.report.html import Frame, document, in_every_language, spoken_forms
from jmle_plugin.report.tallies import run_title
from jmle_plugin.results.file import QuestionFacts, Results, question_facts
from jmle_plugin.results.language import known

FRAME = Frame(
    "board.html",
    styles=("base.css", "board.css"),
    scripts=("text.js", "exam.js", "heat.js", "strata.js", "board.js"),
)
_LETTERS = {
    Outcome.CORRECT: "c",
    Outcome.INCORRECT: "i",
    Outcome.NO_ANSWER: "n",
    Outcome.ERROR: "e",
}
_NOT_ASKED = "-"


def board_page(
    board: Leaderboard, entries: Sequence[Entry], exams: Mapping[str, Exam], base: Path
) -> str:
    """The page, as text; `entries` hold the results that `board` was made from, in order.

    Questions link to the run's own page where that lies beside the results file; links are
    relative to the folder `base`. No text of exam or replies is in it.
    """
    titles = dict.fromkeys(table.exam.title for table in board.tables)

    def words() -> dict[str, Any]:
        return {
            "forms": spoken_forms(),
            "legend": list(leaderboard.legend(board)),
            "tables": [_words(board, table) for table in board.tables],
        }

    data = {
        "level": f"{board.level:.0%}",
        "words": in_every_language(words),
        "tables": [
            _table(table, entries, exams.get(table.exam.id), base) for table in board.tables
        ],
    }
    return document(FRAME, data, title=f"Leaderboard · {', '.join(titles)}")


def _table(table: Table, entries: Sequence[Entry], exam: Exam | None, base: Path) -> dict[str, Any]:
    """A table's rows and questions, but for its sentences."""
    rows = table.every
    chosen = [entries[row.source].results.scored() for row in rows]
    sat = list(dict.fromkeys(name for one in chosen for name in one))
    known = exam is not None and set(sat) <= exam.questions.keys()
    kept = question_facts(exam) if exam is not None and known else {}
    for row in rows:
        kept |= entries[row.source].results.questions
    questions: Sequence[str] = list(kept) if set(sat) <= kept.keys() else sat
    shown = [
        _row(table, row, _page_beside(entries[row.source].file, base))
        | _answers([marks.get(question) for question in questions])
        for row, marks in zip(rows, chosen, strict=True)
    ]
    return {
        "title": table.exam.title,
        "text_only": [
            _row(table, row, _page_beside(entries[row.source].file, base))
            for row in table.text_only
        ],
        "rows": shown[: len(table.rows)],
        "unranked": shown[len(table.rows) :],
        "blocks": list(dict.fromkeys(one.block for one in kept.values())),
        "questions": list(_questions(questions, chosen, kept)),
        "strata": _strata([entries[row.source].results for row in rows]),
    }


_Tallies = Mapping[str, Mapping[str, tuple[int | float, int]]]


def _strata(runs: Sequence[Results]) -> dict[str, Any]:
    """Grouping -> its parts, the largest first: the title, and each run's right answers of all."""
    known = list(map(_tallies, runs))
    made: dict[str, Any] = {}
    for name in dict.fromkeys(name for one in known for name in one):
        sizes: dict[str, int] = {}
        for one in known:
            sizes |= {title: tally[1] for title, tally in one.get(name, {}).items()}
        made[name] = [
            {"title": title, "correct": [one.get(name, {}).get(title) for one in known]}
            for title in sorted(sizes, key=lambda title: -sizes[title])
        ]
    return made


def _tallies(results: Results) -> _Tallies:
    """Grouping -> part -> right answers, and questions of it; a part without any is left out."""
    sheet = results.sheet
    strata = {name: getattr(sheet.strata, name) for name in type(sheet.strata).model_fields}
    sections = {one.title: one for one in sheet.sections.values()}
    return {
        name: {title: (one.correct, one.questions) for title, one in parts.items() if one.questions}
        for name, parts in (strata | {"sections": strata["sections"] or sections}).items()
    }


def _words(board: Leaderboard, table: Table) -> dict[str, Any]:
    """A table's columns and sentences, in the language in force."""
    title, *facts = leaderboard.heading(table)
    return {
        "heading": title,
        "facts": facts,
        "difference": leaderboard.differences(board, table),
        "notes": list(leaderboard.footnotes(table)),
        "columns": _columns(table, table.rows),
        "text_only_title": leaderboard.text_only_title(),
        "text_only_columns": _columns(table, table.text_only),
        "unranked_title": leaderboard.unranked_title(table),
        "unranked_columns": _columns(table, table.unranked),
    }


def _questions(
    names: Sequence[str],
    chosen: Sequence[Mapping[str, Mark]],
    facts: Mapping[str, QuestionFacts],
) -> Iterator[dict[str, Any]]:
    for name in names:
        marks = [one[name] for one in chosen if name in one]
        entry: dict[str, Any] = {
            "id": name,
            "accepted": marks[0].accepted if marks else [],
            "max": max((mark.max for mark in marks), default=0),
        }
        if (known := facts.get(name)) is not None:
            entry |= {
                "block": known.block,
                "form": known.kind,
                "image": known.figures or known.figures_missing,
            }
        yield entry


def _row(table: Table, row: Row, page: str | None) -> dict[str, Any]:
    return {
        **row.model_dump(mode="json"),
        "total": _shown(row.total),
        "text_only": _shown(row.text_only),
        "name": run_title(table, row),
        "page": page,
        "noise": row.noise,
    }


def _columns(table: Table, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Each column's title and form, and for every row its text and what it is sorted by."""
    return [
        {
            "title": f"{known(one.long or one.title)} {known(one.below)}".strip(),
            "form": one.form,
            "left": one.left,
            "most_first": one.most_first,
            "cells": [one.cell(table, row) if one.cell else "" for row in rows],
            "keys": [one.sort(row) for row in rows] if one.sort else None,
        }
        for one in leaderboard.shown_columns(table, rows)
    ]


def _shown(tally: MeanTally) -> dict[str, Any]:
    """Means as people read them."""
    means = {"points": round(tally.points, 1), "correct": round(tally.correct, 1)}
    return {**tally.model_dump(mode="json"), **means}


def _answers(marks: Sequence[Mark | None]) -> dict[str, Any]:
    """A letter for each outcome, and what was answered, question by question."""
    return {
        "outcomes": "".join(_NOT_ASKED if one is None else _LETTERS[one.outcome] for one in marks),
        "answers": ["" if one is None else ",".join(one.answer) for one in marks],
    }


def _page_beside(file: Path, base: Path) -> str | None:
    page = file.with_suffix(".html").absolute()
    if not page.is_file():
        return None
    # The folder keeps a colon in a name from being taken for a scheme.
    return "./" + quote(Path(os.path.relpath(page, base.absolute())).as_posix())
