"""Runs of YakugakuQA: `105_gpt4o.jsonl`, answers alone, which were given without any figure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from jmle_plugin.ask.importing.foreign import ForeignRun, read_bytes
from jmle_plugin.ask.importing.igakuqa import read_answers
from jmle_plugin.ask.run import ImageMode, run_name
from jmle_plugin.errors import ImportFileError

PROJECT = "YakugakuQA"
FILE_NAME = re.compile(r"(?P<edition>[0-9]+)_(?P<system>.+)\.jsonl")
_FIRST_YEAR = 1915
"""The pharmacists' sitting of this year would be numbered 0."""


def exams(files: Sequence[Path]) -> list[str]:
    """The packs that the files are about, by their names."""
    names = (FILE_NAME.fullmatch(file.name) for file in files)
    years = dict.fromkeys(int(name["edition"]) + _FIRST_YEAR for name in names if name)
    return [f"pharmacist-{year}" for year in years]


def read(files: Sequence[Path], images: ImageMode | None) -> list[ForeignRun]:
    """One run a file."""
    return [_run(file, images) for file in files]


def _run(file: Path, images: ImageMode | None) -> ForeignRun:
    name = FILE_NAME.fullmatch(file.name)
    if name is None:
        raise ImportFileError(
            f"is not called like a file of {PROJECT}",
            where=file,
            remedy="Its files are called 105_gpt4o.jsonl: exam and system.",
        )
    raw = read_bytes(file)
    return ForeignRun(
        project=PROJECT,
        name=run_name(name["system"]),
        model=name["system"],
        images=images or ImageMode.BLIND,
        files={file: raw},
        replies=read_answers(file, raw, PROJECT),
        edition=int(name["edition"]),
        answers_only=True,
    )
