"""What a results file holds: `results/<exam>/<run>.json`, a versioned schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from jmle_plugin.ask.run import PARTIAL, PEOPLE, RunName
from jmle_plugin.ask.sitting import Sitting
from jmle_plugin.exam.keys import Name
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.epochs import majority
from jmle_plugin.mark.marks import Mark
from jmle_plugin.mark.sheet import Sheet
from jmle_plugin.results.comparison import Comparison, Decision
from jmle_plugin.results.doubt import Audit, Confidence, Letter, VerdictDoubt
from jmle_plugin.results.provenance import Provenance, RunContext, build_provenance
from jmle_plugin.strict import Strict, absent, empty

SCHEMA_VERSION = 2


class ExamInfo(Strict):
    """Which sitting."""

    id: Name
    title: str
    edition: int
    profession: str
    synthetic: bool
    """True for sample exams: their results say nothing about medicine."""
    cases_told: bool = Field(default=True, exclude_if=lambda value: value)
    """False where its data set does not say which questions share a case (連問); else left out."""


class RunIdentity(Strict):
    """Who sat it."""

    name: RunName
    model: str
    title: str
    """The name for people; says so where replies were scripted."""
    scripted: bool

    @property
    def people(self) -> bool:
        """Whether examinees sat it: they saw the figures, and no prompt."""
        return self.model.startswith(PEOPLE)


class QuestionFacts(Strict):
    """What is kept of a question, so that runs are compared and ranked without their exam.

    None of its text. The table stands once in a file: epochs and marks share it.
    """

    section: str
    block: str
    kind: str
    """What has to be written down: a form of its kind."""
    points: int
    case: str = Field(default="", exclude_if=empty)
    """The questions that share a case (連問) have its id; left out where one stands alone."""
    criteria: list[str] = Field(default=[], exclude_if=empty)
    """The official criteria it counts towards."""
    subject: str = Field(default="", exclude_if=empty)
    figures: bool = Field(default=False, exclude_if=empty)
    """Whether the data set has figures for it."""
    figures_missing: bool = Field(default=False, exclude_if=empty)
    """Whether it was printed with figures that the data set lacks."""


def question_facts(exam: Exam) -> dict[str, QuestionFacts]:
    """Question id -> what is kept of it, in the exam's order."""
    return {
        one.id: QuestionFacts(
            section=one.section,
            block=one.block,
            kind=one.form,
            points=one.points,
            case=one.serial.id if one.serial else "",
            criteria=[rule.name for rule in exam.key.criteria if rule.counts(one)],
            subject=one.subject,
            figures=bool(one.images),
            figures_missing=one.figures_missing,
        )
        for one in exam.questions.values()
    }


class GateDecision(Strict):
    """What a gate of the session that wrote the file decided on this run.

    `p` is the p-value that decided, `bound` the lower bound of the difference in points and
    `margin` the loss in points that had to be excluded; each is null where the gate has none.
    """

    name: str
    decision: Decision
    sentence: str
    p: float | None = None
    bound: float | None = None
    margin: float | None = None


class Results(Strict):
    """One sitting: its sheet, every mark, and where it all comes from.

    Points are exam points, tokens are counts, `provenance.run` alone varies between
    sessions over the same cassettes.
    """

    schema_version: Literal[1, 2] = Field(default=2, alias="schema")
    exam: ExamInfo
    run: RunIdentity
    sheet: Sheet
    marks: list[Mark]
    """In the exam's order, the epochs of a question together; what was never asked is not in it."""
    questions: dict[str, QuestionFacts] = Field(default={})
    """Of each question with a mark, in the exam's order; empty in files of schema 1."""
    provenance: Provenance
    doubt: VerdictDoubt | None = None
    """How sure the verdict is; null where there is none."""
    letters: dict[str, Letter] = Field(default={}, exclude_if=empty)
    """The letters of wrong answers; left out where none is wrong, or the sitting is partial."""
    confidence: Confidence | None = Field(default=None, exclude_if=absent)
    """How far recorded confidence is to be believed; left out where none was recorded."""
    comparison: Comparison | None = None
    """Against a baseline; null where none was named."""
    audit: Audit | None = None
    """What the figures are worth; null but for the half of an audit that was shown them."""
    gates: list[GateDecision] = Field(default=[])
    """The session's gate, then the baseline's; empty where no session decided on this run."""

    def by_question(self) -> dict[str, list[Mark]]:
        """Question -> its marks, one of each epoch it was asked in."""
        found: dict[str, list[Mark]] = {}
        for mark in self.marks:
            found.setdefault(mark.question, []).append(mark)
        return found

    def scored(self) -> dict[str, Mark]:
        """Question -> the mark that is scored: that of the majority answer."""
        return {name: majority(marks) for name, marks in self.by_question().items()}


def build_results(
    sitting: Sitting,
    sheet: Sheet,
    marks: Iterable[Mark],
    *,
    extraction: Extraction,
    context: RunContext,
) -> Results:
    """Put the results of one sitting together; `marks` may come in any order."""
    exam, run = sitting.exam, sitting.run
    place = {name: number for number, name in enumerate(exam.questions)}
    ordered = sorted(marks, key=lambda mark: (place[mark.question], mark.epoch))
    return Results(
        exam=ExamInfo(
            id=exam.id,
            title=exam.title,
            edition=exam.edition,
            profession=exam.profession,
            synthetic=exam.synthetic,
            cases_told=exam.cases_told,
        ),
        run=RunIdentity(name=run.run, model=run.model, title=run.title, scripted=run.scripted),
        sheet=sheet,
        marks=[mark.model_copy(update={"sent": {}}) for mark in ordered],
        questions=_asked(question_facts(exam), ordered),
        provenance=build_provenance(sitting, ordered, extraction, context),
    )


def _asked(facts: Mapping[str, QuestionFacts], marks: Iterable[Mark]) -> dict[str, QuestionFacts]:
    return {mark.question: facts[mark.question] for mark in marks}


def result_file(folder: Path, results: Results) -> Path:
    """Where results belong: a partial sitting never takes the place of a full one."""
    partial = PARTIAL if results.sheet.part else ""
    return folder / results.exam.id / f"{results.run.name}{partial}.json"


def dump_results(results: Results) -> dict[str, Any]:
    """The results as JSON values."""
    sent = {"marks": {"__all__": {"sent"}}}
    return results.model_dump(mode="json", by_alias=True, exclude=sent)
