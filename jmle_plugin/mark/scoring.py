"""From marks to the score sheet. Same marks, same sheet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from jmle_plugin.exam.keys import share_of
from jmle_plugin.exam.kinds import forms
from jmle_plugin.exam.model import Criterion, Exam, Question
from jmle_plugin.mark.extraction import How
from jmle_plugin.mark.grading import Outcome, examinee, score
from jmle_plugin.mark.marks import MISCOUNTED, Mark, mark_error
from jmle_plugin.mark.sheet import (
    Formatting,
    ImageTally,
    ProhibitedTally,
    SectionTally,
    Sheet,
    Tally,
    Verdict,
)
from jmle_plugin.mark.tallies import (
    by_human_accuracy,
    finish_reasons,
    native_finish_reasons,
    strata,
    tally,
    total_cost,
    total_figures,
    total_latency,
    total_tokens,
)


def build_sheet(
    exam: Exam,
    marks: Mapping[str, Mark],
    asked: Iterable[str],
    *,
    whole: Collection[str] | None = None,
    replies: Sequence[Mark] | None = None,
) -> Sheet:
    """Make the sheet of the questions `asked`; those without a mark count as errors.

    `marks` has the mark each question is scored by. Where there are several epochs
    (`score_epochs`), `whole` names the questions asked in all of them, and `replies` are
    the marks of all, errors included.
    """
    selected = set(asked)
    chosen = [question for question in exam.questions.values() if question.id in selected]
    errors = [
        question.id
        for question in chosen
        if question.id not in marks or marks[question.id].outcome is Outcome.ERROR
    ]
    # What has no mark counts like what has no reply: an excluded question is worth nothing.
    complete = {
        question.id: marks.get(question.id) or mark_error(question, exam.key, "no mark")
        for question in chosen
    }
    figureless = [question for question in chosen if question.figures_missing]
    fully = len(chosen if whole is None else whole)
    of = len(exam.questions) + len(exam.lacking)
    partial = fully < of
    # What everybody is credited needs no reply, once all that there is was asked.
    credited = exam.credited if fully == len(exam.questions) else ()
    complete |= {one.id: _credit(one) for one in credited}
    counted = [*chosen, *credited]
    taken = [marks[q.id] for q in chosen if q.id in marks] if replies is None else replies
    decided = not errors and not partial

    def of_part(part: Iterable[Question]) -> Tally:
        return tally(part, complete)

    def sections_of(marked: Mapping[str, Mark]) -> dict[str, SectionTally]:
        return {
            rule.name: _section(
                exam, rule, tally(filter(rule.counts, counted), marked), decided=decided
            )
            for rule in exam.key.criteria
        }

    sections = sections_of(complete)
    usual = [name for name, form in forms().items() if form.usual]
    prohibited = _prohibited(exam, chosen, marks, decided=decided)
    verdict, if_readable = (
        reached_verdict(one, prohibited, partial=partial, errors=errors, no_verdict=exam.no_verdict)
        for one in (sections, sections_of(complete | _as_right(exam, chosen, complete)))
    )
    return Sheet(
        verdict=verdict,
        asked=fully,
        of=of,
        lacking=list(exam.lacking),
        credited=of_part(credited) if credited else None,
        no_verdict=exam.no_verdict,
        wrong={one.block: one.wrong for one in exam.questions.values() if one.wrong},
        total=of_part(counted),
        sections=sections,
        blocks={
            block.id: of_part(q for q in counted if q.block == block.id) for block in exam.blocks
        },
        kinds={
            form: of_part(q for q in counted if q.form == form)
            for form in dict.fromkeys((*usual, *(q.form for q in exam.questions.values())))
        },
        images=ImageTally(
            shown=of_part(q for q in chosen if q.images),
            without=of_part(q for q in counted if not q.has_figures),
            missing=of_part(figureless) if figureless else None,
        ),
        strata=strata(exam, chosen, complete),
        by_human_accuracy=by_human_accuracy(chosen, complete),
        examinee=examinee(exam, chosen),
        prohibited=prohibited,
        not_evaluated=list(exam.key.not_evaluated),
        formatting=_formatting(chosen, marks),
        verdict_if_readable=if_readable if if_readable.decided else None,
        tokens=total_tokens(taken),
        cost=total_cost(taken),
        latency=total_latency(taken),
        figures=total_figures(taken),
        errors=errors,
        refused=list(dict.fromkeys(mark.question for mark in taken if mark.refused)),
        missed_required=[
            question.id
            for question in chosen
            if question.section == "required"
            and question.points > 1
            and question.id in marks
            and marks[question.id].outcome in (Outcome.INCORRECT, Outcome.NO_ANSWER)
            and marks[question.id].points < marks[question.id].max
        ],
        finish_reasons=finish_reasons(taken),
        native_finish_reasons=native_finish_reasons(taken),
    )


def _credit(question: Question) -> Mark:
    """The mark of a question that everybody is credited: its points, and no right answer."""
    points = question.points
    return Mark(question=question.id, points=points, max=points, outcome=Outcome.NO_ANSWER)


def _section(exam: Exam, rule: Criterion, tally: Tally, *, decided: bool) -> SectionTally:
    titles = exam.section_titles
    margin: int | None = None
    passed: bool | None = None
    if decided:
        needed = needed_points(rule, tally.max)
        margin = tally.points - needed
        passed = margin >= 0
    return SectionTally(
        **tally.model_dump(),
        title=rule.title or titles.get(rule.name, rule.name),
        threshold=rule.threshold,
        stated_max=rule.maximum,
        ratio=rule.ratio,
        margin=margin,
        passed=passed,
    )


def needed_points(rule: Criterion, own_maximum: int) -> int:
    """The fewest points that pass for a candidate whose own maximum is `own_maximum`.

    Where exclusions make it differ from the stated maximum, the criterion's ratio
    decides, in integers (the official proviso: "総点数の80％以上"); without a ratio the
    stated threshold stands.
    """
    if own_maximum == rule.maximum or rule.ratio is None:
        return rule.threshold
    return share_of(rule.ratio, own_maximum)


def rule_of(name: str, section: SectionTally) -> Criterion:
    """The criterion that a section of a sheet was held against."""
    return Criterion(name, section.threshold, section.stated_max, section.ratio)


def _prohibited(
    exam: Exam, chosen: Iterable[Question], marks: Mapping[str, Mark], *, decided: bool
) -> ProhibitedTally:
    rule = exam.key.prohibited
    if rule is None:
        return ProhibitedTally()
    if not rule.listed:
        return ProhibitedTally(limit=rule.limit)
    # The official limit is one of questions (禁忌肢問題選択数). What was taken out of the
    # scoring counts for no examinee, hence not here either.
    picked = [q.id for q in chosen if q.id in marks and marks[q.id].prohibited and marks[q.id].max]
    count = len(picked)
    return ProhibitedTally(
        count=count,
        limit=rule.limit,
        passed=count <= rule.limit if decided else None,
        questions=picked,
    )


def reached_verdict(
    sections: Mapping[str, SectionTally],
    prohibited: ProhibitedTally,
    *,
    partial: bool,
    errors: Sequence[str],
    no_verdict: str = "",
) -> Verdict:
    """What can be said of a sitting whose sections and prohibited choices are settled."""
    if partial:
        return Verdict.PARTIAL
    if errors:
        return Verdict.INCOMPLETE
    if no_verdict:
        return Verdict.NONE
    passed = all(section.passed for section in sections.values())
    return Verdict.PASS if passed and prohibited.passed is not False else Verdict.FAIL


def _as_right(exam: Exam, chosen: Iterable[Question], marks: Mapping[str, Mark]) -> dict[str, Mark]:
    """What could not be read, with the points of a right answer; the outcome stays."""
    made = {}
    for question in chosen:
        mark = marks[question.id]
        if mark.outcome is Outcome.NO_ANSWER and not _miscounted(mark):
            right = score(question, exam.key.entries[question.id], Outcome.CORRECT)
            full_points = {"points": right.points, "max": right.maximum}
            made[question.id] = mark.model_copy(update=full_points)
    return made


def _formatting(chosen: Iterable[Question], marks: Mapping[str, Mark]) -> Formatting:
    marked = [question for question in chosen if question.id in marks]
    unanswered = [q for q in marked if marks[q.id].outcome is Outcome.NO_ANSWER]
    return Formatting(
        tolerant=tally(
            (
                question
                for question in marked
                if marks[question.id].how is How.TOLERANT
                and marks[question.id].outcome is Outcome.CORRECT
            ),
            marks,
        ),
        unreadable=tally((q for q in unanswered if not _miscounted(marks[q.id])), marks),
        miscounted=tally((q for q in unanswered if _miscounted(marks[q.id])), marks),
    )


def _miscounted(mark: Mark) -> bool:
    return mark.invalid == MISCOUNTED
