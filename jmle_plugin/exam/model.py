"""The exam as plain values: questions, answer key, pass criteria.

Nothing here reads files; `pack` does, and hands these out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from jmle_plugin.exam.kinds import QuestionKind, takes

NO_RULE = "none"
"""The rule of a bench whose project has none: replies are read by the standard one."""


class NumericRule(StrEnum):
    """How a key state compares numeric answers."""

    NUMBER = "number"
    """As numbers: 0.4 equals 0.40."""
    TEXT = "text"
    """As written: 0.4 differs from 0.40."""


class Treatment(StrEnum):
    """What the examiners decided about a question after the sitting."""

    STANDARD = "standard"
    CREDIT_ALL = "credit_all"
    """Everybody gets the points."""
    EXCLUDE = "exclude"
    """採点対象から除外する: counts for no examinee."""
    EXCLUDE_IF_WRONG = "exclude_if_wrong"
    """Counts only for those who got it right."""


@dataclass(frozen=True, slots=True)
class Image:
    """One figure of a question; ``path`` has been hashed and its header checked."""

    name: str
    path: Path
    sha256: str
    media_type: str
    width: int
    height: int
    size: int
    """Bytes on disk."""


@dataclass(frozen=True, slots=True)
class Serial:
    """連問: consecutive questions that share one context text."""

    id: str
    text: str
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """One question as the candidate reads it.

    ``text`` is complete: stem and options. ``options`` repeats the options by label
    for reports and checks; its keys are all the labels it offers, and
    it is empty for a numeric question.
    """

    id: str
    block: str
    number: int
    section: str
    kind: QuestionKind
    text: str
    points: int
    wrong: int = 0
    """What a wrong answer is worth, in points: 0 or less; no answer is always worth 0."""
    select: int = 1
    options: Mapping[str, str] = field(default_factory=dict)
    stem: str = ""
    """The source's own text of it, without options and without the questions before it in its
    case; empty where that is not known apart from ``text``."""
    images: tuple[Image, ...] = ()
    references: tuple[str, ...] = ()
    """What its text calls each of ``images``, where the source says that."""
    figures_missing: bool = False
    """It was printed with figures that its data set does not have: asked without them."""
    serial: Serial | None = None
    prohibited: frozenset[str] = frozenset()
    """禁忌肢: labels whose choice counts against the candidate."""
    subject: str = ""
    visual_types: tuple[str, ...] = ()
    """What its figures are (radiograph, ECG, ...), in the source's words."""
    image_dependency: str = ""
    """How far it can be answered without its figures, in the source's words."""
    human_accuracy: float | None = None
    """Share of human candidates who were right, 0 to 1; None where it is not known."""
    language: str = "ja"
    rationale: str = ""
    rule: str = ""
    """Whose own rule reads a reply to it, where that is not JMLE2026-Bench's (`mark/published`)."""

    @property
    def form(self) -> str:
        """What has to be written down: the name of one of its kind's forms."""
        return self.kind.form(self.select).name

    @property
    def case(self) -> str:
        """What it stands or falls with: its serial group, or itself alone."""
        return self.serial.id if self.serial else self.id

    @property
    def has_figures(self) -> bool:
        """Whether it was printed with figures, be they here or not."""
        return bool(self.images) or self.figures_missing

    def takes(self, count: int) -> bool:
        """Whether so many answers are as many as it asks for."""
        return takes(self, count)

    @property
    def labels(self) -> tuple[str, ...]:
        """The option labels in the order printed."""
        return tuple(self.options)


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """The accepted answers of one question under one key state.

    Each accepted answer is a sorted tuple of labels, the labels in the order asked for, or
    a 1-tuple with the number as the examiners wrote it.
    """

    accepted: tuple[tuple[str, ...], ...]
    treatment: Treatment = Treatment.STANDARD


@dataclass(frozen=True, slots=True)
class Criterion:
    """A threshold in points of a stated maximum, and the questions it is about.

    ``ratio`` (numerator, denominator) decides where exclusions make a candidate's own
    maximum differ from the stated one. Without ``sections`` it is about the section of its
    own name; with ``subjects``, only about their questions. Without a ``title`` it has its
    section's.
    """

    name: str
    threshold: int
    maximum: int
    ratio: tuple[int, int] | None = None
    title: str = ""
    sections: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()

    def counts(self, question: Question) -> bool:
        """Whether `question` counts towards it."""
        if self.subjects and question.subject not in self.subjects:
            return False
        return question.section in (self.sections or (self.name,))


@dataclass(frozen=True, slots=True)
class ProhibitedRule:
    """At most ``limit`` prohibited choices; evaluable only where a list is published."""

    limit: int
    listed: bool


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """One named state of the answer key with the thresholds that go with it."""

    state: str
    title: str
    entries: Mapping[str, KeyEntry]
    criteria: tuple[Criterion, ...]
    prohibited: ProhibitedRule | None
    numeric: NumericRule = NumericRule.NUMBER
    default: bool = True
    """Whether the exam is marked by this state unless another is named."""
    unconfirmed: tuple[str, ...] = ()
    """What its source could not confirm, a sentence each."""
    not_evaluated: tuple[str, ...] = ()
    """Official criteria that no sheet evaluates, and why, a sentence each."""
    measures: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of a bench: section -> its measures; empty for an exam."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the exam that pass criteria speak of."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Block:
    """A booklet of the exam (A to F)."""

    id: str
    questions: int


@dataclass(frozen=True, slots=True)
class Exam:
    """One sitting: its questions in order, its rules, and one key state."""

    id: str
    title: str
    edition: int
    profession: str
    language: str
    licence: str
    synthetic: bool
    """True for exams written as samples: no result on them says anything about medicine."""
    sections: tuple[Section, ...]
    blocks: tuple[Block, ...]
    questions: Mapping[str, Question]
    key: AnswerKey
    key_states: tuple[str, ...]
    hash: str
    """sha256 over rules, questions, key states and image digests."""
    defects: Mapping[str, str] = field(default_factory=dict)
    """Question -> what is wrong with it in the data set, known and not to be mended here."""
    notes: tuple[str, ...] = ()
    """What else is to be known of the data set, a sentence each."""
    source: str = ""
    """The folder its questions were read from, where its pack knows several data sets."""
    other_source: bool = False
    """Whether that is another than the first of its pack's."""
    absent: tuple[Question, ...] = ()
    """Questions of the paper that the data set lacks, those excluded for all left out: nothing
    but place and points is known of them."""
    cases_told: bool = True
    """Whether the data set says which questions share a case; else each is taken as its own."""
    no_verdict: str = ""
    """Why no verdict can be reached, whatever is answered; empty where one can."""
    data_root: Path | None = field(default=None, compare=False)
    """The folder with a folder per source, where words of published prompts lie as well."""

    @property
    def section_titles(self) -> dict[str, str]:
        """Section -> its title."""
        return {section.id: section.title for section in self.sections}

    @property
    def bench(self) -> bool:
        """Whether it has measures instead of a pass mark."""
        return bool(self.key.measures)

    @property
    def credited(self) -> tuple[Question, ...]:
        """Questions the data set lacks whose points everybody gets by this key state."""
        entries = self.key.entries
        return tuple(
            one for one in self.absent if entries[one.id].treatment is Treatment.CREDIT_ALL
        )

    @property
    def lacking(self) -> tuple[str, ...]:
        """Questions the data set lacks that count: without them there is no verdict."""
        credited = {one.id for one in self.credited}
        return tuple(one.id for one in self.absent if one.id not in credited)

    @property
    def figureless(self) -> bool:
        """Whether the questions had figures of which not one is here."""
        questions = self.questions.values()
        return any(q.figures_missing for q in questions) and not any(q.images for q in questions)
