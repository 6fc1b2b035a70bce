"""Questions asked several times: the majority answer, and how far the epochs differ.

The majority answer is the one given most often over the epochs; of several given equally
often, the one given first. Answers are compared as they are graded: labels as sets (a mark
holds them sorted), sequences in their order, numbers as numbers (0.4 is 0.40, unless the key
state tells the two apart), and whatever is no answer counts as one answer, that of not
answering. A question without a reply in one epoch has no majority answer: it is an error.
The mark of the majority answer also says whether the question counts: one excluded for those
who got it wrong is out of the scoring where the majority answer is wrong.

The majority of several replies is another, better candidate than any of them: the verdict is
that of most epochs, and runs are compared by the means of their replies.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from jmle_plugin.exam.model import Exam
from jmle_plugin.mark.bench import measured
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark, mark_error
from jmle_plugin.mark.numeric import as_number
from jmle_plugin.mark.scoring import build_sheet
from jmle_plugin.mark.sheet import (
    EpochScore,
    EpochsTally,
    MeanTally,
    SectionEpochs,
    SectionTally,
    Sheet,
    Tally,
    Verdict,
)

Asking = tuple[str, int]
"""A question and the epoch it is asked in."""


def majority(marks: Sequence[Mark]) -> Mark:
    """The mark of the first epoch that gave the majority answer; the first error if any.

    `marks` are all of one question, at least one, in any order.
    """
    if len(marks) == 1:
        return marks[0]
    ordered = sorted(marks, key=lambda mark: mark.epoch)
    for mark in ordered:
        if mark.outcome is Outcome.ERROR:
            return mark
    votes = Counter(_answer(mark) for mark in ordered)
    # max keeps the first of equals, which is the answer that was given first.
    return max(ordered, key=lambda mark: votes[_answer(mark)])


def score_epochs(
    exam: Exam, marks: Mapping[Asking, Mark], asked: Collection[Asking], epochs: int = 1
) -> Sheet:
    """Make the sheet of what was `asked`; what has no mark counts as an error.

    The sitting is partial unless every question was asked in each of the `epochs`.
    """
    rounds = {
        epoch: {name: _mark(exam, marks, name, epoch) for name, at in asked if at == epoch}
        for epoch in range(1, epochs + 1)
    }
    given = {
        name: [answers[name] for answers in rounds.values() if name in answers]
        for name in exam.questions
    }
    given = {name: answers for name, answers in given.items() if answers}
    sheet = build_sheet(
        exam,
        {name: majority(answers) for name, answers in given.items()},
        given,
        whole={name for name, answers in given.items() if len(answers) == epochs},
        replies=[mark for answers in given.values() for mark in answers],
    )
    if exam.bench:
        sheet = sheet.model_copy(update={"measures": measured(exam, list(rounds.values()))})
    if epochs == 1:
        return sheet
    sheets = [build_sheet(exam, marks, marks) for marks in rounds.values()]
    tally = _tally(sheets, rounds, given, sheet.verdict)
    readable = [one.verdict_if_readable is Verdict.PASS for one in sheets]
    return sheet.model_copy(
        update={
            "verdict": epochs_verdict(sheet.verdict, tally.scores),
            "epochs": tally,
            "verdict_if_readable": sheet.verdict_if_readable and _of_most(readable),
        }
    )


def epochs_verdict(of_majority: Verdict, scores: Sequence[EpochScore]) -> Verdict:
    """The verdict on several epochs: a pass where more than half of them pass."""
    if not of_majority.decided:
        return of_majority
    return _of_most([score.passed is True for score in scores])


def _of_most(passed: Sequence[bool]) -> Verdict:
    return Verdict.PASS if 2 * sum(passed) > len(passed) else Verdict.FAIL


def _mark(exam: Exam, marks: Mapping[Asking, Mark], name: str, epoch: int) -> Mark:
    made = marks.get((name, epoch))
    return made or mark_error(exam.questions[name], exam.key, "no mark", epoch=epoch)


def _answer(mark: Mark) -> Hashable:
    if mark.outcome in (Outcome.NO_ANSWER, Outcome.ERROR):
        return mark.outcome
    # The outcome tells apart what a key state that compares numbers as text tells apart.
    return mark.outcome, tuple(map(_comparable, mark.answer))


def _comparable(part: str) -> Hashable:
    number = as_number(part)
    return part if number is None else number


def _tally(
    sheets: Sequence[Sheet],
    rounds: Mapping[int, Mapping[str, Mark]],
    given: Mapping[str, Sequence[Mark]],
    of_majority: Verdict,
) -> EpochsTally:
    scores = [_score(epoch, sheet) for epoch, sheet in zip(rounds, sheets, strict=True)]
    points = [score.points for score in scores]
    alike = len({frozenset(marks) for marks in rounds.values()}) == 1
    comparable = alike and not any(score.errors for score in scores)
    replies = {
        name: [mark for mark in marks if mark.outcome is not Outcome.ERROR]
        for name, marks in given.items()
    }
    changing = [name for name, marks in replies.items() if len(set(map(_answer, marks))) > 1]
    return EpochsTally(
        count=len(rounds),
        scores=scores,
        mean=round(statistics.fmean(points), 6) if comparable else None,
        lowest=min(points) if comparable else None,
        highest=max(points) if comparable else None,
        deviation=round(statistics.stdev(points), 6) if comparable else None,
        changing=changing,
        right_and_wrong=sum(
            len({mark.outcome is Outcome.CORRECT for mark in replies[name]}) > 1
            for name in changing
        ),
        **_whole(sheets, given) if comparable and of_majority is not Verdict.PARTIAL else {},
        **_verdicts(sheets, of_majority) if of_majority.decided else {},
    )


def _whole(sheets: Sequence[Sheet], given: Mapping[str, Sequence[Mark]]) -> dict[str, Any]:
    """What can be said where every epoch is a whole sitting."""
    right = [[mark.outcome is Outcome.CORRECT for mark in marks] for marks in given.values()]
    return {
        "always_right": sum(map(all, right)),
        "always_wrong": sum(not any(one) for one in right),
        "total": _mean_tally([sheet.total for sheet in sheets]),
        "text_only": _mean_tally([sheet.images.without for sheet in sheets]),
    }


def _verdicts(sheets: Sequence[Sheet], of_majority: Verdict) -> dict[str, Any]:
    """What else there is where every epoch has a verdict of its own."""
    return {
        "passed": sum(sheet.verdict is Verdict.PASS for sheet in sheets),
        "sections": {
            name: _section([sheet.sections[name] for sheet in sheets])
            for name in sheets[0].sections
        },
        "majority": of_majority,
    }


def _mean_tally(tallies: Sequence[Tally]) -> MeanTally:
    points, correct = (
        statistics.mean([Fraction(one) for one in figures])
        for figures in ([one.points for one in tallies], [one.correct for one in tallies])
    )
    most = max(one.max for one in tallies)
    return MeanTally(
        points=tidy(points), max=most, correct=tidy(correct), questions=tallies[0].questions
    )


def tidy(value: Fraction) -> float:
    """A mean as JSON has it: whole numbers are whole, others have six digits."""
    return value.numerator if value.denominator == 1 else round(float(value), 6)


def _section(sections: Sequence[SectionTally]) -> SectionEpochs:
    points = [section.points for section in sections]
    return SectionEpochs(
        mean=round(statistics.fmean(points), 6),
        deviation=round(statistics.stdev(points), 6),
        met=sum(section.passed is True for section in sections),
    )


def _score(epoch: int, sheet: Sheet) -> EpochScore:
    return EpochScore(
        epoch=epoch,
        points=sheet.total.points,
        max=sheet.total.max,
        correct=sheet.total.correct,
        sections={name: section.points for name, section in sheet.sections.items()},
        errors=len(sheet.errors),
        passed=sheet.verdict is Verdict.PASS if sheet.verdict.decided else None,
        prohibited=sheet.prohibited.count,
    )
