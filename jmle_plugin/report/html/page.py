"""The page itself: template, styles and scripts of this package around the embedded data."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from jmle_plugin.errors import ResultError
from jmle_plugin.exam.model import Exam
from jmle_plugin.files import write_whole
from jmle_plugin.report.html.embed import embedded_json
from jmle_plugin.report.html.questions import Images, exam_data
from jmle_plugin.report.html.replies import StoredReply, fair_limit
from jmle_plugin.report.html.runs import PageRun, run_data
from jmle_plugin.text import printable

SCRIPTS = (
    "text.js", "charts.js", "sheet.js", "comparison.js", "audit.js", "question.js", "browser.js",
)  # fmt: skip
"""In the order they run: each uses what those before it define."""


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
    data = embedded_json(_data(runs, exam, images, base or Path.cwd()))
    style = _static("page.css")
    scripts = [_static(name) for name in SCRIPTS]
    names = ", ".join(run.results.run.title for run in runs)
    return Template(_static("page.html")).substitute(
        policy=_policy(style, scripts, images),
        title=html.escape(printable(f"{runs[0].results.exam.title} · {names}")),
        style=style,
        data=data,
        scripts="\n".join(f"<script>{one}</script>" for one in scripts),
    )


def write_page(
    path: Path, runs: Sequence[PageRun], exam: Exam | None, *, images: Images = "link"
) -> None:
    """Write the page whole; ResultError names the file where that fails."""
    page = build_page(runs, exam, images=images, base=path.absolute().parent)
    try:
        write_whole(path, page)
    except OSError as error:
        raise ResultError(f"cannot be written ({error.strerror})", where=path) from error


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
    limit = fair_limit(text for one in replies for text in _texts(one.values()))
    missing = []
    if exam is None:
        missing.append(
            "The exam's questions are not on the machine that made this page: texts, options and "
            "figures are missing. `jmle fetch` downloads them."
        )
    return {
        "exam": results[0].exam.model_dump(mode="json"),
        "images": images,
        "missing": missing,
        **exam_data(exam, results, images, base),
        "runs": [
            run_data(one, found, exam, limit) for one, found in zip(results, replies, strict=True)
        ],
    }


def _texts(replies: Any) -> Iterator[str]:
    for found in replies:
        if isinstance(found, StoredReply):
            yield found.reply.text
            yield found.reply.reasoning


def _policy(style: str, scripts: Sequence[str], images: Images) -> str:
    # Nothing is fetched but figures, and nothing runs but the scripts of this package.
    sources = "data: 'self' file:" if images == "link" else "data:"
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src {_sha256(style)}",
            f"script-src {' '.join(map(_sha256, scripts))}",
            f"img-src {sources}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _sha256(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _static(name: str) -> str:
    return files(__package__).joinpath("static", name).read_text("utf-8")
