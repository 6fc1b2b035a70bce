"""The page of one run or several: sheets and a question browser, in one file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jmle_plugin.ask.run import RunSpec, read_run, run_folder
from jmle_plugin.errors import ResultError, RunError
from jmle_plugin.exam.model import Exam
from jmle_plugin.files import write_whole
from jmle_plugin.report.html.document import (
    Frame,
    document,
    embedded_json,
    in_every_language,
    spoken_forms,
)
from jmle_plugin.report.html.figures import Images, figures_data
from jmle_plugin.report.html.questions import (
    RepliesReader,
    cassette_replies,
    exam_data,
    share_room,
)
from jmle_plugin.report.html.runs import PageRun, place_replies, run_data, run_words
from jmle_plugin.results.file import Results
from jmle_plugin.results.language import wording


def write_run_page(
    results: Results | Sequence[Results],
    exam: Exam | None,
    cassettes_folder: Path,
    target: Path,
    *,
    images: Images = "link",
) -> None:
    """Write the page of one run, or of several of one exam, to `target`.

    `cassettes_folder` holds `<exam>/<run>/`. What is missing of the exam (None) and of the
    replies is named in the page. Raises OSError where the page cannot be written.
    """
    several = [results] if isinstance(results, Results) else results
    runs = [PageRun(one, _replies(one, cassettes_folder)) for one in several]
    write_page(target, runs, exam, images=images)


def _replies(results: Results, cassettes: Path) -> RepliesReader:
    lender, exam = results.provenance.text_only_from, results.exam.id
    folder = run_folder(cassettes, exam, results.run.name)
    lent = run_folder(cassettes, exam, lender) if lender else None
    return cassette_replies(folder, lent, _run(folder))


def _run(folder: Path) -> RunSpec | None:
    """The run's own record, which says how its replies are read; None where there is none."""
    try:
        return read_run(folder)
    except RunError:
        return None


FRAME = Frame(
    "page.html",
    styles=("base.css", "sheet.css", "browser.css"),
    scripts=(
        "text.js",
        "exam.js",
        "charts.js",
        "sheet.js",
        "comparison.js",
        "audit.js",
        "filters.js",
        "question.js",
        "browser.js",
    ),
)


def build_page(
    runs: Sequence[PageRun],
    exam: Exam | None,
    *,
    images: Images = "link",
    base: Path | None = None,
) -> str:
    """One page for `runs`, at least one and all of one exam.

    `exam` gives texts, options and figures; without it the page says what it lacks. Links to
    figures are relative to the folder `base`, by default the current one. Raises ResultError
    for runs of different exams.
    """
    _refuse_several_exams(runs)
    names = ", ".join(run.results.run.title for run in runs)
    return document(
        FRAME,
        _data(runs, exam, images, base or Path.cwd()),
        title=f"{runs[0].results.exam.title} · {names}",
        figures="data: 'self' file:" if images == "link" else "data:",
    )


def write_page(
    path: Path, runs: Sequence[PageRun], exam: Exam | None, *, images: Images = "link"
) -> None:
    """Write the page whole; OSError where it cannot be written, and nothing is."""
    write_whole(path, build_page(runs, exam, images=images, base=path.absolute().parent))


def _refuse_several_exams(runs: Sequence[PageRun]) -> None:
    exams = sorted({run.results.exam.id for run in runs})
    if len(exams) != 1:
        raise ResultError(
            f"a page shows runs of one exam, these are of {', '.join(exams) or 'none'}",
            remedy="Make a page for each exam.",
        )


def _data(runs: Sequence[PageRun], exam: Exam | None, images: Images, base: Path) -> dict[str, Any]:
    results = [run.results for run in runs]
    replies = [run.read() for run in runs]
    shown = [run_data(one, found, exam) for one, found in zip(results, replies, strict=True)]

    def words() -> dict[str, Any]:
        return {
            "forms": spoken_forms(),
            "missing": [wording("page.lacks.exam")] if exam is None else [],
            "runs": [
                run_words(one, found, exam) for one, found in zip(results, replies, strict=True)
            ],
        }

    data = {
        "exam": results[0].exam.model_dump(mode="json"),
        "images": images,
        "words": in_every_language(words),
        **exam_data(exam, results),
        "runs": shown,
    }
    stored = [one.reply for found in replies for one in found.values() if not isinstance(one, str)]
    room = share_room(stored, len(embedded_json(data).encode()))
    for one, found in zip(shown, replies, strict=True):
        place_replies(one, found, room)
    return data | {"figures": figures_data(exam, images, base)}
