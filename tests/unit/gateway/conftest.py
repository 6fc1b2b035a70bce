"""Asking one question at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.gateway.asking import (
    FIGURE,
    KEYS,
    Asking,
)


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def ask(loop: asyncio.Runner, tmp_path: Path) -> Asking:
    image = tmp_path / "figure.png"
    image.write_bytes(FIGURE)
    return Asking(loop, image)
