"""`jmle compare` and `audit`: runs against an earlier one, and with figures against without."""

from __future__ import annotations

import argparse
from pathlib import Path

from jmle_plugin.cli.common import (
    FORMATS,
    RUN_OR_FILE,
    exam_of,
    named_exam,
    print_document,
    print_in_form,
    results_named,
)
from jmle_plugin.cli.options import add_options
from jmle_plugin.compare.audit import audit, refuse_unlike
from jmle_plugin.compare.comparison import compare
from jmle_plugin.compare.pairing import known_places
from jmle_plugin.errors import SettingsError
from jmle_plugin.report.audit import audit_document, summary_document
from jmle_plugin.report.comparison import comparison_document
from jmle_plugin.results.audit import Audit
from jmle_plugin.results.soundness import check_names
from jmle_plugin.results.store import read_sound_results


def add_compare_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `jmle compare`."""
    parser.add_argument("old", metavar="OLD", help=RUN_OR_FILE)
    parser.add_argument("new", nargs="+", metavar="NEW", help="the same, one or several")
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument("--exam", metavar="NAME|PATH", help="default: the one the runs are of")
    add_options(parser, "lang", "alpha", "margin", "allow-mismatch", "results", "exam-data")


def run_compare(options: argparse.Namespace) -> int:
    """Run `jmle compare`; its exit status."""
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
    halves = read_sound_results(vision), read_sound_results(blind)
    refuse_unlike(*halves)  # before an exam is looked for that may be one half's alone
    key = halves[0].provenance.key.state
    return audit(*halves, named_exam(options, options.exam or halves[0].exam.id, key))
