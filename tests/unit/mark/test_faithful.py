"""Answers that repeat the option's own text, and what merely looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.model import Question
from jmle_plugin.mark.extraction import How, read_answer
from tests.builders import sample_exam

QUESTIONS = [one for one in sample_exam().questions.values() if one.kind is QuestionKind.CHOICE]

FORMS = [
    "{a}（{A}）が適切",
    "{a} ({A}) が最も適切です。",
    "選択肢{a}（{A}）が正解です。",
    "{a}「{A}」を選択する。",
    "{a} {A}（…）",
    "{a} {A}（病歴と検査所見に合う）",
    "{a}：{A}（理由…）",
    "{a}：{A}（理由：ほかの疾患では、または薬剤ではみられない。）",
    "{a}. {A} - 最も適切",
    "{a}（{A}）を投与する。",
    "正解は選択肢{a}：{A}",
    "{a}（{A}）",
]
BARE_FORMS = [
    "{a} 確信度(0~1): 0.95",
    "{a} (計算式は2×…)",
    "{a}が最も適切です。",
    "{a}を選択する",
]
FORMS_OF_TWO = [
    "{a}（{A}）と{b}（{B}）が正しい",
    "{a}（{A}）、{b}（{B}）を選択する。",
    "選択肢{a}（{A}）および選択肢{b}（{B}）",
]
NO_ANSWERS = [
    "{a}（{A}）は誤り",
    "{a}（{A}）ではない",
    "{a}（{A}）は不適切",
    "{a}（{A}）が適切でない",
    "{a}（{A}）が適切とは言えない",
    "{a}（{A}）が適切か",
    "{a}（{A}）かもしれない",
    "{a}（{A}）と迷う",
    "{a}（{A}）も考えられる",
    "{a}（{A}）を除外する",
    "{a}（{A}）は避ける",
    "{a}「{A}」を選択しない",
    "{a}（{A}）以外",
    "{a} {A}？",
    "{a} {A}（おそらく）",
    "{a} {A}（誤り）",
    "{a} {A}、自信なし",
    "{a} {A}（{b}も可）",
    "{a} {A}（{B}）",
    "{a}（{B}）",
    "{a}（{B}）が適切",
    "{a} {B} が正解",
    "{a} {A} / {b} {B}",
    "{a}（{A}）または{b}（{B}）",
    "{a}（{A}）ではなく{b}（{B}）",
    "{a}（{A}）より{b}（{B}）",
    "{a}（×）",
    "{a} ×",
    "おそらく{a}（{A}）",
]


def pairs(question: Question) -> list[dict[str, str]]:
    options = list(question.options.items())
    return [
        {"a": a, "A": text, "b": b, "B": other}
        for (a, text), (b, other) in zip(options, options[1:] + options[:1], strict=True)
    ]


def fill(form: str, words: dict[str, str]) -> str:
    return f"考察する。\n【回答】{form.format(**words)}"


@pytest.mark.parametrize("form", FORMS + BARE_FORMS)
def test_the_label_is_read_for_every_option_of_the_sample(form: str) -> None:
    for question in QUESTIONS:
        for words in pairs(question):
            reading = read_answer(question, fill(form, words))
            assert (reading.answer, reading.how) == ((words["a"],), How.TOLERANT), words


@pytest.mark.parametrize("form", FORMS_OF_TWO)
def test_two_labels_are_read_where_two_are_named(form: str) -> None:
    for question in QUESTIONS:
        for words in pairs(question):
            answer = read_answer(question, fill(form, words)).answer
            assert answer == tuple(sorted((words["a"], words["b"]))), words


@pytest.mark.parametrize("form", NO_ANSWERS)
def test_doubt_negation_and_another_candidate_are_no_answer(form: str) -> None:
    for question in QUESTIONS:
        for words in pairs(question):
            answer = read_answer(question, fill(form, words)).answer
            assert not question.takes(len(answer)), words


def test_a_reason_may_say_anything_of_the_case() -> None:
    for question in QUESTIONS:
        for words in pairs(question):
            text = fill(f"{{a}}：{{A}}（理由：{question.rationale}）", words)
            assert read_answer(question, text).answer == (words["a"],)


LETTERS = st.characters(
    categories=["Lu", "Ll", "Lo", "Nd"],
    include_characters=" ー〈〉、・,-/%（）「」.",
    max_codepoint=0xFFEF,
)
TEXTS = st.text(LETTERS, min_size=2, max_size=20).filter(
    lambda text: len(text.strip(" -/.（）「」、・,")) > 1
)


@given(st.lists(TEXTS, min_size=5, max_size=5, unique=True), st.data())
def test_any_text_of_an_option_is_read_in_every_form(texts: list[str], data: st.DataObject) -> None:
    options = {label: f"{label * 2}{text}" for label, text in zip("vwxyz", texts, strict=True)}
    question = Question("X-1", "X", 1, "general", QuestionKind.CHOICE, "stem", 1, options=options)
    label = data.draw(st.sampled_from("vwxyz"))
    form = data.draw(st.sampled_from(FORMS))
    text = fill(form, {"a": label, "A": options[label]})
    assert read_answer(question, text).answer == (label,)
