"""What a run's wrong answers lean to, and how far its confidence is to be believed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from jmle_plugin.compare.groups import SEED
from jmle_plugin.compare.measures import with_intervals
from jmle_plugin.compare.pairing import Place, places
from jmle_plugin.compare.significance import holm, times_picked
from jmle_plugin.compare.verdict import verdict_doubt
from jmle_plugin.exam.kinds import SINGLE
from jmle_plugin.exam.model import Exam, Question
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.results.doubt import LEVEL, Confidence, ConfidenceBin, Estimate, Letter
from jmle_plugin.results.file import Results

DRAWS = 2_000
BINS = 10
_CHUNK = 250
"""Draws at a time, so that no more than a few megabytes are held."""

Floats = NDArray[np.float64]
Chances = Mapping[str, float]
"""Label -> the chance that a wrong answer is that one."""


def with_doubt(results: Results, exam: Exam) -> Results:
    """The results, and how sure those of a whole sitting are: verdict, letters, confidence.

    Of a bench, how sure its measures are, besides.
    """
    if results.sheet.bench:
        results = with_intervals(results, exam)
    if results.sheet.verdict is Verdict.PARTIAL:
        return results
    where = places(exam)
    return results.model_copy(
        update={
            "doubt": verdict_doubt(results, where),
            "letters": letters(results, exam),
            "confidence": confidence(results, where),
        }
    )


def letters(results: Results, exam: Exam) -> dict[str, Letter]:
    """The letters of a run's wrong answers, against equal chance among the wrong options.

    Of single-choice questions, a question in several epochs by its majority answer. Empty where
    none is wrong.
    """
    picks = {}
    single = {one.id for one in exam.questions.values() if one.form == SINGLE}
    for name, mark in _wrong_picks(results, single).items():
        wrong = _wrong_options(exam.questions[name], mark)
        if mark.answer[0] in wrong:
            picks[name] = (mark.answer[0], dict.fromkeys(wrong, 1 / len(wrong)))
    return _tested(picks.values())


def letters_against_others(
    runs: Sequence[Results], where: Mapping[str, Place]
) -> list[dict[str, Letter]]:
    """The letters of each run's wrong answers, against those of all runs to the same questions.

    If it made no difference which run an answer is from, each of the wrong answers to a question
    would be as likely to be this run's. What leans to a letter in the paper does so for all, and
    a question that only one run got wrong tells nothing. Holm over all letters of all runs.
    """
    single = {name for name, place in where.items() if place.kind == SINGLE}
    picked = [_wrong_picks(one, single) for one in runs]
    shares: dict[str, Chances] = {}
    for name in dict.fromkeys(name for marks in picked for name in marks):
        given = [marks[name].answer[0] for marks in picked if name in marks]
        shares[name] = {label: given.count(label) / len(given) for label in given}
    found = [
        _tested((mark.answer[0], shares[name]) for name, mark in marks.items()) for marks in picked
    ]
    adjusted = iter(holm([one.p_value for tested in found for one in tested.values()]))
    return [
        {label: one.model_copy(update={"p_holm": next(adjusted)}) for label, one in tested.items()}
        for tested in found
    ]


def _wrong_picks(results: Results, single: Collection[str]) -> dict[str, Mark]:
    """The marks of single-choice questions that were answered wrongly."""
    return {
        name: mark
        for name, mark in results.scored().items()
        if mark.outcome is Outcome.INCORRECT and len(mark.answer) == 1 and name in single
    }


def _wrong_options(question: Question, mark: Mark) -> list[str]:
    accepted = {label for answer in mark.accepted for label in answer}
    return [label for label in question.labels if label not in accepted]


def _tested(picks: Iterable[tuple[str, Chances]]) -> dict[str, Letter]:
    """Each letter with its exact p-value; `picks` are the label picked and what might have been."""
    known = list(picks)
    found = {}
    for label in sorted({label for _, chances in known for label in chances}):
        chances = [one[label] for _, one in known if label in one]
        picked = sum(one == label for one, _ in known)
        found[label] = picked, sum(chances), times_picked(chances, picked)
    adjusted = holm([p for _, _, p in found.values()])
    return {
        label: Letter(picked=picked, expected=round(expected, 6), p_value=p, p_holm=p_holm)
        for (label, (picked, expected, p)), p_holm in zip(found.items(), adjusted, strict=True)
    }


def confidence(results: Results, where: Mapping[str, Place]) -> Confidence | None:
    """How far the recorded confidence of a run tells right answers from wrong ones.

    None where no reply has any. The intervals are of cases drawn again, with replacement.
    """
    marks = [mark for mark in results.marks if mark.confidence is not None and mark.max]
    if not marks:
        return None
    stated = np.array([mark.confidence for mark in marks], float)
    right = np.array([mark.outcome is Outcome.CORRECT for mark in marks], float)
    names = [where[one.question].group if one.question in where else one.question for one in marks]
    cases, case = np.unique(names, return_inverse=True)
    generator = np.random.default_rng(SEED)
    whole = np.ones((1, len(marks)))
    even = np.full(len(cases), 1 / len(cases))
    drawn = [
        generator.multinomial(len(cases), even, size=_CHUNK)[:, case].astype(np.float64)
        for _ in range(DRAWS // _CHUNK)
    ]
    return Confidence(
        answers=len(marks),
        correct=int(right.sum()),
        cases=len(cases),
        level=LEVEL,
        draws=DRAWS,
        seed=SEED,
        auroc=_estimate([_auroc(stated, right, times) for times in (whole, *drawn)]),
        ece=_estimate([_ece(stated, right, times) for times in (whole, *drawn)]),
        bins=list(_bins(stated, right)),
    )


def _estimate(figures: Sequence[Floats]) -> Estimate | None:
    """The figure itself, which comes first, and its percentile interval; None if there is none.

    A draw without both right and wrong answers has none either, and is left out.
    """
    value, drawn = float(figures[0][0]), np.concatenate(figures[1:])
    if np.isnan(value):
        return None
    tail = (1 - LEVEL) / 2
    low, high = np.nanquantile(drawn, [tail, 1 - tail])
    return Estimate(value=round(value, 6), low=round(float(low), 6), high=round(float(high), 6))


def _auroc(stated: Floats, right: Floats, times: Floats) -> Floats:
    """The chance that a right answer has more confidence than a wrong one, ties by half.

    `times` says how often each answer is there, shape (draws, answers).
    """
    levels, level = np.unique(stated, return_inverse=True)
    counts = np.zeros((2, len(times), len(levels)))
    for kind, of_kind in enumerate((1 - right, right)):
        np.add.at(counts[kind].T, level, (times * of_kind).T)
    wrong_at, right_at = counts
    below = np.cumsum(wrong_at, axis=1) - wrong_at / 2
    pairs = right_at.sum(axis=1) * wrong_at.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray((right_at * below).sum(axis=1) / pairs)


def _ece(stated: Floats, right: Floats, times: Floats) -> Floats:
    """The mean distance of confidence and accuracy over the bins, by their answers."""
    gaps = np.zeros(len(times))
    for inside in _members(stated):
        gaps += abs((times[:, inside] * (right[inside] - stated[inside])).sum(axis=1))
    return np.asarray(gaps / times.sum(axis=1))


def _members(stated: Floats) -> list[NDArray[np.bool_]]:
    """Which answers are in each bin: above its lower end, up to its upper one; 0 in the first."""
    place = np.clip(np.ceil(stated * BINS) - 1, 0, BINS - 1)
    return [place == number for number in range(BINS)]


def _bins(stated: Floats, right: Floats) -> Iterator[ConfidenceBin]:
    for (low, high), inside in zip(
        pairwise(np.linspace(0, 1, BINS + 1)), _members(stated), strict=True
    ):
        if inside.any():
            yield ConfidenceBin(
                low=round(float(low), 6),
                high=round(float(high), 6),
                answers=int(inside.sum()),
                correct=int(right[inside].sum()),
                confidence=round(float(stated[inside].mean()), 6),
            )
