"""The layout of KokushiMD-10, `part` naming one sitting: `exams/JA/看護/看護_2022`.

Each booklet has a file, `看護_2022_a.json`: a list of objects with index, answer, points, kinki,
text_only, human_accuracy, answer_sub2 (pharmacy: the subject) and, where the examiners decided
otherwise, corrected_question_index. These are the names its own scorer reads; what the
question's text, options, type and figures are called is known from no source, hence the
several names that are taken for each.

- The type is single, multiple, calculation, blank or sequence. A sequence keeps its order, which
  upstream's scorer loses (there 130 equals 103).
- A question without an answer, or with corrected_question_index, counts for no examinee there.
  So it does here, unless a key state decides about it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from jmle_plugin.errors import PackError
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.model import Treatment
from jmle_plugin.exam.sources import (
    Paper,
    PaperQuestion,
    alternatives,
    asked_for,
    boxed_number,
    folded,
    json_files,
    labels_of,
    number_of,
    parsed,
    read_text,
    with_options,
)
from jmle_plugin.strict import validated

_PERCENT = 100
_LETTERS = "abcdefghij"
_LABELLED = re.compile(r"\s*([a-jA-J1-9１-９])\s*[.．、:：)）\s]\s*(\S.*)", re.DOTALL)
_BOOKLET = re.compile(r"[A-Za-z0-9]+")


def _listed(value: Any) -> Any:
    return [] if value in (None, "") else [value] if isinstance(value, str) else value


def _choices(value: Any) -> Any:
    """Options by label, from a mapping or from a list whose entries may begin with theirs."""
    if not isinstance(value, list):
        return value or {}
    found = [_LABELLED.fullmatch(str(text)) for text in value]
    if found and all(found):
        labelled = {folded(match[1]): match[2] for match in found if match}
        if len(labelled) < len(value):
            raise ValueError("two options have the same label")
        return labelled
    if len(value) > len(_LETTERS):
        raise ValueError(f"{len(value)} options without labels, more than {len(_LETTERS)}")
    return dict(zip(_LETTERS, map(str, value), strict=False))


def _share(value: Any) -> Any:
    """Percent, with its sign or above 1, and shares alike as 0 to 1."""
    text = folded("" if value is None else value)
    if not text:
        return None
    number = float(text.rstrip("%"))
    return number / _PERCENT if text.endswith("%") or number > 1 else number


_Texts = Annotated[list[str], BeforeValidator(_listed)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)
    index: Annotated[str, Field(pattern=r"^[0-9]{1,4}(-.*)?$")]
    text: Annotated[
        str,
        Field(
            min_length=1, validation_alias=AliasChoices("question", "question_text", "problem_text")
        ),
    ]
    options: Annotated[dict[str, str], BeforeValidator(_choices)] = Field(
        default={}, validation_alias=AliasChoices("options", "choices")
    )
    type: Literal["single", "multiple", "calculation", "blank", "sequence"] = Field(
        validation_alias=AliasChoices("type", "question_type", "answer_type")
    )
    answer: str
    points: Annotated[int, Field(ge=0)]
    kinki: _Texts = []
    text_only: bool
    images: _Texts = Field(default=[], validation_alias=AliasChoices("images", "image", "img"))
    human_accuracy: Annotated[float | None, BeforeValidator(_share)] = None
    subject: str = Field(default="", validation_alias=AliasChoices("answer_sub2", "subject"))
    corrected_question_index: Any = None


_ENTRY = TypeAdapter(_Entry)


def read(folder: Path, part: str) -> Paper:
    """Read the booklets of one sitting; PackError names the file and the question."""
    below = folder / part
    files = json_files(below)
    if not files:
        raise PackError("no booklet is there", where=f"{below}_*.json") from FileNotFoundError()
    return Paper(
        file=below.parent,
        images=folder / "images",
        questions=tuple(one for file in files for one in _read_booklet(file, below.name)),
        parts=tuple(files),
        cases_told=False,
    )


def _read_booklet(file: Path, sitting: str) -> list[PaperQuestion]:
    block = file.stem.removeprefix(f"{sitting}_").upper()
    if not _BOOKLET.fullmatch(block):
        raise PackError(f"{block!r} names no booklet", where=file)
    data = parsed(read_text(file), file)
    if not isinstance(data, list):
        raise PackError(f"holds a {type(data).__name__}, not a list of questions", where=file)
    questions = []
    for place, raw in enumerate(data):
        name = raw.get("index", "?") if isinstance(raw, dict) else "?"
        entry = validated(_ENTRY, raw, f"entry {place} (question {block}-{name})", file)
        questions.append(_question(entry, block, file))
    return questions


def _question(entry: _Entry, block: str, file: Path) -> PaperQuestion:
    number = int(entry.index.split("-")[0])
    name = f"{block}-{number}"
    kind, select, answers = _answers(entry, name, file)
    options = {} if kind is QuestionKind.NUMERIC else entry.options
    out = not answers or entry.corrected_question_index is not None
    return PaperQuestion(
        id=name,
        block=block,
        number=number,
        kind=kind,
        text=with_options(entry.text, options),
        stem=entry.text.strip(),
        answer=answers[0] if answers else (),
        also=tuple(answers[1:]),
        treatment=Treatment.EXCLUDE if out else Treatment.STANDARD,
        select=select,
        options=options,
        images=tuple(entry.images),
        figures_missing=not (entry.text_only or entry.images),
        prohibited=tuple(dict.fromkeys(_prohibited(entry, options, name, file))),
        points=entry.points,
        subject=entry.subject,
        human_accuracy=entry.human_accuracy,
    )


def _answers(
    entry: _Entry, name: str, file: Path
) -> tuple[QuestionKind, int, list[tuple[str, ...]]]:
    """Kind, how many options are asked for, and the accepted answers."""
    written = alternatives(entry.answer)
    if entry.type in ("calculation", "blank") and not entry.options:
        numbers = [number for one in written if (number := number_of(one)) is not None]
        if len(numbers) != len(written):
            raise _unreadable(entry, name, file)
        boxed = [(value,) for one in numbers for value in boxed_number(one, entry.text)]
        return QuestionKind.NUMERIC, 1, list(dict.fromkeys(boxed))
    answers = [labels_of(one, entry.options) for one in written]
    if not all(answers):
        raise _unreadable(entry, name, file)
    if entry.type == "sequence":
        return QuestionKind.SEQUENCE, len(answers[0]) if answers else len(entry.options), answers
    if entry.type == "multiple":
        said = asked_for(entry.text)
        if said is None and not answers:
            raise PackError(
                f"question {name}: nothing says how many options are asked for", where=file
            )
        return QuestionKind.CHOICE, len(answers[0]) if said is None else said, answers
    # Several labels to a question that asks for one are as many accepted answers.
    return QuestionKind.CHOICE, 1, [(label,) for one in answers for label in one]


def _unreadable(entry: _Entry, name: str, file: Path) -> PackError:
    return PackError(
        f"question {name}: the answer {entry.answer!r} of a {entry.type} question cannot be read",
        where=file,
        remedy=f"Its options are {', '.join(entry.options) or 'none'}.",
    )


def _prohibited(entry: _Entry, options: dict[str, str], name: str, file: Path) -> list[str]:
    found: list[str] = []
    for written in entry.kinki:
        labels = labels_of(written, options)
        if written.strip() and not labels:
            raise PackError(
                f"question {name}: the prohibited choice {written!r} is not among its options",
                where=file,
            )
        found += labels
    return found
