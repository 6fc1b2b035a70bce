"""Whether a results file agrees with itself: its marks, its figures and its verdict.

Neither cassettes nor the exam are needed. Whether the marks are true is for `jmle verify`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from jmle_plugin.exam.model import Criterion
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark
from jmle_plugin.mark.scoring import needed_points, reached_verdict
from jmle_plugin.mark.sheet import ProhibitedTally, SectionTally, Sheet, Tally, Verdict
from jmle_plugin.mark.totals import total_cost, total_tokens
from jmle_plugin.results.file import Results


def disagreement(results: Results) -> str:
    """The first thing that disagrees, in a word or two; empty for sound results.

    Results are asked this before they are written and after they were read.
    """
    return next(_disagreements(results), "")


def _disagreements(results: Results) -> Iterator[str]:
    """What disagrees, in a word or two each."""
    sheet, marks = results.sheet, results.marks
    for mark in marks:
        if mark.problem() or mark.min not in {0, *sheet.wrong.values()}:
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
    asked, asked_total = total.questions, total
    total = _sum([total, sheet.credited or Tally()])
    if total != sheet.total or not sheet.asked == sheet.of == asked:
        yield "total"
    figures = [sheet.images.shown, sheet.images.without, sheet.images.missing or Tally()]
    parts: Mapping[str, Iterable[Tally]] = {
        "blocks": sheet.blocks.values(), "kinds": sheet.kinds.values(), "images": figures,
    }  # fmt: skip
    strata = {"sections": sheet.strata.sections, "subjects": sheet.strata.subjects}
    for name, grouping in strata.items():
        if grouping and (_sum(grouping.values()) != asked_total):
            yield f"strata ({name})"
    for name, tallies in parts.items():
        if _sum(tallies) != total:
            yield name
    for name, section in sheet.sections.items():
        if not _sound_section(name, section):
            yield f"section {name}"
    if not _sound_prohibited(sheet.prohibited, standing):
        yield "prohibited choices"


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
