"""The sentences of a comparison, the same in every form it is shown in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jmle_plugin.mark.marks import answer_text, key_text
from jmle_plugin.report import document as doc
from jmle_plugin.report.bench import (
    change_rows,
    changes_facts,
    changes_header,
    changes_headline,
)
from jmle_plugin.report.remarks import doubt_sentences
from jmle_plugin.report.tallies import block_title, form_title, model_title
from jmle_plugin.results.comparison import (
    Answers,
    Change,
    Comparison,
    Part,
    Side,
    bound_text,
    loss_sentence,
)
from jmle_plugin.results.doubt import Reach
from jmle_plugin.results.language import (
    clauses,
    known,
    mean_text,
    p_cell,
    p_text,
    points_text,
    retold,
    share_text,
    signed,
    wording,
)


def comparison_document(comparison: Comparison) -> doc.Document:
    """The comparison: its one sentence, figures by part, facts, and the questions that changed."""
    old, new = map(doc.Name, side_titles(comparison))
    header, *rows = table_rows(comparison)
    changed = (
        ("comparison.changes.gained", comparison.gained),
        ("comparison.changes.lost", comparison.lost),
    )
    return (
        doc.Title(doc.phrase("comparison.title", new=new, old=old), 3),
        doc.Sentence(headline(comparison), doc.Tone.STRONG),
        doc.table_of(header, rows),
        doc.List([*facts(comparison)]),
        *(doc.List([*map(change_text, changes)], title=wording(key)) for key, changes in changed),
    )


def table_rows(comparison: Comparison) -> list[Sequence[str]]:
    """The header and the rows of the table of parts, or of a bench's measures."""
    if comparison.measures:
        return [changes_header(), *change_rows(comparison)]
    return [_header(comparison), *_rows(comparison)]


def _rows(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    for title, part in titled_parts(comparison):
        yield (
            title,
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
        wording("part.total"),
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
    return wording("cell.change", old=mean_text(old), new=mean_text(new))


def _header(comparison: Comparison) -> tuple[str, ...]:
    """Where replies are several, the p-value of questions is no longer McNemar's."""
    test = "mcnemar" if comparison.tests.replies is None else "p"
    names = ("points", "of", "correct", "of_questions", "gained", "lost", test, "holm")
    return ("", *doc.heads(*names))


def titled_parts(comparison: Comparison) -> Iterator[tuple[str, Part]]:
    """Sections, blocks and forms of questions, each with its title."""
    yield from ((known(part.title), part) for part in comparison.sections)
    yield from ((block_title(part.name), part) for part in comparison.blocks)
    yield from ((form_title(part.name), part) for part in comparison.kinds)


def side_titles(comparison: Comparison) -> tuple[str, str]:
    """What the old and the new run are called: with the run's name where titles are equal."""
    old, new = comparison.old, comparison.new
    titles = model_title(old.title), model_title(new.title)
    if old.title != new.title:
        return titles
    return f"{titles[0]} [{old.name}]", f"{titles[1]} [{new.name}]"


def headline(comparison: Comparison) -> str:
    """The one sentence: a loss, a gain, noise, or the same answers."""
    if comparison.measures:
        return changes_headline(comparison)
    tests = comparison.tests
    size = points_text(abs(comparison.difference))
    if comparison.same_answers:
        return wording("comparison.same")
    if comparison.asked_often:
        size = wording("comparison.on_average", points=size)
    if tests.lost:
        return wording("comparison.loss", points=size, p=p_text(tests.loss))
    key = "comparison.gain" if tests.gained else "comparison.noise"
    return wording(key, points=size, p=p_text(tests.either))


def facts(comparison: Comparison) -> Iterator[str]:
    """What else there is to know, a sentence each."""
    for name, text in comparison.allowed.items():
        which = wording(f"comparison.mismatch.{name}")
        yield wording("comparison.allowed", name=which, text=retold("mismatch", text))
    if comparison.one_sided:
        left_out = wording("count.questions", comparison.one_sided)
        yield wording("comparison.one_sided", questions=left_out)
    if not comparison.serial_known:
        why = known(comparison.serial_problem)
        yield (
            wording("comparison.serial_unknown_why", why=why)
            if why
            else wording("comparison.serial_unknown")
        )
    if comparison.measures:
        yield from changes_facts(comparison)
        return
    yield from map(_epochs_of, comparison.asked_often)
    yield from _interval(comparison)
    yield _tests(comparison)
    if (images := comparison.images) is not None:
        yield wording(
            "comparison.images",
            change=_change(images.old_correct, images.new_correct),
            questions=images.questions,
            p=p_text(images.p_loss),
        )
    yield loss_sentence(comparison)
    yield from _margin(comparison)
    for side in (comparison.old, comparison.new):
        if side.doubt is not None:
            for sentence in doubt_sentences(side.doubt):
                yield wording("comparison.of_side", run=side.name, sentence=sentence)


def _epochs_of(side: Side) -> str:
    points: dict[str, object] = {"epochs": side.epochs, "points": mean_text(side.points)}
    parts = [
        wording("comparison.mean", **points)
        if side.deviation is None
        else wording("comparison.mean_sd", sd=f"{side.deviation:.1f}", **points)
    ]
    if side.majority is not None:
        majority = str(side.majority)
        parts.append(wording("comparison.majority", epochs=side.epochs, points=majority))
    return wording("comparison.epochs_of", run=side.name, facts=clauses(parts))


def _interval(comparison: Comparison) -> Iterator[str]:
    drawn, tests = comparison.interval, comparison.tests
    size: dict[str, object] = {"difference": signed(comparison.difference), "max": comparison.max}
    if drawn is None:
        changed = len(comparison.gained) + len(comparison.lost)
        yield wording("comparison.no_interval", changed, **size)
        return
    yield wording(
        "comparison.interval",
        level=f"{drawn.level:.0%}",
        low=signed(drawn.low),
        high=signed(drawn.high),
        draws=drawn.draws,
        groups=comparison.groups,
        seed=drawn.seed,
        **size,
    )
    yield from disagreement(drawn.low, drawn.high, significant=tests.lost or tests.gained)


def _tests(comparison: Comparison) -> str:
    tests = comparison.tests
    found = {
        "gained": len(comparison.gained),
        "lost": len(comparison.lost),
        "p": p_text(tests.mcnemar),
    }
    if tests.means is None or tests.replies is None:
        return wording("comparison.tests", p_loss=p_text(tests.loss), **found)
    means, replies = p_text(tests.means), p_text(tests.replies)
    return wording("comparison.tests_of_epochs", means=means, replies=replies, **found)


def disagreement(low: float, high: float, *, significant: bool) -> Iterator[str]:
    """A sentence where an interval of the difference and the exact test do not say the same."""
    excludes = not low <= 0 <= high
    if excludes is not significant:
        yield wording("comparison.excludes_0" if excludes else "comparison.includes_0")


def change_text(change: Change) -> str:
    """One question with both answers: `120A-3 (1): c -> a, key c`.

    Of several replies the majority answer, and how many were right: `c (3 of 5 right)`.
    """
    old, new = map(_answer_of, (change.old, change.new))
    return wording(
        "comparison.change",
        question=change.question,
        points=change.max,
        old=old,
        new=new,
        key=key_text(change.accepted),
    )


def _answer_of(one: Answers) -> str:
    answer = answer_text(one.answer) or wording(f"comparison.outcome.{one.outcome}")
    if one.replies is None or one.replies == 1:
        return answer
    return wording("comparison.right", answer=answer, right=one.right, replies=one.replies)


def _margin(comparison: Comparison) -> Iterator[str]:
    margin, epochs = comparison.margin, comparison.epochs
    if margin is not None:
        yield wording(
            "comparison.margin",
            points=points_text(margin.points),
            bound=bound_text(margin),
            p=p_text(margin.p_value),
            share=share_text(margin.chance_if_equal),
            least=f"{margin.least:.1f}",
        )
    if epochs is None:
        return
    points = points_text(epochs.loss)
    if epochs.reach is not Reach.REACHED:
        why = "not_reachable" if epochs.reach is Reach.NOT_REACHABLE else "unknown"
        yield wording(f"comparison.epochs_needed.{why}", points=points)
    elif epochs.power is None:
        yield wording("comparison.epochs_needed.reached", points=points, epochs=epochs.count)
    else:
        found = share_text(epochs.power)
        yield wording(
            "comparison.epochs_needed.power", points=points, epochs=epochs.count, share=found
        )
