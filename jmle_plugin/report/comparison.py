"""The sentences of a comparison, the same in every form it is shown in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jmle_plugin.mark.marks import answer_text, key_text
from jmle_plugin.report import document as doc
from jmle_plugin.report.bench import CHANGES, change_rows, changes_facts, changes_headline
from jmle_plugin.report.remarks import doubt_sentences
from jmle_plugin.results.comparison import Answers, Change, Comparison, Side
from jmle_plugin.results.doubt import Reach
from jmle_plugin.results.figures import (
    bound_text,
    loss_sentence,
    mean_text,
    p_cell,
    p_text,
    points_text,
    share_text,
    signed,
)
from jmle_plugin.text import count

_HEADER = ("", "points", "of", "correct", "of", "gained", "lost", "McNemar", "Holm")


def comparison_document(comparison: Comparison) -> doc.Document:
    """The comparison: its one sentence, figures by part, facts, and the questions that changed."""
    old, new = map(doc.Name, side_titles(comparison))
    header, *rows = table_rows(comparison)
    changed = (("Gained", comparison.gained), ("Lost", comparison.lost))
    return (
        doc.Title(doc.Phrase("{new} against {old}", new=new, old=old), 3),
        doc.Sentence(headline(comparison), doc.Tone.STRONG),
        doc.table_of(header, rows),
        doc.List([*facts(comparison)]),
        *(
            doc.List(
                [*map(change_text, changes)],
                title=f"{title}: question (points): old answer -> new answer",
            )
            for title, changes in changed
        ),
    )


def table_rows(comparison: Comparison) -> list[Sequence[str]]:
    """The header and the rows of the table of parts, or of a bench's measures."""
    if comparison.measures:
        return [CHANGES, *change_rows(comparison)]
    return [_header(comparison), *_rows(comparison)]


def _rows(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    for part in (*comparison.sections, *comparison.blocks, *comparison.kinds):
        yield (
            part.title,
            _change(part.old_points, part.new_points),
            str(part.max),
            _change(part.old_correct, part.new_correct),
            str(part.questions),
            str(part.gained),
            str(part.lost),
            p_cell(part.p_mcnemar),
            p_cell(part.p_holm),
        )
    old, new = comparison.old, comparison.new
    yield (
        "Total",
        _change(old.points, new.points),
        str(comparison.max),
        _change(old.correct, new.correct),
        str(comparison.questions),
        str(len(comparison.gained)),
        str(len(comparison.lost)),
        p_cell(comparison.tests.mcnemar),
        "",
    )


def _change(old: float, new: float) -> str:
    return f"{mean_text(old)} -> {mean_text(new)}"


def _header(comparison: Comparison) -> tuple[str, ...]:
    """Where replies are several, the p-value of questions is no longer McNemar's."""
    if comparison.tests.replies is None:
        return _HEADER
    return tuple("p" if title == "McNemar" else title for title in _HEADER)


def side_titles(comparison: Comparison) -> tuple[str, str]:
    """What the old and the new run are called: with the run's name where titles are equal."""
    old, new = comparison.old, comparison.new
    if old.title != new.title:
        return old.title, new.title
    return f"{old.title} [{old.name}]", f"{new.title} [{new.name}]"


def headline(comparison: Comparison) -> str:
    """The one sentence: a loss, a gain, noise, or the same answers."""
    if comparison.measures:
        return changes_headline(comparison)
    tests = comparison.tests
    size = points_text(abs(comparison.difference))
    if comparison.same_answers:
        return "The two runs gave the same answers."
    if comparison.asked_often:
        size = f"{size} on average"
    if tests.lost:
        return f"The loss of {size} is significant (one-sided {p_text(tests.loss)})."
    if tests.gained:
        return f"The gain of {size} is significant ({p_text(tests.either)})."
    return f"The difference of {size} is within noise ({p_text(tests.either)})."


def facts(comparison: Comparison) -> Iterator[str]:
    """What else there is to know, a sentence each."""
    for name, text in comparison.allowed.items():
        yield f"Unlike by permission: {name} ({text})."
    if comparison.one_sided:
        left_out = count(comparison.one_sided, "question")
        yield f"Left out, answered by only one of the two: {left_out}."
    if not comparison.serial_known:
        why = f" Why: {comparison.serial_problem}" if comparison.serial_problem else ""
        yield (
            "Serial groups unknown: every question counts as independent of the others; with "
            f"them, the bound of a loss may be lower.{why}"
        )
    if comparison.measures:
        yield from changes_facts(comparison)
        return
    yield from map(_epochs_of, comparison.asked_often)
    yield from _interval(comparison)
    yield _tests(comparison)
    if comparison.images is not None:
        images = comparison.images
        yield (
            f"Image questions right with their figures: {mean_text(images.old_correct)} -> "
            f"{mean_text(images.new_correct)} of {images.questions} (one-sided "
            f"{p_text(images.p_loss)} of a loss)."
        )
    yield loss_sentence(comparison)
    yield from _margin(comparison)
    for side in (comparison.old, comparison.new):
        if side.doubt is not None:
            for sentence in doubt_sentences(side.doubt):
                yield f"{side.name}: {sentence}"


def _epochs_of(side: Side) -> str:
    spread = "" if side.deviation is None else f" (sd {side.deviation:.1f} over epochs)"
    majority = "" if side.majority is None else f"; majority of {side.epochs}: {side.majority}"
    return (
        f"{side.name}: mean of {side.epochs} epochs {mean_text(side.points)} points"
        f"{spread}{majority}."
    )


def _interval(comparison: Comparison) -> Iterator[str]:
    drawn, tests = comparison.interval, comparison.tests
    difference = f"Difference {signed(comparison.difference)} of {comparison.max} points"
    if drawn is None:
        changed = count(len(comparison.gained) + len(comparison.lost), "question")
        yield f"{difference}; no interval, since only {changed} differ."
        return
    yield (
        f"{difference}, {drawn.level:.0%} interval {signed(drawn.low)} to {signed(drawn.high)} on "
        f"questions like these ({drawn.draws} bootstrap draws of {comparison.groups} groups, "
        f"seed {drawn.seed})."
    )
    yield from disagreement(drawn.low, drawn.high, significant=tests.lost or tests.gained)


def _tests(comparison: Comparison) -> str:
    tests, gained, lost = comparison.tests, len(comparison.gained), len(comparison.lost)
    if tests.means is None or tests.replies is None:
        return (
            f"Questions: {gained} gained, {lost} lost, exact McNemar {p_text(tests.mcnemar)}; "
            f"points: one-sided sign-flip test of a loss, {p_text(tests.loss)}."
        )
    return (
        f"Questions: {gained} right more often, {lost} less often, {p_text(tests.mcnemar)}; "
        f"points: one-sided tests of a loss, sign-flip of means {p_text(tests.means)}, permutation "
        f"of replies {p_text(tests.replies)}; the larger decides."
    )


def disagreement(low: float, high: float, *, significant: bool) -> Iterator[str]:
    """A sentence where an interval of the difference and the exact test do not say the same."""
    excludes = not low <= 0 <= high
    if excludes is not significant:
        yield (
            f"The interval {'excludes' if excludes else 'includes'} 0, and the exact test says "
            f"{'more than noise' if significant else 'noise'}: they are different methods. The "
            "interval is approximate; the test decides."
        )


def change_text(change: Change) -> str:
    """One question with both answers: `120A-3 (1): c -> a, key c`.

    Of several replies the majority answer, and how many were right: `c (3 of 5 right)`.
    """
    old, new = map(_answer_of, (change.old, change.new))
    return f"{change.question} ({change.max}): {old} -> {new}, key {key_text(change.accepted)}"


def _answer_of(one: Answers) -> str:
    answer = answer_text(one.answer) or one.outcome.value
    if one.replies is None or one.replies == 1:
        return answer
    return f"{answer} ({one.right} of {one.replies} right)"


def _margin(comparison: Comparison) -> Iterator[str]:
    margin, epochs = comparison.margin, comparison.epochs
    if margin is not None:
        yield (
            f"Loss of {points_text(margin.points)}: lower bound of the difference "
            f"{bound_text(margin)} ({p_text(margin.p_value)}); two equal runs that differ as "
            f"often would exclude it {share_text(margin.chance_if_equal)} of the time, the same "
            f"answers to everything no loss below {margin.least:.1f} points."
        )
    if epochs is not None:
        often = "" if epochs.power is None else f" (found {share_text(epochs.power)} of the time)"
        reached = (
            f"{epochs.count} a question{often}" if epochs.reach is Reach.REACHED else epochs.reach
        )
        yield f"Epochs needed to find a loss of {points_text(epochs.loss)}: {reached}."
