"""How sure one run's verdict is, and which single questions hold it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jmle_plugin.compare.pairing import Answered, Place, answered
from jmle_plugin.compare.resampling import DRAWS, SEED, resample
from jmle_plugin.exam.model import Criterion
from jmle_plugin.mark.marks import Mark
from jmle_plugin.mark.scoring import needed_points
from jmle_plugin.mark.sheet import ProhibitedTally, Sheet, Verdict
from jmle_plugin.results.doubt import PassChance, VerdictDoubt
from jmle_plugin.results.file import Results

Ints = NDArray[np.int64]

HEAVY = 3
"""Points from which a question is worth naming."""


def verdict_doubt(
    results: Results, where: Mapping[str, Place] | None = None
) -> VerdictDoubt | None:
    """Return how sure a full result's verdict is.

    None where there is no verdict, or where wrong answers cost points: drawn exams assume that
    an answer earns points or earns none.
    """
    sheet = results.sheet
    if not sheet.verdict.decided or sheet.wrong:
        return None
    answers = answered(results)
    if where is None or not answers.keys() <= where.keys():
        return VerdictDoubt(verdict=sheet.verdict, another_exam=None, this_exam_again=None)
    missed, lucky = _holding(sheet, answers, where)
    return VerdictDoubt(
        verdict=sheet.verdict,
        another_exam=_another_exam(sheet, answers, where),
        this_exam_again=_this_exam_again(sheet, answers, where),
        missed=missed,
        lucky=lucky,
    )


@dataclass(frozen=True)
class _Figures:
    """What a mark adds to a drawn exam: prohibited choices; points and maximum by criterion."""

    sheet: Sheet
    where: Mapping[str, Place]

    def of(self, mark: Mark) -> tuple[int, ...]:
        """The figures of one mark: 1 and 2 for each criterion of the sheet."""
        # Prohibited choices are counted in questions that count.
        figures = [int(bool(mark.prohibited and mark.max))]
        criteria = self.where[mark.question].criteria
        for name in self.sheet.sections:
            figures += [mark.points, mark.max] if name in criteria else [0, 0]
        return tuple(figures)

    def passed(self, exams: Ints) -> PassChance:
        """The drawn exams, shape (draws, figures), that meet every criterion.

        Each needs the points that its own maximum asks for.
        """
        good = np.ones(len(exams), bool)
        for place, (name, section) in enumerate(self.sheet.sections.items()):
            rule = Criterion(name, section.threshold, section.stated_max, section.ratio)
            points, maximum = exams[:, 1 + 2 * place], exams[:, 2 + 2 * place]
            maxima, which = np.unique(maximum, return_inverse=True)
            needed = np.array([needed_points(rule, int(one)) for one in maxima])
            good &= points >= needed[which]
        rule_on_choices = self.sheet.prohibited
        if rule_on_choices.passed is not None and rule_on_choices.limit is not None:
            good &= exams[:, 0] <= rule_on_choices.limit
        return PassChance(passed=int(good.sum()), draws=len(exams), seed=SEED)


def _another_exam(
    sheet: Sheet, answers: Mapping[str, Answered], where: Mapping[str, Place]
) -> PassChance:
    groups: dict[str, list[Mark]] = {}
    for name, answer in answers.items():
        groups.setdefault(where[name].group, []).append(answer.mark)
    figures = _Figures(sheet, where)
    items = []
    for marks in groups.values():
        place = where[marks[0].question]
        size = max(mark.max for mark in marks), len(marks), sum(mark.max for mark in marks)
        sums = tuple(sum(column) for column in zip(*map(figures.of, marks), strict=True))
        items.append(((place.section, place.criteria, *size), sums))
    drawn = resample(items, DRAWS, SEED).values()
    return figures.passed(sum(drawn, np.zeros((DRAWS, len(items[0][1])), np.int64)))


def _this_exam_again(
    sheet: Sheet, answers: Mapping[str, Answered], where: Mapping[str, Place]
) -> PassChance | None:
    if all(len(answer.epochs) == 1 for answer in answers.values()):
        return None
    generator = np.random.default_rng(SEED)
    figures = _Figures(sheet, where)
    exams = np.zeros((DRAWS, 1 + 2 * len(sheet.sections)), np.int64)
    for answer in answers.values():
        replies = np.array([figures.of(one) for one in answer.epochs])
        exams += replies[generator.integers(len(replies), size=DRAWS)]
    return figures.passed(exams)


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
            if any(one.points > margins[rule] for rule in where[name].criteria) and _doubtful(one)
        ]
        return (), tuple(lucky)
    short = max((-margins[name] for name in failed), default=0)
    missed = [
        name
        for name, one in heavy.items()
        if not one.correct
        and set(failed) <= set(where[name].criteria)
        and one.mark.max - one.points >= short
        and _choices_pass_without(one, sheet.prohibited)
    ]
    return tuple(missed), ()


def _choices_pass_without(answer: Answered, rule: ProhibitedTally) -> bool:
    """Whether few enough prohibited choices are left once this question is right."""
    if rule.count is None or rule.limit is None:
        return True
    return rule.count - bool(answer.mark.prohibited) <= rule.limit


def _doubtful(answer: Answered) -> bool:
    worth = [one.points for one in answer.epochs]
    return len(worth) == 1 or min(worth) < answer.points
