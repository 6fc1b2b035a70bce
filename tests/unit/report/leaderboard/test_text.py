"""The terminal's table: snapshots, and that everything is in it whatever the width."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import pytest
from syrupy.assertion import SnapshotAssertion

from jmle_plugin.compare.leaderboard import Entry, Leaderboard, leaderboard
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.report import leaderboard as words
from jmle_plugin.report.columns import COLUMNS, Column
from jmle_plugin.report.html.leaderboard import board_page
from jmle_plugin.report.layout import span, width
from jmle_plugin.report.leaderboard import leaderboard_document
from jmle_plugin.report.markdown import markdown
from jmle_plugin.report.plot import plot
from jmle_plugin.report.tables import csv_text
from jmle_plugin.report.terminal import terminal_lines
from jmle_plugin.results.language import mean_text
from tests.builders import lines_of, make_exam, make_key
from tests.unit.report.leaderboard.conftest import Sat, make_sat


def text(board: Leaderboard, columns: int) -> str:
    return "\n".join(lines_of(leaderboard_document(board), columns))


@pytest.mark.parametrize("columns", [80, 120])
def test_everything_at_once(board: Leaderboard, columns: int, snapshot: SnapshotAssertion) -> None:
    assert text(board, columns) == snapshot


@pytest.mark.parametrize("columns", [80, 120])
def test_the_sample(sample_board: Leaderboard, columns: int, snapshot: SnapshotAssertion) -> None:
    assert text(sample_board, columns) == snapshot


@pytest.mark.parametrize("columns", [1, 60, 80, 97, 120, 200])
def test_no_line_is_too_long_and_no_figure_is_lost(board: Leaderboard, columns: int) -> None:
    lines = lines_of(leaderboard_document(board), columns)
    assert max(width(line) for line in lines) <= max(columns, 60)
    shown = "\n".join(lines).split()
    for row in board.tables[0].rows:
        for figure in (span(row.interval), mean_text(row.total.points), row.verdict.value):
            assert figure in [word.lower() for word in shown], (row.run, figure)


def test_columns_align_where_letters_are_two_wide(board: Leaderboard) -> None:
    lines = lines_of(leaderboard_document(board), 120)
    start = next(n for n, line in enumerate(lines) if "verdict" in line)
    head, _, *rows = lines[start : lines.index("", start)]
    end = width(head[: head.index("verdict") + len("verdict")])
    assert any(width(row) > len(row) for row in rows)
    for row in rows:
        cut = next((n for n in range(len(row)) if width(row[:n]) >= end), len(row))
        assert row[:cut].endswith(("PASS", "fail")) or not row.startswith(tuple("123456")), row


@pytest.mark.parametrize("columns", [80, 120])
def test_one_title_stands_above_both_text_only_figures(sat: Sat, columns: int) -> None:
    lines = text(leaderboard([sat("one"), sat("two")], {}), columns).splitlines()
    (n,) = (n for n, line in enumerate(lines) if "text-only" in line)
    end = lines[n].index("text-only") + len("text-only")
    points, correct = lines[n + 1][:end].split()[-2:]
    assert (points, correct) == ("/10", "/6")
    assert lines[n].count("text") == lines[n].count("only") == 1


def test_rows_that_passed_are_bold(board: Leaderboard) -> None:
    for line in terminal_lines(leaderboard_document(board), 120):
        if "PASS" in line.text or "fail" in line.text:
            assert line.markup.get("bold", False) is ("PASS" in line.text)


def test_one_run_has_nobody_to_be_told_from(sat: Sat) -> None:
    earlier = sat("alone").model_copy(update={"questions": {}})
    shown = text(leaderboard([earlier], {}), 120)
    assert "ranks" not in shown
    assert "above" not in shown
    assert "Serial groups unknown" in shown


def test_runs_without_a_verdict_alone(sat: Sat) -> None:
    shown = text(leaderboard([sat("part", asked=("A-1",))], {}), 80)
    assert "partial: 1 of 7 questions asked" in shown
    assert "95%" not in shown
    assert "PASS" not in shown


PUBLISHED = "PASS: by the published criteria; prohibited choices are not evaluable"


def test_a_pass_without_a_list_of_prohibited_choices_has_a_footnote_in_every_form(
    unlisted: Leaderboard, board: Leaderboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(mpl.rcParams, "svg.fonttype", "none")
    assert text(unlisted, 80).count(PUBLISHED) == 1
    assert markdown(leaderboard_document(unlisted)).count(f"- {PUBLISHED}\n") == 1
    assert PUBLISHED in plot(unlisted, ".svg").decode()
    assert PUBLISHED not in text(board, 80)
    # Where nobody passed there is nothing to be said.
    table = unlisted.tables[0]
    failed = table.model_copy(update={"rows": table.rows[1:]})
    assert [row.verdict for row in failed.rows] == [Verdict.FAIL]
    assert PUBLISHED not in list(words.footnotes(failed))


def test_a_pass_by_the_evaluable_criteria_says_so() -> None:
    key = replace(make_key(), not_evaluated=("practice: nobody has it",))
    found = leaderboard([make_sat(make_exam(key), "good")], {})
    assert text(found, 80).count("PASS: by the evaluable criteria; others are not evaluable") == 1


def test_a_new_column_is_in_every_form(
    sat: Sat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(mpl.rcParams, "svg.fonttype", "none")
    new = Column(
        title="letters",
        cell=lambda _, row: f"{len(row.run)} letters",
        csv={"letters": lambda row: len(row.run)},
        plot=(0.9, None),
        sort=lambda row: len(row.run),
    )
    for place in ("leaderboard.COLUMNS", "tables.LEADERBOARD", "plot.COLUMNS"):
        monkeypatch.setattr(f"jmle_plugin.report.{place}", (*COLUMNS, new))
    alone = leaderboard([sat("somerun")], {})
    assert "7 letters" in text(alone, 200)
    assert "| 7 letters |" in markdown(leaderboard_document(alone))
    (line,) = csv.DictReader(io.StringIO(csv_text(alone).removeprefix("\ufeff")))
    assert line["letters"] == "7"
    assert "7 letters" in plot(alone, ".svg").decode()
    entries = [Entry(tmp_path / "somerun.json", sat("somerun"))]
    page = board_page(alone, entries, {}, tmp_path)
    assert '"cells":["7 letters"],"keys":[7]' in page.replace(", ", ",").replace(": ", ":")
