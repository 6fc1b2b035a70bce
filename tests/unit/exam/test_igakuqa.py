"""IgakuQA's layout, everything that is uneven in it included."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.errors import PackError
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.sources import PaperQuestion, boxed_number
from jmle_plugin.exam.sources.igakuqa import BLOCKS, read

PART = "data/2018/112"


class Source:
    """Six blocks of one question each, until a test says more."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.blocks: dict[str, list[dict[str, Any]]] = {name: [entry(name, 1)] for name in BLOCKS}
        self.about: dict[str, dict[str, Any]] = {}

    def file(self, block: str, *, about: bool = False) -> Path:
        return self.root / f"{PART}-{block}{'_metadata' if about else ''}.jsonl"

    def write(self) -> Path:
        self.file("A").parent.mkdir(parents=True, exist_ok=True)
        for block, entries in self.blocks.items():
            facts = [
                {"problem_id": one["problem_id"], "category": "循環器", "kinki": [], "reason": ""}
                | {"human_accuracy": "78", "breakdown": []}
                | self.about.get(one["problem_id"], {})
                for one in entries
            ]
            lines(self.file(block), entries)
            lines(self.file(block, about=True), facts)
        return self.root

    def read(self) -> dict[str, PaperQuestion]:
        return {one.id: one for one in read(self.write(), PART).questions}


def lines(file: Path, entries: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in entries)
    file.write_text(text, encoding="utf-8")


def entry(block: str, number: int, **changes: Any) -> dict[str, Any]:
    return {
        "problem_id": f"112{block}{number}",
        "problem_text": f"{block}の{number}はどれか。",
        "choices": ["一", "二", "三", "四", "五"],
        "text_only": True,
        "answer": ["a"],
        "points": "1",
        **changes,
    }


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(tmp_path)


def only(source: Source, **changes: Any) -> PaperQuestion:
    """The question A1 with these changes."""
    source.blocks["A"] = [entry("A", 1, **changes)]
    return source.read()["112A1"]


def test_choices_get_their_labels_and_stand_below_the_question(source: Source) -> None:
    one = only(source)
    assert one.text == "Aの1はどれか。\n\na　一\nb　二\nc　三\nd　四\ne　五"
    assert list(one.options) == list("abcde")
    assert (one.block, one.number, one.points, one.subject) == ("A", 1, 1, "循環器")


@pytest.mark.parametrize("count", [5, 6, 8, 9])
def test_there_may_be_more_than_five_choices(source: Source, count: int) -> None:
    last = "abcdefghi"[count - 1]
    one = only(source, choices=[f"選択肢{n}" for n in range(count)], answer=[last])
    assert list(one.options) == list("abcdefghi"[:count])
    assert one.answer == (last,)


@pytest.mark.parametrize("answer", [["b", "d"], ["a", "c", "e"]])
def test_as_many_are_chosen_as_the_answer_has(source: Source, answer: list[str]) -> None:
    one = only(source, answer=answer)
    assert (one.answer, one.also, one.select) == (tuple(answer), (), len(answer))


def test_a_or_d_are_two_accepted_answers(source: Source) -> None:
    one = only(source, answer=["a or d"])
    assert (one.answer, one.also, one.select) == (("a",), (("d",),), 1)


@pytest.mark.parametrize(
    ("kinki", "prohibited"),
    [([], ""), (["d"], "d"), (["c", "e"], "ce"), (["cde"], "cde"), (["ｃ"], "c"), ([" e"], "e")],
)
def test_prohibited_choices_are_read_however_written(
    source: Source, kinki: list[str], prohibited: str
) -> None:
    source.about["112A1"] = {"kinki": kinki}
    assert only(source).prohibited == tuple(prohibited)


@pytest.mark.parametrize(
    ("text", "key", "accepted"),
    [
        ("解答：①②mL", "52", ("52",)),
        ("解答：①.②", "3.4", ("3.4",)),
        ("解答：①．②③", "5.60", ("5.60",)),
        ("解答：①.②", "07", ("0.7",)),
        ("解答：①.②点", "31", ("3.1",)),
        ("解答：①②.③/1,000人", "200", ("20.0",)),
        ("解答：2, ①②③ 個", "450", ("2450", "450")),
        ("①〜③のうち。解答：①②％", "07", ("07",)),
        ("下線部①はどれか。求めよ。", "12", ("12",)),
        ("解答：①②", "7.2", ("7.2",)),
    ],
)
def test_a_key_to_digit_boxes_is_the_number_they_make(
    source: Source, text: str, key: str, accepted: tuple[str, ...]
) -> None:
    assert boxed_number(key, text) == accepted
    one = only(source, problem_text=text, choices=[], answer=[key])
    assert one.kind is QuestionKind.NUMERIC
    assert (one.answer, *one.also) == tuple((number,) for number in accepted)
    assert (one.text, one.options) == (text, {})


def test_a_question_whose_figure_is_not_there_says_so(source: Source) -> None:
    assert only(source, text_only=False).figures_missing
    assert not only(source, text_only=True).figures_missing


@pytest.mark.parametrize(("written", "share"), [("39.3", 0.393), ("78", 0.78), ("", None)])
def test_the_share_of_people_who_were_right(
    source: Source, written: str, share: float | None
) -> None:
    source.about["112A1"] = {"human_accuracy": written}
    assert only(source).human_accuracy == (share and pytest.approx(share))


def test_each_question_of_a_case_has_what_stood_before_it(source: Source) -> None:
    source.blocks["C"] = [
        entry("C", 1),
        entry("C", 2, problem_text="次の文を読み、以下の問いに答えよ。甲。診断は。"),
        entry("C", 3, problem_text="治療は。", text_only=False),
        entry("C", 4, problem_text="予後は。"),
        entry("C", 5, problem_text="次の文を読み、以下の問いに答えよ。乙。診断は。"),
        entry("C", 6, problem_text="検査は。"),
        entry("C", 7, problem_text="説明は。"),
        entry("C", 8, problem_text="計算せよ。", choices=[], answer=["3"]),
    ]
    found = source.read()
    serials = {name: one.serial.id for name, one in found.items() if one.serial}
    assert serials == dict.fromkeys(["112C2", "112C3", "112C4"], "112C2-4") | dict.fromkeys(
        ["112C5", "112C6", "112C7"], "112C5-7"
    )
    before = "次の文を読み、以下の問いに答えよ。甲。診断は。\n\n治療は。\n\n"
    assert found["112C4"].text == f"{before}予後は。\n\na　一\nb　二\nc　三\nd　四\ne　五"
    assert found["112C8"].text == "計算せよ。"
    assert [found[f"112C{n}"].figures_missing for n in range(2, 6)] == [False, True, True, False]


Spoil = Callable[[Source], object]


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda s: s.blocks["A"][0].update(answer=["f"]), "'f' is no label of its 5 choices"),
        (lambda s: s.blocks["A"][0].update(answer=["a or z"]), "'z' is no label"),
        (lambda s: s.blocks["A"][0].update(answer=[]), "answer: List should have at least 1"),
        (lambda s: s.blocks["A"][0].update(points="x"), "points: "),
        (lambda s: s.blocks["A"][0].update(problem_id="113A1"), "does not belong to block 112A"),
        (lambda s: s.about.update({"112A1": {"kinki": ["1"]}}), "kinki ['1'] are no labels"),
        (lambda s: s.about.update({"112A1": {"problem_id": "112A2"}}), "lacks question 112A1"),
        (lambda s: s.about.update({"112A1": {"human_accuracy": "many"}}), "human_accuracy: "),
        (
            lambda s: s.blocks["A"][0].update(choices=[], answer=["1", "2"]),
            "several numbers as answer",
        ),
    ],
)
def test_what_is_no_such_source_is_refused_by_name(
    source: Source, spoil: Spoil, problem: str
) -> None:
    spoil(source)
    with pytest.raises(PackError) as caught:
        source.read()
    assert problem in str(caught.value)
    assert "112-A" in str(caught.value)


def test_a_cut_line_is_named(source: Source) -> None:
    source.write()
    file = source.file("D")
    file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(PackError, match=r"112-D\.jsonl: line 1 is not valid JSON"):
        read(source.root, PART)


def test_a_missing_block_is_known_as_missing(source: Source) -> None:
    source.write()
    source.file("F", about=True).unlink()
    with pytest.raises(PackError) as caught:
        read(source.root, PART)
    assert isinstance(caught.value.__cause__, FileNotFoundError)


def test_facts_told_twice_of_one_question_are_refused(source: Source) -> None:
    root = source.write()
    about = source.file("A", about=True)
    about.write_text(about.read_text("utf-8") * 2, encoding="utf-8")
    with pytest.raises(PackError, match=r"112-A_metadata\.jsonl: has question 112A1 twice"):
        read(root, PART)


def test_a_number_without_end_belongs_to_no_block(source: Source) -> None:
    source.blocks["A"] = [entry("A", 1, problem_id=f"112A{'9' * 5000}")]
    with pytest.raises(PackError, match="does not belong to block 112A"):
        source.read()
