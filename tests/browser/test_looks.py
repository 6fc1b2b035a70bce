"""Light and dark, wide and narrow, on paper: nothing overflows, everybody can read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from jmle_plugin.exam.model import Exam
from jmle_plugin.report.html.page import write_page
from jmle_plugin.report.html.replies import no_replies
from jmle_plugin.report.html.runs import PageRun
from jmle_plugin.report.results import Results
from jmle_plugin.report_pages import write_run_page
from tests.browser.conftest import CASSETTES, NARROW, WIDE, Open
from tests.unit.report.test_terminal import CASES

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


def violations(page: Page, axe: str) -> list[tuple[str, Any]]:
    page.evaluate(axe)
    found = page.evaluate("(tags) => axe.run({runOnly: tags})", RULES)
    return [
        (one["id"], [node["html"][:150] for node in one["nodes"][:3]])
        for one in found["violations"]
    ]


def overflows(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_contrast_labels_and_width(
    visit: Open, two_runs: Path, axe: str, width: int, scheme: str
) -> None:
    page = visit(two_runs, width=width, scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert not overflows(page)
    if width == NARROW:  # elsewhere the list stays beside the question
        assert violations(page, axe) == []
    page.evaluate("location.hash = '000B-2'")
    page.locator("#question h3").wait_for()
    assert not overflows(page)
    assert violations(page, axe) == []


def test_light_and_dark_differ(visit: Open, one_run: Path) -> None:
    grounds = {
        visit(one_run, scheme=scheme).evaluate(
            "getComputedStyle(document.documentElement).backgroundColor"
        )
        for scheme in ("light", "dark")
    }
    assert len(grounds) == 2


def test_help_can_be_read(visit: Open, one_run: Path, axe: str) -> None:
    page = visit(one_run)
    page.keyboard.press("?")
    assert violations(page, axe) == []


def test_paper_shows_the_sheet_and_no_controls(visit: Open, one_run: Path) -> None:
    page = visit(one_run)
    page.emulate_media(media="print")
    assert page.locator(".criteria").is_visible()
    assert page.locator("#list").is_visible()
    assert not page.locator("#filters").is_visible()
    assert not page.locator("#masthead nav").is_visible()


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
