"""The one aggregator: collects marks where the session ends, and finishes it.

An `ExamSession` is registered as a plugin in the only process, or on the xdist
controller; workers have none.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from jmle_plugin.ask.sitting import Sitting
from jmle_plugin.auditing import blind_half, share_text_only
from jmle_plugin.collection import exam_ids, seat_part, seats
from jmle_plugin.finishing import Finished, finish
from jmle_plugin.gate import FAILED, Decision, decide, with_rulings
from jmle_plugin.junit import case_properties, junit_writer, suite_properties
from jmle_plugin.mark.epochs import Asking
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import mark_error
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.options import Settings
from jmle_plugin.outcomes import WRONG, mark_of, wrong_lines
from jmle_plugin.report.provenance import RunContext
from jmle_plugin.report.terminal import Line, columns_of
from jmle_plugin.sitting_marks import SittingMarks

if TYPE_CHECKING:
    from jmle_plugin.baseline import Baseline


class ExamSession:
    """Marks in; sheets, result files and the exit status out."""

    def __init__(self, settings: Settings, sittings: Sequence[Sitting], workers: str) -> None:
        self._settings = settings
        self._context = RunContext.start(settings.root, settings.results, workers)
        self._baseline: Baseline | None = None
        if settings.baseline.name:
            from jmle_plugin.baseline import Baseline  # noqa: PLC0415 - few sessions have one

            self._baseline = Baseline.read(settings, sittings, self._context)
        self._taken = [SittingMarks(sitting) for sitting in sittings]
        by_run = {one.sitting.run.run: one for one in self._taken}
        self._seats = {
            name: (by_run[seat.sitting.run.run], (seat.question.id, seat.epoch))
            for name, seat in seats(sittings).items()
        }
        self._collected: list[str] = []
        self._marking: set[str] = set()
        """Node ids, without brackets, of the tests that mark."""
        self._misplaced: set[str] = set()
        """Node ids of tests that marked a question their id does not name."""
        self._explained = 0
        """Failed reports that the sheets account for."""
        self._made_up: list[pytest.TestReport] = []
        """Reports by xdist of tests during which their worker died."""
        self._not_asked: dict[str, str] = {}
        self._finished: list[Finished] = []
        self._decision: Decision | None = None

    def not_asked(self, reason: str, run: str | None = None) -> None:
        """Asking a run (None: every run) ends early: its seats left without a mark are errors.

        The sheet is then incomplete, even in a session that was stopped. Without this call,
        what a stopped session did not reach was not asked, and its sheet is partial.
        """
        names = [one.sitting.run.run for one in self._taken] if run is None else [run]
        self._not_asked |= dict.fromkeys(names, reason)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Without xdist: remember what was selected."""
        for node_id in exam_ids(session.items):
            known = seat_part(node_id) in self._seats
            (self._collected.append if known else self._misplaced.add)(node_id)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """With xdist: every worker tells the same selection."""
        self._collected += [name for name in ids if seat_part(name) in self._seats]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the mark a report carries, or the failure it stands for.

        First of all plugins: the report then tells the mark to those that write it down.
        """
        found = self._seats.get(seat_part(report.nodeid))
        self._take(report, found)
        # Somebody's own test may happen to have a question's id.
        marks = _test_part(report.nodeid) in self._marking or report in self._made_up
        if found is not None and marks and report.when not in ("setup", "call"):
            _tell(report, *found)

    def _take(self, report: pytest.TestReport, found: tuple[SittingMarks, Asking] | None) -> None:
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
            self._made_up.append(report)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(
        self, session: pytest.Session, exitstatus: int
    ) -> Generator[None, None, None]:
        """Make the sheets, write the results, decide the exit status.

        The innermost wrapper: after other plugins, some of which fold pytest's own status
        into the session's once more (syrupy does), and before the terminal's summary.
        """
        looked_only = any(session.config.getoption(name) for name in ("collectonly", "setuponly"))
        if not looked_only:
            stopped = exitstatus > 1 or bool(session.shouldstop or session.shouldfail)
            self._finish(session.config, stopped=stopped)
        yield
        problem = self._problem()
        if looked_only or not (self._finished or problem):
            return
        decision = decide(
            int(exitstatus),
            self._settings.gate,
            [one.sat for one in self._finished],
            asked=self._settings.gate_asked,
            other_failures=session.testsfailed - self._explained,
            problem=problem,
        )
        self._decision = with_rulings(
            decision, [one.ruling for one in self._finished if one.ruling is not None]
        )
        spoiled = exitstatus == 0 and session.exitstatus != 0
        if not spoiled:
            session.exitstatus = self._decision.status

    def _finish(self, config: pytest.Config, *, stopped: bool) -> None:
        """Make and write the results, and have them in the JUnit file before it is written."""
        self._select(stopped=stopped)
        share_text_only(self._taken)
        asked = [one for one in self._taken if one.asked]
        self._finished = [
            finish(one, self._settings, self._context, self._baseline, blind_half(asked, one))
            for one in asked
        ]
        writer = junit_writer(config)
        if writer is not None:
            for name, value in suite_properties([one.results for one in self._finished]):
                writer.add_global_property(name, value)
            for report in self._made_up:
                case = writer.node_reporter(report)
                for told in report.user_properties:
                    case.add_property(*told)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the sheets and the sentence that decided."""
        if self._decision is None:
            return
        quiet = terminalreporter.verbosity < 0
        columns = columns_of(terminalreporter.config.get_terminal_writer().fullwidth)
        for title, reports in self._wrong(terminalreporter).items():
            terminalreporter.write_sep("=", title)
            for line in (one for report in reports for one in wrong_lines(report, columns)):
                terminalreporter.write_line(line.text, **line.markup)
        for one in self._finished:
            _write(terminalreporter, one.title, one.lines(columns, quiet=quiet))
        for one in self._finished:
            if one.audited is not None:
                title = f"{one.title} with figures and without"
                _write(terminalreporter, title, one.audited.lines(columns, quiet=quiet))
        if not quiet or self._unexpected():
            for reason in dict.fromkeys(self._not_asked.values()):
                runs = [run for run, told in self._not_asked.items() if told == reason]
                whose = "" if len(runs) == len(self._taken) else f"{', '.join(runs)}: "
                terminalreporter.write_line(f"Asking ended early: {whose}{reason}")
            terminalreporter.write_line(self._decision.reason)

    def _wrong(self, terminalreporter: Any) -> dict[str, list[pytest.TestReport]]:
        """Title -> reports of wrong answers in the exam's order; none where nobody asks for any."""
        options = terminalreporter.config.option
        if terminalreporter.verbosity < 0 or options.tbstyle == "no" or options.no_summary:
            return {}
        given = {seat_part(one.nodeid): one for one in terminalreporter.stats.get(WRONG, [])}
        found: dict[str, list[pytest.TestReport]] = {}
        for name, (taken, _) in self._seats.items():
            if name in given:
                whose = f" · {taken.sitting.run.run}" if len(self._taken) > 1 else ""
                found.setdefault(f"wrong answers{whose}", []).append(given[name])
        return found

    def _unexpected(self) -> bool:
        """Whether the one line of a quiet session would leave its exit status unexplained."""
        verdicts = {one.sat.sheet.verdict for one in self._finished}
        failed = self._decision is not None and self._decision.status == FAILED
        refused = any(one.ruling is not None and not one.ruling.passed for one in self._finished)
        explained = verdicts & {Verdict.FAIL, Verdict.PARTIAL} and not self._problem()
        return failed and (refused or not explained)

    def _select(self, *, stopped: bool) -> None:
        """Settle what was asked.

        xdist tells ids only, and somebody's own test may happen to have a question's. In a
        session that was stopped, what was not reached was not asked.
        """
        for node_id in self._collected:
            if not self._marking or _test_part(node_id) in self._marking:
                one, asking = self._seats[seat_part(node_id)]
                reason = self._not_asked.get(one.sitting.run.run)
                if reason and asking not in one.marks:
                    one.error(asking, reason)
                if asking in one.marks or not stopped:
                    one.asked[asking] = None

    def _problem(self) -> str:
        """What makes every sheet of this session doubtful, as a sentence."""
        for one in self._finished:
            if one.unwritten:
                return one.unwritten
        if self._misplaced:
            return (
                f"{min(self._misplaced)} marks a question that its id does not name: "
                "exam tests are parametrized by the suite alone"
            )
        if self._settings.gate == "official" and self._settings.gate_asked:
            for taken in self._taken:
                if not taken.asked:
                    return f"gate official: no question of {taken.sitting.run.run} was asked"
        return ""


def _write(terminalreporter: Any, title: str, lines: Iterable[Line]) -> None:
    """Print lines, below a title of their own unless the session is a quiet one."""
    if terminalreporter.verbosity >= 0:
        terminalreporter.write_sep("=", title)
    for line in lines:
        terminalreporter.write_line(line.text, **line.markup)


def _tell(report: pytest.TestReport, taken: SittingMarks, asking: Asking) -> None:
    """Put the mark's figures on a test's last report, where those look who write it down."""
    exam, run = taken.sitting.exam, taken.sitting.run
    name, epoch = asking
    mark = taken.marks.get(asking)
    if mark is None:
        mark = mark_error(exam.questions[name], exam.key, "no mark", epoch=epoch)
    report.user_properties += case_properties(exam.id, run.run, mark)


def _test_part(node_id: str) -> str:
    return node_id.partition("[")[0]
