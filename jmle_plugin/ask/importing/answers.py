"""Runs of which a project kept the answers alone: IgakuQA, YakugakuQA and VQA-RAD.

IgakuQA, `112-A_gpt4.jsonl` to `112-F_gpt4.jsonl`: its models were shown the text of each question
by itself, without figures. Its "student-majority" are no model's answers but those most
examinees gave, who had the figures. YakugakuQA, `105_gpt4o.jsonl`: answers were given without
any figure. VQA-RAD, one file `[{"qid": 11, "answer": "yes"}, ...]`, answers the open questions
as well, which the pack leaves out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from jmle_plugin.ask.importing.writing import (
    ForeignReply,
    ForeignRun,
    checked,
    parse_json,
    read_bytes,
)
from jmle_plugin.ask.run import PEOPLE, ImageMode, run_name
from jmle_plugin.errors import ImportFileError

_IGAKUQA = "IgakuQA"
_IGAKUQA_FILE = re.compile(r"(?P<edition>[0-9]+)-[A-F]_(?P<system>.+)\.jsonl")
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


class _Prediction(BaseModel):
    model_config = ConfigDict(frozen=True)
    problem_id: str
    prediction: str
    explanation: str = ""


_PREDICTION = TypeAdapter(_Prediction)


def igakuqa_exams(files: Sequence[Path]) -> list[str]:
    """The packs that the files are about, by their names."""
    names = (_IGAKUQA_FILE.fullmatch(file.name) for file in files)
    return list(dict.fromkeys(f"jmle{name['edition']}" for name in names if name)) or ["jmle112"]


def read_igakuqa(files: Sequence[Path], images: ImageMode | None) -> list[ForeignRun]:
    """One run for each exam and system among the files' names."""
    groups: dict[tuple[str, str], list[Path]] = {}
    for file in files:
        name = _IGAKUQA_FILE.fullmatch(file.name)
        if name is None:
            raise ImportFileError(
                f"is not called like a file of {_IGAKUQA}",
                where=file,
                remedy="Its files are called 112-A_gpt4.jsonl: exam, block and system.",
            )
        groups.setdefault((name["edition"], name["system"]), []).append(file)
    return [_igakuqa_run(*name, sorted(some), images) for name, some in groups.items()]


def _igakuqa_run(
    edition: str, system: str, files: Sequence[Path], images: ImageMode | None
) -> ForeignRun:
    raw = {file: read_bytes(file) for file in files}
    people = system == _EXAMINEES
    return ForeignRun(
        project=_IGAKUQA,
        name=run_name(system),
        model=f"{PEOPLE}{system}" if people else system,
        images=images or (ImageMode.VISION if people else ImageMode.BLIND),
        files=raw,
        replies=[one for item in raw.items() for one in read_answers(*item, _IGAKUQA)],
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
            one = checked(_PREDICTION, value, file, f"file of {project} (line {number})")
            more = one.explanation if one.explanation != one.prediction else ""
            found.append(ForeignReply(one.problem_id, one.prediction, more, file))
    return found


_YAKUGAKUQA = "YakugakuQA"
YAKUGAKUQA_FILE = re.compile(r"(?P<edition>[0-9]+)_(?P<system>.+)\.jsonl")
_FIRST_YEAR = 1915
"""The pharmacists' sitting of this year would be numbered 0."""


def yakugakuqa_exams(files: Sequence[Path]) -> list[str]:
    """The packs that the files are about, by their names."""
    names = (YAKUGAKUQA_FILE.fullmatch(file.name) for file in files)
    years = dict.fromkeys(int(name["edition"]) + _FIRST_YEAR for name in names if name)
    return [f"pharmacist-{year}" for year in years]


def read_yakugakuqa(files: Sequence[Path], images: ImageMode | None) -> list[ForeignRun]:
    """One run a file."""
    return [_yakugakuqa_run(file, images) for file in files]


def _yakugakuqa_run(file: Path, images: ImageMode | None) -> ForeignRun:
    name = YAKUGAKUQA_FILE.fullmatch(file.name)
    if name is None:
        raise ImportFileError(
            f"is not called like a file of {_YAKUGAKUQA}",
            where=file,
            remedy="Its files are called 105_gpt4o.jsonl: exam and system.",
        )
    raw = read_bytes(file)
    return ForeignRun(
        project=_YAKUGAKUQA,
        name=run_name(name["system"]),
        model=name["system"],
        images=images or ImageMode.BLIND,
        files={file: raw},
        replies=read_answers(file, raw, _YAKUGAKUQA),
        edition=int(name["edition"]),
        answers_only=True,
    )


_VQA_RAD = "VQA-RAD"


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)
    qid: int
    answer: str | None


_ANSWERS = TypeAdapter(Annotated[list[_Answer], Field(min_length=1)])


def read_vqa_rad(files: Sequence[Path], images: ImageMode | None) -> list[ForeignRun]:
    """One run a file; the questions are about figures, which were shown unless `images` says no."""
    return [_vqa_rad_run(file, images) for file in files]


def _vqa_rad_run(file: Path, images: ImageMode | None) -> ForeignRun:
    raw = read_bytes(file)
    answers = checked(_ANSWERS, parse_json(raw, file), file, f"answer file of {_VQA_RAD}")
    return ForeignRun(
        project=_VQA_RAD,
        name=run_name(file.stem),
        model=file.stem,
        images=images or ImageMode.VISION,
        files={file: raw},
        replies=[ForeignReply(str(one.qid), one.answer, file=file) for one in answers],
        answers_only=True,
        answers_more=True,
    )
