"""The mark: what one reply is worth, and the form it travels in."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jmle_plugin.exam.model import KeyEntry, Question, Treatment
from jmle_plugin.gateway.reply import ImageBytes, Reply, SentImage, Usage
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.extraction import How
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import (
    MAX_ANSWER,
    Mark,
    answer_line,
    mark_error,
    mark_reply,
)
from jmle_plugin.session.outcomes import explain
from tests.builders import make_exam, make_key, make_mark

EXAM = make_exam()
ANY_TEXT = st.text(st.characters(exclude_categories=()))


def marked(
    name: str, text: str, *, extraction: Extraction = Extraction.STANDARD, **reply: Any
) -> Mark:
    """The mark of a reply to one question of the small exam."""
    answer = Reply(text, **reply)
    return mark_reply(EXAM.questions[name], EXAM.key, answer, extraction=extraction)


def travelled(mark: Mark) -> Mark:
    """The mark after its journey from a worker, which is JSON in UTF-8."""
    return Mark.model_validate_json(mark.model_dump_json().encode())


def is_safe(text: str) -> bool:
    """Fit for a terminal and a file: nothing unprintable but ends of lines and tabs."""
    text.encode()
    return not any((char < " " and char not in "\n\t") or "\x7f" <= char <= "\x9f" for char in text)


@pytest.mark.parametrize(
    ("name", "text", "outcome", "points"),
    [
        ("B-2", "【回答】a", Outcome.CORRECT, 3),
        ("B-2", "【回答】b", Outcome.INCORRECT, 0),
        ("B-2", "分かりません", Outcome.NO_ANSWER, 0),
        ("B-2", "", Outcome.NO_ANSWER, 0),
        ("A-2", "【回答】c,a", Outcome.CORRECT, 1),
        ("A-2", "【回答】a", Outcome.NO_ANSWER, 0),
        ("A-3", "【回答】0.4", Outcome.CORRECT, 1),
    ],
)
def test_reply_is_read_graded_and_scored(
    name: str, text: str, outcome: Outcome, points: int
) -> None:
    mark = marked(name, text)
    assert (mark.outcome, mark.points, mark.max) == (outcome, points, EXAM.questions[name].points)


def test_everything_known_about_a_reply_is_on_its_mark() -> None:
    reply: dict[str, Any] = {
        "model": "m-1",
        "finish_reason": "stop",
        "usage": Usage(prompt=10, completion=5, cached=0),
        "cost": 0.0125,
        "sent": {"max_tokens": 10},
        "images": (SentImage("1" * 64, 100, 60), SentImage("2" * 64, 30, 30)),
    }
    assert marked("A-2", "**【回答】a、c**", **reply) == Mark(
        question="A-2",
        points=1,
        max=1,
        outcome=Outcome.CORRECT,
        answer=["a", "c"],
        accepted=[["a", "c"]],
        how=How.TOLERANT,
        tokens=Usage(prompt=10, completion=5, cached=0),
        cost=0.0125,
        images=ImageBytes(count=2, size=130, sent_size=90, changed=1),
        sent={"max_tokens": 10},
        model="m-1",
        finish_reason="stop",
    )


def test_prohibited_picks_are_noted() -> None:
    assert marked("B-2", "【回答】e").prohibited == ["e"]
    assert marked("B-2", "【回答】b").prohibited == []


def test_no_tokens_are_not_nought_tokens() -> None:
    assert marked("A-1", "【回答】a").tokens is None


def test_what_is_not_known_of_cost_and_figures_is_not_nought() -> None:
    mark = marked("A-4", "【回答】b")
    assert (mark.cost, mark.images, mark.sent) == (None, None, {})


@pytest.mark.parametrize("cost", [math.inf, math.nan, -1.0])
def test_cost_that_is_no_amount_is_unknown(cost: float) -> None:
    assert marked("A-1", "【回答】a", cost=cost).cost is None


def test_parameters_sent_are_made_fit_to_travel() -> None:
    sent = {"stop": ["\ud800", "\x9f"], "top_p": math.nan, 1: (2, {3}), "a": {"b": None}}
    mark = marked("A-1", "【回答】a", sent=sent)
    assert mark.sent == {"stop": ["?", "?"], "top_p": "NaN", "1": [2, "{3}"], "a": {"b": None}}
    assert travelled(mark) == mark


@pytest.mark.parametrize("extraction", list(Extraction))
@given(text=ANY_TEXT, word=ANY_TEXT)
@settings(max_examples=100)
def test_mark_of_any_reply_travels_and_can_be_shown(
    extraction: Extraction, text: str, word: str
) -> None:
    for name in ("A-1", "A-2", "A-3"):
        mark = marked(
            name, f"【回答】{text}", extraction=extraction, model=word, finish_reason=word
        )
        assert travelled(mark) == mark
        assert is_safe(explain(EXAM.questions[name], mark) + mark.model + mark.finish_reason)


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ("3\ud800", "3?"),
        ("3\0", "3?"),
        ("\x1b[2J3", "?[2J3"),
        ("3\x9b31m", "3?31m"),
        ("9" * 1_000_000, "9" * MAX_ANSWER),
    ],
    ids=["surrogate", "nul", "escape", "c1", "huge"],
)
def test_hostile_answer_under_the_published_rule_is_made_harmless(answer: str, kept: str) -> None:
    mark = marked("A-3", f"【回答】{answer}", extraction=Extraction.PUBLISHED)
    assert mark.answer == [kept]
    assert mark.points == 0
    assert travelled(mark) == mark


@given(message=ANY_TEXT)
def test_error_with_any_message_travels_and_can_be_shown(message: str) -> None:
    mark = mark_error(EXAM.questions["A-1"], EXAM.key, message)
    assert travelled(mark) == mark
    assert is_safe(mark.error)


def test_lines_of_a_message_stay_lines() -> None:
    message = "no reply: HTTP 500\n  満杯です"
    assert mark_error(EXAM.questions["A-1"], EXAM.key, message).error == message


@pytest.mark.parametrize(
    ("treatment", "maximum"),
    [
        (Treatment.STANDARD, 3),
        (Treatment.CREDIT_ALL, 3),
        (Treatment.EXCLUDE_IF_WRONG, 3),
        (Treatment.EXCLUDE, 0),
    ],
)
def test_error_is_never_an_answer(treatment: Treatment, maximum: int) -> None:
    mark = mark_error(EXAM.questions["B-2"], make_key({"B-2": treatment}), "outage", epoch=2)
    assert (mark.points, mark.max, mark.outcome) == (0, maximum, Outcome.ERROR)
    assert (mark.epoch, mark.answer, mark.how, mark.error) == (2, [], How.NONE, "outage")


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("A-1", "【回答】b", "A-1 (1 pt): answered b, key a"),
        ("B-2", "【回答】b", "B-2 (3 pts): answered b, key a"),
        ("A-2", "【回答】b,c", "A-2 (1 pt): answered b,c, key a,c"),
        ("A-2", "【回答】b", "A-2 (1 pt): answered b (not 2 choices), key a,c"),
        ("A-1", "【回答】b,c", "A-1 (1 pt): answered b,c (not 1 choice), key a"),
        ("A-1", "?", "A-1 (1 pt): no answer could be read, key a"),
        ("A-3", "【回答】0.5", "A-3 (1 pt): answered 0.5, key 0.40"),
    ],
)
def test_wrong_answer_is_explained_in_a_line(name: str, text: str, line: str) -> None:
    assert explain(EXAM.questions[name], marked(name, text)) == line


@pytest.mark.parametrize(
    ("text", "answered"),
    [
        ("【回答】0.5 g", "0.5 g"),
        ("計算する。\n## 【回答】 **約 0.5 g**", "約 0.5 g"),
        ("【回答】０．５ｇ", "0.5"),
        ("【回答】①=1 ②=5", "15"),
        ("【回答】0.5 と計算されるが、単位は問われていないので数だけを答える", "0.5"),
        ("【解答】0.5 g", "0.5"),
        ("【回答】0.5 \u202eg\x1b", "0.5 ?g\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_a_wrong_number_is_shown_with_its_unit(text: str, answered: str) -> None:
    question, reply = EXAM.questions["A-3"], Reply(text=text)
    line = answer_line(question, reply, Extraction.STANDARD)
    assert explain(question, marked("A-3", text), line) == (
        f"A-3 (1 pt): answered {answered}, key 0.40"
    )


def test_published_text_that_is_no_number_is_explained() -> None:
    mark = marked("A-3", "【回答】28**", extraction=Extraction.PUBLISHED)
    assert explain(EXAM.questions["A-3"], mark) == (
        "A-3 (1 pt): answered 28** (not a number), key 0.40"
    )


@pytest.mark.parametrize(
    ("treatment", "told"),
    [
        (Treatment.CREDIT_ALL, "credited to every candidate"),
        (Treatment.EXCLUDE, "excluded from the scoring for every candidate"),
        (
            Treatment.EXCLUDE_IF_WRONG,
            "excluded from the scoring, since it was not answered correctly",
        ),
    ],
)
def test_what_the_examiners_decided_comes_before_the_answer(
    treatment: Treatment, told: str
) -> None:
    line = explain(EXAM.questions["A-1"], marked("A-1", "【回答】b"), treatment=treatment)
    assert line == f"A-1 (1 pt): {told} (answered b, key a)"


def test_an_excluded_question_without_a_key_names_none() -> None:
    mark = marked("A-1", "【回答】b").model_copy(update={"accepted": []})
    line = explain(EXAM.questions["A-1"], mark, treatment=Treatment.EXCLUDE)
    assert line.endswith("for every candidate (answered b)")


@pytest.mark.parametrize(
    ("name", "text", "rule", "invalid"),
    [
        ("A-1", "【回答】b,c", Extraction.STANDARD, "wrong number of choices"),
        ("A-2", "【回答】b", Extraction.STANDARD, "wrong number of choices"),
        ("A-1", "?", Extraction.STANDARD, ""),
        ("A-1", "【回答】b", Extraction.STANDARD, ""),
        ("A-3", "【回答】28**", Extraction.PUBLISHED, "not a number"),
    ],
)
def test_an_answer_that_is_none_says_why(
    name: str, text: str, rule: Extraction, invalid: str
) -> None:
    assert marked(name, text, extraction=rule).invalid == invalid


@pytest.mark.parametrize(
    ("project", "rule", "outcome"),
    [
        ("IgakuQA", Extraction.PUBLISHED, Outcome.CORRECT),
        ("IgakuQA", Extraction.STANDARD, Outcome.INCORRECT),
        ("IgakuQA119", Extraction.PUBLISHED, Outcome.INCORRECT),
        ("", Extraction.PUBLISHED, Outcome.INCORRECT),
    ],
)
def test_a_credited_question_is_correct_where_its_project_counts_it(
    project: str, rule: Extraction, outcome: Outcome
) -> None:
    question, key = EXAM.questions["A-1"], make_key({"A-1": Treatment.CREDIT_ALL})
    reply = Reply("b" if project else "【回答】b", answer_of=project)
    mark = mark_reply(question, key, reply, extraction=rule)
    assert (mark.outcome, mark.points, mark.max) == (outcome, 1, 1)
    assert (["b"] in mark.accepted) is (outcome is Outcome.CORRECT)
    unread = mark_reply(question, key, replace(reply, text=""), extraction=rule)
    assert (unread.outcome, unread.points) == (Outcome.NO_ANSWER, 1)


def test_every_accepted_answer_is_shown() -> None:
    question: Question = EXAM.questions["A-1"]
    mark = make_mark(EXAM, "A-1", Outcome.INCORRECT, accepted=[["a"], ["d"]], answer=["b"])
    assert explain(question, mark) == "A-1 (1 pt): answered b, key a or d"


def test_accepted_answers_come_from_the_key_state() -> None:
    key = make_key()
    entries = {**key.entries, "A-1": KeyEntry((("a",), ("d",)))}
    changed = make_exam(type(key)(key.state, key.title, entries, key.criteria, key.prohibited))
    mark = mark_reply(changed.questions["A-1"], changed.key, Reply("【回答】d"))
    assert (mark.outcome, mark.accepted) == (Outcome.CORRECT, [["a"], ["d"]])
