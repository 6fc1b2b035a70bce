"""`jmle report`, `show`, `compare` and `audit`: what is said of results files.

Pages, methods paragraphs and sheets of runs; runs against an earlier one, and with figures
against without.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from jmle_plugin.cli import add_options
from jmle_plugin.cli.common import (
    FORMATS,
    RUN_OR_FILE,
    exam_at_hand,
    exam_of,
    named_exam,
    print_document,
    print_in_form,
    results_named,
    writing,
)
from jmle_plugin.errors import ComparisonError, SettingsError
from jmle_plugin.exam.model import Exam
from jmle_plugin.report.audit import audit_document, summary_document
from jmle_plugin.report.comparison import comparison_document
from jmle_plugin.report.html.page import write_run_page
from jmle_plugin.report.methods import methods_paragraph
from jmle_plugin.report.sheet_report import comparisons_document, sheet_document
from jmle_plugin.report.tallies import model_title
from jmle_plugin.results.doubt import Audit
from jmle_plugin.results.file import Results
from jmle_plugin.results.language import wording
from jmle_plugin.results.soundness import check_names
from jmle_plugin.results.store import read_sound_results

_PAGES = (".html", ".htm")
_LONGEST = 100
"""Characters of a page's own name."""


def add_report_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `jmle report`."""
    parser.add_argument("runs", nargs="+", metavar="RUN", help=RUN_OR_FILE)
    parser.add_argument("--output", type=Path, metavar="FILE", help="default: beside the first")
    parser.add_argument("--exam", metavar="NAME|PATH", help="default: the one the runs are of")
    parser.add_argument(
        "--methods",
        action="store_true",
        help="print a methods paragraph for a paper of each run instead of writing a page",
    )
    add_options(parser, "lang", "html-images", "results", "cassettes", "exam-data")


def run_report(options: argparse.Namespace) -> int:
    """Run `jmle report`; its exit status."""
    files = results_named(options, dict.fromkeys(options.runs))
    if options.methods:
        if options.output is not None:
            raise SettingsError(
                "--output is given together with --methods, which prints",
                remedy="Leave one of the two out.",
            )
        print("\n\n".join(methods_paragraph(read_sound_results(file)) for file in files))
        return 0
    target = options.output or _beside(files)
    if target.suffix.lower() not in _PAGES:
        raise SettingsError(
            "is no name for a page",
            where=target,
            remedy=f"A page ends in {' or '.join(_PAGES)}, so that it never replaces another file.",
        )
    results = [read_sound_results(file) for file in files]
    exam = _exam(options, results)
    if len(results) > 1:
        results = [results[0], *_compared(results, exam)]
    with writing(target):
        write_run_page(results, exam, options.cassettes, target, images=options.html_images)
    print(wording("command.page" if exam else "command.page_without", file=target))
    return 0


def _compared(results: list[Results], exam: Exam | None) -> Iterator[Results]:
    """Every run but the first, compared with the first unless its file has a comparison."""
    # Brings numpy and scipy, which neither one run's page nor its sheet needs.
    from jmle_plugin.compare.comparison import compare  # noqa: PLC0415
    from jmle_plugin.compare.pairing import known_places  # noqa: PLC0415

    first, *others = results
    where = known_places(results, exam)
    for one in others:
        if one.comparison is not None or one.exam.id != first.exam.id:
            yield one
            continue
        try:
            found = compare(first, one, where, doubt=False, exam=exam)
        except ComparisonError as error:
            sides = {"new": model_title(one.run.title), "old": model_title(first.run.title)}
            print(wording("command.not_compared", problem=error.problem, **sides))
            yield one
        else:
            yield one.model_copy(update={"comparison": found})


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


def add_show_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `jmle show`."""
    parser.add_argument("run", metavar="RUN", help=RUN_OR_FILE)
    parser.add_argument("--exam", metavar="NAME|PATH", help="default: the one the run is of")
    add_options(parser, "lang", "results")


def run_show(options: argparse.Namespace) -> int:
    """Run `jmle show`; its exit status."""
    (file,) = results_named(options, [options.run])
    results = read_sound_results(file)
    print_document((*sheet_document(results), *comparisons_document(results)))
    print(f"\n{wording('command.verify', file=file)}")
    return 0


def add_compare_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `jmle compare`."""
    parser.add_argument("old", metavar="OLD", help=RUN_OR_FILE)
    parser.add_argument("new", nargs="+", metavar="NEW", help="the same, one or several")
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument("--exam", metavar="NAME|PATH", help="default: the one the runs are of")
    add_options(parser, "lang", "alpha", "margin", "allow-mismatch", "results", "exam-data")


def run_compare(options: argparse.Namespace) -> int:
    """Run `jmle compare`; its exit status."""
    from jmle_plugin.compare.comparison import compare  # noqa: PLC0415 - as above
    from jmle_plugin.compare.pairing import known_places  # noqa: PLC0415

    check_names(options.allow_mismatch)
    results = [
        read_sound_results(file) for file in results_named(options, [options.old, *options.new])
    ]
    problems: list[str] = []
    # Files of schema 1 do not say what is a case; an exam that is named is checked to be the same.
    # A bench's measures need its classes, which its questions tell.
    bench = any(one.sheet.bench for one in results)
    needed = options.exam or bench or not all(one.questions for one in results)
    exam = exam_of(options, results, problems.append) if needed else None
    where = known_places(results, exam)
    old, *others = results
    found = [
        compare(
            old,
            new,
            where,
            allow=options.allow_mismatch,
            alpha=options.alpha,
            margin=options.margin,
            unplaced=" ".join(problems),
            exam=exam,
        )
        for new in others
    ]
    print_in_form(found, options.format, comparison_document)
    return 0


def add_audit_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `jmle audit`."""
    parser.add_argument(
        "runs",
        nargs="+",
        metavar="RUN",
        help="VISION BLIND [VISION BLIND ...]: runs' names, or results files",
    )
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument("--exam", metavar="NAME|PATH", help="default: the one the runs are of")
    add_options(parser, "lang", "results", "exam-data")


def run_audit(options: argparse.Namespace) -> int:
    """Run `jmle audit`; its exit status."""
    if len(options.runs) % 2:
        raise SettingsError(
            f"{len(options.runs)} results files make no pairs",
            remedy="Give the run with figures, then the one without: jmle audit VISION BLIND.",
        )
    files = results_named(options, options.runs)
    found = [_one(options, *pair) for pair in zip(files[::2], files[1::2], strict=True)]
    print_in_form(found, options.format, audit_document)
    if options.format == "text" and len(found) > 1:
        print()
        print_document(summary_document(found))
    return 0


def _one(options: argparse.Namespace, vision: Path, blind: Path) -> Audit:
    from jmle_plugin.compare.audit import audit, refuse_unlike  # noqa: PLC0415 - as above

    halves = read_sound_results(vision), read_sound_results(blind)
    refuse_unlike(*halves)  # before an exam is looked for that may be one half's alone
    key = halves[0].provenance.key.state
    return audit(*halves, named_exam(options, options.exam or halves[0].exam.id, key))
