"""Pages in Japanese and in English: whole in either, chosen by the browser, and remembered."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from jmle_plugin.exam.model import Exam
from jmle_plugin.results.file import Results
from tests.browser.conftest import NARROW, WIDE, Open, listed, overflows, violations
from tests.browser.test_leaderboard import written
from tests.builders import make_results

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def board(runs: list[Results], sample: Exam, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The leaderboard of two runs that scored points, and of one without a verdict."""
    stopped = runs[1].run.model_copy(update={"name": "scripted-attending"})
    marks = {mark.question: mark for mark in runs[1].marks[:9]}
    part = make_results(sample, marks, asked=marks).model_copy(update={"run": stopped})
    return written(tmp_path_factory.mktemp("board"), [*runs, part], sample, "scripted-resident")


JAPANESE = "ja-JP"
SPOKEN = """() => {
  const theirs = ".foreign, .exam-text, .options, .snippet, q, .provenance, .languages, kbd, "
    + ".name, h2, h4, .rationale";
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode, inside = node.parentElement;
    if (inside.closest("script, style, noscript") || inside.closest(theirs)) continue;
    found.push([node.data, inside.closest("[lang]").lang]);
  }
  for (const name of ["aria-label", "title", "alt", "placeholder"])
    for (const one of document.querySelectorAll(`[${name}]`))
      if (!one.closest(theirs)) found.push([one.getAttribute(name), one.closest("[lang]").lang]);
  return [...found, [document.title, "ja"]];
}"""
"""Every text of ours and the language it says it is in; texts of exam and replies are theirs."""
NAMES = re.compile(
    r"scripted[-/]\w+|sample|000[A-F]-\d+|\b[A-F]\b|"
    r"\b[a-f]\b|000[A-F]-|Made-up bench|made-up|Classes|Terms|CC BY-NC 4.0, not for commercial use|"
    r"perfect|worse|some/model(-2026)?|A-\d+|\bT-?\d?|partial|F1|Pearson|ja-\d|Which\?|Name them\.|"
    r"McNemar|Holm|\bp\b|\b[np][01]{2}\b|\bn\b|kB|MB|model_client|jmle[-\w]*|standard|official|"
    r"\w+=\S+|[0-9a-f]{10,}",
    re.ASCII,
)
"""Proper names, ids, units and signs of statistics, which are the same in every language."""
TERMS = ("肺炎", "胃癌")
"""Expressions that the bench of these tests asks for."""
OFFICIAL = ("不合格", "合格", "必修", "一般・臨床", "禁忌肢", "禁忌", "見本試験")


def latin(text: str) -> list[str]:
    return re.findall("[A-Za-z]+", NAMES.sub("", text))


def japanese(text: str, exam: Exam) -> bool:
    """Whether anything Japanese is in it but what the exam itself is made of."""
    subjects = {one.subject for one in exam.questions.values()}
    for name in sorted(subjects | {*OFFICIAL, *TERMS, exam.title}, key=len, reverse=True):
        text = text.replace(name, "") if name else text
    return bool(re.search("[ぁ-んァ-ヶ一-龥]", text))


def texts(page: Page) -> list[tuple[str, str]]:
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    return [(text, lang) for text, lang in page.evaluate(SPOKEN) if text.strip()]


@pytest.fixture(params=["runs", "question", "board", "bench", "bench board"])
def place(
    request: pytest.FixtureRequest, two_runs: Path, board: Path, bench_pages: tuple[Path, Path]
) -> tuple[Path, str]:
    """A page and what is open in it: runs with comparison and audit, all runs, a bench."""
    return {
        "runs": (two_runs, ""),
        "question": (two_runs, "000B-2"),
        "board": (board, ""),
        "bench": (bench_pages[0], ""),
        "bench board": (bench_pages[1], ""),
    }[request.param]


def test_a_page_in_japanese_has_no_english_but_names(visit: Open, place: tuple[Path, str]) -> None:
    page = visit(*place, locale=JAPANESE)
    assert page.locator("html").get_attribute("lang") == "ja"
    assert {text: words for text, _ in texts(page) if (words := latin(text))} == {}


def test_a_page_in_english_has_no_japanese_but_official_terms(
    visit: Open, place: tuple[Path, str], sample: Exam
) -> None:
    page = visit(*place)
    assert page.locator("html").get_attribute("lang") == "en"
    ours = {text for text, lang in texts(page) if lang == "en"}
    assert {text for text in ours if japanese(text, sample)} == set()


def test_the_switch_is_remembered_and_leaves_what_was_chosen(
    browser: Browser, two_runs: Path
) -> None:
    window = browser.new_context(locale="fr-FR")
    page = window.new_page()
    page.goto(two_runs.as_uri())
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.locator("#filters [name=block]").select_option("B")
    page.evaluate("location.hash = '000B-2'")
    expect(page.locator("#question h3")).to_have_text("000B-2")
    found = listed(page)
    page.get_by_role("button", name="日本語").click()
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    expect(page.locator(".languages [aria-pressed=true]")).to_have_text("日本語")
    assert page.evaluate("document.activeElement.lang") == "ja"
    assert listed(page) == found
    expect(page.locator("#question h3")).to_have_text("000B-2")
    expect(page.locator("#question .key-line")).to_contain_text("正答")
    assert page.evaluate("localStorage.getItem('jmle-language')") == "ja"
    page.wait_for_timeout(1000)  # seen once: a page loaded at once did not find it yet
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    page.get_by_role("button", name="English").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    window.close()


@pytest.mark.parametrize(("width", "scheme"), [(WIDE, "light"), (NARROW, "dark")])
def test_everybody_can_read_japanese(
    visit: Open, two_runs: Path, axe: str, width: int, scheme: str
) -> None:
    page = visit(two_runs, "000B-2", width=width, scheme=scheme, locale=JAPANESE)
    assert not overflows(page)
    assert violations(page, axe) == []


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_targets_are_large_enough_in_either_language(
    visit: Open, two_runs: Path, width: int
) -> None:
    for locale in (JAPANESE, "en-GB"):
        page = visit(two_runs, width=width, locale=locale)
        for button in page.locator(".languages button").all():
            box = button.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= 24
