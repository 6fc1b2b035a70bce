"""Whether a results file agrees with itself, and whether two are figures of the same thing.

Neither cassettes nor the exam are needed. Whether the marks are true is for `jmle verify`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from jmle_plugin.errors import ComparisonError, UnlikeResultsError, unknown_name
from jmle_plugin.mark.epochs import epochs_verdict
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark
from jmle_plugin.mark.scoring import needed_points, reached_verdict, rule_of
from jmle_plugin.mark.sheet import ProhibitedTally, SectionTally, Sheet, Tally, Verdict
from jmle_plugin.mark.tallies import total_cost, total_latency, total_tokens
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
    reached = reached_verdict(
        sheet.sections,
        sheet.prohibited,
        partial=sheet.asked < sheet.of,
        errors=sheet.errors,
        no_verdict=sheet.no_verdict,
    )
    if sheet.epochs is not None and results.schema_version > 1:
        # Schema 1 has the verdict on the majority answers.
        reached = epochs_verdict(reached, sheet.epochs.scores)
    if sheet.verdict is not reached:
        yield "verdict"
    spent = (total_cost(marks), total_tokens(marks), total_latency(marks))
    if spent != (sheet.cost, sheet.tokens, sheet.latency):
        yield "cost, tokens or latency"
    if sheet.verdict.decided or sheet.verdict is Verdict.NONE:
        # Elsewhere what was asked without a mark stands on the sheet alone.
        if {len(some) for some in results.by_question().values()} != {results.provenance.epochs}:
            yield "epochs"
        yield from _decided(sheet, list(results.scored().values()))
        if results.schema_version > 1:
            yield from _epochs(sheet, marks)


def _epochs(sheet: Sheet, marks: Sequence[Mark]) -> Iterator[str]:
    """Which epochs do not have the score that their own marks make, or the verdict of that."""
    credited = sheet.credited or Tally()
    for score in sheet.epochs.scores if sheet.epochs else ():
        own = [mark for mark in marks if mark.epoch == score.epoch]
        picked = sum(bool(mark.prohibited and mark.max) for mark in own)
        figures = (
            sum(mark.points for mark in own) + credited.points,
            sum(mark.max for mark in own) + credited.max,
            sum(mark.outcome is Outcome.CORRECT for mark in own) + credited.correct,
            None if sheet.prohibited.count is None else picked,
        )
        enough = all(
            score.sections[name] >= needed_points(rule_of(name, section), section.max)
            for name, section in sheet.sections.items()
        )
        limit = sheet.prohibited.limit
        few = limit is None or score.prohibited is None or score.prohibited <= limit
        # Where exclusions differ from one epoch to another, so do the points that are needed.
        passed = None if sheet.verdict is Verdict.NONE else enough and few
        agrees = score.passed is passed or score.max != sheet.total.max
        if (score.points, score.max, score.correct, score.prohibited) != figures or not agrees:
            yield f"epoch {score.epoch}"


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
    margin = section.points - needed_points(rule_of(name, section), section.max)
    return (section.margin, section.passed) == (margin, margin >= 0)


def _sound_prohibited(tally: ProhibitedTally, standing: Sequence[Mark]) -> bool:
    if tally.count is None or tally.limit is None:
        return tally.passed is None
    picked = {mark.question for mark in standing if mark.prohibited and mark.max}
    passed = tally.count <= tally.limit
    return (tally.count, set(tally.questions), tally.passed) == (len(picked), picked, passed)


def _sum(tallies: Iterable[Tally]) -> Tally:
    parts = list(tallies)
    return Tally(
        **{name: sum(getattr(part, name) for part in parts) for name in Tally.model_fields}
    )


def _prompt(results: Results) -> str:
    origin = results.provenance
    if origin.prompt is not None:
        return f"{origin.prompt.name} {origin.prompt.sha256[:12]}"
    return f"unknown, of {origin.imported.project}" if origin.imported else "unknown"


FACTS: dict[str, Callable[[Results], str]] = {
    "exam": lambda one: one.provenance.exam.id,
    "pack": lambda one: one.provenance.exam.hash[:12],
    "key": lambda one: one.provenance.key.state,
    "numeric": lambda one: one.provenance.key.numeric,
    "extraction": lambda one: one.provenance.extraction.value,
    "prompt": _prompt,
    "images": lambda one: one.provenance.images.value,
}
"""Name of a mismatch -> the fact that has to be the same on both sides."""

GAPS: dict[str, Callable[[Sheet], bool]] = {
    "partial": lambda sheet: sheet.part,
    "incomplete": lambda sheet: sheet.unanswered,
}
"""Name of a mismatch -> what neither side's sheet may be.

What the data set itself lacks is the same on both sides where the exam is.
"""

MISMATCHES = (*FACTS, *GAPS)


def check_names(names: Collection[str]) -> None:
    """UnknownNameError where a mismatch to be allowed is none."""
    for name in names:
        if name not in MISMATCHES:
            raise unknown_name("mismatch", name, MISMATCHES, where="--allow-mismatch")


def find_mismatches(
    old: Results, new: Results, sides: tuple[str, str] = ("old", "new")
) -> dict[str, str]:
    """Name of each mismatch -> what differs, in words; empty for results that are alike.

    `sides` is what the two are called.
    """
    found = {
        name: f"{before} against {after}"
        for name, fact in FACTS.items()
        if (before := fact(old)) != (after := fact(new))
    }
    for name, holds in GAPS.items():
        ones = zip(sides, (old, new), strict=True)
        if without := [side for side, one in ones if holds(one.sheet)]:
            found[name] = f"the {' and the '.join(without)} run is {name}"
    return found


def refuse_mismatches(old: Results, new: Results, allow: Collection[str] = ()) -> dict[str, str]:
    """Return the mismatches that were allowed; raise UnlikeResultsError for any other.

    ComparisonError where wrong answers cost points in the exam of either.
    """
    for one in (old, new):
        if one.sheet.wrong:
            raise ComparisonError(
                "wrong answers cost points in this exam, and the statistics of a comparison hold "
                "only where an answer earns points or earns none",
                where=one.run.name,
                remedy="Read the two score sheets side by side.",
            )
    found = find_mismatches(old, new)
    refused = {name: text for name, text in found.items() if name not in allow}
    if refused:
        options = " ".join(f"--allow-mismatch {name}" for name in refused)
        raise UnlikeResultsError(
            f"unlike things cannot be compared: "
            f"{'; '.join(f'{name} ({text})' for name, text in refused.items())}",
            where=f"{old.run.name}, {new.run.name}",
            remedy=f"Compare runs that are alike, or say {options}.",
        )
    return found
