"""What a session says at its end, on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from jmle_plugin.errors import ResultError
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.report.document import Title
from jmle_plugin.report.sheet_report import Unasked, overview_document
from jmle_plugin.report.terminal import Line, columns_of, terminal_lines
from jmle_plugin.results.file import Results
from jmle_plugin.results.language import joined, wording
from jmle_plugin.session.collection import seat_part
from jmle_plugin.session.finish import Finished, SittingMarks
from jmle_plugin.session.gate import FAILED, ExitDecision
from jmle_plugin.session.outcomes import WRONG, wrong_lines
from jmle_plugin.session.reports import append_summary
from jmle_plugin.session.settings import Settings


@dataclass(frozen=True, slots=True)
class Overview:
    """The sittings side by side."""

    sat: Sequence[Results]
    unasked: Sequence[Unasked]
    unwritten: str = ""
    """Why it could not be written where it was asked for; empty where it was."""

    def lines(self, columns: int) -> Iterator[Line]:
        """For people, in lines of at most `columns`."""
        yield from terminal_lines(overview_document(self.sat, self.unasked), columns)
        if self.unwritten:
            yield Line(self.unwritten)


def make_overview(
    taken: Sequence[SittingMarks], finished: Sequence[Finished], settings: Settings
) -> Overview | None:
    """Put the sittings side by side, in the job's summary as well; None where one exam was sat."""
    if len({one.sitting.exam.id for one in taken}) < 2 or not finished:  # noqa: PLR2004
        return None
    sat = [one.results for one in finished]
    unasked = [
        Unasked(one.sitting.exam.id, one.sitting.exam.profession, one.sitting.run.run)
        for one in taken
        if not one.asked
    ]
    try:
        append_summary(
            (Title(wording("overview.title"), 2), *overview_document(sat, unasked)), settings
        )
    except ResultError as error:
        return Overview(sat, unasked, f"a report could not be written: {error}")
    return Overview(sat, unasked)


@dataclass(frozen=True, slots=True)
class Ending:
    """All that came of a session."""

    taken: Sequence[SittingMarks]
    finished: Sequence[Finished]
    overview: Overview | None
    """Where several exams were sat."""
    seats: Mapping[str, SittingMarks]
    """By the part of a node id in brackets, in the exam's order."""
    not_asked: Mapping[str, str]
    """A run's address -> why asking it ended early."""
    decision: ExitDecision
    problem: str
    """What makes every sheet doubtful; empty where nothing does."""

    def tell(self, terminalreporter: Any) -> None:
        """Print the sheets and the sentence that decided."""
        quiet = terminalreporter.verbosity < 0
        columns = columns_of(terminalreporter.config.get_terminal_writer().fullwidth)
        for title, reports in self._wrong(terminalreporter).items():
            lines = (line for report in reports for line in wrong_lines(report, columns))
            _write(terminalreporter, title, lines)
        for one in self.finished:
            _write(terminalreporter, one.title, one.lines(columns, quiet=quiet))
        for one in self.finished:
            if one.audited is not None:
                title = wording("audit.heading", title=one.title)
                _write(terminalreporter, title, one.audited.lines(columns, quiet=quiet))
        if self.overview is not None and not quiet:
            _write(terminalreporter, wording("overview.heading"), self.overview.lines(columns))
        if not quiet or self._unexpected():
            for sentence in (*self._ended_early(), self.decision.reason):
                terminalreporter.write_line(sentence)

    def _wrong(self, terminalreporter: Any) -> dict[str, list[pytest.TestReport]]:
        """Title -> reports of wrong answers in the exam's order; none where none is asked for."""
        options = terminalreporter.config.option
        if terminalreporter.verbosity < 0 or options.tbstyle == "no" or options.no_summary:
            return {}
        given = {seat_part(one.nodeid): one for one in terminalreporter.stats.get(WRONG, [])}
        found: dict[str, list[pytest.TestReport]] = {}
        for name, taken in self.seats.items():
            if name in given:
                whose = [named(taken, self.taken)] if len(self.taken) > 1 else []
                title = wording("list.facts").join([wording("exit.wrong_answers"), *whose])
                found.setdefault(title, []).append(given[name])
        return found

    def _unexpected(self) -> bool:
        """Whether the one line of a quiet session would leave its exit status unexplained."""
        verdicts = {one.sat.sheet.verdict for one in self.finished}
        refused = any(one.ruling is not None and not one.ruling.passed for one in self.finished)
        explained = verdicts & {Verdict.FAIL, Verdict.PARTIAL} and not self.problem
        return self.decision.status == FAILED and (refused or not explained)

    def _ended_early(self) -> Iterator[str]:
        for reason in dict.fromkeys(self.not_asked.values()):
            runs = [
                named(one, self.taken)
                for one in self.taken
                if self.not_asked.get(one.sitting.run.address) == reason
            ]
            if len(runs) == len(self.taken):
                yield wording("exit.asking_ended", reason=reason)
            else:
                yield wording("exit.asking_ended_of", runs=joined(runs), reason=reason)


def named(one: SittingMarks, among: Sequence[SittingMarks]) -> str:
    """A sitting in few words: its run, and its exam where there are several."""
    run = one.sitting.run
    several = any(other.sitting.exam.id != run.exam for other in among)
    return f"{run.exam} {run.run}" if several else run.run


def _write(terminalreporter: Any, title: str, lines: Iterable[Line]) -> None:
    """Print lines, below a title of their own unless the session is a quiet one."""
    if terminalreporter.verbosity >= 0:
        terminalreporter.write_sep("=", title)
    for line in lines:
        terminalreporter.write_line(line.text, **line.markup)
