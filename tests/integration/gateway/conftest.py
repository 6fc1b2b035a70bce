"""Gateways as a session starts them, before scripted providers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.ask.client import HttpModelClient
from jmle_plugin.ask.gateway.launch import Gateway, new_token, start
from jmle_plugin.ask.gateway.protocol import Announced, GatewayConfig, ImageFile
from jmle_plugin.ask.reply import Reply
from jmle_plugin.ask.request import AskRequest
from jmle_plugin.files import digest

KEY = "sk-planted-0123456789abcdef"
MODEL = "openai/some-model"


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

    def config(self, requests: list[Announced], base: str | None, **settings: Any) -> GatewayConfig:
        settings = {"backoff": 0.02, "token": new_token(), **settings}
        return GatewayConfig(
            journal=str(self.journal),
            requests=requests,
            images=self.images,
            api_base=base,
            **settings,
        )

    def gateway(self, requests: list[Announced], base: str | None, **settings: Any) -> Gateway:
        return start(self.config(requests, base, **settings), self.log)


def asked(announced: Announced) -> AskRequest:
    """The same request as a test would make it."""
    return AskRequest(announced.question, "0" * 64, announced.body, announced.epoch)


@contextmanager
def client(gateway: Gateway, token: str | None = None) -> Iterator[HttpModelClient]:
    opened = HttpModelClient(
        gateway.address, token=gateway.token if token is None else token, timeout=20
    )
    try:
        yield opened
    finally:
        opened.close()


def reply(gateway: Gateway, announced: Announced) -> Reply:
    with client(gateway) as asking:
        return asking.ask(asked(announced))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return Desk(tmp_path)
