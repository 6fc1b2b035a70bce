"""The HTTP client against a service on loopback that does as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from jmle_plugin.ask.client import HttpModelClient
from jmle_plugin.ask.sitting import AskRequest
from jmle_plugin.errors import NotAskedError, ReplyError
from jmle_plugin.gateway.protocol import CHAT_PATH
from jmle_plugin.gateway.reply import Reply, Usage
from tests.builders import make_completion

REQUEST = AskRequest("A-1", "0" * 64, {"model": "m", "messages": []}, epoch=2)


class Service(ThreadingHTTPServer):
    """Answers every request alike and remembers the last one."""

    status = 200
    body = json.dumps(make_completion("【回答】a")).encode()
    promised: int | None = None
    """Content length to announce where it is not the body's."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: dict[str, Any] = {}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.seen = {"path": self.path, "body": body, **dict(self.headers.items())}
        self.send_response(self.server.status)
        length = self.server.promised or len(self.server.body)
        self.send_header("content-length", str(length))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: object) -> None:
        """Keep test output clean."""


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@contextmanager
def client(address: str, **options: Any) -> Iterator[HttpModelClient]:
    opened = HttpModelClient(address, **options)
    try:
        yield opened
    finally:
        opened.close()


def failure(address: str) -> str:
    """What is said where no reply can be had."""
    with client(address, timeout=5) as asking, pytest.raises(ReplyError) as caught:
        asking.ask(REQUEST)
    return caught.value.problem


def test_reply_is_read(service: Service) -> None:
    with client(service.address) as asking:
        reply = asking.ask(REQUEST)
    assert reply == Reply(
        "【回答】a", "", "some/model-2026", "stop", Usage(prompt=10, completion=5)
    )


def test_canonical_request_is_sent_with_its_question(service: Service) -> None:
    with client(service.address, token="secret") as asking:  # noqa: S106 - made up
        asking.ask(REQUEST)
    assert service.seen["path"] == CHAT_PATH
    assert service.seen["body"] == REQUEST.payload
    assert service.seen["authorization"] == "Bearer secret"
    assert (service.seen["x-jmle-question"], service.seen["x-jmle-epoch"]) == ("A-1", "2")


def test_proxies_of_the_environment_are_not_asked(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with client(service.address) as asking:
        assert asking.ask(REQUEST).text == "【回答】a"


def test_providers_message_is_passed_on(service: Service) -> None:
    service.status = 500
    service.body = b'{"error": {"message": "model\\n  overloaded"}}'
    assert failure(service.address) == ("no reply to question A-1: HTTP 500, model overloaded")


@pytest.mark.parametrize(
    ("status", "kind", "error"),
    [
        (403, "refused", ReplyError),
        (424, "fatal", ReplyError),
        (502, "spent", ReplyError),
        (503, "stopped", NotAskedError),
    ],
)
def test_gateways_own_message_stands_alone(
    service: Service, status: int, kind: str, error: type[ReplyError]
) -> None:
    service.status = status
    service.body = json.dumps({"error": {"message": "no credit", "type": kind}}).encode()
    with client(service.address) as asking, pytest.raises(ReplyError) as caught:
        asking.ask(REQUEST)
    assert caught.type is error
    about = "" if error is NotAskedError else "no reply to question A-1: "
    assert caught.value.problem == f"{about}no credit"


def test_long_message_is_cut(service: Service) -> None:
    service.status = 429
    service.body = json.dumps({"error": {"message": "x" * 100_000}}).encode()
    assert len(failure(service.address)) < 600


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"error": "x"}', b'{"error": {"message": null}}'])
def test_error_without_a_message_is_an_error(service: Service, body: bytes) -> None:
    service.status, service.body = 503, body
    assert failure(service.address) == "no reply to question A-1: HTTP 503, no message"


def test_success_that_is_none_is_an_error(service: Service) -> None:
    service.status = 202
    assert "HTTP 202" in failure(service.address)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b'{"choices": [', b"\xff\xfe", b"NaN", b"[" * 100_000],
    ids=lambda raw: repr(raw[:10]),
)  # fmt: skip
@pytest.mark.parametrize("status", [200, 502])
def test_body_that_is_no_json_is_an_error(service: Service, status: int, body: bytes) -> None:
    service.status, service.body = status, body
    assert f"HTTP {status} with a body that is no JSON" in failure(service.address)


def test_json_without_a_message_is_an_error(service: Service) -> None:
    service.body = b'{"choices": []}'
    assert "without a message" in failure(service.address)


def test_body_cut_off_is_an_error(service: Service) -> None:
    service.promised = len(service.body) + 100
    assert failure(service.address).startswith("no reply to question A-1: ")


def test_silence_is_an_error() -> None:
    with (
        Service() as deaf,
        client(deaf.address, timeout=0.05) as asking,
        pytest.raises(ReplyError, match="timed out"),
    ):
        asking.ask(REQUEST)


def test_refused_or_broken_connection_says_that_the_gateway_is_gone(service: Service) -> None:
    with Service() as gone:
        address = gone.address
    service.promised = len(service.body) + 100
    assert failure(address).startswith("not asked: no answer, the gateway is gone (")
    assert failure(service.address).startswith("no reply to question A-1: the gateway is gone (")


def test_nowhere_cannot_be_asked() -> None:
    assert failure("http://nowhere.invalid").startswith("not asked: no answer")


FAILING = """
import pytest

from jmle_plugin.ask.client import HttpModelClient
from jmle_plugin.ask.sitting import AskRequest
from jmle_plugin.errors import CassetteError

REQUEST = AskRequest("A-1", "0" * 64, {{"model": "m", "messages": []}})
SERVED, GONE, DEAF = {served!r}, {gone!r}, {deaf!r}


@pytest.fixture(params=[SERVED, GONE, DEAF, "not a header", "interrupted", "ours"])
def client(request):
    made = HttpModelClient(
        request.param if request.param.startswith("http") else SERVED,
        token=open({file!r}).read() + ("\\n" if request.param == "not a header" else ""),
        timeout=0.5,
    )
    if request.param in ("interrupted", "ours"):
        def raising(sent):
            headers = list(sent.headers.raw)
            if request.param == "ours":
                raise CassetteError("stale")
            pytest.fail("took too long")
        made._transport.handle_request = raising
    yield made
    made.close()


def test_asks(client):
    client.ask(REQUEST)


def test_has_no_address():
    HttpModelClient("http://host:port", token=open({file!r}).read())
"""


@pytest.mark.parametrize("style", ["auto", "long", "native"])
def test_token_is_in_no_report(pytester: pytest.Pytester, service: Service, style: str) -> None:
    token = "planted-token-0123456789"  # noqa: S105
    file = pytester.path / "token"
    file.write_text(token)
    with Service() as closed:
        gone = closed.address
    service.status = 424
    service.body = b'{"error": {"message": "no credit", "type": "fatal"}}'
    with Service() as deaf:
        pytester.makepyfile(
            FAILING.format(served=service.address, gone=gone, deaf=deaf.address, file=str(file))
        )
        result = pytester.runpytest_subprocess(
            "-vv",
            "--showlocals",
            f"--tb={style}",
            "--full-trace",
            *("-p", "no:cacheprovider", "-p", "no:hypothesispytest"),
        )
    result.assert_outcomes(failed=7)
    shown = result.stdout.str() + result.stderr.str()
    assert "no reply to question A-1: no credit" in shown
    assert "the gateway is gone" in shown
    assert "no reply to question A-1: timed out" in shown
    assert "took too long" in shown
    assert token not in shown
