"""What the score sheet says below its tables: epochs, form, tokens, cost, lists of questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jmle_plugin.mark.grading import Examinee, Outcome
from jmle_plugin.mark.sheet import (
    EpochScore,
    EpochsTally,
    Sheet,
    Tally,
)
from jmle_plugin.report.bench import bench_sentences
from jmle_plugin.report.document import Listed
from jmle_plugin.report.layout import dollars
from jmle_plugin.report.spent import figures_sentence, spent_sentences
from jmle_plugin.results.doubt import Confidence, Letter, VerdictDoubt, is_leaning
from jmle_plugin.results.file import Results
from jmle_plugin.results.language import clauses, joined, mean_text, named, p_text, wording
from jmle_plugin.text import printable


def remarks(results: Results) -> Iterator[str | Listed]:
    """Sentences and lists of questions; a label ends at the first colon."""
    sheet = results.sheet
    yield from bench_sentences(sheet)
    if sheet.epochs is not None:
        yield from _epochs(sheet.epochs, sheet.of)
    yield from _answers(results)
    yield from spent_sentences(sheet)
    yield from _asked(results)
    if sheet.figures is not None and sheet.figures.changed:
        yield figures_sentence(sheet.figures)
    ends = {
        named(f"remark.end.{name}", name): n
        for name, n in sheet.finish_reasons.items()
        if name != "stop"
    }
    if ends:
        yield wording("remark.ends", reasons=_counted(ends))
    if sheet.native_finish_reasons:
        theirs = {printable(name): n for name, n in sheet.native_finish_reasons.items()}
        yield wording("remark.native_ends", reasons=_counted(theirs))
    lists = {
        wording("remark.missed_required"): sheet.missed_required,
        wording("remark.prohibited"): sheet.prohibited.questions,
        wording("remark.errors", number=len(sheet.errors)): sheet.errors,
    }
    yield from (Listed(label, questions) for label, questions in lists.items() if questions)


def _counted(found: Mapping[str, int]) -> str:
    """How often each reason was given."""
    return joined(
        wording("remark.reason", reason=reason, number=number) for reason, number in found.items()
    )


def doubt_sentences(doubt: VerdictDoubt) -> Iterator[str]:
    """How sure a verdict is, in one or two sentences."""
    chances = [
        wording(f"remark.chance.{name}", chance=str(one))
        for name, one in (
            ("another_exam", doubt.another_exam),
            ("this_exam_again", doubt.this_exam_again),
        )
        if one is not None
    ]
    if chances:
        key = "remark.chance.of" if doubt.serial_known else "remark.chance.of_alone"
        yield wording(key, chances=clauses(chances))
    for name, questions in (("missed", doubt.missed), ("lucky", doubt.lucky)):
        if questions:
            yield wording(f"remark.turning.{name}", questions=joined(questions))


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
        yield from _confidence(results.confidence, cases_told=results.exam.cases_told)


def _asked(results: Results) -> Iterator[str]:
    """How the replies came about, where that is another way than the usual."""
    if (client := results.provenance.client) is not None:
        yield wording("remark.client", client=printable(str(client)))
    if (sight := results.provenance.sight) is not None:
        outcome = "read" if sight.read else "unread"
        facts = [wording("remark.sight.drawn", word=sight.word, seed=sight.seed)]
        if sight.cost is not None:
            facts.append(wording("remark.sight.cost", cost=dollars(sight.cost)))
        alike = "_alike" if sight.counted_alike else ""
        yield wording(f"remark.sight.{outcome}{alike}", facts=clauses(facts))


def _epochs(epochs: EpochsTally, of: int) -> Iterator[str | Listed]:
    values: dict[str, object] = {
        "epochs": epochs.count,
        "points": joined(map(_epoch_points, epochs.scores)),
    }
    if epochs.mean is None or epochs.deviation is None:
        yield wording("remark.epochs", **values)
    else:
        means = {"mean": f"{epochs.mean:.1f}", "sd": f"{epochs.deviation:.1f}"}
        yield wording("remark.epochs_mean", **values, **means)
    if epochs.always_right is not None and epochs.always_wrong is not None:
        right, wrong = (
            wording("remark.share", number=number, share=f"{number / of:.0%}")
            for number in (epochs.always_right, epochs.always_wrong)
        )
        yield wording("remark.always", right=right, wrong=wrong)
    if epochs.majority is not None:
        verdict = named(f"verdict.lower.{epochs.majority}", str(epochs.majority))
        yield wording("remark.majority", epochs=epochs.count, verdict=verdict)
    yield from _passed_alone(epochs)
    if epochs.changing:
        both = epochs.right_and_wrong
        label = wording("remark.changing", len(epochs.changing), right_and_wrong=both)
        yield Listed(label, epochs.changing)
    elif epochs.mean is not None:
        yield wording("remark.steady")


def _passed_alone(epochs: EpochsTally) -> Iterator[str]:
    decided = [score for score in epochs.scores if score.passed is not None]
    if not decided:
        return
    passed = [str(score.epoch) for score in decided if score.passed]
    which = {0: wording("remark.none"), len(epochs.scores): wording("remark.all")}
    parts = [wording("remark.passed_alone", epochs=which.get(len(passed), joined(passed)))]
    if unknown := [str(score.epoch) for score in epochs.scores if score.passed is None]:
        parts.append(wording("remark.undecided", epochs=joined(unknown)))
    yield clauses(parts)


def _epoch_points(score: EpochScore) -> str:
    if not score.errors:
        return str(score.points)
    return wording("remark.epoch_errors", points=score.points, errors=score.errors)


def _by_human_accuracy(bins: Mapping[str, Tally]) -> str:
    shares = (
        wording(
            "remark.bin",
            bin=named(f"remark.bins.{name}", name),
            some=tally.correct,
            all=tally.questions,
        )
        for name, tally in bins.items()
    )
    return wording("remark.by_human_accuracy", bins=joined(shares))


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
    sentence = wording(
        "remark.examinee",
        average=" + ".join(f"{points:.0f}" for points in expected.values()),
        run=" + ".join(map(mean_text, own.values())),
    )
    if not average.unknown:
        return sentence
    return clauses(
        [sentence, wording("remark.examinee_unknown", questions=joined(average.unknown))]
    )


def _letters(letters: Mapping[str, Letter]) -> Iterator[str]:
    leaning = [
        wording(
            "remark.letter",
            letter=printable(letter),
            picked=one.picked,
            expected=f"{one.expected:.1f}",
            p=p_text(one.p_holm),
        )
        for letter, one in letters.items()
        if is_leaning(one)
    ]
    if leaning:
        wrong = sum(one.picked for one in letters.values())
        yield wording("remark.letters", wrong=wrong, letters=clauses(leaning))


def _confidence(found: Confidence, *, cases_told: bool) -> Iterator[str]:
    figures = [wording("remark.accuracy", share=f"{found.accuracy:.1%}")]
    for name, one in (("AUROC", found.auroc), ("ECE", found.ece)):
        if one is not None:
            ends = {"low": f"{one.low:.3f}", "high": f"{one.high:.3f}"}
            figures.append(wording("remark.estimate", name=name, value=f"{one.value:.3f}", **ends))
    yield wording(
        "remark.confidence" if cases_told else "remark.confidence_alone",
        found.answers,
        figures=joined(figures),
        level=f"{found.level:.0%}",
        draws=found.draws,
        cases=wording("count.cases", found.cases),
    )
    bins = (
        wording(
            "remark.confidence_bin",
            low=f"{one.low:.0%}",
            high=f"{one.high:.0%}",
            some=one.correct,
            all=one.answers,
        )
        for one in found.bins
    )
    yield wording("remark.by_confidence", bins=joined(bins))


def _refused(results: Results) -> Listed:
    refused = results.sheet.refused
    marks = results.scored()
    lost = wording("count.points", sum(marks[name].max - marks[name].points for name in refused))
    return Listed(wording("remark.refused", len(refused), points=lost), refused)


def _formatting(sheet: Sheet) -> str:
    form, would_be = sheet.formatting, sheet.verdict_if_readable
    parts = [_lost("remark.unreadable", form.unreadable)]
    if form.miscounted.questions:
        parts.append(_lost("remark.miscounted", form.miscounted))
    tolerated = wording("count.points", form.tolerant.points)
    parts.append(wording("remark.tolerant", number=form.tolerant.questions, points=tolerated))
    if would_be not in (None, sheet.verdict):
        key = "remark.if_readable_epochs" if sheet.epochs else "remark.if_readable"
        verdict = wording(f"verdict.upper.{would_be}")
        parts.append(wording(key, verdict=verdict))
    return wording("remark.formatting", facts=clauses(parts))


def _lost(key: str, tally: Tally) -> str:
    points = wording("count.points", tally.max - tally.points)
    return wording(key, number=tally.questions, points=points)


def _unanswered(results: Results) -> Iterator[Listed]:
    """People follow no answer format: where there is no answer, none was recorded."""
    marks = results.scored().values()
    silent = [one for one in marks if one.outcome is Outcome.NO_ANSWER and not one.answer]
    if silent:
        lost = wording("count.points", sum(one.max - one.points for one in silent))
        label = wording("remark.unanswered", points=lost)
        yield Listed(label, [one.question for one in silent])
