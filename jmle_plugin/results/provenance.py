"""Where a result comes from: exam, key, prompt, model, versions, commit."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import subprocess
import time
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from pydantic import Field

from jmle_plugin import __version__
from jmle_plugin.ask.run import ClientRef, ImageMode, ImportedFrom, PromptRef, RunName, Sight
from jmle_plugin.ask.sitting import Sitting
from jmle_plugin.exam.keys import Name
from jmle_plugin.files import canonical_json
from jmle_plugin.gateway.status import Course
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.marks import Mark
from jmle_plugin.strict import Strict, absent, empty

PACKAGES = (
    "httpx", "litellm", "pillow", "pydantic", "pytest", "pytest-recording", "pytest-xdist",
    "pyyaml", "vcrpy",
)  # fmt: skip


class ExamSource(Strict):
    """The exam pack."""

    id: Name
    hash: str
    """sha256 over rules, questions, keys and image digests."""
    licence: str
    source: str = Field(default="", exclude_if=empty)
    """The folder its questions were read from; left out where it is the first of its pack's."""


class KeyState(Strict):
    """The answer key the sitting was marked by."""

    state: str
    title: str
    default: bool
    """Whether it is the state the exam is marked by unless another is named."""
    numeric: str
    """`number` or `text`: how numeric answers are compared."""
    unconfirmed: list[str] = Field(default=[])
    """What of its rules no source confirms, a sentence each."""


class Git(Strict):
    """The project's commit; `dirty` when tracked files other than results differ from it."""

    commit: str
    dirty: bool


class SentParameters(Strict):
    """The parameters that really went out with so many replies."""

    parameters: dict[str, Any]
    replies: int


class RunInfo(Strict):
    """What varies from one session to the next with the same cassettes."""

    started: str
    """UTC, ISO 8601."""
    seconds: float
    workers: str
    calls: Course | None = Field(default=None, exclude_if=absent)
    """How many calls of the run's model were made at a time; left out where none were made."""


class Provenance(Strict):
    """Everything needed to say what a figure is a figure of.

    `prompt` is null for imported replies of which it is not known which prompt they answered.
    """

    exam: ExamSource
    key: KeyState
    extraction: Extraction
    images: ImageMode
    no_vision: bool = False
    """True where figures would have been shown, but the model is known to see none."""
    text_only_from: RunName | None = None
    """The run whose replies to text-only questions count here too; null where all are its own."""
    image_max_edge: int | None = None
    """Longest side of a figure as sent, in pixels; null where it is not known."""
    epochs: int = 1
    recorded_epochs: int = 1
    """More than `epochs` where only some of what was recorded was sat again."""
    client: ClientRef | None = Field(default=None, exclude_if=absent)
    """What gave the replies, where it was a `model_client` of one's own and is recorded."""
    sight: Sight | None = Field(default=None, exclude_if=absent)
    """What the model made of a drawn word, where it is not known to see figures."""
    prompt: PromptRef | None
    without_case: int = Field(default=0, exclude_if=empty)
    """Questions that the prompt asks without the case they belong to; left out where none are."""
    imported: ImportedFrom | None
    requested_model: str
    returned_models: list[str]
    parameters: dict[str, Any]
    """As asked for."""
    sent: list[SentParameters] = Field(default=[])
    """As sent, where that is known; the most frequent first."""
    packages: dict[str, str]
    git: Git | None
    run: RunInfo

    @property
    def saw_figures(self) -> bool:
        """Whether figures were shown to a model that may see them."""
        return self.images is ImageMode.VISION and not self.no_vision


@dataclass(frozen=True, slots=True)
class RunContext:
    """The session around the sittings."""

    started: dt.datetime
    clock: float
    workers: str
    git: Git | None
    courses: dict[str, Course] = field(default_factory=dict)
    """A run's address -> how many calls of its model were made at a time."""

    @classmethod
    def start(cls, root: Path, results: Path, workers: str) -> RunContext:
        """Look at clock and repository before anything is written."""
        return cls(dt.datetime.now(dt.UTC), time.monotonic(), workers, read_git(root, results))

    @classmethod
    def outside(cls) -> RunContext:
        """For results that stay in memory: which commit they were made at is not read."""
        return cls(dt.datetime.now(dt.UTC), time.monotonic(), "0", None)

    def info(self, run: str) -> RunInfo:
        """The part of the provenance that varies by session, of the run at that address."""
        return RunInfo(
            started=self.started.isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - self.clock, 2),
            workers=self.workers,
            calls=self.courses.get(run),
        )


def build_provenance(
    sitting: Sitting, marks: Collection[Mark], extraction: Extraction, context: RunContext
) -> Provenance:
    """The provenance of one sitting's results."""
    exam, run = sitting.exam, sitting.run
    return Provenance(
        exam=ExamSource(
            id=exam.id,
            hash=exam.hash,
            licence=exam.licence,
            source=exam.source if exam.other_source else "",
        ),
        key=KeyState(
            state=exam.key.state,
            title=exam.key.title,
            default=exam.key.default,
            numeric=exam.key.numeric,
            unconfirmed=list(exam.key.unconfirmed),
        ),
        extraction=extraction,
        images=run.images,
        no_vision=run.no_vision,
        text_only_from=run.text_only_from,
        image_max_edge=run.image_max_edge,
        epochs=run.epochs,
        recorded_epochs=max(run.epochs, sitting.recorded_epochs),
        client=run.client,
        sight=run.sight,
        prompt=run.prompt,
        without_case=sitting.without_case,
        imported=run.imported,
        requested_model=run.model,
        returned_models=sorted({mark.model for mark in marks if mark.model}),
        parameters=run.parameters,
        sent=_sent(mark.sent for mark in marks if mark.sent),
        packages=_versions(),
        git=context.git,
        run=context.info(run.address),
    )


def _sent(sets: Iterable[dict[str, Any]]) -> list[SentParameters]:
    counts = Counter(canonical_json(one) for one in sets)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [SentParameters(parameters=json.loads(one), replies=n) for one, n in ordered]


def read_git(root: Path, results: Path) -> Git | None:
    """The commit checked out at `root`; None outside a repository or without git.

    Result files are left out of the question: writing one must not make the next differ.
    """
    paths = ["."]
    top, below = root.resolve(), results.resolve()
    if top != below and below.is_relative_to(top):  # git refuses paths outside the repository
        paths.append(f":(exclude,literal){below.relative_to(top).as_posix()}")
    try:
        commit = _git(root, "rev-parse", "HEAD")
        changes = _git(root, "status", "--porcelain", "--untracked-files=no", "--", *paths)
    except (OSError, subprocess.SubprocessError):
        return None
    return Git(commit=commit.strip(), dirty=bool(changes.strip()))


def _git(root: Path, *arguments: str) -> str:
    # Looking must not lock the index: a commit may be under way.
    command = ["git", "--no-optional-locks", "-C", str(root), *arguments]
    # The repository asked about is the one at `root`, whatever the environment points git at.
    environment = {name: v for name, v in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(  # noqa: S603 - fixed words and this project's own folders
        command, check=True, capture_output=True, text=True, timeout=20, env=environment
    ).stdout


def _versions() -> dict[str, str]:
    versions = {"jmle": __version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return versions
