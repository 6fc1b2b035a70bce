"""One adapter per upstream layout: folder and part of the source -> `Paper`.

An adapter only translates: it reads one layout and raises PackError where a file is
not what the layout says. What must hold for every exam is checked in `pack`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from jmle_plugin.exam.sources import (
    bench2026,
    denqa,
    igakuqa,
    igakuqa119,
    jmed48k,
    jmedbench,
    jmedllm,
    jmedqa,
    kokushimd,
    native,
    vqa,
    yakugakuqa,
)
from jmle_plugin.exam.sources.paper import Paper, PaperQuestion, PaperSerial

ADAPTERS: Mapping[str, Callable[[Path, str], Paper]] = {
    "jmle": lambda folder, _: native.read(folder),
    "jmle2026-bench": lambda folder, _: bench2026.read(folder),
    "igakuqa": igakuqa.read,
    "igakuqa119": igakuqa119.read,
    "kokushimd": kokushimd.read,
    "jmed48k": jmed48k.read,
    "jmedqa": jmedqa.read,
    "yakugakuqa": yakugakuqa.read,
    "denqa": denqa.read,
    "jmed-llm": jmedllm.read,
    "jmmlu": jmedllm.read_subjects,
    "jmedbench": jmedbench.read,
    "vqa-rad": vqa.read_rad,
    "slake": vqa.read_slake,
    "medxpertqa": vqa.read_medxpert,
    "pmc-vqa": vqa.read_pmc,
}

__all__ = ["ADAPTERS", "Paper", "PaperQuestion", "PaperSerial"]
