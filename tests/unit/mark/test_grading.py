"""Outcomes and points."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.model import KeyEntry, NumericRule, Question, Treatment
from jmle_plugin.mark.extraction import How, Reading
from jmle_plugin.mark.grading import Outcome, Score, grade, prohibited_picks, score


def choice_question(
    select: int = 1, points: int = 1, prohibited: str = "", wrong: int = 0
) -> Question:
    return Question(
        "X-1",
        "X",
        1,
        "general",
        QuestionKind.CHOICE,
        "stem",
        points,
        wrong=wrong,
        select=select,
        options=dict.fromkeys("abcde", ""),
        prohibited=frozenset(prohibited),
    )


NUMERIC = Question("X-2", "X", 2, "general", QuestionKind.NUMERIC, "stem", 1)


def reading(*answer: str) -> Reading:
    return Reading(answer, How.EXACT if answer else How.NONE, "")


def grade_choice(select: int, accepted: list[str], answer: str) -> Outcome:
    entry = KeyEntry(tuple(tuple(labels) for labels in accepted))
    return grade(choice_question(select), entry, reading(*answer), NumericRule.NUMBER)


@pytest.mark.parametrize(
    ("select", "accepted", "answer", "outcome"),
    [
        (1, ["c"], "c", Outcome.CORRECT),
        (1, ["c"], "a", Outcome.INCORRECT),
        (1, ["c"], "", Outcome.NO_ANSWER),
        (1, ["c"], "ac", Outcome.NO_ANSWER),
        (1, ["a", "c"], "c", Outcome.CORRECT),
        (1, ["a", "c"], "ac", Outcome.NO_ANSWER),
        (2, ["ac"], "ac", Outcome.CORRECT),
        (2, ["ac"], "ad", Outcome.INCORRECT),
        (2, ["ac"], "a", Outcome.NO_ANSWER),
        (2, ["ac"], "acd", Outcome.NO_ANSWER),
        (2, ["ac", "a"], "a", Outcome.CORRECT),
        (2, ["ac", "a"], "b", Outcome.INCORRECT),
        (2, [], "ac", Outcome.INCORRECT),
    ],
)
def test_choice_outcomes(select: int, accepted: list[str], answer: str, outcome: Outcome) -> None:
    assert grade_choice(select, accepted, answer) is outcome


@pytest.mark.parametrize(
    ("written", "key", "by_number", "by_text"),
    [
        ("0.40", "0.40", Outcome.CORRECT, Outcome.CORRECT),
        ("0.4", "0.40", Outcome.CORRECT, Outcome.INCORRECT),
        ("+0.40", "0.40", Outcome.CORRECT, Outcome.INCORRECT),
        ("04", "4", Outcome.CORRECT, Outcome.INCORRECT),
        ("28.1", "28", Outcome.INCORRECT, Outcome.INCORRECT),
        ("28**", "28", Outcome.NO_ANSWER, Outcome.NO_ANSWER),
        ("3 1 5", "315", Outcome.NO_ANSWER, Outcome.NO_ANSWER),
        ("NaN", "315", Outcome.NO_ANSWER, Outcome.NO_ANSWER),
        ("sNaN", "315", Outcome.NO_ANSWER, Outcome.NO_ANSWER),
        ("Infinity", "315", Outcome.NO_ANSWER, Outcome.NO_ANSWER),
        ("\ud800", "315", Outcome.NO_ANSWER, Outcome.NO_ANSWER),
        ("315", "none", Outcome.INCORRECT, Outcome.INCORRECT),
    ],
)
def test_numeric_outcomes(written: str, key: str, by_number: Outcome, by_text: Outcome) -> None:
    entry = KeyEntry(((key,),))
    assert grade(NUMERIC, entry, reading(written), NumericRule.NUMBER) is by_number
    assert grade(NUMERIC, entry, reading(written), NumericRule.TEXT) is by_text


def test_several_numbers_may_be_accepted() -> None:
    entry = KeyEntry((("28",), ("28.1",)))
    assert grade(NUMERIC, entry, reading("28.10"), NumericRule.NUMBER) is Outcome.CORRECT


def test_nothing_read_is_no_answer_to_a_numeric_question() -> None:
    assert grade(NUMERIC, KeyEntry((("1",),)), reading(), NumericRule.TEXT) is Outcome.NO_ANSWER


@pytest.mark.parametrize(
    ("select", "answer", "picks"),
    [(1, "d", "d"), (1, "a", ""), (2, "de", "de"), (2, "cd", "d"), (1, "de", ""), (2, "", "")],
)
def test_prohibited_picks_need_a_valid_answer(select: int, answer: str, picks: str) -> None:
    question = choice_question(select, prohibited="de")
    assert prohibited_picks(question, reading(*answer)) == frozenset(picks)


def test_a_number_is_never_a_prohibited_pick() -> None:
    assert prohibited_picks(NUMERIC, reading("3")) == frozenset()


@pytest.mark.parametrize(
    ("treatment", "correct", "wrong", "error"),
    [
        (Treatment.STANDARD, (3, 3), (0, 3), (0, 3)),
        (Treatment.CREDIT_ALL, (3, 3), (3, 3), (0, 3)),
        (Treatment.EXCLUDE, (0, 0), (0, 0), (0, 0)),
        (Treatment.EXCLUDE_IF_WRONG, (3, 3), (0, 0), (0, 3)),
    ],
)
def test_points_follow_the_treatment(
    treatment: Treatment, correct: tuple[int, int], wrong: tuple[int, int], error: tuple[int, int]
) -> None:
    question, entry = choice_question(points=3), KeyEntry((("a",),), treatment)
    assert score(question, entry, Outcome.CORRECT) == Score(*correct)
    assert score(question, entry, Outcome.INCORRECT) == Score(*wrong)
    assert score(question, entry, Outcome.NO_ANSWER) == Score(*wrong)
    assert score(question, entry, Outcome.ERROR) == Score(*error)


@pytest.mark.parametrize(
    ("treatment", "correct", "wrong", "none", "error"),
    [
        (Treatment.STANDARD, (3, 3, -1), (-1, 3, -1), (0, 3, -1), (0, 3, -1)),
        (Treatment.CREDIT_ALL, (3, 3), (3, 3), (3, 3), (0, 3)),
        (Treatment.EXCLUDE, (0, 0), (0, 0), (0, 0), (0, 0)),
        (Treatment.EXCLUDE_IF_WRONG, (3, 3), (0, 0), (0, 0), (0, 3)),
    ],
)
def test_only_a_wrong_answer_that_counts_costs_points(
    treatment: Treatment,
    correct: tuple[int, ...],
    wrong: tuple[int, ...],
    none: tuple[int, ...],
    error: tuple[int, ...],
) -> None:
    question = choice_question(points=3, wrong=-1)
    entry = KeyEntry((("a",),), treatment)
    scores = [score(question, entry, outcome) for outcome in Outcome]
    assert scores == [Score(*one) for one in (correct, wrong, none, error)]


# --- properties -----------------------------------------------------------------------

LABELS = st.lists(st.sampled_from("abcde"), unique=True, max_size=5)
OUTCOMES = st.sampled_from(Outcome)
POINTS = st.integers(0, 3)


@given(st.data(), LABELS, st.lists(LABELS.map(tuple), max_size=3), st.integers(1, 5))
def test_the_order_of_labels_does_not_matter(
    data: st.DataObject, answer: list[str], accepted: list[tuple[str, ...]], select: int
) -> None:
    shuffled = data.draw(st.permutations(answer))
    question, entry = choice_question(select, prohibited="ab"), KeyEntry(tuple(accepted))
    first, second = reading(*answer), reading(*shuffled)
    assert grade(question, entry, first, NumericRule.NUMBER) is grade(
        question, entry, second, NumericRule.NUMBER
    )
    assert prohibited_picks(question, first) == prohibited_picks(question, second)


@given(st.text(st.characters(exclude_categories=()), max_size=20), st.sampled_from(NumericRule))
def test_free_text_never_raises(written: str, rule: NumericRule) -> None:
    assert grade(NUMERIC, KeyEntry((("0.40",),)), reading(written), rule) in Outcome


@given(POINTS, st.integers(-2, 0), st.sampled_from(Treatment), OUTCOMES)
def test_points_stay_within_their_bounds(
    points: int, wrong: int, treatment: Treatment, outcome: Outcome
) -> None:
    question = choice_question(points=points, wrong=wrong)
    earned = score(question, KeyEntry((("a",),), treatment), outcome)
    assert wrong <= earned.least <= earned.points <= earned.maximum <= points
    if outcome is Outcome.ERROR:
        assert earned.points == 0


@given(st.lists(st.tuples(POINTS, OUTCOMES), max_size=12), POINTS, OUTCOMES)
def test_exclude_if_wrong_never_lowers_the_share(
    others: list[tuple[int, Outcome]], points: int, outcome: Outcome
) -> None:
    def share(treatment: Treatment) -> Fraction:
        scores = [
            score(choice_question(points=each), KeyEntry((("a",),)), became)
            for each, became in others
        ]
        scores.append(
            score(choice_question(points=points), KeyEntry((("a",),), treatment), outcome)
        )
        maximum = sum(each.maximum for each in scores)
        return Fraction(sum(each.points for each in scores), maximum) if maximum else Fraction(1)

    assert share(Treatment.EXCLUDE_IF_WRONG) >= share(Treatment.STANDARD)
