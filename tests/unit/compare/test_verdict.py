"""How sure a verdict is, against enumeration of what could be drawn."""

from __future__ import annotations

import pytest
from scipy import stats

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


def test_another_paper_redraws_cases_within_their_strata(exam: Exam) -> None:
    # General: 3 of 4 right, 3 needed, one prior case of 0.1 on either end: beta-binomial. The
    # required block has one question of 1 point and one case of 6: whatever they were may
    # turn out otherwise in 0.1 of 1.2 draws.
    found = doubt_of(exam, A_1=Outcome.INCORRECT)
    general = 1 - stats.betabinom.cdf(2, 4, 3.1, 1.1)
    full = 1.1 / 1.2
    # 6 of 7 needed: the case has to be right.
    assert found.verdict is Verdict.PASS
    assert chance(found.another_exam) == pytest.approx(general * full, abs=0.02)
    assert found.this_exam_again is None


def test_prohibited_choices_are_drawn_with_their_questions() -> None:
    key = make_key(criteria=LENIENT, prohibited=ProhibitedRule(1, listed=True))
    exam = make_exam(key)
    marks = make_marks(exam)
    marks["A-1"] = marks["A-1"].model_copy(update={"prohibited": ["e"]})
    found = verdict_doubt(make_results(exam, marks), places(exam))
    assert found is not None
    # At most one of four draws may be the question with a prohibited choice, weight 1 of 4.2;
    # at most one may be lost, weight 0.1 of 4.2; and the required case must be right.
    alpha = [1.0, 0.1, 3.1]
    expected = sum(
        stats.dirichlet_multinomial.pmf([picked, lost, 4 - picked - lost], alpha, 4)
        for picked in (0, 1)
        for lost in (0, 1)
    )
    assert chance(found.another_exam) == pytest.approx(expected * 1.1 / 1.2, abs=0.02)


def test_several_epochs_are_drawn_as_single_sittings(exam: Exam, sat_often: Sat) -> None:
    # Two of four questions are wrong in half of the replies: as one of four wrong.
    found = verdict_doubt(sat_often("new", ["A-1", "A-2"], []), places(exam))
    assert found is not None
    expected = (1 - stats.betabinom.cdf(2, 4, 3.1, 1.1)) * 1.1 / 1.2
    assert chance(found.another_exam) == pytest.approx(expected, abs=0.02)


def test_this_exam_again_draws_one_reply_a_question(exam: Exam, sat_often: Sat) -> None:
    often = sat_often("new", [], ["A-1", "A-2"], ["A-1"])
    found = verdict_doubt(often, places(exam))
    assert found is not None
    # A-1 is right in 1 of 3, A-2 in 2 of 3; one of the two must be.
    assert chance(found.this_exam_again) == pytest.approx(1 - 2 / 3 / 3, abs=0.015)


@pytest.mark.parametrize(
    ("passed", "says"),
    [
        (10_000, "> 0.99"),
        (9_901, "> 0.99"),
        (9_900, "0.99"),
        (5_000, "0.50"),
        (100, "0.01"),
        (99, "< 0.01"),
        (0, "< 0.01"),
    ],
)
def test_no_chance_is_told_beyond_one_in_a_hundred(passed: int, says: str) -> None:
    assert str(PassChance(passed=passed, draws=10_000, seed=1)) == says


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
