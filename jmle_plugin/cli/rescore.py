"""`jmle rescore`: recorded replies, marked again."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from jmle_plugin.ask.opening import Wanted, open_sitting
from jmle_plugin.cli.common import named_exam, one_exam
from jmle_plugin.cli.options import add_options
from jmle_plugin.compare.audit import with_audit
from jmle_plugin.compare.verify import changes, remake_results
from jmle_plugin.errors import ComparisonError, ResultError
from jmle_plugin.mark.extraction import Extraction, check_rule
from jmle_plugin.report.sheet import reasons, summary_line
from jmle_plugin.results.file import Results, result_file
from jmle_plugin.results.provenance import Provenance, RunContext
from jmle_plugin.results.store import read_results, write_results
from jmle_plugin.text import count


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("runs", nargs="+", metavar="RUN")
    parser.add_argument("--write", action="store_true", help="write the results files")
    add_options(parser, "exam", "key", "extraction", "results", "prompt", "cassettes", "exam-data")


def run(options: argparse.Namespace) -> int:
    """Run the command; its exit status."""
    exam = named_exam(options, one_exam(options.exam, "runs are rescored for"), options.key)
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
        check_rule(sitting, Extraction(options.extraction))
        made = remake_results(sitting, Extraction(options.extraction), context)
        with suppress(ComparisonError):  # a half without all of its replies makes no audit
            made = with_audit(made, sitting, options.cassettes, options.prompt)
        for line in rescored_lines(made, options.results):
            print(line)
        if options.write:
            file = write_results(options.results, made, say=lambda line: print(f"  {line}"))
            print(f"  written: {file}")
    return 0


def rescored_lines(made: Results, folder: Path) -> Iterator[str]:
    """The summary, then what is new to the results file below `folder`."""
    yield summary_line(made)
    if made.sheet.errors:
        number = count(len(made.sheet.errors), "question", "questions")
        yield f"  without a reply: {number} (first: {made.sheet.errors[0]})"
        yield from (f"    {reason}" for reason in reasons(made))
    file = result_file(folder, made)
    if not file.exists():
        yield f"  no results to compare with: there is no {file}"
        return
    try:
        before = read_results(file)
    except ResultError as error:
        yield f"  no results to compare with: {error}"
        return
    moved = [*_moved(_conditions(before.provenance), _conditions(made.provenance))]
    moved += _moved(_figures(before), _figures(made))
    questions = [*changes(before, made)]
    changed = count(len(questions), "mark", "marks") if questions else "no mark"
    yield f"  {file}: {', '.join(moved) or 'the same figures'}, {changed} changed"
    for line in questions:
        yield f"    {line}"


def _figures(results: Results) -> dict[str, str]:
    sheet = results.sheet
    return {
        "points": f"{sheet.total.points}/{sheet.total.max}",
        "correct": f"{sheet.total.correct} of {sheet.total.questions}",
        "verdict": sheet.verdict.value,
    }


def _conditions(origin: Provenance) -> dict[str, str]:
    return {
        "exam": origin.exam.hash[:12],
        "key": origin.key.state,
        "extraction": origin.extraction.value,
        "epochs": str(origin.epochs),
    }


def _moved(before: dict[str, str], after: dict[str, str]) -> Iterator[str]:
    for name, then in before.items():
        if then != after[name]:
            yield f"{name} {then} -> {after[name]}"
