"""The prompt: what a question becomes, and which template files are refused."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.ask.prompt import (
    DEFAULT_PROMPT,
    Prompt,
    load_prompt,
    recorded_prompt,
)
from jmle_plugin.errors import SettingsError
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.model import Question, Serial
from tests.builders import FIGURE, make_exam, make_question

EXAM = make_exam()
SOUND = """
name = "mine"
system = "system of $exam"
user = "$serial$question|$instruction"
[instruction]
single = "one of them"
multi_select = "$select of them, like $example"
numeric = "a number for $$5"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "prompt.toml"


def custom(file: Path, text: str = SOUND) -> Prompt:
    file.write_text(text, encoding="utf-8")
    return load_prompt(file)


def user(prompt: Prompt, question: Question, *, images: bool = True) -> Any:
    """The content of the user's message, the last one."""
    return prompt.messages(EXAM, question, images=images)[-1]["content"]


def refusal(file: Path) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        load_prompt(file)
    assert caught.value.where == str(file)
    return caught.value


def test_question_without_figures_is_plain_text() -> None:
    question = make_question()
    content = user(load_prompt(), question)
    assert isinstance(content, str)
    assert question.text in content


def test_figures_go_by_digest_after_the_text() -> None:
    text, figure = user(load_prompt(), make_question(images=(FIGURE,)))
    assert text["type"] == "text"
    assert figure == {"type": "image_url", "image_url": {"url": f"sha256:{FIGURE.sha256}"}}


def test_blind_candidate_sees_no_figure() -> None:
    prompt = load_prompt()
    with_figure, without = make_question(images=(FIGURE,)), make_question()
    assert user(prompt, with_figure, images=False) == user(prompt, without)


@pytest.mark.parametrize(
    ("question", "says"),
    [
        (make_question(), "1つ選んで"),
        (make_question(select=2), "2つ選んで"),
        (make_question(select=3), "3つ選んで"),
        (make_question(kind=QuestionKind.NUMERIC), "数値で解答"),
    ],
)
def test_number_of_choices_is_stated(question: Question, says: str) -> None:
    assert says in user(load_prompt(), question)


@given(options=st.integers(2, 9), data=st.data())
def test_form_has_as_many_blanks_as_choices_are_asked(options: int, data: st.DataObject) -> None:
    select = data.draw(st.integers(1, options))
    question = make_question(select=select, options=dict.fromkeys("abcdefghi"[:options], ""))
    form = user(load_prompt(), question).rpartition("【回答】")[2]
    assert form.split(",") == ["〈記号〉"] * select


def test_shared_context_stands_before_the_question() -> None:
    question = make_question(serial=Serial("A-1-2", "A case.", ("A-1", "A-2")))
    assert user(load_prompt(), question).startswith("A case.\n\n" + question.text)


@pytest.mark.parametrize("text", ["$question $$ ${select} $1", "{question} {0} %s %(x)s", "\\1 $"])
def test_hostile_question_stays_as_it_is(file: Path, text: str) -> None:
    case = Serial("A-1-2", f"{text}!", ())
    content = user(custom(file), make_question(text=text, serial=case))
    assert content == f"{text}!\n\n{text}|one of them"


def test_same_question_gives_the_same_messages() -> None:
    question = make_question(images=(FIGURE,))
    first, second = (load_prompt().messages(EXAM, question, images=True) for _ in range(2))
    assert first == second


def test_own_prompt_is_filled_in(file: Path) -> None:
    prompt = custom(file)
    system, _ = prompt.messages(EXAM, make_question(), images=True)
    assert system == {"role": "system", "content": "system of Tiny exam"}
    assert user(prompt, make_question(select=2)).endswith("2 of them, like a,c")
    numeric = make_question(kind=QuestionKind.NUMERIC)
    assert user(prompt, numeric).endswith("a number for $5")


def test_empty_system_message_is_left_out(file: Path) -> None:
    prompt = custom(file, SOUND.replace('system = "system of $exam"', ""))
    assert [one["role"] for one in prompt.messages(EXAM, make_question(), images=True)] == ["user"]


def test_prompt_is_known_by_the_bytes_of_its_file(file: Path) -> None:
    assert custom(file).sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert custom(file, SOUND + "\n# a remark\n").sha256 != custom(file).sha256
    assert load_prompt() == load_prompt(DEFAULT_PROMPT)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("$question", " the question", "user has no $question"),
        ("|$instruction", "", "user has no $instruction"),
        ("$exam", "$exma", "unknown placeholders ['exma']"),
        ("$serial", "${weather}", "unknown placeholders ['weather']"),
        ("one of them", "$instruction", "unknown placeholders ['instruction']"),
        ("$$5", "$5", "instruction.numeric: a $ that starts no placeholder"),
        ("of them", "of them for 5$", "a $ that starts no placeholder"),
        ('name = "mine"', "", "name is missing"),
        ('name = "mine"', "name = 5", "name is missing or not a text"),
        ('user = "$serial$question|$instruction"', "", "user is missing"),
        ('single = "one of them"', "", "instruction.single is missing"),
        ('"one of them"', "[]", "instruction.single is missing or not a text"),
        ('name = "mine"', "name =", "is no prompt file"),
        ("[instruction]", "[instructions]", "instruction.single is missing"),
    ],
)
def test_faulty_prompt_is_refused_with_the_place(file: Path, old: str, new: str, says: str) -> None:
    file.write_text(SOUND.replace(old, new), encoding="utf-8")
    assert says in refusal(file).problem


@pytest.mark.parametrize(
    "raw",
    [b"\xff", b"instruction = 5\n", b'instruction = "x"\n', b"", b"x = " + b"[" * 100_000],
    ids=["no UTF-8", "no table", "a text", "empty", "nested without end"],
)
def test_file_that_is_no_prompt_is_refused(file: Path, raw: bytes) -> None:
    file.write_bytes(raw)
    assert refusal(file).problem


def test_missing_prompt_names_the_file_and_shows_where_to_look(tmp_path: Path) -> None:
    error = refusal(tmp_path / "nowhere.toml")
    assert "No such file" in error.problem
    assert str(DEFAULT_PROMPT) in error.remedy


def test_unknown_placeholder_is_told_the_known_ones(file: Path) -> None:
    file.write_text(SOUND.replace("$exam", "$exma"), encoding="utf-8")
    assert (
        refusal(file).remedy
        == "There are: blanks, choices, exam, example, instruction, marker, notice, options, "
        "question, select, serial, stem."
    )


NUMBERED = make_question(options=dict.fromkeys("12345", "an option"))
ORDERED = make_question(kind=QuestionKind.SEQUENCE, select=3)
ALL = make_question(select=0)


@pytest.mark.parametrize(
    ("question", "example"),
    [
        (NUMBERED, "1"),
        (replace(NUMBERED, select=2), "1,3"),
        (ORDERED, "e,c,a"),
        (ALL, "a,c"),
        (make_question(), "a"),
        (make_question(kind=QuestionKind.NUMERIC), "3.14"),
    ],
)
def test_an_example_has_the_form_of_the_questions_own_answer(
    question: Question, example: str
) -> None:
    exam = make_exam(questions=[NUMBERED, ORDERED, ALL])
    earlier = load_prompt(DEFAULT_PROMPT.with_name("ja-2.toml"), exam)
    assert user(earlier, question).rpartition("【回答】")[2] == example


def test_an_order_is_asked_for_as_one() -> None:
    asked = user(load_prompt(None, make_exam(questions=[ORDERED])), ORDERED)
    assert "3つを選び、正しい順に並べて" in asked
    assert "順番どおりに置き換え" in asked


RELEASED = {
    "en-1": "6fcbde7a5d4e9eff249c077bcfce2d755b6c743cbf089aabe68a2cc2a45ca372",
    "ja-1": "2f63e5c16cdfd84024078299f1ad0dbeefc184194cd38950fc2b1435d72dd57c",
    "ja-2": "6ac6d2fd6e305520d93c0c5cf95d7907ed767ebe5ccddae322d0fc82899456e8",
    "ja-3": "d24c36b64d011b9f712d55e680aec160f1c9594f5e5dc36c1d31e112c2669f57",
    "igakuqa-3shot": "61f1890f0dbc23ef66d5be5d49ce026d78836c945b837ca24a04ff11f2e32162",
    "jmedqa": "0fb899aa975bed0e994d2ac72721cf318efa7b9f62e74b3a53136b85b92df696",
    "jmle2026-bench": "641fed3ed95a2a68c56722c0d728a75d56c468f262ac6368b12063f967d2f862",
}


def test_prompts_that_were_released_stay_what_they_are() -> None:
    """Runs recorded with one are refused once it changes."""
    files = sorted(DEFAULT_PROMPT.parent.glob("*.toml"))
    assert {load_prompt(one).name: load_prompt(one).sha256 for one in files} == RELEASED


@pytest.mark.parametrize("name", RELEASED)
def test_a_released_prompt_is_found_by_what_a_run_says_of_it(name: str) -> None:
    file = recorded_prompt(RELEASED[name])
    assert file is not None
    assert load_prompt(file).name == name


def test_no_other_prompt_is_taken_for_a_released_one() -> None:
    assert recorded_prompt("0" * 64) is None


def test_a_prompt_may_name_its_marker(file: Path) -> None:
    assert custom(file).marker == load_prompt().marker == "【回答】"
    assert custom(file, f'marker = "Answer: "\n{SOUND}').marker == "Answer:"
    file.write_text(f'marker = " "\n{SOUND}', encoding="utf-8")
    assert refusal(file).problem == "marker is empty"


def test_all_that_apply_are_asked_for_without_their_number() -> None:
    asked = user(load_prompt(None, make_exam(questions=[ALL])), ALL)
    assert "当てはまるものをすべて選んで" in asked


def test_a_prompt_without_the_instruction_an_exam_needs_is_refused(file: Path) -> None:
    file.write_text(SOUND, encoding="utf-8")
    assert load_prompt(file, EXAM).name == "mine"
    with pytest.raises(SettingsError, match=r"instruction\.sequence is missing"):
        load_prompt(file, make_exam(questions=[ORDERED]))


WHOLE = """
name = "whole"
system = "$instruction for $select of $exam"
user = "$notice$stem$choices"
option = "$label) $text;"
choices = " - $options"
figures = "before"
figure = "$number: $reference"
content = "parts"
notice = "No pictures. "
[instruction]
single = "one"
multi_select = "some"
numeric = "a number"
[[shots]]
user = "First?"
assistant = "b"
"""


def test_a_prompt_file_says_how_each_part_is_written(file: Path) -> None:
    prompt = custom(file, WHOLE)
    question = make_question(
        stem="What?",
        options={"a": "one", "b": "two"},
        images=(FIGURE, FIGURE),
        references=("X", "Y"),
    )
    system, shot, answer, asked = prompt.messages(EXAM, question, images=True)
    assert system["content"] == "one for 1 of Tiny exam"
    assert shot == {"role": "user", "content": [{"type": "text", "text": "First?"}]}
    assert answer == {"role": "assistant", "content": "b"}
    figure = {"type": "image_url", "image_url": {"url": f"sha256:{FIGURE.sha256}"}}
    texts = [{"type": "text", "text": one} for one in ("1: X", "2: Y", "What? - a) one;b) two;")]
    assert asked["content"] == [texts[0], figure, texts[1], figure, texts[2]]
    *_, blind = prompt.messages(EXAM, question, images=False)
    assert blind["content"] == [{"type": "text", "text": "No pictures. What? - a) one;b) two;"}]
    numeric = make_question(kind=QuestionKind.NUMERIC, stem="How many?")
    assert user(prompt, numeric) == [{"type": "text", "text": "How many?"}]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('figures = "before"', 'figures = "beside"', "figures"),
        ('content = "parts"', 'contents = "parts"', "contents"),
        ('option = "$label) $text;"', 'option = "$label) $answer;"', "unknown placeholders"),
        ('assistant = "b"', "", "a shot has user and assistant"),
        ('notice = "', 'answer_of = "Nobody"\nnotice = "', "'Nobody' is none of"),
        (
            "[[shots]]",
            '[words.w]\nfile = "w.py"\nconstant = "W"\n[[shots]]',
            "pinned by no checksum",
        ),
        (
            "[[shots]]",
            '[words.w]\nfile = "w.py"\nfunction = "f"\n[[shots]]',
            "words are a constant",
        ),
    ],
)
def test_a_field_that_cannot_be_is_refused(file: Path, old: str, new: str, says: str) -> None:
    file.write_text(WHOLE.replace(old, new), encoding="utf-8")
    assert says in refusal(file).problem


def test_a_file_nested_too_deep_is_no_prompt(file: Path) -> None:
    file.write_text(f"name = {'[' * 100_000}", encoding="utf-8")
    assert "is no prompt file" in refusal(file).problem


def test_a_stem_without_its_case_is_known(file: Path) -> None:
    case = Serial("A-1-2", "A case.", ("A-1", "A-2"))
    own = make_question(stem="Question A-1?", serial=case)
    later = make_question(
        stem="And then?", text="First?\n\nAnd then?", serial=replace(case, text="")
    )
    whole, alone = custom(file), custom(file, WHOLE)
    assert [whole.leaves_out_case(one) for one in (own, later)] == [False, False]
    assert [alone.leaves_out_case(one) for one in (own, later)] == [True, True]
    assert not alone.leaves_out_case(make_question(stem="Question A-1?"))
