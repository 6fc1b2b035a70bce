"""The comparison of two runs as one value."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from jmle_plugin.compare.noninferiority import Design, Seen, chance_if_equal, lower_bound, p_values
from jmle_plugin.compare.pairing import (
    Answered,
    Pair,
    PairedTable,
    Place,
    pair_results,
    titled,
)
from jmle_plugin.compare.power import (
    ALPHA,
    detectable_loss,
    epochs_needed,
    holm,
    mcnemar,
    sign_flip,
)
from jmle_plugin.compare.resampling import interval
from jmle_plugin.compare.verdict import verdict_doubt
from jmle_plugin.exam.kinds import form_titles
from jmle_plugin.results.comparison import (
    Answers,
    Change,
    Comparison,
    DetectableLoss,
    Margin,
    NewlyWrong,
    Part,
    Side,
    Tests,
)
from jmle_plugin.results.doubt import VerdictDoubt
from jmle_plugin.results.file import Results

Paired = Sequence[Pair]


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
) -> Comparison:
    """Compare `new` with `old` on the questions both answered. Same input, same output.

    `where` is `pairing.places(exam)`; without it nothing is said of sections, blocks, kinds
    and serial groups. `margin` is the loss in points the user cares about. With `doubt`,
    both verdicts' own uncertainty is found as well, which takes half of the time. `unplaced` says
    why there is no `where`, and the remedy. Raises
    UnlikeResultsError and ComparisonError as `pairing.pair_results` does.
    """
    table = pair_results(old, new, where, allow=allow)
    pairs, groups = table.pairs, table.groups
    maximum = sum(pair.max for pair in pairs)
    gained, lost = _changes(pairs, better=True), _changes(pairs, better=False)
    differences = [group.difference for group in groups]
    discordant = (len(gained) + len(lost)) / len(pairs)

    def detectable(share: float) -> DetectableLoss:
        questions = detectable_loss(len(pairs), share, alpha)
        points = None if questions is None else questions * maximum / len(pairs)
        return DetectableLoss(discordant=share, questions=questions, points=points)

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
        serial_problem="" if table.serial_known else unplaced,
        allowed=dict(table.allowed),
        one_sided=table.one_sided,
        questions=len(pairs),
        max=maximum,
        groups=len(groups),
        difference=sum(pair.difference for pair in pairs),
        gained=gained,
        lost=lost,
        tests=Tests(
            alpha=alpha,
            mcnemar=mcnemar(len(gained), len(lost)),
            loss=sign_flip(differences),
            gain=sign_flip([-one for one in differences]),
        ),
        interval=interval(groups),
        detectable=detectable(discordant),
        detectable_at_best=detectable(0.0),
        margin=None if margin is None else _margin(table, margin, alpha),
        epochs=None if margin is None else epochs_needed(pairs, margin, alpha=alpha),
        newly_wrong=_newly_wrong(pairs),
        sections=_parts(
            pairs, lambda p: p.section, {n: s.title for n, s in old.sheet.sections.items()}
        ),
        blocks=[
            part.model_copy(update={"p_holm": p}) for part, p in zip(blocks, adjusted, strict=True)
        ],
        kinds=_parts(pairs, lambda place: place.kind, form_titles()),
    )


def _side(results: Results, answers: Sequence[Answered], doubt: VerdictDoubt | None) -> Side:
    return Side(
        name=results.run.name,
        title=results.run.title,
        model=results.run.model,
        scripted=results.run.scripted,
        epochs=max(len(one.epochs) for one in answers),
        points=sum(one.points for one in answers),
        correct=sum(one.correct for one in answers),
        doubt=doubt,
    )


def _changes(pairs: Paired, *, better: bool) -> list[Change]:
    """The questions that only the new run (`better`), or only the old one, got right."""
    return [
        Change(
            question=pair.question,
            max=pair.max,
            old=Answers(answer=pair.old.mark.answer, outcome=pair.old.mark.outcome),
            new=Answers(answer=pair.new.mark.answer, outcome=pair.new.mark.outcome),
            accepted=pair.new.mark.accepted,
        )
        for pair in pairs
        if pair.old.correct is not better and pair.new.correct is better
    ]


def _parts(pairs: Paired, part_of: Callable[[Place], str], titles: Mapping[str, str]) -> list[Part]:
    """One part per section, block or kind, in the order of `titles`, the sheet's."""
    parts: dict[str, list[Pair]] = {}
    for pair in pairs:
        if pair.place is not None:
            parts.setdefault(part_of(pair.place), []).append(pair)
    return [_part(*told) for told in titled(parts, titles)]


def _part(name: str, title: str, pairs: Paired) -> Part:
    gained = sum(pair.new.correct and not pair.old.correct for pair in pairs)
    lost = sum(pair.old.correct and not pair.new.correct for pair in pairs)
    return Part(
        name=name,
        title=title,
        questions=len(pairs),
        max=sum(pair.max for pair in pairs),
        old_points=sum(pair.old.points for pair in pairs),
        new_points=sum(pair.new.points for pair in pairs),
        old_correct=sum(pair.old.correct for pair in pairs),
        new_correct=sum(pair.new.correct for pair in pairs),
        gained=gained,
        lost=lost,
        p_mcnemar=mcnemar(gained, lost),
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
    """What the old run got right in every epoch and the new one gets wrong."""
    steady = [pair for pair in pairs if all(one.outcome == "correct" for one in pair.old.epochs)]
    return NewlyWrong(
        epochs=min(len(pair.old.epochs) for pair in pairs),
        questions=[pair.question for pair in steady if not pair.new.correct],
    )
