"""Benches of questions in text: the tables of JMED-LLM and JMMLU, the files of JMedBench.

Each task, subject or data set is a block. One CSV file a task or subject:

- JMED-LLM, `part` naming the folder of its files: columns question, optionA to optionF and
  answer (a letter), or question and answer alone, the answer then being a list of expressions
  as Python writes it; a column tag says what a question is about. It is read by
  `ast.literal_eval`, never evaluated.
- JMMLU: question, four options and a letter, without a header.

JMedBench, `<dataset>/test.jsonl`:

- Choices: sample_id, question, options, answer_idx (from 0), metadata (its `context` stands
  before the question).
- Similarity of two sentences: premise, hypothesis, label from 0 to n_label - 1: the labels are
  what may be chosen.
- Expressions: text, labels, entity_type; none at all is `["none"]` or `["なし"]`.

Translation has another layout and is not read: its published measure gives an exact answer 0.
"""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path
from string import ascii_uppercase
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from jmle_plugin.errors import PackError
from jmle_plugin.exam.kinds import NOTHING, QuestionKind
from jmle_plugin.exam.sources import (
    DAMAGED,
    Paper,
    PaperQuestion,
    read_lines,
    read_text,
    with_options,
)
from jmle_plugin.strict import validated

_OPTION = "option"
_SUBJECT = ("question", *(f"{_OPTION}{letter}" for letter in "ABCD"), "answer")


def read_tables(folder: Path, part: str) -> Paper:
    """Read all tasks below `folder`; PackError names the file and the line."""
    return _paper(folder / part, folder, header=True)


def read_subjects(folder: Path, part: str) -> Paper:
    """Read all subjects of JMMLU below `folder`."""
    return _paper(folder / part, folder, header=False)


def _paper(below: Path, folder: Path, *, header: bool) -> Paper:
    files = sorted(below.glob("*.csv"))
    if not files:
        raise PackError("holds no table (*.csv)", where=below) from FileNotFoundError()
    questions = [
        _tabled(file, number, line, row)
        for file in files
        for number, (line, row) in enumerate(read_rows(file, () if header else _SUBJECT), start=1)
    ]
    return Paper(
        file=below, images=folder / "images", questions=tuple(questions), parts=tuple(files)
    )


def read_rows(file: Path, header: tuple[str, ...] = ()) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells of each row, by the names in the file's first row or in `header`."""
    rows = csv.reader(StringIO(read_text(file), newline=""), strict=True)
    try:
        names = list(header) or next(rows, [])
        for row in rows:
            if len(row) != len(names):
                raise PackError(
                    f"line {rows.line_num}: has {len(row)} cells, not {len(names)}",
                    where=file,
                    remedy=DAMAGED,
                )
            yield rows.line_num, dict(zip(names, row, strict=True))
    except csv.Error as error:
        raise PackError(
            f"line {rows.line_num}: is no CSV ({error})", where=file, remedy=DAMAGED
        ) from error


def _tabled(file: Path, number: int, line: int, row: Mapping[str, str]) -> PaperQuestion:
    if not {"question", "answer"} <= row.keys():
        raise PackError("has no columns question and answer", where=file)
    options = {
        name.removeprefix(_OPTION): text.strip()
        for name, text in row.items()
        if name.startswith(_OPTION) and text.strip()
    }
    answer = (
        (row["answer"].strip(),) if options else expressions(row["answer"], f"line {line}: ", file)
    )
    return PaperQuestion(
        id=f"{file.stem}-{number}",
        block=file.stem,
        number=number,
        kind=QuestionKind.CHOICE if options else QuestionKind.TERMS,
        text=with_options(row["question"], options),
        answer=answer,
        select=1 if options else 0,
        options=options,
        subject=row.get("tag", "").strip(),
    )


def expressions(written: str, place: str, file: Path) -> tuple[str, ...]:
    """The expressions of a list literal, each once; `NOTHING` alone for the empty list."""
    try:
        found = ast.literal_eval(written)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise PackError(f"{place}the answer is no list of texts", where=file, remedy=DAMAGED)
    return tuple(sorted(dict.fromkeys(found))) or (NOTHING,)


_FILE = "test.jsonl"
_NONE = {"none", NOTHING}


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Choice(_Frozen):
    question: Annotated[str, Field(min_length=1)]
    options: Annotated[list[str], Field(min_length=2, max_length=len(ascii_uppercase))]
    answer_idx: Annotated[int, Field(ge=0)]
    metadata: dict[str, Any] = {}


class _Pair(_Frozen):
    premise: str
    hypothesis: str
    label: Annotated[int, Field(ge=0)]
    n_label: Annotated[int, Field(ge=2, le=10)]


class _Text(_Frozen):
    text: Annotated[str, Field(min_length=1)]
    labels: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]
    entity_type: str


_LAYOUTS: Mapping[str, TypeAdapter[Any]] = {
    "options": TypeAdapter(_Choice),
    "premise": TypeAdapter(_Pair),
}
_TEXT = TypeAdapter(_Text)


def read_jmedbench(folder: Path, part: str) -> Paper:
    """Read all data sets below `folder`, or the one that `part` names; PackError names the line."""
    files = sorted(folder.glob(f"{part or '*'}/{_FILE}"))
    if not files:
        raise PackError(f"holds no {part or '<dataset>'}/{_FILE}", where=folder) from (
            FileNotFoundError()
        )
    questions = [
        _question(file, line, raw, number)
        for file in files
        for number, (line, raw) in enumerate(read_lines(file), start=1)
    ]
    return Paper(
        file=folder, images=folder / "images", questions=tuple(questions), parts=tuple(files)
    )


def _question(file: Path, line: int, raw: object, number: int) -> PaperQuestion:
    given = raw if isinstance(raw, dict) else {}
    adapter: TypeAdapter[Any] = next(
        (one for name, one in _LAYOUTS.items() if name in given), _TEXT
    )
    entry = validated(adapter, raw, f"line {line}", file)
    block = file.parent.name
    place: dict[str, Any] = {"id": f"{block}-{number}", "block": block, "number": number}
    if isinstance(entry, _Text):
        return _expressions(entry, place)
    if isinstance(entry, _Pair):
        options, right = {str(label): "" for label in range(entry.n_label)}, entry.label
        text = (
            f"文1：{entry.premise}\n文2：{entry.hypothesis}\n\n2つの文の意味がどれだけ近いかを、"
            f"0（まったく異なる）から{entry.n_label - 1}（同じ）までの数字で選んでください。"
        )
    else:
        options, right = dict(zip(ascii_uppercase, entry.options, strict=False)), entry.answer_idx
        context = str(entry.metadata.get("context") or "")
        text = with_options("\n\n".join(filter(None, (context, entry.question))), options)
    if right >= len(options):
        raise PackError(f"line {line}: the answer {right} is not one of {len(options)}", where=file)
    return PaperQuestion(
        **place,
        kind=QuestionKind.CHOICE,
        text=text,
        answer=(list(options)[right],),
        options=options,
    )


def _expressions(entry: _Text, place: dict[str, Any]) -> PaperQuestion:
    named = tuple(sorted(dict.fromkeys(entry.labels)))
    return PaperQuestion(
        **place,
        kind=QuestionKind.TERMS,
        text=f"次の文章に書かれている「{entry.entity_type}」を挙げてください。\n\n{entry.text}",
        answer=(NOTHING,) if set(named) <= _NONE else named,
        select=0,
        subject=entry.entity_type,
    )
