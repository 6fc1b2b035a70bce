"""Results side by side: which may stand in one table, in which order, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from jmle_plugin.ask.run import SCRIPTED_NOTE, ImageMode
from jmle_plugin.compare.habits import letters_against_others
from jmle_plugin.compare.pairing import Place, cases_told, known_places
from jmle_plugin.compare.ranking import GroupPoints, Ranking, group_points, points_interval
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark.sheet import CostTotal, MeanTally, Verdict, which_criteria
from jmle_plugin.results.doubt import ALPHA, Letter
from jmle_plugin.results.figures import LEVEL
from jmle_plugin.results.file import ExamInfo, Results, question_facts
from jmle_plugin.results.soundness import FACTS
from jmle_plugin.strict import Strict


@dataclass(frozen=True, slots=True)
class Entry:
    """Results and the file they stand in."""

    file: Path
    results: Results


BY_ROW = "vision or blind, as each row says"
"""The image mode of a table in which some runs saw the figures and others did not."""


class Row(Strict):
    """One run. `rank` and what goes with it are null for runs without a verdict."""

    run: str
    title: str
    """The name for people, without saying that replies were scripted: `scripted` does."""
    model: str
    scripted: bool
    images: ImageMode
    """What the model got to see of the figures."""
    epochs: int
    verdict: Verdict
    criteria: str
    """By which official criteria it passed, where not by all: `published` (without prohibited
    choices) or `evaluable`."""
    asked: int
    of: int
    total: MeanTally
    text_only: MeanTally
    """Questions without figures."""
    deviation: float | None = None
    """Of the points over epochs; null where each question was asked once."""
    passed: int | None = None
    """How many of several epochs pass by themselves."""
    cost: CostTotal
    errors: int
    rank: int | None = None
    """1 for the most points; equal points, equal rank."""
    ranks: tuple[int, int] | None = None
    """The first and the last rank that noise leaves open."""
    interval: tuple[int, int] | None = None
    """Points to expect on questions like these, 95 %."""
    p_above: float | None = None
    """Two-sided p-value of the difference in points to the row above; null for the first."""
    text_only_rank: int | None = None
    """The rank by questions without figures alone."""
    letters: dict[str, Letter] = Field(default={}, exclude_if=lambda value: not value)
    """The letters of its wrong answers against those of all rows to the same questions; left out
    where nothing is known of the questions, or nothing can be told."""
    source: Annotated[int, Field(exclude=True)]
    """Which of the results given this is."""

    @property
    def noise(self) -> bool:
        """Whether the difference to the row above is within noise."""
        return self.p_above is not None and self.p_above > ALPHA


class Table(Strict):
    """Runs of the same questions, key, reading and prompt: figures of the same thing."""

    exam: ExamInfo
    facts: dict[str, str]
    """What all rows share: `exam`, `pack`, `key`, `numeric`, `extraction`, `prompt`, `images`."""
    serial_known: bool
    """False where neither the files nor an exam at hand say it, or its data set does not: every
    question is then taken as a case of its own."""
    rows: list[Row]
    """With a verdict; the most points first, then by the run's name."""
    text_only: list[Row] = Field(default=[])
    """`rows` in the order of questions without figures: rank, ranks, interval, p_above and total
    are those of these questions. Empty where the exam has none, or no others, and for one row."""
    unranked: list[Row]
    """Partial and incomplete runs, by name."""

    @property
    def every(self) -> tuple[Row, ...]:
        """All runs, those with a verdict first."""
        return (*self.rows, *self.unranked)


class Leaderboard(Strict):
    """All results given, in as many tables as there are unlike things among them."""

    schema_version: Literal[2] = Field(default=2, alias="schema")
    level: float = LEVEL
    tables: list[Table]


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
    tables = [_table(results, members, exams) for members in groups.values()]
    tables.sort(key=lambda one: (order.index(one.exam.id), -len(one.rows), *one.facts.values()))
    return Leaderboard(tables=tables)


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
    told = [row.model_copy(update={"total": row.text_only}) for row in rows if names]
    return _ranked(results, told, [group_points(results[row.source], where, names) for row in told])


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
        errors=len(sheet.errors),
        source=place,
    )
