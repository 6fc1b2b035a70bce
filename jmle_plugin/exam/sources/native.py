"""The suite's own layout: `questions.toml` and `images/` beside `exam.toml`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter

from jmle_plugin.errors import PackError
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.sources import Paper, PaperQuestion, PaperSerial
from jmle_plugin.strict import Strict, read_toml, validated

FILE_NAME = "questions.toml"


class _Serial(Strict):
    id: str
    text: str


class _Question(Strict):
    id: str
    block: str
    number: Annotated[int, Field(ge=1)]
    text: Annotated[str, Field(min_length=1)]
    answer: list[str]
    also: list[list[str]] = Field(default=[])
    kind: QuestionKind = QuestionKind.CHOICE
    options: dict[Annotated[str, Field(pattern=r"^([A-Za-z]|0|[1-9][0-9]?)$")], str] = Field(
        default={}
    )
    select: Annotated[int, Field(ge=0)] = 1
    """0 for all that apply."""
    images: list[str] = Field(default=[])
    serial: str | None = None
    prohibited: list[str] = Field(default=[])
    subject: str = ""
    visual_types: list[str] = Field(default=[])
    human_accuracy: float | None = None
    language: str = ""
    rationale: str = ""


_QUESTION = TypeAdapter(_Question)
_SERIAL = TypeAdapter(_Serial)


def read(folder: Path, _: str) -> Paper:
    """Read the questions below `folder`; PackError names the file and the question."""
    file = folder / FILE_NAME
    data = read_toml(file)
    if unknown := set(data) - {"serials", "questions"}:
        raise PackError(f"unknown top-level keys {sorted(unknown)}", where=file)
    for name in data:
        if not isinstance(data[name], list):
            raise PackError(f"{name!r} must be written as [[{name}]] tables", where=file)
    serials: dict[str, PaperSerial] = {}
    for index, entry in enumerate(data.get("serials", [])):
        serial = validated(_SERIAL, entry, f"serials[{index}]", file)
        if serial.id in serials:
            raise PackError(f"serials[{index}]: serial {serial.id!r} stands twice", where=file)
        serials[serial.id] = PaperSerial(serial.id, serial.text.strip())
    questions = tuple(
        _question(validated(_QUESTION, entry, _name(entry, index), file), serials, file)
        for index, entry in enumerate(data.get("questions", []))
    )
    return Paper(file=file, images=folder / "images", questions=questions)


def _name(entry: object, index: int) -> str:
    name = entry.get("id") if isinstance(entry, dict) else None
    return f"question {name}" if name else f"questions[{index}]"


def _question(entry: _Question, serials: dict[str, PaperSerial], file: Path) -> PaperQuestion:
    if entry.serial is not None and entry.serial not in serials:
        raise PackError(
            f"question {entry.id}: serial {entry.serial!r} is not among [[serials]]", where=file
        )
    printed = "\n".join(f"{label}　{text}" for label, text in entry.options.items())
    stem = entry.text.strip()
    return PaperQuestion(
        id=entry.id,
        block=entry.block,
        number=entry.number,
        kind=entry.kind,
        text=f"{stem}\n\n{printed}" if printed else stem,
        stem=stem,
        answer=tuple(entry.answer),
        also=tuple(map(tuple, entry.also)),
        select=entry.select,
        options=entry.options,
        images=tuple(entry.images),
        serial=serials[entry.serial] if entry.serial else None,
        prohibited=tuple(entry.prohibited),
        subject=entry.subject,
        visual_types=tuple(entry.visual_types),
        human_accuracy=entry.human_accuracy,
        language=entry.language,
        rationale=entry.rationale,
    )
