"""Decisions of real sittings, on packs made for the purpose: the facts are real, the text is not.

Sources: IgakuQA and IgakuQA119 (their keys), tokyo-ac.jp (the notice of the 107th nursing
examination), pages that quote the ministry for the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jmle_plugin.exam.model import Exam
from jmle_plugin.gateway.reply import Reply
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import mark_reply
from jmle_plugin.mark.scoring import build_sheet
from tests.builders import make_mark
from tests.unit.exam.problems import check_exam

if TYPE_CHECKING:
    from tests.unit.exam.conftest import NativePackBuilder

OPTIONS = {label: f"option {label}" for label in "abcde"}


def choice(name: str, block: str, number: int, answer: str = "a") -> dict[str, Any]:
    return {
        "id": name,
        "block": block,
        "number": number,
        "text": f"Question {name}?",
        "options": OPTIONS,
        "select": len(answer),
        "answer": list(answer),
    }


def one_question(native: NativePackBuilder, answer: str, **change: Any) -> Exam:
    """A pack of one question that one decision is about."""
    name = change["question"]
    native.questions, native.serials = [choice(name, "A", 1, answer)], []
    native.manifest["sections"] = {"all": {"title": "All"}}
    native.manifest["blocks"] = [{"id": "A", "section": "all", "questions": 1}]
    native.manifest["keys"] = {
        "official": {
            "title": "a key",
            "criteria": {"all": {"ratio": [4, 5]}},
            "changes": [change],
        }
    }
    return native.load()


def earned(exam: Exam, written: str) -> tuple[int, int]:
    """Points of how many for an answer line."""
    (question,) = exam.questions.values()
    mark = mark_reply(question, exam.key, Reply(f"【回答】{written}"))
    return mark.points, mark.max


@pytest.mark.parametrize(("name", "key", "right"), [("112B-30", "a", "ad"), ("119E-28", "a", "ac")])
def test_either_of_two_answers_is_accepted(
    native: NativePackBuilder, name: str, key: str, right: str
) -> None:
    exam = one_question(native, key, question=name, accept=[[one] for one in right])
    assert [earned(exam, one) for one in "abcde"] == [(int(one in right), 1) for one in "abcde"]
    # Both at once are two answers to a question that asks for one.
    assert earned(exam, ",".join(right)) == (0, 1)


def test_four_patterns_are_accepted(native: NativePackBuilder) -> None:
    # 116A71: which four is not in the sources; the rule is that each of them counts whole.
    patterns = ["ab", "ac", "bd", "ce"]
    exam = one_question(native, "ab", question="116A-71", accept=[list(one) for one in patterns])
    assert [earned(exam, f"{one[0]},{one[1]}") for one in [*patterns, "ad", "de"]] == [
        (1, 1), (1, 1), (1, 1), (1, 1), (0, 1), (0, 1),
    ]  # fmt: skip


def test_everybody_is_credited(native: NativePackBuilder) -> None:
    exam = one_question(native, "ab", question="116A-71", treatment="credit_all")
    assert {earned(exam, written) for written in ("a,b", "c,d", "c", "", "?")} == {(1, 1)}


def test_a_question_is_excluded_for_all(native: NativePackBuilder) -> None:
    exam = one_question(native, "a", question="112A-43", treatment="exclude")
    assert {earned(exam, written) for written in ("a", "b", "")} == {(0, 0)}


@pytest.mark.parametrize("name", ["108F-23", "110C-16"])
def test_a_question_is_excluded_for_those_who_got_it_wrong(
    native: NativePackBuilder, name: str
) -> None:
    exam = one_question(
        native,
        "a",
        question=name,
        treatment="exclude_if_wrong",
        unconfirmed="told by secondary pages only",
    )
    assert [earned(exam, written) for written in ("a", "b", "", "a,b")] == [
        (1, 1), (0, 0), (0, 0), (0, 0),
    ]  # fmt: skip
    assert exam.key.unconfirmed == (f"question {name}: told by secondary pages only",)


# --- the 107th nursing examination (2018): a whole structure --------------------------

IF_WRONG = ["AM-2", "AM-9", "AM-11", "PM-4", "PM-5", "PM-12"]
FOR_ALL = ["AM-83", "PM-22", "PM-24", "PM-114"]
NEEDED = {48: 39, 47: 38, 46: 37, 45: 36, 44: 36, 43: 35, 42: 34}
"""Points of the required questions -> points needed, as the ministry's notice tabulates them."""


@pytest.fixture
def nursing(native: NativePackBuilder) -> Exam:
    """240 questions in two sessions; 25 required, 65 general, 30 situational (2 points) in each."""
    native.serials = []
    native.questions = [
        choice(f"{block}-{number}", block, number)
        for block in ("AM", "PM")
        for number in range(1, 121)
    ]
    native.manifest |= {
        "profession": "nurse",
        "sections": {"required": {"title": "必修問題"}, "general": {"title": "一般・状況設定"}},
        "blocks": [
            {
                "id": block,
                "questions": 120,
                "section": [
                    {"first": 1, "last": 25, "section": "required"},
                    {"first": 26, "last": 120, "section": "general"},
                ],
                "points": [
                    {"first": 1, "last": 90, "points": 1},
                    {"first": 91, "last": 120, "points": 2},
                ],
            }
            for block in ("AM", "PM")
        ],
        "keys": {
            "official": {
                "title": "the ministry's notice",
                "criteria": {
                    "required": {"threshold": 39, "max": 48, "ratio": [4, 5]},
                    "general": {"threshold": 154, "max": 247},
                },
                "changes": [
                    *({"question": name, "treatment": "exclude"} for name in FOR_ALL),
                    *({"question": name, "treatment": "exclude_if_wrong"} for name in IF_WRONG),
                ],
            }
        },
    }
    return native.load()


def test_the_stated_maxima_follow_from_the_exclusions(nursing: Exam) -> None:
    assert check_exam(nursing) == []


@pytest.mark.parametrize("missed", range(7))
def test_points_needed_are_those_of_the_ministrys_table(nursing: Exam, missed: int) -> None:
    marks = {name: make_mark(nursing, name) for name in nursing.questions}
    for name in IF_WRONG[:missed]:
        marks[name] = make_mark(nursing, name, Outcome.INCORRECT)
    sheet = build_sheet(nursing, marks, nursing.questions)
    required, general = sheet.sections["required"], sheet.sections["general"]
    assert required.margin is not None
    assert (required.max, required.stated_max) == (48 - missed, 48)
    assert required.points - required.margin == NEEDED[48 - missed]
    assert (general.max, general.threshold) == (247, 154)
