"""A data set as `exam.toml` writes it: where it comes from, in which layout, pinned by what."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from jmle_plugin.exam.key_spec import Name
from jmle_plugin.exam.sources import ADAPTERS
from jmle_plugin.strict import Strict, empty

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
