"""What a comparison says, of two runs of an exam or of a bench, as JSON would have it.

Points are exam points, and means over the epochs of a run that was asked several times.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from jmle_plugin.mark.grading import Outcome
from jmle_plugin.results.doubt import DetectableLoss, Epochs, Interval, Margin, Mean, VerdictDoubt
from jmle_plugin.results.language import points_text, wording
from jmle_plugin.strict import Strict, empty

_MOST_DIGITS = 6


class MeasureChange(Strict):
    """A measure of a section of a bench, on the questions that both runs answered.

    `low` and `high` are the ends of the 95 % interval of the difference, new minus old; `p_loss`
    is one-sided, `p_value` two-sided, by the measure's own paired test; `p_holm` is the latter
    corrected for the measures it was tested with. Null where the measure is undefined.
    """

    section: str
    title: str
    measure: str
    questions: int
    old: float | None
    new: float | None
    low: float | None
    high: float | None
    test: str
    p_loss: float | None
    p_value: float | None
    p_holm: float | None = None
    decides: bool = False
    """Whether it is one of those that say if the runs differ: all sections together where they
    have one mean, else the first measure of each."""

    @property
    def difference(self) -> float | None:
        """New minus old; None where either is undefined."""
        return None if self.old is None or self.new is None else self.new - self.old


class Side(Strict):
    """One run, on the questions that both answered.

    `deviation` is that of its epochs' points (divided by their number less one), `majority` the
    points of its majority answers; both are null where each question was asked once.
    """

    name: str
    title: str
    model: str
    scripted: bool
    epochs: int
    points: Mean
    correct: Mean
    deviation: float | None = None
    majority: int | None = None
    doubt: VerdictDoubt | None
    """How sure the run's own verdict is; null where it has none."""


class Answers(Strict):
    """What one run answered to one question: the majority answer, and how many replies were right.

    Files of schema 1 do not have the latter.
    """

    answer: list[str]
    outcome: Outcome
    right: int | None = None
    replies: int | None = None


class Change(Strict):
    """A question that one of the two got right more often than the other."""

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
    old_points: Mean
    new_points: Mean
    old_correct: Mean
    new_correct: Mean
    gained: int
    lost: int
    p_mcnemar: float
    p_holm: float | None = None


class Tests(Strict):
    """Exact p-values.

    `mcnemar` is two-sided, on questions; `loss` and `gain` are one-sided, on the points of
    groups. Where each question was asked once these are McNemar's and the sign-flip test;
    else the larger p-value of the sign-flip test on means and of a permutation of replies
    between the runs, which for a loss are `means` and `replies`.
    """

    alpha: float
    mcnemar: float
    loss: float
    gain: float
    means: float | None = None
    replies: float | None = None

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
        """Whether the gain is: the search for it was not planned, so it has to pass both ways."""
        return not self.lost and self.either <= self.alpha


class NewlyWrong(Strict):
    """Questions right in all `epochs` of the baseline and wrong in a new reply.

    Of `unsteady` questions with exactly one wrong among the baseline's replies and the new
    one, the `questions` are those that are wrong in the new one; were all replies of one run,
    that would be one of `epochs` + 1. `p_value` is of so many or more, one-sided; of several
    new epochs (`new_epochs`) the least one counts, times their number. Null in files of schema 1.
    """

    epochs: int
    questions: list[str]
    new_epochs: int = 1
    unsteady: int | None = None
    p_value: float | None = None


class ImageAnswers(Strict):
    """Image questions, where both runs were shown the figures: right answers, mean over epochs.

    `p_loss` is one-sided, of fewer right answers, by the same tests as points.
    """

    questions: int
    old_correct: Mean
    new_correct: Mean
    gained: list[str]
    lost: list[str]
    p_loss: float


class Decision(StrEnum):
    """What a gate decides."""

    PASS = "pass"  # noqa: S105 - a decision, no secret
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    """Neither is shown by these questions and replies."""
    INCOMPLETE = "incomplete"
    """Questions were not asked, or have no reply."""


class Ruling(Strict):
    """What a gate on a baseline decided, and the sentence that says why.

    `figures` are what decided.
    """

    gate: str
    decision: Decision
    passed: bool
    """Whether the exit status may be 0: an inconclusive gate says whether it may."""
    sentence: str
    figures: dict[str, int | float | list[str] | None]


class Comparison(Strict):
    """Two runs against each other; a difference is new minus old.

    Schema 2 compares means over epochs where schema 1 compared majority answers.
    """

    schema_version: Literal[1, 2] = Field(default=2, alias="schema")
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
    difference: Mean
    gained: list[Change]
    lost: list[Change]
    tests: Tests
    interval: Interval | None
    """Null where fewer than six questions differ."""
    detectable: DetectableLoss
    detectable_at_best: DetectableLoss
    """The same if no question changed but those lost."""
    margin: Margin | None
    epochs: Epochs | None
    """Epochs that would show a loss of the margin."""
    newly_wrong: NewlyWrong
    images: ImageAnswers | None = None
    """Null where the exam is not at hand or has no figures, or a run was not shown them."""
    ruling: Ruling | None = None
    """Null where no gate was asked for."""
    sections: list[Part]
    blocks: list[Part]
    kinds: list[Part]
    measures: list[MeasureChange] = Field(default=[], exclude_if=empty)
    """Of two runs of a bench; left out for an exam."""

    @property
    def measures_lost(self) -> list[MeasureChange]:
        """Measures that are significantly lower, all of them taken into account."""
        return [one for one in self._measures_changed() if (one.difference or 0) < 0]

    @property
    def measures_gained(self) -> list[MeasureChange]:
        """Measures that are significantly higher, all of them taken into account."""
        return [one for one in self._measures_changed() if (one.difference or 0) > 0]

    def _measures_changed(self) -> list[MeasureChange]:
        alpha = self.tests.alpha
        return [
            one
            for one in self.measures
            if one.decides and one.p_holm is not None and one.p_holm <= alpha
        ]

    @property
    def asked_often(self) -> list[Side]:
        """The sides that were asked more than once."""
        return [side for side in (self.old, self.new) if side.epochs > 1]


def bound_text(margin: Margin) -> str:
    """The lower bound, `-2.9`: as many digits as show on which side of the margin it lies."""
    digits = 1
    while (
        digits < _MOST_DIGITS
        and (round(margin.lower_bound, digits) > -margin.points) is not margin.excluded
    ):
        digits += 1
    return f"{margin.lower_bound:+.{digits}f}"


def loss_sentence(comparison: Comparison) -> str:
    """How small a loss could have been seen."""
    seen, best = comparison.detectable, comparison.detectable_at_best
    if not seen.discordant:
        return wording("figure.smallest_loss", best=_loss(best))
    return wording(
        "figure.smallest_loss_spread",
        spread=_loss(seen),
        discordant=f"{seen.discordant:.1%}",
        best=_loss(best),
    )


def _loss(loss: DetectableLoss) -> str:
    return wording("figure.none") if loss.points is None else points_text(round(loss.points, 1))
