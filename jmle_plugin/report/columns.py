"""The leaderboard's columns: one `Column` each in `COLUMNS`, where every form reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from jmle_plugin.ask.run import ImageMode
from jmle_plugin.compare.leaderboard import Row, Table
from jmle_plugin.mark.sheet import MeanTally
from jmle_plugin.report import tallies
from jmle_plugin.report.bench import interval, number
from jmle_plugin.report.layout import cost_text, span
from jmle_plugin.results.language import mean_text, wording

SAW, BLIND = "✓", "–"

CsvValues = Mapping[str, Callable[[Row], Any]]
"""Name in the CSV -> value; None is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One fact on every run; a form shows of it what the form has here.

    Its functions take one row, where need be with the table that it stands in.
    """

    title: str
    """One short word in English, for forms with little room."""
    long: str = ""
    """The title for markdown and page; `title` where none is given."""
    below: str = ""
    """A second line of the title. Forms show all three by `known`, which has them in the part
    `known` of the catalogue of another language."""
    cell: Callable[[Table, Row], str] | None = None
    """The text for people; None for a column that a terminal and markdown do not have.
    Of `493/500` the second figure goes into the title where it is the same for all rows."""
    left: bool = False
    """Words rather than figures."""
    strong: bool = False
    """Whether it stands out in the rows of runs that passed."""
    ranked: bool = True
    """Whether runs with a verdict have it."""
    unranked: bool = False
    """Whether runs without a verdict have it."""
    text_only: bool = False
    """Whether runs in the order of questions without figures have it."""
    bench: bool | None = None
    """Whether the ranked rows of a bench alone have it, or those of an exam; None: of both."""
    wanted: Callable[[Table, Sequence[Row]], bool] = lambda _table, _rows: True
    """Whether these rows of the table have it."""
    csv: CsvValues = field(default_factory=dict)
    """Name in the CSV -> value; names and their order are those of every table."""
    plot: tuple[float | None, float | None] = (None, None)
    """Its middle in the picture, and in one for a printed column; None where it is not shown."""
    form: str = "text"
    """How the page shows it, a name in `board.js`: `text` for the cell as it is."""
    sort: Callable[[Row], float | str] | None = None
    """What the page sorts it by; None where it cannot be sorted."""
    most_first: bool = False
    """Whether a first click puts the most at the top."""


def _tally(
    title: str, of: Callable[[Row], MeanTally], names: tuple[str, str], *, points: bool, **more: Any
) -> Column:
    """Points or correct answers of a part of the exam, `493/500`; `names` are the CSV's."""

    def figures(row: Row) -> tuple[float, int]:
        part = of(row)
        return (part.points, part.max) if points else (part.correct, part.questions)

    return Column(
        title=title,
        cell=lambda _, row: f"{mean_text(figures(row)[0])}/{figures(row)[1]}",
        csv=_pair(names, figures),
        form="of",
        sort=lambda row: figures(row)[0],
        most_first=True,
        **more,
    )


def _pair(names: tuple[str, str], of: Callable[[Row], tuple[float, float] | None]) -> CsvValues:
    """Both figures of a pair, in the CSV by `names`; None where there is no pair."""
    return {
        names[n]: partial(lambda place, row: (of(row) or (None, None))[place], n) for n in (0, 1)
    }


def _speed(row: Row, name: str) -> float | None:
    """A figure of the completion tokens a second; None where no reply was timed and counted."""
    return getattr(row.latency.tokens_per_second, name, None) if row.latency else None


COLUMNS = (
    Column(
        title="",
        long="rank",
        cell=lambda _, row: str(row.rank),
        text_only=True,
        csv={"rank": lambda row: row.rank},
        sort=lambda row: row.rank or 0,
    ),
    Column(
        title="model",
        cell=lambda table, row: tallies.run_title(table, row) + "*" * row.scripted,
        left=True,
        strong=True,
        unranked=True,
        text_only=True,
        csv={
            "run": lambda row: row.run,
            "title": lambda row: row.title,
            "model": lambda row: row.model,
            "scripted": lambda row: str(row.scripted).lower(),
        },
        form="name",
        sort=lambda row: row.title.lower(),
    ),
    Column(
        title="group",
        cell=lambda _, row: row.group,
        left=True,
        unranked=True,
        wanted=lambda _, rows: any(row.group for row in rows),
        sort=lambda row: row.group.lower(),
    ),
    Column(
        title="why",
        cell=lambda _, row: tallies.why_unranked(row),
        left=True,
        ranked=False,
        unranked=True,
        csv={"asked": lambda row: row.asked, "of": lambda row: row.of},
    ),
    Column(
        title="ranks",
        bench=False,
        long="ranks left open",
        cell=lambda _, row: span(row.ranks),
        text_only=True,
        wanted=lambda _, rows: len(rows) > 1,
        csv=_pair(("first_rank", "last_rank"), lambda row: row.ranks),
        plot=(0.811, None),
        sort=lambda row: sum(row.ranks or ()),
    ),
    _tally(
        "points",
        lambda row: row.total,
        ("points", "max"),
        points=True,
        unranked=True,
        text_only=True,
        plot=(0.74, 0.803),
        bench=False,
    ),
    Column(title="95%", long="95% on another exam", form="strip", bench=False),
    _tally(
        "correct",
        lambda row: row.total,
        ("correct", "questions"),
        points=False,
        unranked=True,
        text_only=True,
        bench=False,
    ),
    Column(
        title="verdict",
        bench=False,
        # Only one of the two is to be seen from afar.
        cell=lambda _, row: wording(f"board.verdict.{row.verdict}"),
        strong=True,
        csv={"verdict": lambda row: row.verdict.value},
        plot=(0.942, 0.96),
        form="verdict",
        sort=lambda row: row.verdict.value,
        most_first=True,
    ),
    Column(
        title="vision",
        cell=lambda _, row: SAW if row.images is ImageMode.VISION else BLIND,
        unranked=True,
        text_only=True,
        csv={"images": lambda row: row.images.value},
        plot=(0.87, 0.882),
        form="vision",
        sort=lambda row: row.images.value,
    ),
    _tally(
        "text-only",
        lambda row: row.text_only,
        ("text_only_points", "text_only_max"),
        points=True,
        long="text-only points",
        bench=False,
    ),
    _tally(
        "text-only",
        lambda row: row.text_only,
        ("text_only_correct", "text_only_questions"),
        points=False,
        long="text-only correct",
        bench=False,
    ),
    Column(
        title="95%",
        long="95% interval",
        bench=False,
        cell=lambda _, row: span(row.interval),
        text_only=True,
        csv=_pair(("low", "high"), lambda row: row.interval),
        sort=lambda row: row.interval[0] if row.interval else -1,
        most_first=True,
    ),
    Column(
        title="measure",
        bench=True,
        cell=lambda _, row: number(row.value),
        csv={"value": lambda row: row.value},
        sort=lambda row: -2.0 if row.value is None else row.value,
        most_first=True,
    ),
    Column(
        title="95%",
        long="95% interval",
        bench=True,
        cell=lambda _, row: interval(*(row.value_interval or (None, None))),
        csv=_pair(("value_low", "value_high"), lambda row: row.value_interval),
    ),
    Column(
        title="above",
        long="to the row above,",
        below="p",
        cell=lambda _, row: tallies.above_cell(row),
        text_only=True,
        wanted=lambda _, rows: len(rows) > 1,
        csv={"p_above": lambda row: row.p_above},
        form="noise",
    ),
    Column(
        title="errors",
        cell=lambda _, row: str(row.errors),
        ranked=False,
        unranked=True,
        csv={"errors": lambda row: row.errors},
    ),
    Column(
        title="cost",
        cell=lambda _, row: cost_text(row.cost),
        unranked=True,
        wanted=lambda table, _: tallies.priced(table),  # a footnote says so where it is not
        csv={
            "cost_usd": lambda row: "unknown" if row.cost.usd is None else row.cost.usd,
            "replies_without_cost": lambda row: row.cost.unknown,
        },
        sort=lambda row: 1e9 if row.cost.usd is None else row.cost.usd,
    ),
    Column(
        title="seconds",
        long="seconds a reply (median, 95th percentile)",
        below="a reply",
        cell=lambda _, row: tallies.seconds_cell(row),
        unranked=True,
        wanted=lambda table, _: any(row.latency for row in table.every),
        csv={
            "seconds_median": lambda row: row.latency and row.latency.seconds.median,
            "seconds_p95": lambda row: row.latency and row.latency.seconds.p95,
            "tokens_per_second_median": lambda row: _speed(row, "median"),
            "tokens_per_second_p95": lambda row: _speed(row, "p95"),
        },
        sort=lambda row: row.latency.seconds.median if row.latency else 1e9,
    ),
    Column(
        title="sd",
        below="points",
        cell=lambda _, row: "" if row.deviation is None else f"{row.deviation:.1f}",
        unranked=True,
        wanted=lambda _, rows: any(row.deviation is not None for row in rows),
        csv={"points_sd": lambda row: row.deviation},
    ),
    Column(
        title="epochs",
        cell=lambda _, row: tallies.epochs_cell(row),
        unranked=True,
        wanted=lambda table, _: tallies.several_epochs(table),
        csv={"epochs": lambda row: row.epochs, "epochs_passed": lambda row: row.passed},
        sort=lambda row: row.epochs,
        most_first=True,
    ),
)
"""In the order of every form."""
