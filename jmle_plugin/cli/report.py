"""The command `report`: the HTML page of one or several runs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jmle_plugin.cli.common import (
    add_cassettes,
    add_data,
    add_results,
    exam_at_hand,
    results_named,
    writing,
)
from jmle_plugin.errors import SettingsError
from jmle_plugin.session.option_table import HTML_IMAGES

if TYPE_CHECKING:
    from jmle_plugin.exam.model import Exam
    from jmle_plugin.results.file import Results

_PAGES = (".html", ".htm")
_LONGEST = 100
"""Characters of a page's own name."""


def add_commands(commands: Any) -> None:
    """Add it to argparse's subparsers."""
    report = commands.add_parser("report", help="write the HTML page of one or several runs")
    report.add_argument("runs", nargs="+", metavar="RUN", help="a run's name, or a results file")
    report.add_argument("--output", type=Path, metavar="FILE", help="default: beside the first")
    report.add_argument(
        "--html-images",
        dest="images",
        choices=HTML_IMAGES,
        default=HTML_IMAGES[0],
        help="figures as links (default), inside the page, or left out",
    )
    report.add_argument("--exam", metavar="NAME|PATH", help="default: the one the runs are of")
    add_results(report)
    add_cassettes(report)
    add_data(report)
    report.set_defaults(command=_report)


def _report(options: argparse.Namespace) -> int:
    from jmle_plugin.report.html.page import write_run_page  # noqa: PLC0415
    from jmle_plugin.results.store import read_sound_results  # noqa: PLC0415

    files = results_named(options, dict.fromkeys(options.runs))
    target = options.output or _beside(files)
    if target.suffix.lower() not in _PAGES:
        raise SettingsError(
            "is no name for a page",
            where=target,
            remedy=f"A page ends in {' or '.join(_PAGES)}, so that it never replaces another file.",
        )
    results = [read_sound_results(file) for file in files]
    exam = _exam(options, results)
    with writing(target):
        write_run_page(results, exam, options.cassettes, target, images=options.images)
    print(f"Page: {target}" + ("" if exam else " (without the questions: they are not here)"))
    return 0


def _beside(files: list[Path]) -> Path:
    """A run's page has its name; that of several has all their names, or says how many."""
    first, *others = [file.stem for file in files]
    name = "+".join([first, *others])
    if len(name) > _LONGEST:
        name = f"{first}+{len(others)}"
    return files[0].with_name(f"{name}.html")


def _exam(options: argparse.Namespace, results: list[Results]) -> Exam | None:
    """The exam, or None: a page can do without, and says so."""
    name, key = results[0].exam.id, results[0].provenance.key.state
    return exam_at_hand(options, options.exam or name, needed=False, key=key)
