"""The pictures in the documentation, made from the sample exam's committed runs.

    python -m docs.images.make

writes the page of scripted/resident compared with scripted/intern as Chromium shows it (Debian:
apt-get install chromium fonts-noto-cjk): its score sheet and its questions.
"""

from __future__ import annotations

import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import FloatRect, Page, sync_playwright

from jmle_plugin.ask.opening import Wanted, open_sitting
from jmle_plugin.compare.comparison import compare
from jmle_plugin.compare.pairing import places
from jmle_plugin.compare.remake import remake_results
from jmle_plugin.compare.verdict import verdict_doubt
from jmle_plugin.exam.model import Exam
from jmle_plugin.files import write_whole
from jmle_plugin.mark import Extraction
from jmle_plugin.report.html.page import write_run_page
from jmle_plugin.results.file import Results
from jmle_plugin.results.provenance import RunContext
from tests.browser.chromium import FLAGS, MISSING, find_chromium
from tests.builders import sample_exam

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CASSETTES = ROOT / "cassettes"
PARTS = {"report.png": "#sheets", "questions.png": "#questions"}
"""Picture -> the part of the page that it shows."""
EDGE = 24
"""Pixels around a part."""


def main() -> None:
    """Write the pictures."""
    exam = sample_exam()
    old, new = (_results(exam, name) for name in ("scripted-intern", "scripted-resident"))
    told = {
        "doubt": verdict_doubt(new, places(exam)),
        "comparison": compare(old, new, places(exam)),
    }
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        write_run_page(new.model_copy(update=told), exam, CASSETTES, page, images="embed")
        for name, raw in _pictures(page).items():
            write_whole(HERE / name, _small(raw))


def _results(exam: Exam, run: str) -> Results:
    sitting = open_sitting(exam, CASSETTES, Wanted(run=run))
    return remake_results(sitting, Extraction.STANDARD, RunContext.outside())


def _pictures(page: Path) -> dict[str, bytes]:
    program = find_chromium()
    if program is None:
        raise SystemExit(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        window = browser.new_page(viewport={"width": 1200, "height": 900})
        window.goto(f"{page.as_uri()}#000A-1")
        # The first questions are enough to see what a list is.
        window.evaluate(
            "[...document.querySelectorAll('#list li')].slice(24).map((e) => e.remove())"
        )
        window.evaluate("scrollTo(0, 0)")
        return {
            name: window.screenshot(full_page=True, clip=_around(window, part))
            for name, part in PARTS.items()
        }


def _around(window: Page, part: str) -> FloatRect:
    box = window.locator(part).bounding_box()
    if box is None:
        raise SystemExit(f"the page has no {part}")
    top = box["y"] - EDGE
    # Of the sheets, what stands above them as well: the exam's name.
    top, height = (0, top + box["height"]) if part == "#sheets" else (top, box["height"] + EDGE)
    return {"x": 0, "y": top, "width": 1200, "height": height}


def _small(raw: bytes) -> bytes:
    """The same picture with a palette: flat colours and small type need no more."""
    small = BytesIO()
    with Image.open(BytesIO(raw)) as picture:
        method = Image.Quantize.FASTOCTREE  # keeps colours that are rare
        flat = picture.convert("RGB").quantize(256, method=method, dither=Image.Dither.NONE)
        flat.save(small, "PNG", optimize=True)
    return small.getvalue()


if __name__ == "__main__":
    main()
