"""What is said of a bench: its measures by section, what its project's own rule gives, changes."""

from __future__ import annotations

from collections.abc import Iterator

from jmle_plugin.mark.bench import POOLED, Measured, SectionMeasures
from jmle_plugin.mark.measures import MEASURES
from jmle_plugin.mark.sheet import Sheet
from jmle_plugin.report import document as doc
from jmle_plugin.results.comparison import Comparison, MeasureChange
from jmle_plugin.results.language import clauses, joined, known, p_cell, wording

Rows = list[list[str]]
_WIDE = 0.1
"""An interval as wide as this is said in words."""


def measure_rows(sheet: Sheet) -> Rows:
    """A row for each measure of each section; what is unknown or undefined is `-`.

    `n` is its questions, and the replies of all epochs where some are not there.
    """
    epochs = sheet.epochs.count if sheet.epochs else 1
    return [
        ["", *doc.heads("n", "measure", "value", "measure_interval", "unreadable")],
        *(
            [
                known(section.title),
                _replies(section, epochs),
                known(one.title),
                number(one.value),
                interval(one.low, one.high),
                str(section.unreadable),
            ]
            for section in sheet.measures.values()
            for one in section.measures.values()
        ),
    ]


def _replies(section: SectionMeasures, epochs: int) -> str:
    due = section.questions * epochs
    if section.replies == due:
        return str(section.questions)
    return wording("count.of", some=section.replies, all=due)


def number(value: float | None) -> str:
    """A measure's value: three digits, `-` where it is unknown or undefined."""
    return "-" if value is None else f"{value:.3f}"


def interval(low: float | None, high: float | None) -> str:
    """The ends of an interval, `-` where there is none."""
    if low is None or high is None:
        return "-"
    return wording("cell.interval", low=f"{low:.3f}", high=f"{high:.3f}")


def headline(sheet: Sheet) -> str:
    """The measure of all sections together, where there is one; else each section's first."""
    parts = sheet.measures
    shown = {POOLED: parts[POOLED]} if POOLED in parts else parts
    return joined(
        wording("bench.headline", measure=known(one.title), value=number(one.value))
        if name == POOLED
        else wording(
            "bench.headline_of", section=name, measure=known(one.title), value=number(one.value)
        )
        for name, section in shown.items()
        for one in [next(iter(section.measures.values()))]
    )


def _which(section: SectionMeasures, one: Measured) -> dict[str, str]:
    """A measure of a section as sentences name it."""
    return {"section": known(section.title), "measure": known(one.title)}


def bench_sentences(sheet: Sheet) -> Iterator[str]:
    """How wide intervals are, what is undefined, and what the project's own rule gives."""
    wide = [
        wording(
            "bench.wide_one",
            width=f"{one.high - one.low:.2f}",
            questions=section.questions,
            **_which(section, one),
        )
        for _, section, one in _all(sheet)
        if one.low is not None and one.high is not None and one.high - one.low >= _WIDE
    ]
    if wide:
        yield wording("bench.wide", measures=joined(wide))
    alike = [
        wording("bench.of", **_which(section, one))
        for _, section, one in _all(sheet)
        if one.value is not None and one.low is None
    ]
    if alike:
        yield wording("bench.no_interval", measures=joined(alike))
    undefined = [
        wording("bench.of", **_which(section, one))
        for _, section, one in _all(sheet)
        if one.value is None
    ]
    if undefined:
        yield wording("bench.undefined", measures=joined(undefined))
    theirs = [
        wording(
            "bench.published_one",
            section=known(section.title),
            measure=known(published_title(name, one)),
            published=number(one.published),
            value=number(one.value),
        )
        for name, section, one in _all(sheet)
        if one.published is not None
    ]
    if theirs:
        yield wording("bench.published", measures=clauses(theirs))


def published_title(name: str, one: Measured) -> str:
    """What the project calls its figure under that name."""
    measure = MEASURES.get(name)
    return measure.published_title or measure.title if measure else one.title


def _all(sheet: Sheet) -> Iterator[tuple[str, SectionMeasures, Measured]]:
    for section in sheet.measures.values():
        for name, one in section.measures.items():
            yield name, section, one


def changes_header() -> list[str]:
    """The header of the table of measures that were compared."""
    return ["", *doc.heads("measure", "old_new", "difference", "p", "holm")]


def change_rows(comparison: Comparison) -> Rows:
    """A row for each measure that was compared."""
    return [_change(one) for one in comparison.measures]


def _change(one: MeasureChange) -> list[str]:
    return [
        known(one.title),
        known(one.measure),
        wording("cell.change", old=number(one.old), new=number(one.new)),
        interval(one.low, one.high),
        p_cell(one.p_value),
        p_cell(one.p_holm),
    ]


def changes_headline(comparison: Comparison) -> str:
    """The one sentence: which measures changed by more than noise, each by its own test."""
    if comparison.same_answers:
        return wording("comparison.same")
    found = [
        wording(f"bench.{which}", measures=joined(map(_changed, some)))
        for which, some in (
            ("lower", comparison.measures_lost),
            ("higher", comparison.measures_gained),
        )
        if some
    ]
    if found:
        return wording("bench.more_than_noise", changes=clauses(found))
    return wording("bench.noise")


def _changed(one: MeasureChange) -> str:
    return wording("bench.of", section=known(one.title), measure=known(one.measure))


def changes_facts(comparison: Comparison) -> Iterator[str]:
    """Which test is whose, and what the numbers do not show."""
    tests: dict[str, list[str]] = {}
    for one in comparison.measures:
        tests.setdefault(one.test, []).append(known(one.measure))
    tested = (
        wording("bench.tested", measures=joined(dict.fromkeys(names)), test=known(test))
        for test, names in tests.items()
    )
    yield wording("bench.tests", tests=clauses(tested))
    undefined = [_changed(one) for one in comparison.measures if one.p_value is None]
    if undefined:
        yield wording("bench.not_compared", measures=joined(undefined))
