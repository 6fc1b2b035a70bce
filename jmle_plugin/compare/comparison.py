"""The comparison of two runs as one value."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from statistics import stdev

from jmle_plugin.compare.groups import Pattern, case_replies, interval, sum_of_means
from jmle_plugin.compare.measures import measure_changes
from jmle_plugin.compare.noninferiority import Design, Seen, chance_if_equal, lower_bound, p_values
from jmle_plugin.compare.pairing import (
    CASES_UNTOLD,
    Answered,
    Pair,
    PairedTable,
    Place,
    by_case,
    pair_results,
    titled,
)
from jmle_plugin.compare.power import detectable_points, epochs_needed
from jmle_plugin.compare.significance import (
    Replies,
    asked_once,
    both_tests,
    holm,
    loss_and_gain,
    mcnemar,
    newly_wrong,
    two_sided,
)
from jmle_plugin.compare.verdict import verdict_doubt
from jmle_plugin.exam.kinds import form_titles
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark.epochs import tidy
from jmle_plugin.results.comparison import (
    Answers,
    Change,
    Comparison,
    ImageAnswers,
    NewlyWrong,
    Part,
    Side,
    Tests,
)
from jmle_plugin.results.doubt import ALPHA, DetectableLoss, Margin, VerdictDoubt
from jmle_plugin.results.file import Results

Paired = Sequence[Pair]
FEWEST = 6
"""Questions that differ from which an interval of the difference is worth printing."""


def compare(  # noqa: PLR0913 - each is a choice of its own
    old: Results,
    new: Results,
    where: Mapping[str, Place] | None = None,
    *,
    allow: Collection[str] = (),
    alpha: float = ALPHA,
    margin: float | None = None,
    doubt: bool = True,
    unplaced: str = "",
    exam: Exam | None = None,
) -> Comparison:
    """Compare `new` with `old` on the questions both answered. Same input, same output.

    `where` is what `pairing.known_places` gives; without it nothing is said of sections,
    blocks, kinds and serial groups. `margin` is the loss in points the user cares about. With
    `doubt`, both verdicts' own uncertainty is found as well, which takes half of the time.
    `unplaced` says why there is no `where`, and the remedy. Raises UnlikeResultsError and
    ComparisonError as `pairing.pair_results` does.
    """
    table = pair_results(old, new, where, allow=allow)
    pairs, groups = table.pairs, table.groups
    maximum = sum(pair.max for pair in pairs)
    gained, lost = _changes(pairs, better=True), _changes(pairs, better=False)
    changed = len(gained) + len(lost)
    seen, even = Pattern.seen(groups), Pattern.even(groups)

    def side(results: Results, of: Callable[[Pair], Answered]) -> Side:
        doubted = verdict_doubt(results, where) if doubt else None
        return _side(results, [of(pair) for pair in pairs], doubted)

    blocks = _parts(
        pairs, lambda place: place.block, {name: f"Block {name}" for name in old.sheet.blocks}
    )
    adjusted = holm([part.p_mcnemar for part in blocks])
    return Comparison(
        old=side(old, lambda pair: pair.old),
        new=side(new, lambda pair: pair.new),
        same_answers=table.same_answers,
        serial_known=table.serial_known,
        serial_problem=_serial_problem(table, unplaced),
        allowed=dict(table.allowed),
        one_sided=table.one_sided,
        questions=len(pairs),
        max=maximum,
        groups=len(groups),
        difference=tidy(sum((pair.difference for pair in pairs), Fraction())),
        gained=gained,
        lost=lost,
        tests=_tests(pairs, [group.replies for group in groups], alpha),
        interval=interval(groups) if changed >= FEWEST else None,
        detectable=DetectableLoss(
            discordant=changed / len(pairs), points=detectable_points(seen, alpha=alpha)
        ),
        detectable_at_best=DetectableLoss(
            discordant=0.0, points=detectable_points(even, noise=False, alpha=alpha)
        ),
        margin=None if margin is None else _margin(table, margin, alpha),
        epochs=None if margin is None else epochs_needed(groups, margin, alpha=alpha),
        newly_wrong=_newly_wrong(pairs),
        images=_images(old, new, pairs),
        sections=_parts(
            pairs, lambda p: p.section, {n: s.title for n, s in old.sheet.sections.items()}
        ),
        blocks=[
            part.model_copy(update={"p_holm": p}) for part, p in zip(blocks, adjusted, strict=True)
        ],
        kinds=_parts(pairs, lambda place: place.kind, form_titles()),
        measures=measure_changes(old, new, exam) if old.sheet.bench else [],
    )


def _serial_problem(table: PairedTable, unplaced: str) -> str:
    if table.serial_known:
        return ""
    return CASES_UNTOLD if table.pairs[0].place else unplaced


def _tests(pairs: Paired, cases: Sequence[Replies], alpha: float) -> Tests:
    means, replies = both_tests(cases)
    several = not asked_once(cases)
    return Tests(
        alpha=alpha,
        mcnemar=_p_questions(pairs),
        loss=max(means[0], replies[0]),
        gain=max(means[1], replies[1]),
        means=means[0] if several else None,
        replies=replies[0] if several else None,
    )


def _p_questions(pairs: Paired) -> float:
    """The two-sided p-value on right answers, a question being a case of its own."""
    cases = [(pair.old.right, pair.new.right) for pair in pairs]
    if asked_once(cases):
        return mcnemar(*_turned(pairs))
    return two_sided(*loss_and_gain(cases))


def _turned(pairs: Paired) -> tuple[int, int]:
    """Questions that the new run got right more often, and less often."""
    return sum(pair.change > 0 for pair in pairs), sum(pair.change < 0 for pair in pairs)


def _side(results: Results, answers: Sequence[Answered], doubt: VerdictDoubt | None) -> Side:
    epochs = max(len(one.epochs) for one in answers)
    # The nth replies together are the nth epoch; what was asked less often is in none.
    totals = [sum(points) for points in zip(*(one.points for one in answers), strict=False)]
    return Side(
        name=results.run.name,
        title=results.run.title,
        model=results.run.model,
        scripted=results.run.scripted,
        epochs=epochs,
        points=_sum_of_means(one.points for one in answers),
        correct=_sum_of_means(one.right for one in answers),
        deviation=round(stdev(totals), 6) if len(totals) > 1 else None,
        majority=sum(one.mark.points for one in answers) if epochs > 1 else None,
        doubt=doubt,
    )


def _sum_of_means(figures: Iterable[Sequence[int]]) -> float:
    return tidy(sum_of_means(figures))


def _changes(pairs: Paired, *, better: bool) -> list[Change]:
    """The questions that the new run got right more often (`better`), or less often."""
    return [
        Change(
            question=pair.question,
            max=pair.max,
            old=_answers(pair.old),
            new=_answers(pair.new),
            accepted=pair.new.mark.accepted,
        )
        for pair in pairs
        if (pair.change > 0 if better else pair.change < 0)
    ]


def _answers(one: Answered) -> Answers:
    return Answers(
        answer=one.mark.answer,
        outcome=one.mark.outcome,
        right=sum(one.right),
        replies=len(one.right),
    )


def _parts(pairs: Paired, part_of: Callable[[Place], str], titles: Mapping[str, str]) -> list[Part]:
    """One part per section, block or kind, in the order of `titles`, the sheet's."""
    parts: dict[str, list[Pair]] = {}
    for pair in pairs:
        if pair.place is not None:
            parts.setdefault(part_of(pair.place), []).append(pair)
    return [_part(*entry) for entry in titled(parts, titles)]


def _part(name: str, title: str, pairs: Paired) -> Part:
    gained, lost = _turned(pairs)
    return Part(
        name=name,
        title=title,
        questions=len(pairs),
        max=sum(pair.max for pair in pairs),
        old_points=_sum_of_means(pair.old.points for pair in pairs),
        new_points=_sum_of_means(pair.new.points for pair in pairs),
        old_correct=_sum_of_means(pair.old.right for pair in pairs),
        new_correct=_sum_of_means(pair.new.right for pair in pairs),
        gained=gained,
        lost=lost,
        p_mcnemar=_p_questions(pairs),
    )


def _margin(table: PairedTable, margin: float, alpha: float) -> Margin:
    design = Design.of(table.groups)
    seen = Seen.of(table.groups, design)
    return Margin(
        points=margin,
        lower_bound=lower_bound(design, seen, alpha),
        p_value=float(p_values(design, seen, margin)[0]),
        least=-lower_bound(design, Seen.nothing(design), alpha),
        chance_if_equal=chance_if_equal(design, seen, margin, alpha),
    )


def _newly_wrong(pairs: Paired) -> NewlyWrong:
    """What the old run got right in every epoch and the new one gets wrong.

    Each new epoch is tried against the old ones; the one that tells most is reported.
    """
    epochs = min(len(pair.old.right) for pair in pairs)
    new_epochs = min(len(pair.new.right) for pair in pairs)
    found = []
    for epoch in range(new_epochs):
        wrong = [
            (pair, epochs - sum(pair.old.right[:epochs]), not pair.new.right[epoch])
            for pair in pairs
        ]
        names = [pair.question for pair, before, now in wrong if now and not before]
        unsteady = sum(before + now == 1 for _, before, now in wrong)
        found.append((newly_wrong(unsteady, len(names), epochs), unsteady, names))
    p_value, unsteady, names = min(found, key=lambda one: one[0])
    return NewlyWrong(
        epochs=epochs,
        questions=names,
        new_epochs=new_epochs,
        unsteady=unsteady,
        p_value=min(1.0, p_value * new_epochs),
    )


def _images(old: Results, new: Results, pairs: Paired) -> ImageAnswers | None:
    """Right answers to image questions, where both runs were shown the figures."""
    shown = [pair for pair in pairs if pair.place is not None and pair.place.figures]
    if not shown or not all(one.provenance.saw_figures for one in (old, new)):
        return None
    replies = [
        (
            case_replies([pair.old.right for pair in case]),
            case_replies([pair.new.right for pair in case]),
        )
        for case in by_case(shown)
    ]
    return ImageAnswers(
        questions=len(shown),
        old_correct=_sum_of_means(pair.old.right for pair in shown),
        new_correct=_sum_of_means(pair.new.right for pair in shown),
        gained=[pair.question for pair in shown if pair.change > 0],
        lost=[pair.question for pair in shown if pair.change < 0],
        p_loss=loss_and_gain(replies)[0],
    )
