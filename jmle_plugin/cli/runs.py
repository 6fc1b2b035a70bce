"""Commands about results: show, verify, rescore, compare."""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from jmle_plugin.cli.common import (
    FORMATS,
    add_data,
    add_recorded,
    add_results,
    exam_of,
    named_exam,
    print_in_form,
    results_named,
    told,
)
from jmle_plugin.errors import ComparisonError, JmleError
from jmle_plugin.mark.extraction import Extraction
from jmle_plugin.session.option_forms import level, positive


def add_commands(commands: Any) -> None:
    """Add them to argparse's subparsers."""
    show = commands.add_parser("show", help="print the sheet and the comparison in a results file")
    show.add_argument("file", type=Path)
    show.set_defaults(command=_show)

    verify = commands.add_parser(
        "verify", help="make a results file again from the recorded replies, and compare"
    )
    verify.add_argument("file", type=Path)
    verify.add_argument("--exam", metavar="NAME|PATH", help="default: the one the file names")
    add_recorded(verify)
    verify.set_defaults(command=_verify)

    rescore = commands.add_parser("rescore", help="mark recorded replies again")
    rescore.add_argument("runs", nargs="+", metavar="RUN")
    rescore.add_argument("--exam", metavar="NAME|PATH", default="jmle120")
    rescore.add_argument("--key", metavar="STATE", help="default: the exam's own")
    rescore.add_argument("--extraction", choices=list(Extraction), default=Extraction.STANDARD)
    add_results(rescore)
    rescore.add_argument("--write", action="store_true", help="write the results files")
    add_recorded(rescore)
    rescore.set_defaults(command=_rescore)

    compare = commands.add_parser("compare", help="compare runs, the first with each of the others")
    compare.add_argument("old", metavar="OLD", help="a run's name, or a results file")
    compare.add_argument("new", nargs="+", metavar="NEW", help="the same, one or several")
    compare.add_argument("--format", choices=FORMATS, default="text")
    compare.add_argument(
        "--alpha", type=told(level), default=0.05, metavar="P", help="one-sided level"
    )
    compare.add_argument(
        "--margin", type=told(positive), metavar="POINTS", help="points that may be lost"
    )
    compare.add_argument(
        "--allow-mismatch", action="append", default=[], metavar="NAME", help="compare anyway"
    )
    compare.add_argument("--exam", metavar="NAME|PATH", help="default: the one the runs are of")
    add_results(compare)
    add_data(compare)
    compare.set_defaults(command=_compare)


def _show(options: argparse.Namespace) -> int:
    from jmle_plugin.report.audit import text_lines as audit_lines  # noqa: PLC0415
    from jmle_plugin.report.comparison import text_lines  # noqa: PLC0415
    from jmle_plugin.report.terminal import sheet_lines  # noqa: PLC0415
    from jmle_plugin.results.store import read_sound_results  # noqa: PLC0415

    results = read_sound_results(options.file)
    for line in sheet_lines(results):
        print(line.text)
    if results.comparison is not None:
        print("", *text_lines(results.comparison), sep="\n")
    if results.audit is not None:
        print("", *audit_lines(results.audit), sep="\n")
    return 0


def _verify(options: argparse.Namespace) -> int:
    from jmle_plugin.compare.verify import verify  # noqa: PLC0415
    from jmle_plugin.report.sheet import summary_line  # noqa: PLC0415
    from jmle_plugin.results.store import read_results  # noqa: PLC0415

    try:
        results = read_results(options.file)
        key = results.provenance.key.state
        exam = named_exam(options, options.exam or results.exam.id, key)
        found = verify(results, exam, options.cassettes, options.prompt)
    except JmleError as error:
        print(f"jmle: cannot be verified: {error}", file=sys.stderr)
        return 2
    for line in found:
        print(line)
    if not found:
        print(f"{options.file} agrees with its cassettes: {summary_line(results)}")
    return 1 if found else 0


def _rescore(options: argparse.Namespace) -> int:
    from jmle_plugin.ask.opening import Wanted, open_sitting  # noqa: PLC0415
    from jmle_plugin.cli.rescored import rescored_lines  # noqa: PLC0415
    from jmle_plugin.compare.remake import remake_results, with_audit  # noqa: PLC0415
    from jmle_plugin.results.provenance import RunContext  # noqa: PLC0415
    from jmle_plugin.results.store import write_results  # noqa: PLC0415

    exam = named_exam(options, options.exam, options.key)
    sittings = [
        open_sitting(exam, options.cassettes, Wanted(run=run, prompt_file=options.prompt))
        for run in dict.fromkeys(options.runs)
    ]
    context = (
        RunContext.start(Path.cwd(), options.results, "0")
        if options.write
        else RunContext.outside()
    )
    for sitting in sittings:
        made = remake_results(sitting, Extraction(options.extraction), context)
        with suppress(ComparisonError):  # a half without all of its replies makes no audit
            made = with_audit(made, sitting, options.cassettes, options.prompt)
        for line in rescored_lines(made, options.results):
            print(line)
        if options.write:
            file = write_results(options.results, made, say=lambda told: print(f"  {told}"))
            print(f"  written: {file}")
    return 0


def _compare(options: argparse.Namespace) -> int:
    from jmle_plugin.compare.comparison import compare  # noqa: PLC0415
    from jmle_plugin.compare.likeness import check_names  # noqa: PLC0415
    from jmle_plugin.compare.pairing import places  # noqa: PLC0415
    from jmle_plugin.report.comparison import markdown, text_lines  # noqa: PLC0415
    from jmle_plugin.results.store import read_sound_results  # noqa: PLC0415

    check_names(options.allow_mismatch)
    results = [
        read_sound_results(file) for file in results_named(options, [options.old, *options.new])
    ]
    problems: list[str] = []
    exam = exam_of(options, results, problems.append)
    where = places(exam) if exam else None
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
        )
        for new in others
    ]
    print_in_form(found, options.format, text=text_lines, markdown=markdown)
    return 0
