"""Figures as they are sent: a file's own bytes where any model can read them, else made plain."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image as Pillow

from jmle_plugin.exam.images import MAX_BYTES, UNREADABLE, media_type, read_picture, upright
from jmle_plugin.files import read_regular
from jmle_plugin.gateway.failures import ProviderError
from jmle_plugin.gateway.protocol import IMAGE_PREFIX, ImageFile

_ORIENTATION = 0x0112
_JPEG_QUALITY = 95


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure ready to send.

    `url` is a data URL in base64; `sent` says of the file and of what is sent its bytes,
    its size in pixels and its digest, in the words of a completion's `sent_images`.
    """

    url: str
    sent: dict[str, Any]


class Figures:
    """Prepares each figure once, however many requests show it; belongs to one event loop.

    `images` are files by sha256 and may grow. A figure is sent byte for byte when it is
    upright (no EXIF orientation but 1), RGB without transparency, not animated, and no
    side of it is longer than `max_edge` pixels. Any other is turned upright, converted to
    RGB (L, LA, P, CMYK and I;16 too; what is transparent becomes white; of an animation
    the first frame), scaled down and encoded again: as PNG where the file is PNG, GIF or
    lossless WEBP, as JPEG where it is JPEG or lossy WEBP.
    """

    def __init__(self, images: Mapping[str, ImageFile], *, max_edge: int) -> None:
        self._images = images
        self._max_edge = max_edge
        self._made: dict[str, asyncio.Task[Figure]] = {}
        # One at a time: decoding may take 150 MB, and while it lasts Pillow's warnings are
        # off for the whole process.
        self._turn = asyncio.Lock()

    async def get(self, digest: str) -> Figure:
        """The figure with that sha256, prepared in a thread.

        Raises a fatal ProviderError, which names file and remedy, for a figure that is
        missing, corrupt, too large or no longer the one that was announced.
        """
        if digest not in self._made:
            self._made[digest] = asyncio.create_task(self._prepare(digest))
        # Others may wait for it too, so it outlives who asked first.
        return await asyncio.shield(self._made[digest])

    async def _prepare(self, digest: str) -> Figure:
        file = self._images.get(digest)
        if file is None:
            raise ProviderError(f"figure {digest[:12]} was never announced", fatal=True)
        try:
            async with self._turn:
                return await asyncio.to_thread(_prepared, digest, file.path, self._max_edge)
        except OSError as error:
            raise _unusable(file.path, f"cannot be read ({error.strerror})") from error
        except ValueError as error:
            raise _unusable(file.path, str(error)) from error


def _unusable(path: str, problem: str) -> ProviderError:
    return ProviderError(
        f"figure {path} {problem}: nothing is asked without its figure. Put the original file "
        "back (`jmle fetch` does, after it is deleted).",
        fatal=True,
    )


def _prepared(digest: str, path: str, max_edge: int) -> Figure:
    """OSError for a file that cannot be read, ValueError for one that cannot be used."""
    raw = read_regular(Path(path), MAX_BYTES)
    if hashlib.sha256(raw).hexdigest() != digest:
        raise ValueError("is not the file that was announced (its sha256 differs)")
    picture = read_picture(raw)
    try:
        kind, size, data = media_type(picture), picture.size, raw
        if not _plain(picture, max_edge):
            kind, size, data = _made_plain(picture, max_edge, _lossy(kind, raw))
    except UNREADABLE as error:
        raise ValueError(f"is corrupt ({error})") from error
    sent: dict[str, Any] = {
        "sha256": digest,
        "size": len(raw),
        "sent_size": len(data),
        "media_type": kind,
        "width": size[0],
        "height": size[1],
    }
    if data is not raw:
        sent["sent_sha256"] = hashlib.sha256(data).hexdigest()
    return Figure(f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}", sent)


def _plain(picture: Pillow.Image, max_edge: int) -> bool:
    return (
        picture.mode == "RGB"
        and not picture.has_transparency_data
        and not getattr(picture, "is_animated", False)
        and picture.getexif().get(_ORIENTATION, 1) == 1
        and max(picture.size) <= max_edge
    )


def _lossy(kind: str, raw: bytes) -> bool:
    return kind == "image/jpeg" or (kind == "image/webp" and b"VP8L" not in raw)


def _made_plain(
    picture: Pillow.Image, max_edge: int, lossy: bool
) -> tuple[str, tuple[int, int], bytes]:
    """Media type, (width, height) and bytes."""
    shown = upright(picture)
    shown.thumbnail((max_edge, max_edge), Pillow.Resampling.LANCZOS)  # never makes it larger
    made = BytesIO()
    profile = shown.info.get("icc_profile")
    if lossy:
        shown.save(made, "JPEG", quality=_JPEG_QUALITY, icc_profile=profile)
    else:
        shown.save(made, "PNG", icc_profile=profile)
    return "image/jpeg" if lossy else "image/png", shown.size, made.getvalue()


def with_figures(
    messages: list[dict[str, Any]], figures: Mapping[str, Figure]
) -> list[dict[str, Any]]:
    """The messages with figures themselves in the place of their digests."""

    def filled(part: dict[str, Any]) -> dict[str, Any]:
        image = part.get("image_url", {})
        figure = figures.get(str(image.get("url", "")).removeprefix(IMAGE_PREFIX))
        return part if figure is None else {**part, "image_url": {**image, "url": figure.url}}

    return [
        {**message, "content": [filled(part) for part in message["content"]]}
        if isinstance(message.get("content"), list)
        else message
        for message in messages
    ]


def parts(messages: list[dict[str, Any]]) -> Iterator[str]:
    """Every text and every figure's address in `messages`."""
    for message in messages:
        content = message.get("content")
        for part in content if isinstance(content, list) else [{"text": content}]:
            yield str((part.get("image_url") or {}).get("url") or part.get("text") or "")
