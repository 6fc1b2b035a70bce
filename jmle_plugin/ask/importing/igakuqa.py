"""Runs of IgakuQA: `112-A_gpt4.jsonl` to `112-F_gpt4.jsonl`, answers alone.

Its models were shown the text of each question by itself, without figures. Its
"student-majority" are no model's answers but those most examinees gave, who had the figures.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter

from jmle_plugin.ask.importing.foreign import (
    ForeignReply,
    ForeignRun,
    checked,
    parse_json,
    read_bytes,
)
from jmle_plugin.ask.run import PEOPLE, ImageMode, run_name
from jmle_plugin.errors import ImportFileError

PROJECT = "IgakuQA"
FILE_NAME = re.compile(r"(?P<edition>[0-9]+)-[A-F]_(?P<system>.+)\.jsonl")
_EXAMINEES = "student-majority"
_TITLES = {
    "gpt3": "GPT-3",
    "chatgpt": "ChatGPT",
    "translate_chatgpt-en": "ChatGPT, questions translated into English",
    "gpt4": "GPT-4",
    _EXAMINEES: "the answers most examinees gave (people, not a model)",
}
_PROMPTS = {"chatgpt": "igakuqa-3shot", "gpt4": "igakuqa-3shot"}
"""By system; the others answered other words, or were people."""


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)
    problem_id: str
    prediction: str
    explanation: str = ""


_ANSWER = TypeAdapter(_Answer)


def exams(files: Sequence[Path]) -> list[str]:
    """The packs that the files are about, by their names."""
    names = (FILE_NAME.fullmatch(file.name) for file in files)
    return list(dict.fromkeys(f"jmle{name['edition']}" for name in names if name)) or ["jmle112"]


def read(files: Sequence[Path], images: ImageMode | None) -> list[ForeignRun]:
    """One run for each exam and system among the files' names."""
    groups: dict[tuple[str, str], list[Path]] = {}
    for file in files:
        name = FILE_NAME.fullmatch(file.name)
        if name is None:
            raise ImportFileError(
                f"is not called like a file of {PROJECT}",
                where=file,
                remedy="Its files are called 112-A_gpt4.jsonl: exam, block and system.",
            )
        groups.setdefault((name["edition"], name["system"]), []).append(file)
    return [_run(*name, sorted(some), images) for name, some in groups.items()]


def _run(edition: str, system: str, files: Sequence[Path], images: ImageMode | None) -> ForeignRun:
    raw = {file: read_bytes(file) for file in files}
    people = system == _EXAMINEES
    return ForeignRun(
        project=PROJECT,
        name=run_name(system),
        model=f"{PEOPLE}{system}" if people else system,
        images=images or (ImageMode.VISION if people else ImageMode.BLIND),
        files=raw,
        replies=[one for item in raw.items() for one in read_answers(*item, PROJECT)],
        edition=int(edition),
        prompt=_PROMPTS.get(system, ""),
        display_name=_TITLES.get(system, ""),
        answers_only=True,
    )


def read_answers(file: Path, raw: bytes, project: str) -> list[ForeignReply]:
    """The answers in a file of `project`'s, a line each."""
    found = []
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if line.strip():
            value = parse_json(line, file, f"line {number} ")
            one = checked(_ANSWER, value, file, f"file of {project} (line {number})")
            more = one.explanation if one.explanation != one.prediction else ""
            found.append(ForeignReply(one.problem_id, one.prediction, more, file))
    return found
