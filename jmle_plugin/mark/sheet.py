"""The score sheet as data.

Points are exam points; `max` is what could be earned on the questions that count.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from jmle_plugin.gateway.reply import ImageBytes
from jmle_plugin.mark.bench import SectionMeasures
from jmle_plugin.mark.grading import Examinee
from jmle_plugin.mark.tallies import (
    CostTotal,
    Formatting,
    ImageTally,
    Latency,
    MeanTally,
    Strata,
    Stratum,
    Tally,
    TokenTotals,
)
from jmle_plugin.strict import Strict, absent, empty

__all__ = [
    "CostTotal",
    "EpochScore",
    "EpochsTally",
    "Formatting",
    "ImageTally",
    "Latency",
    "MeanTally",
    "ProhibitedTally",
    "SectionEpochs",
    "SectionTally",
    "Sheet",
    "Strata",
    "Stratum",
    "Tally",
    "TokenTotals",
    "Verdict",
    "which_criteria",
]


def which_criteria(sheet: Sheet) -> str:
    """By which of the official criteria a sitting passed, `published` or `evaluable`.

    Empty where it was by all of them, or did not pass.
    """
    if sheet.verdict is not Verdict.PASS or not sheet.qualified:
        return ""
    return "evaluable" if sheet.not_evaluated else "published"


class Verdict(StrEnum):
    """What can be said about a sitting."""

    PASS = "pass"  # noqa: S105 - a verdict, no secret
    FAIL = "fail"
    INCOMPLETE = "incomplete"
    """Some question was asked but has no reply: no verdict."""
    PARTIAL = "partial"
    """Only some questions were asked: no verdict."""
    NONE = "none"
    """All were asked and answered, but no verdict can be reached on this exam."""

    @property
    def decided(self) -> bool:
        """Whether it is a verdict at all."""
        return self in (Verdict.PASS, Verdict.FAIL)


class SectionTally(Tally):
    """A section against its threshold; margin and passed are null without a verdict.

    `stated_max` is the maximum the threshold is officially stated for. Where the
    candidate's own `max` differs, `ratio` decides.
    """

    title: str = ""
    threshold: int
    stated_max: int
    ratio: tuple[int, int] | None = None
    margin: int | None = None
    passed: bool | None = None


class ProhibitedTally(Strict):
    """Questions in which a prohibited choice was picked.

    count and passed are null where no list is published.
    """

    count: int | None = None
    limit: int | None = None
    passed: bool | None = None
    questions: list[str] = Field(default=[])


class EpochScore(Strict):
    """One epoch scored by itself, as if it were the whole sitting."""

    epoch: int
    points: int
    max: int
    correct: int
    sections: dict[str, int]
    """Points of each section with a criterion of its own."""
    errors: int
    """Questions asked in this epoch without a reply."""
    passed: bool | None
    """Null where replies are missing or questions were not asked."""
    prohibited: int | None = None
    """Questions in which a prohibited choice was picked; null where no list is published."""


class SectionEpochs(Strict):
    """A criterion over the epochs: points, and in how many epochs they were enough."""

    mean: float
    deviation: float
    met: int


class EpochsTally(Strict):
    """How much the score varies when the same questions are asked again.

    The four figures are points. They are null unless every epoch has a reply to the same
    questions: nothing else can be compared.
    """

    count: int
    scores: list[EpochScore]
    mean: float | None
    lowest: int | None
    highest: int | None
    deviation: float | None
    """The sample's standard deviation (divided by the count less one)."""
    changing: list[str]
    """Questions answered differently from one epoch to another."""
    right_and_wrong: int
    """How many of those are right in one epoch and wrong in another."""
    always_right: int | None = None
    """Questions that are right in every epoch; null, as are the following, where epochs cannot
    be compared or some were not whole, and in files of schema 1."""
    always_wrong: int | None = None
    passed: int | None = None
    """Epochs that pass by themselves."""
    sections: dict[str, SectionEpochs] | None = None
    total: MeanTally | None = None
    text_only: MeanTally | None = None
    """Questions without figures."""
    majority: Verdict | None = None
    """What the verdict on the majority answers would be."""

    @property
    def share(self) -> float | None:
        """The share of epochs that pass."""
        return None if self.passed is None else self.passed / self.count

    @property
    def most_prohibited(self) -> int | None:
        """Prohibited choices of the worst epoch; None where no list is published."""
        counts = [one.prohibited for one in self.scores if one.prohibited is not None]
        return max(counts, default=None)


class Sheet(Strict):
    """The official score sheet of one sitting.

    Where questions were asked several times, `verdict` is a pass where more than half of the
    epochs pass by themselves; everything else but `epochs` is of each question's majority answer.
    What replies cost (`tokens`, `cost`, `figures`, how they ended) is over all epochs.
    """

    verdict: Verdict
    asked: int
    """Questions selected in this session, in every epoch."""
    of: int
    """Questions of the exam that count, those included that its data set lacks."""
    lacking: list[str] = Field(default=[], exclude_if=empty)
    """Questions that count, which the data set lacks: without them there is no verdict."""
    credited: Tally | None = Field(default=None, exclude_if=absent)
    """Questions that the data set lacks and everybody is credited; they are in every tally."""
    no_verdict: str = Field(default="", exclude_if=empty)
    """Why no verdict can be reached on this exam; every question then counts one."""
    wrong: dict[str, int] = Field(default={}, exclude_if=empty)
    """What a wrong answer is worth in each block where it costs points; left out where none does.
    Sums may then be negative."""
    total: Tally
    sections: dict[str, SectionTally]
    measures: dict[str, SectionMeasures] = Field(default={}, exclude_if=empty)
    """Of a bench: section -> its measures; left out of an exam's sheet."""
    blocks: dict[str, Tally]
    kinds: dict[str, Tally]
    images: ImageTally
    strata: Strata = Field(default=Strata(), exclude_if=lambda value: value.empty)
    by_human_accuracy: dict[str, Tally] | None = None
    """By the share of human candidates who were right: `under_50`, `50_to_80`, `over_80` (percent)
    and, where there are such questions, `unknown`. Null where the data set does not have it."""
    examinee: Examinee | None = Field(default=None, exclude_if=absent)
    """Left out where the data set does not have it."""
    prohibited: ProhibitedTally
    not_evaluated: list[str] = Field(default=[], exclude_if=empty)
    """Official criteria that nothing here decides, and why; left out where there are none."""
    formatting: Formatting
    verdict_if_readable: Verdict | None = Field(default=None, exclude_if=absent)
    """What the verdict would be if every unreadable answer were right; left out without one."""
    tokens: TokenTotals
    cost: CostTotal = CostTotal()
    latency: Latency | None = None
    """How long replies took; null where no reply was timed."""
    figures: ImageBytes | None = None
    """The figures sent; null where none were, or nothing is known."""
    epochs: EpochsTally | None = None
    """Null where each question was asked once."""
    errors: list[str]
    """Questions asked without a reply, be it in one epoch."""
    refused: list[str] = Field(default=[], exclude_if=empty)
    """Questions that were refused, be it in one epoch; left out where none was."""
    missed_required: list[str]
    """Required questions worth more than one point whose points were lost."""
    finish_reasons: dict[str, int]
    native_finish_reasons: dict[str, int] = Field(default={}, exclude_if=empty)
    """The same in the provider's own words; left out where each is OpenAI's."""

    @property
    def part(self) -> bool:
        """Whether only some of the questions were asked that the data set has."""
        return self.asked < self.of - len(self.lacking)

    @property
    def unanswered(self) -> bool:
        """Whether all of them were asked, and there is no reply to some."""
        return bool(self.errors) and not self.part

    @property
    def bench(self) -> bool:
        """Whether there is no pass mark, but measures."""
        return bool(self.measures)

    @property
    def mean_points(self) -> float:
        """Points, of several epochs the mean where they can be compared."""
        if self.epochs is None or self.epochs.mean is None:
            return self.total.points
        return self.epochs.mean

    def means(self) -> tuple[MeanTally, MeanTally]:
        """The whole, and the questions without figures; means of several whole epochs."""
        epochs = self.epochs
        if epochs is not None and epochs.total is not None and epochs.text_only is not None:
            return epochs.total, epochs.text_only
        total, text_only = (MeanTally(**t.model_dump()) for t in (self.total, self.images.without))
        return total.model_copy(update={"points": self.mean_points}), text_only

    @property
    def qualified(self) -> bool:
        """Whether a verdict is one by some of the official criteria only."""
        unlisted = self.prohibited.limit is not None and self.prohibited.count is None
        return unlisted or bool(self.not_evaluated)
