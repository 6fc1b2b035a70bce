"""Whether the marks in a results file are those of its sheet, without cassettes or exam."""

from __future__ import annotations

from pathlib import Path

from jmle_plugin.errors import ResultError
from jmle_plugin.mark.epochs import majority
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.report.results import Results, read_results


def read_sound_results(file: Path) -> Results:
    """Read a results file that others are to be compared with.

    Raises ResultError as `read_results` does, and where marks were cut out, doubled or
    changed by hand: a comparison looks at marks, a reader at the sheet.
    """
    results = read_results(file)
    if not _sound(results):
        raise ResultError(
            "holds marks that do not make the sheet in it: it was cut or changed by hand",
            where=file,
            remedy="Make it again from its cassettes with `jmle rescore --write`.",
        )
    return results


def _sound(results: Results) -> bool:
    by_question: dict[str, list[Mark]] = {}
    for mark in results.marks:
        by_question.setdefault(mark.question, []).append(mark)
        if not 0 <= mark.points <= mark.max:
            return False
    if len({(mark.question, mark.epoch) for mark in results.marks}) < len(results.marks):
        return False
    standing = [majority(marks) for marks in by_question.values()]
    total = results.sheet.total
    if results.sheet.verdict not in (Verdict.PASS, Verdict.FAIL):
        return True  # what was asked without a mark is told by the sheet alone
    points = sum(mark.points for mark in standing)
    correct = sum(mark.outcome is Outcome.CORRECT for mark in standing)
    return (points, correct, len(standing)) == (total.points, total.correct, total.questions)
