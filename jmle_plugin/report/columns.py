"""The leaderboard's columns, the same in a terminal and in markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from jmle_plugin.compare.leaderboard import Row, Table
from jmle_plugin.report import leaderboard


@dataclass(frozen=True, slots=True)
class Column:
    """A cell for every row below a title of one or two short lines."""

    title: str
    cells: tuple[str, ...]
    below: str = ""
    long: str = ""
    """The title where there is room for it; `title` where none is given."""
    left: bool = False
    joined: bool = False
    """Whether it stands below the title of the column before it."""


def ranked_columns(table: Table) -> list[Column]:
    """Rank and model first, then what may stand beside or below them."""
    rows = table.rows
    columns = [
        Column("", tuple(str(row.rank) for row in rows)),
        _models(table, rows),
        *_ranks(rows),
        _out_of("points", [leaderboard.points(row.total) for row in rows]),
        _out_of("correct", [leaderboard.correct(row.total) for row in rows]),
        Column("verdict", tuple(leaderboard.verdict(row) for row in rows)),
        Column("vision", tuple(leaderboard.vision(row) for row in rows)),
        *_text_only(rows),
        Column("95%", tuple(leaderboard.span(row.interval) for row in rows)),
        *_above(rows),
        *_costs(table, rows),
    ]
    return columns + _epochs(table, rows)


def unranked_columns(table: Table) -> list[Column]:
    """Runs without a verdict: what there is of them, and why it is not more."""
    rows = table.unranked
    columns = [
        _models(table, rows),
        Column("why", tuple(map(leaderboard.why_unranked, rows)), left=True),
        Column("points", tuple(leaderboard.points(row.total) for row in rows)),
        Column("correct", tuple(leaderboard.correct(row.total) for row in rows)),
        Column("vision", tuple(leaderboard.vision(row) for row in rows)),
        Column("errors", tuple(str(row.errors) for row in rows)),
        *_costs(table, rows),
    ]
    return columns + _epochs(table, rows)


def _models(table: Table, rows: Sequence[Row]) -> Column:
    named = leaderboard.names(table)
    cells = tuple(named[row.source] + "*" * row.scripted for row in rows)
    return Column("model", cells, left=True)


def _text_only(rows: Sequence[Row]) -> list[Column]:
    points = _out_of("text-only", [leaderboard.points(row.text_only) for row in rows])
    correct = _out_of("text-only", [leaderboard.correct(row.text_only) for row in rows])
    return [
        replace(points, long=f"text-only points {points.below}".strip()),
        replace(correct, long=f"text-only correct {correct.below}".strip(), joined=True),
    ]


def _out_of(title: str, cells: Sequence[str]) -> Column:
    """Figures alone, where what they are out of is the same for all."""
    parts = [cell.split("/") for cell in cells]
    if len({of for _, of in parts}) > 1:
        return Column(title, tuple(cells))
    return Column(title, tuple(figure for figure, _ in parts), f"/{parts[0][1]}")


def _ranks(rows: Sequence[Row]) -> list[Column]:
    return [Column("ranks", tuple(leaderboard.span(row.ranks) for row in rows))] if rows[1:] else []


def _above(rows: Sequence[Row]) -> list[Column]:
    cells = tuple(leaderboard.above(row) for row in rows)
    return [Column("above", cells, "p", "p to the row above")] if rows[1:] else []


def _costs(table: Table, rows: Sequence[Row]) -> list[Column]:
    if not leaderboard.priced(table):
        return []  # a footnote says so
    return [Column("cost", tuple(leaderboard.cost(row.cost) for row in rows))]


def _epochs(table: Table, rows: Sequence[Row]) -> list[Column]:
    if not leaderboard.several_epochs(table):
        return []
    return [Column("epochs", tuple(str(row.epochs) for row in rows))]
