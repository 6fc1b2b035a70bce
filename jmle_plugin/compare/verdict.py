"""How sure one run's verdict is, and which single questions hold it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from jmle_plugin.compare.pairing import Answered, Place, Standing, answered
from jmle_plugin.compare.resampling import DRAWS, SEED, resample
from jmle_plugin.exam.model import Criterion
from jmle_plugin.mark.epochs import majority
from jmle_plugin.mark.marks import Mark
from jmle_plugin.mark.scoring import needed_points
from jmle_plugin.mark.sheet import Sheet, Verdict
from jmle_plugin.report.doubt import PassChance, VerdictDoubt
from jmle_plugin.report.results import Results

Ints = NDArray[np.int64]

HEAVY = 3
"""Points from which a question is worth naming."""


def verdict_doubt(
    results: Results,
    where: Mapping[str, Place] | None = None,
    *,
    standing: Standing = majority,
    draws: int = DRAWS,
    seed: int = SEED,
) -> VerdictDoubt | None:
    """Return how sure a full result's verdict is; None where there is no verdict."""
    sheet = results.sheet
    if sheet.verdict not in (Verdict.PASS, Verdict.FAIL):
        return None
    answers = answered(results, standing)
    if where is None or not answers.keys() <= where.keys():
        return VerdictDoubt(verdict=sheet.verdict, another_exam=None, this_exam_again=None)
    missed, lucky = _holding(sheet, answers, where)
    return VerdictDoubt(
        verdict=sheet.verdict,
        another_exam=_another_exam(sheet, answers, where, draws, seed),
        this_exam_again=_this_exam_again(sheet, answers, where, draws, seed),
        missed=missed,
        lucky=lucky,
    )


@dataclass
class _Exams:
    """Drawn exams: points and own maximum by section, and prohibited choices, each (draws,)."""

    sheet: Sheet
    draws: int
    points: dict[str, Ints] = field(default_factory=dict)
    maximum: dict[str, Ints] = field(default_factory=dict)
    prohibited: Ints | int = 0

    def add(self, section: str, figures: Ints) -> None:
        """Add points, maximum and prohibited choices, shape (draws, 3)."""
        self.points[section] = self.points.get(section, 0) + figures[:, 0]
        self.maximum[section] = self.maximum.get(section, 0) + figures[:, 1]
        self.prohibited = self.prohibited + figures[:, 2]

    def passed(self, seed: int) -> PassChance:
        """The draws that meet every criterion, at the points their own maximum asks for."""
        good = np.ones(self.draws, bool)
        for name, section in self.sheet.sections.items():
            rule = Criterion(name, section.threshold, section.stated_max, section.ratio)
            maxima, which = np.unique(self.maximum[name], return_inverse=True)
            needed = np.array([needed_points(rule, int(one)) for one in maxima])
            good &= self.points[name] >= needed[which]
        rule_on_choices = self.sheet.prohibited
        if rule_on_choices.passed is not None and rule_on_choices.limit is not None:
            good &= self.prohibited <= rule_on_choices.limit
        return PassChance(passed=int(good.sum()), draws=self.draws, seed=seed)


def _another_exam(
    sheet: Sheet, answers: Mapping[str, Answered], where: Mapping[str, Place], draws: int, seed: int
) -> PassChance:
    groups: dict[str, list[Mark]] = {}
    for name, answer in answers.items():
        groups.setdefault(where[name].group, []).append(answer.mark)
    items = []
    for marks in groups.values():
        figures = tuple(sum(column) for column in zip(*map(_figures, marks), strict=True))
        points = max(mark.max for mark in marks)
        items.append(((where[marks[0].question].section, points, len(marks), figures[1]), figures))
    exams = _Exams(sheet, draws)
    for (section, *_), sums in resample(items, draws, seed).items():
        exams.add(section, sums)
    return exams.passed(seed)


def _this_exam_again(
    sheet: Sheet, answers: Mapping[str, Answered], where: Mapping[str, Place], draws: int, seed: int
) -> PassChance | None:
    if all(len(answer.epochs) == 1 for answer in answers.values()):
        return None
    generator = np.random.default_rng(seed)
    exams = _Exams(sheet, draws)
    for name, answer in answers.items():
        replies = np.array([_figures(one) for one in answer.epochs])
        exams.add(where[name].section, replies[generator.integers(len(replies), size=draws)])
    return exams.passed(seed)


def _figures(mark: Mark) -> tuple[int, int, int]:
    """Points, maximum, prohibited choices (counted in questions that count)."""
    return mark.points, mark.max, int(bool(mark.prohibited and mark.max))


def _holding(
    sheet: Sheet, answers: Mapping[str, Answered], where: Mapping[str, Place]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The heavy questions that alone would turn the verdict: missed ones, lucky ones."""
    margins = {name: section.margin or 0 for name, section in sheet.sections.items()}
    failed = [name for name, margin in margins.items() if margin < 0]
    heavy = {name: one for name, one in answers.items() if one.mark.max >= HEAVY}
    if sheet.verdict is Verdict.PASS:
        lucky = [
            name
            for name, one in heavy.items()
            if one.points > margins[where[name].section] and _doubtful(one)
        ]
        return (), tuple(lucky)
    if len(failed) != 1 or sheet.prohibited.passed is False:
        return (), ()
    missed = [
        name
        for name, one in heavy.items()
        if where[name].section == failed[0] and one.mark.max - one.points >= -margins[failed[0]]
    ]
    return tuple(missed), ()


def _doubtful(answer: Answered) -> bool:
    worth = [one.points for one in answer.epochs]
    return len(worth) == 1 or min(worth) < answer.points
