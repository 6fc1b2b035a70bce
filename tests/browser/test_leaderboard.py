"""The page of all runs: it can be sorted, sifted, followed and read by everybody."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from jmle_plugin.compare.leaderboard import Entry, leaderboard
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.report.html.leaderboard import board_page
from jmle_plugin.results.file import Results
from tests.browser.conftest import NARROW, WIDE, Open, overflows, violations
from tests.builders import make_exam, make_marks, make_results, make_run
from tests.unit.report.leaderboard.conftest import HOSTILE

pytestmark = pytest.mark.browser


def written(folder: Path, results: list[Results], exam: Exam, *pages: str) -> Path:
    """The page, beside those of the runs that `pages` names."""
    folder.mkdir(exist_ok=True)
    for run in pages:
        (folder / f"{run}.html").write_text("<!DOCTYPE html><title>a run</title>", "utf-8")
    entries = [Entry(folder / f"{one.run.name}.json", one) for one in results]
    file = folder / "board.html"
    board = leaderboard(results, {exam.id: exam})
    file.write_text(board_page(board, entries, {exam.id: exam}, folder), "utf-8")
    return file


@pytest.fixture(scope="session")
def page_file(runs: list[Results], sample: Exam, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("board")
    return written(folder, [runs[1], runs[0]], sample, "scripted-resident")


@pytest.fixture(scope="session")
def hostile_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tables, runs without a verdict, and a name that would be much else."""
    exam = make_exam()
    wrong = make_marks(exam, A_1=Outcome.NO_ANSWER, B_2=Outcome.INCORRECT)
    marks = make_marks(exam, A_2=Outcome.ERROR)
    results = [
        make_results(exam, run=make_run(display_name=HOSTILE + "w" * 200)),
        make_results(exam, wrong, run=make_run(run="wrong")),
        make_results(exam, marks, run=make_run(run="outage")),
        make_results(exam, {"A-1": marks["A-1"]}, asked=["A-1"], run=make_run(run="part")),
        make_results(exam, run=make_run(run="skips", images="skip")),
    ]
    return written(tmp_path_factory.mktemp("board"), results, exam)


def models(page: Page) -> list[str]:
    return page.locator(".ranking").first.locator("tbody th").all_inner_texts()


def questions(page: Page) -> list[str]:
    return page.locator(".heat tbody th").all_text_contents()


def show_all(page: Page) -> None:
    """The questions in which runs agree as well."""
    page.locator(".heat-filters [name=runs]").select_option("")


def test_columns_sort_the_table(visit: Open, page_file: Path) -> None:
    page = visit(page_file)
    best_first = ["scripted/resident*", "scripted/intern*"]
    assert models(page) == best_first
    ranking = page.locator(".ranking").first
    heads = ranking.locator("thead th")
    expect(heads.nth(0)).to_have_attribute("aria-sort", "ascending")
    for name, order in (
        ("Model", best_first[::-1]),
        ("Model", best_first),
        ("Points", best_first),
        ("Points", best_first[::-1]),
    ):
        ranking.get_by_role("button", name=name, exact=True).click()
        assert models(page) == order, name
    assert page.locator("[aria-sort]").count() == 1


def test_a_second_table_ranks_by_questions_without_figures(visit: Open, page_file: Path) -> None:
    page = visit(page_file)
    table = page.get_by_role("table", name="Ranked by the questions without figures alone")
    assert table.locator("tbody th").all_inner_texts() == ["scripted/resident*", "scripted/intern*"]
    assert {"37/40", "27/30", "29-40"} <= set(table.locator("tbody tr").first.inner_text().split())
    assert "Verdict" not in table.locator("thead").inner_text()


def test_filters(visit: Open, page_file: Path, runs: list[Results], sample: Exam) -> None:
    page = visit(page_file)
    outcomes = [{mark.question: mark.outcome for mark in one.marks} for one in runs]
    one, other = outcomes
    asked = sample.questions.values()
    expected = {
        ("block", "B"): [q.id for q in asked if q.block == "B"],
        ("form", "numeric"): [q.id for q in asked if q.form == "numeric"],
        ("image", "with"): [q.id for q in asked if q.images],
        ("runs", "differ"): [q.id for q in asked if one[q.id] != other[q.id]],
        ("runs", "wrong"): [q.id for q in asked if Outcome.CORRECT not in (one[q.id], other[q.id])],
    }
    differing = expected["runs", "differ"]
    assert questions(page) == differing
    for (name, value), found in expected.items():
        assert found
        if name != "runs":
            show_all(page)
            assert questions(page) == list(sample.questions)
        page.locator(f".heat-filters [name={name}]").select_option(value)
        assert questions(page) == found, (name, value)
        expect(page.locator(".heat-filters .count")).to_have_text(f"{len(found)} of 40 questions")
        page.get_by_role("button", name="Reset").click()
        expect(page.locator(".heat tbody tr")).to_have_count(len(differing))


def test_cells_tell_outcomes_by_sign_and_word(
    visit: Open, page_file: Path, runs: list[Results]
) -> None:
    page = visit(page_file)
    show_all(page)
    signs = "(cell) => getComputedStyle(cell, '::before').content"
    for column, results in enumerate(runs):
        outcomes = {mark.question: mark.outcome for mark in results.marks}
        for question in ("000A-1", "000A-2", "000F-4"):
            cell = page.locator(".heat tr", has_text=question).locator("td").nth(column)
            outcome = outcomes[question]
            word, sign = {
                "correct": ("correct", "none"),
                "incorrect": ("incorrect", '"✕" / ""'),
                "no_answer": ("no valid answer", '"△" / ""'),
            }[outcome.value]
            assert word in (cell.text_content() or "")
            assert cell.evaluate(signs) == sign


def test_questions_lead_to_the_pages_beside(visit: Open, page_file: Path) -> None:
    page = visit(page_file)
    show_all(page)
    link = page.get_by_role("link", name="000A-3")
    target = (page_file.parent / "scripted-resident.html").as_uri() + "#000A-3"
    assert link.evaluate("(one) => one.href") == target
    link.focus()
    readout = page.locator("#readout")
    expect(readout).to_contain_text("000A-3")
    expect(readout).to_contain_text("scripted/intern")
    assert page.locator(".heat td.linked").count() == 40


def test_without_pages_a_question_still_tells_who_answered_what(
    visit: Open, hostile_file: Path
) -> None:
    page = visit(hostile_file)
    page.get_by_role("button", name="B-2").first.focus()
    readout = page.locator("#readout")
    expect(readout).to_contain_text("3 points, key a")
    expect(readout).to_contain_text("not asked ×1 some/model [part]")
    expect(readout).to_contain_text("incorrect ×1 some/model [wrong]")


def test_hostile_names_are_text(visit: Open, hostile_file: Path) -> None:
    page = visit(hostile_file)
    assert HOSTILE.split("\x1b")[0].strip() in models(page)[0]
    assert page.locator("img, iframe").count() == 0
    assert "U+202E" in models(page)[0]
    expect(page.locator(".difference")).to_have_count(2)
    without = page.locator(".further", has_text="Without a verdict")
    expect(without.first).to_contain_text("incomplete: 1 of 7")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_contrast_labels_and_width(
    visit: Open, hostile_file: Path, axe: str, width: int, scheme: str
) -> None:
    page = visit(hostile_file, width=width, scheme=scheme)
    page.get_by_role("button", name="B-2").first.focus()
    assert not overflows(page)
    if (width, scheme) != (NARROW, "dark"):
        assert violations(page, axe) == []
