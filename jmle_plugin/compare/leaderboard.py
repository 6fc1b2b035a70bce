"""Results side by side: which may stand in one table, in which order, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jmle_plugin.ask.run import SCRIPTED_NOTE, ImageMode
from jmle_plugin.compare.habits import letters_against_others
from jmle_plugin.compare.pairing import Place, cases_told, known_places
from jmle_plugin.compare.ranking import (
    GroupPoints,
    Leaderboard,
    Ranking,
    Row,
    Table,
    group_points,
    points_interval,
    rank_section,
)
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark.sheet import Verdict, which_criteria
from jmle_plugin.results.file import Results, question_facts
from jmle_plugin.results.soundness import FACTS

__all__ = [
    "BY_ROW",
    "Entry",
    "Leaderboard",
    "Row",
    "Table",
    "identity",
    "leaderboard",
    "table_facts",
]


@dataclass(frozen=True, slots=True)
class Entry:
    """Results and the file they stand in."""

    file: Path
    results: Results


BY_ROW = "vision or blind, as each row says"
"""The image mode of a table in which some runs saw the figures and others did not."""


def leaderboard(results: Sequence[Results], exams: Mapping[str, Exam]) -> Leaderboard:
    """Rank results, at least one.

    `exams` holds the exams that are at hand, for files of schema 1: id -> exam. Tables come in
    the order of their exams in `results`, of one exam the longest first. Raises ComparisonError
    where runs of one table were not asked the same questions.
    """
    groups: dict[tuple[str, ...], list[int]] = {}
    for place, one in enumerate(results):
        groups.setdefault(tuple(table_facts(one).values()), []).append(place)
    order = list(dict.fromkeys(one.exam.id for one in results))
    tables = [
        table
        for members in groups.values()
        for table in (
            _sections(results, members, exams)
            if results[members[0]].sheet.bench
            else [_table(results, members, exams)]
        )
    ]
    # Sections stay in the bench's order.
    tables.sort(
        key=lambda one: (
            order.index(one.exam.id),
            -len(one.rows),
            *(fact for name, fact in one.facts.items() if name != "section"),
        )
    )
    return Leaderboard(tables=tables)


_ROWS = ("rows", "text_only", "unranked")


def with_groups(board: Leaderboard, groups: Mapping[str, str]) -> Leaderboard:
    """The same tables, in which runs say their group: run's name -> group."""

    def grouped(rows: Sequence[Row]) -> list[Row]:
        return [row.model_copy(update={"group": groups.get(row.run, "")}) for row in rows]

    tables = [
        one.model_copy(update={name: grouped(getattr(one, name)) for name in _ROWS})
        for one in board.tables
    ]
    return board.model_copy(update={"tables": tables})


def table_facts(results: Results) -> dict[str, str]:
    """What results have to share to stand in one table: name -> fact.

    A run that sat without the figures sat the same exam: its row says so. Other image modes
    ask other questions.
    """
    facts = {name: fact(results) for name, fact in FACTS.items()}
    if facts["images"] in (ImageMode.VISION, ImageMode.BLIND):
        facts["images"] = BY_ROW
    return facts


def identity(results: Results) -> tuple[str, ...]:
    """What makes results those of one sitting: nothing else may stand twice."""
    origin, verdict = results.provenance, results.sheet.verdict
    kind = "decided" if verdict.decided else verdict.value
    facts = (*table_facts(results).values(), origin.images.value, str(origin.epochs))
    return (*facts, results.run.name, kind)


def _table(results: Sequence[Results], members: Sequence[int], exams: Mapping[str, Exam]) -> Table:
    first = results[members[0]]
    where = known_places([results[place] for place in members], exams.get(first.exam.id))
    by_name = sorted(members, key=lambda place: results[place].run.name)
    decided = [place for place in by_name if results[place].sheet.verdict.decided]
    rows = [_row(results, place) for place in decided]
    rows = _ranked(results, rows, [group_points(results[row.source], where) for row in rows])
    text_only = _by_text(results, rows, exams.get(first.exam.id), where)
    ranks = {row.source: row.rank for row in text_only}
    rows = [row.model_copy(update={"text_only_rank": ranks.get(row.source)}) for row in rows]
    return Table(
        exam=first.exam,
        facts=table_facts(first),
        serial_known=cases_told(where),
        rows=_with_letters(rows, results, where),
        text_only=text_only,
        unranked=[_row(results, place) for place in by_name if place not in decided],
    )


def _sections(
    results: Sequence[Results], members: Sequence[int], exams: Mapping[str, Exam]
) -> list[Table]:
    """A table of each section of a bench, by its first measure: unlike measures have no sum."""
    first = results[members[0]]
    exam, facts = exams.get(first.exam.id), table_facts(first)
    by_name = sorted(members, key=lambda place: results[place].run.name)
    whole = [place for place in by_name if results[place].sheet.verdict is Verdict.NONE]
    rest = [_row(results, place) for place in by_name if place not in whole]
    base = Table(exam=first.exam, facts=facts, serial_known=True, rows=[], unranked=rest)
    tables = []
    # Not those of a run of which a part was asked: it may lack some.
    shown = results[whole[0]] if whole else first
    for name, section in shown.sheet.measures.items():
        ranked = rank_section([results[place] for place in whole], exam, name)
        rows = [_row(results, whole[n]).model_copy(update=own) for n, own in ranked]
        measure = next(iter(section.measures.values())).title
        changes = {"facts": facts | {"section": section.title}, "measure": measure, "rows": rows}
        tables.append(base.model_copy(update=changes))
    return tables


def _with_letters(
    rows: list[Row], results: Sequence[Results], where: Mapping[str, Place] | None
) -> list[Row]:
    if where is None or len(rows) == 1:
        return rows
    found = letters_against_others([results[row.source] for row in rows], where)
    return [
        row.model_copy(update={"letters": letters})
        for row, letters in zip(rows, found, strict=True)
    ]


def _by_text(
    results: Sequence[Results],
    rows: Sequence[Row],
    exam: Exam | None,
    where: Mapping[str, Place] | None,
) -> list[Row]:
    """The rows by questions without figures, where several were asked others as well."""
    if len(rows) <= 1 or not 0 < rows[0].text_only.max < rows[0].total.max:
        return []
    kept = (results[row.source].questions for row in rows)
    facts = next(filter(None, kept), question_facts(exam) if exam else {})
    names = {name for name, one in facts.items() if not (one.figures or one.figures_missing)}
    text_rows = [row.model_copy(update={"total": row.text_only}) for row in rows if names]
    return _ranked(
        results, text_rows, [group_points(results[row.source], where, names) for row in text_rows]
    )


def _ranked(
    results: Sequence[Results], rows: Iterable[Row], groups: Iterable[GroupPoints]
) -> list[Row]:
    """The rows, the most points first, with what their groups of questions say of their places."""
    pairs = sorted(zip(rows, groups, strict=True), key=lambda pair: -pair[0].total.points)
    points = [row.total.points for row, _ in pairs]
    ranking = Ranking([group for _, group in pairs])
    return [
        row.model_copy(
            update={
                "rank": 1 + points.index(row.total.points),
                "ranks": ranking.ranges[n],
                # The interval is one of a share of points, and such a share may be negative.
                "interval": None if results[row.source].sheet.wrong else points_interval(group),
                "p_above": ranking.p_to_above(n),
            }
        )
        for n, (row, group) in enumerate(pairs)
    ]


def _row(results: Sequence[Results], place: int) -> Row:
    one = results[place]
    sheet, origin = one.sheet, one.provenance
    total, text_only = sheet.means()
    return Row(
        run=one.run.name,
        title=one.run.title.removesuffix(SCRIPTED_NOTE),
        model=one.run.model,
        scripted=one.run.scripted,
        images=origin.images,
        epochs=origin.epochs,
        verdict=sheet.verdict,
        criteria=which_criteria(sheet),
        asked=sheet.asked,
        of=sheet.of,
        total=total,
        text_only=text_only,
        deviation=sheet.epochs.deviation if sheet.epochs else None,
        passed=sheet.epochs.passed if sheet.epochs else None,
        cost=sheet.cost,
        latency=sheet.latency,
        errors=len(sheet.errors),
        source=place,
    )
