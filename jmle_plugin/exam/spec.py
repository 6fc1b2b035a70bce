"""A pack's blocks and data sets as `exam.toml` writes them.

A booklet is how many questions, of which sections, worth what; a data set is where they come
from, in which layout, pinned by what.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from jmle_plugin.exam.keys import Name
from jmle_plugin.exam.sources import ADAPTERS
from jmle_plugin.strict import Strict, empty


class _Range(Strict):
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


class BlockSpec(Strict):
    """One booklet. Its section and its points are one for all, or given by ranges.

    With `points = "source"` the questions' own file says what each counts.
    """

    id: Name
    section: _Section
    questions: Annotated[int, Field(ge=1, le=10_000)]
    first: Annotated[int, Field(ge=1)] = Field(default=1, exclude_if=lambda first: first == 1)
    """The number of its first question, where a paper numbers through its booklets."""
    points: _Points = 1
    wrong: Annotated[int, Field(le=0)] = Field(default=0, exclude_if=empty)
    """What a wrong answer is worth: 0, or -1 where it costs a point."""

    @property
    def numbers(self) -> range:
        """The numbers of its questions."""
        return range(self.first, self.first + self.questions)

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
        for number in self.numbers:
            self.points_of(number)
            self.section_of(number)
        for what, rules in (("points", self.points), ("section", self.section)):
            ranges = rules if isinstance(rules, list) else []
            if any(rule.last not in self.numbers for rule in ranges):
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


_COMMIT = re.compile(r"[0-9a-f]{40}")
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def _plain_path(path: str) -> str:
    # Windows separators and drives are refused everywhere: a pack means the same on every system.
    plain = path.isprintable() and not set(path) & set("\\:")
    if not plain or any(part in {"", ".", ".."} for part in path.split("/")) or _too_long(path):
        raise ValueError(f"{path!r} is no path inside the source's folder")
    return path


def _too_long(path: str) -> bool:
    return len(path.encode()) > 255  # noqa: PLR2004 - bytes; more is no file name anywhere


FilePath = Annotated[str, AfterValidator(_plain_path)]


def _known_format(name: str) -> str:
    if name not in ADAPTERS:
        raise ValueError(f"{name!r} is no layout; there are {', '.join(ADAPTERS)}")
    return name


def _one_or_several(value: object) -> object:
    return [value] if isinstance(value, str) else value


Checksums = Annotated[list[Sha256], Field(min_length=1), BeforeValidator(_one_or_several)]
"""The published file's; after the first, which is fetched, those of later versions of it."""


class LaterVersion(Strict):
    """A version that upstream made after the pinned one, whose checksum is not known."""

    commit: str
    key: Name
    """The key state whose changed answers are in it already."""


class PinnedFiles(Strict):
    """Files of another project, each as it was at one time.

    ``files`` pins them (path below the source's folder -> sha256, or a list of
    them where a later version of the file is known and taken as well), ``unverified``
    names those whose checksum could not be recorded: the commit alone pins them.
    """

    folder: Name | None = None
    repository: str = ""
    commit: str = ""
    url: str = ""
    files: dict[FilePath, Checksums] = Field(default={})
    unverified: list[FilePath] = Field(default=[])
    options: dict[str, Annotated[list[str], Field(min_length=2)]] = Field(
        default={}, exclude_if=empty
    )
    """Question -> what it may be answered with, where the source names the right answer alone."""
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


class SourceSpec(PinnedFiles):
    """Where the questions come from and in which layout.

    A source without ``folder`` lies beside its ``exam.toml``.
    """

    format: Annotated[str, AfterValidator(_known_format)]
    part: FilePath | None = None
    """Which part of a source that holds several exams; how, its adapter says."""
    later: LaterVersion | None = None


class OtherSource(SourceSpec):
    """Another data set that has the exam's questions, under a licence of its own.

    ``blocks`` says in which of the exam's blocks those of the data set's are, by name; or
    "by number", where a paper is numbered through and the data set divides it otherwise. The
    questions are then called by the exam's block: `A-1`, unless the exam names them itself.
    """

    folder: Name
    licence: str
    credit: str = ""
    blocks: dict[str, Name] | Literal["by number"] = Field(default={})
    defects: dict[str, str] = Field(default={})
    points_unknown: bool = False
    """It does not say what its questions count: each counts one, and there is no verdict."""
