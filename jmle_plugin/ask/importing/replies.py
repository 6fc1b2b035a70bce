"""Runs of which a project kept the whole replies: JMLE2026-Bench and JMedQA.

JMLE2026-Bench has one JSON file a run; results with an error are no replies. A line of JMedQA's
`jmedqa_stage1_full.jsonl` is a question of one variant: `original` (the text as printed, without
figures), `no_image` (the text without its references to figures) or `original_image` (with
figures); each variant of each sitting is a run. `prediction_rule` is what upstream's own rule
read from the reply, `raw_output` the reply without its reasoning, which stands in
`jmedqa_stage1_full_reasoning.jsonl` beside it, where that is there. The model is named by
`run_config.json` beside it, or by the folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter

from jmle_plugin.ask.importing.writing import (
    ForeignReply,
    ForeignRun,
    checked,
    parse_json,
    read_bytes,
)
from jmle_plugin.ask.run import ImageMode, run_name
from jmle_plugin.errors import ImportFileError

_BENCH2026 = "JMLE2026-Bench"


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


_RESULTS = TypeAdapter(_File)


def read_bench2026(files: Sequence[Path], _images: ImageMode | None) -> list[ForeignRun]:
    """One run a file. Results with an error are no replies, not empty ones."""
    return [_bench2026_run(file) for file in files]


def _bench2026_run(file: Path) -> ForeignRun:
    raw = read_bytes(file)
    content = checked(_RESULTS, parse_json(raw, file), file, f"result file of {_BENCH2026}")
    metadata = content.metadata
    return ForeignRun(
        project=_BENCH2026,
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


_JMEDQA = "JMedQA"
_FIRST_YEAR = 1906
"""The physicians' sitting of this year would be numbered 0."""
_NAME = re.compile(r"([0-9]{4})([A-F])-?([1-9][0-9]{0,2})")
_NO_REPLY = "none"
_VARIANTS = {
    "original": (ImageMode.BLIND, "text as printed, without figures"),
    "no_image": (ImageMode.BLIND, "text without references to figures"),
    "original_image": (ImageMode.VISION, "with figures"),
}


def _written(value: Any) -> Any:
    return ",".join(map(str, value)) if isinstance(value, list) else value


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)
    id: str = ""
    problem_unique_id: str
    question_variant: Literal["original", "no_image", "original_image"]
    prediction_rule: Annotated[str | None, BeforeValidator(_written)] = None
    raw_output: str | None
    finish_reason: str = ""
    n_reasoning_tokens: int | None = None
    n_output_tokens: int | None = None


class _Reasoning(BaseModel):
    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)
    id: str = ""
    problem_unique_id: str = ""
    question_variant: str = ""
    reasoning: str | None = None


_LINE = TypeAdapter(_Line)
_REASONING = TypeAdapter(_Reasoning)


def is_jmedqa(file: Path) -> bool:
    """Whether a file of lines of JSON is one of these, by its first line."""
    first = read_bytes(file).split(b"\n", 1)[0]
    return b'"question_variant"' in first and b'"problem_unique_id"' in first


def jmedqa_exams(files: Sequence[Path]) -> list[str]:
    """The packs that the files are about, in the order of their sittings."""
    editions = {edition for file in files for edition, _ in _lines(file, read_bytes(file))}
    return [f"jmle{edition}" for edition in sorted(editions)]


def read_jmedqa(files: Sequence[Path], _images: ImageMode | None) -> list[ForeignRun]:
    """A run for each sitting and variant in each file."""
    return [run for file in files for run in _runs(file)]


def _runs(file: Path) -> Iterator[ForeignRun]:
    raw = read_bytes(file)
    beside = file.with_name(f"{file.stem}_reasoning.jsonl")
    files = {file: raw}
    if beside.is_file():
        files[beside] = read_bytes(beside)
    reasons = dict(_reasons(beside, files.get(beside, b"")))
    by_run: dict[tuple[int, str], list[_Line]] = {}
    for edition, line in _lines(file, raw):
        by_run.setdefault((edition, line.question_variant), []).append(line)
    model = _model(file)
    for (edition, variant), lines in by_run.items():
        images, title = _VARIANTS[variant]
        yield ForeignRun(
            project=_JMEDQA,
            name=run_name(f"{file.absolute().parent.name}-{variant}"),
            model=model,
            images=images,
            files=files,
            replies=[_reply(line, reasons, file) for line in lines],
            display_name=f"{model} ({title})",
            edition=edition,
            marker="Answer:",
        )


def _lines(file: Path, raw: bytes) -> Iterator[tuple[int, _Line]]:
    """Each line with its sitting's number."""
    for number, text in enumerate(raw.split(b"\n"), start=1):
        if not text.strip():
            continue
        value = parse_json(text, file, f"line {number} ")
        line = checked(_LINE, value, file, f"file of {_JMEDQA} (line {number})")
        name = _NAME.fullmatch(line.problem_unique_id)
        if name is None:
            raise ImportFileError(
                f"line {number}: {line.problem_unique_id!r} names no question of {_JMEDQA}",
                where=file,
            )
        yield int(name[1]) - _FIRST_YEAR, line


def _reasons(file: Path, raw: bytes) -> Iterator[tuple[tuple[str, str], str]]:
    for number, text in enumerate(raw.split(b"\n"), start=1):
        if text.strip():
            value = parse_json(text, file, f"line {number} ")
            one = checked(_REASONING, value, file, f"reasoning of {_JMEDQA} (line {number})")
            yield (one.problem_unique_id or one.id, one.question_variant), one.reasoning or ""


def _reply(line: _Line, reasons: dict[tuple[str, str], str], file: Path) -> ForeignReply:
    name = _NAME.fullmatch(line.problem_unique_id)
    keys = ((key, line.question_variant) for key in (line.problem_unique_id, line.id))
    return ForeignReply(
        line.problem_unique_id,
        None if line.finish_reason == _NO_REPLY else line.raw_output,
        next((reasons[key] for key in keys if key in reasons), ""),
        file,
        place=(name[2], int(name[3])) if name else None,
        finish_reason=line.finish_reason,
        tokens=line.n_output_tokens,
        reasoning_tokens=line.n_reasoning_tokens,
        recorded=line.prediction_rule or "",
    )


def _model(file: Path) -> str:
    config = file.with_name("run_config.json")
    config_data = parse_json(read_bytes(config), config) if config.is_file() else None
    named = config_data.get("model") if isinstance(config_data, dict) else None
    return named if isinstance(named, str) and named else file.absolute().parent.name
