"""litellm, imported in one place and kept from acting on its own; answers are read below it.

No answer is larger than a reply can be, packed or not.
"""

from __future__ import annotations

import gc
import os
import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from importlib import import_module
from typing import Any

from jmle_plugin.gateway.limits import HEADERS
from jmle_plugin.gateway.sending import Call

MOST = 8 * 1024 * 1024
"""Bytes of the largest answer, packed or not; the longest replies have a hundredth of it."""
LARGEST: ContextVar[int] = ContextVar("LARGEST", default=MOST)
"""The same, for what the running task downloads: a file of many replies is larger."""
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
        content += unpacking.decompress(packed, LARGEST.get() + 1 - len(content))
        _check(len(content))
        if not unpacking.eof:
            raise BodyError("the answer ends in the middle of what is packed")
        packed = unpacking.unused_data
    return content


def _check(size: int) -> None:
    if size > (most := LARGEST.get()):
        raise BodyError(
            f"the answer has more than {most // 1024 // 1024} MB: no reply is that long"
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


_KEEPS_KEYS = re.compile("auth|key|token|secret", re.IGNORECASE)
CURRENT: ContextVar[Call | None] = ContextVar("CURRENT", default=None)
"""The call that the running task makes."""


def load_litellm() -> Any:
    """The library, imported once (2 s, 170 MB) and kept from doing anything on its own."""
    _forget_empty_keys()
    if "litellm" not in sys.modules:
        # Read at import: tables from the network, a .env from the current folder.
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
        os.environ["LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS"] = "True"
        os.environ["LITELLM_MODE"] = "PRODUCTION"
        os.environ.pop("LITELLM_LOG", None)  # its debug log prints whole requests
        with _uncollected():
            import_module("litellm")
    import httpx  # noqa: PLC0415 - as litellm does
    import litellm  # noqa: PLC0415 - only the gateway pays for it

    _watch(httpx)
    # What leaves, and what is answered, is seen in httpx.
    litellm.disable_aiohttp_transport = True
    litellm.suppress_debug_info = True
    litellm.drop_params = False
    litellm.modify_params = False
    litellm.num_retries = 0
    return litellm


def _watch(httpx: Any) -> None:
    """Have each request that leaves in a call seen by that call, sent once and not sent on.

    Its answer is read here, whole and bounded: the call sees it as it arrived.
    """
    if getattr(httpx, "_jmle_watched", False):
        return  # seen twice, every request would be a repetition
    httpx._jmle_watched = True  # noqa: SLF001 - our own mark
    send, send_waiting = httpx.AsyncClient.send, httpx.Client.send
    # A redirect would carry the key to the server it names: only one kind of header is
    # taken off on the way, and providers have others.
    how_sent = {"follow_redirects": False, "stream": True}

    async def watched(client: Any, request: Any, **how: Any) -> Any:
        asks = _leaves(httpx, request)
        if asks and (given := _given(httpx, request)) is not None:
            return given
        response = await send(client, request, **how | how_sent)
        body = Body()
        try:
            with _noted(response, asks=asks):
                async for chunk in response.aiter_raw():
                    body.take(chunk)
        finally:
            await response.aclose()
        return _answered(httpx, response, body, asks=asks)

    def watched_waiting(client: Any, request: Any, **how: Any) -> Any:
        asks = _leaves(httpx, request)
        if asks and (given := _given(httpx, request)) is not None:
            return given
        response = send_waiting(client, request, **how | how_sent)
        body = Body()
        try:
            with _noted(response, asks=asks):
                for chunk in response.iter_raw():
                    body.take(chunk)
        finally:
            response.close()
        return _answered(httpx, response, body, asks=asks)

    httpx.AsyncClient.send = watched
    httpx.Client.send = watched_waiting


def _leaves(httpx: Any, request: Any) -> bool:
    """Have the call take down its request; whether that asks the question."""
    request.headers["accept-encoding"] = PACKED
    # What a server sends unasked, before or after the next request has left, would be taken
    # for its reply on a connection that is used again.
    request.headers["connection"] = "close"
    if (call := CURRENT.get()) is None:
        return False
    url = request.url
    call.path = url.path
    call.address = f"{url.scheme}://{url.netloc.decode()}"
    call.credentials.update(_credentials(request))
    try:
        content = request.content
    except httpx.RequestNotRead:  # a body that is made piece by piece
        content = b""
    return call.leave(content)


def _credentials(request: Any) -> Iterator[str]:
    """What stands where providers look for keys: in headers and the address."""
    pairs = [*request.headers.multi_items(), *request.url.params.multi_items()]
    for value in (value for name, value in pairs if _KEEPS_KEYS.search(name)):
        yield value
        yield value.rpartition(" ")[2]  # without its scheme (Bearer)


@contextmanager
def _noted(response: Any, *, asks: bool) -> Iterator[None]:
    """Have the call know the answer's status, and why it cannot be read."""
    call = CURRENT.get()
    if call is not None:
        call.status = response.status_code
        if response.has_redirect_location:
            host = str(response.request.url.join(response.headers["location"]).host)
            call.redirect = host or response.request.url.host
    try:
        yield
    except BodyError as error:
        if call is not None and asks:
            call.unreadable = str(error)
        raise


def _answered(httpx: Any, response: Any, body: Body, *, asks: bool) -> Any:
    """The answer that litellm gets."""
    with _noted(response, asks=asks):
        content = body.unpacked(response.headers.get("content-encoding", ""))
    if asks and (call := CURRENT.get()) is not None:
        call.arrive(content)
        if (heed := HEADERS.get()) is not None:
            heed(response.headers)
    return as_read(httpx, response, content)


def _given(httpx: Any, request: Any) -> Any:
    """The answer to the call's question that came some other way; None where it has to be sent."""
    if (call := CURRENT.get()) is None or call.given is None:
        return None
    status, content = call.given
    response, body = httpx.Response(status, request=request), Body()
    response.elapsed = timedelta()
    with _noted(response, asks=True):
        body.take(content)
    return _answered(httpx, response, body, asks=True)


def _forget_empty_keys() -> None:
    """CI sets a secret that is not there to nothing, and litellm takes nothing for a key."""
    for name in [one for one, value in os.environ.items() if not value.strip()]:
        if name.endswith("_API_KEY"):
            del os.environ[name]


@contextmanager
def _uncollected() -> Iterator[None]:
    """What is loaded now stays: looking through it for garbage would double the time.

    Done again, it would keep what is garbage by then, and its open sockets.
    """
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()
