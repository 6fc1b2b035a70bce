"""A model server for tests: speaks the gateway's protocol and answers from a script.

OpenAI chat completions over loopback; figures come by digest (`sha256:...`) and must be
ones the exam has, so that a test notices a request no gateway could serve.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from jmle_plugin.exam.model import Exam
from jmle_plugin.gateway.protocol import CHAT_PATH, EPOCH_HEADER, QUESTION_HEADER

Script = Callable[[str, int, dict[str, Any]], dict[str, Any]]
"""(question, epoch, request body) -> chat completion."""


@dataclass
class ScriptedServer:
    """A running server: its address, and what it was asked."""

    address: str
    asked: list[tuple[str, int]] = field(default_factory=list)
    bodies: dict[str, dict[str, Any]] = field(default_factory=dict)


@contextmanager
def scripted_server(exam: Exam, script: Script) -> Iterator[ScriptedServer]:
    """Serve `script` on a free loopback port until the block ends."""
    digests = {
        f"sha256:{image.sha256}"
        for question in exam.questions.values()
        for image in question.images
    }

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body leave together: apart, the body waits 40 ms

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            question = self.headers[QUESTION_HEADER]
            epoch = int(self.headers[EPOCH_HEADER])
            if self.path != CHAT_PATH or question not in exam.questions:
                self._answer(404, {"error": {"message": f"no question {question}"}})
            elif unknown := _images(body) - digests:
                self._answer(400, {"error": {"message": f"unknown images {sorted(unknown)}"}})
            else:
                server.asked.append((question, epoch))
                server.bodies[question] = body
                self._answer(200, script(question, epoch, body))

        def _answer(self, status: int, content: dict[str, Any]) -> None:
            payload = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_: object) -> None:
            """Keep test output clean."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = ScriptedServer(f"http://127.0.0.1:{http.server_address[1]}")
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def _images(body: dict[str, Any]) -> set[str]:
    return {
        part["image_url"]["url"]
        for message in body["messages"]
        if isinstance(message["content"], list)
        for part in message["content"]
        if part["type"] == "image_url"
    }
