"""The picture: in both formats, without global state, with and without Japanese letters."""

from __future__ import annotations

import re
import sys
from io import BytesIO
from pathlib import Path

import matplotlib as mpl
import pytest
from fontTools.ttLib import TTFont
from matplotlib import font_manager
from PIL import Image

from jmle_plugin.compare.leaderboard import Leaderboard, leaderboard
from jmle_plugin.errors import SettingsError
from jmle_plugin.report import typesetting
from jmle_plugin.report.plot import check_format, plot
from jmle_plugin.report.typesetting import PRINT
from tests.unit.report.leaderboard.conftest import Sat

NO_JAPANESE = [typesetting.OWN]


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
    if typesetting.families() == NO_JAPANESE:
        pytest.skip("no font with Japanese letters is installed here")
    words = drawn(sample_board, monkeypatch)
    assert "見本試験" in words
    assert "PASS 合格" in words


def test_without_a_japanese_font_names_are_latin(
    board: Leaderboard, sample_board: Leaderboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A glyph that is missing would be a warning, and so an error here.
    own = [one for one in font_manager.fontManager.ttflist if one.name == typesetting.OWN]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", own)
    monkeypatch.setattr(font_manager, "findSystemFonts", list)
    assert typesetting.families() == NO_JAPANESE
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


@pytest.mark.parametrize("name", ["plot.gif", "plot", "results.json"])
def test_other_formats_are_refused(name: str) -> None:
    with pytest.raises(SettingsError, match=r"ends in \.png, \.svg or \.pdf"):
        check_format(Path(name))
    check_format(Path("plot.PNG"))
    check_format(Path("plot.pdf"))


MILLIMETRE = 72 / 25.4
"""In points of a PDF."""


@pytest.mark.parametrize("width", PRINT)
def test_a_pdf_is_as_wide_as_a_column_or_page_of_print(board: Leaderboard, width: int) -> None:
    raw = plot(board, ".pdf", PRINT[width])
    (box,) = re.findall(rb"/MediaBox \[ 0 0 ([\d.]+) [\d.]+ \]", raw)
    assert float(box) == pytest.approx(width * MILLIMETRE, abs=0.1)
    assert plot(board, ".pdf", PRINT[width]) == raw


def test_letters_of_print_are_large_enough_to_read() -> None:
    assert min(one.small for one in PRINT.values()) >= 5.5


@pytest.mark.parametrize("width", PRINT)
def test_a_pdf_holds_its_fonts_as_truetype_and_japanese_as_text(
    sample_board: Leaderboard, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(mpl.rcParams, "pdf.compression", 0)
    raw = plot(sample_board, ".pdf", PRINT[width])
    fonts = set(re.findall(rb"/BaseFont /(\S+)", raw))
    places = re.findall(rb"/FontFile2 (\d+) 0 R", raw)
    assert len(fonts) == len(places) > 1
    assert b"/Type3" not in raw
    for place in places:
        stream = re.search(rb"\n%s 0 obj\n.*?stream\n(.*?)\nendstream" % place, raw, re.DOTALL)
        assert stream
        with TTFont(BytesIO(stream[1])) as embedded:
            # Of other outlines under this name some viewers draw nothing.
            assert "glyf" in embedded
            assert len(embedded.getGlyphOrder()) > 1
    if typesetting.families() == NO_JAPANESE:
        pytest.skip("no font with Japanese letters is installed here")
    # What a reader can select and search: each font says which letters its glyphs are.
    named = b"".join(re.findall(rb"<[0-9a-f]{4}> <[0-9a-f]{4}> \[(.*?)\]", raw))
    words = "見本試験" if PRINT[width].narrow else "見本試験合格"
    assert {letter for letter in words if b"<%04x>" % ord(letter) not in named} == set()


def test_a_pdf_leaves_no_font_behind(sample_board: Leaderboard) -> None:
    typesetting.families()
    before = list(font_manager.fontManager.ttflist)
    plot(sample_board, ".pdf", PRINT[85])
    assert font_manager.fontManager.ttflist == before


def test_a_font_is_found_that_came_after_the_list_of_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    known = list(font_manager.fontManager.ttflist)
    typesetting.families()
    own = [one for one in known if one.name == typesetting.OWN]
    found = typesetting.families()
    if found == NO_JAPANESE:
        pytest.skip("no font with Japanese letters is installed here")
    monkeypatch.setattr(font_manager.fontManager, "ttflist", own)
    assert typesetting.families() == found
