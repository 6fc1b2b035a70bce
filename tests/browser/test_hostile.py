"""Replies of whatever a model may say, and as many of them as there are questions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from jmle_plugin.compare.comparison import compare
from jmle_plugin.exam.model import Exam
from jmle_plugin.gateway.reply import Reply
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.report.html.page import write_page
from jmle_plugin.report.html.questions import StoredReply
from jmle_plugin.report.html.runs import PageRun
from tests.browser.conftest import NARROW, Open, overflows
from tests.builders import (
    make_exam,
    make_key,
    make_mark,
    make_marks,
    make_question,
    make_results,
    make_run,
    no_replies,
)

pytestmark = pytest.mark.browser

MARKUP = (
    "</script><script>alert(1)</script><img src=x onerror=alert(1)><!--<script>"
    "<svg onload=alert(1)><iframe src='https://example.org'></iframe><style>*{display:none}</style>"
    "[link](javascript:alert(1)) javascript:alert(1) ${alert(1)} $title"
)
SIGNS = "left \u202eright\u202c \u0000\u0000\u0000 \x1b[31m \ud800 \u2028 end"
LINE = "あ" * 2_000_000


def hostile_exam(text: str) -> Exam:
    """An exam in which every word is `text`, except for ids, labels and keys."""
    exam = make_exam()
    questions = {
        one.id: replace(
            one,
            text=text,
            subject=text,
            rationale=text,
            options=dict.fromkeys(one.options, text),
            serial=one.serial and replace(one.serial, text=text),
            images=tuple(replace(image, name=text) for image in one.images),
        )
        for one in exam.questions.values()
    }
    sections = tuple(replace(one, title=text) for one in exam.sections)
    return replace(exam, title=text, questions=questions, sections=sections)


def written(tmp_path: Path, text: str, exam: Exam | None = None) -> Path:
    """The page of two runs in which everything a model or an exam has a say in is `text`."""
    exam = exam or hostile_exam(text[:300])
    word = {"model": text[:80], "finish_reason": text[:80]}
    right = {name: mark.model_copy(update=word) for name, mark in make_marks(exam).items()}
    wrong = right | {"A-1": make_mark(exam, "A-1", Outcome.ERROR, error=text)}
    reply = StoredReply(Reply(text, reasoning=text), "cassettes/the-file.yaml")
    run = make_run(display_name=text[:300].encode("utf-8", "replace").decode())
    old, new = (make_results(exam, marks, run=run) for marks in (wrong, right))
    if exam.id == "tiny":
        allowed = ["incomplete"]
        new = new.model_copy(update={"comparison": compare(old, new, allow=allowed)})
    file = tmp_path / "page.html"
    write_page(file, [PageRun(one, lambda *_: reply) for one in (new, old)], exam)
    return file


def test_markup_is_text(visit: Open, tmp_path: Path) -> None:
    page = visit(written(tmp_path, MARKUP), "A-1")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    shown = page.locator("#question .foreign")
    assert shown.count() == 2
    for n in range(2):
        expect(shown.nth(n)).to_have_text(MARKUP)
    for place in ("h1", "h2", ".comparison h3", "#question .missing", ".options", ".facts"):
        expect(page.locator(place).filter(has_text=MARKUP).first).to_be_visible()
    assert page.locator("main :is(script, img, iframe, style, object, link)").count() == 0
    assert page.locator("svg:not([role='img'])").count() == 0
    assert page.locator("a:not([href^='#'])").count() == 0
    assert not overflows(page)
    page.wait_for_timeout(100)  # a dialog, a request or an error fails the test


def test_hidden_signs_are_seen_and_turn_nothing(visit: Open, tmp_path: Path) -> None:
    page = visit(written(tmp_path, SIGNS), "A-2")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    shown = page.locator("#question .foreign").first
    assert shown.locator(".hidden-sign").all_inner_texts() == [
        "U+202E", "U+202C", "U+0000 ×3", "U+001B", "U+D800", "U+2028",
    ]  # fmt: skip
    text = shown.inner_text()
    assert text.index("left") < text.index("right") < text.index("end")
    everywhere = page.evaluate(
        "document.title + document.querySelector('main').innerHTML"
        " + document.querySelector('header').innerHTML"
    )
    assert not set("\u202e\u202c\u0000\u001b\u2028\ufffd") & set(everywhere)


def test_a_line_of_two_million_characters(visit: Open, tmp_path: Path) -> None:
    file = written(tmp_path, LINE)
    assert file.stat().st_size < 5_000_000
    page = visit(file, "A-1", width=NARROW)
    cut = page.locator("#question .cut").first
    expect(cut).to_contain_text("left out here")
    expect(cut).to_contain_text("cassettes/the-file.yaml")
    expect(page.locator("#question summary").first).to_contain_text("2,000,000 characters")
    page.locator("#question summary", has_text="Reasoning").click()
    assert not overflows(page)


def test_unbroken_words_and_endless_lines_fit(visit: Open, tmp_path: Path) -> None:
    page = visit(written(tmp_path, "x" * 20_000 + "\n" * 500), "A-1", width=NARROW)
    assert not overflows(page)


def test_no_script_but_ours_runs(browser: Browser, tmp_path: Path) -> None:
    # As if a text had got out of the data after all: the policy holds.
    file = written(tmp_path, "plain")
    foreign = "<script>document.title = 'run'</script><img src='https://example.org/x.png'></main>"
    file.write_text(file.read_text("utf-8").replace("</main>", foreign), "utf-8")
    page = browser.new_page()
    logged: list[str] = []
    page.on("console", lambda message: logged.append(message.text))
    page.goto(file.as_uri())
    assert page.title() != "run"
    assert len([text for text in logged if "Content Security Policy" in text]) == 2
    page.close()


LONG = "第120回のように長い問題文である。" * 25


def big_exam(number: int, text: str = LONG) -> Exam:
    """An exam of two blocks with so many questions, each as long as real ones are."""
    options = dict(zip("abcde", "１２３４５", strict=True))
    questions = [
        make_question(f"{block}-{n}", text=text, options=options)
        for block in "AB"
        for n in range(1, number // 2 + 1)
    ]
    entries = {one.id: make_key().entries["A-1"] for one in questions}
    return replace(make_exam(replace(make_key(), entries=entries), questions), id="big")


def test_four_hundred_questions_with_long_replies_stay_small(visit: Open, tmp_path: Path) -> None:
    file = written(tmp_path, "考える。" * 2500, big_exam(400))  # 48 MB of replies
    assert file.stat().st_size < 5_000_000
    expect(visit(file).locator("#list li")).to_have_count(400)


def test_thousands_of_questions_are_drawn_as_they_are_needed(visit: Open, tmp_path: Path) -> None:
    exam = big_exam(3000, "短い問題文")
    results = make_results(exam, make_marks(exam))
    write_page(tmp_path / "page.html", [PageRun(results, no_replies("gone"))], exam)
    page = visit(tmp_path / "page.html")
    rows = page.locator("#list li")
    expect(rows).to_have_count(1000)
    expect(page.locator("#count")).to_have_text("3,000 questions")
    page.evaluate("location.hash = 'A-1001'")
    expect(page.locator("#list [aria-current]")).to_contain_text("A-1001")
    page.keyboard.press("j")
    expect(page.locator("#question h3")).to_have_text("A-1002")
    page.locator("#more").scroll_into_view_if_needed()
    expect(rows).not_to_have_count(1002)
    page.get_by_role("searchbox").fill("B-624")
    expect(rows).to_have_count(1)
