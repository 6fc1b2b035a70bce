"""A bench in a browser: measures in place of criteria, sections in place of one rank."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from jmle_plugin.ask.opening import Wanted, open_sitting
from jmle_plugin.compare.comparison import compare
from jmle_plugin.compare.leaderboard import Entry, leaderboard
from jmle_plugin.compare.remake import remake_results
from jmle_plugin.mark import Extraction
from jmle_plugin.report.html.leaderboard import board_page
from jmle_plugin.report.html.page import write_run_page
from jmle_plugin.results.file import Results
from jmle_plugin.results.provenance import RunContext
from tests.browser.conftest import NARROW, WIDE, Open, overflows, violations
from tests.integration.test_benches import replies, write_bench
from tests.packs import record_run

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The page of a run that is compared with a better one, and that of both."""
    folder = tmp_path_factory.mktemp("bench")
    exam = write_bench(folder / "data")
    made: list[Results] = []
    for run in ("perfect", "worse"):
        bad = run == "worse"
        record_run(folder / "cassettes", exam, run, right=replies(unreadable=bad, short=bad))
        sitting = open_sitting(exam, folder / "cassettes", Wanted(run=run))
        made.append(remake_results(sitting, Extraction.STANDARD, RunContext.outside()))
    perfect, worse = made
    worse = worse.model_copy(update={"comparison": compare(perfect, worse, exam=exam)})
    page, board = folder / "worse.html", folder / "board.html"
    write_run_page(worse, exam, folder / "cassettes", page)
    entries = [Entry(folder / f"{one.run.name}.json", one) for one in made]
    exams = {exam.id: exam}
    board.write_text(board_page(leaderboard(made, exams), entries, exams, folder), "utf-8")
    return page, board


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_measures_stand_where_criteria_would(
    pages: tuple[Path, Path], visit: Open, axe: str, width: int
) -> None:
    page = visit(pages[0], width=width)
    expect(page.locator("table.measures tbody tr")).to_have_count(4)
    expect(page.locator("table.compared")).to_contain_text("linear kappa")
    expect(page.locator(".candidate")).not_to_contain_text("合格")
    assert not overflows(page)
    assert violations(page, axe) == []


def test_each_section_is_ranked_by_itself(pages: tuple[Path, Path], visit: Open, axe: str) -> None:
    page = visit(pages[1])
    expect(page.locator(".ranking")).to_have_count(2)
    expect(page.locator(".ranking").first).to_contain_text("1.000")
    assert violations(page, axe) == []
