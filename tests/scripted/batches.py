"""A provider's files and batches for tests, on loopback, in OpenAI's form; and its chat."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.scripted.provider import Answer, Call, Script

Line = dict[str, Any]


@dataclass
class Ordered:
    """One batch: what it asks for, and where it stands."""

    name: str
    requests: list[Line]
    metadata: dict[str, str]
    created: int
    status: str = "in_progress"
    files: dict[str, str] = field(default_factory=dict)
    """`output_file_id` and `error_file_id`, once there are any."""

    def shown(self) -> Line:
        """As the service tells of it."""
        total = len(self.requests)
        return {
            "id": self.name,
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "input_file_id": "file-0",
            "completion_window": "24h",
            "created_at": self.created,
            "status": self.status,
            "metadata": self.metadata,
            "request_counts": {"total": total, "completed": 0, "failed": 0},
            **self.files,
        }


@dataclass
class BatchProvider:
    """A running service: its address, what was ordered, and what to do wrong."""

    address: str
    script: Script
    files: dict[str, bytes] = field(default_factory=dict)
    batches: list[Ordered] = field(default_factory=list)
    live: list[Line] = field(default_factory=list)
    """Bodies of chat requests that were asked outside of any batch."""
    calls: Counter[str] = field(default_factory=Counter)
    """How often each was made: upload, create, look, list, content."""
    lists: bool = True
    lost: set[str] = field(default_factory=set)
    """Calls whose work is done and whose answer is lost."""
    garbled: set[str] = field(default_factory=set)
    """Calls whose work is done, and whose answer of 200 nobody can read."""
    hung: dict[str, threading.Event] = field(default_factory=dict)
    """Calls that do not end; each event is set when one has begun, its work done."""

    @property
    def base(self) -> str:
        """The api base for OpenAI-shaped clients."""
        return f"{self.address}/v1"

    def hang(self, call: str) -> threading.Event:
        """Have that kind of call never answered; the event says that one waits."""
        return self.hung.setdefault(call, threading.Event())

    def answers(self, batch: Ordered) -> list[Line]:
        """The results of a batch, in order, by the script."""
        made = []
        for number, asked in enumerate(batch.requests, 1):
            call = Call(number, "/v1/chat/completions", {}, asked["body"], time.monotonic())
            given = self.script(call)
            body = json.loads(given.payload)
            response = {"status_code": given.status, "request_id": "r", "body": body}
            made.append({"custom_id": asked["custom_id"], "response": response, "error": None})
        return made

    def finish(
        self,
        batch: Ordered,
        status: str = "completed",
        results: list[Line] | None = None,
        errors: list[Line] | None = None,
    ) -> None:
        """End a batch; by default with a reply to everything."""
        found = self.answers(batch) if results is None else results
        for kind, lines in (("output_file_id", found), ("error_file_id", errors or [])):
            if lines:
                name = f"file-{len(self.files)}"
                text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in lines)
                self.files[name] = text.encode()
                batch.files[kind] = name
        batch.status = status


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """Broken connections are what is being tested."""


@contextmanager
def batch_provider(script: Script) -> Iterator[BatchProvider]:  # noqa: C901 - a whole server
    """Serve until the block ends; connections that hang break then."""
    ended = threading.Event()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def log_message(self, *_: object) -> None:
            """Keep test output clean."""

        def do_GET(self) -> None:
            place = urlsplit(self.path)
            part = re.sub(".*/(?=files|batches)", "", place.path).split("/")
            if part[0] == "files":
                self._answer("content", lambda: seen.files[part[1]])
            elif len(part) > 1:
                self._answer("look", lambda: _shown(part[1]))
            else:
                self._answer("list", lambda: self._list(parse_qs(place.query)))

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            if urlsplit(self.path).path.endswith("/chat/completions"):
                self._chat(json.loads(raw))
            elif urlsplit(self.path).path.endswith("/files"):
                self._answer("upload", lambda: self._upload(raw))
            else:
                self._answer("create", lambda: self._create(json.loads(raw)))

        def _chat(self, body: Line) -> None:
            with lock:
                seen.live.append(body)
            given = seen.script(Call(0, self.path, {}, body, time.monotonic()))
            self._send(given.status, given.payload)

        def _upload(self, raw: bytes) -> Line:
            boundary = re.findall(r'boundary="?([^";]+)', self.headers["content-type"])[0].encode()
            parts = [one.partition(b"\r\n\r\n") for one in raw.split(b"--" + boundary)]
            (content,) = [body[:-2] for head, _, body in parts if b'name="file"' in head]
            name = f"file-{len(seen.files)}"
            seen.files[name] = content
            return {
                "id": name,
                "object": "file",
                "bytes": len(content),
                "created_at": int(time.time()),
                "filename": "requests.jsonl",
                "purpose": "batch",
                "status": "processed",
            }

        def _create(self, wanted: Line) -> Line:
            lines = seen.files[wanted["input_file_id"]].splitlines()
            made = Ordered(
                f"batch_{len(seen.batches)}",
                [json.loads(line) for line in lines],
                wanted.get("metadata") or {},
                int(time.time()),
            )
            seen.batches.append(made)
            return made.shown()

        def _list(self, query: dict[str, list[str]]) -> Line | None:
            if not seen.lists:
                return None
            names = [one.name for one in reversed(seen.batches)]
            first = names.index(query["after"][0]) + 1 if "after" in query else 0
            shown = names[first : first + 2]  # pages are small
            return {
                "object": "list",
                "data": [one.shown() for one in seen.batches if one.name in shown][::-1],
                "has_more": first + 2 < len(names),
            }

        def _answer(self, kind: str, work: Callable[[], Line | bytes | None]) -> None:
            with lock:
                seen.calls[kind] += 1
                found = work()
            if (hung := seen.hung.get(kind)) is not None:
                if isinstance(found, bytes):  # half of a download arrives
                    self.send_response(200)
                    self.send_header("content-length", str(len(found)))
                    self.end_headers()
                    self.wfile.write(found[: len(found) // 2])
                    self.wfile.flush()
                hung.set()
                ended.wait()
                return
            if kind in seen.lost:
                self.close_connection = True
                with suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)
                return
            if kind in seen.garbled:
                self._send(200, b"<html>")
            elif found is None:
                self._send(404, b'{"error": {"message": "no such page", "type": "x"}}')
            else:
                self._send(200, found if isinstance(found, bytes) else json.dumps(found).encode())

        def _send(self, status: int, payload: bytes) -> None:
            with suppress(OSError):
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)
                self.wfile.flush()

    def _shown(name: str) -> Line | None:
        return next((one.shown() for one in seen.batches if one.name == name), None)

    http = _Server(("127.0.0.1", 0), Handler)
    seen = BatchProvider(f"http://127.0.0.1:{http.server_address[1]}", script)
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        http.shutdown()
        http.server_close()
        thread.join()


def no_answer(_: Call) -> Answer:
    """A script for services that answer nothing."""
    return Answer(status=500)
