"""A model provider for tests, on loopback: answers from a script and commits the faults it is told.

Unlike `tests.scripted.server`, which stands for the gateway, this one stands for what lies
behind it. It speaks whatever its script answers: OpenAI, Anthropic or Gemini.
"""

from __future__ import annotations

import base64
import json
import re
import socket
import string
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

from PIL import Image as Pillow
from PIL import ImageChops, ImageDraw, ImageFont, ImageOps

from jmle_plugin.session.probing import QUESTION


@dataclass(frozen=True)
class Call:
    """One request as it arrived; `number` counts from 1 in order of arrival."""

    number: int
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    at: float

    @property
    def text(self) -> str:
        """The request's text parts, whatever the provider's dialect."""
        return json.dumps(self.body, ensure_ascii=False)


@dataclass(frozen=True)
class Answer:
    """What to answer, and how to fail at it.

    `cut` promises that many bytes more than are sent; `reset` breaks the connection
    without an answer; `delay` is in seconds. `stray` is sent behind the answer, on a
    connection that stays open: a second response that nobody asked for, `stray_delay` seconds
    later.
    """

    body: dict[str, Any] | bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: int = 0
    reset: bool = False
    stray: bytes = b""
    stray_delay: float = 0.05
    """With 0 it may be read together with the answer."""

    @property
    def payload(self) -> bytes:
        """The bytes to send."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Script = Callable[[Call], Answer]


@dataclass
class Provider:
    """A running provider: its address and what it saw."""

    address: str
    calls: list[Call] = field(default_factory=list)
    in_flight: int = 0
    peak: int = 0
    sent: list[tuple[float, Call]] = field(default_factory=list)
    """(seconds, the call it answers) for every answer that went out whole."""
    levels: list[tuple[float, int]] = field(default_factory=list)
    """(seconds, number in flight) at every arrival."""
    eyes: Script = field(default_factory=lambda: sighted)
    """Who reads drawn words; those calls are no questions, and are kept apart."""
    shown: list[Call] = field(default_factory=list)
    """The calls that asked for a drawn word."""

    @property
    def answered(self) -> int:
        """How many answers went out whole."""
        return len(self.sent)

    @property
    def base(self) -> str:
        """The api base for OpenAI-shaped clients."""
        return f"{self.address}/v1"


class _Server(ThreadingHTTPServer):
    """Takes its connections with it when it is closed."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, *arguments: Any) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*arguments)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, client = super().get_request()
        self._open.add(connection)
        return connection, client

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, *_: object) -> None:
        """Broken connections are what is being tested."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together: apart, the body waits 40 ms

    def reset(self) -> None:
        # Lingering for no time makes close() send a reset where it would say goodbye.
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Keep test output clean."""


@contextmanager
def provider(script: Script, *, port: int = 0) -> Iterator[Provider]:
    """Serve `script` on a loopback port, a free one unless it is named, until the block ends.

    Then it is gone altogether: open connections break.
    """
    lock, ended = threading.Lock(), threading.Event()

    class Handler(_Handler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            if QUESTION in raw.decode():
                call = Call(0, self.path, headers, json.loads(raw), time.monotonic())
                seen.shown.append(call)
                self._answer(call, seen.eyes(call))
                return
            with lock:
                call = Call(
                    len(seen.calls) + 1, self.path, headers, json.loads(raw), time.monotonic()
                )
                seen.calls.append(call)
                seen.in_flight += 1
                seen.peak = max(seen.peak, seen.in_flight)
                seen.levels.append((call.at, seen.in_flight))
            try:
                self._answer(call, script(call))
            except OSError:
                self.close_connection = True  # the client went away: its affair
            finally:
                with lock:
                    seen.in_flight -= 1

        def _answer(self, call: Call, answer: Answer) -> None:
            if ended.wait(answer.delay):
                raise ConnectionAbortedError  # the server is gone; nobody waits for this reply
            if answer.reset:
                self.reset()
                return
            payload = answer.payload
            self.send_response(answer.status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(payload) + answer.cut))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            together = not answer.stray_delay
            self.wfile.write(payload + answer.stray * together)
            self.wfile.flush()
            time.sleep(answer.stray_delay if answer.stray else 0.0)
            self.wfile.write(answer.stray * (not together))
            self.wfile.flush()
            if answer.cut:
                self.close_connection = True
                return
            with lock:
                if call.number:
                    seen.sent.append((time.monotonic(), call))

    http = _Server(("127.0.0.1", port), Handler)
    seen = Provider(f"http://127.0.0.1:{http.server_address[1]}")
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        http.shutdown()
        http.server_close()
        thread.join()


def completion(
    text: str | None = "【回答】a", *, finish: str | None = "stop", reasoning: str | None = None
) -> dict[str, Any]:
    """An OpenAI chat completion."""
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if reasoning is not None:
        message["reasoning_content"] = reasoning
    return {
        "id": "scripted",
        "object": "chat.completion",
        "created": 1_767_225_600,
        "model": "scripted-2026",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {
            "prompt_tokens": 100,
            "completion_tokens": 20,
            "total_tokens": 120,
            "completion_tokens_details": {"reasoning_tokens": 7},
            "prompt_tokens_details": {"cached_tokens": 30},
        },
    }


def picture_in(call: Call) -> bytes | None:
    """The first picture that a request holds, whatever the provider's dialect."""
    found = re.search(r'(?:base64,|"data": ?")([A-Za-z0-9+/=]{200,})', call.text)
    return base64.b64decode(found[1]) if found else None


def word_in(picture: bytes) -> str:
    """The word in a drawn picture, read letter by letter."""
    seen = ImageOps.invert(Pillow.open(BytesIO(picture)).convert("L"))
    left, _, _, bottom = seen.getbbox() or (0, 0, 0, 0)
    word = ""
    for at in range(6):
        differences = {}
        for letter in string.ascii_uppercase if at % 2 == 0 else "AEIOU":
            drawn = Pillow.new("L", seen.size)
            place = (24, seen.height // 2)
            ImageDraw.Draw(drawn).text(place, word + letter, 255, _LETTERS, anchor="lm")
            box = (left, 0, (drawn.getbbox() or (0, 0, 0, 0))[2], bottom)
            there = seen.crop(box)
            difference = ImageChops.difference(drawn.crop(box), there)
            # Of letters that fit, the one that explains most: L is part of E.
            differences[letter] = (
                sum(difference.histogram()[64:]),
                -sum(there.histogram()[128:]),
            )
        word += min(differences, key=lambda one: differences[one])
    return word


_LETTERS = ImageFont.load_default(88)


def said(call: Call, text: str, prompt: int = 100) -> Answer:
    """A reply in the dialect of the request."""
    if "/messages" in call.path:
        return Answer(anthropic_message(text))
    if "generateContent" in call.path:
        return Answer(gemini_content(text))
    body = completion(text)
    body["usage"]["prompt_tokens"] = prompt
    return Answer(body)


def sighted(call: Call) -> Answer:
    """Reads a drawn word, and counts the tokens of its picture."""
    picture = picture_in(call)
    # Both together count as much as two questions.
    return said(call, "NONE", 90) if picture is None else said(call, word_in(picture), 110)


def anthropic_message(text: str, *, thinking: str = "", stop: str = "end_turn") -> dict[str, Any]:
    """An Anthropic message."""
    content: list[dict[str, Any]] = []
    if thinking:
        content.append({"type": "thinking", "thinking": thinking, "signature": "c2ln"})
    return {
        "id": "msg_scripted",
        "type": "message",
        "role": "assistant",
        "model": "claude-scripted-2026",
        "content": [*content, {"type": "text", "text": text}],
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {"input_tokens": 70, "output_tokens": 20, "cache_read_input_tokens": 30},
    }


def gemini_content(text: str, *, thinking: str = "", stop: str = "STOP") -> dict[str, Any]:
    """A Gemini generateContent response."""
    parts: list[dict[str, Any]] = [{"text": thinking, "thought": True}] if thinking else []
    return {
        "candidates": [
            {
                "index": 0,
                "content": {"role": "model", "parts": [*parts, {"text": text}]},
                "finishReason": stop,
            }
        ],
        "usageMetadata": {
            "promptTokenCount": 100,
            "candidatesTokenCount": 20,
            "thoughtsTokenCount": 7,
            "cachedContentTokenCount": 30,
            "totalTokenCount": 127,
        },
        "modelVersion": "gemini-scripted-2026",
    }


def failure(message: str, *, code: str | None = None, kind: str = "error", **answer: Any) -> Answer:
    """An OpenAI-shaped error; `status` and `headers` go with the answer."""
    return Answer({"error": {"message": message, "type": kind, "code": code}}, **answer)
