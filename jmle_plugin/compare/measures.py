"""How sure a bench's measures are, and whether two runs differ in them.

What is drawn are cases: questions that share a context together, any other question or
document by itself. Intervals are percentiles of resampled cases. A measure that is a mean is
tested by flipping the signs of the cases' differences, any other by resampling cases of both
runs together (a paired bootstrap).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from jmle_plugin.compare.groups import DRAWS, SEED, resample
from jmle_plugin.compare.significance import holm, loss_and_gain, two_sided
from jmle_plugin.errors import ComparisonError
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark.bench import POOLED, classes_of, item_of, parts_of
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark
from jmle_plugin.mark.measures import MEASURES, Classes, Measure
from jmle_plugin.results.comparison import MeasureChange
from jmle_plugin.results.doubt import LEVEL
from jmle_plugin.results.file import Results

_DIGITS = 4
_DEFINED = 0.95
"""The share of draws in which a measure has to be defined for an interval of it."""

Cases = Mapping[str, tuple[float, ...]]
"""Case -> its figures, those of each epoch behind those of the one before."""


@dataclass(frozen=True, slots=True)
class Part:
    """A measure of some questions, each of which has a reply in every epoch."""

    measure: Measure
    classes: Classes
    epochs: int
    cases: Cases

    def values(self, sums: NDArray[np.float64]) -> NDArray[np.float64]:
        """The measure of each draw, the mean of its epochs; nan where it is undefined."""
        width = sums.shape[1] // self.epochs
        found = []
        for epoch in range(self.epochs):
            columns = list(sums[:, epoch * width : (epoch + 1) * width].T)
            numerator, denominator = self.measure.ratio(self.classes, columns)
            known = np.asarray(denominator) != 0
            found.append(np.where(known, numerator / np.where(known, denominator, 1), np.nan))
        return np.asarray(np.mean(found, axis=0), np.float64)

    def value(self) -> float | None:
        """The measure itself."""
        every = np.array([list(self.cases.values())], np.float64).sum(axis=1)
        return _known(float(self.values(every)[0]))

    def means(self) -> dict[str, Fraction]:
        """What each case earns, the mean of its epochs; for a measure that is a mean."""
        return {
            name: sum(map(Fraction, figures[1::2]), Fraction()) / self.epochs
            for name, figures in self.cases.items()
        }


def with_intervals(results: Results, exam: Exam) -> Results:
    """The results of a bench with the interval of each measure that is known."""
    sheet = results.sheet
    marks = results.by_question()
    found = {}
    for name, (_, ids, _) in parts_of(exam).items():
        if name not in sheet.measures:
            continue
        section = sheet.measures[name]
        bounded = {}
        for key, one in section.measures.items():
            part = None if one.value is None else part_of(exam, key, ids, marks)
            low, high = (None, None) if part is None else _interval(part)
            bounded[key] = one.model_copy(update={"low": low, "high": high})
        found[name] = section.model_copy(update={"measures": bounded})
    return results.model_copy(update={"sheet": sheet.model_copy(update={"measures": found})})


def measure_changes(old: Results, new: Results, exam: Exam | None) -> list[MeasureChange]:
    """Each measure of each section on the questions that both answered, new against old.

    Raises ComparisonError where the bench's questions, which tell its classes, are not at hand.
    """
    if exam is None or not exam.bench:
        raise ComparisonError(
            f"the questions of {old.exam.id} are not on this machine, and a bench's measures "
            "need them",
            where=f"{old.run.name}, {new.run.name}",
            remedy=f"Download them with `jmle fetch {old.exam.id}`.",
        )
    before, after = answered_marks(old), answered_marks(new)
    shared = before.keys() & after.keys()
    parts = parts_of(exam)
    found = []
    for name, (title, ids, measures) in parts.items():
        both = [one for one in ids if one in shared]
        for key in measures if both else ():
            decides = key == measures[0] and (name == POOLED or POOLED not in parts)
            ours = part_of(exam, key, both, before), part_of(exam, key, both, after)
            changed = change_of(name, title, len(both), *ours)
            found.append(changed.model_copy(update={"decides": decides}))
    return _corrected(found)


def _corrected(found: Sequence[MeasureChange]) -> list[MeasureChange]:
    """Holm's correction, of those that decide together and of the others together."""
    p_holm: dict[int, float] = {}
    for decides in (True, False):
        tested = [
            place
            for place, one in enumerate(found)
            if one.decides is decides and one.p_value is not None
        ]
        adjusted = holm(found[place].p_value or 0 for place in tested)
        p_holm |= dict(zip(tested, adjusted, strict=True))
    return [one.model_copy(update={"p_holm": p_holm.get(place)}) for place, one in enumerate(found)]


def change_of(section: str, title: str, questions: int, old: Part, new: Part) -> MeasureChange:
    """One measure of the same questions, new against old."""
    values = old.value(), new.value()
    loss = gain = None
    low = high = None
    if None not in values:
        drawn = _drawn(old, new)
        low, high = _ends(drawn)
        loss, gain = _sign_flip(old.means(), new.means()) if old.measure.mean else _by_draws(drawn)
    return MeasureChange(
        section=section,
        title=title,
        measure=old.measure.title,
        questions=questions,
        old=values[0],
        new=values[1],
        low=low,
        high=high,
        test="sign-flip" if old.measure.mean else "paired bootstrap",
        p_loss=loss,
        p_value=None if loss is None or gain is None else two_sided(loss, gain),
    )


def p_value_of(old: Part, new: Part) -> float | None:
    """The p-value of `change_of`; cases are drawn again only where the test needs that."""
    if None in (old.value(), new.value()):
        return None
    if old.measure.mean:
        return two_sided(*_sign_flip(old.means(), new.means()))
    return two_sided(*_by_draws(_drawn(old, new)))


def _drawn(old: Part, new: Part) -> NDArray[np.float64]:
    """The differences of both measures over cases drawn again."""
    width = len(next(iter(old.cases.values())))
    sums = _sums(old.cases[name] + new.cases[name] for name in old.cases)
    return np.asarray(new.values(sums[:, width:]) - old.values(sums[:, :width]))


def answered_marks(results: Results) -> dict[str, list[Mark]]:
    """Question -> its marks, where each epoch has a reply."""
    return {
        name: marks
        for name, marks in results.by_question().items()
        if all(mark.outcome is not Outcome.ERROR for mark in marks)
    }


def part_of(exam: Exam, key: str, ids: Sequence[str], marks: Mapping[str, Sequence[Mark]]) -> Part:
    """The figures of `ids`; where some were asked more often than others, last replies are out."""
    measure, classes = MEASURES[key], classes_of(exam, exam.questions[ids[0]].section)
    there = [name for name in ids if name in marks]
    epochs = min(len(marks[name]) for name in there)
    cases: dict[str, tuple[float, ...]] = {}
    for name in there:
        ordered = sorted(marks[name], key=lambda mark: mark.epoch)[:epochs]
        figures = tuple(
            figure for mark in ordered for figure in measure.figures(classes, item_of(mark))
        )
        case = exam.questions[name].case
        before = cases.get(case, (0,) * len(figures))
        cases[case] = tuple(one + other for one, other in zip(before, figures, strict=True))
    return Part(measure, classes, epochs, cases)


def _sums(cases: Iterable[tuple[float, ...]]) -> NDArray[np.float64]:
    drawn = resample((("", figures) for figures in cases), DRAWS, SEED)
    return np.asarray(drawn[""], np.float64)


def _interval(part: Part) -> tuple[float | None, float | None]:
    return _ends(part.values(_sums(part.cases.values())))


def _ends(drawn: NDArray[np.float64]) -> tuple[float | None, float | None]:
    """The ends of the interval; none where all draws are alike, which shows nothing of others."""
    known = drawn[~np.isnan(drawn)]
    if len(known) < _DEFINED * len(drawn) or np.ptp(known) == 0:
        return None, None
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(known, tail), np.quantile(known, 1 - tail)
    return round(float(low), _DIGITS) + 0.0, round(float(high), _DIGITS) + 0.0


def _by_draws(drawn: NDArray[np.float64]) -> tuple[float, float]:
    """One-sided p-values of a loss and of a gain: how often resampled cases show none."""
    known = drawn[~np.isnan(drawn)]
    at_least, at_most = int((known >= 0).sum()), int((known <= 0).sum())
    return (at_least + 1) / (len(known) + 1), (at_most + 1) / (len(known) + 1)


def _sign_flip(old: Mapping[str, Fraction], new: Mapping[str, Fraction]) -> tuple[float, float]:
    """The same of means: exact where each case earns all or nothing, else of drawn signs."""
    if all(one.denominator == 1 for side in (old, new) for one in side.values()):
        return loss_and_gain([((int(old[name]),), (int(new[name]),)) for name in old])
    differences = np.array([float(new[name] - old[name]) for name in old])
    differences = differences[differences != 0]
    if not len(differences):
        return 1.0, 1.0
    generator, seen = np.random.default_rng(SEED), differences.sum()
    signs = generator.integers(0, 2, (DRAWS, len(differences)), np.int8) * 2 - 1
    drawn = signs @ differences
    close = 1e-9 * np.abs(differences).sum()
    below, above = int((drawn <= seen + close).sum()), int((drawn >= seen - close).sum())
    return (below + 1) / (DRAWS + 1), (above + 1) / (DRAWS + 1)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 6) + 0.0
