"""The gates on a baseline: pass, fail, inconclusive, in words and in data."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import pytest

from jmle_plugin.ask.run import ImageMode
from jmle_plugin.compare.comparison import compare
from jmle_plugin.compare.gates import GATES, find_gate
from jmle_plugin.compare.pairing import places
from jmle_plugin.errors import SettingsError, UnknownNameError
from jmle_plugin.exam.model import AnswerKey, Criterion, Exam, KeyEntry, Question
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.report.comparison import comparison_document
from jmle_plugin.results.comparison import Comparison, Decision, Ruling
from jmle_plugin.results.file import Results
from jmle_plugin.session.option_table import BASELINE_GATES
from tests.builders import (
    FIGURE,
    lines_of,
    make_exam,
    make_mark,
    make_marks,
    make_question,
    make_results,
    make_run,
)
from tests.unit.compare.conftest import Sat


def make_pair(lost: int, gained: int = 0) -> Comparison:
    """Two runs of 60 one-point questions, of which the new one lost and gained some."""
    exam = make_exam(questions=make_sixty_questions(), key=make_sixty())
    sides = []
    for name, wrong in (("old", range(1, gained + 1)), ("new", range(31, 31 + lost))):
        marks = make_marks(exam)
        for number in wrong:
            changes = {"points": 0, "outcome": "incorrect", "answer": ["b"]}
            mark = marks[f"A-{number}"]
            marks[f"A-{number}"] = type(mark).model_validate(mark.model_dump() | changes)
        sides.append(make_results(exam, marks, run=make_run(run=name)))
    return compare(sides[0], sides[1], places(exam), margin=5)


def make_sixty_questions() -> list[Question]:
    return [make_question(f"A-{number}") for number in range(1, 61)]


def make_sixty() -> AnswerKey:
    entries = {f"A-{number}": KeyEntry((("a",),)) for number in range(1, 61)}
    return AnswerKey("official", "a key", entries, (Criterion("general", 30, 60),), None)


def decide(gate: str, comparison: Comparison) -> Ruling:
    return find_gate(gate).decide(comparison)


def test_a_significant_loss_fails_the_gate_and_noise_is_inconclusive() -> None:
    loss = decide("significant", make_pair(5))
    assert (loss.decision, loss.passed) == (Decision.FAIL, False)
    assert loss.sentence.startswith(
        "gate significant: fail: a significant loss against old "
        "(-5 points, one-sided sign-flip p = 0.031, alpha 0.05). Smallest loss"
    )
    assert loss.figures["p_value"] == pytest.approx(1 / 32)
    noise = decide("significant", make_pair(4))
    assert (noise.decision, noise.passed) == (Decision.INCONCLUSIVE, True)
    assert "gate significant: inconclusive: a loss within noise against old (-4 " in noise.sentence
    assert decide("significant", make_pair(4, 4)).decision is Decision.PASS
    significant = "The loss of 5 points is significant (one-sided p = 0.031)."
    assert significant in lines_of(comparison_document(make_pair(5)))
    gain = make_pair(0, 5)
    assert "The difference of 5 points is within noise (p = 0.062)." in lines_of(
        comparison_document(gain)
    )


def test_a_loss_passes_as_noninferior_only_where_it_can_be_excluded() -> None:
    # Nothing lost of 60: a loss of 5 would have shown itself with 1 - (55/60)^60 = 0.995.
    same = decide("noninferior", make_pair(0))
    assert (same.decision, same.passed) == (Decision.PASS, True)
    assert "can be excluded (lower bound -2.9, p = 0.005, alpha 0.05)" in same.sentence
    # p > 0.05 for a loss of 4 is no proof that there is none of 5, and none that there is.
    noise = decide("noninferior", make_pair(4))
    assert (noise.decision, noise.passed) == (Decision.INCONCLUSIVE, False)
    assert "gate noninferior: inconclusive: a loss of 5 points against old cannot" in noise.sentence
    assert "two equal runs that differ as often would pass" in noise.sentence
    loss = decide("noninferior", make_pair(5))
    assert (loss.decision, loss.passed) == (Decision.FAIL, False)
    assert "the loss is significant (p = 0.031)" in loss.sentence


def test_newly_wrong_questions_fail_where_chance_does_not_explain_them() -> None:
    exam = make_exam(questions=make_sixty_questions(), key=make_sixty())
    right = dict.fromkeys(exam.questions, Outcome.CORRECT)

    def sitting(name: str, *wrong: Sequence[int]) -> Results:
        marks = {
            (question, epoch): make_mark(
                exam, question, Outcome.INCORRECT if question in missed else good, epoch=epoch
            )
            for epoch, numbers in enumerate(wrong, 1)
            for missed in [{f"A-{number}" for number in numbers}]
            for question, good in right.items()
        }
        return make_results(exam, marks, run=make_run(run=name, epochs=len(wrong)))

    # One wrong reply of four to each of 1 to 6; chance has the new one wrong in a quarter.
    old = sitting("old", [1], [2], [3])
    noise = compare(old, sitting("new", [4]), places(exam))
    ruling = decide("newly-wrong", noise)
    assert (ruling.decision, ruling.passed) == (Decision.INCONCLUSIVE, True)
    assert "A-4 right in all of its epochs, new does not: 1 of 4 questions" in ruling.sentence
    found = compare(old, sitting("new", [4, 5, 6, 7]), places(exam))
    p = sum(comb(7, k) * 3 ** (7 - k) for k in range(4, 8)) / 4**7
    assert found.newly_wrong.p_value == pytest.approx(p)
    assert decide("newly-wrong", found).decision is Decision.INCONCLUSIVE
    worse = compare(old, sitting("new", range(4, 12)), places(exam))
    ruling = decide("newly-wrong", worse)
    assert (ruling.decision, ruling.figures["newly_wrong"]) == (Decision.FAIL, 8)
    assert decide("newly-wrong", compare(old, sitting("new", [1]), places(exam))).decision == "pass"
    # Of several new epochs the worst counts, times their number.
    several = compare(old, sitting("new", [], range(4, 12)), places(exam)).newly_wrong
    assert several.p_value == pytest.approx(2 * (worse.newly_wrong.p_value or 0))
    assert several.questions == worse.newly_wrong.questions


def test_the_gate_on_images_is_about_right_answers_with_figures(exam: Exam, sat: Sat) -> None:
    figures = [make_question(f"A-{n}", images=(FIGURE,)) for n in range(1, 11)]
    entries = {one.id: KeyEntry((("a",),)) for one in figures}
    many = make_exam(
        questions=figures,
        key=AnswerKey("official", "a key", entries, (Criterion("general", 5, 10),), None),
    )

    def sitting(name: str, wrong: int) -> Results:
        outcomes = {f"A_{n}": Outcome.INCORRECT for n in range(1, wrong + 1)}
        return make_results(many, make_marks(many, **outcomes), run=make_run(run=name))

    old = sitting("old", 0)
    for wrong, decision in ((0, "pass"), (4, "inconclusive"), (5, "fail")):
        ruling = decide("images", compare(old, sitting("new", wrong), places(many)))
        assert (ruling.decision, ruling.passed) == (decision, decision != "fail")
        assert f"with their figures than by old: {10 - wrong} of 10, there 10" in ruling.sentence
    # Nothing is known of figures without the exam, nor of a run that was not shown any.
    assert decide("images", compare(sat(), sat("new"))).decision is Decision.INCONCLUSIVE
    assert compare(sat(), sat("new", ["A-4"]), places(exam)).images is not None


def test_gates_refuse_a_baseline_that_lacks_what_they_decide_by(
    exam: Exam, sat: Sat, sat_often: Sat
) -> None:
    with pytest.raises(SettingsError, match="3 or more epochs; old has 1"):
        find_gate("newly-wrong").check(sat(), None)
    with pytest.raises(SettingsError, match="--margin=15"):
        find_gate("noninferior").check(sat(), None)
    blind = make_results(exam, make_marks(exam), run=make_run(run="old", images=ImageMode.BLIND))
    with pytest.raises(SettingsError, match="old was asked with images blind"):
        find_gate("images").check(blind, None)
    find_gate("images").check(sat(), None)
    find_gate("noninferior").check(sat(), 5)
    often = sat_often("old", [], [], [])
    find_gate("newly-wrong").check(often, None)
    # Part of it was asked once only.
    cut = often.model_copy(update={"marks": often.marks[:-2]})
    with pytest.raises(SettingsError, match="old has 1"):
        find_gate("newly-wrong").check(cut, None)


def test_every_gate_is_an_option_and_says_what_it_is() -> None:
    assert tuple(GATES) == BASELINE_GATES
    assert all(type(gate).__doc__ for gate in GATES.values())
    with pytest.raises(UnknownNameError, match="significant"):
        find_gate("significent")
