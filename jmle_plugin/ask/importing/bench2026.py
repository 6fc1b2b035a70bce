"""Result files of JMLE2026-Bench: one JSON file a run, with whole replies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter

from jmle_plugin.ask.importing.foreign import (
    ForeignReply,
    ForeignRun,
    checked,
    parse_json,
    read_bytes,
)
from jmle_plugin.ask.run import ImageMode, run_name

PROJECT = "JMLE2026-Bench"


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True)
    question_id: str
    raw_response: str | None
    reasoning: str | None = None
    error: str | None = None


class _Metadata(BaseModel):
    model_config = ConfigDict(frozen=True)
    model: str
    image_mode: ImageMode
    timestamp: str = ""
    extra_body: dict[str, Any] | None = None
    display_name: str = ""


class _File(BaseModel):
    model_config = ConfigDict(frozen=True)
    metadata: _Metadata
    results: list[_Result]


_FILE = TypeAdapter(_File)


def read(files: Sequence[Path], _images: ImageMode | None) -> list[ForeignRun]:
    """One run a file. Results with an error are no replies, not empty ones."""
    return [_run(file) for file in files]


def _run(file: Path) -> ForeignRun:
    raw = read_bytes(file)
    content = checked(_FILE, parse_json(raw, file), file, f"result file of {PROJECT}")
    metadata = content.metadata
    return ForeignRun(
        project=PROJECT,
        prompt="jmle2026-bench",
        name=run_name(file.stem),
        model=metadata.model,
        images=metadata.image_mode,
        files={file: raw},
        replies=[
            ForeignReply(
                one.question_id,
                one.raw_response if one.error is None else None,
                one.reasoning or "",
                file,
            )
            for one in content.results
        ],
        display_name=metadata.display_name,
        recorded=metadata.timestamp,
        parameters=metadata.extra_body or {},
    )
