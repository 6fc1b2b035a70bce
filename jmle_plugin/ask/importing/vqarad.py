"""Answers to VQA-RAD: one file `[{"qid": 11, "answer": "yes"}, ...]`, answers alone.

A file answers the open questions as well, which the pack leaves out.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from jmle_plugin.ask.importing.foreign import (
    ForeignReply,
    ForeignRun,
    checked,
    parse_json,
    read_bytes,
)
from jmle_plugin.ask.run import ImageMode, run_name

PROJECT = "VQA-RAD"


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)
    qid: int
    answer: str | None


_FILE = TypeAdapter(Annotated[list[_Answer], Field(min_length=1)])


def read(files: Sequence[Path], images: ImageMode | None) -> list[ForeignRun]:
    """One run a file; the questions are about figures, which were shown unless `images` says no."""
    return [_run(file, images) for file in files]


def _run(file: Path, images: ImageMode | None) -> ForeignRun:
    raw = read_bytes(file)
    answers = checked(_FILE, parse_json(raw, file), file, f"answer file of {PROJECT}")
    return ForeignRun(
        project=PROJECT,
        name=run_name(file.stem),
        model=file.stem,
        images=images or ImageMode.VISION,
        files={file: raw},
        replies=[ForeignReply(str(one.qid), one.answer, file=file) for one in answers],
        answers_only=True,
        answers_more=True,
    )
