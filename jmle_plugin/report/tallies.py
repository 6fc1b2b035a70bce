"""The rows of a score sheet, the same in every form it is shown in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jmle_plugin.exam.kinds import form_titles
from jmle_plugin.mark.sheet import (
    EpochsTally,
    SectionEpochs,
    SectionTally,
    Sheet,
    Stratum,
    Tally,
)
from jmle_plugin.report.bench import headline, measure_rows
from jmle_plugin.results.file import Results

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
        ["", "points", "needed", "margin", "correct"],
        *(
            [
                section.title,
                points_of(section),
                _needed(section),
                "-" if section.margin is None else f"{section.margin:+d}",
                _correct(section),
            ]
            for section in sheet.sections.values()
        ),
        ["Total", points_of(sheet.total), "", "", _correct(sheet.total)],
    ]


def _epochs_rows(sheet: Sheet, epochs: EpochsTally, sections: Mapping[str, SectionEpochs]) -> Rows:
    majority = f"majority of {epochs.count}"
    return [
        ["", "mean points", "sd", "needed", "epochs", majority],
        *(
            [
                section.title,
                f"{sections[name].mean:.1f}/{section.max}",
                f"{sections[name].deviation:.1f}",
                _needed(section),
                f"{sections[name].met} of {epochs.count}",
                points_of(section),
            ]
            for name, section in sheet.sections.items()
        ),
        [
            "Total",
            headline_points(sheet).removeprefix("mean "),
            f"{epochs.deviation or 0:.1f}",
            "",
            f"{epochs.passed} of {epochs.count}",
            points_of(sheet.total),
        ],
    ]


def part_rows(results: Results) -> Rows:
    """Blocks, kinds of questions, questions with and without figures; those there are."""
    sheet = results.sheet
    if sheet.bench:
        wrong = sheet.total.questions - sheet.total.correct - len(sheet.errors)
        found = {"right": sheet.total.correct, "not right": wrong, "no reply": len(sheet.errors)}
        return [["Answers", "number"], *([name, str(n)] for name, n in found.items() if n)]
    titles = form_titles()
    parts = {
        **{f"Block {name}": tally for name, tally in sheet.blocks.items()},
        **{titles.get(name, name): tally for name, tally in sheet.kinds.items()},
        "with images": sheet.images.shown,
        "without images": sheet.images.without,
    }
    if sheet.images.missing is not None:
        parts[missing_title(results)] = sheet.images.missing
    rows = [[title, points_of(tally), _correct(tally)] for title, tally in parts.items()]
    title = f"majority of {sheet.epochs.count}" if sheet.epochs else ""
    return [[title, "points", "correct"], *(row for row in rows if row[1] != "0/0")]


def _shares(sheet: Sheet) -> Rows:
    """The sections of an exam without points; what is excluded is counted apart."""
    rows = [
        [
            title,
            f"{one.correct} of {one.counted}",
            *_share_cells(one),
            str(one.questions - one.counted),
        ]
        for title, one in sheet.strata.sections.items()
    ]
    total = sheet.total
    share = f"{total.correct / total.max:.1%}" if total.max else "-"
    apart = str(total.questions - total.max)
    return [
        ["", "correct", "share", "95%", "not marked"],
        *rows,
        ["Total", f"{total.correct} of {total.max}", share, "", apart],
    ]


GROUPINGS = {
    "subjects": "Subject",
    "image_dependency": "Image dependency",
    "visual_types": "Visual type",
}
"""Groupings of the sheet's strata -> what a table calls them."""


def strata_tables(sheet: Sheet) -> Iterator[tuple[Rows, list[int]]]:
    """A table of each grouping, and how many questions each of its rows is about."""
    for name, title in GROUPINGS.items():
        grouping: dict[str, Stratum] = getattr(sheet.strata, name)
        if not grouping:
            continue
        figures = any(0 < one.text_only.questions < one.questions for one in grouping.values())
        head = [title, "points", "correct", "share", "95%"]
        rows = [
            [one, points_of(stratum), _correct(stratum), *_share_cells(stratum)]
            + [_correct(stratum.text_only)] * figures
            for one, stratum in grouping.items()
        ]
        sizes = [one.questions for one in grouping.values()]
        yield [head + ["without images"] * figures, *rows], sizes


def _share_cells(stratum: Stratum) -> list[str]:
    if stratum.share is None or stratum.low is None or stratum.high is None:
        return ["-", "-"]
    return [f"{stratum.share:.1%}", f"{stratum.low:.0%} to {stratum.high:.0%}"]


def missing_title(results: Results) -> str:
    """How questions are called whose figures the data lacks: models were asked without them."""
    return "with images, not in the data" if results.run.people else "images missing"


def prohibited_sentence(sheet: Sheet) -> str:
    """How many prohibited choices there were; empty where the exam has no such rule."""
    rule = sheet.prohibited
    if rule.limit is None:
        return ""
    worst = sheet.epochs.most_prohibited if sheet.epochs else None
    count = "not evaluable (no list is published)" if rule.count is None else str(rule.count)
    if worst is not None:
        count = f"{worst} in the worst epoch"
    return f"禁忌肢  prohibited choices: {count}, at most {rule.limit} allowed"


def headline_points(sheet: Sheet) -> str:
    """Points of the points there were; of several epochs, `mean 486.4/500`; a bench's measures."""
    if sheet.bench:
        return headline(sheet)
    if sheet.epochs is None or sheet.epochs.mean is None:
        return points_of(sheet.total)
    return f"mean {sheet.epochs.mean:.1f}/{sheet.total.max}"


def points_of(tally: Tally) -> str:
    """Points of the points there were: `52/56`."""
    return f"{tally.points}/{tally.max}"


def _needed(section: SectionTally) -> str:
    if section.margin is None or section.max == section.stated_max:
        return str(section.threshold)
    return f"{section.points - section.margin} ({section.threshold}/{section.stated_max})"


def _correct(tally: Tally) -> str:
    return f"{tally.correct} of {tally.questions}"
