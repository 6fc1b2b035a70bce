"""Gateways as a session starts them, before scripted providers."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.ask.client import HttpModelClient
from jmle_plugin.ask.sitting import AskRequest
from jmle_plugin.errors import JmleError
from jmle_plugin.files import digest
from jmle_plugin.gateway.launch import Gateway, new_token, start
from jmle_plugin.gateway.protocol import (
    Announced,
    Announcement,
    GatewayConfig,
    ImageFile,
    RunConfig,
)
from jmle_plugin.gateway.reply import Reply
from tests.builders import journalled

KEY = "sk-planted-0123456789abcdef"
MODEL = "openai/some-model"
RUN = "some-run"


def text_request(name: str, model: str = MODEL, **parameters: Any) -> Announced:
    """The question whose text is its name."""
    body = {"model": model, "messages": [{"role": "user", "content": name}], **parameters}
    return Announced(question=name, digest=digest(body), body=body)


@dataclass
class Desk:
    """A folder to work in, and figures."""

    folder: Path
    images: dict[str, ImageFile] = field(default_factory=dict)

    @property
    def journal(self) -> Path:
        return self.folder / "run" / ".journal"

    @property
    def log(self) -> Path:
        return self.folder / "gateway.log"

    def figure_request(self, name: str, raw: bytes) -> Announced:
        """A question with one figure, which is written to the folder."""
        sha256 = hashlib.sha256(raw).hexdigest()
        file = self.folder / f"{sha256[:8]}.png"
        file.write_bytes(raw)
        self.images[sha256] = ImageFile(path=str(file), media_type="image/png")
        parts = [
            {"type": "text", "text": name},
            {"type": "image_url", "image_url": {"url": f"sha256:{sha256}"}},
        ]
        body = {"model": MODEL, "messages": [{"role": "user", "content": parts}]}
        return Announced(question=name, digest=digest(body), body=body)

    def config(self, base: str | None, **settings: Any) -> GatewayConfig:
        """One run of `MODEL`, unless `runs` are among the settings."""
        settings = {
            "backoff": 0.02,
            "token": new_token(),
            "runs": [RunConfig(run=RUN, model=MODEL, journal=str(self.journal))],
            **settings,
        }
        return GatewayConfig(api_base=base, **settings)

    def gateway(self, base: str | None, **settings: Any) -> Gateway:
        """A gateway that knows no request yet."""
        return start(self.config(base, **settings), self.log)

    def announced(self, requests: list[Announced], base: str | None, **settings: Any) -> Gateway:
        """A gateway that knows these requests, and asks nothing yet."""
        gateway = self.gateway(base, **settings)
        gateway.announce(Announcement(run=RUN, requests=requests, images=self.images))
        return gateway

    def asking(self, requests: list[Announced], base: str | None, **settings: Any) -> Gateway:
        """A gateway that asks these requests, because somebody wants the first of them."""
        gateway = self.announced(requests, base, **settings)
        threading.Thread(target=_want, args=(gateway, requests[0]), daemon=True).start()
        return gateway

    def kept(self, run: str = "") -> list[str]:
        """Questions whose reply is in a run's journal, in order."""
        return journalled(self.folder / run if run else self.journal)


def asked(announced: Announced, run: str = RUN) -> AskRequest:
    """The same request as a test would make it."""
    return AskRequest(announced.question, "0" * 64, announced.body, announced.epoch, run)


@contextmanager
def client(gateway: Gateway, token: str | None = None) -> Iterator[HttpModelClient]:
    opened = HttpModelClient(
        gateway.address, token=gateway.token if token is None else token, timeout=20
    )
    try:
        yield opened
    finally:
        opened.close()


def reply(gateway: Gateway, announced: Announced, run: str = RUN) -> Reply:
    with client(gateway) as asking:
        return asking.ask(asked(announced, run))


def _want(gateway: Gateway, announced: Announced) -> None:
    with suppress(JmleError):
        reply(gateway, announced)


@pytest.fixture
def desk(_forked_gateways: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return Desk(tmp_path)
