"""The body of an answer, read whole and never larger than a reply can be."""

from __future__ import annotations

import zlib
from typing import Any

MOST = 8 * 1024 * 1024
"""Bytes of the largest answer, packed or not; the longest replies have a hundredth of it."""
PACKED = "gzip, deflate"
"""What is asked for: these can be unpacked without making more of them than is wanted."""


class BodyError(Exception):
    """An answer that cannot be read: it is too large, or packed in no way that was asked for."""


class Body:
    """Takes an answer's bytes as they arrive; BodyError as soon as they are too many."""

    def __init__(self) -> None:
        self._raw = bytearray()

    def take(self, chunk: bytes) -> None:
        """Add what arrived."""
        self._raw += chunk
        _check(len(self._raw))

    def unpacked(self, encoding: str) -> bytes:
        """All of it, unpacked as the header `content-encoding` says."""
        content = bytes(self._raw)
        for name in reversed([one.strip().lower() for one in encoding.split(",")]):
            if name in ("gzip", "x-gzip", "deflate"):
                content = _unpacked(content)
            elif name not in ("", "identity"):
                raise BodyError(f"the answer is packed as {name[:20]!r}, which was not asked for")
        return content


def _unpacked(packed: bytes) -> bytes:
    """What gzip or zlib packed, in one piece or several; raw deflate as well."""
    try:
        return _inflated(packed, zlib.MAX_WBITS | 32)
    except zlib.error:
        try:
            return _inflated(packed, -zlib.MAX_WBITS)
        except zlib.error as error:
            raise BodyError(f"the answer cannot be unpacked ({error})") from error


def _inflated(packed: bytes, form: int) -> bytes:
    content = b""
    while packed:
        unpacking = zlib.decompressobj(form)
        content += unpacking.decompress(packed, MOST + 1 - len(content))
        _check(len(content))
        if not unpacking.eof:
            raise BodyError("the answer ends in the middle of what is packed")
        packed = unpacking.unused_data
    return content


def _check(size: int) -> None:
    if size > MOST:
        raise BodyError(
            f"the answer has more than {MOST // 1024 // 1024} MB: no reply is that long"
        )


def as_read(httpx: Any, response: Any, content: bytes) -> Any:
    """`response`, whose stream was read, as one that holds `content` unpacked."""
    about = ("content-encoding", "content-length", "transfer-encoding")
    headers = [(name, one) for name, one in response.headers.multi_items() if name not in about]
    made = httpx.Response(
        response.status_code,
        headers=headers,
        content=content,
        request=response.request,
        extensions=response.extensions,
    )
    made.elapsed = response.elapsed
    return made
