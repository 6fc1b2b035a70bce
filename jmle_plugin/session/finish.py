"""From marks to everything that is said of one sitting: sheet, doubt, comparison, results file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jmle_plugin.compare.remake import with_doubt
from jmle_plugin.errors import ResultError
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark.epochs import score_epochs
from jmle_plugin.report.sheet import summary_line, unofficial
from jmle_plugin.report.terminal import Line, sheet_lines
from jmle_plugin.results.comparison import Ruling
from jmle_plugin.results.file import Results, build_results
from jmle_plugin.results.provenance import RunContext
from jmle_plugin.results.store import write_results
from jmle_plugin.session.auditing import Audited, audit_halves
from jmle_plugin.session.gate import Sat
from jmle_plugin.session.marks_taken import SittingMarks
from jmle_plugin.session.reports import write_reports
from jmle_plugin.session.settings import Settings

if TYPE_CHECKING:
    from jmle_plugin.session.baseline import Baseline


@dataclass(frozen=True, slots=True)
class Finished:
    """One sitting's results, where they were written, and what a baseline's gate says."""

    results: Results
    written: Sequence[str]
    """Which files were written, or why they could not be."""
    unwritten: str
    """Why the results or a report of them could not be written; empty where they were."""
    ruling: Ruling | None
    remark: str
    """Why there is no comparison; empty where there is one, or none was asked for."""
    audited: Audited | None = None
    """What came of an audit, of which this is the half with figures."""
    half: bool = False
    """True for the blind half of an audit: its verdict is told, and decides nothing."""

    @property
    def title(self) -> str:
        """Which sitting."""
        return f"{self.results.exam.id} · {self.results.run.name}"

    @property
    def sat(self) -> Sat:
        """The sitting as the gate sees it."""
        exam, run = self.results.exam.id, self.results.run.name
        how = "".join(f", {fact}" for fact in unofficial(self.results))
        return Sat(f"{exam} {run}{how}", self.results.sheet, decides=not self.half)

    def lines(self, columns: int, *, quiet: bool) -> Iterator[Line]:
        """The sheet and the comparison for people in lines of `columns`, or a line for each."""
        if quiet:
            yield Line(summary_line(self.results))
        else:
            yield from sheet_lines(self.results, columns)
        yield from self._comparison(columns, quiet=quiet)
        if not quiet:
            yield from (Line(line) for told in self.written for line in told.split("\n"))

    def _comparison(self, columns: int, *, quiet: bool) -> Iterator[Line]:
        compared = self.results.comparison
        if compared is not None:
            from jmle_plugin.report.comparison import headline, text_lines  # noqa: PLC0415

            if quiet:
                yield Line(f"against {compared.old.name}: {headline(compared)}")
            else:
                yield Line("")
                yield from map(Line, text_lines(compared, columns))
                yield Line("")
        elif self.remark:
            yield Line(self.remark)


def finish(
    taken: SittingMarks,
    settings: Settings,
    context: RunContext,
    baseline: Baseline | None,
    blind: SittingMarks | None = None,
) -> Finished:
    """Score, compare and write one sitting; audit it where `blind` is its other half."""
    exam, half = taken.sitting.exam, taken.sitting.half
    results = with_doubt(_scored(taken, settings, context), exam)
    audited = None
    if blind is not None:
        audited = audit_halves(results, _scored(blind, settings, context), exam)
        results = results.model_copy(update={"audit": audited.audit})
    ruling, remark = None, ""
    if baseline is not None and not half:
        compared = baseline.compare(results, exam)
        ruling, remark = compared.ruling, compared.refusal
        results = results.model_copy(update={"comparison": compared.comparison})
    written, unwritten = _write(results, exam, settings)
    return Finished(results, written, unwritten, ruling, remark, audited, half)


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
    told: list[str] = []
    try:
        file = write_results(settings.results, results, settings.reports.kinds, say=told.append)
    except ResultError as error:
        return [str(error)], f"the results could not be written: {error}"
    reports = write_reports(results, file, exam, settings)
    lines = [*told, f"Results: {file}", *(f"Report: {one}" for one in reports.written)]
    unwritten = [f"a report could not be written: {one}" for one in reports.problems]
    return [*lines, *reports.problems], "; ".join(unwritten)
