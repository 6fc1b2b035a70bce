"""One adapter per upstream layout, each a function `read(folder) -> Paper`.

An adapter only translates: it reads one layout and raises PackError where a file is
not what the layout says. What must hold for every exam is checked in `pack`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from jmle_plugin.exam.sources import bench2026, native
from jmle_plugin.exam.sources.paper import Paper, PaperQuestion, PaperSerial

ADAPTERS: Mapping[str, Callable[[Path], Paper]] = {
    "jmle": native.read,
    "jmle2026-bench": bench2026.read,
}

__all__ = ["ADAPTERS", "Paper", "PaperQuestion", "PaperSerial"]
