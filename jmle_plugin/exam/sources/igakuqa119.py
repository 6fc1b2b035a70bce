"""The layout of IgakuQA119, `part` naming the exam: `119`.

`questions/119A_json.json` to `119F_json.json` hold lists of {number, question, choices with
labels, has_image}, `results/correct_answers.csv` the key (問題番号, 解答), `images/` the
figures: `119A11.png` or `119C33-1.png`, `119C33-2.png`. What is uneven in the data:

- A key of several letters means all of them where the question says how many to choose
  (`2つ選べ`), and any one of them where it does not (119E28).
- A key in digits belongs to a question that is answered with a number.
- Choices that run into each other or stand in the question are left as they are, and all
  five labels may be chosen.
- A question has figures where `has_image` says so: a file that lies there for another is not
  shown (119C67's is 119C66's first). Where none lies there for it, the figures are missing.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, TypeAdapter, model_validator

from jmle_plugin.errors import PackError
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.sources import DAMAGED, Paper, PaperQuestion, parsed, read_text
from jmle_plugin.strict import validated

BLOCKS = "ABCDEF"
_LABELS = "abcde"
_CHOOSE = re.compile(r"[2-9２-９]\s*つ選べ")
_CHOICE = re.compile(rf"([{_LABELS}])[.．]\s*(.*)", re.DOTALL)
_FIGURE = re.compile(
    r"(?P<question>[0-9]+[A-Z][0-9]+)(?:-(?P<place>[0-9]{1,4}))?\.(?:png|jpe?g)", re.IGNORECASE
)


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True)
    number: str
    question: str
    choices: list[str]
    has_image: bool

    @model_validator(mode="after")
    def _asks(self) -> Self:
        if not "".join([self.question, *self.choices]).strip():
            raise ValueError(f"question {self.number} is empty")
        return self


_ENTRIES = TypeAdapter(list[_Entry])


def read(folder: Path, part: str) -> Paper:
    """Read the six blocks and the key; PackError names the file and the question."""
    answers = folder / "results" / "correct_answers.csv"
    key = _key(answers)
    figures = _figures(folder / "images")
    questions: list[PaperQuestion] = []
    parts = [answers]
    for block in BLOCKS:
        file = folder / "questions" / f"{part}{block}_json.json"
        for entry in validated(_ENTRIES, parsed(read_text(file), file), "questions", file):
            name = re.fullmatch(rf"{part}{block}([1-9][0-9]{{0,3}})", entry.number)
            if name is None:
                raise PackError(
                    f"question {entry.number!r} does not belong to block {part}{block}", where=file
                )
            if entry.number not in key:
                raise PackError(f"lacks question {entry.number}", where=answers)
            answer = _accepted(entry, key[entry.number], answers)
            shown = figures.get(entry.number, ()) if entry.has_image else ()
            questions.append(_question(entry, block, int(name[1]), answer, shown))
        parts.append(file)
    return Paper(
        file=folder,
        images=folder / "images",
        questions=tuple(questions),
        parts=tuple(parts),
        cases_told=False,
    )


def _key(file: Path) -> dict[str, str]:
    try:
        rows = list(csv.reader(StringIO(read_text(file), newline="")))
    except csv.Error as error:
        raise PackError(f"is no table of answers: {error}", where=file, remedy=DAMAGED) from error
    if not rows or rows[0][:2] != ["問題番号", "解答"]:
        raise PackError("does not begin with 問題番号,解答", where=file)
    found: dict[str, str] = {}
    for line, row in enumerate(rows[1:], start=2):
        if len(row) != 2 or row[0] in found:  # noqa: PLR2004 - question and answer
            raise PackError(f"line {line}: is no new question with its answer", where=file)
        found[row[0]] = row[1].strip()
    return found


def _figures(folder: Path) -> dict[str, tuple[str, ...]]:
    """Question -> its figures' file names in order."""
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    found: dict[str, dict[int, str]] = {}
    for name in names:
        figure = _FIGURE.fullmatch(name)
        if figure is None:
            continue
        places = found.setdefault(figure["question"], {})
        other = places.setdefault(int(figure["place"] or 0), name)
        if other != name:
            raise PackError(f"is the same figure as {name}", where=folder / other)
    for question, places in found.items():
        # A number stands there because there are several: one with a number is not all.
        if sorted(places) not in ([0], list(range(1, max(len(places), 2) + 1))):
            raise PackError(
                f"question {question}: of its numbered figures one is missing, or one without "
                f"a number lies beside them: {', '.join(places[at] for at in sorted(places))}",
                where=folder,
            )
    return {name: tuple(places[at] for at in sorted(places)) for name, places in found.items()}


def _question(
    entry: _Entry,
    block: str,
    number: int,
    accepted: Sequence[tuple[str, ...]],
    figures: tuple[str, ...],
) -> PaperQuestion:
    numeric = accepted[0][0].isdecimal()
    choices = ["", *entry.choices] if entry.choices else []
    return PaperQuestion(
        id=entry.number,
        block=block,
        number=number,
        kind=QuestionKind.NUMERIC if numeric else QuestionKind.CHOICE,
        text="\n".join([entry.question.strip(), *choices]).strip(),
        stem=entry.question.strip(),
        answer=accepted[0],
        also=tuple(accepted[1:]),
        select=len(accepted[0]),
        options={} if numeric else _options(entry.choices),
        images=figures,
        figures_missing=entry.has_image and not figures,
    )


def _accepted(entry: _Entry, key: str, file: Path) -> list[tuple[str, ...]]:
    if key.isascii() and key.isdecimal():
        return [(key,)]
    if not key or not set(key) <= set(_LABELS):
        raise PackError(f"question {entry.number}: {key!r} is no answer", where=file)
    return [tuple(key)] if _CHOOSE.search(entry.question) else [(label,) for label in key]


def _options(choices: list[str]) -> dict[str, str]:
    """The option texts by label; labels without a text of their own stay empty."""
    found = {match[1]: match[2] for one in choices if (match := _CHOICE.fullmatch(one))}
    return {label: found.get(label, "") for label in _LABELS}
