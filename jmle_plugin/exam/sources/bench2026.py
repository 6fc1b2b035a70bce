"""The layout of JMLE2026-Bench: `jmle2026_dataset.json` and `images/`.

A list of objects with question_id, block, number, question_type ("multiple_choice" or
"calculation"), question_text (options inside), clinical_images, num_choices_to_select,
answer and, for serial questions, serial_group (group_id, context_text).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from jmle_plugin.errors import PackError
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.sources import Paper, PaperQuestion, PaperSerial
from jmle_plugin.files import read_regular
from jmle_plugin.strict import validated

FILE_NAME = "jmle2026_dataset.json"
LABELS = tuple("abcde")
_KINDS = {"multiple_choice": QuestionKind.CHOICE, "calculation": QuestionKind.NUMERIC}
# Options stand on lines of their own, or as the first column of a table.
_OPTION = re.compile(
    r"(?m)^(?:[ \u3000]*([a-e])[ \u3000]+|\|[ \u3000]*([a-e])[ \u3000]*\|)(.*\S.*)$"
)


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True)
    group_id: str
    context_text: str


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True)
    question_id: str
    block: str
    number: Annotated[int, Field(ge=1)]
    question_type: Literal["multiple_choice", "calculation"]
    question_text: Annotated[str, Field(min_length=1)]
    clinical_images: list[str]
    requires_image: bool
    num_choices_to_select: Annotated[int, Field(ge=1)]
    answer: list[str]
    serial_group: _Group | None = None


_ENTRY = TypeAdapter(_Entry)


def read(folder: Path, _: str) -> Paper:
    """Read the data set below `folder`; PackError names the file and the question."""
    file = folder / FILE_NAME
    try:
        data = json.loads(read_regular(file))
    except OSError as error:
        raise PackError(f"cannot be read ({error.strerror})", where=file) from error
    except (ValueError, RecursionError) as error:
        raise PackError(
            f"is not valid JSON: {error}",
            where=file,
            remedy="The file is damaged or cut off: delete it and run `jmle fetch` again.",
        ) from error
    if not isinstance(data, list):
        raise PackError(f"holds a {type(data).__name__}, not a list of questions", where=file)
    return Paper(
        file=file,
        images=folder / "images",
        questions=tuple(_question(entry, index, file) for index, entry in enumerate(data)),
    )


def _question(raw: object, index: int, file: Path) -> PaperQuestion:
    name = raw.get("question_id", "?") if isinstance(raw, dict) else "?"
    entry = validated(_ENTRY, raw, f"entry {index} (question {name})", file)
    if entry.requires_image and not entry.clinical_images:
        raise PackError(
            f"question {entry.question_id}: requires_image is true but no image is named",
            where=file,
        )
    group = entry.serial_group
    kind = _KINDS[entry.question_type]
    return PaperQuestion(
        id=entry.question_id,
        block=entry.block,
        number=entry.number,
        kind=kind,
        text=entry.question_text,
        answer=tuple(entry.answer),
        select=entry.num_choices_to_select,
        options=_options(entry.question_text) if kind is QuestionKind.CHOICE else {},
        images=tuple(entry.clinical_images),
        serial=PaperSerial(group.group_id, group.context_text) if group else None,
    )


def _options(text: str) -> dict[str, str]:
    """The option texts by label; labels without a text of their own stay empty."""
    found = {line or column: body.strip(" \u3000|") for line, column, body in _OPTION.findall(text)}
    return {label: found.get(label, "") for label in LABELS}
