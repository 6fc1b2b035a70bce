"""One question asked of a scripted provider, through litellm, in three dialects."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow

from jmle_plugin.gateway.failures import ProviderError
from jmle_plugin.gateway.protocol import ImageFile
from jmle_plugin.gateway.provider import Provider
from tests.builders import picture_file
from tests.scripted.provider import (
    Answer,
    Call,
    anthropic_message,
    completion,
    gemini_content,
    provider,
)

FIGURE = picture_file(Pillow.new("RGB", (6, 4), "teal"))
DIGEST = hashlib.sha256(FIGURE).hexdigest()
KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY")
MODELS = {"openai": "openai/some-model", "anthropic": "anthropic/claude-sonnet-4-5",
          "gemini": "gemini/gemini-2.5-pro"}  # fmt: skip
BASES = {"openai": "/v1", "anthropic": "", "gemini": "/v1beta"}
FINE: dict[str, Callable[..., dict[str, Any]]] = {
    "openai": lambda text, thinking="": completion(text, reasoning=thinking or None),
    "anthropic": anthropic_message,
    "gemini": gemini_content,
}
ERRORS: dict[str, Callable[[int, str], dict[str, Any]]] = {
    "openai": lambda _, text: {"error": {"message": text, "type": "error", "code": None}},
    "anthropic": lambda _, text: {"type": "error", "error": {"type": "error", "message": text}},
    "gemini": lambda status, text: {"error": {"code": status, "message": text, "status": "X"}},
}
DIALECTS = sorted(MODELS)


class Asking:
    """Asks a scripted provider one question and counts the calls."""

    def __init__(self, loop: asyncio.Runner, image: Path) -> None:
        self._loop = loop
        self._image = image
        self.digest = hashlib.sha256(image.read_bytes()).hexdigest()
        self.settings: dict[str, Any] = {}
        self.model = ""
        self.bases: dict[str, str] = {}
        """Environment variables to tell the address by, instead of as an api base."""
        self.calls: list[Call] = []

    def __call__(
        self,
        answer: Answer,
        dialect: str = "openai",
        *,
        timeout: float = 5.0,
        figures: int = 1,
        times: int = 1,
        **parameters: Any,
    ) -> dict[str, Any]:
        figure = {"type": "image_url", "image_url": {"url": f"sha256:{self.digest}"}}
        content = [{"type": "text", "text": "問題"}, *[figure] * figures]
        body = {
            "model": self.model or MODELS[dialect],
            "messages": [
                {"role": "system", "content": "指示"},
                {"role": "user", "content": content},
            ],
            **parameters,
        }
        files = {self.digest: ImageFile(path=str(self._image), media_type="image/png")}
        with provider(lambda _: answer) as served, pytest.MonkeyPatch.context() as patch:
            base: str | None = served.address + BASES[dialect]
            if dialect in self.bases:
                patch.setenv(self.bases[dialect], str(base))
                base = None
            asked = Provider(files, timeout=timeout, api_base=base, **self.settings)
            try:
                for _ in range(times - 1):
                    self._loop.run(asked.ask(body))
                return self._loop.run(asked.ask(body))
            finally:
                self.calls = served.calls

    def failure(self, answer: Answer, dialect: str = "openai", **more: Any) -> ProviderError:
        with pytest.raises(ProviderError) as caught:
            self(answer, dialect, **more)
        assert len(self.calls) == 1
        return caught.value
