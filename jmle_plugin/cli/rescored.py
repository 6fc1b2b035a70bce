"""What rescoring a run comes to, beside the results file that is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from jmle_plugin.compare.verify import changes
from jmle_plugin.errors import ResultError
from jmle_plugin.report.sheet import summary_line
from jmle_plugin.results.file import Results, result_file
from jmle_plugin.results.provenance import Provenance
from jmle_plugin.results.store import read_results
from jmle_plugin.text import count


def rescored_lines(made: Results, folder: Path) -> Iterator[str]:
    """The summary, then what is new to the results file below `folder`."""
    yield summary_line(made)
    if made.sheet.errors:
        number = count(len(made.sheet.errors), "question", "questions")
        yield f"  without a reply: {number} (first: {made.sheet.errors[0]})"
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
