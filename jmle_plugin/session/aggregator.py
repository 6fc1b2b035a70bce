"""The one aggregator: collects marks where the session ends, and finishes it.

An `ExamSession` is registered as a plugin in the only process, or on the xdist
controller; workers have none.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from jmle_plugin.ask.sitting import Sitting
from jmle_plugin.gateway.status import Course
from jmle_plugin.mark.epochs import Asking
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.results.comparison import Ruling
from jmle_plugin.results.file import Results
from jmle_plugin.results.language import speaking, wording
from jmle_plugin.results.provenance import RunContext
from jmle_plugin.session.closing import Ending, Overview, make_overview, named
from jmle_plugin.session.collection import exam_ids, seat_part, seats
from jmle_plugin.session.finish import (
    Finished,
    SittingMarks,
    blind_half,
    finish,
    share_text_only,
    write_all,
)
from jmle_plugin.session.gate import ExitDecision, Sat, decide, decide_shard, with_rulings
from jmle_plugin.session.outcomes import junit_writer, mark_of, reported, suite_properties
from jmle_plugin.session.settings import Settings

if TYPE_CHECKING:
    from jmle_plugin.session.baseline import Baseline


class ExamSession:
    """Marks in; sheets, result files and the exit status out."""

    def __init__(
        self,
        settings: Settings,
        sittings: Sequence[Sitting],
        workers: str,
        complete: Sequence[Results] = (),
    ) -> None:
        """`complete` are results of runs that are named and need not be sat: they are gated too."""
        self._settings = settings
        self._complete = complete
        self._context = RunContext.start(settings.root, settings.results, workers)
        self._baselines: Mapping[str, Baseline] = {}
        if settings.baseline.name:
            from jmle_plugin.session.baseline import read_baselines  # noqa: PLC0415 - few have one

            self._baselines = read_baselines(settings, sittings, self._context)
        self._taken = [SittingMarks(sitting) for sitting in sittings]
        by_run = {one.sitting.run.address: one for one in self._taken}
        self._seats = {
            name: (by_run[seat.sitting.run.address], (seat.question.id, seat.epoch))
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
        self._overview: Overview | None = None
        """Where several exams were sat, so that a run's name says too little."""
        self._decision: ExitDecision | None = None

    def not_asked(self, reason: str, run: str | None = None) -> None:
        """Asking a run, by its address, or every run ends early: seats left unmarked are errors.

        The sheet is then incomplete, even in a session that was stopped. Without this call,
        what a stopped session did not reach was not asked, and its sheet is partial.
        """
        names = [one.sitting.run.address for one in self._taken] if run is None else [run]
        self._not_asked |= dict.fromkeys(names, reason)

    def asked(self, courses: Mapping[str, Course]) -> None:
        """Runs, by address, were asked in this session, so many calls at a time."""
        self._context.courses.update(courses)

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
        # A user's own test may happen to have a question's id.
        marks = _test_part(report.nodeid) in self._marking or report in self._made_up
        if found is not None and marks and report.when not in ("setup", "call"):
            one, asking = found
            report.user_properties += reported(one.sitting, one.marks.get(asking), asking)

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
        if not looked_only:
            with speaking(self._settings.reports.language):
                self._decide(session, int(exitstatus))

    def _decide(self, session: pytest.Session, status: int) -> None:
        problem, others = self._problem(), session.testsfailed - self._explained
        if self._settings.shard:
            lacking = {named(one, self._taken): one.lacking for one in self._taken}
            self._decision = decide_shard(
                status, self._settings.shard, lacking, other_failures=others, problem=problem
            )
        elif self._finished or problem:
            decision = decide(
                status,
                self._settings.gate,
                [*map(Sat.of, self._complete), *(one.sat for one in self._finished)],
                asked=self._settings.gate_asked,
                share=self._settings.pass_share,
                unasked=sum(not one.asked for one in self._taken),
                other_failures=others,
                problem=problem,
            )
            self._decision = with_rulings(decision, self._rulings())
        spoiled = status == 0 and session.exitstatus != 0
        if self._decision is not None and not spoiled:
            session.exitstatus = self._decision.status

    def _finish(self, config: pytest.Config, *, stopped: bool) -> None:
        """Make and write the results, and have them in the JUnit file before it is written."""
        self._select(stopped=stopped)
        if self._settings.shard:
            return
        share_text_only(self._taken)
        asked = [one for one in self._taken if one.asked]
        judged = [
            finish(
                one,
                self._settings,
                self._context,
                self._baselines.get(one.sitting.exam.id),
                blind_half(asked, one),
            )
            for one in asked
        ]
        with speaking(self._settings.reports.language):
            self._finished = write_all(judged, self._settings)
            self._overview = make_overview(self._taken, self._finished, self._settings)
        writer = junit_writer(config)
        if writer is not None:
            for name, value in suite_properties([one.results for one in self._finished]):
                writer.add_global_property(name, value)
            for report in self._made_up:
                case = writer.node_reporter(report)
                for listed in report.user_properties:
                    case.add_property(*listed)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what came of it."""
        if self._decision is None:
            return
        ending = Ending(
            self._taken,
            self._finished,
            self._overview,
            {name: taken for name, (taken, _) in self._seats.items()},
            self._not_asked,
            self._decision,
            self._problem(),
        )
        with speaking(self._settings.reports.language):
            ending.tell(terminalreporter)

    def _rulings(self) -> list[Ruling]:
        """What the baselines' gates say, each of the exam that it is about."""
        found = [(one.results.exam.id, ruling) for one in self._finished if (ruling := one.ruling)]
        if self._overview is None:
            return [ruling for _, ruling in found]
        return [
            ruling.model_copy(
                update={"sentence": wording("gate.of_exam", exam=exam, sentence=ruling.sentence)}
            )
            for exam, ruling in found
        ]

    def _select(self, *, stopped: bool) -> None:
        """Settle what was asked.

        xdist tells ids only, and a user's own test may happen to have a question's. In a
        session that was stopped, what was not reached was not asked.
        """
        for node_id in self._collected:
            if not self._marking or _test_part(node_id) in self._marking:
                one, asking = self._seats[seat_part(node_id)]
                reason = self._not_asked.get(one.sitting.run.address)
                if reason and asking not in one.marks:
                    one.error(asking, reason)
                if asking in one.marks or not stopped:
                    one.asked[asking] = None

    def _problem(self) -> str:
        """What makes every sheet of this session doubtful, as a sentence."""
        for one in self._finished:
            if one.unwritten:
                return one.unwritten
        if self._overview is not None and self._overview.unwritten:
            return self._overview.unwritten
        if self._misplaced:
            return (
                f"{min(self._misplaced)} marks a question that its id does not name: "
                "exam tests are parametrized by the suite alone"
            )
        if self._settings.gate == "official" and self._settings.gate_asked:
            for taken in self._taken:
                if not taken.asked:
                    return wording("gate.official.unasked", run=named(taken, self._taken))
        return ""


def _test_part(node_id: str) -> str:
    return node_id.partition("[")[0]
