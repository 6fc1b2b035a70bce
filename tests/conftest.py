"""What all tests share: no settings of the person running them, and the published data."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np  # noqa: F401 - loads once per process, and pytester forgets what its tests load
import pytest

pytest_plugins = ["pytester"]

LEFT_OUT = {"slow": "takes minutes", "browser": "needs Chromium"}
ROOT = Path(__file__).resolve().parents[1]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes minutes or a browser, unless markers were chosen by hand."""
    if config.getoption("markexpr"):
        return
    for item in items:
        for name, why in LEFT_OUT.items():
            if item.get_closest_marker(name):
                item.add_marker(pytest.mark.skip(reason=f"{why}: pytest tests -m {name}"))


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("JMLE_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def data_root() -> Path:
    """Folder with the published data and recorded runs, one folder per source."""
    named = os.environ.get("JMLE_DATA")
    root = Path(named) if named else ROOT.parent / "shared" / "data"
    for source in ("jmle2026-bench", "igakuqa", "igakuqa119"):
        if not (root / source).is_dir():
            pytest.skip(f"needs the published data: no {source} in {root} (set JMLE_DATA)")
    return root
