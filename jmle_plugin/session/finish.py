"""From marks to everything that is said of one sitting: sheet, doubt, comparison, results file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from jmle_plugin.ask.sitting import Sitting
from jmle_plugin.errors import ComparisonError, ResultError, RunError
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark.epochs import Asking, score_epochs
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark, mark_error
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.report.audit import audit_document
from jmle_plugin.report.audit import headline as audit_headline
from jmle_plugin.report.comparison import comparison_document, headline
from jmle_plugin.report.sheet import summary_line
from jmle_plugin.report.sheet_report import gates_document, sheet_document
from jmle_plugin.report.terminal import Line, terminal_lines
from jmle_plugin.results.comparison import Ruling
from jmle_plugin.results.doubt import Audit
from jmle_plugin.results.file import GateDecision, Results, build_results
from jmle_plugin.results.language import wording
from jmle_plugin.results.provenance import RunContext
from jmle_plugin.results.store import write_results
from jmle_plugin.session.gate import Sat, decisions
from jmle_plugin.session.reports import append_summary, write_reports
from jmle_plugin.session.settings import Settings

if TYPE_CHECKING:
    from jmle_plugin.compare.remake import Compared
    from jmle_plugin.session.baseline import Baseline


@dataclass
class SittingMarks:
    """The marks of one sitting."""

    sitting: Sitting
    asked: dict[Asking, None] = field(default_factory=dict)
    marks: dict[Asking, Mark] = field(default_factory=dict)
    marked_by: dict[Asking, str] = field(default_factory=dict)
    """What was asked -> node id of the test that marked it."""

    def put(self, asking: Asking, node_id: str, mark: Mark) -> None:
        """Take a mark. Two tests, or two different marks, make the question an error.

        Only what had no reply may be asked again (by a plugin that reruns failed tests).
        """
        first = self.marked_by.setdefault(asking, node_id)
        before = self.marks.get(asking)
        if first != node_id:
            self.error(asking, f"marked by two tests: {first} and {node_id}")
        elif before is None or before.outcome is Outcome.ERROR or before == mark:
            self.marks[asking] = mark
        else:
            self.error(asking, "marked more than once, and differently")

    @property
    def lacking(self) -> int:
        """How many of the sitting's seats have no mark of a reply."""
        marks = (self.marks.get((one.question.id, one.epoch)) for one in self.sitting.seats())
        return sum(mark is None or mark.outcome is Outcome.ERROR for mark in marks)

    def error(self, asking: Asking, message: str) -> None:
        """The question has no reply that could be marked."""
        exam, (name, epoch) = self.sitting.exam, asking
        self.marks[asking] = mark_error(
            exam.questions[name], exam.key, message.strip(), epoch=epoch
        )


@dataclass(frozen=True, slots=True)
class Audited:
    """An audit, or why there is none."""

    audit: Audit | None
    refusal: str = ""

    def lines(self, columns: int, *, quiet: bool) -> Iterator[Line]:
        """For people: the whole of it in lines of `columns`, or one line."""
        if self.audit is None:
            yield Line(self.refusal)
        elif quiet:
            yield Line(audit_headline(self.audit))
        else:
            yield from terminal_lines(audit_document(self.audit), columns)


@dataclass(frozen=True, slots=True)
class Finished:
    """One sitting's results, where they were written, and what a baseline's gate says."""

    results: Results
    exam: Exam
    compared: Compared | None = None
    """What came of a baseline; None where none was named."""
    audited: Audited | None = None
    """What came of an audit, of which this is the half with figures."""
    half: bool = False
    """True for the blind half of an audit: its verdict is shown, and decides nothing."""
    written: Sequence[str] = ()
    """Which files were written, or why they could not be."""
    unwritten: str = ""
    """Why the results or a report of them could not be written; empty where they were."""

    @property
    def title(self) -> str:
        """Which sitting."""
        return f"{self.results.exam.id} · {self.results.run.name}"

    @property
    def sat(self) -> Sat:
        """The sitting as the gate sees it."""
        return Sat.of(self.results, decides=not self.half)

    @property
    def ruling(self) -> Ruling | None:
        """What the baseline's gate decided, in the language in force; None where there is none."""
        return self.compared.ruling if self.compared else None

    def gates(self, settings: Settings) -> list[GateDecision]:
        """What the session's gate and the baseline's decided, in the language in force."""
        return decisions(self.sat, settings.gate, settings.pass_share, self.ruling)

    def lines(self, columns: int, *, quiet: bool) -> Iterator[Line]:
        """The sheet and the comparison for people in lines of `columns`, or a line for each."""
        if quiet:
            yield Line(summary_line(self.results))
        else:
            yield from terminal_lines(sheet_document(self.results), columns)
        yield from self._comparison(columns, quiet=quiet)
        if not quiet:
            yield from (Line(line) for texts in self.written for line in texts.split("\n"))

    def _comparison(self, columns: int, *, quiet: bool) -> Iterator[Line]:
        compared = self.results.comparison
        if compared is not None:
            if quiet:
                sentence = headline(compared)
                yield Line(wording("comparison.line", run=compared.old.name, headline=sentence))
            else:
                yield Line("")
                yield from terminal_lines(comparison_document(compared), columns)
                yield Line("")
        elif self.compared is not None:
            yield Line(self.compared.refusal)


def finish(
    taken: SittingMarks,
    settings: Settings,
    context: RunContext,
    baseline: Baseline | None,
    blind: SittingMarks | None = None,
) -> Finished:
    """Score, compare and judge one sitting; audit it where `blind` is its other half."""
    exam, half = taken.sitting.exam, taken.sitting.half
    for one in filter(None, (taken, blind)):
        with suppress(RunError):  # then nothing is known but what was asked for
            one.sitting = one.sitting.as_kept()
    results = _scored(taken, settings, context)
    if results.sheet.bench or results.sheet.verdict is not Verdict.PARTIAL:
        # Needs numpy, which workers and partial sittings never load.
        from jmle_plugin.compare.habits import with_doubt  # noqa: PLC0415

        results = with_doubt(results, exam)
    audited = None
    if blind is not None:
        audited = audit_halves(results, _scored(blind, settings, context), exam)
        results = results.model_copy(update={"audit": audited.audit})
    compared = None
    if baseline is not None and not half:
        compared = baseline.compare(results, exam)
        results = results.model_copy(update={"comparison": compared.comparison})
    made = Finished(results, exam, compared, audited, half)
    judged = results.model_copy(update={"gates": made.gates(settings)})
    return replace(made, results=judged)


def write_all(finished: Sequence[Finished], settings: Settings) -> list[Finished]:
    """Write every sitting's results and reports; what the gates decided begins a job's summary."""
    problem = ""
    try:
        gates = [gate for one in finished for gate in one.gates(settings)]
        append_summary(gates_document(gates), settings)
    except ResultError as error:
        problem = f"a report could not be written: {error}"
    done: list[Finished] = []
    for one in finished:
        written, unwritten = _write(one.results, one.exam, settings)
        problems = "; ".join(filter(None, [unwritten, "" if done else problem]))
        done.append(replace(one, written=written, unwritten=problems))
    return done


def _scored(taken: SittingMarks, settings: Settings, context: RunContext) -> Results:
    sitting = taken.sitting
    return build_results(
        sitting,
        score_epochs(sitting.exam, taken.marks, taken.asked, sitting.run.epochs),
        [mark for asking, mark in taken.marks.items() if asking in taken.asked],
        extraction=settings.extraction,
        context=context,
    )


def _write(results: Results, exam: Exam, settings: Settings) -> tuple[Sequence[str], str]:
    """Write the results and then their reports: lines on what was written, and what was not."""
    said: list[str] = []
    try:
        file = write_results(settings.results, results, settings.reports.kinds, say=said.append)
    except ResultError as error:
        return [str(error)], f"the results could not be written: {error}"
    reports = write_reports(results, file, exam, settings)
    lines = [
        *said,
        wording("sheet.results_file", file=file),
        *(wording("sheet.report_file", file=one) for one in reports.written),
    ]
    unwritten = [f"a report could not be written: {one}" for one in reports.problems]
    return [*lines, *reports.problems], "; ".join(unwritten)


def share_text_only(taken: Sequence[SittingMarks]) -> None:
    """Give blind halves the marks of the text-only questions that the other halves asked."""
    for one in taken:
        blind = blind_half(taken, one)
        if blind is None or not blind.asked:
            continue
        for asking in one.asked:
            if blind.sitting.borrows(one.sitting.exam.questions[asking[0]]):
                blind.asked[asking] = None
                if asking in one.marks:
                    blind.marks[asking] = one.marks[asking]


def blind_half(taken: Sequence[SittingMarks], vision: SittingMarks) -> SittingMarks | None:
    """The other half of an audit; None where `vision` is not one of two."""
    for one in taken:
        exam, source = one.sitting.exam.id, one.sitting.run.text_only_from
        if one.sitting.half and (exam, source) == (vision.sitting.exam.id, vision.sitting.run.run):
            return one
    return None


def audit_halves(vision: Results, blind: Results, exam: Exam) -> Audited:
    """Audit two sittings, or say why that cannot be."""
    from jmle_plugin.compare.audit import audit  # noqa: PLC0415 - numpy, only for an audit

    try:
        return Audited(audit(vision, blind, exam))
    except ComparisonError as error:
        return Audited(None, f"{vision.run.name} {error.problem}")
