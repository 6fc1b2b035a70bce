"""A run: one sitting of one exam by one model with one set of parameters (`run.json`)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from jmle_plugin.errors import RunError, SettingsError
from jmle_plugin.exam.keys import Name
from jmle_plugin.files import canonical_json, read_json, read_regular, write_whole
from jmle_plugin.strict import Strict, first_problem

RUN_FILE = "run.json"
JOURNAL = ".journal"
"""Holds the replies of a run that are no cassettes yet."""

CARRIED = Path(__file__).resolve().parents[1] / "cassettes"
"""The sample exam's runs in an installed suite; a repository has them in its own `cassettes`."""

SCRIPTED = "scripted/"
"""Model names with this prefix are scripts made for tests and samples, never real models."""
PEOPLE = "people/"
"""Those with this prefix are examinees: a record of what people answered."""

SCRIPTED_NOTE = " (scripted replies, not a model)"
"""What the names of such runs say to people."""

_NAME = r"^[A-Za-z0-9][A-Za-z0-9._=+-]*$"
_NAME_LIMIT = 150
_FIXED = {"model", "messages"}
"""Fields of a request that no parameter may set."""

PARTIAL = ".partial"
"""Ending of the results file of a partial sitting."""

EARLIER = ".earlier"
"""Ending of the results file that an incomplete one replaced."""

RunName = Annotated[str, Field(pattern=_NAME, max_length=_NAME_LIMIT)]


class ImageMode(StrEnum):
    """What the candidate got to see of the figures."""

    VISION = "vision"
    BLIND = "blind"
    SKIP = "skip"


class PromptRef(Strict):
    """Which prompt the replies answered."""

    name: str
    sha256: str


class ImportedFrom(Strict):
    """Another project's result file: its replies answered that project's prompt, not ours."""

    project: str
    file: str
    """Of several files, the first and how many more."""
    sha256: str
    """Of the file; of several, of their names and digests."""
    recorded: str = ""
    """When, as the other project says it."""


class ClientRef(Strict):
    """A `model_client` of one's own, which is asked in the place of a provider."""

    name: str
    """Of its class."""
    version: str = ""
    """What it says of itself; another version is another client."""

    def __str__(self) -> str:
        return f"{self.name}, version {self.version}" if self.version else self.name


class Sight(Strict):
    """What a model made of a drawn word before it was asked anything else."""

    seed: int
    word: str
    """Drawn by the seed; one of 274,625."""
    read: bool
    """Whether its reply held the word where it was shown, and not where it was not."""
    prompt_tokens: int | None = None
    """Of the request with the picture, by the server's count; None where it gave none."""
    blind_tokens: int | None = None
    """Of the same request without it."""
    cost: float | None = None
    """Of both, in US dollars; None where it is not known."""

    @property
    def counted_alike(self) -> bool:
        """Whether the server counts as many tokens with the picture as without."""
        return self.prompt_tokens is not None and self.prompt_tokens == self.blind_tokens


class RunSpec(Strict):
    """What `run.json` holds.

    `prompt` is None where the replies were imported and it is not known which they answered.
    """

    schema_version: Literal[1] = Field(default=1, alias="schema")
    exam: Name
    run: RunName
    model: Annotated[str, Field(min_length=1)]
    display_name: str = ""
    parameters: dict[str, Any] = Field(default={})
    images: ImageMode = ImageMode.VISION
    no_vision: bool = False
    """True where figures would have been shown, but the model is known to see none."""
    text_only_from: RunName | None = None
    """The run whose replies to questions without figures are this one's too; figures or none,
    the question is the same, and no model is asked it twice."""
    image_max_edge: Annotated[int, Field(ge=1)] | None = None
    """Longest side of a figure as sent, in pixels; None where it is not known."""
    epochs: Annotated[int, Field(ge=1)] = 1
    """How many times each question is asked."""
    prompt: PromptRef | None = None
    imported: ImportedFrom | None = None
    client: ClientRef | None = None
    """What gave the replies, where it was a `model_client` of one's own."""
    sight: Sight | None = None
    """What was found out of a model not known to see figures."""
    marker: Annotated[str, Field(min_length=1)] | None = None
    """What the prompt asked answer lines to begin with, where that is not the usual marker."""
    answer_of: Annotated[str, Field(min_length=1)] | None = None
    """Where the prompt asked for the answer alone: the project whose rule reads that."""

    @model_validator(mode="after")
    def _can_be_sent_and_stored(self) -> Self:
        if self.prompt is None and self.imported is None:
            raise ValueError("a run has a prompt, or an import it comes from")
        if fixed := sorted(_FIXED & set(self.parameters)):
            raise ValueError(f"parameters cannot set {', '.join(fixed)}")
        canonical_json(self.parameters)
        self.model_dump_json()  # lone surrogates have no place in a file
        return self

    @property
    def address(self) -> str:
        """Tells runs of a session apart, where runs of several exams may share a name."""
        return f"{self.exam}/{self.run}"

    @property
    def import_mark(self) -> dict[str, Any] | None:
        """What every cassette of an imported run says of itself; None for other runs.

        It stands on each, so that one found alone still says what it is a reply of, and
        one that was carried into another run is known.
        """
        if self.imported is None:
            return None
        return {
            "project": self.imported.project,
            "file": self.imported.file,
            "sha256": self.imported.sha256,
            "display_name": self.display_name,
            "images": self.images.value,
            "parameters": self.parameters,
        }

    @property
    def client_mark(self) -> dict[str, Any] | None:
        """What cassettes of a client of one's own say: they answer in their run alone."""
        if self.client is None:
            return None
        return {"run": self.run, "name": self.client.name, "version": self.client.version}

    @property
    def scripted(self) -> bool:
        """True where a script answered, not a model."""
        return self.model.startswith(SCRIPTED)

    @property
    def title(self) -> str:
        """The name for people."""
        name = self.display_name or self.model
        return f"{name}{SCRIPTED_NOTE}" if self.scripted else name


def run_name(
    model: str,
    *,
    parameters: Mapping[str, Any] | None = None,
    images: ImageMode = ImageMode.VISION,
    image_max_edge: int | None = None,
    prompt: str = "",
) -> str:
    """The default name: the model's, file-safe, plus whatever differs from the defaults.

    `image_max_edge` is one other than the default, `prompt` is the sha256 of a prompt other
    than the suite's own. A name that would be too long is cut and ends in a digest of the
    whole.
    """
    parts = [model]
    if images is not ImageMode.VISION:
        parts.append(images.value)
    if image_max_edge is not None:
        parts.append(f"max-edge={image_max_edge}")
    parts += [f"{name}={_plain(value)}" for name, value in sorted((parameters or {}).items())]
    if prompt:
        parts.append(f"prompt={prompt[:8]}")
    name = re.sub(r"[^A-Za-z0-9._=+-]+", "-", "-".join(parts)).strip("-.=+_") or "run"
    if len(name) <= _NAME_LIMIT:
        return name
    whole = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: _NAME_LIMIT - len(whole) - 1]}-{whole}"


def check_run_name(name: str) -> None:
    """SettingsError for a name no run can have: it becomes a folder and a file."""
    if (
        len(name) > _NAME_LIMIT
        or not re.fullmatch(_NAME, name)
        or name.endswith((PARTIAL, EARLIER))
    ):
        raise SettingsError(
            f"{name!r} cannot be the name of a run",
            remedy=f"A name has at most {_NAME_LIMIT} letters, digits and . _ = + -, and begins "
            "with a letter or digit. Names that end in .partial or .earlier are kept for results "
            "of those kinds.",
        )


def read_run(folder: Path) -> RunSpec:
    """Read `run.json` in `folder`; RunError names the file and the place."""
    file = folder / RUN_FILE
    try:
        raw = read_json(read_regular(file))
    except OSError as error:
        raise RunError(
            f"cannot be read ({error.strerror}), so it is unknown what {folder.name!r} is a run of",
            where=file,
            remedy="Restore the file, or record or import the run again under another name.",
        ) from error
    except ValueError as error:
        raise RunError(
            f"is not valid JSON ({error})", where=file, remedy="Restore the file."
        ) from error
    version = raw.get("schema") if isinstance(raw, dict) else None
    if isinstance(version, int) and version > 1:
        raise RunError(
            f"has schema version {version}; this version of jmle reads 1",
            where=file,
            remedy="Update jmle.",
        )
    try:
        return RunSpec.model_validate(raw)
    except ValidationError as error:
        raise RunError(
            first_problem(error), where=file, remedy="Restore the file as it was recorded."
        ) from error


def write_run(folder: Path, spec: RunSpec) -> None:
    """Write `run.json` whole."""
    data = spec.model_dump(mode="json", by_alias=True, exclude_none=True)
    write_whole(folder / RUN_FILE, json.dumps(data, ensure_ascii=False, indent=2) + "\n")


def run_folder(cassettes: Path, exam: str, run: str) -> Path:
    """Where the run's replies are: below `cassettes`, or with those that the suite carries.

    The latter are read where the user has no run of that name, and never written.
    """
    own, carried = cassettes / exam / run, CARRIED / exam / run
    return carried if carried.is_dir() and not own.exists() else own


def list_runs(folder: Path) -> list[str]:
    """Names of the runs below `cassettes/<exam>` and of those the suite carries, sorted."""
    places = (folder, CARRIED / folder.name)
    found = {file.parent.name for place in places for file in place.glob(f"*/{RUN_FILE}")}
    # Hidden folders are drafts that an import left when it was killed.
    return sorted(name for name in found if not name.startswith("."))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
