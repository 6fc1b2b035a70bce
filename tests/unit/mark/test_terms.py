"""Sets of expressions as replies write them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.exam.kinds import NOTHING, QuestionKind
from jmle_plugin.exam.model import Question
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.extraction import How, Reading, read_answer
from tests.builders import make_question

QUESTION = make_question(kind=QuestionKind.TERMS, select=0, options={})


def read(text: str, *, whole: bool = True) -> Reading:
    return read_answer(QUESTION, text, whole=whole)


@pytest.mark.parametrize(
    ("text", "answer", "how"),
    [
        ("考えます。\n【回答】\n胃癌\n走行異常", ("胃癌", "走行異常"), How.EXACT),
        ('【回答】["胃癌", "走行異常"]', ("胃癌", "走行異常"), How.EXACT),
        ("【回答】['胃癌', '失語、失認']", ("失語、失認", "胃癌"), How.TOLERANT),
        ("【回答】\n失語、失認、失行", ("失語、失認、失行",), How.EXACT),
        ("【回答】\n- 胃癌\n- 肺炎\n\n以上です。", ("肺炎", "胃癌"), How.TOLERANT),
        ("**【回答】**\n1. 胃癌\n2. 「肺炎」", ("肺炎", "胃癌"), How.TOLERANT),
        ("【回答】\nＣＴ\nCT\n ＣＴ ", ("ＣＴ",), How.TOLERANT),
        ("【回答】なし", (NOTHING,), How.EXACT),
        ("【回答】[]", (NOTHING,), How.EXACT),
        ("【回答】\n", (NOTHING,), How.TOLERANT),
        ('```json\n["胃癌"]\n```', ("胃癌",), How.TOLERANT),
        ("【回答】[1, 2", (), How.NONE),
        ("わかりません。", (), How.NONE),
        ("【回答】__import__('os').getcwd()", ("__import__('os').getcwd()",), How.EXACT),
    ],
)
def test_expressions_are_read(text: str, answer: tuple[str, ...], how: How) -> None:
    reading = read(text)
    assert (set(reading.answer), reading.how) == (set(answer), how)


def test_a_marker_before_a_cut_says_nothing() -> None:
    assert read("【回答】\n", whole=False).answer == ()


def test_the_last_marker_counts() -> None:
    assert read("【回答】\n胃癌\n\n訂正します。\n【回答】\n肺炎").answer == ("肺炎",)


@given(st.text(max_size=300), st.booleans())
def test_whatever_is_said_is_read_without_raising(text: str, marked: bool) -> None:
    reading = read(f"【回答】{text}" if marked else text)
    assert all(one.strip() for one in reading.answer)


JMED = replace(QUESTION, rule="JMED-LLM")
CHOICE = make_question(rule="JMED-LLM", options=dict.fromkeys("ABCD", "text"))
RAD = make_question(rule="VQA-RAD", options={"yes": "", "no": ""})


@pytest.mark.parametrize(
    ("question", "marker", "text", "answer"),
    [
        # To the letter where nothing of our prompt stands around the answer.
        (JMED, "【回答】", "['胃癌', '失語、失認']", ("胃癌", "失語、失認")),
        (JMED, "【回答】", "胃癌\n肺炎", (NOTHING,)),
        (CHOICE, "Answer:", "Because of C", ("B",)),
        # Behind our marker, what it leads.
        (JMED, "【回答】", "【回答】\n胃癌\n肺炎", ("肺炎", "胃癌")),
        (JMED, "【回答】", "【回答】['胃癌']", ("胃癌",)),
        (JMED, "【回答】", "【回答】[1, 2", (NOTHING,)),
        (CHOICE, "Answer:", "Answer: C", ("C",)),
        (CHOICE, "【回答】", "Aではない。\n【回答】b", ()),
        (RAD, "Answer:", "It is bright.\nAnswer: Yes.", ("yes",)),
        (RAD, "Answer:", "no", ("no",)),
    ],
)
def test_a_benchs_own_rule_is_given_what_our_marker_leads(
    question: Question, marker: str, text: str, answer: tuple[str, ...]
) -> None:
    reading = read_answer(question, text, extraction=Extraction.PUBLISHED, marker=marker)
    assert reading.answer == answer
