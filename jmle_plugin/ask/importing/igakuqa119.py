"""Runs of IgakuQA119: `answers/119A_<name>.json` to `119F`, or one table of graded answers.

The answers hold one or several models each and have the answer apart from explanation and
reasoning; the tables (`119_<name>_grading_results.csv`) have the answer alone. Both may hold how
sure the model was. Neither says whether the model was shown the figures.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from jmle_plugin.ask.importing.writing import (
    ForeignReply,
    ForeignRun,
    checked,
    images_of,
    parse_json,
    read_bytes,
)
from jmle_plugin.ask.run import ImageMode, run_name
from jmle_plugin.errors import ImportFileError
from jmle_plugin.gateway.reply import read_number

PROJECT = "IgakuQA119"
_TABLE = re.compile(r"(?:[0-9]+_)?(.+?)_grading_results")
_COLUMNS = ("question_number", "model", "model_answer")


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)
    model: str
    answer: str | None
    confidence: Any = None
    timestamp: str = ""
    explanation: str | None = None
    cot: str | None = None


class _Question(BaseModel):
    model_config = ConfigDict(frozen=True)
    question_number: str
    answers: list[_Answer]


class _File(BaseModel):
    model_config = ConfigDict(frozen=True)
    experiment_id: str
    results: list[_Question] = Field(min_length=1)


_FILE = TypeAdapter(_File)


def read_answers(files: Sequence[Path], images: ImageMode | None) -> list[ForeignRun]:
    """One run for each model and experiment, over all blocks given."""
    raw = {file: read_bytes(file) for file in files}
    runs: dict[tuple[str, str], dict[Path, list[tuple[str, _Answer]]]] = {}
    for file, content in raw.items():
        read = checked(_FILE, parse_json(content, file), file, f"answer file of {PROJECT}")
        experiment = re.sub(r"^[0-9]+[A-F]_", "", read.experiment_id)
        for question in read.results:
            for answer in question.answers:
                run = runs.setdefault((experiment, answer.model), {})
                run.setdefault(file, []).append((question.question_number, answer))
    several = len({experiment for experiment, _ in runs}) < len(runs)
    return [
        ForeignRun(
            project=PROJECT,
            name=run_name(f"{experiment}-{model}" if several else experiment),
            model=model,
            images=images_of(images, next(iter(by_file))),
            files={file: raw[file] for file in by_file},
            replies=[
                ForeignReply(
                    name,
                    one.answer,
                    one.cot or one.explanation or "",
                    file,
                    confidence=read_number(one.confidence, most=1),
                )
                for file, answers in by_file.items()
                for name, one in answers
            ],
            recorded=max(one.timestamp for answers in by_file.values() for _, one in answers),
            answers_only=True,
        )
        for (experiment, model), by_file in runs.items()
    ]


def read_tables(files: Sequence[Path], images: ImageMode | None) -> list[ForeignRun]:
    """One run a table."""
    return [_table(file, images) for file in files]


def _table(file: Path, images: ImageMode | None) -> ForeignRun:
    raw = read_bytes(file)
    rows = list(_rows(raw, file))
    models = sorted({row["model"] for row in rows})
    if len(models) != 1:
        raise ImportFileError(
            f"holds answers of {len(models)} models, not of one",
            where=file,
            remedy="Make a file of each model's rows.",
        )
    name = _TABLE.fullmatch(file.stem)
    return ForeignRun(
        project=PROJECT,
        name=run_name(name[1] if name else file.stem),
        model=models[0],
        images=images_of(images, file),
        files={file: raw},
        replies=[
            ForeignReply(
                row["question_number"],
                row["model_answer"],
                file=file,
                confidence=_written_share(row.get("confidence")),
            )
            for row in rows
        ],
        answers_only=True,
    )


def _written_share(cell: str | None) -> float | None:
    try:
        return read_number(float(cell or ""), most=1)
    except ValueError:
        return None


def _rows(raw: bytes, file: Path) -> Iterator[dict[str, str]]:
    try:
        rows = csv.DictReader(StringIO(raw.decode("utf-8-sig"), newline=""), strict=True)
        for row in rows:
            if any(not isinstance(row.get(name), str) for name in _COLUMNS):
                raise ImportFileError(
                    f"line {rows.line_num}: lacks one of {', '.join(_COLUMNS)}",
                    where=file,
                    remedy=f"Give a table of graded answers of {PROJECT}.",
                )
            yield row
    except (csv.Error, UnicodeDecodeError) as error:
        raise ImportFileError(f"is no table of {PROJECT}: {error}", where=file) from error
