"""The layout of IgakuQA, `part` naming one exam: `data/2018/112` for the 112th.

Each block has two files, `112-A.jsonl` (problem_id, problem_text, choices without labels,
text_only, answer, points) and `112-A_metadata.jsonl` (problem_id, category, kinki,
human_accuracy). There are no figures. What is uneven in the data is made even here:

- An answer of one element may be several accepted ones, `a or d`.
- Prohibited choices (kinki) are written `c`, `cde`, ` e` or in full width.
- A question without choices is answered with a number; see `digit_boxes` for its key.
- The case of serial questions stands with the first of them alone. Each of the others is
  given the questions before it as the candidate had them on the page, and lacks the figures
  that those lack.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from jmle_plugin.errors import PackError
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.sources import (
    Paper,
    PaperQuestion,
    PaperSerial,
    boxed_number,
    read_lines,
)
from jmle_plugin.strict import validated

BLOCKS = "ABCDEF"
_LABELS = "abcdefghijklmnopqrstuvwxyz"
_OPENS_CASE = "次の文を読み"


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True)
    problem_id: str
    problem_text: Annotated[str, Field(min_length=1)]
    choices: Annotated[list[str], Field(max_length=len(_LABELS))]
    text_only: bool
    answer: Annotated[list[str], Field(min_length=1)]
    points: Annotated[int, Field(ge=0)]


class _Meta(BaseModel):
    model_config = ConfigDict(frozen=True)
    problem_id: str
    category: str
    kinki: list[str]
    human_accuracy: Annotated[str, Field(pattern=r"^([0-9]+(\.[0-9]+)?)?$")]
    """Percent; empty where a question was left out of the scoring."""


_ENTRY = TypeAdapter(_Entry)
_META = TypeAdapter(_Meta)


def read(folder: Path, part: str) -> Paper:
    """Read the six blocks of one exam; PackError names the file and the question."""
    below = folder / part
    questions: list[PaperQuestion] = []
    parts: list[Path] = []
    for block in BLOCKS:
        file = below.with_name(f"{below.name}-{block}.jsonl")
        about = below.with_name(f"{below.name}-{block}_metadata.jsonl")
        questions += _with_cases(_read_block(f"{below.name}{block}", block, file, about))
        parts += [file, about]
    return Paper(
        file=below.parent, images=folder / "images", questions=tuple(questions), parts=tuple(parts)
    )


def _read_block(prefix: str, block: str, file: Path, about: Path) -> list[PaperQuestion]:
    metas = [validated(_META, raw, f"line {line}", about) for line, raw in read_lines(about)]
    facts = {meta.problem_id: meta for meta in metas}
    if len(facts) < len(metas):
        names = [meta.problem_id for meta in metas]
        raise PackError(f"has question {max(names, key=names.count)} twice", where=about)
    found = []
    for line, raw in read_lines(file):
        entry = validated(_ENTRY, raw, f"line {line}", file)
        meta = facts.get(entry.problem_id)
        if meta is None:
            raise PackError(f"lacks question {entry.problem_id}", where=about)
        name = re.fullmatch(rf"{prefix}([1-9][0-9]{{0,3}})", entry.problem_id)
        if name is None:
            raise PackError(
                f"line {line}: question {entry.problem_id!r} does not belong to block {prefix}",
                where=file,
            )
        found.append(_question(entry, meta, block, int(name[1]), file))
    return found


def _question(entry: _Entry, meta: _Meta, block: str, number: int, file: Path) -> PaperQuestion:
    options = dict(zip(_LABELS, entry.choices, strict=False))
    stem = entry.problem_text.strip()
    if options:
        answers = _choices(entry, file)
    else:
        if len(entry.answer) > 1:
            raise PackError(f"question {entry.problem_id}: several numbers as answer", where=file)
        answers = [(one,) for one in boxed_number(entry.answer[0], stem)]
    return PaperQuestion(
        id=entry.problem_id,
        block=block,
        number=number,
        kind=QuestionKind.CHOICE if options else QuestionKind.NUMERIC,
        text=stem + _printed(options),
        stem=entry.problem_text,
        answer=answers[0],
        also=tuple(answers[1:]),
        select=len(answers[0]),
        options=options,
        figures_missing=not entry.text_only,
        prohibited=_prohibited(meta, file),
        subject=meta.category,
        human_accuracy=float(meta.human_accuracy) / 100 if meta.human_accuracy else None,
        points=entry.points,
    )


def _choices(entry: _Entry, file: Path) -> list[tuple[str, ...]]:
    """The accepted answers: one of all the labels, or each side of an `or`."""
    if len(entry.answer) == 1 and " or " in entry.answer[0]:
        accepted = [tuple(label.split()) for label in entry.answer[0].split(" or ")]
    else:
        accepted = [tuple(entry.answer)]
    for answer in accepted:
        for label in answer:
            if len(label) != 1 or label not in _LABELS[: len(entry.choices)]:
                raise PackError(
                    f"question {entry.problem_id}: the answer {label!r} is no label of its "
                    f"{len(entry.choices)} choices",
                    where=file,
                )
    return accepted


def _prohibited(meta: _Meta, file: Path) -> tuple[str, ...]:
    written = "".join(unicodedata.normalize("NFKC", one) for one in meta.kinki)
    labels = "".join(written.split()).lower()
    if not set(labels) <= set(_LABELS):
        raise PackError(
            f"question {meta.problem_id}: kinki {meta.kinki} are no labels",
            where=file.with_name(f"{file.stem}_metadata.jsonl"),
        )
    return tuple(sorted(set(labels)))


def _with_cases(block: Sequence[PaperQuestion]) -> list[PaperQuestion]:
    """The block with its cases told whole.

    A case goes on to the next one; the last has as many questions as the shortest other.
    """
    opening = [at for at, one in enumerate(block) if one.text.startswith(_OPENS_CASE)]
    lengths = [after - before for before, after in pairwise(opening)]
    lengths.append(min(lengths, default=1))
    whole = list(block)
    for start, length in zip(opening, lengths, strict=False):
        group = block[start : start + length]
        serial = PaperSerial(f"{group[0].id}-{group[-1].number}", "")
        before, missing = "", False
        for place, one in enumerate(group, start=start):
            missing = missing or one.figures_missing
            whole[place] = replace(
                one, serial=serial, text=before + one.text, figures_missing=missing
            )
            before += one.text.removesuffix(_printed(one.options)) + "\n\n"
    return whole


def _printed(options: Mapping[str, str]) -> str:
    lines = [f"\n{label}　{text}" for label, text in options.items()]
    return "".join(["\n", *lines]) if lines else ""
