"""Markdown: what is in it is text, and a document keeps all but its marked region."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from syrupy.assertion import SnapshotAssertion

from jmle_plugin.cli.leaderboard import BEGIN, END, filled
from jmle_plugin.compare.leaderboard import Leaderboard
from jmle_plugin.errors import ResultError
from jmle_plugin.report.leaderboard import leaderboard_document
from jmle_plugin.report.markdown import markdown
from jmle_plugin.text import printable
from tests.unit.report.leaderboard.conftest import ALONE, titled


def test_everything_at_once(board: Leaderboard, snapshot: SnapshotAssertion) -> None:
    assert markdown(leaderboard_document(board)) == snapshot


def test_the_sample(sample_board: Leaderboard, snapshot: SnapshotAssertion) -> None:
    assert markdown(leaderboard_document(sample_board)) == snapshot


@given(st.text(alphabet=st.sampled_from("a |\\`*_[]()<>!$~@&#\n\r\x0b\u2028表:/w.-"), max_size=40))
def test_no_name_breaks_the_table_or_becomes_markup(name: str) -> None:
    text = markdown(leaderboard_document(titled(ALONE, name)))
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == 3
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    cells = [tokens[n + 1].children or [] for n, one in enumerate(tokens) if one.type == "td_open"]
    assert len(cells) == rows[0].count("|") - 1
    kinds = {"text", "strong_open", "strong_close", "code_inline", "html_inline", "text_special"}
    assert {one.type for one in cells[1]} <= kinds
    tags = {one.content for one in cells[1] if one.type == "html_inline"}
    assert tags <= {"<code>", "</code>"}
    shown = "".join(one.content for one in cells[1] if one.type != "html_inline")
    assert shown.split() == printable(name).split()


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_the_region_is_filled_and_nothing_else_changes(tmp_path: Path, line_break: str) -> None:
    file = tmp_path / "README.md"
    before, after = f"\ufeff# 題{line_break}`{BEGIN}` in a line{line_break}", f"end, no break {END}"
    parts = [f"{before}  {BEGIN} {line_break}", f"old{line_break}", f"{END}{line_break}{after}"]
    file.write_bytes("".join(parts).encode())
    once = filled(file, "| new |\n")
    new = f"{line_break}| new |{line_break}{line_break}"
    assert once.decode() == parts[0] + new + parts[2]
    file.write_bytes(once)
    assert filled(file, "| new |\n") == once


@pytest.mark.parametrize(
    "content",
    ["", BEGIN, END, f"{END}\n{BEGIN}\n", f"{BEGIN}\n{END}\n{BEGIN}\n{END}\n", f"{BEGIN} {END}"],
)
def test_missing_and_doubled_markers_are_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "README.md"
    file.write_text(content)
    with pytest.raises(ResultError, match="not one of each in this order") as caught:
        filled(file, "new")
    assert BEGIN in caught.value.remedy


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_bytes(b"\xff\xfe")
    for name, problem in (("page.md", "no UTF-8"), ("gone.md", "cannot be read"), (".", "folder")):
        with pytest.raises(ResultError, match=problem):
            filled(tmp_path / name, "new")
