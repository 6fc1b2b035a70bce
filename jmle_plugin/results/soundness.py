"""Whether a results file agrees with itself: its marks, its figures and its verdict.

Neither cassettes nor the exam are needed. Whether the marks are true is for `jmle verify`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from jmle_plugin.errors import ResultError
from jmle_plugin.exam.model import Criterion
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark
from jmle_plugin.mark.numeric import as_number
from jmle_plugin.mark.scoring import needed_points, reached_verdict
from jmle_plugin.mark.sheet import ProhibitedTally, SectionTally, Sheet, Tally, Verdict
from jmle_plugin.mark.totals import total_cost, total_tokens
from jmle_plugin.results.file import Results, read_results


def read_sound_results(file: Path) -> Results:
    """Read a results file that is to be shown, compared or ranked.

    Raises ResultError as `read_results` does, and where marks were cut out, doubled or
    changed by hand, or the sheet says another thing than they do.
    """
    results = read_results(file)
    if wrong := next(_disagreements(results), ""):
        raise ResultError(
            f"holds marks that do not make the sheet in it ({wrong}): "
            "it was cut or changed by hand",
            where=file,
            remedy="Make it again from its cassettes with `jmle rescore --write`.",
        )
    return results


def _disagreements(results: Results) -> Iterator[str]:
    """What disagrees, in a word or two each."""
    sheet, marks = results.sheet, results.marks
    for mark in marks:
        if not _sound_mark(mark):
            yield f"the mark of {mark.question}"
    if len({(mark.question, mark.epoch) for mark in marks}) < len(marks):
        yield "a question marked twice"
    if sheet.verdict is not reached_verdict(
        sheet.sections,
        sheet.prohibited,
        partial=sheet.asked < sheet.of,
        errors=sheet.errors,
        no_verdict=sheet.no_verdict,
    ):
        yield "verdict"
    if (total_cost(marks), total_tokens(marks)) != (sheet.cost, sheet.tokens):
        yield "cost or tokens"
    if sheet.verdict.decided or sheet.verdict is Verdict.NONE:
        # Elsewhere what was asked without a mark is told by the sheet alone.
        if {len(some) for some in results.by_question().values()} != {results.provenance.epochs}:
            yield "epochs"
        yield from _decided(sheet, list(results.scored().values()))


def _decided(sheet: Sheet, standing: Sequence[Mark]) -> Iterator[str]:
    """What disagrees where every question has a reply; `standing` are the marks that count."""
    if any(mark.outcome is Outcome.ERROR for mark in standing):
        yield "errors"
    total = Tally(
        points=sum(mark.points for mark in standing),
        max=sum(mark.max for mark in standing),
        correct=sum(mark.outcome is Outcome.CORRECT for mark in standing),
        questions=len(standing),
    )
    asked = total.questions
    total = _sum([total, sheet.credited or Tally()])
    if total != sheet.total or not sheet.asked == sheet.of == asked:
        yield "total"
    figures = [sheet.images.shown, sheet.images.without, sheet.images.missing or Tally()]
    parts: Mapping[str, Iterable[Tally]] = {
        "blocks": sheet.blocks.values(), "kinds": sheet.kinds.values(), "images": figures,
    }  # fmt: skip
    for name, tallies in parts.items():
        if _sum(tallies) != total:
            yield name
    for name, section in sheet.sections.items():
        if not _sound_section(name, section):
            yield f"section {name}"
    if not _sound_prohibited(sheet.prohibited, standing):
        yield "prohibited choices"


def _sound_mark(mark: Mark) -> bool:
    """Whether points follow from the outcome, and the outcome from answer and key."""
    if not 0 <= mark.points <= mark.max:
        return False
    if mark.outcome is Outcome.CORRECT:
        return mark.points == mark.max and any(_alike(mark.answer, one) for one in mark.accepted)
    if mark.outcome is Outcome.INCORRECT:
        return mark.answer not in mark.accepted
    return mark.outcome is Outcome.NO_ANSWER or mark.points == 0


def _alike(answer: Sequence[str], accepted: Sequence[str]) -> bool:
    if len(answer) == len(accepted) == 1 and (number := as_number(answer[0])) is not None:
        return number == as_number(accepted[0])
    return sorted(answer) == sorted(accepted)


def _sound_section(name: str, section: SectionTally) -> bool:
    rule = Criterion(name, section.threshold, section.stated_max, section.ratio)
    margin = section.points - needed_points(rule, section.max)
    return (section.margin, section.passed) == (margin, margin >= 0)


def _sound_prohibited(told: ProhibitedTally, standing: Sequence[Mark]) -> bool:
    if told.count is None or told.limit is None:
        return told.passed is None
    picked = {mark.question for mark in standing if mark.prohibited and mark.max}
    passed = told.count <= told.limit
    return (told.count, set(told.questions), told.passed) == (len(picked), picked, passed)


def _sum(tallies: Iterable[Tally]) -> Tally:
    parts = list(tallies)
    return Tally(
        **{name: sum(getattr(part, name) for part in parts) for name in Tally.model_fields}
    )
