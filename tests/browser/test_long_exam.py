"""A page of 400 questions: what is looked at stays in the window, and the page stays light."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, expect

from jmle_plugin.compare.comparison import compare
from jmle_plugin.compare.pairing import places
from jmle_plugin.exam.model import KeyEntry
from jmle_plugin.gateway.reply import Reply
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.report.html.page import write_page
from jmle_plugin.report.html.questions import StoredReply
from jmle_plugin.report.html.runs import PageRun
from tests.browser.conftest import NARROW, PATIENCE, Open
from tests.builders import make_exam, make_mark, make_question, make_results, make_run

pytestmark = pytest.mark.browser

REPLY = StoredReply(Reply("考えられる疾患を順に除外する。" * 100 + "\n【回答】a"), "nowhere")
GAINED = 40
SOON = 2_000
"""Milliseconds until a key shows; PATIENCE in all."""
NODES = 8_000
"""Elements of the page as it opens, 20 a question; it has 14, whatever the replies hold."""
DATA = 2_500_000
"""Bytes of the data: 4,200 a question for its reply, and 2,000 for the rest; it takes 1,000."""


@pytest.fixture(scope="module")
def long_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that gained 40 questions; every tenth is worth three points."""
    questions = [
        make_question(f"{block}-{n}", points=1 if n % 10 else 3, text="72歳の男性。" * 12)
        for block in "AB"
        for n in range(1, 201)
    ]
    made = make_exam(questions=questions)
    entries = {one.id: KeyEntry((("a",),)) for one in questions}
    exam = replace(made, key=replace(made.key, entries=entries))
    marks = {one.id: make_mark(exam, one.id) for one in questions}
    wrong = {one.id: make_mark(exam, one.id, Outcome.INCORRECT) for one in questions[:GAINED]}
    new, old = make_results(exam, marks), make_results(exam, marks | wrong, run=make_run(run="old"))
    results = new.model_copy(update={"comparison": compare(old, new, places(exam))})
    file = tmp_path_factory.mktemp("long") / "page.html"
    write_page(file, [PageRun(results, lambda *_: REPLY)], exam)
    return file


def expect_in_window(page: Page, question: str) -> None:
    """The question, its row and the filters are all to be seen."""
    expect(page.locator("#question h3")).to_have_text(question)
    expect(page.locator("#question h3")).to_be_in_viewport(ratio=1)
    expect(page.locator(f"#list [data-id='{question}']")).to_be_in_viewport(ratio=1)
    expect(page.locator("#filters")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.activeElement.parentElement.dataset.id") == question


def test_a_question_is_seen_in_its_list_however_it_was_reached(visit: Open, long_run: Path) -> None:
    page = visit(long_run, "A-141")
    expect_in_window(page, "A-141")
    frame = page.locator("#list-frame").bounding_box()
    assert frame is not None
    assert frame["y"] + frame["height"] <= 900
    for key, question in (("ArrowDown", "A-142"), ("ArrowUp", "A-141"), ("k", "A-140")):
        page.keyboard.press(key)
        expect_in_window(page, question)
    for _ in range(30):
        page.keyboard.press("j")
    expect_in_window(page, "A-170")
    page.evaluate("location.hash = 'B-200'")
    expect_in_window(page, "B-200")
    page.evaluate("scrollTo(0, 0)")
    page.keyboard.press("k")
    expect_in_window(page, "B-199")


def test_a_question_that_is_filtered_out_opens_and_leaves_the_list_alone(
    visit: Open, long_run: Path
) -> None:
    page = visit(long_run, "B-20")
    page.locator("#filters [name=block]").select_option("B")
    frame = page.locator("#list-frame")
    frame.evaluate("(one) => { one.scrollTop = 800; }")
    page.evaluate("location.hash = 'A-5'")
    expect(page.locator("#question h3")).to_have_text("A-5")
    assert frame.evaluate("(one) => one.scrollTop") == 800


def arrow_scrolls(page: Page, beyond: float = 0.0) -> None:
    """Press an arrow until the page scrolls: a busy browser may take a key for nothing."""
    for _ in range(PATIENCE // SOON):
        page.keyboard.press("ArrowDown")
        with suppress(Error):  # not yet
            page.wait_for_function("(beyond) => scrollY > beyond", arg=beyond, timeout=SOON)
            return
    pytest.fail("the page does not scroll")


def test_arrows_scroll_where_somebody_reads(visit: Open, long_run: Path) -> None:
    page = visit(long_run)
    arrow_scrolls(page)
    expect(page.locator("#question h3")).to_have_count(0)
    page = visit(long_run, "A-5")
    page.locator("#question .exam-text").click()
    down = page.evaluate("scrollY")
    arrow_scrolls(page, down)
    expect(page.locator("#question h3")).to_have_text("A-5")
    page.locator("h1").click()
    page.evaluate("scrollTo(0, 0)")
    arrow_scrolls(page)
    expect(page.locator("#question h3")).to_have_text("A-5")


def test_many_changes_are_told_when_asked_for(visit: Open, long_run: Path) -> None:
    page = visit(long_run, width=NARROW)
    links = page.locator(".changes th a")
    assert links.filter(visible=True).count() < GAINED / 2
    page.get_by_role("button", name=f"Show all {GAINED}").click()
    assert links.filter(visible=True).count() == GAINED
    expect(page.get_by_role("button", name="Show all")).to_have_count(0)
    assert page.evaluate("document.activeElement.closest('.rest') !== null")


def test_figures_are_worded_as_in_the_other_reports(visit: Open, long_run: Path) -> None:
    page = visit(long_run)
    cells = page.locator(".compared tbody td:last-child").all_inner_texts()
    assert set(cells) == {"< 0.001", "1.00"}
    points = page.locator(".changes td:nth-child(2)").all_text_contents()
    assert set(points) == {"1 pt", "3 pts"}


def test_the_page_is_light_whatever_machine_opens_it(visit: Open, long_run: Path) -> None:
    text = long_run.read_text("utf-8")
    (data,) = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL)
    assert REPLY.reply.text.partition("\n")[0] in data
    assert len(data.encode()) < DATA
    page = visit(long_run)
    assert page.locator("#list li").count() == 400
    assert page.evaluate("document.querySelectorAll('*').length") < NODES
    assert REPLY.reply.text[:100] not in page.locator("main").inner_text()
    page.evaluate("location.hash = 'B-200'")
    expect(page.locator("#question .foreign")).to_contain_text("【回答】a")
    assert page.evaluate("document.querySelectorAll('*').length") < NODES
