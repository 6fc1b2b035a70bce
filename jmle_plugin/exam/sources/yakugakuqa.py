"""The layout of YakugakuQA, `part` naming one exam: `data/2020/105` for the 105th.

`105.jsonl` holds problem_id ("105001"), problem_text, choices, text_only, answer (numbers of
options), `metadata_105.jsonl` beside it problem_id and category. There are no figures, and
every question is said to count one point, which is not so: the points are not read. What is
uneven in the data is made even here:

- `choices` may be the text "IMAGES": the options are pictures, of which the numbers are known.
- An answer may say that any of its numbers is right ("4（いずれか1つを選択で正解とする）", any
  two of three likewise), or that none is (解なし): such a question counts for no examinee until a
  key state decides about it.
- A key of more numbers than the question asks for stands as it is: as many are asked for.
- The metadata of the 105th begins anew after its 325th row; a question's category is the
  one that its own number has there.
- The case of a group stands with its first question alone, and which questions are a group
  the data does not say: they are asked as they stand.
"""

from __future__ import annotations

import re
from itertools import combinations
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
    folded,
    read_lines,
    with_options,
)
from jmle_plugin.strict import validated

_IMAGES = 5
"""Options of a question whose options are pictures, unless its key says more."""
_CASES = (
    "a case that several questions share (複合問題, from 196 on) stands with the first of them "
    "alone, and which those are is not said: the others are asked as they stand"
)
_NONE = "解なし"
_ANY = re.compile(r"いずれか\s*([0-9])\s*つ")


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True)
    problem_id: Annotated[str, Field(pattern=r"^[0-9]{4,6}$")]
    problem_text: str
    choices: list[str] | Literal["IMAGES"]
    text_only: bool
    answer: Annotated[list[str], Field(min_length=1)]


class _Meta(BaseModel):
    model_config = ConfigDict(frozen=True)
    problem_id: str
    category: str


_ENTRY = TypeAdapter(_Entry)
_META = TypeAdapter(_Meta)


def read(folder: Path, part: str) -> Paper:
    """Read one exam; PackError names the file and the question."""
    below = folder / part
    file = below.with_name(f"{below.name}.jsonl")
    about = below.with_name(f"metadata_{below.name}.jsonl")
    entries = [validated(_ENTRY, raw, f"line {line}", file) for line, raw in read_lines(file)]
    metas = [validated(_META, raw, f"line {line}", about) for line, raw in read_lines(about)]
    subjects = {meta.problem_id: meta.category for meta in metas}
    questions = []
    for entry in entries:
        number = entry.problem_id.removeprefix(below.name)
        if number == entry.problem_id or not int(number or 0):
            raise PackError(f"question {entry.problem_id} is not of the {below.name}th", where=file)
        if entry.problem_id not in subjects:
            raise PackError(f"lacks question {entry.problem_id}", where=about)
        questions.append(_question(entry, int(number), subjects[entry.problem_id], file))
    return Paper(
        file=file,
        images=folder / "images",
        questions=tuple(questions),
        parts=(file, about),
        notes=(_CASES,),
        cases_told=False,
    )


def _question(entry: _Entry, number: int, subject: str, file: Path) -> PaperQuestion:
    answers = _accepted(entry, file)
    asked = asked_for(entry.problem_text)
    select = len(answers[0]) if answers else asked or 1
    pictures = entry.choices == "IMAGES"
    if pictures:
        named = [int(label) for answer in answers for label in answer]
        options = {str(place): "" for place in range(1, max([_IMAGES, *named]) + 1)}
    else:
        options = {str(place): text for place, text in enumerate(entry.choices, start=1)}
    return PaperQuestion(
        id=entry.problem_id,
        block="",
        number=number,
        kind=QuestionKind.CHOICE,
        text=with_options(entry.problem_text, {} if pictures else options),
        stem=entry.problem_text.strip(),
        answer=answers[0] if answers else (),
        also=tuple(answers[1:]),
        treatment=Treatment.STANDARD if answers else Treatment.EXCLUDE,
        select=select,
        options=options,
        figures_missing=not entry.text_only,
        subject=subject,
        defect="; ".join(_defects(entry, asked, select)),
    )


def _accepted(entry: _Entry, file: Path) -> list[tuple[str, ...]]:
    """The accepted answers; none where the key says that there is no right one."""
    written = folded(" ".join(entry.answer))
    if _NONE in written:
        return []
    labels = [folded(re.sub(r"[（(].*", "", one, flags=re.DOTALL)) for one in entry.answer]
    known = range(1, (_IMAGES * 2 if entry.choices == "IMAGES" else len(entry.choices)) + 1)
    for label in labels:
        if label not in map(str, known):
            raise PackError(
                f"question {entry.problem_id}: the answer {label!r} is not among its options",
                where=file,
            )
    anyhow = _ANY.search(written)
    if anyhow is None:
        return [tuple(labels)]
    return list(combinations(labels, int(anyhow[1]))) or [tuple(labels)]


def _defects(entry: _Entry, asked: int | None, select: int) -> list[str]:
    found = []
    if not entry.problem_text.strip():
        found.append("the text of the question is empty")
    if entry.choices == "IMAGES":
        found.append("its options are pictures, which are not there: their numbers may be chosen")
    if asked is not None and asked != select:
        found.append(f"its text asks for {asked}, its key has {select}: it is asked for {select}")
    return found
