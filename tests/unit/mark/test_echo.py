"""What is copied from the messages that were sent is no answer; the same line by itself is one."""

from __future__ import annotations

from typing import Any

import pytest

from jmle_plugin.ask.messages import PROMPTS
from jmle_plugin.ask.prompt import load_prompt
from jmle_plugin.ask.reply import Reply
from jmle_plugin.ask.run import PromptRef, RunSpec
from jmle_plugin.ask.sitting import as_asked
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.model import Question
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.marks import read_reply_answer
from tests.builders import make_exam, make_question

QUESTION = make_question()
ASKED = ("Answer in this form:\n【回答】a", "Which one?\na one\nb two")


def read(text: str, asked: tuple[str, ...] = ASKED, **said: Any) -> str:
    reply = Reply(text, finish_reason="stop", asked=asked, **said)
    return ",".join(read_reply_answer(QUESTION, reply, Extraction.STANDARD).answer)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("【回答】a", "a"),
        ("It is the first.\n【回答】a", "a"),
        ("Answer in this form:\n【回答】a", ""),
        ("> Answer in this form:\n>\n> 【回答】a", ""),
        ("n this form:\n\n**【回答】a**", ""),
        ("Answer in this form:\n【回答】c", "c"),
        ("Answer in this form:\n【回答】a\nIt is the third, so\n【回答】c", "c"),
        ("Answer in this form:\n【回答】a\nIt is the first, so\n【回答】a", "a"),
        ("\n".join(ASKED), ""),
    ],
)
def test_a_copied_form_is_no_answer(text: str, answer: str) -> None:
    assert read(text) == answer
    assert read("", reasoning=text) == answer
    assert read(f"<think>{text}</think>") == answer
    assert read(text, asked=()) != ""


SENTENCE = ("Choose one and write it as 'Answer: X' (such as Answer: c).\n\n[1]\nWhich?",)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Answer: c", "c"),
        (SENTENCE[0], ""),
        ("write it as 'Answer: X' (such as Answer: c).", ""),
        ("(such as Answer: c).", ""),
        ("It is the third. Answer: c", "c"),
    ],
)
def test_a_copied_sentence_that_holds_its_example_is_no_answer(text: str, answer: str) -> None:
    assert read(text, SENTENCE, marker="Answer:") == answer


SHOTS = (
    "Q: one?\na: first\nb: second\nHow many\n答え:",
    "b",
    "Q: which of them is it, then?\na: third\nb: fourth\nHow many\n答え:",
)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("c", "c"),
        ("b", "b"),
        ("b: two", "b"),
        ("答え: b", "b"),
        ("c\n", "c"),
        ("【回答】c", "c"),
        ("\n".join(SHOTS), ""),
        ("\n".join(SHOTS[:2]), ""),
        (SHOTS[2], ""),
    ],
)
def test_where_the_answer_alone_is_asked_for_an_echo_is_none(text: str, answer: str) -> None:
    assert read(text, SHOTS, answer_of="IgakuQA") == answer


@pytest.mark.parametrize(
    ("question", "copied"),
    [
        (make_question(kind=QuestionKind.NUMERIC, text="How many are left of 40 after a year?"), 1),
        (make_question(kind=QuestionKind.NUMERIC, text="40 or 60?"), 0),
    ],
)
def test_a_number_in_the_question_may_be_its_answer(question: Question, copied: int) -> None:
    def number(text: str) -> tuple[str, ...]:
        reply = Reply(text, asked=(question.text,), answer_of="IgakuQA")
        return read_reply_answer(question, reply, Extraction.STANDARD).answer

    assert number("40") == ("40",)
    assert bool(copied) <= (number(question.text) == ())


QUESTIONS = [
    QUESTION,
    make_question("A-2", select=2),
    make_question("A-3", kind=QuestionKind.NUMERIC),
    make_question("B-1", select=0),
    make_question("B-2", kind=QuestionKind.SEQUENCE, select=3),
]


@pytest.mark.parametrize("name", ["en-1", "ja-1", "ja-2", "ja-3"])
def test_an_echo_of_a_prompt_earns_nothing(name: str) -> None:
    exam = make_exam(questions=QUESTIONS)
    prompt = load_prompt(PROMPTS / f"{name}.toml", make_exam(questions=QUESTIONS[:3]))
    ref = PromptRef(name=name, sha256=prompt.sha256)
    run = RunSpec(exam="tiny", run="echo", model="m", prompt=ref, marker=prompt.marker)
    for question in QUESTIONS[:3]:
        body = {"messages": prompt.messages(exam, question, images=True)}
        texts = [message["content"] for message in body["messages"]]
        whole = "\n".join(texts)
        for echo in (whole, texts[-1], whole[-160:], f"> {whole}"):
            for reply in (Reply(echo, finish_reason="stop"), Reply("", echo, finish_reason="stop")):
                read = read_reply_answer(question, as_asked(reply, run, body), Extraction.STANDARD)
                assert read.answer == ()
        said = as_asked(Reply("【回答】a", finish_reason="stop"), run, body)
        given = read_reply_answer(question, said, Extraction.STANDARD).answer
        assert given == (() if question.kind is QuestionKind.NUMERIC else ("a",))
