"""Replies of whatever a model may say, and as many of them as there are questions."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from jmle_plugin.ask.reply import Reply
from jmle_plugin.exam.model import Exam
from jmle_plugin.report.html.page import write_page
from jmle_plugin.report.html.replies import StoredReply
from jmle_plugin.report.html.runs import PageRun
from tests.browser.conftest import NARROW, Open, overflows
from tests.builders import (
    make_exam,
    make_key,
    make_marks,
    make_question,
    make_results,
    make_run,
)

pytestmark = pytest.mark.browser

MARKUP = (
    "</script><script>alert(1)</script><img src=x onerror=alert(1)><!--<script>"
    "<svg onload=alert(1)><iframe src='https://example.org'></iframe><style>*{display:none}</style>"
)
SIGNS = "left \u202eright\u202c \u0000\u0000\u0000 \x1b[31m \ud800 \u2028 end"
LINE = "あ" * 2_000_000
EXAM = make_exam()


def written(tmp_path: Path, text: str, exam: Exam = EXAM) -> Path:
    """A page in which everything a model has a say in is `text`."""
    marks = {
        name: mark.model_copy(update={"model": text[:80], "finish_reason": text[:80]})
        for name, mark in make_marks(exam).items()
    }
    reply = StoredReply(Reply(text, reasoning=text), "cassettes/the-file.yaml")
    results = make_results(exam, marks, run=make_run(display_name=MARKUP))
    file = tmp_path / "page.html"
    write_page(file, [PageRun(results, lambda *_: reply)], exam)
    return file


def test_markup_is_text(visit: Open, tmp_path: Path) -> None:
    page = visit(written(tmp_path, MARKUP), "A-1")
    page.locator("#question summary", has_text="Reasoning").click()
    shown = page.locator("#question .foreign")
    assert shown.count() == 2
    for n in range(2):
        expect(shown.nth(n)).to_have_text(MARKUP)
        assert shown.nth(n).locator("script, img, svg, iframe, style").count() == 0
    expect(page.locator("h2").first).to_have_text(MARKUP)
    assert page.locator("iframe, img, script[src]").count() == 0
    page.wait_for_timeout(100)  # a dialog, a request or an error fails the test


def test_hidden_signs_are_seen_and_turn_nothing(visit: Open, tmp_path: Path) -> None:
    page = visit(written(tmp_path, SIGNS), "A-1")
    shown = page.locator("#question .foreign").first
    assert shown.locator(".hidden-sign").all_inner_texts() == [
        "U+202E", "U+202C", "U+0000 ×3", "U+001B", "U+D800", "U+2028",
    ]  # fmt: skip
    text = shown.inner_text()
    assert not set("\u202e\u202c\u0000\u001b\u2028") & set(text)
    assert text.index("left") < text.index("right") < text.index("end")


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


def test_four_hundred_questions_open_quickly(visit: Open, tmp_path: Path) -> None:
    texts = "第120回のように長い問題文である。" * 25
    questions = [
        make_question(
            f"{block}-{n}", text=texts, options=dict(zip("abcde", "１２３４５", strict=True))
        )
        for block in "AB"
        for n in range(1, 201)
    ]
    whole = make_exam(
        replace(
            make_key(),
            entries={one.id: make_key().entries["A-1"] for one in questions},
        ),
        questions,
    )
    file = written(tmp_path, "考える。" * 2500, whole)  # 24 MB of replies
    assert file.stat().st_size < 5_000_000
    took = []
    for _ in range(3):  # whatever else the machine is doing
        began = time.monotonic()
        expect(visit(file).locator("#list li")).to_have_count(400)
        took.append(time.monotonic() - began)
    assert min(took) < 2
