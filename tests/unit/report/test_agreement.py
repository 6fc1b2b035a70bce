"""Every figure of a sitting is the same wherever it is shown, with every outcome there is."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from typing import Any

import pytest

from jmle_plugin.compare.leaderboard import leaderboard
from jmle_plugin.exam.kinds import form_titles
from jmle_plugin.mark.sheet import Tally
from jmle_plugin.report.document import plain
from jmle_plugin.report.html.page import build_page
from jmle_plugin.report.html.runs import PageRun
from jmle_plugin.report.layout import dollars
from jmle_plugin.report.leaderboard import table_columns
from jmle_plugin.report.sheet import summary_line
from jmle_plugin.report.sheet_report import markdown_report, sheet_document
from jmle_plugin.report.tables import csv_table, csv_text
from jmle_plugin.results.file import Results
from jmle_plugin.results.language import mean_text
from jmle_plugin.session.outcomes import case_properties, suite_properties
from tests.builders import lines_of
from tests.unit.report.sheets import EXAM, SHEETS

SCORED_ONCE = [name for name, one in SHEETS.items() if one.sheet.epochs is None]


def told(results: Results) -> dict[str, tuple[str, str]]:
    """Part of the sheet -> its points and number correct, as people are told them."""
    sheet = results.sheet
    parts: dict[str, Tally] = {
        **{one.title: one for one in sheet.sections.values()},
        "Total": sheet.total,
        **{f"Block {name}": one for name, one in sheet.blocks.items()},
        **{form_titles()[name]: one for name, one in sheet.kinds.items()},
        "with images": sheet.images.shown,
        "without images": sheet.images.without,
    }
    return {
        name: (f"{one.points}/{one.max}", f"{one.correct} of {one.questions}")
        for name, one in parts.items()
        if one.max or one in (*sheet.sections.values(), sheet.total)
    }


def rows(lines: Iterable[str], form: str) -> dict[str, tuple[str, str]]:
    """First cell -> points and number correct of every line that has both."""
    found = (re.fullmatch(form, line) for line in lines)
    return {one["part"]: (one["points"], one["correct"]) for one in found if one}


@pytest.mark.parametrize("name", SCORED_ONCE)
def test_terminal_and_markdown_tell_the_sheets_figures(name: str) -> None:
    results = SHEETS[name]
    figures = r"(?P<points>\d+/\d+)%s(?P<correct>\d+ of \d+)"
    in_terminal = r"(?P<part>\S+(?: \S+)*) +" + figures % " +(?:.+ )?"
    in_markdown = r"\| (?P<part>[^|]+) \| " + figures % r" \| (?:.*\| )?" + r" \|"
    assert rows(lines_of(sheet_document(results)), in_terminal) == told(results)
    assert rows(markdown_report(results).splitlines(), in_markdown) == told(results)
    total = results.sheet.total
    assert f" {total.points}/{total.max} " in summary_line(results)


def test_several_epochs_are_told_by_their_means() -> None:
    results = SHEETS["epochs"]
    epochs = results.sheet.epochs
    assert epochs is not None
    assert epochs.sections is not None
    lines = lines_of(sheet_document(results))
    for name, section in results.sheet.sections.items():
        (line,) = (one for one in lines if one.startswith(section.title))
        told_, own = epochs.sections[name], f"{section.points}/{section.max}"
        assert line.split()[1:3] == [f"{told_.mean:.1f}/{section.max}", f"{told_.deviation:.1f}"]
        assert line.endswith(own)
        assert f" {told_.met} of {epochs.count} " in line
    assert f" mean {epochs.mean:.1f}/{results.sheet.total.max} " in summary_line(results)


@pytest.mark.parametrize("name", SHEETS)
def test_the_page_holds_the_results_file(name: str) -> None:
    results = SHEETS[name]
    text = build_page([PageRun(results, lambda *_: "gone")], EXAM)
    (data,) = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL)
    (run,) = json.loads(data)["runs"]
    assert run["sheet"] == results.sheet.model_dump(mode="json", by_alias=True)
    askings = [one for asked in run["marks"].values() for one in asked["askings"]]
    assert [(one["points"], one["outcome"]) for one in askings] == [
        (one.points, one.outcome) for one in results.marks
    ]


@pytest.mark.parametrize("name", SCORED_ONCE)
def test_cases_and_rows_of_questions_add_up_to_the_sheet(name: str) -> None:
    results = SHEETS[name]
    sheet = results.sheet
    suite = dict(suite_properties([results]))
    cases = [dict(case_properties("tiny", "some-model", mark)) for mark in results.marks]
    table = csv_table(results, EXAM).decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(table)))
    for questions in (cases, lines):
        assert summed(questions, "points") == sheet.total.points == int(suite["points"])
        assert summed(questions, "max") == sheet.total.max == int(suite["max"])
        correct = [one for one in questions if one["outcome"] == "correct"]
        assert len(correct) == sheet.total.correct == int(suite["correct"])
        errors = [one["question"] for one in questions if one["outcome"] == "error"]
        assert errors == sheet.errors
        assert len(errors) == int(suite["errors"])
    shared = ("question", "epoch", "outcome", "points", "max", "key")
    assert [[one[key] for key in shared] for one in lines] == [
        [one[key] for key in shared] for one in cases
    ]
    costs = [float(one["cost_usd"]) for one in lines if one["cost_usd"]]
    assert costs == [float(one["cost"]) for one in cases if one["cost"] != "unknown"]
    assert (round(sum(costs), 6) if costs else None) == sheet.cost.usd
    times = [float(one["seconds"]) for one in lines if one["seconds"]]
    assert times == [one.seconds for one in results.marks if one.seconds is not None]
    assert (sheet.latency.replies if sheet.latency else 0) == len(times)
    told_cost = None if suite["cost"] == "unknown" else float(suite["cost"])
    assert told_cost == sheet.cost.usd
    assert suite["verdict"] == sheet.verdict


@pytest.mark.parametrize("name", SHEETS)
def test_the_leaderboard_tells_the_sheets_figures(name: str) -> None:
    results = SHEETS[name]
    sheet = results.sheet
    board = leaderboard([results], {EXAM.id: EXAM})
    (table,) = board.tables
    (row,) = csv.DictReader(io.StringIO(csv_text(board).removeprefix("\ufeff")))
    total, text_only = sheet.means()
    assert sheet.epochs is not None or total.model_dump() == sheet.total.model_dump()
    expected: dict[str, Any] = {
        "verdict": sheet.verdict,
        "points": total.points,
        "max": total.max,
        "correct": total.correct,
        "questions": total.questions,
        "text_only_points": text_only.points,
        "text_only_correct": text_only.correct,
        "asked": sheet.asked,
        "of": sheet.of,
        "errors": len(sheet.errors),
        "cost_usd": "unknown" if sheet.cost.usd is None else sheet.cost.usd,
        "replies_without_cost": sheet.cost.unknown,
        "seconds_median": sheet.latency.seconds.median if sheet.latency else "",
        "seconds_p95": sheet.latency.seconds.p95 if sheet.latency else "",
    }
    assert {name: row[name] for name in expected} == {k: str(v) for k, v in expected.items()}
    columns = table_columns(table, table.rows or table.unranked)
    shown = {one.title: plain(one.cells[0]) + one.below for one in columns}
    assert shown["points"] == f"{mean_text(total.points)}/{total.max}"
    assert shown["correct"] == f"{mean_text(total.correct)}/{total.questions}"
    assert ("seconds" in shown) == (sheet.latency is not None)
    assert ("cost" in shown) == (sheet.cost.usd is not None)
    if sheet.cost.usd is not None:
        assert shown["cost"].removeprefix("over ") == dollars(sheet.cost.usd)
        assert shown["cost"].startswith("over ") == bool(sheet.cost.unknown)


def summed(questions: Iterable[dict[str, str]], name: str) -> int:
    return sum(int(one[name]) for one in questions)
