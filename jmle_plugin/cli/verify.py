"""`jmle verify` and `rescore`: results against the replies they were made of, or anew."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from jmle_plugin.ask.opening import Wanted, is_recorded, open_sitting
from jmle_plugin.cli import add_options
from jmle_plugin.cli.common import RUN_OR_FILE, named_exam, one_exam, results_named
from jmle_plugin.compare.gates import find_gate
from jmle_plugin.compare.remake import hold_against, remake_results, with_audit
from jmle_plugin.compare.verify import changes, comparison_differences, verify
from jmle_plugin.errors import ComparisonError, JmleError, ResultError, SettingsError
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.extraction import check_rule
from jmle_plugin.report.sheet import reasons, summary_line
from jmle_plugin.results.file import SCHEMA_VERSION, GateDecision, Results, result_file
from jmle_plugin.results.provenance import Provenance, RunContext
from jmle_plugin.results.store import find_results, read_results, read_sound_results, write_results
from jmle_plugin.session.gate import Sat, gate_decision, judge
from jmle_plugin.session.option_table import BASELINE_GATES, BY_NAME, GATES
from jmle_plugin.text import count, printable


def add_verify_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `jmle verify`."""
    parser.add_argument("run", metavar="RUN", help=RUN_OR_FILE)
    parser.add_argument("--exam", metavar="NAME|PATH", help="default: the one the file names")
    parser.add_argument(
        "--gate", choices=GATES, help="hold the file against this gate, not the one it names"
    )
    parser.add_argument(
        "--baseline",
        metavar="FILE|RUN",
        help="make the comparison in the file again as well, and what its gate decided",
    )
    parser.add_argument(
        "--baseline-gate",
        choices=BASELINE_GATES,
        help="the gate on the baseline (default: the one the file names; so with --alpha, "
        "--margin and --allow-mismatch)",
    )
    add_options(
        parser, "prompt", "cassettes", "results", "exam-data",
        "pass-share", "alpha", "margin", "allow-mismatch",
    )  # fmt: skip


def run_verify(options: argparse.Namespace) -> int:
    """Run `jmle verify`; its exit status."""
    try:
        (file,) = results_named(options, [options.run])
        results = read_results(file)
        if is_recorded(folder := Path(options.run)):
            options.cassettes = folder.absolute().parents[1]
        key = results.provenance.key.state
        exam = named_exam(options, options.exam or results.exam.id, key)
        found = verify(results, exam, options.cassettes, options.prompt)
        gate = _session_gate(options, results)
        judged = judge(Sat.of(results), gate, options.pass_share) if gate else None
        found += _gate_differences(results, judged)
        if options.baseline or options.baseline_gate:
            found += _baseline_differences(options, results, exam)
    except JmleError as error:
        print(f"jmle: cannot be verified: {error}", file=sys.stderr)
        return 2
    for line in found:
        print(line)
    if not found:
        print(f"{file} agrees with its cassettes: {summary_line(results)}")
        for line in _vouched(results, gate, options.baseline):
            print(f"  {line}")
    return 1 if found else 0


def _session_gate(options: argparse.Namespace, results: Results) -> str | None:
    """The gate to hold the file against; None where the file does not hold enough to do so."""
    if options.gate:
        return str(options.gate)
    # Which share of the epochs had to pass is the session's own.
    named = [one.name for one in results.gates if one.name in GATES]
    return named[0] if named and results.sheet.epochs is None else None


def _baseline_differences(
    options: argparse.Namespace, results: Results, exam: Exam
) -> Iterator[str]:
    """What in the file is not what a comparison with this baseline gives, by the file's terms."""
    if not options.baseline:
        raise SettingsError(
            "--baseline-gate is given without --baseline",
            remedy="Name the baseline of the session that wrote the file.",
        )
    held = results.comparison
    if held is not None and held.schema_version != SCHEMA_VERSION:
        raise SettingsError(
            f"the comparison in it is of schema {held.schema_version}, which is not made again",
            remedy="Compare the two anew with `jmle compare`.",
        )
    named = [one.name for one in results.gates if one.name in BASELINE_GATES]
    gate = find_gate(name) if (name := options.baseline_gate or next(iter(named), None)) else None
    alpha, margin, allow = options.alpha, options.margin, options.allow_mismatch
    if held is not None:
        alpha = alpha if alpha != float(BY_NAME["alpha"].default) else held.tests.alpha
        margin = margin or (held.margin.points if held.margin else None)
        allow = allow or list(held.allowed)
    baseline = read_sound_results(find_results(options.baseline, options.results, results.exam.id))
    if gate:
        gate.check(baseline, margin)
    made = hold_against(baseline, results, exam, gate, allow=allow, alpha=alpha, margin=margin)
    yield from comparison_differences(held, made.comparison)
    if made.ruling is not None:
        yield from _gate_differences(results, gate_decision(made.ruling))


def _gate_differences(results: Results, judged: GateDecision | None) -> Iterator[str]:
    held = {one.name: one for one in results.gates}
    if judged is not None and held.get(judged.name) != judged:
        yield (
            f"gate {judged.name}: {_gate_words(held.get(judged.name))} in the file, "
            f"{_gate_words(judged)} recomputed"
        )


def _vouched(results: Results, gate: str | None, baseline: str | None) -> Iterator[str]:
    """What was made again and what was not: what a reader may rely on."""
    replies = count(len(results.marks), "mark")
    made = [f"{replies} from exam and recorded replies, the sheet and its verdict, tokens and cost"]
    left = ["who ran it, when, and with which packages"]
    if results.gates:
        named = [one.name for one in results.gates if one.name in GATES]
        if gate:
            made.append(f"gate {gate}")
        elif named:
            left.insert(0, f"gate {named[0]} (name it with --gate and --pass-share)")
    if held := results.comparison:
        ruled = f" with its gate {held.ruling.gate}" if held.ruling else ""
        what = f"the comparison with {held.old.name}{ruled}"
        if baseline:
            made.append(what)
        else:
            left.insert(0, f"{what} (give its results with --baseline)")
    yield f"made again: {'; '.join(made)}"
    yield f"not made again: {'; '.join(left)}"


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
