"""What a reader of another project's files hands over, and what all readers share."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from jmle_plugin.ask.run import ImageMode
from jmle_plugin.errors import ImportFileError
from jmle_plugin.files import digest, read_json, read_regular
from jmle_plugin.strict import first_problem

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ForeignReply:
    """One reply in the project's own words; text None stands for "there is none"."""

    question: str
    text: str | None
    reasoning: str = ""
    file: Path = Path()
    place: tuple[str, int] | None = None
    """Block and number, where the project calls the question otherwise than the pack does."""
    finish_reason: str = ""
    tokens: int | None = None
    """Tokens of the reply, those of its reasoning included."""
    reasoning_tokens: int | None = None
    recorded: str | None = None
    """What the project's own rule read from the reply, where it kept that."""
    confidence: float | None = None
    """How sure the model was, 0 to 1, where the project kept that."""


@dataclass(frozen=True, slots=True)
class ForeignRun:
    """One run of another project; `files` are (path, bytes as read)."""

    project: str
    name: str
    """The run's name unless another is given."""
    model: str
    images: ImageMode
    files: Mapping[Path, bytes]
    replies: Sequence[ForeignReply]
    edition: int | None = None
    """Which sitting it is of, where its files are about several."""
    display_name: str = ""
    recorded: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    answers_only: bool = False
    """True where the replies are the answers alone."""
    answers_more: bool = False
    """True where its files may answer questions that the pack leaves out."""
    prompt: str = ""
    """The published prompt that the replies answered, by name; empty where that is not known."""
    marker: str | None = None
    """What an answer line begins with, where the project's prompt asks for another marker."""

    @property
    def first(self) -> Path:
        """The file that errors about the whole run name."""
        return next(iter(self.files))

    @property
    def label(self) -> str:
        """The files' names in short."""
        more = len(self.files) - 1
        return self.first.name + (f" and {more} more" if more else "")

    @property
    def sha256(self) -> str:
        """Of the file; of several, of their names and digests."""
        sums = {file.name: hashlib.sha256(raw).hexdigest() for file, raw in self.files.items()}
        return digest(sums) if len(sums) > 1 else next(iter(sums.values()))


def read_bytes(file: Path) -> bytes:
    """The file's bytes; ImportFileError where it cannot be read."""
    try:
        return read_regular(file)
    except OSError as error:
        raise ImportFileError(f"cannot be read ({error.strerror})", where=file) from error


def parse_json(raw: bytes, file: Path, place: str = "") -> Any:
    """The JSON value in `raw`; ImportFileError names the file and the place."""
    try:
        return read_json(raw)
    except ValueError as error:
        raise ImportFileError(
            f"{place}is not valid JSON: {error}",
            where=file,
            remedy="Get the file again: it is damaged.",
        ) from error


def checked(adapter: TypeAdapter[T], value: object, file: Path, what: str) -> T:
    """`value` as the adapter's type; ImportFileError says that the file is no `what`."""
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise ImportFileError(f"is no {what}: {first_problem(error)}", where=file) from error


def images_of(stated: ImageMode | None, file: Path) -> ImageMode:
    """What was shown of the figures as the user states it, where the files do not say."""
    if stated is None:
        raise ImportFileError(
            "does not say whether the figures were shown to the model",
            where=file,
            remedy="Say --images=vision or --images=blind: it stands on every sheet.",
        )
    return stated
