"""Every kind of result as a score sheet; figures linked, embedded, left out and gone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from jmle_plugin.exam.model import Exam
from jmle_plugin.report.html.page import write_page
from jmle_plugin.report.html.replies import no_replies
from jmle_plugin.report.html.runs import PageRun
from jmle_plugin.report.results import Results
from jmle_plugin.report_pages import write_run_page
from tests.browser.conftest import CASSETTES, NARROW, Open, overflows, violations
from tests.unit.report.test_terminal import CASES

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("case", CASES)
def test_every_kind_of_result_has_a_sheet(visit: Open, tmp_path: Path, axe: str, case: str) -> None:
    write_page(tmp_path / "page.html", [PageRun(CASES[case], no_replies("gone"))], None)
    page = visit(tmp_path / "page.html", width=NARROW)
    verdict = CASES[case].sheet.verdict.value
    assert page.locator(f".seal.{verdict}").count() == 1
    assert page.locator(".seal.pass, .seal.fail").count() == (verdict in ("pass", "fail"))
    assert not overflows(page)
    if case in ("epochs", "crowded", "incomplete"):
        assert violations(page, axe) == []


def test_figures_linked_inside_and_left_out(
    visit: Open, sample: Exam, runs: list[Results], tmp_path: Path
) -> None:
    drawn = {}
    for images in ("link", "embed", "off"):
        file = tmp_path / f"{images}.html"
        write_run_page(runs[0], sample, CASSETTES, file, images=images)
        page = visit(file, "000A-1")
        page.wait_for_load_state()
        drawn[images] = page.evaluate(
            "[...document.images].map((one) => one.naturalWidth > 0 && one.alt !== '')"
        )
    assert drawn == {"link": [True], "embed": [True], "off": []}


def test_a_figure_that_is_gone_is_named(
    browser: Browser, sample: Exam, runs: list[Results], tmp_path: Path
) -> None:
    question = sample.questions["000A-1"]
    gone = replace(question.images[0], path=tmp_path / "gone.png")
    questions = {**sample.questions, question.id: replace(question, images=(gone,))}
    file = tmp_path / "page.html"
    write_run_page(runs[0], replace(sample, questions=questions), CASSETTES, file)
    page = browser.new_page()  # the browser itself logs the file that is not there
    page.goto(f"{file.as_uri()}#{question.id}")
    expect(page.locator(".no-figure")).to_contain_text("audiogram.png")
    expect(page.locator(".no-figure")).to_contain_text("not found at gone.png")
    page.close()
