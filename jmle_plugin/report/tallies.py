"""The rows of a score sheet and cells of a leaderboard, the same in every form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from jmle_plugin.ask.run import SCRIPTED_NOTE
from jmle_plugin.exam.kinds import form_titles
from jmle_plugin.mark.sheet import (
    EpochsTally,
    SectionEpochs,
    SectionTally,
    Sheet,
    Stratum,
    Tally,
    Verdict,
)
from jmle_plugin.report import document as doc
from jmle_plugin.report.bench import headline, measure_rows
from jmle_plugin.results.file import Results
from jmle_plugin.results.language import known, named, p_cell, wording

if TYPE_CHECKING:  # numpy comes with it, which not every session needs
    from jmle_plugin.compare.leaderboard import Row, Table

Rows = list[list[str]]
"""A header and rows of as many cells; the first cell is a title."""


def criteria_rows(sheet: Sheet) -> Rows:
    """Each section against its threshold, and the total.

    Of several epochs, their means; without points, shares of the sections.
    """
    if sheet.bench:
        return measure_rows(sheet)
    if sheet.no_verdict:
        return _shares(sheet)
    if sheet.epochs is not None and sheet.epochs.sections is not None:
        return _epochs_rows(sheet, sheet.epochs, sheet.epochs.sections)
    return [
        ["", *doc.heads("points", "needed", "margin", "correct")],
        *(
            [
                known(section.title),
                points_of(section),
                _needed(section),
                "-" if section.margin is None else f"{section.margin:+d}",
                correct_of(section),
            ]
            for section in sheet.sections.values()
        ),
        [wording("part.total"), points_of(sheet.total), "", "", correct_of(sheet.total)],
    ]


def _epochs_rows(sheet: Sheet, epochs: EpochsTally, sections: Mapping[str, SectionEpochs]) -> Rows:
    heads = doc.heads("mean_points", "sd", "needed", "epochs")
    return [
        ["", *heads, wording("column.majority", epochs=epochs.count)],
        *(
            [
                known(section.title),
                f"{sections[name].mean:.1f}/{section.max}",
                f"{sections[name].deviation:.1f}",
                _needed(section),
                _of(sections[name].met, epochs.count),
                points_of(section),
            ]
            for name, section in sheet.sections.items()
        ),
        [
            wording("part.total"),
            points_of(sheet.total)
            if epochs.mean is None
            else f"{epochs.mean:.1f}/{sheet.total.max}",
            f"{epochs.deviation or 0:.1f}",
            "",
            _of(epochs.passed or 0, epochs.count),
            points_of(sheet.total),
        ],
    ]


def part_rows(results: Results) -> Rows:
    """Blocks, kinds of questions, questions with and without figures; those there are."""
    sheet = results.sheet
    if sheet.bench:
        wrong = sheet.total.questions - sheet.total.correct - len(sheet.errors)
        found = {"right": sheet.total.correct, "not_right": wrong, "no_reply": len(sheet.errors)}
        rows = [[wording(f"cell.{name}"), str(n)] for name, n in found.items() if n]
        return [doc.heads("answers", "number"), *rows]
    parts = {
        **{block_title(name): tally for name, tally in sheet.blocks.items()},
        **{form_title(name): tally for name, tally in sheet.kinds.items()},
        wording("part.with_images"): sheet.images.shown,
        wording("part.without_images"): sheet.images.without,
    }
    if sheet.images.missing is not None:
        parts[missing_title(results)] = sheet.images.missing
    if sheet.no_verdict:
        # Without points each question that is marked counts one; the others are counted apart.
        rows = [
            [title, _of(one.points, one.max), str(one.questions - one.max)]
            for title, one in parts.items()
            if one.questions
        ]
        return [["", *doc.heads("correct", "not_marked")], *rows]
    rows = [[title, points_of(tally), correct_of(tally)] for title, tally in parts.items()]
    title = wording("column.majority", epochs=sheet.epochs.count) if sheet.epochs else ""
    return [[title, *doc.heads("points", "correct")], *(row for row in rows if row[1] != "0/0")]


def model_title(title: str) -> str:
    """A run's title for people, which says of scripted replies that they are no model's."""
    if not title.endswith(SCRIPTED_NOTE):
        return title
    return title.removesuffix(SCRIPTED_NOTE) + wording("part.scripted")


def block_title(name: str) -> str:
    """What a block of the exam is called."""
    return wording("part.block", block=name)


def form_title(name: str) -> str:
    """What a form of questions is called; a form that the catalogue lacks has its own title."""
    return named(f"part.form.{name}", form_titles().get(name, name))


def _shares(sheet: Sheet) -> Rows:
    """The sections of an exam without points; what is excluded is counted apart."""
    rows = [
        [
            known(title),
            _of(one.correct, one.counted),
            *_share_cells(one),
            str(one.questions - one.counted),
        ]
        for title, one in sheet.strata.sections.items()
    ]
    total = sheet.total
    share = f"{total.correct / total.max:.1%}" if total.max else "-"
    apart = str(total.questions - total.max)
    return [
        ["", *doc.heads("correct", "share", "interval", "not_marked")],
        *rows,
        [wording("part.total"), _of(total.correct, total.max), share, "", apart],
    ]


GROUPINGS = ("subjects", "image_dependency", "visual_types")
"""Groupings of the sheet's strata."""


def strata_tables(sheet: Sheet) -> Iterator[tuple[Rows, list[int]]]:
    """A table of each grouping, and how many questions each of its rows is about."""
    for name in GROUPINGS:
        grouping: dict[str, Stratum] = getattr(sheet.strata, name)
        if not grouping:
            continue
        figures = any(0 < one.text_only.questions < one.questions for one in grouping.values())
        head = doc.heads(name, "points", "correct", "share", "interval")
        rows = [
            [one, points_of(stratum), correct_of(stratum), *_share_cells(stratum)]
            + [correct_of(stratum.text_only)] * figures
            for one, stratum in grouping.items()
        ]
        sizes = [one.questions for one in grouping.values()]
        yield [head + [wording("part.without_images")] * figures, *rows], sizes


def _share_cells(stratum: Stratum) -> list[str]:
    if stratum.share is None or stratum.low is None or stratum.high is None:
        return ["-", "-"]
    ends = wording("cell.interval", low=f"{stratum.low:.0%}", high=f"{stratum.high:.0%}")
    return [f"{stratum.share:.1%}", ends]


def missing_title(results: Results) -> str:
    """How questions are called whose figures the data lacks: models were asked without them."""
    return wording("part.images_missing_to_us" if results.run.people else "part.images_missing")


def prohibited_sentence(sheet: Sheet) -> str:
    """How many prohibited choices there were; empty where the exam has no such rule."""
    rule = sheet.prohibited
    if rule.limit is None:
        return ""
    worst = sheet.epochs.most_prohibited if sheet.epochs else None
    if worst is not None:
        return wording("sheet.prohibited.worst", count=worst, limit=rule.limit)
    if rule.count is None:
        return wording("sheet.prohibited.unlisted", limit=rule.limit)
    return wording("sheet.prohibited.counted", count=rule.count, limit=rule.limit)


def headline_points(sheet: Sheet) -> str:
    """Points of the points there were; of several epochs, `mean 486.4/500`; a bench's measures."""
    if sheet.bench:
        return headline(sheet)
    if sheet.epochs is None or sheet.epochs.mean is None:
        return points_of(sheet.total)
    return wording("sheet.mean_points", mean=f"{sheet.epochs.mean:.1f}", max=sheet.total.max)


def points_of(tally: Tally) -> str:
    """Points of the points there were: `52/56`."""
    return f"{tally.points}/{tally.max}"


def _needed(section: SectionTally) -> str:
    if section.margin is None or section.max == section.stated_max:
        return str(section.threshold)
    return f"{section.points - section.margin} ({section.threshold}/{section.stated_max})"


def correct_of(tally: Tally) -> str:
    """Right answers of the questions there were."""
    return _of(tally.correct, tally.questions)


def _of(some: int, every: int) -> str:
    return wording("count.of", some=some, all=every)


def why_unranked(row: Row) -> str:
    """Why a run has no verdict."""
    if row.verdict is Verdict.NONE:
        return wording("board.why.none")
    if row.verdict is Verdict.PARTIAL:
        return wording("board.why.partial", asked=row.asked, of=row.of)
    return wording("board.why.incomplete", errors=row.errors, of=row.of)


def several_epochs(table: Table) -> bool:
    """Whether any run of the table was asked more than once."""
    return any(row.epochs > 1 for row in table.every)


def priced(table: Table) -> bool:
    """Whether the cost of any reply is known."""
    return any(row.cost.usd is not None for row in table.every)


def run_title(table: Table, row: Row) -> str:
    """The run's title, with its name where another run of the table has the same title."""
    alike = sum(one.title == row.title for one in table.every)
    title = model_title(row.title)
    return title if alike == 1 else f"{title} [{row.run}]"


def above_cell(row: Row) -> str:
    """The p-value of the difference to the row above, and whether that is noise."""
    p = p_cell(row.p_above)
    return wording("board.noise", p=p) if row.noise else p


def epochs_cell(row: Row) -> str:
    """How many epochs a run has, and how many passed."""
    if row.passed is None:
        return str(row.epochs)
    return wording("board.epochs", epochs=row.epochs, passed=row.passed)


def seconds_cell(row: Row) -> str:
    """Median and 95th percentile of the seconds a reply took; empty where none was timed."""
    if not row.latency:
        return ""
    return f"{row.latency.seconds.median:.1f}, {row.latency.seconds.p95:.1f}"
