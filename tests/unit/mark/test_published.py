"""The published rule, compared with an independent transcription of it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.model import Question
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.extraction import How, Reading, read_answer

CHOICE = Question(
    "X-1", "X", 1, "general", QuestionKind.CHOICE, "stem", 1, options=dict.fromkeys("abcdef", "")
)
NUMERIC = Question("X-2", "X", 2, "general", QuestionKind.NUMERIC, "stem", 1)


def read(question: Question, text: str, reasoning: str = "") -> Reading:
    return read_answer(question, text, reasoning, extraction=Extraction.PUBLISHED)


def transcription(question: Question, text: str) -> tuple[str, ...]:
    match = re.search(r"【回答】\s*(.*)", text)
    if match is None:
        return ()
    written = match.group(1)
    if question.kind is QuestionKind.NUMERIC:
        return (written.strip(),) if written.strip() else ()
    written = re.sub(r"[*_`#]", "", written)
    found = {x.lower() for x in re.split(r"[,、\s]+", written) if re.fullmatch(r"[a-eA-E]", x)}
    return tuple(sorted(found))


@pytest.mark.parametrize(
    ("text", "answer", "how"),
    [
        ("【回答】a,c", "ac", How.EXACT),
        ("【回答】A、**c**", "ac", How.TOLERANT),
        ("【回答】\n\n c", "c", How.TOLERANT),
        ("【回答】a\n【回答】c", "a", How.EXACT),
        ("【回答】c 緊急手術", "c", How.TOLERANT),
        ("【回答】a または b", "ab", How.TOLERANT),
        ("【回答】c】", "", How.NONE),
        ("【回答】ｃ", "", How.NONE),
        ("【回答】f", "", How.NONE),
        ("【回答】(c)", "", How.NONE),
        ("【解答】c", "", How.NONE),
        ("", "", How.NONE),
    ],
)
def test_choice(text: str, answer: str, how: How) -> None:
    reading = read(CHOICE, text)
    assert (reading.answer, reading.how) == (tuple(answer), how)


@pytest.mark.parametrize(
    ("content", "answer", "how"),
    [
        ("0.40", "0.40", How.EXACT),
        ("28**", "28**", How.TOLERANT),
        ("3 1 5 ", "3 1 5", How.TOLERANT),
        ("1.5 g/日", "1.5 g/日", How.TOLERANT),
        ("不明", "不明", How.TOLERANT),
    ],
)
def test_a_number_is_kept_as_it_stands(content: str, answer: str, how: How) -> None:
    assert read(NUMERIC, f"【回答】{content}") == Reading(
        (answer,), how, f"【回答】{content}".strip()
    )


def test_reasoning_is_read_where_the_reply_yields_nothing() -> None:
    assert read(CHOICE, "【回答】わからない", "【回答】c") == Reading(
        ("c",), How.TOLERANT, "【回答】c"
    )
    assert read(CHOICE, "【回答】a", "【回答】c").answer == ("a",)
    assert read(CHOICE, "【回答】?", "なし") == Reading((), How.NONE, "【回答】?")


PIECES = st.sampled_from(
    ["【回答】", "a", "C", "f", "3.1", ",", "、", " ", "\n", "\r", "\u2028", "**", "`", "】", "の"]
)


@given(st.lists(PIECES, max_size=20).map("".join), st.lists(PIECES, max_size=8).map("".join))
def test_it_is_the_published_rule(text: str, reasoning: str) -> None:
    for question in (CHOICE, NUMERIC):
        expected = transcription(question, text) or transcription(question, reasoning)
        assert read(question, text, reasoning).answer == expected
