"""Markdown: what is in it is text, and a document keeps all but its marked region."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from jmle_plugin.board.markdown import BEGIN, END, filled, markdown
from jmle_plugin.compare.leaderboard import Leaderboard
from jmle_plugin.errors import ResultError
from tests.unit.board.conftest import ALONE, titled


def test_everything_at_once(board: Leaderboard, snapshot: SnapshotAssertion) -> None:
    assert markdown(board) == snapshot


def test_the_sample(sample_board: Leaderboard, snapshot: SnapshotAssertion) -> None:
    assert markdown(sample_board) == snapshot


@given(st.text(alphabet=st.sampled_from("a |\\`*_[]()<>!$~@&#\n\r\x0b\u2028表:/w.-"), max_size=40))
def test_no_name_breaks_the_table_or_becomes_markup(name: str) -> None:
    text = markdown(titled(ALONE, name))
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == 3
    assert {len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) for row in rows} == {10}
    cell = re.split(r"(?<!\\)\|", rows[2])[2].strip().removeprefix("**").removesuffix("**")
    plain = re.sub(r"\\[\\`*_\[\]|~$]|&(?:amp|lt|gt|#64|#58);", "", cell)
    assert not re.search(r"[\\`*_\[\]|~$<>@]|://", plain)


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
