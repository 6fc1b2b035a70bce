"""`jmle audit`: what figures are worth, from finished runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from jmle_plugin.cli.common import (
    FORMATS,
    named_exam,
    print_document,
    print_in_form,
    results_named,
)
from jmle_plugin.cli.options import add_options
from jmle_plugin.compare.audit import audit, refuse_unlike
from jmle_plugin.errors import SettingsError
from jmle_plugin.report.audit import audit_document, summary_document
from jmle_plugin.results.audit import Audit
from jmle_plugin.results.store import read_sound_results


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument(
        "runs",
        nargs="+",
        metavar="RUN",
        help="VISION BLIND [VISION BLIND ...]: runs' names, or results files",
    )
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument("--exam", metavar="NAME|PATH", help="default: the one the runs are of")
    add_options(parser, "results", "exam-data")


def run(options: argparse.Namespace) -> int:
    """Run the command; its exit status."""
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
