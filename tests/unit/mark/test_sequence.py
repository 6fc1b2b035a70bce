"""Ordered answers, and options that are numbers."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.model import KeyEntry, NumericRule, Question
from jmle_plugin.gateway.reply import Reply
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.epochs import majority
from jmle_plugin.mark.extraction import How, Reading, read_answer
from jmle_plugin.mark.grading import Outcome, grade, prohibited_picks
from jmle_plugin.mark.marks import Mark, mark_reply
from tests.builders import make_key, make_question

TEXTS = ["印象採得", "咬合採得", "試適 2回", "装着", "1歳児"]


def asked(
    labels: str = "abcde", select: int = 3, kind: QuestionKind = QuestionKind.SEQUENCE
) -> Question:
    options = dict(zip(labels, TEXTS, strict=True))
    return make_question(kind=kind, select=select, options=options)


def read(question: Question, content: str) -> tuple[str, How]:
    reading = read_answer(question, f"考察する。\n【回答】{content}")
    return "".join(reading.answer), reading.how


@pytest.mark.parametrize("labels", ["abcde", "12345"])
def test_the_asked_format_keeps_its_order(labels: str) -> None:
    question = asked(labels)
    for picks in itertools.permutations(labels, 3):
        assert read(question, ",".join(picks)) == ("".join(picks), How.EXACT)


@pytest.mark.parametrize(
    "content",
    [
        "3→1→5", "3 → 1 → 5", "３→１→５", "③→①→⑤", "3 1 5", "315", "3-1-5", "3=>1=>5", "3->1->5",
        "3>1>5", "3、1、5", "3番→1番→5番", "3, 1, 5", "**3→1→5**", "正解は3→1→5です", "答え：3 1 5",
    ],
)  # fmt: skip
def test_what_an_examiner_would_read_as_an_order_is_one(content: str) -> None:
    assert read(asked("12345"), content) == ("315", How.TOLERANT)


@pytest.mark.parametrize(
    "content",
    [
        "3←1←5", "3と1と5", "3+1+5", "3<1<5", "3→3→5", "3→1→→5", "→", "3→1→5?", "3→1または5", "31",
        "3151", "3→1→6", "3/1/5", "最初に3、次に1", "3,1,", "3.1→5.2",
    ],
)  # fmt: skip
def test_what_is_no_order_is_no_answer(content: str) -> None:
    answer, how = read(asked("12345"), content)
    outcome = grade(
        asked("12345"), KeyEntry((tuple("315"),)), Reading(tuple(answer), how, ""), NumericRule.TEXT
    )
    assert outcome is Outcome.NO_ANSWER


def outcome(content: str, *accepted: str, labels: str = "01345") -> Outcome:
    question = asked(labels)
    reading = read_answer(question, f"【回答】{content}")
    return grade(question, KeyEntry(tuple(map(tuple, accepted))), reading, NumericRule.NUMBER)


def test_130_is_not_103() -> None:
    assert outcome("1,3,0", "130") is Outcome.CORRECT
    assert outcome("1,0,3", "130") is Outcome.INCORRECT
    assert outcome("1,0,3", "130", "103") is Outcome.CORRECT
    assert outcome("1,3", "130") is Outcome.NO_ANSWER


@given(st.permutations("abcde"), st.permutations("abcde"))
def test_only_the_order_of_the_key_is_right(given_order: list[str], key: list[str]) -> None:
    became = outcome(",".join(given_order), "".join(key), labels="abcde")
    # Three are asked, five are given: as many as the accepted answer has.
    assert became is (Outcome.CORRECT if given_order == key else Outcome.INCORRECT)


@given(st.text(st.sampled_from("12345 ,→->番、.。abと③＞"), max_size=12))
def test_whatever_is_read_are_different_labels_of_the_question(content: str) -> None:
    answer, how = read(asked("12345"), content)
    assert len(set(answer)) == len(answer)
    assert set(answer) <= set("12345")
    assert (how is How.NONE) is not bool(answer)


def marked(question: Question, written: str, epoch: int = 1) -> Mark:
    return mark_reply(question, make_key(), Reply(f"【回答】{written}"), epoch=epoch)


def test_an_order_is_read_as_one_under_the_published_rule_too() -> None:
    reading = read_answer(asked(), "【回答】c,a,b", extraction=Extraction.PUBLISHED)
    assert reading.answer == ("c", "a", "b")


def test_another_order_is_another_answer_of_the_majority() -> None:
    question = asked()
    written = ["a,b,c", "b,a,c", "b,a,c"]
    marks = [marked(question, one, epoch) for epoch, one in enumerate(written, 1)]
    assert majority(marks).answer == ["b", "a", "c"]


def test_a_sequence_picks_no_prohibited_choice() -> None:
    question = make_question(kind=QuestionKind.SEQUENCE, select=2, prohibited=frozenset("a"))
    assert prohibited_picks(question, Reading(("a", "b"), How.EXACT, "")) == frozenset()


# --- choices that are numbered ----------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "answer", "how"),
    [
        ("3", "3", How.EXACT),
        ("３", "3", How.TOLERANT),
        ("③", "3", How.TOLERANT),
        ("(3)", "3", How.TOLERANT),
        ("3番", "3", How.TOLERANT),
        ("3番です", "3", How.TOLERANT),
        ("選択肢3", "3", How.TOLERANT),
        ("3. 試適 2回", "3", How.TOLERANT),
        ("5 1歳児", "5", How.TOLERANT),
        ("3番目", "", How.NONE),
        ("3または5", "", How.NONE),
        ("3ではなく5", "", How.NONE),
        ("6", "", How.NONE),
        ("3～5", "", How.NONE),
        ("1-3", "", How.NONE),
    ],
)
def test_one_numbered_option_is_read(content: str, answer: str, how: How) -> None:
    assert read(asked("12345", 1, QuestionKind.CHOICE), content) == (answer, how)


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        ("2 mg", ""),  # the second, or the text of the first?
        ("2.5", ""),
        ("答えは 2 mg です", ""),
        ("4 mg", "4"),
        ("1", "1"),
        ("1. 2 mg", "1"),
        ("5 2 mg", ""),
    ],
)
def test_what_may_be_another_options_text_names_none(content: str, answer: str) -> None:
    texts = ("2 mg", "1 mg", "2.5", "mg", "2")
    options = dict(zip("12345", texts, strict=True))
    question = make_question(kind=QuestionKind.CHOICE, options=options, select=1)
    assert read(question, content)[0] == answer


@pytest.mark.parametrize(
    ("content", "answer", "how"),
    [
        ("1,3", "13", How.EXACT),
        ("3,1", "13", How.EXACT),
        ("1 3", "13", How.TOLERANT),
        ("13", "13", How.TOLERANT),
        ("1番と3番", "13", How.TOLERANT),
        ("①、③", "13", How.TOLERANT),
        ("１・３", "13", How.TOLERANT),
        ("1, 3, 5", "135", How.TOLERANT),
        ("135", "", How.NONE),
    ],
)
def test_several_numbered_options_are_read_as_a_set(content: str, answer: str, how: How) -> None:
    assert read(asked("12345", 2, QuestionKind.CHOICE), content) == (answer, how)


# --- all that apply -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "answer"),
    [("1,3", "13"), ("13", "13"), ("1 3 5", "135"), ("3", "3"), ("12345", "12345"), ("11", "")],
)
def test_any_number_of_options_may_apply(content: str, answer: str) -> None:
    assert read(asked("12345", 0, QuestionKind.CHOICE), content)[0] == answer


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("13", Outcome.CORRECT),
        ("1", Outcome.INCORRECT),
        ("135", Outcome.INCORRECT),
        ("", Outcome.NO_ANSWER),
    ],
)
def test_all_that_apply_and_no_others_are_right(answer: str, outcome: Outcome) -> None:
    question = asked("12345", 0, QuestionKind.CHOICE)
    reading = Reading(tuple(answer), How.EXACT, "")
    key = KeyEntry((("1", "3"),))
    assert grade(question, key, reading, NumericRule.NUMBER) is outcome


def test_a_prohibited_choice_among_all_that_apply_is_picked() -> None:
    question = make_question(select=0, prohibited=frozenset("b"))
    assert prohibited_picks(question, Reading(("a", "b"), How.EXACT, "")) == {"b"}
