"""Every kind of result as a score sheet; its looks; figures linked, embedded, left out and gone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import BrowserContext, expect

from jmle_plugin.exam.model import Exam
from jmle_plugin.gateway.reply import Reply
from jmle_plugin.report.html.page import write_page, write_run_page
from jmle_plugin.report.html.questions import StoredReply
from jmle_plugin.report.html.runs import PageRun
from jmle_plugin.results.file import Results
from tests.browser.conftest import CASSETTES, NARROW, WIDE, Open, overflows, violations
from tests.builders import no_replies
from tests.unit.report.test_terminal import CASES, lacking_figures

pytestmark = pytest.mark.browser

KINDS = (
    "epochs", "epochs with errors", "incomplete", "partial", "fail", "own maximum", "not evaluable",
    "no rule", "crowded",
)  # fmt: skip
"""The cases whose sheets differ in more than their notes."""
OPEN_ALL = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"


def test_every_kind_of_result_has_a_sheet(visit: Open, tmp_path: Path, axe: str) -> None:
    for case in KINDS:
        results = CASES[case]
        file = tmp_path / f"{case}.html"
        write_page(file, [PageRun(results, no_replies("gone"))], None)
        page = visit(file, width=NARROW)
        verdict = results.sheet.verdict.value
        assert page.locator(f".seal.{verdict}").count() == 1, case
        assert page.locator(".seal.pass, .seal.fail").count() == (verdict in ("pass", "fail"))
        assert page.locator(".criteria .below").count() == 0 or verdict == "fail", case
        assert not overflows(page), case
        if case in ("epochs", "incomplete"):
            assert violations(page, axe, "#sheets") == []


LOOKS: dict[str, tuple[int, str, dict[str, Any]]] = {
    "wide": (WIDE, "light", {}),
    "dark": (WIDE, "dark", {"runOnly": ["color-contrast"]}),
    # Colours do not depend on the width.
    "narrow": (NARROW, "light", {"rules": {"color-contrast": {"enabled": False}}}),
}


@pytest.mark.parametrize("look", LOOKS)
def test_everybody_can_read_it(visit: Open, two_runs: Path, axe: str, look: str) -> None:
    width, scheme, rules = LOOKS[look]
    page = visit(two_runs, width=width, scheme=scheme)
    if width == NARROW:
        page.evaluate(OPEN_ALL)
        assert not overflows(page)
    page.locator("details.run").first.evaluate("(one) => { one.open = true; }")
    page.get_by_text("By part").first.evaluate("(one) => { one.parentElement.open = true; }")
    page.locator(".which").first.evaluate("(one) => one.click()")
    page.evaluate("location.hash = '000B-2'")
    page.locator("#question h3").wait_for()
    assert not overflows(page)
    assert violations(page, axe, **rules) == []
    ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert (sum(map(int, ground[4:-1].split(","))) > 384) == (scheme == "light")


def test_paper_shows_the_sheets_and_no_controls(visit: Open, two_runs: Path) -> None:
    page = visit(two_runs)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".criteria:visible").count() == 2
    assert page.locator("#list").is_visible()
    assert not page.locator("#filters").is_visible()
    assert not page.locator("#masthead nav").is_visible()


BEHIND = ".sheet .comparison, .sheet .charts.wider, .sheet .scroll:has(> .epochs), #questions"
"""What stands on pages of its own: whom a run is compared with, strata, epochs, the questions."""


@pytest.mark.parametrize("locale", ["en-GB", "ja-JP"])
@pytest.mark.parametrize("case", ["sample", "crowded"])
def test_a_sheet_is_one_page_of_paper(
    visit: Open, one_run: Path, tmp_path: Path, case: str, locale: str
) -> None:
    file = one_run
    if case != "sample":
        file = tmp_path / "page.html"
        write_page(file, [PageRun(CASES[case], no_replies("gone"))], None)
    page = visit(file, locale=locale)
    page.evaluate(
        "(behind) => document.querySelectorAll(behind).forEach((one) => one.remove())", BEHIND
    )
    paper = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type /Page\b", paper)) == 1


def drawn(page: Any) -> list[bool]:
    page.wait_for_function("[...document.images].every((one) => one.complete)")
    found = page.evaluate("[...document.images].map((one) => one.naturalWidth > 0 && one.alt)")
    return list(map(bool, found))


def test_figures_linked_inside_and_left_out(
    visit: Open, sample: Exam, runs: list[Results], tmp_path: Path
) -> None:
    found = {}
    for images in ("link", "embed", "off"):
        file = tmp_path / "結果 #1 100%" / f"{images}.html"
        write_run_page(runs[0], sample, CASSETTES, file, images=images)
        found[images] = drawn(visit(file, "000A-1"))
    assert found == {"link": [True], "embed": [True], "off": []}


def test_a_page_to_be_mailed_has_every_figure_small_and_says_where_it_is_whole(
    visit: Open, sample: Exam, runs: list[Results], tmp_path: Path
) -> None:
    file = tmp_path / "small.html"
    write_run_page(runs[0], sample, CASSETTES, file, images="small")
    page = visit(file, "000A-1")
    assert drawn(page) == [True]
    assert (page.locator(".figures img").get_attribute("src") or "").startswith("data:image/webp")
    figure = sample.questions["000A-1"].images[0]
    link = page.locator(".figures figcaption a")
    expect(link).to_have_text(figure.name)
    assert link.evaluate("(one) => one.href") == figure.path.as_uri()


def with_figure(exam: Exam, path: Path) -> Exam:
    question = exam.questions["000A-1"]
    moved = replace(question, images=(replace(question.images[0], path=path),))
    return replace(exam, questions={**exam.questions, question.id: moved})


def test_a_figure_of_any_name_is_found_or_named(
    windows: Callable[[int, Any], BrowserContext],
    sample: Exam,
    runs: list[Results],
    tmp_path: Path,
) -> None:
    # As long as names get, so that they do not fit into the first 200 characters of an address.
    figure = tmp_path / "図 #1" / f"100% {'聴力' * 30}?.png"
    figure.parent.mkdir()
    figure.write_bytes(sample.questions["000A-1"].images[0].path.read_bytes())
    file = tmp_path / "page.html"
    write_run_page(runs[0], with_figure(sample, figure), CASSETTES, file)
    page = windows(WIDE, "light").new_page()  # the browser itself logs what is not there
    page.goto(f"{file.as_uri()}#000A-1")
    assert drawn(page) == [True]
    figure.unlink()
    page.reload()
    expect(page.locator(".no-figure")).to_contain_text(f"not found at 図 #1/{figure.name}")
    assert quote(figure.name) in file.read_text("utf-8")
    figure.write_bytes(b"no figure")
    write_run_page(runs[0], with_figure(sample, figure), CASSETTES, file, images="embed")
    page.reload()
    expect(page.locator(".no-figure")).to_contain_text("it cannot be drawn")
    page.close()


def test_people_are_not_told_of_as_models(visit: Open, tmp_path: Path) -> None:
    results = CASES["examinees"]
    record = StoredReply(Reply("", answer_of="IgakuQA"), "nowhere")
    write_page(tmp_path / "page.html", [PageRun(results, lambda *_: record)], lacking_figures())
    page = visit(tmp_path / "page.html", "A-3")
    sheet = page.locator("#sheets").inner_text()
    assert "No answer recorded (4 points lost)" in sheet
    assert "with images, not in the data" in sheet
    question = page.locator("#question")
    expect(question).to_contain_text("no answer is recorded")
    page.evaluate("location.hash = 'A-4'")
    expect(question.locator("h3")).to_have_text("A-4")
    expect(question).to_contain_text("has a figure that the exam's data lacks.")
    for word in ("unreadable", "asked without", "ours", "images missing"):
        assert word not in page.locator("main").inner_text()
