"""Answers without a reply around them, read as a person would and by each project's rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.model import KeyEntry, NumericRule, Question
from jmle_plugin.gateway.reply import PROJECTS, Reply, read_reply
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.extraction import How, Reading, read_answer
from jmle_plugin.mark.grading import Outcome, grade
from jmle_plugin.mark.readers import RULES
from tests.builders import make_completion, make_exam, make_question

CHOICE = Question(
    "X-1", "X", 1, "general", QuestionKind.CHOICE, "stem", 1,
    select=2, options=dict.fromkeys("abcde", ""),
)  # fmt: skip
NUMERIC = Question("X-2", "X", 2, "general", QuestionKind.NUMERIC, "解答：①②.③", 1)


def read(question: Question, text: str, project: str = "", reasoning: str = "") -> Reading:
    """By `project`'s own rule, or as a person would."""
    rule = Extraction.PUBLISHED if project else Extraction.STANDARD
    return read_answer(question, text, reasoning, extraction=rule, answer_of=project or "IgakuQA")


@pytest.mark.parametrize(
    ("text", "answer", "how"),
    [
        ("c", "c", How.EXACT),
        ("a,c", "ac", How.EXACT),
        ("c,a", "ac", How.EXACT),
        ("a, c", "ac", How.TOLERANT),
        ("a c", "ac", How.TOLERANT),
        ("a, d.", "ad", How.TOLERANT),
        ("A、Ｃ", "ac", How.TOLERANT),
        ("ac", "ac", How.TOLERANT),
        ('["b", "e"]', "be", How.TOLERANT),
        ("c (the third one)", "c", How.TOLERANT),
        ("e. 五番目", "e", How.TOLERANT),
        ("順に調べると､\n\n答え: e", "e", How.TOLERANT),
        ("", "", How.NONE),
        ("g", "", How.NONE),
        ("1,4", "", How.NONE),
        ("どれとも決められません｡", "", How.NONE),
        ("一番目(a)または二番目(b)だと思います｡", "", How.NONE),
        ("d: this is not certain", "", How.NONE),
    ],
)
def test_choices_as_a_person_reads_them(text: str, answer: str, how: How) -> None:
    reading = read(CHOICE, text)
    assert (reading.answer, reading.how) == (tuple(answer), how)


@pytest.mark.parametrize(
    ("text", "answer", "how"),
    [
        ("10.0", "10.0", How.EXACT),
        ("答え:\n52mL", "52", How.TOLERANT),
        ("まず5を3で割る。\n解答:2,450 m", "2450", How.TOLERANT),
        ("38mg/dL", "38", How.TOLERANT),
        ("1日の量を求めると､解答:2.1g/日", "2.1", How.TOLERANT),
        ("計算する。\n解答: ①26torr", "26", How.TOLERANT),
        ("1 0 0", "10.0", How.TOLERANT),
        ("7;20;3.5", "", How.NONE),
        ("90m-60m=30m", "", How.NONE),
    ],
)
def test_numbers_as_a_person_reads_them(text: str, answer: str, how: How) -> None:
    reading = read(NUMERIC, text)
    assert (reading.answer, reading.how) == ((answer,) if answer else (), how)


def graded(text: str, key: str, project: str) -> Outcome:
    entry = KeyEntry((tuple(key),))
    return grade(CHOICE, entry, read(CHOICE, text, project), NumericRule.TEXT)


@pytest.mark.parametrize(
    ("text", "right"),
    [("a,c", True), ("c,a", True), ("a, c", False), ("A,c", False), ("ac", False), ("a", False)],
)
def test_igakuqa_splits_on_commas_and_strips_nothing(text: str, right: bool) -> None:
    assert (graded(text, "ac", "IgakuQA") is Outcome.CORRECT) is right


@pytest.mark.parametrize(
    ("text", "right"),
    [("ac", True), (" C,A ", True), ("[a, c]", True), ('["a","c"]', False), ("a、c", False)],
)
def test_igakuqa119_leaves_out_brackets_commas_and_blanks(text: str, right: bool) -> None:
    assert (graded(text, "ac", "IgakuQA119") is Outcome.CORRECT) is right


@pytest.mark.parametrize("project", PROJECTS)
def test_a_label_given_twice_is_another_list_than_the_key(project: str) -> None:
    assert graded("a,c,c", "ac", project) is not Outcome.CORRECT


@pytest.mark.parametrize(
    ("project", "text", "answer"),
    [("IgakuQA", "31 mL", "31 mL"), ("IgakuQA119", "[1,130]", "1130")],
)
def test_numbers_by_the_published_rules(project: str, text: str, answer: str) -> None:
    assert read(NUMERIC, text, project).answer == (answer,)


def test_what_stands_in_the_explanation_is_never_the_answer() -> None:
    for project in ("", *PROJECTS):
        assert read(CHOICE, "", project, "【回答】a,c") == Reading((), How.NONE, "")


@given(st.text(max_size=60))
def test_any_text_is_read_without_raising(text: str) -> None:
    for question in (CHOICE, NUMERIC):
        for project in ("", *PROJECTS):
            assert all(isinstance(one, str) for one in read(question, text, project).answer)


def test_every_project_has_its_rule() -> None:
    assert tuple(RULES) == PROJECTS


def test_only_known_projects_make_a_reply_an_answer_alone() -> None:
    whole = make_completion("a")
    assert read_reply(whole).answer_of == ""
    assert read_reply(whole | {"answer_of": "IgakuQA"}).answer_of == "IgakuQA"
    others: list[object] = ["somebody", "", None, 1, ["IgakuQA"], {}]
    for other in others:
        assert read_reply(whole | {"answer_of": other}).answer_of == ""


def test_marks_read_the_answer_alone_where_the_reply_is_that() -> None:
    from jmle_plugin.mark.marks import answer_line, mark_reply  # noqa: PLC0415

    exam = make_exam()
    question = exam.questions["A-1"]
    made = mark_reply(question, exam.key, Reply("a", answer_of="IgakuQA"))
    assert (made.outcome, made.how) == (Outcome.CORRECT, How.EXACT)
    assert mark_reply(question, exam.key, Reply("a")).outcome is Outcome.NO_ANSWER
    line = answer_line(question, Reply("x\ny", answer_of="IgakuQA"), Extraction.STANDARD)
    assert line == "x y"


@pytest.mark.parametrize("extraction", list(Extraction))
@pytest.mark.parametrize("project", PROJECTS)
def test_an_order_is_kept(project: str, extraction: Extraction) -> None:
    question = make_question(kind=QuestionKind.SEQUENCE, select=3)
    reading = read_answer(question, "c,a,b", extraction=extraction, answer_of=project)
    # VQA-RAD's rule compares words: it knows no labels, hence no order of them.
    words = project == "VQA-RAD" and extraction is Extraction.PUBLISHED
    assert reading.answer == (("c,a,b",) if words else ("c", "a", "b"))
