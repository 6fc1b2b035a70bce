"""What a comparison says, as JSON would have it. Points are exam points."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from pydantic import Field

from jmle_plugin.mark.grading import Outcome
from jmle_plugin.results.doubt import VerdictDoubt
from jmle_plugin.strict import Strict


class Side(Strict):
    """One run, on the questions that both answered."""

    name: str
    title: str
    model: str
    scripted: bool
    epochs: int
    points: int
    correct: int
    doubt: VerdictDoubt | None
    """How sure the run's own verdict is; null where it has none."""


class Answers(Strict):
    """What one run answered to one question."""

    answer: list[str]
    outcome: Outcome


class Change(Strict):
    """A question that one of the two got right and the other did not."""

    question: str
    max: int
    old: Answers
    new: Answers
    accepted: list[list[str]]


class Part(Strict):
    """A section, block or kind. `p_holm` is given where parts were corrected together."""

    name: str
    title: str
    questions: int
    max: int
    old_points: int
    new_points: int
    old_correct: int
    new_correct: int
    gained: int
    lost: int
    p_mcnemar: float
    p_holm: float | None = None


class Tests(Strict):
    """Exact p-values.

    `mcnemar` is two-sided, on questions; `loss` and `gain` are one-sided sign-flip tests
    on the points of groups.
    """

    alpha: float
    mcnemar: float
    loss: float
    gain: float

    @property
    def either(self) -> float:
        """Two-sided p-value of the difference in points."""
        return min(1.0, 2 * min(self.loss, self.gain))

    @property
    def lost(self) -> bool:
        """Whether the loss is significant."""
        return self.loss <= self.alpha

    @property
    def gained(self) -> bool:
        """Whether the gain is: nobody planned to look for it, so it has to pass both ways."""
        return not self.lost and self.either <= self.alpha


class DetectableLoss(Strict):
    """The smallest net loss found with 80 % power at this share of discordant questions.

    `points` is what such a loss costs at the exam's mean points a question; both are null
    where no loss would be found.
    """

    discordant: float
    questions: int | None
    points: float | None


@dataclass(frozen=True, slots=True)
class Interval:
    """A percentile interval of the difference in points, new minus old."""

    low: int
    high: int
    level: float
    draws: int
    seed: int


class Reach(StrEnum):
    """Whether more epochs can show a loss."""

    REACHED = "reached"
    NOT_REACHABLE = "not reachable"
    """The questions differ too much among themselves: however often they are asked."""
    UNKNOWN = "cannot be estimated"
    """Neither run asked a question twice."""


@dataclass(frozen=True, slots=True)
class Epochs:
    """How often each run would have to ask, for a loss in points; `count` where reached."""

    loss: float
    reach: Reach
    count: int | None = None


class Margin(Strict):
    """Whether a loss of `points` can be excluded.

    `lower_bound` is one-sided, of the difference in points; `least` is the smallest loss
    that the same answers to everything would exclude; `chance_if_equal` is the chance to
    pass for two runs that are truly equal and differ as often as these.
    """

    points: float
    lower_bound: float
    p_value: float
    least: float
    chance_if_equal: float

    @property
    def excluded(self) -> bool:
        """Whether the bound lies above the loss: what is printed is what decides."""
        return self.lower_bound > -self.points


class NewlyWrong(Strict):
    """Questions right in all of the baseline's epochs (at least `epochs` each), now wrong."""

    epochs: int
    questions: list[str]


class Comparison(Strict):
    """Two runs against each other; a difference is new minus old."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    old: Side
    new: Side
    same_answers: bool
    serial_known: bool
    """False where nothing is known of serial groups: every question is then a group."""
    serial_problem: str = ""
    """Why nothing is known of them, and what would mend it."""
    allowed: dict[str, str]
    """Mismatches that were let pass: name -> what differs."""
    one_sided: int
    """Questions that only one of the two answered; they count for neither."""
    questions: int
    max: int
    groups: int
    difference: int
    gained: list[Change]
    lost: list[Change]
    tests: Tests
    interval: Interval
    detectable: DetectableLoss
    detectable_at_best: DetectableLoss
    """The same if no question changed but those lost."""
    margin: Margin | None
    epochs: Epochs | None
    """Epochs that would show a loss of the margin."""
    newly_wrong: NewlyWrong
    sections: list[Part]
    blocks: list[Part]
    kinds: list[Part]
