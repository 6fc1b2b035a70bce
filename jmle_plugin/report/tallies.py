"""The rows of a score sheet, the same in every form it is shown in."""

from __future__ import annotations

from jmle_plugin.exam.kinds import form_titles
from jmle_plugin.mark.sheet import SectionTally, Sheet, Tally
from jmle_plugin.results.file import Results

Rows = list[list[str]]
"""A header and rows of as many cells; the first cell is a title."""


def criteria_rows(sheet: Sheet) -> Rows:
    """Each section against its threshold, and the total."""
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


def part_rows(results: Results) -> Rows:
    """Blocks, kinds of questions, questions with and without figures; those there are."""
    sheet = results.sheet
    parts = {
        **{f"Block {name}": tally for name, tally in sheet.blocks.items()},
        **{form_titles().get(name, name): tally for name, tally in sheet.kinds.items()},
        "with images": sheet.images.shown,
        "without images": sheet.images.without,
    }
    if sheet.images.missing is not None:
        parts[missing_title(results)] = sheet.images.missing
    rows = [[title, points_of(tally), _correct(tally)] for title, tally in parts.items()]
    return [["", "points", "correct"], *(row for row in rows if row[1] != "0/0")]


def missing_title(results: Results) -> str:
    """How questions are called whose figures the data lacks: models were asked without them."""
    return "with images, not in the data" if results.run.people else "images missing"


def prohibited_sentence(sheet: Sheet) -> str:
    """How many prohibited choices there were; empty where the exam has no such rule."""
    rule = sheet.prohibited
    if rule.limit is None:
        return ""
    count = "not evaluable (no list is published)" if rule.count is None else str(rule.count)
    return f"禁忌肢  prohibited choices: {count}, at most {rule.limit} allowed"


def points_of(tally: Tally) -> str:
    """Points of the points there were: `52/56`."""
    return f"{tally.points}/{tally.max}"


def _needed(section: SectionTally) -> str:
    if section.margin is None or section.max == section.stated_max:
        return str(section.threshold)
    return f"{section.points - section.margin} ({section.threshold}/{section.stated_max})"


def _correct(tally: Tally) -> str:
    return f"{tally.correct} of {tally.questions}"
