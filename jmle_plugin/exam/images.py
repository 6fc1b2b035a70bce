"""Figures of a paper: found, kept inside their folder, hashed and measured.

Loading a pack reads headers only; `read_picture` opens every pixel and is for the moment
before an image is sent and, as `decode`, for `jmle check`.
"""

from __future__ import annotations

import contextlib
import hashlib
import struct
import warnings
from collections.abc import Collection, Iterator
from io import BytesIO
from pathlib import Path

from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from jmle_plugin.errors import PackError
from jmle_plugin.exam.model import Image
from jmle_plugin.files import read_regular

MAX_PIXELS = 50_000_000
"""Larger images are refused: a decompression bomb, or a scan that should not be sent to a model."""
MAX_BYTES = 50_000_000
_MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}
UNREADABLE = (
    OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, struct.error,
    Pillow.DecompressionBombError,
)  # fmt: skip
"""What Pillow raises for bytes that are no sound image."""


def load_image(folder: Path, name: str, *, question: str, pinned: Collection[str] = ()) -> Image:
    """Check one figure by its header and digest.

    Raises PackError for a name that leaves `folder`, a missing, oversized or unreadable
    file, and (where `pinned` has checksums) for bytes other than the pinned ones.
    """
    path = folder / name
    _stay_inside(folder, name, question)
    raw = _read(path, question)
    found = hashlib.sha256(raw).hexdigest()
    if pinned and found not in pinned:
        due = next(iter(pinned))
        raise _bad(path, question, f"has sha256 {found[:12]}…, the pack pins {due[:12]}…")
    media_type, width, height = _header(raw, path, question)
    return Image(
        name=name,
        path=path,
        sha256=found,
        media_type=media_type,
        width=width,
        height=height,
        size=len(raw),
    )


def decode(image: Image, *, question: str) -> None:
    """Open every pixel of `image`; PackError when it is corrupt or not as it was loaded."""
    raw = _read(image.path, question)
    if hashlib.sha256(raw).hexdigest() != image.sha256:
        raise _bad(image.path, question, "has changed since the exam was loaded")
    try:
        read_picture(raw)
    except ValueError as error:
        raise _bad(image.path, question, str(error)) from error


def read_picture(raw: bytes) -> Pillow.Image:
    """The picture in a file's bytes, every pixel of its (first) frame read.

    ValueError says what is wrong with one that is corrupt, too large or of another format.
    Silences warnings for the whole process while it works.
    """
    try:
        with _quiet():
            picture = _open(raw)
            width, height = picture.size
            if width * height <= MAX_PIXELS:
                picture.load()
                return picture
    except UNREADABLE as error:
        raise ValueError(f"is corrupt ({error})") from error
    raise ValueError(_too_large(width, height))


def media_type(picture: Pillow.Image) -> str:
    """The media type (`image/png`) of what Pillow opened here."""
    # Several JPEGs in one file, as cameras write them, still begin as a JPEG.
    return _MEDIA_TYPES["JPEG" if picture.format == "MPO" else picture.format or ""]


def _read(path: Path, question: str) -> bytes:
    try:
        return read_regular(path, MAX_BYTES)
    except OSError as error:
        raise PackError(
            f"question {question} needs this image, but it cannot be read ({error.strerror})",
            where=path,
            remedy="Fetch the exam again (`jmle fetch`), or point --exam-data (JMLE_DATA) at a "
            "complete copy: a missing image is never skipped.",
        ) from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    # Pillow's warnings (bombs, odd metadata) are for its own users: what matters here is
    # said by the checks below.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _open(raw: bytes) -> Pillow.Image:
    # Pillow's other decoders are never tried on downloaded bytes.
    return Pillow.open(BytesIO(raw), formats=list(_MEDIA_TYPES))


def _too_large(width: int, height: int) -> str:
    return f"is {width} x {height} pixels, more than {MAX_PIXELS:,}"


def _stay_inside(folder: Path, name: str, question: str) -> None:
    try:
        inside = (folder / name).resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):
        # A loop of links, or a name no file system takes.
        inside = False
    if not inside:
        raise PackError(
            f"question {question}: the image name {name!r} leads out of {folder}",
            where=folder,
            remedy="Name images by files inside the pack's own image folder.",
        )


def _header(raw: bytes, path: Path, question: str) -> tuple[str, int, int]:
    try:
        with _quiet(), _open(raw) as picture:
            kind, (width, height) = media_type(picture), picture.size
    except Pillow.DecompressionBombError as error:
        raise _bad(path, question, f"is too large to decode ({error})") from error
    except UnidentifiedImageError as error:
        # Pillow's own words name a buffer in memory.
        forms = ", ".join(_MEDIA_TYPES)
        raise _bad(path, question, f"is not a readable image (one of {forms})") from error
    except UNREADABLE as error:
        raise _bad(path, question, f"is not a readable image ({error})") from error
    if width * height > MAX_PIXELS:
        raise _bad(path, question, _too_large(width, height))
    return kind, width, height


def _bad(path: Path, question: str, problem: str) -> PackError:
    return PackError(
        f"the image of question {question} {problem}",
        where=path,
        remedy="Replace the file with the original one (`jmle fetch` does, after it is deleted).",
    )


def upright(picture: Pillow.Image) -> Pillow.Image:
    """A copy of the picture turned upright and in RGB; what is transparent becomes white."""
    turned = ImageOps.exif_transpose(picture)
    # A colour profile means nothing for other colours than those it was made for.
    profile = turned.info.get("icc_profile") if turned.mode in ("RGB", "RGBA") else None
    if turned.mode.startswith("I"):  # 16 bits of grey, which Pillow would cut at 255
        shown = turned.convert("I").point(lambda value: value / 257).convert("L").convert("RGB")
    elif turned.has_transparency_data:
        seen = turned.convert("RGBA")
        shown = Pillow.alpha_composite(Pillow.new("RGBA", seen.size, "white"), seen).convert("RGB")
    else:
        shown = turned.convert("RGB")
    shown.info = {} if profile is None else {"icc_profile": profile}
    return shown
