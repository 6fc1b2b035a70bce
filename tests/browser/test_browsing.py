"""The question browser: filters, search, order, links, keys, answers side by side."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from jmle_plugin.exam.model import Exam
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.report.html.page import write_page, write_run_page
from jmle_plugin.report.html.runs import PageRun
from jmle_plugin.results.file import Results
from tests.browser.conftest import CASSETTES, NARROW, Open, listed
from tests.builders import make_epochs, make_exam, no_replies

pytestmark = pytest.mark.browser


def choose(page: Page, **filters: str) -> list[str]:
    for name, value in filters.items():
        page.locator(f"#filters [name={name}]").select_option(value)
    return listed(page)


def test_filters(visit: Open, one_run: Path, sample: Exam, runs: list[Results]) -> None:
    page = visit(one_run)
    questions, comparison = sample.questions.values(), runs[0].comparison
    assert comparison is not None
    missed = [mark.question for mark in runs[0].marks if mark.outcome is not Outcome.CORRECT]
    expected = {
        ("block", "B"): [one.id for one in questions if one.block == "B"],
        ("criterion", "required"): [one.id for one in questions if one.section == "required"],
        ("form", "numeric"): [one.id for one in questions if one.form == "numeric"],
        ("image", "with"): [one.id for one in questions if one.images],
        ("subject", "神経"): [one.id for one in questions if one.subject == "神経"],
        ("image", "without"): [one.id for one in questions if not one.images],
        ("outcome", "missed"): missed,
        ("change", "gained"): [one.question for one in comparison.gained],
        ("change", "lost"): [one.question for one in comparison.lost],
    }
    assert listed(page) == list(sample.questions)
    for (name, value), found in expected.items():
        assert choose(page, **{name: value}) == found, (name, value)
        page.get_by_role("button", name="Reset").click()
        expect(page.locator("#list li")).to_have_count(len(questions))
    assert choose(page, block="C", outcome="missed", form="numeric") == []
    assert page.locator("#none").is_visible()
    assert page.locator("#count").inner_text() == "0 of 40 questions"


def test_shortcuts_say_what_they_find(visit: Open, one_run: Path) -> None:
    page = visit(one_run)
    told = page.locator(".shortcuts [data-name]")
    assert told.all_inner_texts() == ["Not correct 4", "Gained 8", "With image 10"]
    for n, count in enumerate((4, 8, 10)):
        told.nth(n).click()
        expect(told.nth(n)).to_have_attribute("aria-pressed", "true")
        expect(page.locator("#list li")).to_have_count(count)
        told.nth(n).click()
        expect(told.nth(n)).to_have_attribute("aria-pressed", "false")
    told.nth(0).click()
    told.nth(2).click()
    expect(page.locator("#list li")).to_have_count(1)
    page.get_by_role("button", name="Reset").click()
    expect(page.locator("#list li")).to_have_count(40)
    expect(page.locator(".shortcuts [aria-pressed=true]")).to_have_count(0)


def test_search_reads_questions_and_replies_in_either_width(
    visit: Open, one_run: Path, sample: Exam
) -> None:
    page = visit(one_run)
    box = page.get_by_role("searchbox")
    box.fill("ＳＩＡＤＨ")
    assert listed(page) == [
        one.id for one in sample.questions.values() if "SIADH" in one.text.upper()
    ]
    box.fill("carhart")  # the reply alone says it
    assert listed(page) == ["000A-1"]
    box.fill("000b-3")
    assert listed(page) == ["000B-3"]


def test_order(visit: Open, sample: Exam, runs: list[Results], tmp_path: Path) -> None:
    known = {"000A-3": 0.2, "000B-1": 0.41, "000A-1": 0.95}
    questions = {
        one.id: replace(one, human_accuracy=known.get(one.id)) for one in sample.questions.values()
    }
    write_run_page(runs[0], replace(sample, questions=questions), CASSETTES, tmp_path / "page.html")
    page = visit(tmp_path / "page.html")
    points = [sample.questions[name].points for name in choose(page, order="points")]
    assert points == sorted(points, reverse=True)
    assert points[0] == 3
    asked = {mark.question: mark.tokens for mark in runs[0].marks}
    weights = {
        name: (one.prompt or 0) + (one.completion or 0) for name, one in asked.items() if one
    }
    assert choose(page, order="tokens") == sorted(weights, key=lambda name: -weights[name])
    first = page.locator("#list .worth").first
    assert first.inner_text().replace(",", "") == str(max(weights.values()))
    assert choose(page, order="human")[:3] == list(known)
    assert page.locator("#list .worth").all_inner_texts()[:3] == ["20%", "41%", "95%"]
    assert choose(page, order="exam") == list(sample.questions)
    page.locator("#list a").first.click()
    expect(page.locator("#question header")).to_contain_text("95% of people were right")


def test_deep_links(visit: Open, one_run: Path) -> None:
    page = visit(one_run, "000C-5")
    title = page.locator("#question h3")
    expect(title).to_have_text("000C-5")
    expect(page.locator(".serial")).to_contain_text("頭痛")
    page.locator(".serial").get_by_role("link", name="000C-6").click()
    expect(title).to_have_text("000C-6")
    page.go_back()
    expect(title).to_have_text("000C-5")
    page.locator(".changes a").first.click()
    expect(title).to_have_text(page.locator(".changes a").first.inner_text())
    expect(title).to_be_in_viewport()


def test_links_to_nothing_open_nothing(visit: Open, one_run: Path) -> None:
    for fragment in ("nothing", "%E0%A4%A", "<img src=x onerror=alert(1)>"):
        page = visit(one_run, fragment)
        expect(page.locator("#list li")).to_have_count(40)
        assert page.locator("#question h3").count() == 0


def test_keys(visit: Open, one_run: Path, sample: Exam) -> None:
    page = visit(one_run)
    title, names = page.locator("#question h3"), list(sample.questions)
    for key, place in (("j", 0), ("j", 1), ("ArrowDown", 2), ("k", 1), ("ArrowUp", 0), ("k", 0)):
        page.keyboard.press(key)
        expect(title).to_have_text(names[place])
        assert page.url.endswith(f"#{names[place]}")
    page.keyboard.press("/")
    page.keyboard.type("jk?")
    expect(page.get_by_role("searchbox")).to_have_value("jk?")
    page.keyboard.press("Escape")
    expect(title).to_have_text(names[0])
    page.keyboard.press("Escape")
    expect(title).to_have_count(0)
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()


def test_keys_on_a_narrow_page(visit: Open, one_run: Path) -> None:
    page = visit(one_run, width=NARROW)
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.locator("#question h3").count() == 0
    page.keyboard.press("Enter")
    expect(page.locator("#question h3")).to_have_text("000A-2")
    expect(page.locator("#list")).to_be_hidden()
    for name, question in (("Next", "000A-3"), ("Next", "000A-4"), ("Previous", "000A-3")):
        page.get_by_role("button", name=f"{name} question").click()
        expect(page.locator("#question h3")).to_have_text(question)
        assert page.url.endswith(f"#{question}")
    page.get_by_role("button", name="Close this question").click()
    expect(page.locator("#list")).to_be_visible()
    expect(page.locator("#list a").nth(2)).to_be_focused()


def test_an_answer_sheet_opens_its_questions(visit: Open, one_run: Path) -> None:
    page = visit(one_run)
    page.locator("svg [data-question='000E-2'] rect").click()
    expect(page.locator("#question h3")).to_have_text("000E-2")


def test_an_open_question_tells_everything(visit: Open, one_run: Path, sample: Exam) -> None:
    question = sample.questions["000A-2"]
    panel = visit(one_run, question.id).locator("#question")
    for label, text in question.options.items():
        expect(panel.locator(".options li").filter(has_text=text)).to_contain_text(label)
    assert panel.locator(".options .right").count() == 2
    expect(panel.locator(".key-line")).to_contain_text("a, c")
    expect(panel.locator(".asking")).to_contain_text("【回答】")
    expect(panel.locator(".change")).to_contain_text("Gained against")
    expect(panel.locator(".asking .facts")).to_contain_text("completion")


def test_several_runs_stand_side_by_side(
    visit: Open, two_runs: Path, runs: list[Results], sample: Exam
) -> None:
    page = visit(two_runs, "000A-2")
    answers = page.locator(".answer")
    assert answers.count() == 2
    left, right = (answers.nth(n).bounding_box() for n in (0, 1))
    assert left is not None
    assert right is not None
    assert left["y"] == right["y"]
    assert left["x"] < right["x"]
    outcomes = [{mark.question: mark.outcome for mark in one.marks} for one in runs]
    differing = [name for name in sample.questions if outcomes[0][name] != outcomes[1][name]]
    assert choose(page, change="differ") == differing
    page.get_by_role("button", name="Reset").click()
    missed = [name for name in sample.questions if outcomes[1][name] is not Outcome.CORRECT]
    assert choose(page, run="1", outcome="missed") == missed
    page.locator(".overview a").nth(1).click()
    expect(page.locator("#sheet-1 .criteria")).to_be_visible()
    expect(page.locator("#sheet-0 .criteria")).to_be_hidden()


OPEN_EACH = """() => [...document.querySelectorAll(".which")].map((button) => {
  button.click();
  const ids = button.closest("tr").nextElementSibling.querySelectorAll("a");
  return [button.textContent, [...ids].map((one) => one.textContent)];
})"""


def test_the_counts_of_an_audits_parts_open_their_questions(
    visit: Open, one_run: Path, runs: list[Results]
) -> None:
    found = runs[0].audit
    assert found is not None
    parts = [part for parts in found.groupings.values() for part in parts]
    behind = [ids for part in parts for ids in part.states.values() if ids]
    page = visit(one_run, width=NARROW)
    page.get_by_text("By part").click()
    assert page.evaluate(OPEN_EACH) == [[str(len(ids)), ids] for ids in behind]
    expect(page.locator(".ids")).to_have_count(len(parts))
    last = page.locator(".which").last
    last.press("Enter")
    expect(last).to_have_attribute("aria-expanded", "false")
    expect(page.locator(".ids")).to_have_count(len(parts) - 1)
    last.press("Enter")
    told = page.locator(".ids").last
    expect(told.locator("p")).to_be_in_viewport(ratio=1)
    told.get_by_role("link").first.click()
    expect(page.locator("#question h3")).to_have_text(behind[-1][0])


def test_epochs(visit: Open, tmp_path: Path) -> None:
    exam = make_exam()
    results = make_epochs(exam, {}, {"A_1": Outcome.INCORRECT, "B_2": Outcome.NO_ANSWER}, {})
    write_page(tmp_path / "page.html", [PageRun(results, no_replies("gone"))], exam)
    page = visit(tmp_path / "page.html", "A-1")
    assert page.locator(".asking").count() == 3
    told = [row.split() for row in page.locator(".epochs tbody tr").all_inner_texts()]
    assert [(row[0], row[1]) for row in told] == [("1", "11"), ("2", "7"), ("3", "11")]
    assert choose(page, change="epochs") == ["A-1", "B-2"]


def test_what_is_missing_is_named(visit: Open, runs: list[Results], tmp_path: Path) -> None:
    reader = no_replies("the folder is gone")
    write_page(tmp_path / "page.html", [PageRun(runs[0], reader)], None)
    page = visit(tmp_path / "page.html", "000A-1")
    missing = page.locator("#sheets .missing")
    expect(missing.first).to_contain_text("jmle fetch")
    expect(missing.last).to_contain_text("40 of 40 replies are not in this page")
    expect(page.locator("#question")).to_contain_text("the folder is gone")
    expect(page.locator("#question")).to_contain_text("text is not in this page")
