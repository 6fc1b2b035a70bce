"""`jmle compare`: runs against an earlier one."""

from __future__ import annotations

import argparse

from jmle_plugin.cli.common import FORMATS, exam_of, print_in_form, results_named
from jmle_plugin.cli.options import add_options
from jmle_plugin.compare.comparison import compare
from jmle_plugin.compare.pairing import known_places
from jmle_plugin.report.comparison import comparison_document
from jmle_plugin.results.soundness import check_names
from jmle_plugin.results.store import read_sound_results


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("old", metavar="OLD", help="a run's name, or a results file")
    parser.add_argument("new", nargs="+", metavar="NEW", help="the same, one or several")
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument("--exam", metavar="NAME|PATH", help="default: the one the runs are of")
    add_options(parser, "alpha", "margin", "allow-mismatch", "results", "exam-data")


def run(options: argparse.Namespace) -> int:
    """Run the command; its exit status."""
    check_names(options.allow_mismatch)
    results = [
        read_sound_results(file) for file in results_named(options, [options.old, *options.new])
    ]
    problems: list[str] = []
    # Files of schema 1 do not say what is a case; whoever names an exam learns if it is another.
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
