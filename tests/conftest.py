"""What all tests share: no settings of the person running them, and the published data."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np  # noqa: F401 - loads once per process, and pytester forgets what its tests load
import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parents[1]
JMLE = "import sys; from jmle_plugin.cli import main; sys.exit(main())"
"""`jmle` for `python -c`, where the package is found but not installed."""

LEFT_OUT = {"slow": "slow", "long": "'long and not slow'"}
"""Markers of tests that run when they are asked for, and what asks for them."""

# How long an example takes depends on what else the machine does.
settings.register_profile("jmle", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("jmle")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes long, unless markers were chosen by hand."""
    if config.getoption("markexpr"):
        return
    for item in items:
        for name, command in LEFT_OUT.items():
            if item.get_closest_marker(name):
                item.add_marker(pytest.mark.skip(reason=f"{name}: pytest tests -m {command}"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say once why pages were not looked at: a count of skipped tests says nothing."""
    skipped = terminalreporter.getreports("skipped")
    for reason in sorted({one.longrepr[2] for one in skipped if "browser" in one.keywords}):
        if "Chromium" in reason:
            terminalreporter.line(reason)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("JMLE_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def data_root() -> Path:
    """Folder with the published data and recorded runs, one folder per source."""
    named = os.environ.get("JMLE_DATA")
    root = Path(named) if named else ROOT.parent / "shared" / "data"
    for source in ("jmle2026-bench", "igakuqa", "igakuqa119", "yakugakuqa", "denqa"):
        if not (root / source).is_dir():
            pytest.skip(f"needs the published data: no {source} in {root} (set JMLE_DATA)")
    return root
