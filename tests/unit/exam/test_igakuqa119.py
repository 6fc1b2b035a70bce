"""IgakuQA119's layout, everything that is uneven in it included."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.errors import PackError
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.sources import PaperQuestion
from jmle_plugin.exam.sources.igakuqa119 import BLOCKS, read

FIVE = ["a. 一", "b. 二", "c. 三", "d. 四", "e.五"]


class Source:
    """One question in each of six blocks, until a test says more."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.first: dict[str, Any] = {}
        self.key = {f"119{block}1": "a" for block in BLOCKS}
        self.images: list[str] = []

    def write(self) -> Path:
        for folder in ("questions", "results", "images"):
            (self.root / folder).mkdir()
        for block in BLOCKS:
            one = {"number": f"119{block}1", "question": f"{block}はどれか。", "choices": FIVE}
            one |= {"has_image": False} | (self.first if block == "A" else {})
            file = self.root / "questions" / f"119{block}_json.json"
            file.write_text(json.dumps([one], ensure_ascii=False), encoding="utf-8")
        rows = "".join(f"{name},{answer}\n" for name, answer in self.key.items())
        csv = self.root / "results" / "correct_answers.csv"
        csv.write_text(f"問題番号,解答\n{rows}", encoding="utf-8-sig")
        for name in self.images:
            (self.root / "images" / name).write_bytes(b"png")
        return self.root

    def read(self) -> PaperQuestion:
        return read(self.write(), "119").questions[0]


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(tmp_path)


def test_choices_have_their_labels_already(source: Source) -> None:
    one = source.read()
    assert one.options == dict(zip("abcde", "一二三四五", strict=True))
    assert one.text == "Aはどれか。\n\na. 一\nb. 二\nc. 三\nd. 四\ne.五"


@pytest.mark.parametrize(
    ("question", "key", "accepted"),
    [
        ("正しいのはどれか。", "b", [("b",)]),
        ("正しいのはどれか。2つ選べ。", "bd", [("b", "d")]),
        ("正しいのはどれか。3 つ選べ。", "abe", [("a", "b", "e")]),
        ("最も適切なのはどれか。", "ac", [("a",), ("c",)]),
    ],
)
def test_several_letters_are_all_of_them_or_any(
    source: Source, question: str, key: str, accepted: list[tuple[str, ...]]
) -> None:
    source.first, source.key["119A1"] = {"question": question}, key
    one = source.read()
    assert [one.answer, *one.also] == accepted
    assert one.select == len(accepted[0])


def test_a_key_in_digits_asks_for_a_number(source: Source) -> None:
    source.first, source.key["119A1"] = {"question": "求めよ。", "choices": []}, "600"
    one = source.read()
    assert (one.kind, one.answer, one.options, one.text) == (
        QuestionKind.NUMERIC, ("600",), {}, "求めよ。",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"choices": ["a. 一", "b. 二", "d. 三d四", "e. 五"]}, "c"),
        ({"choices": [], "question": "どれか。 a一 b二 c三 d四 e五"}, "e"),
        ({"question": ""}, "a"),
    ],
)
def test_what_the_data_set_spoiled_can_still_be_answered(
    source: Source, changes: dict[str, Any], key: str
) -> None:
    source.first, source.key["119A1"] = changes, key
    one = source.read()
    assert (one.kind, list(one.options), one.answer) == (QuestionKind.CHOICE, list("abcde"), (key,))


@pytest.mark.parametrize(
    ("has_image", "files", "shown", "missing"),
    [
        (True, ["119A1.png"], ("119A1.png",), False),
        (True, ["119A1-2.png", "119A1-1.jpg"], ("119A1-1.jpg", "119A1-2.png"), False),
        (True, ["119A11.png"], (), True),
        (False, [], (), False),
        (False, ["119A1.png"], (), False),
    ],
)
def test_figures_are_those_of_questions_that_are_said_to_have_some(
    source: Source, has_image: bool, files: list[str], shown: tuple[str, ...], missing: bool
) -> None:
    source.first, source.images = {"has_image": has_image}, files
    one = source.read()
    assert (one.images, one.figures_missing) == (shown, missing)


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        (["119A1-1.png", "119A1-3.png"], "of its numbered figures one is missing"),
        (["119A1-1.png"], "of its numbered figures one is missing"),
        (["119A1.png", "119A1-1.png"], "one without a number lies beside them"),
        (["119A1.png", "119A1.jpg"], "is the same figure as"),
    ],
)
def test_figures_of_which_some_are_missing_are_refused(
    source: Source, files: list[str], problem: str
) -> None:
    source.first, source.images = {"has_image": True}, files
    with pytest.raises(PackError, match=problem):
        source.read()


@pytest.mark.parametrize(
    ("changes", "key", "problem"),
    [
        ({}, "f", "'f' is no answer"),
        ({}, "", "'' is no answer"),
        ({"question": " ", "choices": []}, "a", "is empty"),
        ({"number": "118A1"}, "a", "does not belong to block 119A"),
        ({"number": "119A2"}, "a", "lacks question 119A2"),
        ({"number": f"119A{'9' * 5000}"}, "a", "does not belong to block 119A"),
    ],
)
def test_what_is_no_such_source_is_refused_by_name(
    source: Source, changes: dict[str, Any], key: str, problem: str
) -> None:
    source.first, source.key["119A1"] = changes, key
    with pytest.raises(PackError, match=problem):
        source.read()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b\n",
        "問題番号,解答\n119A1\n",
        "問題番号,解答\nx,a\nx,b\n",
        f"問題番号,解答\nx,{'a' * 200_000}\n",
    ],
    ids=["empty", "other", "short", "twice", "endless"],
)
def test_a_table_of_another_form_is_no_key(source: Source, text: str) -> None:
    root = source.write()
    (root / "results" / "correct_answers.csv").write_text(text, encoding="utf-8")
    with pytest.raises(PackError, match=r"correct_answers\.csv"):
        read(root, "119")
