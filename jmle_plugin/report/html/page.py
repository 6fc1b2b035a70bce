"""The page of one run or several: sheets and a question browser, in one file.

Figures are files beside it, inside it whole or small, or only named.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from jmle_plugin.ask.run import RunSpec, read_run, run_folder
from jmle_plugin.errors import ResultError, RunError
from jmle_plugin.exam.images import read_picture, upright
from jmle_plugin.exam.model import Exam, Image
from jmle_plugin.files import write_whole
from jmle_plugin.report.html import (
    Frame,
    document,
    embedded_json,
    in_every_language,
    spoken_forms,
)
from jmle_plugin.report.html.questions import (
    RepliesReader,
    cassette_replies,
    exam_data,
    share_room,
)
from jmle_plugin.report.html.runs import PageRun, place_replies, run_data, run_words
from jmle_plugin.results.file import Results
from jmle_plugin.results.language import wording

Images = Literal["link", "embed", "small", "off"]
"""Figures as files beside the page, inside it, inside it and reduced, or only named."""

SMALL_BYTES = 2_900_000
"""What the reduced figures of a page may take together: with its texts it stays below 8 MB."""
EDGES = (1024, 768, 576, 432, 320, 240)
"""Pixels of a reduced figure's longer side: the first at which all figures have room."""
_QUALITY = 70


def figures_data(exam: Exam | None, images: Images, base: Path) -> dict[str, Any]:
    """Figure name -> its size and where it is; links are relative to `base`, the page's folder."""
    questions = exam.questions.values() if exam is not None else ()
    figures = {image.name: image for one in questions for image in one.images}
    if images == "small":
        return _reduced(figures, base)
    return {name: _figure(image, images, base) for name, image in figures.items()}


def _figure(image: Image, images: Images, base: Path) -> dict[str, Any]:
    known = _known(image)
    if images == "off":
        return known
    if images == "link":
        return known | {"source": _link(image.path, base)}
    try:
        raw = image.path.read_bytes()
    except OSError as error:
        return known | _missing(image, error)
    return known | {"source": _source(image.media_type, raw)}


def _reduced(figures: Mapping[str, Image], base: Path) -> dict[str, Any]:
    """Every figure as large as all of them can be, each with a link to the file itself.

    Who gets the page by mail sees every figure; the links lead to the figures where the exam's
    data is.
    """
    made: dict[str, Any] = {}
    for edge in EDGES:
        made = {name: _known(one) | _small(one, edge, base) for name, one in figures.items()}
        if sum(len(one.get("source", "")) for one in made.values()) <= SMALL_BYTES:
            break
    return made


def _small(image: Image, edge: int, base: Path) -> dict[str, Any]:
    try:
        with read_picture(image.path.read_bytes()) as opened:
            shown = upright(opened)
    except (OSError, ValueError) as error:
        return _missing(image, error)
    shown.info = {}
    shown.thumbnail((edge, edge))
    file = BytesIO()
    shown.save(file, "WEBP", quality=_QUALITY, method=4)
    return {"source": _source("image/webp", file.getvalue()), "full": _link(image.path, base)}


def _known(image: Image) -> dict[str, Any]:
    return {"width": image.width, "height": image.height, "size": image.size}


def _missing(image: Image, error: Exception) -> dict[str, Any]:
    why = error.strerror if isinstance(error, OSError) and error.strerror else error
    return {"missing": f"{image.path} cannot be read ({why})"}


def _source(media_type: str, raw: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(raw).decode()}"


def _link(file: Path, base: Path) -> str:
    try:
        return quote(Path(os.path.relpath(file, base)).as_posix())
    except ValueError:  # on another drive
        return file.absolute().as_uri()


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
