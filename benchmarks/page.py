"""What the HTML page costs: seconds to write it, its size, seconds until Chromium shows it.

    python -m benchmarks.page [--rounds 5]

Pages of one, five and fifteen recorded runs of the 120th exam, with figures linked, and of one
run of an exam of 12,484 questions made for the purpose. Writing is in this process, replies read
from cassettes; shown means that the page is loaded, all questions are in the list and a frame
was drawn. Medians and ranges. Needs the published data (JMLE_DATA, or ../shared/data beside the
repository) and Chromium.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from jmle_plugin.ask.importing import import_results
from jmle_plugin.ask.opening import Wanted, open_sitting
from jmle_plugin.compare.remake import remake_results
from jmle_plugin.exam.model import Exam
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.gateway.reply import Reply
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.marks import mark_reply
from jmle_plugin.report.html.page import write_page, write_run_page
from jmle_plugin.report.html.questions import StoredReply
from jmle_plugin.report.html.runs import PageRun
from jmle_plugin.results.file import Results
from jmle_plugin.results.provenance import RunContext
from tests.browser.chromium import FLAGS, MISSING, find_chromium
from tests.builders import make_results, make_run

ROOT = Path(__file__).resolve().parents[1]
MANY = 12_484
SHOWN, SIZE = 2, 5
"""Seconds, and MB of a page of 400 questions."""
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
FILTER = """() => {
  const field = document.querySelector("#filters [name=search]");
  field.value = "患者";
  field.dispatchEvent(new Event("input", { bubbles: true }));
}"""


def main() -> None:
    """Measure and print a line per page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    program = find_chromium()
    if program is None:
        raise SystemExit(MISSING)
    data = Path(os.environ.get("JMLE_DATA") or ROOT.parent / "shared" / "data").resolve()
    exam = load_exam(ROOT / "data" / "jmle120" / "exam.toml", data_root=data)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        cassettes, target = Path(folder) / "cassettes", Path(folder) / "page.html"
        files = sorted((data / "jmle2026-bench" / "results").glob("*.json"))
        runs = [_recorded(exam, file, cassettes) for file in files]
        # The one with the longest replies: it fills a page.
        longest = max(runs, key=lambda one: _size(cassettes, one))
        for name, chosen in (
            ("1 run", [longest]),
            ("5 runs", runs[:5]),
            (f"{len(runs)} runs", runs),
        ):

            def write(chosen: Sequence[Results] = chosen) -> None:
                write_run_page(chosen, exam, cassettes, target)

            measure(f"400 questions, {name}", write, (browser, target), rounds)
        many = _many(exam)
        page_run = PageRun(_sat(many), lambda *_: StoredReply(Reply(_REPLY), "nowhere"))
        measure(
            f"{MANY:,} questions, 1 run",
            lambda: write_page(target, [page_run], many),
            (browser, target),
            rounds,
            aimed=False,
        )
        browser.close()


def measure(
    name: str,
    write: Callable[[], None],
    shown: tuple[Browser, Path],
    rounds: int,
    *,
    aimed: bool = True,
) -> None:
    """Print one line, and one for each figure that has an aim."""
    browser, file = shown
    write()
    writing = [_seconds(write) for _ in range(rounds)]
    opening, searching = zip(*(_open(browser, file) for _ in range(rounds)), strict=True)
    size = f"{file.stat().st_size / 1e6:.2f} MB"
    told = f"{name}: written in {_told(writing)}, searched in {_told(searching)}"
    if not aimed:  # that it opens is enough
        print(f"{told}, shown in {_told(opening)}, {size}", flush=True)
        return
    print(f"{name}, shown: {_told(opening)}, aimed at {SHOWN}")
    print(f"{name}, size: {size}, aimed at {SIZE}")
    print(told, flush=True)


def _open(browser: Browser, file: Path) -> tuple[float, float]:
    page = browser.new_page(viewport={"width": 1440, "height": 900})

    def show() -> None:
        page.goto(file.as_uri())
        page.evaluate(DRAWN)

    took = _seconds(show), _seconds(lambda: _search(page))
    page.close()
    return took


def _search(page: Page) -> None:
    page.evaluate(FILTER)
    page.evaluate(DRAWN)


def _recorded(exam: Exam, file: Path, cassettes: Path) -> Results:
    run = import_results(file, exam, cassettes).run.run
    sitting = open_sitting(exam, cassettes, Wanted(run=run))
    return remake_results(sitting, Extraction.STANDARD, RunContext.outside())


def _size(cassettes: Path, results: Results) -> int:
    folder = cassettes / results.exam.id / results.run.name
    return sum(file.stat().st_size for file in folder.iterdir())


_REPLY = "問題文から考えて、この選択肢が最も適切である。\n【回答】a"


def _many(exam: Exam) -> Exam:
    """The same questions again and again, under other names and without figures."""
    again = itertools.islice(itertools.cycle(exam.questions.values()), MANY)
    questions, entries = {}, {}
    for number, one in enumerate(again, 1):
        name = f"{one.block}-{number}"
        questions[name] = replace(one, id=name, number=number, images=(), serial=None)
        entries[name] = exam.key.entries[one.id]
    return replace(exam, id="many", questions=questions, key=replace(exam.key, entries=entries))


def _sat(exam: Exam) -> Results:
    reply = Reply(_REPLY)
    marks = {one.id: mark_reply(one, exam.key, reply) for one in exam.questions.values()}
    return make_results(exam, marks, run=make_run(exam=exam.id))


def _seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _told(times: Sequence[float]) -> str:
    return f"{statistics.median(times):.2f} s ({min(times):.2f} to {max(times):.2f})"


if __name__ == "__main__":
    main()
