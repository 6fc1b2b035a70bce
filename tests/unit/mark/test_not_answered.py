"""What no model answered is not read: echoes of the prompt, thinking that was cut, quoted forms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.ask.prompt import load_prompt
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.model import Question
from jmle_plugin.gateway.reply import Reply
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.extraction import How, read_answer, split_thinking
from jmle_plugin.mark.marks import mark_reply, read_reply_answer
from tests.builders import make_exam, make_question, sample_exam

EXAM = sample_exam()
PROMPTS = {
    name: load_prompt(None, EXAM).messages(EXAM, question, images=False)[-1]["content"]
    for name, question in EXAM.questions.items()
}
ENDS = ["", "stop", "length", "content_filter"]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("length", [30, 160, 100_000])
def test_a_client_that_echoes_the_prompt_gets_no_points(length: int, end: str) -> None:
    for name, question in EXAM.questions.items():
        echo = PROMPTS[name][-length:]
        for reply in (
            Reply(echo, finish_reason=end),
            Reply("", echo, finish_reason=end),
            Reply(f"<think>{echo}", finish_reason=end),
        ):
            mark = mark_reply(question, EXAM.key, reply)
            assert (mark.points, mark.answer) == (0, []), echo


@given(st.sampled_from(list(PROMPTS)), st.data())
def test_no_part_of_the_prompt_is_an_answer(name: str, data: st.DataObject) -> None:
    prompt = PROMPTS[name]
    start = data.draw(st.integers(0, len(prompt)))
    end = data.draw(st.integers(start, len(prompt)))
    part = prompt[start:end]
    assert read_answer(EXAM.questions[name], part, part).answer == ()


@pytest.mark.parametrize(
    "kind", [{"kind": QuestionKind.SEQUENCE, "select": 3}, {"select": 0}, {"select": 2}]
)
def test_the_form_of_other_questions_is_no_answer(kind: dict[str, Any]) -> None:
    question = make_question(**kind)
    exam = make_exam(questions=[question])
    (*_, user) = load_prompt(None, exam).messages(exam, question, images=False)
    assert read_answer(question, user["content"], user["content"]).answer == ()


QUESTION = make_question()


@pytest.mark.parametrize(
    ("end", "answer"), [("stop", ("c",)), ("length", ()), ("content_filter", ()), ("", ())]
)
def test_reasoning_is_read_only_where_the_reply_is_known_to_be_whole(
    end: str, answer: tuple[str, ...]
) -> None:
    for reply in (
        Reply("", "考える。\n【回答】c", finish_reason=end),
        Reply("<think>考える。\n【回答】c", finish_reason=end),
    ):
        assert read_reply_answer(QUESTION, reply, Extraction.STANDARD).answer == answer


TEMPLATES = [
    ("<think>", "</think>"),
    ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    ("<unused94>thought\n", "<unused95>"),
    ("<|channel>thought\n", "<channel|>"),
    ("[THINK]", "[/THINK]"),
]


@pytest.mark.parametrize(("begin", "end"), TEMPLATES)
def test_thinking_between_tags_is_reasoning(begin: str, end: str) -> None:
    thought, said = "まず考える。\n【回答】a\n", "考察\n【回答】c"
    whole = f"{begin}{thought}{end}{said}"
    reading = read_answer(QUESTION, whole, whole=False)
    assert (reading.answer, reading.how) == (("c",), How.EXACT)
    for left_out in (f"{begin}{thought}", f"{begin}{thought}{end}", f"{thought}{end}"):
        assert read_answer(QUESTION, left_out, whole=False).answer == ()
        assert read_answer(QUESTION, left_out).how is How.TOLERANT
    assert read_answer(QUESTION, f"{thought}{end}{said}").answer == ("c",)


@given(st.lists(st.sampled_from(["<think>", "</think>", "<|channel>", "x", "\n"])).map("".join))
def test_no_text_is_lost_between_reply_and_thinking(text: str) -> None:
    said, thought = split_thinking(text)
    assert (said + thought).count("x") == text.count("x")
    assert text.count("<think>") or text.count("</think>") or "<|chan" in text or said == text


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("【回答】e\n（形式：【回答】a）", "e"),
        ("【回答】e\n「【回答】a」の形式で答えた。", "e"),
        ("【回答】e\n以上、【回答】aの形式で記載した。", "e"),
        ("【回答】e\n例：【回答】a,c", "e"),
        ("【回答】e\nFormat: 【回答】a", "e"),
        ("【回答】e\n\n次の形式で書いてください。\n【回答】〈記号〉", "e"),
        ("**【回答】e**\n（形式：【回答】a）", "e"),
        ("（形式：【回答】a）\n【回答】e", "e"),
        ("（形式：【回答】a）", ""),
        ("「【回答】a」の形式で答えます。", ""),
        ("【回答】e\n訂正すると、【回答】c", "c"),
        ("以下の形式で回答します：【回答】c", "c"),
        ("【回答】c（指定の形式で記載）", "c"),
        ("【回答】[c]", "c"),
        ("【回答】〈c〉", "c"),
    ],
)
def test_a_line_that_quotes_the_form_is_no_answer(text: str, answer: str) -> None:
    assert read_answer(QUESTION, text).answer == tuple(answer)


@pytest.mark.parametrize(
    ("text", "answer", "how"),
    [
        ("考察\nAnswer: c", "c", How.EXACT),
        ("Answer:c", "c", How.EXACT),
        ("**Answer:** c", "c", How.TOLERANT),
        ("**Answer**: c", "c", How.TOLERANT),
        ("Final answer: c", "c", How.TOLERANT),
        ("Answer：ｃ", "c", How.TOLERANT),
        ("Answer: a or c", "", How.NONE),
        ("Answer: <letter>", "", How.NONE),
        ("Answer: c\n(format: Answer: a)", "c", How.EXACT),
    ],
)
def test_a_prompt_may_name_another_marker(text: str, answer: str, how: How) -> None:
    reading = read_answer(QUESTION, text, marker="Answer:")
    assert (reading.answer, reading.how) == (tuple(answer), how)
    assert (
        read_reply_answer(QUESTION, Reply(text, marker="Answer:"), Extraction.STANDARD) == reading
    )
    assert read_answer(QUESTION, text).answer == ()


SHARES = [0.5, 0.9, 0.99]


def test_a_run_cut_in_its_reasoning_gives_only_answers_of_the_whole(data_root: Path) -> None:
    """Every reasoning that was recorded, the shares that are left of it by turns."""
    folder = data_root / "jmle2026-bench"
    entries = json.loads((folder / "jmle2026_dataset.json").read_text(encoding="utf-8"))
    questions = {entry["question_id"]: _question(entry) for entry in entries}
    cut = 0
    for path in sorted((folder / "results").glob("*.json")):
        for one in json.loads(path.read_text(encoding="utf-8"))["results"]:
            reasoning = one.get("reasoning") or ""
            question = questions[one["question_id"]]
            if not reasoning:
                continue
            part = reasoning[: int(len(reasoning) * SHARES[cut % len(SHARES)])]
            cut += 1
            for reply in (
                Reply("", part, finish_reason="length"),
                Reply("", part),
                Reply(f"<think>{part}", finish_reason="length"),
                Reply(f"<|channel|>analysis<|message|>{part}"),
            ):
                read = read_reply_answer(question, reply, Extraction.STANDARD).answer
                if read:
                    assert (
                        read == read_answer(question, one["raw_response"] or "", reasoning).answer
                    )
    assert cut > 4000


def _question(entry: dict[str, str]) -> Question:
    numeric = entry["question_type"] == "calculation"
    return make_question(
        kind=QuestionKind.NUMERIC if numeric else QuestionKind.CHOICE,
        text=entry["question_text"],
        select=int(entry["num_choices_to_select"]),
        options={} if numeric else dict.fromkeys("abcde", ""),
    )
