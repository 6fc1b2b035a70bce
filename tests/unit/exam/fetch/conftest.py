"""A pack to fetch, and a web server on loopback to fetch it from."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from jmle_plugin.errors import FetchError, JmleError
from jmle_plugin.exam import download
from jmle_plugin.exam.fetch import FetchReport, fetch_exam

if TYPE_CHECKING:
    from tests.unit.exam.conftest import PackBuilder, Refusal


class Web:
    """Serves `files`; `asked` counts requests by path.

    `status` gives a path another answer, `cut` are paths whose body breaks off half way,
    and `before` is called with each path before it is answered.
    """

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.asked: Counter[str] = Counter()
        self.status: dict[str, list[int]] = {}
        self.cut: set[str] = set()
        self.before: Callable[[str], object] = lambda _path: None
        self.port = 0
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        """Start, on the old port after a stop."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler())
        self.port = self._server.server_port
        # A short poll: stopping waits for the end of one.
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_details: object) -> None:
        self.stop()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.removeprefix("/")
                web.asked[path] += 1
                web.before(path)
                body = web.files.get(path)
                statuses = web.status.get(path) or [404 if body is None else 200]
                self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(
                    (body or b"")[: len(body or b"") // 2 if path in web.cut else None]
                )

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Keep quiet."""

        return Handler


class Fetch:
    """A pack of four pinned files, none of them here, and the server that has them."""

    def __init__(self, pack: PackBuilder, web: Web, refusal: Refusal) -> None:
        self.pack = pack
        self.web = web
        self.lines: list[str] = []
        self._refusal = refusal
        pack.images |= {f"A-{n}.png": pack.png(n, n) for n in (2, 3)}
        web.files |= {f"c0ffee/{name}": raw for name, raw in pack.files().items()}
        pack.pin(web.url + "/{commit}/{path}")
        pack.write_manifest()

    def __call__(self, base_url: str | None = None) -> FetchReport:
        return fetch_exam(
            self.pack.file, self.pack.root, base_url=base_url, report=self.lines.append
        )

    def refused(self, base_url: str | None = None, kind: type[JmleError] = FetchError) -> str:
        return self._refusal(lambda: self(base_url), kind)

    def here(self) -> set[str]:
        """Every file there is in the folder, litter included."""
        found = self.pack.folder.rglob("*")
        return {path.relative_to(self.pack.folder).as_posix() for path in found if path.is_file()}

    def put(self, name: str, raw: bytes) -> Path:
        path = self.pack.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
        return path


@pytest.fixture
def fetch(pack: PackBuilder, web: Web, refusal: Refusal, monkeypatch: pytest.MonkeyPatch) -> Fetch:
    monkeypatch.setattr(download, "RETRIES", 0)
    return Fetch(pack, web, refusal)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch, fetch: Fetch) -> Iterator[Fetch]:
    """A fetch that tries again, without the waiting."""
    monkeypatch.setattr(download, "RETRIES", 2)
    with monkeypatch.context() as patch:
        patch.setattr(time, "sleep", lambda _seconds: None)
        yield fetch


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """A server on loopback that has no files yet."""
    # A proxy of this machine would answer in its place.
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Web({}) as running:
        yield running
