"""The majority answer, and what a sheet says of the epochs it was made from."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jmle_plugin.exam.model import NumericRule
from jmle_plugin.gateway.reply import Reply, Usage
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.epochs import Asking, majority, score_epochs
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark, mark_error, mark_reply
from jmle_plugin.mark.scoring import build_sheet
from jmle_plugin.mark.sheet import EpochsTally, Sheet, Verdict
from tests.builders import make_exam, make_key, make_mark, make_marks

EXAM = make_exam()
NAMES = list(EXAM.questions)


def marked(name: str, *texts: str, numeric: NumericRule = NumericRule.NUMBER) -> list[Mark]:
    """The marks of these answers, one an epoch."""
    key = replace(make_key(), numeric=numeric)
    return [
        mark_reply(EXAM.questions[name], key, Reply(f"【回答】{text}"), epoch=epoch)
        for epoch, text in enumerate(texts, 1)
    ]


def lost(name: str, epoch: int) -> Mark:
    return mark_error(EXAM.questions[name], EXAM.key, "outage", epoch=epoch)


@pytest.mark.parametrize(
    ("name", "answers", "epoch"),
    [
        ("A-1", "a", 1),
        ("A-1", "b a a", 2),
        ("A-1", "b a c", 1),
        ("A-1", "b a a b", 1),
        ("A-1", "? a b ? a ?", 1),
        ("A-1", "a ? bc", 2),
        ("A-2", "bc a,c c,a", 2),
        ("A-3", "0.5 0.4 0.40", 2),
        ("A-3", "1 0 0.00", 2),
        ("A-3", "0.5 0.4 0.6 0.7 0.40", 2),
    ],
)
def test_the_answer_given_most_often_counts_and_of_equals_the_first(
    name: str, answers: str, epoch: int
) -> None:
    marks = marked(name, *answers.split())
    assert majority(marks) is marks[epoch - 1]


def test_numbers_are_told_apart_where_the_key_does() -> None:
    marks = marked("A-3", "0.4", "0.40", "0.40", numeric=NumericRule.TEXT)
    assert [mark.outcome for mark in marks] == [
        Outcome.INCORRECT,
        Outcome.CORRECT,
        Outcome.CORRECT,
    ]
    assert majority(marks) is marks[1]
    assert majority(marks[:2]) is marks[0]


def test_texts_that_are_no_numbers_are_all_no_answer() -> None:
    question = EXAM.questions["A-3"]
    marks = [
        mark_reply(
            question, EXAM.key, Reply(f"【回答】{text}"), epoch=n, extraction=Extraction.PUBLISHED
        )
        for n, text in enumerate(("0.4", "28**", "x"), 1)
    ]
    assert majority(marks) is marks[1]


def test_prohibited_choices_are_those_of_the_majority_answer() -> None:
    marks = marked("B-2", "e", "a", "a")
    assert marks[0].prohibited == ["e"]
    assert majority(marks).prohibited == []
    assert majority(marked("B-2", "a", "e", "e")).prohibited == ["e"]


@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_one_epoch_without_a_reply_makes_an_error(epoch: int) -> None:
    marks = marked("A-1", "a", "a", "a")
    marks[epoch - 1] = lost("A-1", epoch)
    assert majority(marks) is marks[epoch - 1]


# --- properties -----------------------------------------------------------------------

ANSWERS = {
    "A-1": ["a", "b", "c", "?", "ab"],
    "A-2": ["a,c", "c,a", "a,b", "?", "a"],
    "A-3": ["0.4", "0.40", "0", "-0", "0.0", "?"],
}


@st.composite
def askings(draw: st.DrawFn) -> list[Mark]:
    """The marks of one question, an epoch each."""
    name = draw(st.sampled_from(list(ANSWERS)))
    return marked(name, *draw(st.lists(st.sampled_from(ANSWERS[name]), min_size=1, max_size=7)))


def graded(mark: Mark) -> object:
    """An answer as it counts, found another way than the code under test does."""
    if mark.outcome is Outcome.NO_ANSWER:
        return None
    return float(mark.answer[0]) if mark.question == "A-3" else "".join(sorted(mark.answer))


@given(marks=askings(), chance=st.randoms())
def test_the_order_marks_arrive_in_does_not_matter(marks: list[Mark], chance: Random) -> None:
    shuffled = list(marks)
    chance.shuffle(shuffled)
    assert majority(shuffled) is majority(marks)


@given(marks=askings())
def test_no_answer_was_given_more_often_nor_as_often_and_earlier(marks: list[Mark]) -> None:
    won = majority(marks)
    votes = Counter(map(graded, marks))
    assert votes[graded(won)] == max(votes.values())
    first = next(mark for mark in marks if votes[graded(mark)] == max(votes.values()))
    assert won is first


@given(marks=askings())
def test_one_more_vote_for_the_majority_changes_nothing(marks: list[Mark]) -> None:
    won = majority(marks)
    again = won.model_copy(update={"epoch": len(marks) + 1})
    assert majority([*marks, again]) is won


@given(mark=askings().map(lambda marks: marks[0]))
def test_the_majority_of_one_is_itself(mark: Mark) -> None:
    assert majority([mark]) is mark


@given(marks=askings(), epoch=st.integers(1, 8))
def test_an_error_is_never_outvoted(marks: list[Mark], epoch: int) -> None:
    rest = [mark for mark in marks if mark.epoch != epoch]
    assert majority([*rest, lost(marks[0].question, epoch)]).outcome is Outcome.ERROR


# --- the sheet ------------------------------------------------------------------------


def sat(*rounds: dict[str, Outcome]) -> dict[Asking, Mark]:
    """Marks of every question in every epoch, correct but for the outcomes named."""
    return {
        (name, epoch): mark.model_copy(update={"epoch": epoch})
        for epoch, outcomes in enumerate(rounds, 1)
        for name, mark in make_marks(EXAM, **outcomes).items()
    }


def every(epochs: int) -> list[Asking]:
    return [(name, epoch) for epoch in range(1, epochs + 1) for name in NAMES]


def tally(sheet: Sheet) -> EpochsTally:
    assert sheet.epochs is not None
    return sheet.epochs


def sheet_of(
    *rounds: dict[str, Outcome], asked: Collection[Asking] | None = None
) -> tuple[Sheet, EpochsTally]:
    epochs = len(rounds)
    made = score_epochs(EXAM, sat(*rounds), every(epochs) if asked is None else asked, epochs)
    return made, tally(made)


WRONG = {"A_1": Outcome.INCORRECT, "A_2": Outcome.INCORRECT}


@given(outcomes=st.dictionaries(st.sampled_from(NAMES), st.sampled_from(Outcome)))
def test_a_single_epoch_is_scored_as_ever(outcomes: dict[str, Outcome]) -> None:
    named = {name.replace("-", "_"): outcome for name, outcome in outcomes.items()}
    sheet = score_epochs(EXAM, sat(named), every(1))
    assert sheet == build_sheet(EXAM, make_marks(EXAM, **named), NAMES)
    assert sheet.epochs is None


@given(
    rounds=st.lists(
        st.dictionaries(
            st.sampled_from(NAMES), st.sampled_from([Outcome.INCORRECT, Outcome.NO_ANSWER])
        ),
        min_size=2,
        max_size=4,
    )
)
def test_each_epoch_is_scored_like_a_sitting_of_its_own(rounds: list[dict[str, Outcome]]) -> None:
    named = [{name.replace("-", "_"): one for name, one in each.items()} for each in rounds]
    sheet, epochs = sheet_of(*named)
    alone = [build_sheet(EXAM, make_marks(EXAM, **one), NAMES) for one in named]
    points = [one.total.points for one in alone]
    assert [score.points for score in epochs.scores] == points
    assert [score.correct for score in epochs.scores] == [one.total.correct for one in alone]
    assert [score.passed for score in epochs.scores] == [
        one.verdict is Verdict.PASS for one in alone
    ]
    assert [score.sections["required"] for score in epochs.scores] == [
        one.sections["required"].points for one in alone
    ]
    assert (epochs.lowest, epochs.highest) == (min(points), max(points))
    assert epochs.mean == pytest.approx(sum(points) / len(points))
    assert epochs.deviation == pytest.approx(statistics.variance(points) ** 0.5, abs=1e-6)
    assert (sheet.asked, sheet.of) == (len(NAMES), len(NAMES))


def test_the_sheet_is_the_majoritys() -> None:
    sheet, epochs = sheet_of({}, WRONG, {})
    assert sheet.total.points == 11
    assert sheet.verdict is Verdict.PASS
    assert [score.passed for score in epochs.scores] == [True, False, True]
    assert [score.points for score in epochs.scores] == [11, 9, 11]
    assert (epochs.lowest, epochs.highest, epochs.mean) == (9, 11, 10.333333)
    assert epochs.deviation == 1.154701


def test_changing_answers_are_named_in_the_exams_order() -> None:
    exam = EXAM
    marks = sat({}, {"B_1": Outcome.INCORRECT}, {"A_1": Outcome.NO_ANSWER})
    for epoch, answer in ((1, "a"), (2, "c")):
        marks["A-4", epoch] = make_mark(
            exam, "A-4", Outcome.INCORRECT, epoch=epoch, answer=[answer]
        )
    marks["A-4", 3] = make_mark(exam, "A-4", Outcome.INCORRECT, epoch=3, answer=["a"])
    epochs = tally(score_epochs(exam, marks, every(3), 3))
    assert epochs.changing == ["A-1", "A-4", "B-1"]
    assert epochs.right_and_wrong == 2


def test_a_reply_missing_in_one_epoch_leaves_no_verdict_and_no_spread() -> None:
    sheet, epochs = sheet_of({}, {"B_2": Outcome.ERROR})
    assert (sheet.verdict, sheet.errors, sheet.asked) == (Verdict.INCOMPLETE, ["B-2"], 7)
    assert [score.errors for score in epochs.scores] == [0, 1]
    assert [score.passed for score in epochs.scores] == [True, None]
    assert (epochs.mean, epochs.deviation, epochs.changing) == (None, None, [])


def test_a_mark_missing_in_one_epoch_is_a_reply_missing() -> None:
    marks = sat({}, {})
    del marks["B-2", 2]
    sheet = score_epochs(EXAM, marks, every(2), 2)
    assert (sheet.verdict, sheet.errors) == (Verdict.INCOMPLETE, ["B-2"])


def test_some_epochs_only_are_a_partial_sitting() -> None:
    sheet, epochs = sheet_of({}, {}, asked=every(1))
    assert (sheet.verdict, sheet.asked, sheet.of) == (Verdict.PARTIAL, 0, 7)
    assert sheet.errors == []
    assert {section.passed for section in sheet.sections.values()} == {None}
    assert [score.passed for score in epochs.scores] == [True, None]
    assert epochs.mean is None


def test_some_questions_in_all_epochs_can_be_compared() -> None:
    asked = [("A-1", 1), ("A-1", 2), ("A-2", 1), ("A-2", 2)]
    sheet, epochs = sheet_of({}, WRONG, asked=asked)
    assert (sheet.verdict, sheet.asked) == (Verdict.PARTIAL, 2)
    assert (epochs.mean, epochs.changing) == (1, ["A-1", "A-2"])


def test_one_seat_missing_makes_the_sitting_partial() -> None:
    sheet, _ = sheet_of({}, {}, asked=every(2)[:-1])
    assert (sheet.verdict, sheet.asked) == (Verdict.PARTIAL, 6)


def test_tokens_cost_and_ends_are_those_of_all_epochs() -> None:
    update = {"tokens": Usage(prompt=10), "cost": 0.1, "finish_reason": "stop"}
    marks = {place: mark.model_copy(update=update) for place, mark in sat({}, {}, {}).items()}
    sheet = score_epochs(EXAM, marks, every(3), 3)
    assert (sheet.tokens.prompt, sheet.tokens.replies) == (210, 21)
    assert (sheet.cost.usd, sheet.cost.replies) == (2.1, 21)
    assert sheet.finish_reasons == {"stop": 21}


@given(chance=st.randoms())
@settings(max_examples=20)
def test_the_same_marks_give_the_same_sheet_in_any_order(chance: Random) -> None:
    marks = sat({}, WRONG, {"B_3": Outcome.NO_ANSWER})
    for number, place in enumerate(marks):
        marks[place] = marks[place].model_copy(update={"cost": 0.1 / (number + 1)})
    items, asked = list(marks.items()), every(3)
    expected = score_epochs(EXAM, marks, asked, 3).model_dump_json()
    chance.shuffle(items)
    chance.shuffle(asked)
    assert score_epochs(EXAM, dict(items), asked, 3).model_dump_json() == expected


def test_the_verdict_if_unreadable_answers_were_right_is_that_of_most_epochs() -> None:
    def sat(*unreadable: str) -> Verdict | None:
        marks = {
            (name, epoch): make_mark(
                EXAM,
                name,
                Outcome.NO_ANSWER
                if name == "B-2" and told == "?"
                else Outcome.INCORRECT
                if name == "B-2" and told == "-"
                else Outcome.CORRECT,
                epoch=epoch,
            )
            for name in NAMES
            for epoch, told in enumerate(unreadable, 1)
        }
        return score_epochs(EXAM, marks, marks, len(unreadable)).verdict_if_readable

    assert sat(*"??-") is Verdict.PASS
    assert sat(*"?--") is Verdict.FAIL
