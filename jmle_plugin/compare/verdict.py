"""How sure one run's verdict is, and which single questions hold it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jmle_plugin.compare.groups import DRAWS, SEED, urn
from jmle_plugin.compare.pairing import Answered, Place, answered, cases_told
from jmle_plugin.mark.marks import Mark
from jmle_plugin.mark.scoring import needed_points, rule_of
from jmle_plugin.mark.sheet import ProhibitedTally, Sheet, Verdict
from jmle_plugin.results.doubt import PassChance, VerdictDoubt
from jmle_plugin.results.file import Results

Ints = NDArray[np.int64]

PRIOR = 0.1
"""Cases of nothing and of everything earned that each stratum is taken to hold besides."""
PAPERS = 5_000
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
        serial_known=cases_told(where),
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

    def of_case(self, marks: Iterable[Mark]) -> tuple[int, ...]:
        """The figures of one reply to each question of a case."""
        return tuple(map(sum, zip(*map(self.of, marks), strict=True)))

    def extremes(self, case: Iterable[Answered]) -> set[tuple[int, ...]]:
        """The figures of a case that earned nothing, and of one that earned everything."""
        fully = [max(one.epochs, key=lambda mark: mark.max) for one in case]
        nothing = [mark.model_copy(update={"points": 0, "prohibited": []}) for mark in fully]
        full = [mark.model_copy(update={"points": mark.max, "prohibited": []}) for mark in fully]
        return {self.of_case(nothing), self.of_case(full)}

    def passed(self, exams: Ints) -> PassChance:
        """The drawn exams, shape (draws, figures), that meet every criterion.

        Each needs the points that its own maximum asks for.
        """
        good = np.ones(len(exams), bool)
        for place, (name, section) in enumerate(self.sheet.sections.items()):
            rule = rule_of(name, section)
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
    """One sitting of another paper of the same difficulty and pass mark."""
    cases: dict[str, list[Answered]] = {}
    for name, answer in answers.items():
        cases.setdefault(where[name].group, []).append(answer)
    figures = _Figures(sheet, where)
    sizes = Counter[Hashable]()
    weights: dict[Hashable, dict[tuple[int, ...], float]] = {}
    for case in cases.values():
        place, maxima = where[case[0].mark.question], [one.max for one in case]
        stratum = place.section, place.criteria, max(maxima), len(case), sum(maxima)
        sizes[stratum] += 1
        kinds = weights.setdefault(stratum, {})
        replies = list(zip(*(one.epochs for one in case), strict=False))
        for marks in replies:
            seen = figures.of_case(marks)
            kinds[seen] = kinds.get(seen, 0.0) + 1 / len(replies)
        if sizes[stratum] == 1:
            # Nothing and everything may be earned, though it was not seen yet.
            for extreme in figures.extremes(case):
                kinds[extreme] = kinds.get(extreme, 0.0) + PRIOR
    strata = ((sizes[one], kinds) for one, kinds in weights.items())
    return figures.passed(urn(strata, PAPERS, SEED))


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
            if _doubtful(one)
            and any(one.mark.points > margins[rule] for rule in where[name].criteria)
        ]
        return (), tuple(lucky)
    short = max((-margins[name] for name in failed), default=0)
    missed = [
        name
        for name, one in heavy.items()
        if not one.correct
        and set(failed) <= set(where[name].criteria)
        and one.mark.max - one.mark.points >= short
        and _choices_pass_without(one, sheet.prohibited)
    ]
    return tuple(missed), ()


def _choices_pass_without(answer: Answered, rule: ProhibitedTally) -> bool:
    """Whether few enough prohibited choices are left once this question is right."""
    if rule.count is None or rule.limit is None:
        return True
    return rule.count - bool(answer.mark.prohibited) <= rule.limit


def _doubtful(answer: Answered) -> bool:
    return len(answer.points) == 1 or min(answer.points) < answer.mark.points
