"""Figures of a paper: found, kept inside their folder, hashed and measured.

Loading a pack reads headers only; `decode` opens every pixel and is for the moment
before an image is sent and for `jmle check`.
"""

from __future__ import annotations

import contextlib
import hashlib
import warnings
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from jmle_plugin.errors import PackError
from jmle_plugin.exam.model import Image
from jmle_plugin.files import read_regular

MAX_PIXELS = 50_000_000
"""Larger images are refused: a decompression bomb, or a scan nobody should send to a model."""
MAX_BYTES = 50_000_000
_MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}
_UNREADABLE = (OSError, SyntaxError, ValueError, Pillow.DecompressionBombError)
"""What Pillow raises for bytes that are no sound image."""


def load_image(folder: Path, name: str, *, question: str, sha256: str | None = None) -> Image:
    """Check one figure by its header and digest.

    Raises PackError for a name that leaves `folder`, a missing, oversized or unreadable
    file, and (where `sha256` is given) for bytes other than the pinned ones.
    """
    path = folder / name
    _stay_inside(folder, name, question)
    raw = _read(path, question)
    found = hashlib.sha256(raw).hexdigest()
    if sha256 is not None and found != sha256:
        raise _bad(path, question, f"has sha256 {found[:12]}…, the pack pins {sha256[:12]}…")
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
        with _opened(raw) as picture:
            picture.load()
    except _UNREADABLE as error:
        raise _bad(image.path, question, f"is corrupt ({error})") from error


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
def _opened(raw: bytes) -> Iterator[Pillow.Image]:
    # Pillow's warnings (bombs, odd metadata) are for its own users: what matters here is
    # said by the checks below. Its other decoders are never tried on downloaded bytes.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Pillow.open(BytesIO(raw), formats=list(_MEDIA_TYPES)) as picture:
            yield picture


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
        with _opened(raw) as picture:
            form, (width, height) = picture.format or "", picture.size
    except Pillow.DecompressionBombError as error:
        raise _bad(path, question, f"is too large to decode ({error})") from error
    except UnidentifiedImageError as error:
        # Pillow's own words name a buffer in memory.
        forms = ", ".join(_MEDIA_TYPES)
        raise _bad(path, question, f"is not a readable image (one of {forms})") from error
    except _UNREADABLE as error:
        raise _bad(path, question, f"is not a readable image ({error})") from error
    if width * height > MAX_PIXELS:
        raise _bad(path, question, f"is {width} x {height} pixels, more than {MAX_PIXELS:,}")
    return _MEDIA_TYPES[form], width, height


def _bad(path: Path, question: str, problem: str) -> PackError:
    return PackError(
        f"the image of question {question} {problem}",
        where=path,
        remedy="Replace the file with the original one (`jmle fetch` does, after it is deleted).",
    )
