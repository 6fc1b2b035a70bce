"""A leaderboard's data: how sure rows are of their points and places, and of each section's."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations, pairwise
from typing import Annotated, Any, Literal

from pydantic import Field
from scipy import stats

from jmle_plugin.ask.run import ImageMode
from jmle_plugin.compare.groups import case_replies, sum_of_means
from jmle_plugin.compare.measures import answered_marks, p_value_of, part_of
from jmle_plugin.compare.pairing import Answered, Place, answered
from jmle_plugin.compare.significance import holm, loss_and_gain, two_sided
from jmle_plugin.errors import ComparisonError
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark.bench import parts_of
from jmle_plugin.mark.sheet import CostTotal, Latency, MeanTally, Verdict
from jmle_plugin.results.comparison import Comparison, Decision, MeasureChange
from jmle_plugin.results.doubt import ALPHA, LEVEL, Letter
from jmle_plugin.results.file import ExamInfo, Results
from jmle_plugin.results.language import joined, known, wording
from jmle_plugin.strict import Strict, absent, empty


@dataclass(frozen=True)
class GroupPoints:
    """Points of each reply, and own maximum, of each group of questions: group -> points."""

    points: Mapping[str, tuple[int, ...]]
    maximum: Mapping[str, int]

    @cached_property
    def total(self) -> Fraction:
        """Mean points of the whole."""
        return sum_of_means(self.points.values())


def group_points(
    results: Results, where: Mapping[str, Place] | None, names: Collection[str] | None = None
) -> GroupPoints:
    """Return the points of each group; without `where` every question is a group.

    Of all questions that were answered, or of those in `names`.
    """
    members: dict[str, list[Answered]] = {}
    for name, one in answered(results).items():
        if names is not None and name not in names:
            continue
        members.setdefault(where[name].group if where else name, []).append(one)
    return GroupPoints(
        {name: case_replies([one.points for one in case]) for name, case in members.items()},
        {name: sum(one.max for one in case) for name, case in members.items()},
    )


def points_interval(groups: GroupPoints, level: float = LEVEL) -> tuple[int, int] | None:
    """Return the interval of the points to expect on questions like these, rounded outwards.

    Of *expected* points: what another paper brings varies besides. Wilson's interval, with
    Kish's effective number of groups as the number of trials: a group of many points tells
    no more than one of few. None where nothing counts.
    """
    total = sum(groups.maximum.values())
    if not total:
        return None
    trials = total**2 / sum(one**2 for one in groups.maximum.values())
    share = float(groups.total) / total
    z = float(stats.norm.ppf((1 + level) / 2))
    shrunk = 1 + z**2 / trials
    middle = (share + z**2 / (2 * trials)) / shrunk
    half = z / shrunk * math.sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2)
    return max(0, math.floor((middle - half) * total)), min(
        total, math.ceil((middle + half) * total)
    )


def p_value(better: GroupPoints, worse: GroupPoints) -> float:
    """Return the two-sided p-value of the difference in points, by the tests of a comparison."""
    if better.points.keys() != worse.points.keys():
        raise ComparisonError(
            "the runs were not asked the same questions",
            remedy="Make the results again with `jmle rescore --write`.",
        )
    return two_sided(
        *loss_and_gain([(worse.points[group], points) for group, points in better.points.items()])
    )


@dataclass(frozen=True)
class Ranking:
    """Runs that were asked the same questions, the one with the most points first."""

    runs: Sequence[GroupPoints]

    @cached_property
    def _p_values(self) -> dict[tuple[int, int], float]:
        """Two-sided p-value of each pair, by the places of the two."""
        pairs = combinations(range(len(self.runs)), 2)
        return {(one, other): p_value(self.runs[one], self.runs[other]) for one, other in pairs}

    def p_to_above(self, place: int) -> float | None:
        """The p-value of the difference to the row above, by itself; None for the first."""
        return self._p_values[place - 1, place] if place else None

    @cached_property
    def ranges(self) -> list[tuple[int, int]]:
        """The first and the last rank that each run may have.

        With 95 % confidence all of them hold at once: every pair is tested, with Holm's
        correction for their number, and a run stands behind those that are
        significantly better and before those that are significantly worse.
        """
        pairs = list(self._p_values)
        adjusted = holm(list(self._p_values.values()))
        apart = {pair for pair, p in zip(pairs, adjusted, strict=True) if p <= ALPHA}
        first, last = [1] * len(self.runs), [len(self.runs)] * len(self.runs)
        for better, worse in apart:
            first[worse] += 1
            last[better] -= 1
        return list(zip(first, last, strict=True))


def rank_section(
    results: Sequence[Results], exam: Exam | None, part: str
) -> list[tuple[int, dict[str, Any]]]:
    """Which of the results comes when by a part's first measure, and what its row says of that.

    What is undefined comes last.
    """
    of = [next(iter(one.sheet.measures[part].measures.values())) for one in results]
    order = sorted(
        range(len(of)), key=lambda n: math.inf if of[n].value is None else -(of[n].value or 0)
    )
    values = [of[n].value for n in order]
    above = _p_to_above([results[n] for n in order], exam, part)
    return [
        (
            n,
            {
                "rank": 1 + values.index(of[n].value),
                "value": of[n].value,
                "value_interval": None if of[n].low is None else (of[n].low, of[n].high),
                "p_above": p,
            },
        )
        for n, p in zip(order, above, strict=True)
    ]


def _p_to_above(results: Sequence[Results], exam: Exam | None, part: str) -> list[float | None]:
    """The p-value of each run's first measure of a part against the run before it.

    None for the first, where the measure is undefined, and where the questions are not at hand.
    """
    if exam is None or not exam.bench:
        return [None] * len(results)
    _, ids, measures = parts_of(exam)[part]
    answered = list(map(answered_marks, results))
    found: list[float | None] = [None]
    for before, after in pairwise(answered):
        both = [one for one in ids if one in before and one in after]
        ours = [part_of(exam, measures[0], both, marks) for marks in (before, after)]
        found.append(p_value_of(*ours))
    return found[: len(results)]


def judge_measures(comparison: Comparison) -> tuple[Decision, str, list[str]]:
    """What a gate says of a bench's measures: the decision, why, and which are lower."""
    deciding = [one for one in comparison.measures if one.decides]
    lost = comparison.measures_lost
    lower = [one for one in deciding if (one.difference or 0) < 0]
    unknown = [one for one in deciding if one.p_holm is None]
    if lost:
        decision = Decision.FAIL
    elif lower or unknown:
        decision = Decision.INCONCLUSIVE
    else:
        decision = Decision.PASS
    named = [*map(_changed, lost or [*lower, *unknown])]
    words = wording(
        f"gate.measures.{decision}",
        run=comparison.old.name,
        measures=joined(named),
        alpha=f"{comparison.tests.alpha:g}",
    )
    return decision, words, named


def _changed(one: MeasureChange) -> str:
    which = {"section": known(one.title), "measure": known(one.measure)}
    if one.difference is None:
        return wording("gate.measure.undefined", **which)
    return wording("gate.measure.changed", difference=f"{one.difference:+.3f}", **which)


class Row(Strict):
    """One run. `rank` and what goes with it are null for runs without a verdict."""

    run: str
    title: str
    """The name for people, without saying that replies were scripted: `scripted` does."""
    model: str
    scripted: bool
    group: str = Field(default="", exclude_if=empty)
    """The group that a runs file puts it in, such as "medical"."""
    images: ImageMode
    """What the model got to see of the figures."""
    epochs: int
    verdict: Verdict
    criteria: str
    """By which official criteria it passed, where not by all: `published` (without prohibited
    choices) or `evaluable`."""
    asked: int
    of: int
    total: MeanTally
    text_only: MeanTally
    """Questions without figures."""
    deviation: float | None = None
    """Of the points over epochs; null where each question was asked once."""
    passed: int | None = None
    """How many of several epochs pass by themselves."""
    cost: CostTotal
    latency: Latency | None = Field(default=None, exclude_if=absent)
    """How long its replies took; left out where none was timed."""
    errors: int
    rank: int | None = None
    """1 for the most points; equal points, equal rank."""
    ranks: tuple[int, int] | None = None
    """The first and the last rank that noise leaves open."""
    interval: tuple[int, int] | None = None
    """Points to expect on questions like these, 95 %."""
    p_above: float | None = None
    """Two-sided p-value of the difference in points to the row above; null for the first."""
    text_only_rank: int | None = None
    """The rank by questions without figures alone."""
    value: float | None = Field(default=None, exclude_if=absent)
    """Of a bench: the measure that the table is about; left out for an exam, and undefined."""
    value_interval: tuple[float, float] | None = Field(default=None, exclude_if=absent)
    """Its 95 % interval."""
    letters: dict[str, Letter] = Field(default={}, exclude_if=empty)
    """The letters of its wrong answers against those of all rows to the same questions; left out
    where nothing is known of the questions, or nothing can be said."""
    source: Annotated[int, Field(exclude=True)]
    """Which of the results given this is."""

    @property
    def noise(self) -> bool:
        """Whether the difference to the row above is within noise."""
        return self.p_above is not None and self.p_above > ALPHA


class Table(Strict):
    """Runs of the same questions, key, reading and prompt: figures of the same thing."""

    exam: ExamInfo
    facts: dict[str, str]
    """What all rows share: `exam`, `pack`, `key`, `numeric`, `extraction`, `prompt`, `images`."""
    measure: str = Field(default="", exclude_if=empty)
    """Of a bench: what its rows are ranked by, in the section that `facts` name."""
    serial_known: bool
    """False where neither the files nor an exam at hand say it, or its data set does not: every
    question is then taken as a case of its own."""
    rows: list[Row]
    """With a verdict; the most points first, then by the run's name."""
    text_only: list[Row] = Field(default=[])
    """`rows` in the order of questions without figures: rank, ranks, interval, p_above and total
    are those of these questions. Empty where the exam has none, or no others, and for one row."""
    unranked: list[Row]
    """Partial and incomplete runs, by name."""

    @property
    def every(self) -> tuple[Row, ...]:
        """All runs, those with a verdict first."""
        return (*self.rows, *self.unranked)


class Leaderboard(Strict):
    """All results given, in as many tables as there are unlike things among them."""

    schema_version: Literal[2] = Field(default=2, alias="schema")
    level: float = LEVEL
    tables: list[Table]
