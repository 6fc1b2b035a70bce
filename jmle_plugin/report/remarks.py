"""What the score sheet says below its tables: epochs, form, tokens, cost, lists of questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jmle_plugin.gateway.reply import ImageBytes
from jmle_plugin.mark.grading import Examinee, Outcome
from jmle_plugin.mark.marks import MISCOUNTED
from jmle_plugin.mark.sheet import (
    CostTotal,
    EpochScore,
    EpochsTally,
    Sheet,
    Tally,
    TokenTotals,
)
from jmle_plugin.report.bench import bench_sentences
from jmle_plugin.report.document import Listed
from jmle_plugin.report.layout import dollars
from jmle_plugin.results.doubt import Confidence, Letter, is_leaning
from jmle_plugin.results.figures import mean_text, p_text
from jmle_plugin.results.file import Results
from jmle_plugin.text import count, printable

_ENDS = {
    "content_filter": "refused by a filter",
    "length": "cut at the length limit",
}
"""Finish reasons in plain words."""
_BINS = {"under_50": "under 50%", "50_to_80": "50 to 80%", "over_80": "over 80%"}
_MB = 1e6


def remarks(results: Results) -> Iterator[str | Listed]:
    """Sentences and lists of questions; a label ends at the first colon."""
    sheet = results.sheet
    yield from bench_sentences(sheet)
    if sheet.epochs is not None:
        yield from _epochs(sheet.epochs, sheet.of)
    yield from _answers(results)
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
    lists = {
        "Missed 3-point required:": sheet.missed_required,
        "Prohibited choices in:": sheet.prohibited.questions,
        f"Errors ({len(sheet.errors)}):": sheet.errors,
    }
    yield from (Listed(label, questions) for label, questions in lists.items() if questions)


def _answers(results: Results) -> Iterator[str | Listed]:
    """How the answers compare with those of examinees, with their form, chance and confidence."""
    sheet = results.sheet
    if sheet.by_human_accuracy is not None:
        yield _by_human_accuracy(sheet.by_human_accuracy)
    if sheet.examinee is not None:
        yield _examinee(sheet, sheet.examinee)
    if results.run.people:
        yield from _unanswered(results)
    else:
        yield _formatting(sheet)
    if sheet.refused:
        yield _refused(results)
    yield from _letters(results.letters)
    if results.confidence is not None:
        yield from _confidence(results.confidence)


def _asked(results: Results) -> Iterator[str]:
    """How the replies came about, where that is another way than the usual."""
    if (client := results.provenance.client) is not None:
        yield f"Replies of a model_client of one's own: {printable(str(client))}"
    if (sight := results.provenance.sight) is not None:
        alike = ", and with as many prompt tokens as without it" if sight.counted_alike else ""
        read = "was read" if sight.read else "was not read, and figures were shown all the same"
        spent = f"; cost {dollars(sight.cost)}" if sight.cost is not None else ""
        yield f"Seeing: a drawn word {read}{alike} ({sight.word}, seed {sight.seed}{spent})"


def _epochs(epochs: EpochsTally, of: int) -> Iterator[str | Listed]:
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
        changing = count(len(epochs.changing), "question")
        label = f"Changing answers: {changing}, {epochs.right_and_wrong} between right and wrong:"
        yield Listed(label, epochs.changing)
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


def _examinee(sheet: Sheet, average: Examinee) -> str:
    """The average examinee's points beside the run's, criterion by criterion."""
    means = sheet.epochs.sections if sheet.epochs else None
    own = {
        name: section.points if means is None else means[name].mean
        for name, section in sheet.sections.items()
    }
    expected = {name: average.sections[name] for name in own}
    if not own:
        own, expected = {"": sheet.mean_points}, {"": average.points}
    unknown = (
        f"; no share is known of {', '.join(average.unknown)} (counted as wrong)"
        if average.unknown
        else ""
    )
    return (
        "Average examinee: one who answers each question like the average one scores "
        f"{' + '.join(f'{points:.0f}' for points in expected.values())}, this run "
        f"{' + '.join(map(mean_text, own.values()))}{unknown}"
    )


def _letters(letters: Mapping[str, Letter]) -> Iterator[str]:
    leaning = [
        f"{printable(letter)} {one.picked}, by equal chance {one.expected:.1f} "
        f"({p_text(one.p_holm)})"
        for letter, one in letters.items()
        if is_leaning(one)
    ]
    if leaning:
        wrong = sum(one.picked for one in letters.values())
        yield (
            f"Letters of {wrong} wrong answers: {'; '.join(leaning)}; Holm over all letters. The "
            "paper itself may lean to a letter"
        )


def _confidence(found: Confidence) -> Iterator[str]:
    figures = [f"accuracy {found.accuracy:.1%}"]
    for name, one in (("AUROC", found.auroc), ("ECE", found.ece)):
        if one is not None:
            figures.append(f"{name} {one.value:.3f} ({one.low:.3f} to {one.high:.3f})")
    yield (
        f"Confidence of {count(found.answers, 'answer')}: {', '.join(figures)}; {found.level:.0%} "
        f"by {found.draws} bootstrap draws of {count(found.cases, 'case')}"
    )
    bins = (f"{b.low:.0%} to {b.high:.0%} {b.correct} of {b.answers}" for b in found.bins)
    yield f"Correct, by confidence: {', '.join(bins)}"


def _refused(results: Results) -> Listed:
    refused = results.sheet.refused
    marks = results.scored()
    lost = sum(marks[name].max - marks[name].points for name in refused)
    return Listed(
        f"Refused ({count(len(refused), 'question')}, {count(lost, 'point')} lost):", refused
    )


def _formatting(sheet: Sheet) -> str:
    form, would_be = sheet.formatting, sheet.verdict_if_readable
    often = " of every epoch" if sheet.epochs else ""
    other = (
        ""
        if would_be in (None, sheet.verdict)
        else f"; {would_be.value.upper()} if every unreadable answer{often} were right"
    )
    miscounted = f"{_lost(form.miscounted, f'with the {MISCOUNTED}')}; "
    return (
        f"Formatting: {_lost(form.unreadable, 'unreadable')}; "
        f"{miscounted if form.miscounted.questions else ''}"
        f"{form.tolerant.questions} correct only to a tolerant reader "
        f"({count(form.tolerant.points, 'point')}){other}"
    )


def _lost(tally: Tally, what: str) -> str:
    return f"{tally.questions} {what} ({count(tally.max - tally.points, 'point')} lost)"


def _unanswered(results: Results) -> Iterator[Listed]:
    """People follow no answer format: where there is no answer, none was recorded."""
    marks = results.scored().values()
    silent = [one for one in marks if one.outcome is Outcome.NO_ANSWER and not one.answer]
    if silent:
        lost = count(sum(one.max - one.points for one in silent), "point")
        yield Listed(f"No answer recorded ({lost} lost):", [one.question for one in silent])


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
