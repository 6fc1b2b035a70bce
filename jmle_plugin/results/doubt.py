"""How sure a verdict, a difference or the worth of figures is, as data.

An image audit is of one exam sat with its figures and without: its effects are in percentage
points of questions answered correctly, with figures minus without.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from pydantic import Field

from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.strict import Strict, absent

Mean = int | float
"""A mean over epochs: whole where it is, so that a run of one epoch has whole figures."""
ALPHA = 0.05
"""The level of significance, unless another is asked for."""
_SUREST, _RAREST = 0.99, 0.01

LEVEL = 0.95
"""Of every interval."""


class PassChance(Strict):
    """The share of draws that passed. Beyond 1 in 100 no such share is known to be true."""

    passed: int
    draws: int
    seed: int

    def __str__(self) -> str:
        share = self.passed / self.draws
        if share > _SUREST:
            return f"> {_SUREST:.2f}"
        if share < _RAREST:
            return f"< {_RAREST:.2f}"
        return f"{share:.2f}"


class VerdictDoubt(Strict):
    """How sure a verdict is.

    `another_exam` draws another paper of the same difficulty and pass mark, `this_exam_again`
    one reply to each question out of its epochs; None where the questions' places are not
    known, or no question has several epochs.
    """

    verdict: Verdict
    another_exam: PassChance | None
    this_exam_again: PassChance | None
    missed: tuple[str, ...] = ()
    """3-point questions that were missed, each of which alone would turn a fail into a pass."""
    lucky: tuple[str, ...] = ()
    """3-point questions that were right, each of which alone would turn a pass into a fail;
    with several epochs, only those that were wrong in one of them."""
    serial_known: bool = Field(default=True, exclude_if=lambda value: value)
    """False where the data set does not say which questions share a case; else left out."""


class DetectableLoss(Strict):
    """The smallest expected loss that the test of points finds with 80 % power.

    `discordant` is the share of questions that differ besides. `points` is null where no loss
    would be found. Files of schema 1 have it for McNemar's test, and `questions` with it.
    """

    discordant: float
    questions: int | None = Field(default=None, exclude_if=absent)
    points: float | None


@dataclass(frozen=True, slots=True)
class Interval:
    """A percentile interval of the difference in points, new minus old."""

    low: Mean
    high: Mean
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
    """How often each run would have to ask, for a loss in points; `count` where reached.

    `power` is the chance to find the loss by so many; files of schema 1 do not have it.
    """

    loss: float
    reach: Reach
    count: int | None = None
    power: float | None = None


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


class Letter(Strict):
    """How often wrong answers to single-choice questions pick a letter, and how often by chance.

    `p_value` is two-sided and exact, `p_holm` corrected for all letters.
    """

    picked: int
    expected: float
    p_value: float
    p_holm: float


class Estimate(Strict):
    """A figure and the ends of its interval."""

    value: float
    low: float
    high: float


class ConfidenceBin(Strict):
    """Answers with a confidence above `low` and up to `high`; `confidence` is their mean."""

    low: float
    high: float
    answers: int
    correct: int
    confidence: float


class Confidence(Strict):
    """Recorded confidence against what was right, over answers that count.

    `auroc` is the chance that a right answer has more of it than a wrong one, null where all
    are right or none is; `ece` the mean distance of confidence and accuracy over ten bins.
    Intervals are percentiles of `draws` bootstrap draws of the `cases`.
    """

    answers: int
    correct: int
    cases: int
    level: float
    draws: int
    seed: int
    auroc: Estimate | None
    ece: Estimate | None
    bins: list[ConfidenceBin]

    @property
    def accuracy(self) -> float:
        """The share that is right."""
        return self.correct / self.answers


def is_leaning(letter: Letter) -> bool:
    """Whether a letter is picked significantly more, or less, often than by chance."""
    return letter.p_holm <= ALPHA


class Half(Strict):
    """One of the two sittings, as a whole exam: points and verdict are those of its own sheet."""

    name: str
    verdict: Verdict
    points: int
    max: int
    correct: int
    """Of all questions, those without figures included."""
    questions: int


class AuditPart(Strict):
    """The paired table of some image questions, by id.

    The first word of a state is the answer with figures, the second the one without.
    `low` and `high` are the ends of the interval of `net`; `p_holm` is given for parts.
    """

    name: str
    title: str
    questions: int
    right_right: list[str]
    right_wrong: list[str]
    """Image-dependent: right with figures, wrong without."""
    wrong_right: list[str]
    wrong_wrong: list[str]
    net: float
    low: float
    high: float
    p_mcnemar: float
    """Two-sided and exact."""
    p_holm: float | None = None

    @property
    def states(self) -> dict[str, list[str]]:
        """State in words -> its questions, p11, p10, p01, p00."""
        return {
            "right with figures, right without": self.right_right,
            "right with figures, wrong without": self.right_wrong,
            "wrong with figures, right without": self.wrong_right,
            "wrong with figures, wrong without": self.wrong_wrong,
        }

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """How many questions are in each state, in the same order."""
        found = [len(ids) for ids in self.states.values()]
        return found[0], found[1], found[2], found[3]


INDICES = ("p11", "p10", "p01", "p00")
"""What the states are called in JMed48k, if its first index stands for the answer with figures."""


class Audit(Strict):
    """What the figures are worth to one model in one exam.

    A question with several visual types is in the part of each. Groupings are empty where
    they would say no more than the total: nothing is known, or there is but one part.
    """

    schema_version: Literal[1] = Field(default=1, alias="schema")
    exam: str
    profession: str
    title: str
    """The model's name for people."""
    epochs: int
    """Askings of each question in either half; its majority answer counts."""
    vision: Half
    blind: Half
    shared: bool
    """Whether text-only questions were asked once, for both halves."""
    withdrawn: list[str]
    """Image questions that count for no examinee, or for all: left out."""
    total: AuditPart
    detectable: int | None
    """The smallest net number of questions found with 80 % power if none changes the other
    way; null where not even all would be."""
    text_only: AuditPart | None
    """The same table of questions without figures, where they were asked twice: what differs
    there is chance."""
    sections: list[AuditPart]
    blocks: list[AuditPart]
    visual_types: list[AuditPart]
    subjects: list[AuditPart]
    image_dependency: list[AuditPart] = Field(default=[])
    """By how far a question can be answered without its figures, as the data set says it."""
    serial_known: bool = Field(default=True, exclude_if=lambda value: value)
    """False where the data set does not say which questions share a case; else left out."""

    @property
    def groupings(self) -> dict[str, list[AuditPart]]:
        """Title of each grouping -> its parts."""
        return {
            "Section": self.sections,
            "Block": self.blocks,
            "Image dependency": self.image_dependency,
            "Visual type": self.visual_types,
            "Subject": self.subjects,
        }
