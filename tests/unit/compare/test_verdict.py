"""How sure a verdict is, against enumeration of what could be drawn."""

from __future__ import annotations

from itertools import product

import pytest

from jmle_plugin.compare.pairing import places
from jmle_plugin.compare.verdict import verdict_doubt
from jmle_plugin.exam.model import Criterion, Exam, ProhibitedRule
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.results.doubt import PassChance, VerdictDoubt
from tests.builders import make_exam, make_key, make_marks, make_results
from tests.unit.compare.conftest import Sat

LENIENT = (Criterion("required", 4, 7), Criterion("general", 3, 4))


def doubt_of(exam: Exam, **outcomes: Outcome) -> VerdictDoubt:
    found = verdict_doubt(make_results(exam, make_marks(exam, **outcomes)), places(exam))
    assert found is not None
    return found


def chance(found: PassChance | None) -> float:
    assert found is not None
    return found.passed / found.draws


def test_another_exam_redraws_questions_within_their_strata(exam: Exam) -> None:
    # General: 3 of 4 right, 3 needed; four draws. Required is all right whatever is drawn.
    found = doubt_of(exam, A_1=Outcome.INCORRECT)
    expected = sum(
        0.75 ** sum(draws) * 0.25 ** (4 - sum(draws))
        for draws in product((0, 1), repeat=4)
        if sum(draws) >= 3
    )
    assert found.verdict is Verdict.PASS
    assert chance(found.another_exam) == pytest.approx(expected, abs=0.015)
    assert found.this_exam_again is None


def test_prohibited_choices_are_drawn_with_their_questions() -> None:
    key = make_key(criteria=LENIENT, prohibited=ProhibitedRule(1, listed=True))
    exam = make_exam(key)
    marks = make_marks(exam)
    marks["A-1"] = marks["A-1"].model_copy(update={"prohibited": ["e"]})
    found = verdict_doubt(make_results(exam, marks), places(exam))
    assert found is not None
    # One of four questions holds a prohibited choice; at most one may be drawn.
    expected = 0.75**4 + 4 * 0.25 * 0.75**3
    assert chance(found.another_exam) == pytest.approx(expected, abs=0.015)


def test_this_exam_again_draws_one_reply_a_question(exam: Exam, sat_often: Sat) -> None:
    often = sat_often("new", [], ["A-1", "A-2"], ["A-1"])
    found = verdict_doubt(often, places(exam))
    assert found is not None
    # A-1 is right in 1 of 3, A-2 in 2 of 3; one of the two must be.
    assert chance(found.this_exam_again) == pytest.approx(1 - 2 / 3 / 3, abs=0.015)


def test_certainty_is_never_claimed() -> None:
    assert str(PassChance(passed=10_000, draws=10_000, seed=1)) == "> 0.9999"
    assert str(PassChance(passed=9_999, draws=10_000, seed=1)) == "0.9999"
    assert str(PassChance(passed=0, draws=10_000, seed=1)) == "< 0.0001"
    assert str(PassChance(passed=5_000, draws=10_000, seed=1)) == "0.5000"
    assert str(PassChance(passed=500, draws=500, seed=1)) == "> 0.998"


def test_the_one_missed_question_that_would_have_passed_is_named(exam: Exam) -> None:
    found = doubt_of(exam, B_2=Outcome.INCORRECT)
    assert (found.verdict, found.missed, found.lucky) == (Verdict.FAIL, ("B-2",), ())
    # Where another criterion fails as well, no single question turns the verdict.
    assert doubt_of(exam, B_2=Outcome.INCORRECT, A_1=Outcome.INCORRECT).missed == ("B-2",)
    both = doubt_of(exam, B_2=Outcome.INCORRECT, A_1=Outcome.INCORRECT, A_2=Outcome.INCORRECT)
    assert both.missed == ()
    assert doubt_of(exam, B_2=Outcome.INCORRECT, B_3=Outcome.INCORRECT).missed == ()
    strict = make_exam(make_key(criteria=(Criterion("required", 7, 7), Criterion("general", 3, 4))))
    assert doubt_of(strict, B_2=Outcome.INCORRECT).missed == ("B-2",)


@pytest.mark.parametrize(
    ("limit", "wrong", "picked", "missed"),
    [
        # One too many by the choices alone: a missed question with such a choice mends it.
        (0, ("B-2",), ("B-2",), ("B-2",)),
        (1, ("A-1", "B-2"), ("A-1", "B-2"), ("B-2",)),
        # Two too many, or one too many in another question: no question does.
        (0, ("A-1", "B-2"), ("A-1", "B-2"), ()),
        (0, ("A-1", "B-2"), ("A-1",), ()),
        # A section failed as well: the one question has to mend both.
        (0, ("B-2", "B-3"), ("B-2",), ("B-2",)),
        (0, ("B-2", "B-3"), ("B-1",), ()),
        (1, ("B-2", "B-3"), ("B-2",), ("B-2", "B-3")),
        (0, ("A-1", "A-2", "A-3", "B-2"), ("B-2",), ()),
    ],
)
def test_a_fail_by_prohibited_choices_is_mended_by_the_question_that_had_one(
    limit: int, wrong: tuple[str, ...], picked: tuple[str, ...], missed: tuple[str, ...]
) -> None:
    exam = make_exam(
        make_key(criteria=LENIENT, prohibited=ProhibitedRule(limit, listed=True)),
    )
    marks = make_marks(exam, **{one.replace("-", "_"): Outcome.INCORRECT for one in wrong})
    for one in picked:
        marks[one] = marks[one].model_copy(update={"prohibited": ["e"]})
    found = verdict_doubt(make_results(exam, marks), places(exam))
    assert found is not None
    assert (found.verdict, found.missed) == (Verdict.FAIL, missed)


def test_the_right_answers_that_hold_a_pass_are_named(exam: Exam, sat_often: Sat) -> None:
    assert doubt_of(exam).lucky == ("B-2", "B-3")
    found = verdict_doubt(sat_often("new", [], ["B-3"]), places(exam))
    assert found is not None
    assert found.lucky == ("B-3",)
    lenient = make_exam(make_key(criteria=LENIENT))
    assert doubt_of(lenient).lucky == ()


def test_without_a_verdict_there_is_no_doubt(exam: Exam, sat: Sat) -> None:
    assert verdict_doubt(sat(asked=["A-1"]), places(exam)) is None
    found = verdict_doubt(sat())
    assert found is not None
    assert found.another_exam is None
    # Places of another exam say nothing either.
    found = verdict_doubt(sat(), dict(list(places(exam).items())[1:]))
    assert found is not None
    assert found.another_exam is None
