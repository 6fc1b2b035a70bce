"""`exam.toml`: everything official about one sitting, as validated data."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)

from jmle_plugin.errors import PackError
from jmle_plugin.exam.key_spec import KeySpec, Name
from jmle_plugin.exam.validation import first_problem, read_toml

_COMMIT = re.compile(r"[0-9a-f]{40}")
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def _plain_path(path: str) -> str:
    # Windows separators and drives are refused everywhere: a pack means the same on every system.
    plain = path.isprintable() and not set(path) & set("\\:")
    if not plain or any(part in {"", ".", ".."} for part in path.split("/")):
        raise ValueError(f"{path!r} is no path inside the source's folder")
    return path


FilePath = Annotated[str, AfterValidator(_plain_path)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceSpec(_Strict):
    """Where the questions come from and in which layout.

    ``files`` pins upstream files (path below the source's folder -> sha256), ``unverified``
    names those whose checksum nobody could record: the commit alone pins them. A source
    without ``folder`` lies beside its ``exam.toml``.
    """

    format: Literal["jmle", "jmle2026-bench", "igakuqa", "igakuqa119", "kokushimd", "jmed48k"]
    part: FilePath | None = None
    """Which part of a source that holds several exams; how, its adapter says."""
    folder: Name | None = None
    repository: str = ""
    commit: str = ""
    url: str = ""
    files: dict[FilePath, Sha256] = {}
    unverified: list[FilePath] = []
    incomplete: str = ""
    """What of the source is not named here at all, as a sentence; empty where all is."""

    @model_validator(mode="after")
    def _downloadable(self) -> Self:
        if (self.files or self.unverified) and not (self.folder and "{path}" in self.url):
            raise ValueError("pinned files need a 'folder' and a 'url' with a {path} in it")
        if self.unverified and not ("{commit}" in self.url and _COMMIT.fullmatch(self.commit)):
            raise ValueError(
                "files without a checksum are pinned by the commit alone: give all forty digits "
                "of it, and a 'url' with a {commit} in it"
            )
        if both := sorted(self.files.keys() & set(self.unverified)):
            raise ValueError(f"{both[0]} has a checksum and is named as unverified as well")
        return self


class _Range(_Strict):
    """Questions `first` to `last` of a block."""

    first: Annotated[int, Field(ge=1)]
    last: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.first > self.last:
            raise ValueError(f"first = {self.first} comes after last = {self.last}")
        return self


class PointsSpec(_Range):
    """They count `points` each."""

    points: Annotated[int, Field(ge=0)]


class SectionRange(_Range):
    """They belong to `section`."""

    section: Name


def _tag(value: object) -> str:
    # Told apart beforehand, so that a mistake in a rule is not reported as "not an integer".
    return "rules" if isinstance(value, list) else "source" if value == "source" else "one"


_Points = Annotated[
    Annotated[Annotated[int, Field(ge=0)], Tag("one")]
    | Annotated[Literal["source"], Tag("source")]
    | Annotated[list[PointsSpec], Tag("rules")],
    Discriminator(_tag),
]
_Section = Annotated[
    Annotated[Name, Tag("one")] | Annotated[list[SectionRange], Tag("rules")],
    Discriminator(lambda value: "rules" if isinstance(value, list) else "one"),
]
_Rule = TypeVar("_Rule", bound=_Range)


class BlockSpec(_Strict):
    """One booklet. Its section and its points are one for all, or given by ranges.

    With `points = "source"` the questions' own file says what each counts.
    """

    id: Name
    section: _Section
    questions: Annotated[int, Field(ge=1, le=1000)]
    points: _Points = 1

    def points_of(self, number: int) -> int | None:
        """Points of question `number`; None where its source says them."""
        if isinstance(self.points, list):
            return self._rule("points", self.points, number).points
        return self.points if isinstance(self.points, int) else None

    def section_of(self, number: int) -> str:
        """Section of question `number`."""
        if isinstance(self.section, list):
            return self._rule("section", self.section, number).section
        return self.section

    @property
    def section_names(self) -> list[str]:
        """The sections it has questions of."""
        if isinstance(self.section, list):
            return list(dict.fromkeys(rule.section for rule in self.section))
        return [self.section]

    def check(self) -> None:
        """ValueError unless each question is named by exactly one rule of each kind."""
        for number in range(1, self.questions + 1):
            self.points_of(number)
            self.section_of(number)
        for what, rules in (("points", self.points), ("section", self.section)):
            ranges = rules if isinstance(rules, list) else []
            if any(rule.last > self.questions for rule in ranges):
                raise ValueError(
                    f"block {self.id}: a {what} rule goes beyond its {self.questions} questions"
                )

    def _rule(self, what: str, rules: Iterable[_Rule], number: int) -> _Rule:
        found = [rule for rule in rules if rule.first <= number <= rule.last]
        if len(found) != 1:
            raise ValueError(
                f"block {self.id}: question {number} is named by {len(found)} {what} rules, "
                "not by one"
            )
        return found[0]


class SectionSpec(_Strict):
    """A part of the exam with its own threshold."""

    title: str


class Manifest(_Strict):
    """A whole `exam.toml`."""

    schema_version: Literal[1] = Field(alias="schema")
    id: Name
    title: str
    edition: int
    profession: str
    held: list[dt.date] = []
    language: str = "ja"
    licence: str
    credit: str = ""
    synthetic: bool = False
    source: SourceSpec
    defects: dict[str, str] = {}
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
        if self.default_key not in self.keys:
            yield f"default_key {self.default_key!r} is not among the keys {list(self.keys)}"
        for state, key in self.keys.items():
            for name in key.disordered():
                yield (
                    f"keys.{state}: two changes to question {name}; make them one, or give each "
                    "its own 'order'"
                )
            for problem in self._criteria(key):
                yield f"keys.{state}.criteria{problem}"

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


def read_manifest(path: Path) -> Manifest:
    """Read and validate an `exam.toml`; PackError names the file and the place in it."""
    try:
        return Manifest.model_validate(read_toml(path))
    except ValidationError as error:
        raise PackError(first_problem(error), where=path) from error
