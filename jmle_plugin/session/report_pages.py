"""The HTML page of a sitting, with the replies that are still in its cassettes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jmle_plugin.exam.model import Exam
from jmle_plugin.report.html.page import write_page
from jmle_plugin.report.html.questions import Images
from jmle_plugin.report.html.replies import RepliesReader, cassette_replies
from jmle_plugin.report.html.runs import PageRun
from jmle_plugin.results.file import Results


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
    runs = [PageRun(one, _replies(one, cassettes_folder / one.exam.id)) for one in several]
    write_page(target, runs, exam, images=images)


def _replies(results: Results, runs: Path) -> RepliesReader:
    lender = results.provenance.text_only_from
    return cassette_replies(runs / results.run.name, runs / lender if lender else None)
