"""The one aggregator: collects marks where the session ends, and finishes it.

An `ExamSession` is registered as a plugin in the only process, or on the xdist
controller; workers have none.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from jmle_plugin.ask.sitting import Sitting
from jmle_plugin.collection import exam_ids, seats
from jmle_plugin.errors import ResultError
from jmle_plugin.gate import FAILED, Decision, Sat, decide
from jmle_plugin.mark.epochs import Asking, score_epochs
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark, mark_error
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.options import Settings
from jmle_plugin.outcomes import mark_of
from jmle_plugin.report.provenance import RunContext
from jmle_plugin.report.results import Results, build_results, write_results
from jmle_plugin.report.terminal import sheet_lines, summary_line, unofficial


@dataclass
class Progress:
    """What is known of one sitting while it runs."""

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

    def error(self, asking: Asking, message: str) -> None:
        """The question has no reply that could be marked."""
        exam, (name, epoch) = self.sitting.exam, asking
        self.marks[asking] = mark_error(
            exam.questions[name], exam.key, message.strip(), epoch=epoch
        )


class ExamSession:
    """Marks in; sheets, result files and the exit status out."""

    def __init__(self, settings: Settings, sittings: Sequence[Sitting], workers: str) -> None:
        self._settings = settings
        self._context = RunContext.start(settings.root, settings.results, workers)
        self._progress = [Progress(sitting) for sitting in sittings]
        progress = {one.sitting.run.run: one for one in self._progress}
        self._seats = {
            name: (progress[seat.sitting.run.run], (seat.question.id, seat.epoch))
            for name, seat in seats(sittings).items()
        }
        self._collected: list[str] = []
        self._marking: set[str] = set()
        """Node ids, without brackets, of the tests that mark."""
        self._misplaced: set[str] = set()
        """Node ids of tests that marked a question their id does not name."""
        self._explained = 0
        """Failed reports that the sheets account for."""
        self._unwritten = ""
        self._not_asked = ""
        self._finished: list[tuple[Results, str]] = []
        self._decision: Decision | None = None

    def not_asked(self, reason: str) -> None:
        """Asking ends before its end: every seat left without a mark is an error.

        The sheet is then incomplete, even in a session that was stopped. Without this call,
        what a stopped session did not reach was not asked, and its sheet is partial.
        """
        self._not_asked = reason

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Without xdist: remember what was selected."""
        for node_id in exam_ids(session.items):
            known = _seat_part(node_id) in self._seats
            (self._collected.append if known else self._misplaced.add)(node_id)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """With xdist: every worker tells the same selection."""
        self._collected += [name for name in ids if _seat_part(name) in self._seats]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the mark a report carries, or the failure it stands for."""
        found = self._seats.get(_seat_part(report.nodeid))
        if found is not None and report.when == "teardown" and report.failed:
            # Its reply may not have been recorded: the mark could not be made again.
            found[0].error(found[1], f"failed after it was marked: {report.longreprtext}")
        mark = mark_of(report) if report.when != "teardown" else None
        if mark is not None and (found is None or found[1] != (mark.question, mark.epoch)):
            self._misplaced.add(report.nodeid)
        elif mark is not None and found is not None:
            self._marking.add(_test_part(report.nodeid))
            found[0].put(found[1], report.nodeid, mark)
            self._explained += report.failed and mark.outcome is not Outcome.CORRECT
        elif found is not None and report.when not in ("setup", "call", "teardown"):
            # xdist makes up a report where a worker died.
            found[0].error(found[1], report.longreprtext or "the worker died")
            self._explained += report.failed

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(
        self, session: pytest.Session, exitstatus: int
    ) -> Generator[None, None, None]:
        """Make the sheets, write the results, decide the exit status.

        The innermost wrapper: after other plugins, some of which fold pytest's own status
        into the session's once more (syrupy does), and before the terminal's summary.
        """
        yield
        if any(session.config.getoption(name) for name in ("collectonly", "setuponly")):
            return
        stopped = exitstatus > 1 or bool(session.shouldstop or session.shouldfail)
        self._select(stopped=stopped)
        asked = [one for one in self._progress if one.asked]
        sat = [self._finish(one) for one in asked]
        problem = self._problem()
        if not asked and not problem:
            return
        self._decision = decide(
            int(exitstatus),
            self._settings.gate,
            sat,
            asked=self._settings.gate_asked,
            other_failures=session.testsfailed - self._explained,
            problem=problem,
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
        if terminalreporter.verbosity >= 0 or self._unexpected():
            if self._not_asked:
                terminalreporter.write_line(f"Asking ended early: {self._not_asked}")
            terminalreporter.write_line(self._decision.reason)

    def _unexpected(self) -> bool:
        """Whether the one line of a quiet session would leave its exit status unexplained."""
        verdicts = {results.sheet.verdict for results, _ in self._finished}
        failed = self._decision is not None and self._decision.status == FAILED
        return failed and not verdicts & {Verdict.FAIL, Verdict.PARTIAL}

    def _select(self, *, stopped: bool) -> None:
        """Settle what was asked.

        xdist tells ids only, and somebody's own test may happen to have a question's. In a
        session that was stopped, what was not reached was not asked.
        """
        for node_id in self._collected:
            if not self._marking or _test_part(node_id) in self._marking:
                one, asking = self._seats[_seat_part(node_id)]
                if self._not_asked and asking not in one.marks:
                    one.error(asking, self._not_asked)
                if asking in one.marks or not stopped:
                    one.asked[asking] = None

    def _problem(self) -> str:
        """What makes every sheet of this session doubtful, as a sentence."""
        if self._unwritten:
            return f"the results could not be written: {self._unwritten}"
        if self._misplaced:
            return (
                f"{min(self._misplaced)} marks a question that its id does not name: "
                "exam tests are parametrized by the suite alone"
            )
        if self._settings.gate == "official" and self._settings.gate_asked:
            for one in self._progress:
                if not one.asked:
                    return f"gate official: no question of {one.sitting.run.run} was asked"
        return ""

    def _finish(self, one: Progress) -> Sat:
        sitting = one.sitting
        sheet = score_epochs(sitting.exam, one.marks, one.asked, sitting.run.epochs)
        results = build_results(
            sitting,
            sheet,
            one.marks.values(),
            extraction=self._settings.extraction,
            context=self._context,
        )
        try:
            written = f"Results: {write_results(self._settings.results, results)}"
        except ResultError as error:
            written = self._unwritten = str(error)
        self._finished.append((results, written))
        how = "".join(f", {fact}" for fact in unofficial(results))
        return Sat(f"{sitting.exam.id} {sitting.run.run}{how}", sheet)


def _test_part(node_id: str) -> str:
    return node_id.partition("[")[0]


def _seat_part(node_id: str) -> str:
    return node_id.partition("[")[2].removesuffix("]")
