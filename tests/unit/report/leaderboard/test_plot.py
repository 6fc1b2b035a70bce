"""The picture: in both formats, without global state, with and without Japanese letters."""

from __future__ import annotations

import re
import sys
from io import BytesIO
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib import font_manager
from PIL import Image

from jmle_plugin.compare.leaderboard import Leaderboard, leaderboard
from jmle_plugin.errors import SettingsError
from jmle_plugin.report import plot as plotting
from jmle_plugin.report.plot import check_format, plot
from tests.unit.report.leaderboard.conftest import Sat

NO_JAPANESE = [plotting.OWN]


def drawn(board: Leaderboard, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The words of the picture."""
    monkeypatch.setitem(mpl.rcParams, "svg.fonttype", "none")
    return re.findall(r"<text [^>]*>([^<]*)</text>", plot(board, ".svg").decode())


def test_a_picture_of_everything(board: Leaderboard) -> None:
    raw = plot(board, ".png")
    with Image.open(BytesIO(raw)) as picture:
        assert picture.format == "PNG"
        assert picture.width == 1440
        assert len(picture.convert("L").getcolors() or []) > 50
    assert plot(board, ".png") == raw


def test_the_same_board_gives_the_same_svg(board: Leaderboard) -> None:
    assert plot(board, ".svg") == plot(board, ".svg")


def test_names_and_titles_in_japanese(
    sample_board: Leaderboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    if plotting.families() == NO_JAPANESE:
        pytest.skip("no font with Japanese letters is installed here")
    words = drawn(sample_board, monkeypatch)
    assert "見本試験" in words
    assert "PASS 合格" in words


def test_without_a_japanese_font_names_are_latin(
    board: Leaderboard, sample_board: Leaderboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A glyph that is missing would be a warning, and so an error here.
    own = [one for one in font_manager.fontManager.ttflist if one.name == plotting.OWN]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", own)
    assert plotting.families() == NO_JAPANESE
    words = drawn(sample_board, monkeypatch)
    assert "sample" in words
    assert "PASS" in words
    everything = drawn(board, monkeypatch)
    assert "often" in everything
    assert "twin" in everything
    assert all(word.isascii() or not re.search("[ぁ-ん一-龥]", word) for word in everything)


def test_dollars_begin_no_formula(sat: Sat, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = sat("one", display_name=r"$\frac{1}$ \n _^{")
    assert any(r"$\frac{1}$" in word for word in drawn(leaderboard([hostile], {}), monkeypatch))


def test_letters_no_font_has_are_not_drawn_as_boxes(
    sat: Sat, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = drawn(
        leaderboard([sat("one", display_name="\U0001fae0 \u0e01\u1e900")], {}), monkeypatch
    )
    assert "one" in words


def test_long_names_are_cut(sat: Sat, monkeypatch: pytest.MonkeyPatch) -> None:
    words = drawn(leaderboard([sat("one", display_name="n" * 200)], {}), monkeypatch)
    assert f"{'n' * 30}…" in words


def test_no_verdict_is_said(sat: Sat, monkeypatch: pytest.MonkeyPatch) -> None:
    words = drawn(leaderboard([sat("part", asked=("A-1",))], {}), monkeypatch)
    assert "No run has a verdict." in words
    assert "Not shown, without a verdict: 1" in words


def test_nothing_global_changes(board: Leaderboard) -> None:
    before = mpl.rcParams.copy()
    plot(board, ".svg")
    assert mpl.rcParams.copy() == before
    assert "matplotlib.pyplot" not in sys.modules


@pytest.mark.parametrize("name", ["plot.pdf", "plot", "results.json"])
def test_other_formats_are_refused(name: str) -> None:
    with pytest.raises(SettingsError, match=r"ends in \.png or \.svg"):
        check_format(Path(name))
    check_format(Path("plot.PNG"))
