from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image as Pillow

from jmle_plugin.errors import PackError
from jmle_plugin.exam import images
from jmle_plugin.exam.images import decode, load_image
from jmle_plugin.exam.model import Image

if TYPE_CHECKING:
    from tests.unit.exam.conftest import PackBuilder, Refusal


class Figures:
    """A folder with one figure, `x.png`, of question T-1."""

    def __init__(self, folder: Path, refusal: Refusal) -> None:
        self.folder = folder
        self.file = folder / "x.png"
        self._refusal = refusal

    def load(self, name: str = "x.png", sha256: str | None = None) -> Image:
        return load_image(self.folder, name, question="T-1", pinned=[sha256] if sha256 else ())

    def refused(self, name: str = "x.png", sha256: str | None = None) -> str:
        return self._refusal(lambda: self.load(name, sha256), PackError)


@pytest.fixture
def figures(tmp_path: Path, pack: PackBuilder, refusal: Refusal) -> Figures:
    folder = tmp_path / "figures"
    folder.mkdir()
    found = Figures(folder, refusal)
    found.file.write_bytes(pack.png(40, 30))
    return found


def test_a_figure_is_hashed_and_measured(figures: Figures) -> None:
    raw = figures.file.read_bytes()
    assert figures.load() == Image(
        name="x.png",
        path=figures.file,
        sha256=hashlib.sha256(raw).hexdigest(),
        media_type="image/png",
        width=40,
        height=30,
        size=len(raw),
    )


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_the_form_is_told_by_the_bytes_not_by_the_name(figures: Figures, form: str) -> None:
    Pillow.new("RGB", (4, 3)).save(figures.file, form)
    image = figures.load()
    assert image.media_type == f"image/{form.lower()}"
    decode(image, question="T-1")


def test_several_pictures_in_one_jpeg_are_a_jpeg(figures: Figures) -> None:
    picture = Pillow.new("RGB", (4, 3))
    picture.save(figures.file, "MPO", save_all=True, append_images=[picture])
    assert figures.load().media_type == "image/jpeg"


def test_the_pinned_checksum_is_compared(figures: Figures) -> None:
    sha256 = figures.load().sha256
    assert figures.load(sha256=sha256).sha256 == sha256
    message = figures.refused(sha256="0" * 64)
    assert f"{figures.file}: the image of question T-1 has sha256 {sha256[:12]}" in message
    assert "the pack pins 000000000000" in message
    assert "`jmle fetch`" in message


def test_a_missing_figure_is_never_skipped(figures: Figures) -> None:
    message = figures.refused("y.png")
    assert str(figures.folder / "y.png") in message
    assert "question T-1 needs this image, but it cannot be read (No such file" in message
    assert "`jmle fetch`" in message
    assert "JMLE_DATA" in message


@pytest.mark.parametrize("kept", [0, 4, 12, 20])
def test_a_cut_header_is_refused(figures: Figures, kept: int) -> None:
    figures.file.write_bytes(figures.file.read_bytes()[:kept])
    message = figures.refused()
    assert f"{figures.file}: the image of question T-1 is not a readable image" in message
    assert "Replace the file with the original one" in message
    assert "BytesIO" not in message


def test_another_form_is_refused(figures: Figures) -> None:
    Pillow.new("RGB", (4, 3)).save(figures.file, "BMP")
    assert "is not a readable image (one of PNG, JPEG, WEBP, GIF)" in figures.refused()


@pytest.mark.parametrize(
    ("width", "height", "problem"),
    [
        (60_000, 60_000, "is too large to decode"),
        (8_000, 8_000, "is 8000 x 8000 pixels, more than 50,000,000"),
        (10_000, 10_000, "is 10000 x 10000 pixels, more than 50,000,000"),
    ],
    ids=["bomb", "large", "suspicious"],
)
def test_a_small_file_of_enormous_size_is_refused_unopened(
    figures: Figures, pack: PackBuilder, width: int, height: int, problem: str
) -> None:
    figures.file.write_bytes(pack.huge_png(width, height))
    message = figures.refused()
    assert f"{figures.file}: the image of question T-1 {problem}" in message


def test_an_enormous_file_is_refused_unread(
    figures: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "MAX_BYTES", 50)
    size = figures.file.stat().st_size
    assert f"it has {size:,} bytes, more than 50" in figures.refused()


@pytest.mark.parametrize("name", ["../x.png", "a/../../x.png", "/etc/hostname", "a\0b", ".."])
def test_a_name_that_climbs_out_is_refused(figures: Figures, name: str) -> None:
    message = figures.refused(name)
    assert str(figures.folder) in message
    assert f"question T-1: the image name {name!r} leads out of" in message
    assert "Name images by files inside" in message


def test_a_link_that_leads_out_is_refused(figures: Figures, tmp_path: Path) -> None:
    outside = figures.file.rename(tmp_path / "outside.png")
    figures.file.symlink_to(outside)
    assert "the image name 'x.png' leads out of" in figures.refused()


def test_a_link_within_the_folder_is_a_file_like_any_other(figures: Figures) -> None:
    (figures.folder / "y.png").symlink_to(figures.file)
    assert figures.load("y.png").sha256 == figures.load().sha256


def test_links_in_a_circle_are_refused(figures: Figures) -> None:
    (figures.folder / "y.png").symlink_to(figures.folder / "z.png")
    (figures.folder / "z.png").symlink_to(figures.folder / "y.png")
    assert "question T-1" in figures.refused("y.png")


@pytest.mark.parametrize("name", ["", "."])
def test_a_name_that_is_no_file_is_refused(figures: Figures, name: str) -> None:
    assert "it is a folder" in figures.refused(name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes by name")
def test_a_pipe_is_not_waited_for(figures: Figures) -> None:
    os.mkfifo(figures.folder / "pipe.png")
    assert "is no regular file" in figures.refused("pipe.png")


def test_a_sound_figure_decodes(figures: Figures) -> None:
    decode(figures.load(), question="T-1")


@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_corrupt_pixels_pass_loading_but_not_decoding(
    figures: Figures, refusal: Refusal, damage: str
) -> None:
    raw = figures.file.read_bytes()
    start = raw.index(b"IDAT") + 4
    # A new checksum pin would be right for these bytes; only decoding can tell.
    figures.file.write_bytes(raw[: start + 6] if damage == "cut" else raw[:start] + b"\xff" * 40)
    image = figures.load()
    message = refusal(lambda: decode(image, question="T-1"), PackError)
    assert f"{figures.file}: the image of question T-1 is corrupt" in message
    assert "Replace the file" in message


def test_a_figure_that_changed_or_went_after_loading_is_noticed(
    figures: Figures, pack: PackBuilder, refusal: Refusal
) -> None:
    image = figures.load()
    figures.file.write_bytes(pack.png(41, 30))
    message = refusal(lambda: decode(image, question="T-1"), PackError)
    assert "has changed since the exam was loaded" in message
    figures.file.unlink()
    assert "cannot be read" in refusal(lambda: decode(image, question="T-1"), PackError)


def test_a_pack_with_a_missing_figure_does_not_load(pack: PackBuilder) -> None:
    pack.images.clear()
    message = pack.refused()
    assert str(pack.folder / "images" / "A-1.png") in message
    assert "question A-1 needs this image" in message
