"""The leaderboard in Japanese: snapshots that were read, within their columns."""

from __future__ import annotations

import re

import pytest
from syrupy.assertion import SnapshotAssertion
from wcwidth import wcswidth

from jmle_plugin.compare.leaderboard import Leaderboard
from jmle_plugin.exam.model import Exam
from jmle_plugin.report.columns import COLUMNS
from jmle_plugin.report.leaderboard import leaderboard_document
from jmle_plugin.report.markdown import markdown
from jmle_plugin.report.plot import plot
from jmle_plugin.report.tables import csv_text
from jmle_plugin.report.typesetting import families
from jmle_plugin.results.language import Language, catalogue, speaking
from tests.builders import lines_of
from tests.unit.report.leaderboard.conftest import HOSTILE

LATIN = re.compile("[A-Za-z]{2,}")
FACTS = re.compile(r"正答表：official|Holm補正")
"""What a table is of has names in it, and a method of correction is one."""


@pytest.mark.parametrize("columns", [80, 120])
def test_text(board: Leaderboard, columns: int, snapshot: SnapshotAssertion) -> None:
    with speaking(Language.JA):
        lines = lines_of(leaderboard_document(board), columns)
    assert max(map(wcswidth, lines)) <= columns
    assert "\n".join(lines) == snapshot


def test_markdown(board: Leaderboard, unlisted: Leaderboard, snapshot: SnapshotAssertion) -> None:
    with speaking(Language.JA):
        assert markdown(leaderboard_document(board)) == snapshot
        assert markdown(leaderboard_document(unlisted)) == snapshot


def test_every_column_has_a_japanese_title() -> None:
    texts = {text for key, text in catalogue(Language.EN).items() if key.startswith("known.")}
    words = {word for one in COLUMNS for word in (one.title, one.long) if word}
    assert words <= texts


def test_a_spreadsheet_is_the_same_in_every_language(board: Leaderboard) -> None:
    english = csv_text(board)
    with speaking(Language.JA):
        assert csv_text(board) == english


def test_a_picture_speaks_japanese_where_a_font_does(
    board: Leaderboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    english = plot(board, ".svg")
    with speaking(Language.JA):
        assert (plot(board, ".svg") != english) is (len(families()) > 1)
        monkeypatch.setattr("jmle_plugin.report.plot.families", lambda: ["DejaVu Sans"])
        assert "passed" in titles(plot(board, ".svg"))


@pytest.mark.skipif(len(families()) == 1, reason="no font with Japanese letters is here")
def test_a_japanese_picture_has_no_english_but_names(board: Leaderboard, exam: Exam) -> None:
    names = {
        exam.title,
        *(one for table in board.tables for row in table.every for one in (row.title, row.run)),
    }
    with speaking(Language.JA):
        written = re.findall(r"<!-- (.*?) -->", plot(board, ".svg").decode())
    assert "得点率（%）" in written
    assert not [text for text in written if "?" in text and HOSTILE[:8] not in text]
    own = [text for text in written if not any(text.startswith(name[:8]) for name in names)]
    left = {text: words for text in own if (words := LATIN.findall(text))}
    assert {text: words for text, words in left.items() if not FACTS.search(text)} == {}


def titles(picture: bytes) -> str:
    """What an SVG's comments say that it writes."""
    return " ".join(re.findall(r"<!-- (.*?) -->", picture.decode()))
