"""Columns align, whatever the width of a character."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.report.layout import folded, pad, ranges, table, width, wrapped

CELL = st.text(st.sampled_from("ab 必修①ｱ👍é\u0301"), max_size=8)


@pytest.mark.parametrize(
    ("text", "columns"),
    [("", 0), ("abc", 3), ("必修", 4), ("一般・臨床", 10), ("ｱｲ", 2), ("👍", 2), ("e\u0301", 1)],
)
def test_width_is_counted_in_columns(text: str, columns: int) -> None:
    assert width(text) == columns


def test_control_characters_take_no_width_and_hide_nobody_elses() -> None:
    assert width("必\0修\x1b") == 4


def test_padding_fills_up_on_either_side() -> None:
    assert pad("必修", 6) == "必修  "
    assert pad("必修", 6, right=True) == "  必修"
    assert pad("必修", 3) == "必修"


def test_columns_align_with_full_width_characters() -> None:
    assert table([["", "points"], ["必修", "9/10"], ["General", "100/200"]]) == [
        "          points",
        "必修        9/10",
        "General  100/200",
    ]


@given(rows=st.lists(st.tuples(CELL, st.sampled_from("x必")), min_size=1))
def test_right_edges_stand_under_each_other(rows: list[tuple[str, str]]) -> None:
    assert len({width(line) for line in table(rows)}) == 1


def test_rows_may_be_short_or_missing() -> None:
    assert table([]) == []
    assert table([["a", "b"], ["c"]]) == ["a  b", "c"]


def test_items_hang_behind_their_label() -> None:
    assert wrapped("Errors: ", ["A-1", "A-2", "A-3"], 16) == ["Errors: A-1 A-2", "        A-3"]
    assert wrapped("None: ", [], 16) == ["None: "]


@given(items=st.lists(st.text("ab必", min_size=1, max_size=5)), columns=st.integers(16, 40))
def test_wrapped_lines_are_narrow_and_keep_every_item(items: list[str], columns: int) -> None:
    lines = wrapped("Names:", items, columns)
    assert max(map(width, lines)) <= columns
    assert "".join(lines).replace(" ", "") == "Names:" + "".join(items)


def test_few_ids_are_listed_and_many_grouped() -> None:
    ids = [f"A-{n}" for n in range(1, 8)]
    assert ranges(ids, most=7) == ids
    assert ranges([*ids, "A-9", "B-1", "B-2", "C"], most=7) == [
        "A-1..A-7",
        "A-9",
        "B-1",
        "B-2",
        "C",
    ]
    assert ranges(["A-9", "A-10", "A-11", "A-011"], most=1) == ["A-9..A-11", "A-011"]
    assert ranges(["1", "2", "3", "x", "x"], most=1) == ["1..3", "x", "x"]


@given(numbers=st.lists(st.integers(0, 40), unique=True).map(sorted))
def test_grouped_ids_are_all_there(numbers: list[int]) -> None:
    found: list[int] = []
    for part in ranges([f"A-{n}" for n in numbers], most=0):
        first, _, last = part.replace("A-", "").partition("..")
        found += range(int(first), int(last or first) + 1)
    assert found == numbers


def test_text_that_fits_is_left_alone() -> None:
    assert folded("  a   b  ", 9) == ["  a   b  "]


def test_text_is_broken_at_blanks_and_long_words_anywhere() -> None:
    assert folded("one two three", 8) == ["one two", "  three"]
    assert folded("a 必修必修必修", 7) == ["a 必修", "  必修", "  必修"]


def test_long_names_are_broken_where_people_would() -> None:
    name = "tokyotech-llm/Qwen3-Swallow-32B-RL-v0.2 (no-think)"
    assert folded(name, 24) == ["tokyotech-llm/Qwen3-", "  Swallow-32B-RL-v0.2", "  (no-think)"]
    assert folded("a-bcdefghijkl", 8) == ["a-bcdefg", "  hijkl"]
    assert folded("必-必必", 5) == ["必-必", "  必"]


@given(text=st.text("ab-, 必👍"), columns=st.integers(5, 40))
def test_folded_lines_are_narrow_and_lose_nothing(text: str, columns: int) -> None:
    lines = folded(text, columns)
    assert max(map(width, lines)) <= columns
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "columns", "lines"),
    [
        ("合格基準を満たす。", 16, ["合格基準を満た", "  す。"]),
        ("全400問中160問正答", 12, ["全400問中", "  160問正答"]),
        ("判定（公表基準）", 8, ["判定（公", "  表基", "  準）"]),
        ("差は0.0366（p = 0.04）", 16, ["差は0.0366（p =", "  0.04）"]),
    ],
)
def test_japanese_is_broken_between_letters_but_for_signs_and_numbers(
    text: str, columns: int, lines: list[str]
) -> None:
    assert folded(text, columns) == lines
