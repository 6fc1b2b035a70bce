"""What every adapter hands over: questions as printed, before rules and key are applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.model import Treatment


@dataclass(frozen=True, slots=True)
class PaperSerial:
    """A context text shared by several questions."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class PaperQuestion:
    """One question of a source; `text` already holds the options."""

    id: str
    block: str
    number: int
    kind: QuestionKind
    text: str
    answer: tuple[str, ...]
    also: tuple[tuple[str, ...], ...] = ()
    """Other answers the source accepts as well."""
    treatment: Treatment = Treatment.STANDARD
    """What the source itself says of it, until a key state decides; one that is excluded for
    all may have no answer."""
    select: int = 1
    options: Mapping[str, str] = field(default_factory=dict)
    images: tuple[str, ...] = ()
    """File names in the paper's image folder."""
    figures_missing: bool = False
    """Its figures are not in the source."""
    serial: PaperSerial | None = None
    prohibited: tuple[str, ...] = ()
    subject: str = ""
    visual_types: tuple[str, ...] = ()
    """What its figures are (radiograph, ECG, ...), in the source's words."""
    human_accuracy: float | None = None
    """Share of human candidates who were right, 0 to 1."""
    points: int | None = None
    """What the source says it counts; 0 where the source leaves it out of the scoring.
    `exam.toml` must agree, or leave it to the source."""
    language: str = ""
    rationale: str = ""
    image_dependency: str = ""
    """How far it can be answered without its figures, in the source's words."""
    defect: str = ""
    """What is wrong with it in the source, as a sentence for people; empty where nothing is."""


@dataclass(frozen=True, slots=True)
class Paper:
    """All questions of a source in the order printed, and where its images lie."""

    file: Path
    """What errors name."""
    images: Path
    questions: tuple[PaperQuestion, ...]
    parts: tuple[Path, ...] = ()
    """The files read, where `file` is a folder that holds several."""
    notes: tuple[str, ...] = ()
    """What has to be known of all of it, a sentence each."""
    gaps: bool = False
    """The source leaves questions out: these are named, where others would be refused."""
