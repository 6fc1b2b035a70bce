"""`jmle verify` and `rescore`: results against the replies they were made of, or anew."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from jmle_plugin.ask.opening import Wanted, open_sitting
from jmle_plugin.cli.common import named_exam, one_exam
from jmle_plugin.cli.options import add_options
from jmle_plugin.compare.gates import find_gate, hold_against
from jmle_plugin.compare.remake import remake_results, with_audit
from jmle_plugin.compare.verify import changes, verify
from jmle_plugin.errors import ComparisonError, JmleError, ResultError, SettingsError
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.extraction import check_rule
from jmle_plugin.report.sheet import reasons, summary_line
from jmle_plugin.results.file import GateDecision, Results, result_file
from jmle_plugin.results.provenance import Provenance, RunContext
from jmle_plugin.results.store import find_results, read_results, read_sound_results, write_results
from jmle_plugin.session.gate import Sat, gate_decision, judge
from jmle_plugin.session.option_table import BASELINE_GATES, GATES
from jmle_plugin.text import count, printable


def add_verify_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `jmle verify`."""
    parser.add_argument("file", type=Path)
    parser.add_argument("--exam", metavar="NAME|PATH", help="default: the one the file names")
    parser.add_argument(
        "--gate", choices=GATES, help="compare what this gate of the session decided as well"
    )
    parser.add_argument(
        "--baseline", metavar="FILE|RUN", help="the baseline of the gate that --baseline-gate names"
    )
    parser.add_argument(
        "--baseline-gate", choices=BASELINE_GATES, help="compare what this gate decided as well"
    )
    add_options(
        parser, "prompt", "cassettes", "results", "exam-data",
        "pass-share", "alpha", "margin", "allow-mismatch",
    )  # fmt: skip


def run_verify(options: argparse.Namespace) -> int:
    """Run `jmle verify`; its exit status."""
    try:
        results = read_results(options.file)
        key = results.provenance.key.state
        exam = named_exam(options, options.exam or results.exam.id, key)
        found = verify(results, exam, options.cassettes, options.prompt)
        found += _gate_differences(results, _judged(options, results, exam))
    except JmleError as error:
        print(f"jmle: cannot be verified: {error}", file=sys.stderr)
        return 2
    for line in found:
        print(line)
    if not found:
        print(f"{options.file} agrees with its cassettes: {summary_line(results)}")
    return 1 if found else 0


def _judged(options: argparse.Namespace, results: Results, exam: Exam) -> Iterator[GateDecision]:
    """What the gates that were named decide on these results."""
    if bool(options.baseline) != bool(options.baseline_gate):
        raise SettingsError(
            "one of --baseline and --baseline-gate is given without the other",
            remedy="Name the gate and the baseline of the session that wrote the file.",
        )
    if options.gate and (one := judge(Sat.of(results), options.gate, options.pass_share)):
        yield one
    if options.baseline:
        gate = find_gate(options.baseline_gate)
        baseline = read_sound_results(
            find_results(options.baseline, options.results, results.exam.id)
        )
        gate.check(baseline, options.margin)
        held = hold_against(
            baseline,
            results,
            exam,
            gate,
            allow=options.allow_mismatch,
            alpha=options.alpha,
            margin=options.margin,
        )
        if held.ruling is not None:
            yield gate_decision(held.ruling)


def _gate_differences(results: Results, judged: Iterable[GateDecision]) -> list[str]:
    held = {one.name: one for one in results.gates}
    return [
        f"gate {one.name}: {_gate_words(held.get(one.name))} in the file, "
        f"{_gate_words(one)} recomputed"
        for one in judged
        if held.get(one.name) != one
    ]


def _gate_words(one: GateDecision | None) -> str:
    return "nothing" if one is None else printable(f"{one.decision} ({one.sentence})")


def add_rescore_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `jmle rescore`."""
    parser.add_argument("runs", nargs="+", metavar="RUN")
    parser.add_argument("--write", action="store_true", help="write the results files")
    add_options(parser, "exam", "key", "extraction", "results", "prompt", "cassettes", "exam-data")


def run_rescore(options: argparse.Namespace) -> int:
    """Run `jmle rescore`; its exit status."""
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
