"""The standard rule: what an examiner would read, and nothing more."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.model import Question
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.extraction import How, Reading, read_answer

OPTIONS = {
    "a": "輸液",
    "b": "「経過観察」",
    "c": "緊急手術",
    "d": "ビタミンB、C投与",
    "e": "Na 130 mEq/L",
}


def choice_question(select: int = 1, labels: str = "abcde", *, bare: bool = False) -> Question:
    options = {label: "" if bare else OPTIONS.get(label, f"{label}群") for label in labels}
    return Question(
        "X-1", "X", 1, "general", QuestionKind.CHOICE, "stem", 1, select=select, options=options
    )


def numeric_question(text: str = "stem") -> Question:
    return Question("X-2", "X", 2, "general", QuestionKind.NUMERIC, text, 1)


def read_content(question: Question, content: str) -> Reading:
    return read_answer(question, f"考察する。\n【回答】{content}")


# --- choice: exact and tolerant -------------------------------------------------------


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize(
    ("content", "answer"),
    [
        ("c】", "c"),
        ("**a、c**", "ac"),
        ("** c", "c"),
        ("：c", "c"),
        ("ａ，ｃ", "ac"),
        ("(a)", "a"),
        ("（ａ）", "a"),
        ("【c】", "c"),
        ("a.", "a"),
        ("aとc", "ac"),
        ("aおよびc", "ac"),
        ("a and c", "ac"),
        ("a・c", "ac"),
        ("a c", "ac"),
        ("A", "a"),
        ("a, c", "ac"),
        ("a,\u202fc", "ac"),
        ("a,", "a"),
        ("a,a", "a"),
        ("c  ", "c"),
        ("c 緊急手術", "c"),
        ("c（緊急手術）", "c"),
        ("c: 緊急手術", "c"),
        ("c - 緊急手術", "c"),
        ("c 緊急の手術が必要", "c"),
        ("c X線が適切", "c"),
        ("b\u3000「経過観察」", "b"),
        ("a 輸液、c 緊急手術", "ac"),
        ("a（輸液）とc（緊急手術）", "ac"),
        ("a：輸液", "a"),
        ("\\boxed{c}", "c"),
        ("$\\boxed{\\text{c}}$", "c"),
        ("選択肢c", "c"),
        ("正解は c です。", "c"),
        ("cである", "c"),
        ("\nc", "c"),
        ("\n\n**c 緊急手術**", "c"),
        ("**\n\\[\n\\boxed{c}\n\\]", "c"),
    ],
)
def test_a_human_reading_is_tolerant(content: str, answer: str, *, bare: bool) -> None:
    reading = read_content(choice_question(bare=bare), content)
    assert (reading.answer, reading.how) == (tuple(answer), How.TOLERANT)


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        ("c緊急手術", "c"),
        ("a、輸液", "a"),
        ("d ビタミンB、C投与", "d"),
        ("d: ビタミンB、C投与、e: Na 130 mEq/L", "de"),
    ],
)
def test_the_options_own_text_may_hold_anything(content: str, answer: str) -> None:
    assert read_content(choice_question(), content).answer == tuple(answer)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "  ",
        "aまたはb",
        "a または b",
        "a or b",
        "either a and b",
        "aではなくb",
        "a ではなく b",
        "a（bではない）",
        "a?b",
        "a？",
        "a-c",
        "a/c",
        "a→c",
        "a～c",
        "~~a~~ c",
        "a ×、c ○",
        "a and/or c",
        "aとb以外",
        "[option letter]",
        "a / 【回答】a,c",
        "a,c,...",
        "f",
        "a,f",
        "a f",
        "a 輸液、f",
        "a 緊急手術",
        "cは誤り",
        "c 緊急手術またはaの輸液",
        "c（緊急手術）。aは不要",
        "の形式で答える",
        "わからない",
        "ac",
        "bad",
        "c\x00",
    ],
)
def test_a_guess_is_no_answer(content: str) -> None:
    reading = read_content(choice_question(), content)
    assert (reading.answer, reading.how) == ((), How.NONE)


def test_labels_written_together_count_where_that_many_are_asked() -> None:
    assert read_content(choice_question(2), "ac").answer == ("a", "c")
    assert read_content(choice_question(2), "ＣＡ").answer == ("a", "c")
    assert read_content(choice_question(3), "ac").answer == ()
    assert read_content(choice_question(2), "acd").answer == ()
    assert read_content(choice_question(2), "aa").answer == ()
    assert read_content(choice_question(2), "af").answer == ()


def test_too_many_labels_are_shown_not_dropped() -> None:
    assert read_content(choice_question(2), "a,c,d") == Reading(
        ("a", "c", "d"), How.EXACT, "【回答】a,c,d"
    )


def test_labels_are_those_of_the_question() -> None:
    assert read_content(choice_question(labels="abcdefgh"), "h").how is How.EXACT
    assert read_content(choice_question(labels="abcd"), "e").answer == ()
    assert read_content(choice_question(labels="12345"), "③").answer == ("3",)


# --- which line is the answer line ----------------------------------------------------


@pytest.mark.parametrize(
    ("text", "answer", "how"),
    [
        ("【回答】c", "c", How.EXACT),
        ("考察\r\n【回答】a,c\r\n", "ac", How.EXACT),
        ("【回答】c,a", "ac", How.EXACT),
        ("**【回答】** c", "c", How.TOLERANT),
        ("## 【回答】c", "c", How.TOLERANT),
        ("> 【回答】c", "c", How.TOLERANT),
        ("以上より【回答】c", "c", How.TOLERANT),
        ("【回答】a\n訂正する。\n【回答】c", "c", How.EXACT),
        ("【回答】a\n訂正すると、【回答】c", "c", How.TOLERANT),
        ("【回答】c\n以上、【回答】の形式で答えた。", "c", How.EXACT),
        ("【回答】c\n\n解説：aは誤り。", "c", How.EXACT),
        ("【回答】c\n【回答】aまたはc", "", How.NONE),
        ("【回答】c\n【回答】", "", How.NONE),
        ("【回答】a 【回答】a", "", How.NONE),
        ("【回答】\n【回答】c", "c", How.EXACT),
        ("【解答】c", "c", How.TOLERANT),
        ("[回答] c", "c", How.TOLERANT),
        ("【回答：c】", "c", How.TOLERANT),
        ("【最終回答】c", "c", How.TOLERANT),
        ("したがって\n\\[\n\\boxed{c}\n\\]", "c", How.TOLERANT),
        ("【解答】a\n【回答】c", "c", How.EXACT),
        ("【回答】c\n【解答】a", "c", How.EXACT),
        ("よって、解答：c", "c", How.TOLERANT),
        ("解答：\n**c**", "c", How.TOLERANT),
        ("解答：c\nその理由を述べる。", "", How.NONE),
        ("aは不正解：c", "", How.NONE),
        ("Answer: c", "", How.NONE),
        ("\\boxed{a} \\boxed{c}", "", How.NONE),
        ("答えはcである。", "", How.NONE),
        ("c", "", How.NONE),
        ("", "", How.NONE),
    ],
)
def test_the_last_answer_line_counts(text: str, answer: str, how: How) -> None:
    reading = read_answer(choice_question(), text)
    assert (reading.answer, reading.how) == (tuple(answer), how)


@pytest.mark.parametrize(
    ("text", "reasoning", "answer"),
    [
        ("", "考える。\n【回答】c", "c"),
        ("途中で切れた", "【回答】a\n【回答】c", "c"),
        ("【回答】aまたはb", "【回答】c", ""),
        ("【回答】", "【回答】c", ""),
        ("【回答】a", "【回答】c", "a"),
        ("【解答】a", "【回答】c", "a"),
        ("【解答】の方針", "【回答】c", "c"),
        ("", "Format: 【回答】a", ""),
        ("", "【回答】a / 【回答】a,c", ""),
        ("", "\\boxed{c}", ""),
    ],
)
def test_reasoning_counts_only_without_an_answer_line(
    text: str, reasoning: str, answer: str
) -> None:
    assert read_answer(choice_question(), text, reasoning).answer == tuple(answer)


def test_the_reasoning_is_tolerant_at_best() -> None:
    assert read_answer(choice_question(), "", "【回答】c").how is How.TOLERANT


def test_the_line_is_for_people() -> None:
    question = choice_question()
    assert read_answer(question, "x\n  **【回答】ｃ**  ").line == "**【回答】ｃ**"
    assert read_answer(question, "【回答】\n c ").line == "【回答】 c"
    assert read_answer(question, "【回答】aまたはb").line == "【回答】aまたはb"
    assert read_answer(question, "【回答】\x1b[31m\ud800").line == "【回答】\ufffd[31m\ufffd"
    assert len(read_answer(question, "【回答】" + "あ" * 900).line) == 200
    assert read_answer(question, "なし").line == ""


# --- numeric --------------------------------------------------------------------------


@pytest.mark.parametrize("content", ["3.14", "315", "0.40", "007", "-5", "+5", "1200"])
def test_an_ascii_number_is_exact(content: str) -> None:
    assert read_content(numeric_question(), content) == Reading(
        (content,), How.EXACT, f"【回答】{content}"
    )


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        ("3 1 5", "315"),
        ("３\u3000１\u3000５", "315"),
        ("**3** **1** **5**", "315"),
        ("3 1 5 mOsm/kgH₂O", "315"),
        ("0 . 4 0", "0.40"),
        ("①=3 ②=1 ③=5", "315"),
        ("①：3、②：1、③：5", "315"),
        ("①３②１③５", "315"),
        ("①27%", "27"),
        ("①146②mg/dl", "146"),
        ("① 1.20", "1.20"),
        ("28**", "28"),
        ("１，２００", "1200"),
        ("1,200", "1200"),
        ("1,234,567.80", "1234567.80"),
        ("12 mL/分", "12"),
        ("100 mL/分/1.73 m²", "100"),
        ("315 mOsm/kgH₂O", "315"),
        ("約12", "12"),
        ("≒ 28", "28"),
        ("BMI = 28", "28"),
        ("0.40 g/gCr", "0.40"),
        ("0.40。", "0.40"),
        ("２８．", "28"),
        ("28 (28)", "28"),
        ("28（小数第1位を四捨五入）", "28"),
        ("−5", "-5"),
        ("－５", "-5"),
        ("\\boxed{315}", "315"),
        ("$28\\,\\mathrm{kg/m^2}$", "28"),
        ("\n315", "315"),
        ("】315", "315"),
    ],
)
def test_a_number_is_read_as_written(content: str, answer: str) -> None:
    reading = read_content(numeric_question(), content)
    assert (reading.answer, reading.how) == ((answer,), How.TOLERANT)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "不明",
        "28または29",
        "28 or 29",
        "28、29",
        "28?",
        "12-13",
        "12〜13",
        "28±1",
        "28以上",
        "> 28",
        "- 5",
        "1/2",
        "½",
        "10^3",
        "10⁻³",
        "1e3",
        "2²",
        "3*5",
        "3 * 5",
        "3_1_5",
        "3 \\times 5",
        "3.14.15",
        "1 200",
        "1,20",
        "3,1,5",
        "③=3 ②=1 ①=5",
        "②=1 ③=5",
        "①=3 ②=15",
        "①3②",
        "①1②2③",
        "②27",
        "①27または28",
        "①64.4 torr、②67.4 torr",
        "NaN",
        "Infinity",
        "٣",
        "28 ٣",
        "9" * 65,
        "[number]",
        "3 / 【回答】3.14",
    ],
)
def test_an_unclear_number_is_no_answer(content: str) -> None:
    assert read_content(numeric_question(), content).how is How.NONE


def test_printed_boxes_give_count_and_decimal_point() -> None:
    question = numeric_question(
        "値を求めよ。\n解答：①．②③ g/gCr\n\n①\u3000②\u3000③\n0\u30000\u30000"
    )
    assert read_content(question, "0 4 0").answer == ("0.40",)
    assert read_content(question, "0 . 4 0").answer == ("0.40",)
    assert read_content(question, "①=0 ②=4 ③=0").answer == ("0.40",)
    assert read_content(question, "0 4").answer == ()
    assert read_content(question, "0 4 . 0").answer == ()
    assert read_content(question, "040").answer == ("040",)


# --- properties -----------------------------------------------------------------------

LABEL_SETS = [
    picked for size in range(1, 6) for picked in itertools.combinations("abcde", size)
]  # every non-empty subset
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
PIECES = st.sampled_from(
    ["【回答】", "【解答】", "\\boxed{", "a", "c", "ｅ", "f", "3", "１", ".", ",", "、", " ", "\n",
     "**", "（", "）", "】", "または", "緊急手術", "①", "²", "-", "\ud800", "\x00", "?"]
)  # fmt: skip
NEAR_REPLIES = st.lists(PIECES, max_size=25).map("".join)
PROSE = ANY_TEXT.filter(lambda text: "【回答】" not in text)
NUMBERS = st.decimals(-(10**6), 10**6, allow_nan=False, places=3).map(lambda d: f"{d:f}")
WRAPPINGS = st.lists(
    st.sampled_from(
        [("**", "**"), ("*", "*"), ("`", "`"), (" ", " "), ("\u3000", ""), ("（", "）"),
         ("", "】"), ("：", ""), ("「", "」"), ("\\boxed{", "}")]
    ),
    max_size=4,
)  # fmt: skip


def wrap(content: str, wrappings: list[tuple[str, str]]) -> str:
    for before, after in wrappings:
        content = f"{before}{content}{after}"
    return content


def widen(content: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in content)


@pytest.mark.parametrize("labels", LABEL_SETS)
def test_every_exact_choice_line_round_trips(labels: tuple[str, ...]) -> None:
    for order in (labels, labels[::-1]):
        reading = read_content(choice_question(len(labels)), ",".join(order))
        assert (reading.answer, reading.how) == (labels, How.EXACT)


@given(
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20)
    .map(lambda number: f"{number:f}")
    .filter(lambda written: len(written) <= 64)
)
def test_every_exact_number_round_trips(written: str) -> None:
    reading = read_content(numeric_question(), written)
    assert (reading.answer, reading.how) == ((written,), How.EXACT)


@given(st.sampled_from(LABEL_SETS), WRAPPINGS, st.booleans(), PROSE)
def test_decoration_never_changes_the_labels(
    labels: tuple[str, ...], wrappings: list[tuple[str, str]], wide: bool, prose: str
) -> None:
    written = ",".join(labels)
    content = wrap(widen(written) if wide else written, wrappings)
    for text in (f"{prose}\n【回答】{content}", f"{prose}\n## **【回答】**{content}"):
        assert read_answer(choice_question(len(labels)), text).answer == labels


@given(NUMBERS, WRAPPINGS, st.booleans(), PROSE)
def test_decoration_never_changes_the_number(
    number: str, wrappings: list[tuple[str, str]], wide: bool, prose: str
) -> None:
    content = wrap(widen(number) if wide else number, wrappings)
    assert read_answer(numeric_question(), f"{prose}\n【回答】{content}").answer == (number,)


@given(ANY_TEXT | NEAR_REPLIES, ANY_TEXT | NEAR_REPLIES, st.sampled_from(Extraction))
def test_any_text_is_read_without_raising(
    text: str, reasoning: str, extraction: Extraction
) -> None:
    for question in (choice_question(), choice_question(2, "abc"), numeric_question("①．②③")):
        reading = read_answer(question, text, reasoning, extraction=extraction)
        assert (reading.how is How.NONE) == (not reading.answer)
        assert len(reading.line) <= 200
        reading.line.encode()
        if extraction is Extraction.STANDARD and question.kind is QuestionKind.CHOICE:
            assert set(reading.answer) <= set(question.labels)
            assert list(reading.answer) == sorted(set(reading.answer))
        if extraction is Extraction.STANDARD and question.kind is QuestionKind.NUMERIC:
            assert all(Decimal(number).is_finite() for number in reading.answer)


@given(ANY_TEXT | NEAR_REPLIES)
def test_read_content_never_raises(content: str) -> None:
    for question in (choice_question(2), numeric_question()):
        read_content(question, content)


@given(NEAR_REPLIES, ANY_TEXT, st.sampled_from("abcde"))
def test_a_later_answer_line_overrides(text: str, reasoning: str, label: str) -> None:
    reading = read_answer(choice_question(), f"{text}\n【回答】{label}", reasoning)
    assert (reading.answer, reading.how) == ((label,), How.EXACT)


@given(st.sampled_from("abcde"), PROSE)
def test_prose_after_the_answer_line_does_not_lose_it(label: str, prose: str) -> None:
    assert read_answer(choice_question(), f"【回答】{label}\n{prose}").answer == (label,)


# --- size -----------------------------------------------------------------------------

LONG = 400_000
"""Characters, more than models reply: what grows with their square would take hours."""


@pytest.mark.parametrize("extraction", list(Extraction))
@pytest.mark.parametrize("question", [choice_question(2), numeric_question()])
@pytest.mark.parametrize("unit", ["【回答】", "a,", " ", "1 ", "、"])
def test_an_endless_line_is_no_answer(
    unit: str, question: Question, extraction: Extraction
) -> None:
    long = unit * (LONG // len(unit))
    reading = read_answer(question, f"【回答】{long}", long, extraction=extraction)
    assert extraction is Extraction.PUBLISHED or reading.how is How.NONE


@pytest.mark.parametrize(
    "unit",
    ["x【回答】\n", "【回答】\n", "[回答]", "\\boxed{", "a\n", "\n", "【", "*", "c 緊急手術、"],
)
def test_an_endless_text_before_the_answer_line_does_not_matter(unit: str) -> None:
    long = unit * (LONG // len(unit))
    assert read_answer(choice_question(), f"{long}\n【回答】c").how is How.EXACT
    assert read_answer(choice_question(), long).how is How.NONE
