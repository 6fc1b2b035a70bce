"""The leaderboard in Japanese: snapshots that were read, within their columns."""

from __future__ import annotations

import re

import pytest
from syrupy.assertion import SnapshotAssertion
from wcwidth import wcswidth

from jmle_plugin.compare.leaderboard import Leaderboard
from jmle_plugin.report.columns import COLUMNS
from jmle_plugin.report.leaderboard import leaderboard_document
from jmle_plugin.report.markdown import markdown
from jmle_plugin.report.plot import plot
from jmle_plugin.report.tables import csv_text
from jmle_plugin.report.typesetting import families
from jmle_plugin.results.language import Language, catalogue, speaking
from tests.builders import lines_of


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


def titles(picture: bytes) -> str:
    """What an SVG's comments say that it writes."""
    return " ".join(re.findall(r"<!-- (.*?) -->", picture.decode()))
