"""Pages in a real browser: whatever a test does, no error, no request, no overflow."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from jmle_plugin.ask.cassette import read_cassette
from jmle_plugin.ask.run import ImageMode, read_run
from jmle_plugin.compare.audit import audit
from jmle_plugin.compare.comparison import compare
from jmle_plugin.compare.leaderboard import Entry, leaderboard
from jmle_plugin.compare.pairing import places
from jmle_plugin.compare.verdict import verdict_doubt
from jmle_plugin.exam.model import Exam
from jmle_plugin.gateway.reply import read_reply
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import mark_reply
from jmle_plugin.report.html.leaderboard import board_page
from jmle_plugin.report.html.page import write_run_page
from jmle_plugin.results.file import Results
from tests.browser.chromium import FLAGS, MISSING, find_chromium
from tests.builders import make_mark, make_results, sample_exam
from tests.conftest import ROOT
from tests.unit.report.benches import sit_twice

WIDE, NARROW = 1440, 360
PATIENCE = 60_000
"""Milliseconds: however busy the machine is."""
CASSETTES = ROOT / "cassettes"
FIGURES = (ROOT / "data" / "sample" / "images").as_uri()

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

Open = Callable[..., Page]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser for these tests; playwright's event loop must not outlive them."""
    program = find_chromium()
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING, pytrace=False)
        pytest.skip(MISSING)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture(scope="package")
def windows(browser: Browser) -> Callable[..., BrowserContext]:
    """Windows of a width and a colour scheme, each made once."""

    @cache
    def window(width: int, scheme: Any, locale: str = "en-GB") -> BrowserContext:
        return browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, locale=locale
        )

    return window


@pytest.fixture
def visit(windows: Callable[..., BrowserContext]) -> Iterator[Open]:
    """Open a page from disk: `visit(file, "120A-1", width=360, scheme="dark")`.

    Afterwards nothing may have been logged, thrown or asked of anybody.
    """
    pages, problems = [], list[str]()

    def asked(page_url: str, request: Any) -> None:
        ours = request.url.partition("#")[0] == page_url
        if not ours and not request.url.startswith(("data:", FIGURES)):
            problems.append(f"asked for {request.url}")

    def opened(
        file: Path,
        question: str = "",
        *,
        width: int = WIDE,
        scheme: Any = "light",
        locale: str = "en-GB",
    ) -> Page:
        page = windows(width, scheme, locale).new_page()
        pages.append(page)
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda message: problems.append(f"logged {message.text}"))
        page.on("pageerror", lambda error: problems.append(f"threw {error}"))
        page.on("dialog", lambda dialog: problems.append(f"said {dialog.message}"))
        page.on("request", partial(asked, file.as_uri()))
        page.goto(file.as_uri() + (f"#{question}" if question else ""))
        return page

    yield opened
    for page in pages:
        page.close()
    assert problems == []


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker's source."""
    return (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")


@pytest.fixture(scope="session")
def sample() -> Exam:
    """The sample exam."""
    return sample_exam()


def sat(exam: Exam, run: str) -> Results:
    """What the sample's committed replies are worth."""
    folder = CASSETTES / exam.id / run
    marks = {
        name: mark_reply(
            question, exam.key, read_reply(read_cassette(folder / f"{name}.yaml").response)
        )
        for name, question in exam.questions.items()
    }
    return make_results(exam, marks, run=read_run(folder))


def without_figures(sample: Exam, results: Results) -> Results:
    """The same candidate who was shown no figures, and missed half of what they showed."""
    shown = [one.id for one in sample.questions.values() if one.images]
    marks = [
        make_mark(sample, mark.question, Outcome.INCORRECT) if mark.question in shown[::2] else mark
        for mark in results.marks
    ]
    blind = results.provenance.model_copy(update={"images": ImageMode.BLIND})
    return results.model_copy(update={"marks": marks, "provenance": blind})


@pytest.fixture(scope="session")
def runs(sample: Exam) -> list[Results]:
    """The resident, compared with the intern; and the intern."""
    intern, resident = sat(sample, "scripted-intern"), sat(sample, "scripted-resident")
    told = {
        "doubt": verdict_doubt(resident, places(sample)),
        "comparison": compare(intern, resident, places(sample)),
        "audit": audit(resident, without_figures(sample, resident), sample),
    }
    return [resident.model_copy(update=told), intern]


@pytest.fixture(scope="session")
def one_run(sample: Exam, runs: list[Results], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of one run, without figures."""
    file = tmp_path_factory.mktemp("pages") / "one.html"
    write_run_page(runs[0], sample, CASSETTES, file, images="off")
    return file


@pytest.fixture(scope="session")
def two_runs(sample: Exam, runs: list[Results], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of two runs, figures inside it."""
    file = tmp_path_factory.mktemp("pages") / "two.html"
    write_run_page(runs, sample, CASSETTES, file, images="embed")
    return file


@pytest.fixture(scope="package")
def bench_pages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The page of a run that is compared with a better one, and that of both."""
    folder = tmp_path_factory.mktemp("bench")
    exam, made = sit_twice(folder)
    perfect, worse = made
    worse = worse.model_copy(update={"comparison": compare(perfect, worse, exam=exam)})
    page, board = folder / "worse.html", folder / "board.html"
    write_run_page(worse, exam, folder / "cassettes", page)
    entries = [Entry(folder / f"{one.run.name}.json", one) for one in made]
    exams = {exam.id: exam}
    board.write_text(board_page(leaderboard(made, exams), entries, exams, folder), "utf-8")
    return page, board


def listed(page: Page) -> list[str]:
    """The ids in the list, in its order."""
    return page.locator("#list .id").all_inner_texts()


def overflows(page: Page) -> bool:
    """Whether the page is wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def violations(page: Page, axe: str, within: str = "body", **options: Any) -> list[Any]:
    """What axe-core has against a part of the page: rule, and the first elements."""
    page.evaluate(axe)
    found = page.evaluate(
        "([within, options]) => axe.run(within, options)",
        [within, {"runOnly": RULES, "resultTypes": ["violations"]} | options],
    )
    return [
        (one["id"], [node["html"][:150] for node in one["nodes"][:3]])
        for one in found["violations"]
    ]
