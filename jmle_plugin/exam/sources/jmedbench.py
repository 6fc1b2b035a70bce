"""The files of JMedBench, `<dataset>/test.jsonl`, each data set being a block.

- Choices: sample_id, question, options, answer_idx (from 0), metadata (its `context` stands
  before the question).
- Similarity of two sentences: premise, hypothesis, label from 0 to n_label - 1: the labels are
  what may be chosen.
- Expressions: text, labels, entity_type; none at all is `["none"]` or `["なし"]`.

Translation has another layout and is not read: its published measure gives an exact answer 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from string import ascii_uppercase
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from jmle_plugin.errors import PackError
from jmle_plugin.exam.kinds import NOTHING, QuestionKind
from jmle_plugin.exam.sources.paper import Paper, PaperQuestion, read_lines, with_options
from jmle_plugin.strict import validated

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


def read(folder: Path, part: str) -> Paper:
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
