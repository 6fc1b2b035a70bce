"""One adapter per upstream layout: folder and part of the source -> `Paper`.

An adapter only translates: it reads one layout and raises PackError where a file is
not what the layout says. What must hold for every exam is checked in `pack`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from jmle_plugin.exam.sources.paper import Paper, PaperQuestion, PaperSerial

ADAPTERS: Mapping[str, str] = {
    "jmle": "native.read",
    "jmle2026-bench": "bench2026.read",
    "igakuqa": "igakuqa.read",
    "igakuqa119": "igakuqa119.read",
    "kokushimd": "kokushimd.read",
    "jmed48k": "jmed48k.read",
    "jmedqa": "jmedqa.read",
    "yakugakuqa": "yakugakuqa.read",
    "denqa": "denqa.read",
    "jmed-llm": "jmedllm.read",
    "jmmlu": "jmedllm.read_subjects",
    "jmedbench": "jmedbench.read",
    "vqa-rad": "vqa.read_rad",
    "slake": "vqa.read_slake",
    "medxpertqa": "vqa.read_medxpert",
    "pmc-vqa": "vqa.read_pmc",
}
"""Layout -> the adapter, imported when the layout is read: a session needs one of them."""


def read_paper(layout: str, folder: Path, part: str = "") -> Paper:
    """The paper below `folder`, by the adapter of its layout; PackError names file and place."""
    module, _, name = ADAPTERS[layout].partition(".")
    adapter: Callable[[Path, str], Paper] = getattr(import_module(f"{__name__}.{module}"), name)
    return adapter(folder, part)


__all__ = ["ADAPTERS", "Paper", "PaperQuestion", "PaperSerial", "read_paper"]
