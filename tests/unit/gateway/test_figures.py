"""Figures as they are sent: the file's own bytes, or made plain; and nothing is asked blind."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import struct
import threading
import time
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from jmle_plugin.exam import find_pack, pack_folders
from jmle_plugin.exam.images import read_picture
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.gateway.failures import ProviderError
from jmle_plugin.gateway.figures import Figure, Figures
from jmle_plugin.gateway.protocol import ImageFile
from tests.builders import picture_file

MAX_EDGE = 64
ORIENTATION = 0x0112


class Desk:
    """A folder of figures, known by their digests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.images: dict[str, ImageFile] = {}

    def put(self, raw: bytes) -> str:
        digest = hashlib.sha256(raw).hexdigest()
        file = self.folder / digest
        file.write_bytes(raw)
        self.images[digest] = ImageFile(path=str(file), media_type="image/png")
        return digest

    def get(self, raw: bytes, *, max_edge: int = MAX_EDGE) -> Figure:
        figures = Figures(self.images, max_edge=max_edge)
        return asyncio.run(figures.get(self.put(raw)))

    def refusal(self, digest: str) -> str:
        with pytest.raises(ProviderError) as caught:
            asyncio.run(Figures(self.images, max_edge=MAX_EDGE).get(digest))
        assert caught.value.fatal
        assert "jmle fetch" in caught.value.message
        assert self.images[digest].path in caught.value.message
        return caught.value.message


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def halves(mode: str = "RGB", size: tuple[int, int] = (40, 20)) -> Pillow.Image:
    """Red on the left, blue on the right."""
    picture = Pillow.new("RGB", size, "red")
    picture.paste("blue", (size[0] // 2, 0, *size))
    return picture.convert(mode)


def shown(figure: Figure) -> Pillow.Image:
    """The picture as a provider would decode it; what is said of it is checked."""
    head, encoded = figure.url.split(",")
    data = base64.b64decode(encoded)
    picture = Pillow.open(BytesIO(data))
    picture.load()
    assert head == f"data:{figure.sent['media_type']};base64"
    assert figure.sent["media_type"] == Pillow.MIME[picture.format or ""]
    assert (figure.sent["width"], figure.sent["height"]) == picture.size
    assert figure.sent["sent_size"] == len(data)
    digest = hashlib.sha256(data).hexdigest()
    assert figure.sent.get("sent_sha256", figure.sent["sha256"]) == digest
    return picture


def near(colour: Any, wanted: tuple[int, int, int]) -> bool:
    return all(abs(one - other) <= 12 for one, other in zip(colour, wanted, strict=True))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("size", [(1, 1), (40, 20), (MAX_EDGE, 3), (MAX_EDGE, MAX_EDGE)])
def test_plain_figures_are_sent_byte_for_byte(desk: Desk, form: str, size: tuple[int, int]) -> None:
    raw = picture_file(halves(size=size), form)
    figure = desk.get(raw)
    assert base64.b64decode(figure.url.split(",")[1]) == raw
    assert figure.sent == {
        "sha256": hashlib.sha256(raw).hexdigest(),
        "size": len(raw),
        "sent_size": len(raw),
        "media_type": f"image/{form.lower()}",
        "width": size[0],
        "height": size[1],
    }
    shown(figure)


def test_upright_by_its_own_word_is_upright(desk: Desk) -> None:
    exif = Pillow.Exif()
    exif[ORIENTATION] = 1
    raw = picture_file(halves(), "JPEG", exif=exif)
    assert "sent_sha256" not in desk.get(raw).sent


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "red", "blue"),
    [(2, "right", "left"), (3, "right", "left"), (4, "left", "right"), (5, "top", "bottom"),
     (6, "top", "bottom"), (7, "bottom", "top"), (8, "bottom", "top")],
)  # fmt: skip
def test_turned_figures_are_turned_back(
    desk: Desk, form: str, orientation: int, red: str, blue: str
) -> None:
    exif = Pillow.Exif()
    exif[ORIENTATION] = orientation
    figure = desk.get(picture_file(halves(), form, exif=exif))
    picture = shown(figure)
    width, height = picture.size
    assert (width, height) == ((20, 40) if red in ("top", "bottom") else (40, 20))
    places = {"left": (0, 10), "right": (width - 1, 10), "top": (10, 0), "bottom": (10, height - 1)}
    assert near(picture.getpixel(places[red]), (255, 0, 0))
    assert near(picture.getpixel(places[blue]), (0, 0, 255))
    assert "sent_sha256" in figure.sent
    assert picture.getexif().get(ORIENTATION, 1) == 1


@pytest.mark.parametrize(
    ("mode", "form", "sent"),
    [("L", "PNG", "PNG"), ("L", "JPEG", "JPEG"), ("P", "PNG", "PNG"), ("P", "GIF", "PNG"),
     ("1", "PNG", "PNG"), ("LA", "PNG", "PNG"), ("RGBA", "PNG", "PNG"), ("CMYK", "JPEG", "JPEG")],
)  # fmt: skip
def test_every_mode_becomes_rgb(desk: Desk, mode: str, form: str, sent: str) -> None:
    original = halves(mode)
    picture = shown(desk.get(picture_file(original, form)))
    assert (picture.mode, picture.format, picture.size) == ("RGB", sent, (40, 20))
    plain: Any = original.convert("RGB")
    for place in ((2, 2), (37, 2)):
        assert near(picture.getpixel(place), plain.getpixel(place))


def test_sixteen_bits_of_grey_become_eight(desk: Desk) -> None:
    original = Pillow.new("I;16", (40, 20), 65535)
    original.paste(32896, (0, 0, 20, 20))
    picture = shown(desk.get(picture_file(original)))
    assert picture.mode == "RGB"
    assert picture.getpixel((2, 2)) == (128, 128, 128)
    assert picture.getpixel((37, 2)) == (255, 255, 255)


def clear_palette() -> bytes:
    return picture_file(halves("P"), "PNG", transparency=halves("P").getpixel((0, 0)))


def clear_colour() -> bytes:
    return picture_file(halves(), "PNG", transparency=(255, 0, 0))


def clear_alpha(form: str = "PNG", **options: Any) -> bytes:
    picture = halves("RGBA")
    picture.paste((0, 0, 0, 0), (0, 0, 20, 20))
    return picture_file(picture, form, **options)


def clear_grey() -> bytes:
    picture = Pillow.new("LA", (40, 20), (0, 255))
    picture.paste((0, 0), (0, 0, 20, 20))
    return picture_file(picture, "PNG")


def clear_lossless() -> bytes:
    return clear_alpha("WEBP", lossless=True)


def clear_lossy() -> bytes:
    return clear_alpha("WEBP")


@pytest.mark.parametrize(
    ("made", "sent"),
    [(clear_palette, "png"), (clear_colour, "png"), (clear_alpha, "png"), (clear_grey, "png"),
     (clear_lossless, "png"), (clear_lossy, "jpeg")],
)  # fmt: skip
def test_what_is_transparent_becomes_white(
    desk: Desk, made: Callable[[], bytes], sent: str
) -> None:
    figure = desk.get(made())
    picture = shown(figure)
    assert (picture.mode, figure.sent["media_type"]) == ("RGB", f"image/{sent}")
    assert near(picture.getpixel((5, 10)), (255, 255, 255))
    assert not near(picture.getpixel((35, 10)), (255, 255, 255))
    assert not picture.has_transparency_data


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP"])
def test_animations_are_shown_by_their_first_frame(desk: Desk, form: str) -> None:
    frames = [Pillow.new("RGB", (30, 30), colour) for colour in ("red", "lime", "blue")]
    raw = picture_file(frames[0], form, save_all=True, append_images=frames[1:], duration=100)
    picture = shown(desk.get(raw))
    assert getattr(picture, "n_frames", 1) == 1
    assert near(picture.getpixel((15, 15)), (255, 0, 0))


def test_pictures_in_one_jpeg_are_shown_by_the_first(desk: Desk) -> None:
    raw = picture_file(halves(), "MPO", save_all=True, append_images=[halves().rotate(180)])
    picture = shown(desk.get(raw))
    assert picture.format == "JPEG"
    assert near(picture.getpixel((2, 10)), (255, 0, 0))


@pytest.mark.parametrize(("form", "sent"), [("PNG", "png"), ("JPEG", "jpeg"), ("WEBP", "jpeg")])
def test_large_figures_are_scaled_down(desk: Desk, form: str, sent: str) -> None:
    figure = desk.get(picture_file(halves(size=(200, 100)), form))
    assert shown(figure).size == (64, 32)
    assert figure.sent["media_type"] == f"image/{sent}"


@given(
    width=st.integers(1, 300),
    height=st.integers(1, 300),
    max_edge=st.integers(1, 300),
    turned=st.booleans(),
)
def test_sizes(
    tmp_path_factory: pytest.TempPathFactory, width: int, height: int, max_edge: int, turned: bool
) -> None:
    exif = Pillow.Exif()
    exif[ORIENTATION] = 6 if turned else 1
    raw = picture_file(Pillow.new("RGB", (width, height)), "PNG", exif=exif)
    figure = Desk(tmp_path_factory.mktemp("figures")).get(raw, max_edge=max_edge)
    seen = shown(figure).size
    upright = (height, width) if turned else (width, height)
    assert max(seen) == min(max_edge, max(upright))
    shrunk = max(seen) / max(upright)
    assert all(
        abs(side - max(1.0, whole * shrunk)) <= 1 for side, whole in zip(seen, upright, strict=True)
    )
    assert ("sent_sha256" in figure.sent) == (turned or max(upright) > max_edge)


def test_a_profile_stays_with_its_colours_alone(desk: Desk) -> None:
    big = (100, 50)
    kept = desk.get(picture_file(halves(size=big), "JPEG", icc_profile=b"rgb profile"))
    lost = desk.get(picture_file(halves("CMYK", big), "JPEG", icc_profile=b"cmyk profile"))
    assert shown(kept).info["icc_profile"] == b"rgb profile"
    assert "icc_profile" not in shown(lost).info


def bomb() -> bytes:
    head = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", len(head)) + b"IHDR" + head
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", zlib.crc32(b"IHDR" + head))


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", "is corrupt"),
        (b"no picture at all", "is corrupt"),
        (picture_file(halves(size=(60, 60)))[:-40], "is corrupt"),
        (picture_file(halves(size=(60, 60)), "JPEG")[:-200], "is corrupt"),
        (picture_file(halves(), "BMP"), "is corrupt"),
        (bomb(), "is 20000 x 20000 pixels|is corrupt"),
    ],
    ids=["empty", "text", "cut png", "cut jpeg", "other format", "bomb"],
)
def test_unusable_figures_are_refused(desk: Desk, raw: bytes, problem: str) -> None:
    message = desk.refusal(desk.put(raw))
    assert any(one in message for one in problem.split("|"))


def test_missing_and_changed_figures_are_refused(desk: Desk) -> None:
    digest = desk.put(picture_file(halves()))
    file = Path(desk.images[digest].path)
    file.write_bytes(picture_file(halves("L")))
    assert "sha256 differs" in desk.refusal(digest)
    file.unlink()
    assert "cannot be read (No such file" in desk.refusal(digest)
    file.mkdir()
    assert "cannot be read (it is a folder)" in desk.refusal(digest)


def test_unannounced_figures_are_refused() -> None:
    with pytest.raises(ProviderError, match="never announced") as caught:
        asyncio.run(Figures({}, max_edge=MAX_EDGE).get("0" * 64))
    assert caught.value.fatal


@given(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]), st.data())
def test_damage_is_a_refusal_or_a_picture(
    tmp_path_factory: pytest.TempPathFactory, form: str, data: st.DataObject
) -> None:
    raw = bytearray(picture_file(halves(), form))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    desk = Desk(tmp_path_factory.mktemp("figures"))
    with contextlib.suppress(ProviderError):
        shown(desk.get(bytes(raw)))


def test_one_preparation_serves_everybody(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[bytes] = []
    running: list[int] = []

    def counted(raw: bytes) -> Pillow.Image:
        assert threading.current_thread() is not threading.main_thread()
        assert not running
        running.append(1)
        time.sleep(0.02)
        decoded.append(raw)
        running.clear()
        return read_picture(raw)

    monkeypatch.setattr("jmle_plugin.gateway.figures.read_picture", counted)
    raws = [picture_file(halves()), picture_file(halves("L"))]
    one, other = map(desk.put, raws)

    async def everybody() -> list[Figure]:
        figures = Figures(desk.images, max_edge=MAX_EDGE)
        hasty = asyncio.create_task(figures.get(one))
        await asyncio.sleep(0)
        hasty.cancel()
        found = await asyncio.gather(*(figures.get(each) for each in [one, other, one, other]))
        return [*found, await figures.get(one)]

    found = asyncio.run(everybody())
    assert decoded == raws
    assert found[0] is found[2] is found[4]
    assert found[1] is found[3]


def test_figures_announced_later_are_found(desk: Desk) -> None:
    async def later() -> Figure:
        figures = Figures(desk.images, max_edge=MAX_EDGE)
        return await figures.get(desk.put(picture_file(halves())))

    assert shown(asyncio.run(later())).size == (40, 20)


@pytest.mark.data
def test_of_a_whole_exam_one_figure_is_not_sent_as_it_is(data_root: Path) -> None:
    exam = load_exam(find_pack("jmle120", pack_folders()), data_root=data_root)
    images = {
        image.sha256: ImageFile(path=str(image.path), media_type=image.media_type)
        for question in exam.questions.values()
        for image in question.images
    }

    async def everything() -> list[Figure]:
        figures = Figures(images, max_edge=2048)
        return await asyncio.gather(*(figures.get(digest) for digest in images))

    found = asyncio.run(everything())
    assert sum("sent_sha256" in figure.sent for figure in found) == 1
    assert max(max(figure.sent["width"], figure.sent["height"]) for figure in found) == 2048
