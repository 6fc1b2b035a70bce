"""`exam.toml`: everything official about one sitting, as validated data."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from jmle_plugin.errors import PackError
from jmle_plugin.exam.keys import KeySpec, Name
from jmle_plugin.exam.spec import BlockSpec, OtherSource, SourceSpec
from jmle_plugin.strict import Strict, empty, first_problem, read_toml


class SectionSpec(Strict):
    """A part of the exam with its own threshold."""

    title: str


class Manifest(Strict):
    """A whole `exam.toml`."""

    schema_version: Literal[1] = Field(alias="schema")
    id: Name
    title: str
    edition: int
    profession: str
    held: list[dt.date] = Field(default=[])
    language: str = "ja"
    question_ids: str = ""
    """What its questions are called in every data set: `112{block}{number}`, `105{number:03}`.
    Empty: as each data set calls them."""
    licence: str
    credit: str = ""
    synthetic: bool = False
    published_rule: str = Field(default="", exclude_if=empty)
    """Of a bench: whose own rule reads its replies with `--extraction=published`
    (`mark/published`); empty where its project has none."""
    source: SourceSpec
    other_sources: dict[Name, OtherSource] = Field(default={})
    """Read in this order where `source`, and those before, are not on this machine."""
    defects: dict[str, str] = Field(default={})
    """Question -> what is wrong with it in the data set, as a sentence for people."""
    sections: dict[Name, SectionSpec]
    blocks: Annotated[list[BlockSpec], Field(min_length=1)]
    default_key: str
    keys: dict[Name, KeySpec]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for problem in self._problems():
            raise ValueError(problem)
        return self

    def _problems(self) -> Iterator[str]:
        for name in _doubled(block.id for block in self.blocks):
            yield f"block {name} stands twice"
        for block in self.blocks:
            for name in block.section_names:
                if name not in self.sections:
                    yield f"block {block.id} names the unknown section {name!r}"
            block.check()
        yield from self._sources()
        yield from self._names()
        if self.default_key not in self.keys:
            yield f"default_key {self.default_key!r} is not among the keys {list(self.keys)}"
        for state, key in self.keys.items():
            if key.data_set and state == self.default_key:
                yield f"keys.{state}: the default key is every data set's; take its 'data_set' out"
            for name in key.disordered():
                yield (
                    f"keys.{state}: two changes to question {name}; make them one, or give each "
                    "its own 'order'"
                )
            for problem in self._criteria(key) if key.criteria else self._measures(key):
                yield f"keys.{state}.{'criteria' if key.criteria else 'measures'}{problem}"

    def _sources(self) -> Iterator[str]:
        known = {block.id for block in self.blocks}
        for name, other in self.other_sources.items():
            if isinstance(other.blocks, dict) and (stray := set(other.blocks.values()) - known):
                yield f"other_sources.{name}.blocks: unknown block {min(stray)!r}"
            if self.source.folder is None:
                yield f"other_sources.{name}: the source beside exam.toml is always read"

    def _names(self) -> Iterator[str]:
        try:
            named = {self.question_id(block.id, n) for block in self.blocks for n in block.numbers}
        except (LookupError, ValueError) as error:
            yield f"question_ids {self.question_ids!r} cannot be filled in: {error!r}"
            return
        if len(named) < sum(block.questions for block in self.blocks):
            yield f"question_ids {self.question_ids!r} gives several questions the same name"

    def question_id(self, block: str, number: int) -> str:
        """What the exam calls a question."""
        form = self.question_ids or "{block}-{number}"
        return form.format(block=block, number=number)

    def by_source(self) -> Iterator[Manifest]:
        """The same exam by each of its sources, that one being its `source`."""
        yield self
        for other in self.other_sources.values():
            shared = ("licence", "credit", "defects")
            named = {name: getattr(other, name) for name in shared}
            keys = {
                state: key for state, key in self.keys.items() if key.data_set in ("", other.folder)
            }
            yield self.model_copy(update={"source": other, "keys": keys, **named})

    @property
    def read_from(self) -> str:
        """The folder of its source, where it has several; else empty."""
        return (self.source.folder or "") if self.other_sources else ""

    def _measures(self, key: KeySpec) -> Iterator[str]:
        for name in key.measures.keys() ^ self.sections.keys():
            yield (
                f".{name}: is no section"
                if name in key.measures
                else f": none is given for the section {name!r}"
            )

    def _criteria(self, key: KeySpec) -> Iterator[str]:
        unseen = set(self.sections)
        for name, spec in key.criteria.items():
            if spec.sections or spec.subjects:
                if not (spec.title or name in self.sections):
                    yield f".{name}: needs a title"
            elif name not in self.sections:
                yield (
                    f".{name}: is no section; name the 'sections' or 'subjects' it is about "
                    f"(sections: {list(self.sections)})"
                )
            for section in spec.sections:
                if section not in self.sections:
                    yield f".{name}: unknown section {section!r}; there are {list(self.sections)}"
            unseen -= set(spec.sections) or (set(self.sections) if spec.subjects else {name})
        if unseen:
            yield f": none of them is about {sorted(unseen)}"


def _doubled(names: Iterable[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]


def _merged(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """`base` with what `own` says: tables are joined, everything else is replaced."""
    both = {
        key: _merged(base[key], own[key])
        for key in base.keys() & own.keys()
        if isinstance(base[key], dict) and isinstance(own[key], dict)
    }
    return base | own | both


_NAME = TypeAdapter(Name)


def read_manifest(path: Path) -> Manifest:
    """Read and validate an `exam.toml`; PackError names the file and the place in it.

    With `extends = "NAME"` it says what is different from `NAME.toml` beside the pack's
    folder, which several sittings share.
    """
    data = read_toml(path)
    try:
        if "extends" in data:
            name = _NAME.validate_python(data.pop("extends"))
            data = _merged(read_toml(path.absolute().parents[1] / f"{name}.toml"), data)
        return Manifest.model_validate(data)
    except ValidationError as error:
        raise PackError(first_problem(error), where=path) from error
