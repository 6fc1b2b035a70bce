"""What the score sheet says below its tables: epochs, form, tokens, cost, lists of questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import MISCOUNTED, ImageBytes
from jmle_plugin.mark.sheet import (
    CostTotal,
    EpochScore,
    EpochsTally,
    Formatting,
    Tally,
    TokenTotals,
)
from jmle_plugin.report.layout import dollars, ranges, wrapped
from jmle_plugin.results.file import Results
from jmle_plugin.text import count, printable

_ENDS = {
    "content_filter": "refused by a filter",
    "length": "cut at the length limit",
}
"""Finish reasons in plain words."""
_BINS = {"under_50": "under 50%", "50_to_80": "50 to 80%", "over_80": "over 80%"}
_MB = 1e6
ONE_LINE = 10**6
"""Columns in which every list stays one line, for forms that break lines themselves."""


def remarks(results: Results, columns: int) -> Iterator[str]:
    """Sentences, which may be longer than `columns`, and lists broken at `columns`."""
    sheet = results.sheet
    if sheet.epochs is not None:
        yield from _epochs(sheet.epochs, sheet.of, columns)
    if sheet.by_human_accuracy is not None:
        yield _by_human_accuracy(sheet.by_human_accuracy)
    if results.run.people:
        yield from _unanswered(results, columns)
    else:
        yield _formatting(sheet.formatting)
    yield _tokens(sheet.tokens)
    yield _cost(sheet.cost)
    yield from _asked(results)
    if sheet.figures is not None and sheet.figures.changed:
        yield _figures(sheet.figures)
    ends = {_ENDS.get(name, name): n for name, n in sheet.finish_reasons.items() if name != "stop"}
    if ends:
        yield "Ended otherwise: " + ", ".join(f"{name} {n}" for name, n in ends.items())
    if sheet.native_finish_reasons:
        words = (f"{printable(name)} {n}" for name, n in sheet.native_finish_reasons.items())
        yield "Finish reasons in the provider's words: " + ", ".join(words)
    if sheet.missed_required:
        yield from wrapped("Missed 3-point required: ", sheet.missed_required, columns)
    if sheet.prohibited.questions:
        yield from wrapped("Prohibited choices in: ", sheet.prohibited.questions, columns)
    if sheet.errors:
        label = f"Errors ({len(sheet.errors)}): "
        yield from wrapped(label, ranges(sheet.errors), columns)


def _asked(results: Results) -> Iterator[str]:
    """How the replies came about, where that is another way than the usual."""
    if (client := results.provenance.client) is not None:
        yield f"Replies of a model_client of one's own: {printable(str(client))}"


def _epochs(epochs: EpochsTally, of: int, columns: int) -> Iterator[str]:
    points = ", ".join(map(_epoch_points, epochs.scores))
    spread = ""
    if epochs.mean is not None and epochs.deviation is not None:
        spread = f" (mean {epochs.mean:.1f}, sd {epochs.deviation:.1f})"
    yield f"Epochs: {epochs.count}; points {points}{spread}"
    if epochs.always_right is not None and epochs.always_wrong is not None:
        shares = [f"{n} ({n / of:.0%})" for n in (epochs.always_right, epochs.always_wrong)]
        yield f"Questions right in every epoch: {shares[0]}; wrong in every epoch: {shares[1]}"
    if epochs.majority is not None:
        yield f"Majority of {epochs.count}: {epochs.majority}, as another candidate than any epoch"
    decided = [score for score in epochs.scores if score.passed is not None]
    passed = [str(score.epoch) for score in decided if score.passed]
    if decided:
        which = {0: "none", len(epochs.scores): "all"}.get(len(passed), ", ".join(passed))
        unknown = [str(score.epoch) for score in epochs.scores if score.passed is None]
        open_ = f"; no verdict on {', '.join(unknown)}" if unknown else ""
        yield f"Epochs that would have passed by themselves: {which}{open_}"
    if epochs.changing:
        yield (
            f"Changing answers: {count(len(epochs.changing), 'question')}, "
            f"{epochs.right_and_wrong} between right and wrong"
        )
        yield from wrapped("  ", epochs.changing, columns)
    elif epochs.mean is not None:
        yield "Changing answers: none"


def _epoch_points(score: EpochScore) -> str:
    return f"{score.points} ({score.errors} without reply)" if score.errors else str(score.points)


def _by_human_accuracy(bins: Mapping[str, Tally]) -> str:
    told = [
        f"{_BINS.get(name, name)} {tally.correct} of {tally.questions}"
        for name, tally in bins.items()
    ]
    return f"Correct, by share of examinees who were: {', '.join(told)}"


def _formatting(form: Formatting) -> str:
    miscounted = f"{_lost(form.miscounted, f'with the {MISCOUNTED}')}; "
    return (
        f"Formatting: {_lost(form.unreadable, 'unreadable')}; "
        f"{miscounted if form.miscounted.questions else ''}"
        f"{form.tolerant.questions} correct only to a tolerant reader "
        f"({count(form.tolerant.points, 'point')})"
    )


def _lost(tally: Tally, what: str) -> str:
    return f"{tally.questions} {what} ({count(tally.max - tally.points, 'point')} lost)"


def _unanswered(results: Results, columns: int) -> Iterator[str]:
    """People write in nobody's format: where there is no answer, none was recorded."""
    marks = results.scored().values()
    silent = [one for one in marks if one.outcome is Outcome.NO_ANSWER and not one.answer]
    if silent:
        lost = count(sum(one.max - one.points for one in silent), "point")
        label = f"No answer recorded ({lost} lost): "
        yield from wrapped(label, [one.question for one in silent], columns)


def _tokens(tokens: TokenTotals) -> str:
    if not tokens.replies:
        return "Tokens: not recorded"
    counts = {
        name: getattr(tokens, name) for name in ("prompt", "completion", "reasoning", "cached")
    }
    known = ", ".join(f"{name} {n:,}" for name, n in counts.items() if n is not None)
    return f"Tokens: {known or 'none given'} (in {_replies(tokens.replies)})"


def _cost(cost: CostTotal) -> str:
    if cost.usd is None:
        return "Cost: unknown"
    if cost.unknown:
        return f"Cost: {dollars(cost.usd)} for {_replies(cost.replies)}, unknown for {cost.unknown}"
    return f"Cost: {dollars(cost.usd)} ({_replies(cost.replies)})"


def _figures(figures: ImageBytes) -> str:
    unit, name = (_MB, "MB") if max(figures.size, figures.sent_size) >= _MB else (1e3, "kB")
    return (
        f"Figures: {figures.count} sent, {figures.changed} of them scaled or converted "
        f"({figures.size / unit:.1f} {name}, {figures.sent_size / unit:.1f} {name} sent)"
    )


def _replies(number: int) -> str:
    return count(number, "reply", "replies")
