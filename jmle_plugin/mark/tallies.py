"""What of a sheet is counted and summed: tallies, strata, and what replies took.

Sums are the same in whatever order marks are given.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from pydantic import Field

from jmle_plugin.exam.model import Exam, Question
from jmle_plugin.gateway.reply import ImageBytes, Usage
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark
from jmle_plugin.strict import Strict

UNKNOWN = "unknown"
"""The stratum of questions whose subject the data set does not say."""
HUMAN_BINS = {"under_50": 0.5, "50_to_80": math.nextafter(0.8, 1), "over_80": math.inf}
"""Name of a share of human candidates who were right -> the share it stays below."""
_Z = 1.959963984540054
"""The normal quantile of a two-sided 95 % interval."""
_DIGITS = 4


class Tally(Strict):
    """Points and questions of some part of the exam."""

    points: int = 0
    max: int = 0
    correct: int = 0
    questions: int = 0


class Stratum(Tally):
    """Questions that have something in common, and the share of them answered correctly.

    `share` is 0 to 1 of the `counted` questions, `low` and `high` are the ends of its 95 % score
    interval; all three are null where no question counts.
    """

    counted: int
    """Those that are not excluded for this candidate."""
    share: float | None
    low: float | None
    high: float | None
    text_only: Tally
    """Those printed without figures."""


class Strata(Strict):
    """The sheet by what questions have in common; empty where nothing is known, or all alike."""

    sections: dict[str, Stratum] = Field(default={})
    """By title, on an exam without a verdict: elsewhere the criteria say it."""
    subjects: dict[str, Stratum] = Field(default={})
    """Subjects, categories or clinical areas, in the data set's words."""
    image_dependency: dict[str, Stratum] = Field(default={})
    """How far questions can be answered without their figures, in the data set's words."""
    visual_types: dict[str, Stratum] = Field(default={})
    """A question with several types is in the stratum of each."""

    @property
    def empty(self) -> bool:
        """Whether there is no stratum at all."""
        return not any(getattr(self, name) for name in type(self).model_fields)


class MeanTally(Strict):
    """The same, points and correct answers being means over epochs: whole where they are."""

    points: int | float
    max: int
    correct: int | float
    questions: int


class ImageTally(Strict):
    """Questions with and without figures.

    `missing` are those that were printed with figures which the data set does not have, in
    neither of the others; null where it has all.
    """

    shown: Tally = Field(alias="with")
    without: Tally
    missing: Tally | None = None


class Formatting(Strict):
    """What the form of the answers cost, or would have cost with a stricter reader."""

    tolerant: Tally
    """Correct answers that only a tolerant reader accepts."""
    unreadable: Tally
    """Replies in which no answer could be read, marked wrong: `max` is what they were worth."""
    miscounted: Tally = Tally()
    """Replies whose answer could be read and has the wrong number of choices, marked wrong."""


class TokenTotals(Usage):
    """Sums over the replies that carry counts; `replies` says how many those are."""

    replies: int = 0


class CostTotal(Strict):
    """What the replies cost, over those whose cost is known.

    `usd` (US dollars, to a millionth) is null where no reply has a cost: unknown is not free.
    """

    usd: float | None = None
    replies: int = 0
    """Replies whose cost is known."""
    unknown: int = 0
    """Replies whose cost is not."""


class Spread(Strict):
    """The middle of some figures, and what 95 of 100 of them do not exceed (nearest rank)."""

    median: float
    p95: float


class Latency(Strict):
    """How long replies took, over those whose time was measured.

    `seconds` and `tokens_per_second` are those of single replies (`Mark`); the latter is null
    where no reply has a count.
    """

    replies: int
    seconds: Spread
    tokens_per_second: Spread | None


def tally(questions: Iterable[Question], marks: Mapping[str, Mark]) -> Tally:
    """Points and right answers of `questions`, each of which has a mark."""
    points = maximum = correct = count = 0
    for question in questions:
        mark = marks[question.id]
        count += 1
        points += mark.points
        maximum += mark.max
        correct += mark.outcome is Outcome.CORRECT
    return Tally(points=points, max=maximum, correct=correct, questions=count)


def strata(exam: Exam, questions: Sequence[Question], marks: Mapping[str, Mark]) -> Strata:
    """The strata of `questions`; a grouping with but one stratum says no more than the total."""
    titles = exam.section_titles
    subjects = any(one.subject for one in questions)

    def group(names_of: Callable[[Question], Iterable[str]]) -> dict[str, Stratum]:
        found: dict[str, list[Question]] = {}
        for one in questions:
            for name in dict.fromkeys(names_of(one)):
                found.setdefault(name, []).append(one)
        if [len(some) for some in found.values()] == [len(questions)]:
            return {}
        return {name: _stratum(some, marks) for name, some in found.items()}

    return Strata(
        sections=group(lambda one: [titles[one.section]])
        if exam.no_verdict and not exam.bench
        else {},
        subjects=group(lambda one: [one.subject or UNKNOWN]) if subjects else {},
        image_dependency=group(lambda one: filter(None, [one.image_dependency])),
        visual_types=group(lambda one: one.visual_types),
    )


def _stratum(questions: Sequence[Question], marks: Mapping[str, Mark]) -> Stratum:
    counted = [one for one in questions if marks[one.id].max]
    right = sum(marks[one.id].outcome is Outcome.CORRECT for one in counted)
    text_only = [one for one in questions if not one.has_figures]
    low, high = score_interval(right, len(counted)) if counted else (None, None)
    return Stratum(
        **tally(questions, marks).model_dump(),
        counted=len(counted),
        share=round(right / len(counted), _DIGITS) if counted else None,
        low=low,
        high=high,
        text_only=tally(text_only, marks),
    )


def score_interval(right: int, of: int) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson, 1927), `of` being above 0."""
    share, weight = right / of, _Z * _Z / of
    middle = (share + weight / 2) / (1 + weight)
    half = math.sqrt(share * (1 - share) * weight + weight * weight / 4) / (1 + weight)
    # At either end rounding errors would leave the end itself out.
    low = 0.0 if right == 0 else max(0.0, middle - half)
    high = 1.0 if right == of else min(1.0, middle + half)
    return round(low, _DIGITS), round(high, _DIGITS)


def total_tokens(marks: Iterable[Mark]) -> TokenTotals:
    """Token counts; a kind that no reply counts stays unknown."""
    counted = [mark.tokens for mark in marks if mark.tokens is not None]
    sums: dict[str, int | None] = {}
    for name in Usage.model_fields:
        given = [value for value in (getattr(one, name) for one in counted) if value is not None]
        sums[name] = sum(given) if given else None
    return TokenTotals(**sums, replies=len(counted))


def total_cost(marks: Iterable[Mark]) -> CostTotal:
    """US dollars to a millionth, and how many replies they are for."""
    replies = [mark.cost for mark in marks if mark.outcome is not Outcome.ERROR]
    known = [cost for cost in replies if cost is not None]
    return CostTotal(
        # fsum rounds once, at its end: the same sum in whatever order marks arrive.
        usd=round(math.fsum(known), 6) if known else None,
        replies=len(known),
        unknown=len(replies) - len(known),
    )


def total_latency(marks: Iterable[Mark]) -> Latency | None:
    """Medians and 95th percentiles; None where no reply was timed."""
    timed = [mark for mark in marks if mark.seconds is not None]
    seconds = _spread([one.seconds for one in timed], 3)
    if seconds is None:
        return None
    speeds = _spread([one.tokens_per_second for one in timed], 1)
    return Latency(replies=len(timed), seconds=seconds, tokens_per_second=speeds)


def _spread(figures: Iterable[float | None], digits: int) -> Spread | None:
    known = sorted(one for one in figures if one is not None)
    if not known:
        return None
    rank = -(-95 * len(known) // 100)
    return Spread(median=round(statistics.median(known), digits), p95=known[rank - 1])


def total_figures(marks: Iterable[Mark]) -> ImageBytes | None:
    """Figures and bytes; None where no reply tells of any."""
    sizes = [mark.images for mark in marks if mark.images is not None]
    if not sizes:
        return None
    return ImageBytes(
        **{name: sum(getattr(one, name) for one in sizes) for name in ImageBytes.model_fields}
    )


def finish_reasons(marks: Sequence[Mark]) -> dict[str, int]:
    """How often each reason for a reply's end was given."""
    return dict(sorted(Counter(mark.finish_reason for mark in marks if mark.finish_reason).items()))


def native_finish_reasons(marks: Sequence[Mark]) -> dict[str, int]:
    """The same in the provider's own words; empty where those are OpenAI's."""
    if not any(mark.native_finish_reason for mark in marks):
        return {}
    words = (mark.native_finish_reason or mark.finish_reason for mark in marks)
    return dict(sorted(Counter(filter(None, words)).items()))


def by_human_accuracy(
    questions: Iterable[Question], marks: Mapping[str, Mark]
) -> dict[str, Tally] | None:
    """The tally of each bin of `HUMAN_BINS`; None where no share is known."""
    bins: dict[str, list[Question]] = {name: [] for name in (*HUMAN_BINS, UNKNOWN)}
    for question in questions:
        bins[_bin(question.human_accuracy)].append(question)
    if not any(bins[name] for name in HUMAN_BINS):
        return None
    return {name: tally(some, marks) for name, some in bins.items() if some or name in HUMAN_BINS}


def _bin(share: float | None) -> str:
    if share is None:
        return UNKNOWN
    return next(name for name, below in HUMAN_BINS.items() if share < below)
