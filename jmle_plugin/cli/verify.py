"""`jmle verify`: a results file against the replies it was made of."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from jmle_plugin.cli.common import named_exam
from jmle_plugin.cli.options import add_options
from jmle_plugin.compare.gates import find_gate, hold_against
from jmle_plugin.compare.verify import verify
from jmle_plugin.errors import JmleError, SettingsError
from jmle_plugin.exam.model import Exam
from jmle_plugin.report.sheet import summary_line
from jmle_plugin.results.file import GateDecision, Results
from jmle_plugin.results.store import find_results, read_results, read_sound_results
from jmle_plugin.session.gate import Sat, gate_decision, judge
from jmle_plugin.session.option_table import BASELINE_GATES, GATES
from jmle_plugin.text import printable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
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


def run(options: argparse.Namespace) -> int:
    """Run the command; its exit status."""
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
