"""The layout of JMedQA: `jmedqa.csv` and `images/`, `part` naming one year: `2018` (the 112th).

One row a question: problem_unique_id ("2018A16"), year, section (A to F), clinical_area,
question_raw (as printed, with its references to figures), question (without them),
options_json, answer_json, answer_mode (option or numeric), image_paths_json ({"別冊No.1":
["images/2018/A/2018A_No01.png"]}), image_dependency, is_linked, has_unpublished_image. What its
columns mean was read from upstream's loader; the file itself was not at hand.

- Questions without an answer were dropped upstream, voided ones among them: it has gaps.
- It has no points, no prohibited choices and no shares of human candidates.
- A key of several labels means all of them where the question says how many to choose, and any
  of them where it does not, or says fewer.
- Linked questions stand beside each other, and a case begins where its text is opened
  (次の文を読み). Where only the first question tells it, the others are given the questions before
  them, as on the page. Linked questions without such an opening are said to be unsure.
- Without the folder `images/` every question with figures is asked without them. Where it is
  there, a figure that is missing is an error.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import StringIO
from itertools import combinations, groupby
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from jmle_plugin.errors import PackError
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.sources import (
    Paper,
    PaperQuestion,
    PaperSerial,
    asked_for,
    folded,
    labels_of,
    number_of,
    read_text,
    with_options,
)
from jmle_plugin.files import read_json
from jmle_plugin.strict import validated

FILE_NAME = "jmedqa.csv"
_LABELS = "abcde"
_NAME = re.compile(r"([0-9]{4})([A-F])-?([1-9][0-9]{0,2})")
_OPENS_CASE = re.compile(r"次の文を読み|次の.{0,8}問いに答えよ")
_UNSURE = "is a linked question; which case it belongs to is taken from the order of questions"


def _true(value: Any) -> Any:
    return folded(value) in {"true", "1"} if isinstance(value, str) else value


def _json(value: Any) -> Any:
    return read_json(value.encode()) if isinstance(value, str) and value.strip() else value


_Flag = Annotated[bool, BeforeValidator(_true)]
_Table = Annotated[dict[str, Any], BeforeValidator(lambda value: _json(value) or {})]
_List = Annotated[list[Any], BeforeValidator(lambda value: _json(value) or [])]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True)
    # None has a default: without its column a figure or an option would be left out unsaid.
    problem_unique_id: str
    year: str
    section: str
    clinical_area: str
    question_raw: str
    question: str
    options: _Table = Field(alias="options_json")
    answer: _List = Field(alias="answer_json")
    answer_mode: str
    images: _Table = Field(alias="image_paths_json")
    image_dependency: str
    is_linked: _Flag
    has_unpublished_image: _Flag


_ROW = TypeAdapter(_Row)


def read(folder: Path, part: str) -> Paper:
    """Read one year's exam; PackError names the file, the line and the question."""
    file = folder / FILE_NAME
    questions = [
        (_question(row, folder, file), row)
        for row in _rows(file)
        if part in {row.year.strip(), row.problem_unique_id[:4]}
    ]
    if not questions:
        raise PackError(f"has no question of the year {part}", where=file) from FileNotFoundError()
    questions.sort(key=lambda pair: (pair[0].block, pair[0].number))
    return Paper(
        file=file,
        images=folder / "images",
        questions=tuple(_with_cases(questions)),
        parts=(file,),
        gaps=True,
    )


def _rows(file: Path) -> Iterator[_Row]:
    table = csv.DictReader(StringIO(read_text(file), newline=""), strict=True)
    if table.fieldnames is None:
        raise PackError("is empty", where=file)
    try:
        for raw in table:
            name = raw.get("problem_unique_id", "?")
            if None in raw:
                raise PackError(
                    f"line {table.line_num} (question {name}) has more fields than columns",
                    where=file,
                )
            yield validated(_ROW, raw, f"line {table.line_num} (question {name})", file)
    except csv.Error as error:
        raise PackError(f"line {table.line_num}: is no table: {error}", where=file) from error


def _question(row: _Row, folder: Path, file: Path) -> PaperQuestion:
    name = _NAME.fullmatch(row.problem_unique_id)
    if name is None or name.groups()[:2] != (row.year.strip(), row.section.strip()):
        raise PackError(
            f"{row.problem_unique_id!r} names no question of section {row.section!r} in {row.year}",
            where=file,
        )
    stem = _stem(row)
    options = {folded(label): str(text or "").strip() for label, text in row.options.items()}
    printed = any(options.values())
    numeric = _is_numeric(row, printed=printed)
    if not (numeric or printed):
        options = dict.fromkeys(_LABELS, "")
    answers = _numbers(row, file) if numeric else _choices(row, stem, options, file)
    figures = _figures(row)
    dependency = folded(row.image_dependency).removesuffix("none")
    here = bool(figures) and (folder / "images").is_dir()
    return PaperQuestion(
        id=row.problem_unique_id,
        block=name[2],
        number=int(name[3]),
        kind=QuestionKind.NUMERIC if numeric else QuestionKind.CHOICE,
        text=stem if numeric or not printed else with_options(stem, options),
        stem=stem,
        answer=answers[0],
        also=tuple(answers[1:]),
        select=len(answers[0]),
        options={} if numeric else options,
        images=tuple(figures) if here else (),
        references=tuple(figures.values()) if here else (),
        # A question that depends on a figure had one, whether a file of it is named or not.
        figures_missing=not here and bool(figures or dependency or row.has_unpublished_image),
        subject=row.clinical_area.strip(),
        image_dependency=dependency,
    )


def _numbers(row: _Row, file: Path) -> list[tuple[str, ...]]:
    numbers = [number_of(str(one)) for one in row.answer]
    found: list[tuple[str, ...]] = [(number,) for number in numbers if number is not None]
    if not found or len(found) < len(numbers):
        raise _unreadable(row, file)
    return found


def _choices(row: _Row, stem: str, options: dict[str, str], file: Path) -> list[tuple[str, ...]]:
    """The accepted answers; PackError where the key is not among the options."""
    labels = tuple(label for one in row.answer for label in labels_of(str(one), options))
    if not labels or len(labels) < len(row.answer) or len(set(labels)) < len(labels):
        raise _unreadable(row, file)
    return list(combinations(labels, min(asked_for(stem) or 1, len(labels))))


def _unreadable(row: _Row, file: Path) -> PackError:
    return PackError(
        f"question {row.problem_unique_id}: the answer {row.answer} cannot be read",
        where=file,
        remedy=f"Its options are {', '.join(row.options) or 'none'}.",
    )


def _is_numeric(row: _Row, *, printed: bool) -> bool:
    """Whether a number is asked for; options may be pictures, hence without a text."""
    if row.answer_mode.strip():
        return folded(row.answer_mode) == "numeric"
    return not printed and all(number_of(str(one)) for one in row.answer)


def _figures(row: _Row) -> dict[str, str]:
    """The figures' names below `images/` -> their references, in the order of these."""
    found: dict[str, str] = {}
    for reference, paths in row.images.items():
        for path in [paths] if isinstance(paths, str) else paths if isinstance(paths, list) else []:
            found.setdefault(str(path).removeprefix("images/"), reference)
    return found


def _with_cases(questions: Sequence[tuple[PaperQuestion, _Row]]) -> Iterator[PaperQuestion]:
    """The questions with their cases told whole, where these are linked."""

    def linked(pair: tuple[PaperQuestion, _Row]) -> tuple[str, bool]:
        return pair[0].block, pair[1].is_linked

    for (_, together), group in groupby(questions, linked):
        members = list(group)
        if not together:
            yield from (one for one, _ in members)
            continue
        case: list[tuple[PaperQuestion, _Row]] = []
        for pair in members:
            if case and _opens(pair[1]) and not _same_case(case[0][1], pair[1]):
                yield from _whole(case)
                case = []
            case.append(pair)
        yield from _whole(case)


def _opens(row: _Row) -> bool:
    return _OPENS_CASE.match(_stem(row)) is not None


def _stem(row: _Row) -> str:
    return (row.question_raw or row.question).strip()


def _same_case(first: _Row, other: _Row) -> bool:
    """Whether both rows tell the same case: they share more than its opening words."""
    opening = _stem(first).split("\n")[0]
    return len(opening) > 30 and _stem(other).startswith(opening)  # noqa: PLR2004 - the opening words


def _whole(case: Sequence[tuple[PaperQuestion, _Row]]) -> Iterator[PaperQuestion]:
    first, opening = case[0]
    if len(case) == 1:
        yield first if _opens(opening) else replace(first, defect=_UNSURE)
        return
    serial = PaperSerial(f"{first.id}-{case[-1][0].number}", "")
    sure = _opens(opening)
    before, missing = "", False
    for one, row in case:
        alone = one is first or not _same_case(opening, row)
        missing = missing or one.figures_missing
        yield replace(
            one,
            serial=serial,
            text=(before if alone else "") + one.text,
            figures_missing=missing and not one.images,
            defect="" if sure else _UNSURE,
        )
        before += f"{_stem(row)}\n\n"
