"""What is said of a bench: its measures by section, what its project's own rule gives, changes."""

from __future__ import annotations

from collections.abc import Iterator

from jmle_plugin.mark.bench import POOLED, Measured, SectionMeasures
from jmle_plugin.mark.measures import MEASURES
from jmle_plugin.mark.sheet import Sheet
from jmle_plugin.results.bench import MeasureChange
from jmle_plugin.results.comparison import Comparison
from jmle_plugin.results.figures import p_cell

Rows = list[list[str]]
CHANGES = ("", "measure", "old -> new", "difference, 95 %", "p", "Holm")
_WIDE = 0.1
"""An interval as wide as this is said in words."""


def measure_rows(sheet: Sheet) -> Rows:
    """A row for each measure of each section; what is unknown or undefined is `-`."""
    return [
        ["", "n", "measure", "value", "95 % interval", "unreadable"],
        *(
            [
                section.title,
                _replies(section),
                one.title,
                number(one.value),
                interval(one.low, one.high),
                str(section.unreadable),
            ]
            for section in sheet.measures.values()
            for one in section.measures.values()
        ),
    ]


def _replies(section: SectionMeasures) -> str:
    some = section.replies != section.questions
    return f"{section.replies} of {section.questions}" if some else str(section.questions)


def number(value: float | None) -> str:
    """A measure's value: three digits, `-` where it is unknown or undefined."""
    return "-" if value is None else f"{value:.3f}"


def interval(low: float | None, high: float | None) -> str:
    """The ends of an interval, `-` where there is none."""
    return "-" if low is None or high is None else f"{low:.3f} to {high:.3f}"


def headline(sheet: Sheet) -> str:
    """The measure of all sections together, where there is one; else each section's first."""
    parts = sheet.measures
    told = {POOLED: parts[POOLED]} if POOLED in parts else parts
    return ", ".join(
        f"{'' if name == POOLED else f'{name} '}{one.title} {number(one.value)}"
        for name, section in told.items()
        for one in [next(iter(section.measures.values()))]
    )


def bench_sentences(sheet: Sheet) -> Iterator[str]:
    """How wide intervals are, what is undefined, and what the project's own rule gives."""
    wide = [
        f"{section.title} {one.title} {one.high - one.low:.2f} (n = {section.questions})"
        for _, section, one in _all(sheet)
        if one.low is not None and one.high is not None and one.high - one.low >= _WIDE
    ]
    if wide:
        yield (
            f"Few questions make wide intervals, within which two models cannot be told apart: "
            f"{', '.join(wide)}."
        )
    alike = [
        f"{section.title} {one.title}"
        for _, section, one in _all(sheet)
        if one.value is not None and one.low is None
    ]
    if alike:
        yield (
            f"No interval, since every resampled section gives the same: {', '.join(alike)}. "
            "That is no certainty."
        )
    undefined = [f"{s.title} {one.title}" for _, s, one in _all(sheet) if one.value is None]
    if undefined:
        yield f"Undefined, or without a reply to every question: {', '.join(undefined)}."
    theirs = [
        f"{section.title} {published_title(name, one)} {number(one.published)} "
        f"(here {number(one.value)})"
        for name, section, one in _all(sheet)
        if one.published is not None
    ]
    if theirs:
        yield f"By the project's own rule and formula: {'; '.join(theirs)}."


def published_title(name: str, one: Measured) -> str:
    """What the project calls its figure under that name."""
    measure = MEASURES.get(name)
    return measure.published_title or measure.title if measure else one.title


def _all(sheet: Sheet) -> Iterator[tuple[str, SectionMeasures, Measured]]:
    for section in sheet.measures.values():
        for name, one in section.measures.items():
            yield name, section, one


def change_rows(comparison: Comparison) -> Rows:
    """A row for each measure that was compared."""
    return [_change(one) for one in comparison.measures]


def _change(one: MeasureChange) -> list[str]:
    return [
        one.title,
        one.measure,
        f"{number(one.old)} -> {number(one.new)}",
        interval(one.low, one.high),
        p_cell(one.p_value),
        p_cell(one.p_holm),
    ]


def changes_headline(comparison: Comparison) -> str:
    """The one sentence: which measures changed by more than noise, each by its own test."""
    if comparison.same_answers:
        return "The two runs gave the same answers."
    told = {
        words: [f"{one.title} {one.measure}" for one in some]
        for words, some in (
            ("lower", comparison.measures_lost),
            ("higher", comparison.measures_gained),
        )
    }
    found = [f"{words}: {', '.join(names)}" for words, names in told.items() if names]
    if found:
        return f"More than noise (Holm): {'; '.join(found)}."
    return "Every difference is within noise (Holm)."


def changes_facts(comparison: Comparison) -> Iterator[str]:
    """Which test is whose, and what the numbers do not show."""
    tests: dict[str, list[str]] = {}
    for one in comparison.measures:
        tests.setdefault(one.test, []).append(one.measure)
    yield "; ".join(
        f"{', '.join(dict.fromkeys(names))}: {test} test, two-sided"
        for test, names in tests.items()
    )
    undefined = [f"{one.title} {one.measure}" for one in comparison.measures if one.p_value is None]
    if undefined:
        yield f"Not compared, since undefined in one of the runs: {', '.join(undefined)}."
