"""The layout of JMed48k's evaluation files, `part` naming one sitting: `05_nurse/2024`.

`part` is one file, `05_nurse/2024.json`, or the beginning of the names of several
(`05_nurse/2024_am.json`, `05_nurse/2024_pm.json`): a sitting may be split by section. Each holds

    {questions: [{question_number, section, question_text, text_reference,
                  options {label: text}, correct_answer [], text_only,
                  img: {content_img, answer_img}}]}

The professions are 01 to 11: doctor, dentist, public health nurse, midwife, nurse, radiological
technologist, clinical laboratory technologist, physical therapist, occupational therapist,
orthoptist, pharmacist.

- A section is a block; 午前 and 午後 become AM and PM. A pack may put them into its own blocks.
- answer_img shows the solution: it is not read at all.
- correct_answer names the options asked for together; where the question asks for fewer, each
  entry is an accepted answer by itself. Without options it is a number, or several.
- text_reference is the text that neighbouring questions share.
- What its figures are (visual_type; the names of the eight types are not confirmed) is kept as
  it is written.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from jmle_plugin.errors import PackError
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.model import Treatment
from jmle_plugin.exam.sources import (
    Paper,
    PaperQuestion,
    PaperSerial,
    asked_for,
    asks_for_order,
    json_files,
    labels_of,
    number_of,
    parsed,
    read_text,
    with_options,
)
from jmle_plugin.strict import validated

_SESSIONS = {"午前": "AM", "午後": "PM"}


def _listed(value: Any) -> Any:
    return [] if value in (None, "") else [value] if isinstance(value, str | int) else value


_Texts = Annotated[list[str], BeforeValidator(_listed)]


class _Images(BaseModel):
    """Without answer_img: what is not read cannot be shown to a model."""

    model_config = ConfigDict(frozen=True)
    content_img: _Texts = []
    visual_type: _Texts = Field(
        default=[], validation_alias=AliasChoices("visual_type", "visual_types")
    )


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)
    question_number: Annotated[int, Field(ge=1)]
    section: Annotated[str, Field(min_length=1)]
    question_text: Annotated[str, Field(min_length=1)]
    text_reference: Annotated[str, BeforeValidator(lambda value: value or "")] = ""
    options: Annotated[dict[str, str], BeforeValidator(lambda value: value or {})] = {}
    correct_answer: _Texts
    text_only: bool
    img: Annotated[_Images, BeforeValidator(lambda value: value or {})] = _Images()
    visual_type: _Texts = Field(
        default=[], validation_alias=AliasChoices("visual_type", "visual_types")
    )
    subject: Annotated[str, BeforeValidator(lambda value: value or "")] = ""


_ENTRY = TypeAdapter(_Entry)


def read(folder: Path, part: str) -> Paper:
    """Read one sitting; PackError names the file and the question."""
    below = folder / part
    whole = below.with_name(f"{below.name}.json")
    files = [whole] if whole.is_file() else json_files(below)
    if not files:
        raise PackError("no such sitting is there", where=whole) from FileNotFoundError()
    entries = [(entry, file) for file in files for entry in _entries(file)]
    return Paper(
        file=files[0] if len(files) == 1 else below.parent,
        images=folder / "images",
        questions=tuple(_questions(entries)),
        parts=tuple(files),
    )


def _entries(file: Path) -> Iterator[_Entry]:
    data = parsed(read_text(file), file)
    questions = data.get("questions") if isinstance(data, dict) else None
    if not isinstance(questions, list):
        raise PackError("holds no object with a list of 'questions'", where=file)
    for place, raw in enumerate(questions):
        number = raw.get("question_number", "?") if isinstance(raw, dict) else "?"
        yield validated(_ENTRY, raw, f"questions[{place}] (number {number})", file)


def _questions(entries: Sequence[tuple[_Entry, Path]]) -> Iterator[PaperQuestion]:
    """The questions; neighbours with one reference text share it."""

    def shared(pair: tuple[_Entry, Path]) -> tuple[str, str]:
        return _block(pair[0]), pair[0].text_reference.strip()

    for (block, reference), group in groupby(entries, shared):
        members = list(group)
        numbers = [entry.question_number for entry, _ in members]
        serial = None
        if reference and len(members) > 1:
            serial = PaperSerial(f"{block}-{numbers[0]}-{numbers[-1]}", reference)
        alone = f"{reference}\n\n" if reference and serial is None else ""
        for entry, file in members:
            yield _question(entry, block, serial, alone, file)


def _block(entry: _Entry) -> str:
    section = unicodedata.normalize("NFKC", entry.section).strip()
    return _SESSIONS.get(section, section.upper())


def _question(
    entry: _Entry, block: str, serial: PaperSerial | None, before: str, file: Path
) -> PaperQuestion:
    name = f"{block}-{entry.question_number}"
    kind, select, answers = _answers(entry, name, file)
    return PaperQuestion(
        id=name,
        block=block,
        number=entry.question_number,
        kind=kind,
        text=before + with_options(entry.question_text, entry.options),
        stem=entry.question_text.strip(),
        answer=answers[0] if answers else (),
        also=tuple(answers[1:]),
        treatment=Treatment.STANDARD if answers else Treatment.EXCLUDE,
        select=select,
        options=entry.options,
        images=tuple(entry.img.content_img),
        figures_missing=not (entry.text_only or entry.img.content_img),
        serial=serial,
        subject=entry.subject,
        visual_types=tuple(entry.visual_type or entry.img.visual_type),
    )


def _answers(
    entry: _Entry, name: str, file: Path
) -> tuple[QuestionKind, int, list[tuple[str, ...]]]:
    """Kind, how many options are asked for, and the accepted answers."""
    given = [one for one in entry.correct_answer if one.strip()]
    if not entry.options:
        numbers = [number for one in given if (number := number_of(one)) is not None]
        if len(numbers) != len(given):
            raise _unreadable(entry, name, file)
        return QuestionKind.NUMERIC, 1, [(number,) for number in numbers]
    answers = [labels_of(one, entry.options) for one in given]
    if not all(answers):
        raise _unreadable(entry, name, file)
    said = asked_for(entry.question_text)
    if not answers:
        return QuestionKind.CHOICE, 1 if said is None else said, []
    together = tuple(label for one in answers for label in one)
    if asks_for_order(entry.question_text) and said is None and len(together) > 1:
        orders = answers if len(answers[0]) > 1 else [together]
        return QuestionKind.SEQUENCE, len(orders[0]), orders
    if said == 0 or (said or 1) == len(together):
        return QuestionKind.CHOICE, 1 if said is None else said, [together]
    if all(len(one) == (said or 1) for one in answers):
        return QuestionKind.CHOICE, said or 1, answers
    raise PackError(
        f"question {name}: asks for {said or 1}, but the answer is {entry.correct_answer}",
        where=file,
    )


def _unreadable(entry: _Entry, name: str, file: Path) -> PackError:
    return PackError(
        f"question {name}: the answer {entry.correct_answer} cannot be read",
        where=file,
        remedy=f"Its options are {', '.join(entry.options) or 'none'}.",
    )
