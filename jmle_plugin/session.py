"""The one aggregator: collects marks where the session ends, and finishes it.

An `ExamSession` is registered as a plugin in the only process, or on the xdist
controller; workers have none.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from jmle_plugin.ask.sitting import Sitting
from jmle_plugin.collection import exam_ids, seat_id
from jmle_plugin.errors import ResultError
from jmle_plugin.gate import Decision, Sat, decide
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark, mark_error
from jmle_plugin.mark.scoring import build_sheet
from jmle_plugin.options import Settings
from jmle_plugin.outcomes import mark_of
from jmle_plugin.report.provenance import RunContext
from jmle_plugin.report.results import Results, build_results, write_results
from jmle_plugin.report.terminal import sheet_lines, summary_line


@dataclass
class Progress:
    """What is known of one sitting while it runs."""

    sitting: Sitting
    asked: dict[str, None] = field(default_factory=dict)
    marks: dict[str, Mark] = field(default_factory=dict)
    marked_by: dict[str, str] = field(default_factory=dict)
    """Question -> node id of the test that marked it."""

    def put(self, question: str, node_id: str, mark: Mark) -> None:
        """Take a mark; two tests marking one question make it an error."""
        first = self.marked_by.setdefault(question, node_id)
        if first == node_id:
            self.marks[question] = mark
        else:
            self.error(question, f"marked by two tests: {first} and {node_id}")

    def error(self, question: str, message: str) -> None:
        """The question has no reply that could be marked."""
        exam = self.sitting.exam
        self.marks[question] = mark_error(exam.questions[question], exam.key, message.strip())


class ExamSession:
    """Marks in; sheets, result files and the exit status out."""

    def __init__(self, settings: Settings, sittings: Sequence[Sitting], workers: str) -> None:
        self._settings = settings
        self._context = RunContext.start(settings.root, settings.results, workers)
        self._progress = [Progress(sitting) for sitting in sittings]
        self._seats = {
            seat_id(one.sitting, name, several=len(sittings) > 1): (one, name)
            for one in self._progress
            for name in one.sitting.exam.questions
        }
        self._other_failures = 0
        self._finished: list[tuple[Results, str]] = []
        self._decision: Decision | None = None

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Without xdist: remember what was selected."""
        self._selected(exam_ids(session.items))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """With xdist: every worker tells the same selection."""
        self._selected(ids)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the mark a report carries, or the failure it stands for."""
        found = self._seats.get(_seat_part(report.nodeid))
        if found is None or report.when == "teardown":
            self._other_failures += report.failed
        elif (mark := mark_of(report)) is not None:
            found[0].put(found[1], report.nodeid, mark)
            # Marked as correct and failed all the same: somebody's own assertion.
            self._other_failures += report.failed and mark.outcome is Outcome.CORRECT
        elif report.failed:
            found[0].error(found[1], report.longreprtext or "the worker died")

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(
        self, session: pytest.Session, exitstatus: int
    ) -> Generator[None, None, None]:
        """Make the sheets, write the results, decide the exit status.

        The innermost wrapper: after other plugins, some of which fold pytest's own status
        into the session's once more (syrupy does), and before the terminal's summary.
        """
        yield
        asked = [one for one in self._progress if one.asked]
        if session.config.getoption("collectonly") or not asked:
            return
        sat = [self._finish(one) for one in asked]
        self._decision = decide(
            int(exitstatus),
            self._settings.gate,
            sat,
            asked=self._settings.gate_asked,
            other_failures=self._other_failures,
        )
        spoiled = exitstatus == 0 and session.exitstatus != 0
        if not spoiled:
            session.exitstatus = self._decision.status

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the sheets and the sentence that decided."""
        if self._decision is None:
            return
        for results, written in self._finished:
            if terminalreporter.verbosity < 0:
                terminalreporter.write_line(summary_line(results))
                continue
            terminalreporter.write_sep("=", f"{results.exam.id} · {results.run.name}")
            for line in sheet_lines(results):
                terminalreporter.write_line(line.text, **line.markup)
            terminalreporter.write_line(written)
        terminalreporter.write_line(self._decision.reason)

    def _selected(self, node_ids: Iterable[str]) -> None:
        for node_id in node_ids:
            if found := self._seats.get(_seat_part(node_id)):
                found[0].asked[found[1]] = None

    def _finish(self, one: Progress) -> Sat:
        sitting = one.sitting
        sheet = build_sheet(sitting.exam, one.marks, one.asked)
        results = build_results(
            sitting, sheet, one.marks, extraction=self._settings.extraction, context=self._context
        )
        try:
            written = f"Results: {write_results(self._settings.results, results)}"
        except ResultError as error:
            self._other_failures += 1
            written = str(error)
        self._finished.append((results, written))
        return Sat(f"{sitting.exam.id} {sitting.run.run}", sheet)


def _seat_part(node_id: str) -> str:
    return node_id.partition("[")[2].removesuffix("]")
