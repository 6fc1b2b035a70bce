"""Questions on medical images, in the layouts of four data sets; closed questions alone.

VQA-RAD, SLAKE
    One file of JSON. A closed question is answered with yes or no, or with one of a few words
    that no field names: which, the pack says (`options`). Open questions are left out and named.
    Of SLAKE, the questions in English.
MedXpertQA
    Lines of JSON: id, question, options by letter, label, images, question_type (the block).
PMC-VQA
    A table: Figure_path, Question, Choice A to Choice D, Answer (a letter, or the option's text).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from jmle_plugin.errors import PackError
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.sources import (
    Paper,
    PaperQuestion,
    answered_with,
    folded,
    parsed,
    read_lines,
    read_text,
    with_options,
)
from jmle_plugin.exam.sources.language import read_rows
from jmle_plugin.strict import validated

_YES_NO = ("yes", "no")
_LETTER = re.compile(r"\s*[A-D]\s*[:：]\s*")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Rad(_Frozen):
    qid: int
    image_name: str
    image_organ: str
    answer: str | int | float
    answer_type: Literal["CLOSED", "OPEN"]
    question_type: str
    question: Annotated[str, Field(min_length=1)]


class _Slake(_Frozen):
    qid: int
    img_name: str
    q_lang: str
    location: str = ""
    answer: str
    answer_type: Literal["CLOSED", "OPEN"]
    content_type: str
    question: Annotated[str, Field(min_length=1)]


class _Xpert(_Frozen):
    id: str
    question: Annotated[str, Field(min_length=1)]
    options: dict[str, str]
    label: str
    images: list[str]
    body_system: str = ""
    question_type: str


_RAD = TypeAdapter(list[_Rad])
_SLAKE = TypeAdapter(list[_Slake])
_XPERT = TypeAdapter(_Xpert)


def read_rad(folder: Path, part: str) -> Paper:
    """Read VQA-RAD; the blocks are `yes-no` and `alternatives`, the figures' kinds are organs."""
    file = folder / (part or "testset.json")
    entries = validated(_RAD, parsed(read_text(file), file), "the test set", file)
    closed = [
        (one.qid, one.question, str(one.answer), one.question_type, one.image_organ, one.image_name)
        for one in entries
        if one.answer_type == "CLOSED"
    ]
    return _closed(file, folder / "images", closed, [one.qid for one in entries])


def read_slake(folder: Path, part: str) -> Paper:
    """Read SLAKE's questions in English, with the blocks of VQA-RAD."""
    file = folder / (part or "test.json")
    entries = [
        one
        for one in validated(_SLAKE, parsed(read_text(file), file), "the test set", file)
        if one.q_lang == "en"
    ]
    closed = [
        (one.qid, one.question, one.answer, one.content_type, one.location, one.img_name)
        for one in entries
        if one.answer_type == "CLOSED"
    ]
    return _closed(file, folder / "imgs", closed, [one.qid for one in entries])


def _closed(
    file: Path,
    images: Path,
    closed: Iterable[tuple[int, str, str, str, str, str]],
    every: list[int],
) -> Paper:
    """The paper of closed questions: id, text, right answer, subject, kind of figure, figure."""
    questions: list[PaperQuestion] = []
    numbers: Counter[str] = Counter()
    for qid, text, answer, subject, shown, figure in closed:
        plain = folded(answer) in _YES_NO
        block = "yes-no" if plain else "alternatives"
        numbers[block] += 1
        question = PaperQuestion(
            id=str(qid),
            block=block,
            number=numbers[block],
            kind=QuestionKind.CHOICE,
            text=text.strip(),
            answer=(answer.strip(),),
            images=(figure,),
            subject=subject,
            visual_types=(shown,) if shown else (),
        )
        questions.append(answered_with(question, _YES_NO, file) if plain else question)
    there = {one.id for one in questions}
    left = [str(qid) for qid in every if str(qid) not in there]
    note = f"{len(left)} open questions, which no option answers, are left out: {', '.join(left)}"
    return Paper(
        file=file,
        images=images,
        questions=tuple(questions),
        parts=(file,),
        notes=(note,) if left else (),
    )


def read_medxpert(folder: Path, part: str) -> Paper:
    """Read MedXpertQA with images; its question types (`reasoning`, `understanding`) are blocks."""
    file = folder / (part or "test.jsonl")
    numbers: Counter[str] = Counter()
    questions = []
    for line, raw in read_lines(file):
        one = validated(_XPERT, raw, f"line {line}", file)
        block = one.question_type.lower()
        numbers[block] += 1
        questions.append(
            PaperQuestion(
                id=one.id,
                block=block,
                number=numbers[block],
                kind=QuestionKind.CHOICE,
                text=with_options(one.question, one.options),
                answer=(one.label,),
                options=one.options,
                images=tuple(one.images),
                subject=one.body_system,
            )
        )
    return Paper(file=file, images=folder / "images", questions=tuple(questions), parts=(file,))


def read_pmc(folder: Path, part: str) -> Paper:
    """Read a table of PMC-VQA, all of which is the block `test`."""
    file = folder / (part or "test.csv")
    questions = []
    for number, (line, row) in enumerate(read_rows(file), start=1):
        try:
            options = {
                letter: _LETTER.sub("", row[f"Choice {letter}"], count=1).strip()
                for letter in "ABCD"
            }
            written, figure = _LETTER.sub("", row["Answer"], count=1).strip(), row["Figure_path"]
            text = with_options(row["Question"], options)
        except KeyError as error:
            raise PackError(f"has no column {error}", where=file) from error
        right = [letter for letter, text in options.items() if written in (letter, text)]
        if len(right) != 1:
            raise PackError(f"line {line}: the answer {written!r} is no option", where=file)
        questions.append(
            PaperQuestion(
                id=f"test-{number}",
                block="test",
                number=number,
                kind=QuestionKind.CHOICE,
                text=text,
                answer=(right[0],),
                options=options,
                images=(figure,),
            )
        )
    return Paper(file=file, images=folder / "figures", questions=tuple(questions), parts=(file,))
