"""The tables of JMED-LLM and of JMMLU: one CSV file a task or subject, which is a block.

JMED-LLM, `part` naming the folder of its files: columns question, optionA to optionF and answer
(a letter), or question and answer alone, the answer then being a list of expressions as Python
writes it; a column tag says what a question is about. It is read by `ast.literal_eval`, never
evaluated. JMMLU: question, four options and a letter, without a header.
"""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path

from jmle_plugin.errors import PackError
from jmle_plugin.exam.kinds import NOTHING, QuestionKind
from jmle_plugin.exam.sources.paper import DAMAGED, Paper, PaperQuestion, read_text, with_options

_OPTION = "option"
_SUBJECT = ("question", *(f"{_OPTION}{letter}" for letter in "ABCD"), "answer")


def read(folder: Path, part: str) -> Paper:
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
        _question(file, number, line, row)
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


def _question(file: Path, number: int, line: int, row: Mapping[str, str]) -> PaperQuestion:
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
