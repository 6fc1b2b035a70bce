"""The layout of DenQA (`denqa.jsonl`), `part` naming one exam: `116`.

One line a question: problem_id ("116A1"), problem_text, choices without labels, answer (labels,
or "NA") and text_only. There are no figures. Every question is said to count one point, and
some count three: the points are not read, and which questions count three is not known.

- A key "NA" is unknown, and one with fewer labels than the question asks for is not whole:
  neither is marked, both are named.
- A question without choices is answered with a number.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from jmle_plugin.errors import PackError
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.model import Treatment
from jmle_plugin.exam.sources import (
    Paper,
    PaperQuestion,
    asked_for,
    asks_for_order,
    read_lines,
    with_options,
)
from jmle_plugin.strict import validated

FILE_NAME = "denqa.jsonl"
_LABELS = "abcdefghijklmnopqrstuvwxyz"
_NAME = re.compile(r"(?P<exam>[0-9]+)(?P<block>[A-Z])(?P<number>[1-9][0-9]{0,3})")


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True)
    problem_id: str
    problem_text: Annotated[str, Field(min_length=1)]
    choices: Annotated[list[str], Field(max_length=len(_LABELS))]
    answer: Annotated[list[str], Field(min_length=1)] | Literal["NA"]
    text_only: bool


_ENTRY = TypeAdapter(_Entry)


def read(folder: Path, part: str) -> Paper:
    """Read one exam; PackError names the file and the question."""
    file = folder / FILE_NAME
    questions = []
    for line, raw in read_lines(file):
        entry = validated(_ENTRY, raw, f"line {line}", file)
        name = _NAME.fullmatch(entry.problem_id)
        if name is None:
            raise PackError(f"line {line}: {entry.problem_id!r} names no question", where=file)
        if name["exam"] == part:
            questions.append(_question(entry, name["block"], int(name["number"])))
    if not questions:
        raise PackError(f"has no question of the {part}th", where=file) from FileNotFoundError()
    return Paper(
        file=file,
        images=folder / "images",
        questions=tuple(questions),
        parts=(file,),
        cases_told=False,
    )


def _question(entry: _Entry, block: str, number: int) -> PaperQuestion:
    options = dict(zip(_LABELS, entry.choices, strict=False))
    kind, select = _asked(entry)
    answer = () if entry.answer == "NA" else tuple(entry.answer)
    defect = "" if answer else "its key is NA"
    if answer and select > len(answer):
        defect = f"its key has {len(answer)} of the {select} labels asked for"
        answer = ()
    return PaperQuestion(
        id=entry.problem_id,
        block=block,
        number=number,
        kind=kind,
        text=with_options(entry.problem_text, options),
        stem=entry.problem_text.strip(),
        answer=answer,
        treatment=Treatment.STANDARD if answer else Treatment.EXCLUDE,
        select=select,
        options=options,
        figures_missing=not entry.text_only,
        defect=f"{defect}: it is asked, and not marked" if defect else "",
    )


def _asked(entry: _Entry) -> tuple[QuestionKind, int]:
    """The kind, and how many labels are asked for: 0 for all that apply."""
    if not entry.choices:
        return QuestionKind.NUMERIC, 1
    if asks_for_order(entry.problem_text):
        return QuestionKind.SEQUENCE, len(entry.choices)
    asked = asked_for(entry.problem_text)
    if asked is None:
        return QuestionKind.CHOICE, 1 if entry.answer == "NA" else len(entry.answer)
    return QuestionKind.CHOICE, asked
