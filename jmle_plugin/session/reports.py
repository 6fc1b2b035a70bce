"""The reports beside a results file: writes those that were asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

from jmle_plugin.errors import ResultError
from jmle_plugin.exam.model import Exam
from jmle_plugin.files import write_whole
from jmle_plugin.report.document import Document, is_empty
from jmle_plugin.report.html.page import Images, write_run_page
from jmle_plugin.report.markdown import markdown
from jmle_plugin.report.sheet_report import markdown_line, markdown_report
from jmle_plugin.results.file import Results
from jmle_plugin.results.store import REPORT_SUFFIXES, report_file
from jmle_plugin.session.settings import Settings

# The table is imported where it is asked for, for it imports the leaderboard.

SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"
"""Names the file that GitHub shows on the page of a job."""
SUMMARY_BYTES = 1024 * 1024
"""The most that GitHub takes from one step; of a longer file it shows nothing."""
_REMEDY = "Make room, name another folder with --results, or leave it out with --report."


@dataclass(frozen=True, slots=True)
class Reports:
    """The files written, and what went wrong with the others."""

    written: tuple[Path, ...]
    problems: tuple[str, ...]


def write_reports(results: Results, file: Path, exam: Exam, settings: Settings) -> Reports:
    """Write the reports that `settings` name beside `file`, which holds the results.

    The markdown report goes to GitHub's job summary as well, where there is one. Never raises
    for what cannot be written: the results are safe, and the others are written all the same.
    """
    written: list[Path] = []
    problems: list[str] = []

    def attempt(target: Path, write: Callable[[Path], None]) -> None:
        try:
            write(target)
        except (ResultError, OSError) as error:
            problems.append(str(_failure(error, target)))
        else:
            written.append(target)

    for kind in settings.reports.kinds:
        target = report_file(file, REPORT_SUFFIXES[kind])
        attempt(target, partial(_WRITERS[kind], results, exam, settings))
    summary = _summary(settings)
    if summary is not None:
        attempt(summary, partial(_append_summary, results, file))
    return Reports(tuple(written), tuple(problems))


def append_summary(document: Document, settings: Settings) -> None:
    """Append what is said of all runs to GitHub's job summary where there is one.

    Raises ResultError where it cannot be written.
    """
    summary = _summary(settings)
    if summary is None or all(map(is_empty, document)):
        return
    try:
        if not _append(summary, markdown(document)):
            raise _no_room(summary)
    except OSError as error:
        raise _failure(error, summary) from error


def _summary(settings: Settings) -> Path | None:
    named = os.environ.get(SUMMARY_VARIABLE)
    return Path(named) if named and "markdown" in settings.reports.kinds else None


def _failure(error: ResultError | OSError, target: Path) -> ResultError:
    if isinstance(error, OSError):
        problem = f"cannot be written ({error.strerror})"
        return ResultError(problem, where=target, remedy=_REMEDY)
    remedy = error.remedy or _REMEDY
    return ResultError(error.problem, where=error.where or target, remedy=remedy)


def _html(results: Results, exam: Exam, settings: Settings, target: Path) -> None:

    images = cast("Images", settings.reports.html_images)
    write_run_page(results, exam, settings.cassettes, target, images=images)


def _csv(results: Results, exam: Exam, _settings: Settings, target: Path) -> None:
    from jmle_plugin.report.tables import csv_table  # noqa: PLC0415

    write_whole(target, csv_table(results, exam))


def _markdown(results: Results, _exam: Exam, _settings: Settings, target: Path) -> None:
    report = markdown_report(results)
    write_whole(target, report.encode("utf-8", "replace"))


def _append_summary(results: Results, file: Path, summary: Path) -> None:
    """Append the longest form for which there is room; ResultError where there is for none."""
    if not any(_append(summary, form) for form in _summary_forms(results, file)):
        raise _no_room(summary)


def _summary_forms(results: Results, file: Path) -> Iterator[str]:
    """The longest first, each made only where there is no room for the one before."""
    yield markdown_report(results)
    yield markdown_report(results, cut=file.name)
    yield markdown_line(results, cut=file.name)


def _append(summary: Path, form: str) -> bool:
    """Whether there was room."""
    text = form.encode("utf-8", "replace")
    if len(text) >= SUMMARY_BYTES - (summary.stat().st_size if summary.exists() else 0):
        return False
    with summary.open("ab") as opened:
        # What stands there may lack the end of its last line.
        opened.write(b"\n" + text)
    return True


def _no_room(summary: Path) -> ResultError:
    return ResultError(
        f"has no room for this report: GitHub takes {SUMMARY_BYTES:,} bytes of one step",
        where=summary,
        remedy="Examine fewer runs in one step, or leave out --report=markdown.",
    )


_WRITERS: dict[str, Callable[[Results, Exam, Settings, Path], None]] = {
    "html": _html,
    "markdown": _markdown,
    "csv": _csv,
}
