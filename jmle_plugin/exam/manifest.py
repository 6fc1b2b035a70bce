"""`exam.toml`: everything official about one sitting, as validated data."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal, Self

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
from jmle_plugin.exam.model import NumericRule, Treatment
from jmle_plugin.exam.validation import first_problem, read_toml

_COMMIT = re.compile(r"[0-9a-f]{40}")
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


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

    format: Literal["jmle", "jmle2026-bench", "igakuqa", "igakuqa119"]
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


class PointsSpec(_Strict):
    """Questions `first` to `last` of a block count `points` each."""

    first: Annotated[int, Field(ge=1)]
    last: Annotated[int, Field(ge=1)]
    points: Annotated[int, Field(ge=0)]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.first > self.last:
            raise ValueError(f"first = {self.first} comes after last = {self.last}")
        return self


# Told apart beforehand, so that a mistake in a rule is not reported as "not an integer".
_Points = Annotated[
    Annotated[Annotated[int, Field(ge=0)], Tag("number")]
    | Annotated[list[PointsSpec], Tag("rules")],
    Discriminator(lambda value: "rules" if isinstance(value, list) else "number"),
]


class BlockSpec(_Strict):
    """One booklet."""

    id: Name
    section: Name
    questions: Annotated[int, Field(ge=1, le=1000)]
    points: _Points = 1

    def points_of(self, number: int) -> int:
        """Points of question `number`; ValueError when not exactly one rule names it."""
        if isinstance(self.points, int):
            return self.points
        rules = [rule.points for rule in self.points if rule.first <= number <= rule.last]
        if len(rules) != 1:
            raise ValueError(
                f"block {self.id}: question {number} is named by {len(rules)} points rules, "
                "not by one"
            )
        return rules[0]


class SectionSpec(_Strict):
    """A part of the exam with its own threshold."""

    title: str


class CriterionSpec(_Strict):
    """Threshold in points of a stated maximum; `ratio` is for candidates' own maxima."""

    threshold: Annotated[int, Field(ge=0)]
    max: Annotated[int, Field(ge=0)]
    ratio: tuple[int, int] | None = None

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.threshold > self.max:
            raise ValueError(f"threshold {self.threshold} is above the maximum {self.max}")
        if self.ratio is not None and not 0 < self.ratio[0] <= self.ratio[1]:
            raise ValueError(f"ratio {list(self.ratio)} is not above 0 and at most 1")
        return self


class ProhibitedSpec(_Strict):
    """At most `limit` prohibited choices; `listed` when the pack says which they are."""

    limit: Annotated[int, Field(ge=0)]
    listed: bool = False


class ChangeSpec(_Strict):
    """One decision of the examiners about one question."""

    question: str
    answer: list[str] | None = None
    """Replaces the key."""
    accept: Annotated[list[list[str]], Field(min_length=1)] | None = None
    """Several answers, each accepted."""
    treatment: Treatment = Treatment.STANDARD
    source: str = ""

    @model_validator(mode="after")
    def _one_decision(self) -> Self:
        decisions = (
            self.answer is not None,
            self.accept is not None,
            self.treatment is not Treatment.STANDARD,
        )
        if sum(decisions) != 1:
            raise ValueError("give exactly one of 'answer', 'accept' and 'treatment'")
        return self


class KeySpec(_Strict):
    """A named state of the key: thresholds, comparison of numbers, changes."""

    title: str
    source: str = ""
    numeric: NumericRule = NumericRule.NUMBER
    criteria: dict[str, CriterionSpec]
    prohibited: ProhibitedSpec | None = None
    changes: list[ChangeSpec] = []


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
            if block.section not in self.sections:
                yield f"block {block.id} names the unknown section {block.section!r}"
            for number in range(1, block.questions + 1):
                block.points_of(number)
            rules = [] if isinstance(block.points, int) else block.points
            if any(rule.last > block.questions for rule in rules):
                yield f"block {block.id}: a points rule goes beyond its {block.questions} questions"
        if self.default_key not in self.keys:
            yield f"default_key {self.default_key!r} is not among the keys {list(self.keys)}"
        for state, key in self.keys.items():
            if set(key.criteria) != set(self.sections):
                yield f"keys.{state}.criteria must name the sections {list(self.sections)}"
            for question in _doubled(change.question for change in key.changes):
                yield f"keys.{state}: two changes to question {question}"


def _doubled(names: Iterable[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]


def read_manifest(path: Path) -> Manifest:
    """Read and validate an `exam.toml`; PackError names the file and the place in it."""
    try:
        return Manifest.model_validate(read_toml(path))
    except ValidationError as error:
        raise PackError(first_problem(error), where=path) from error
