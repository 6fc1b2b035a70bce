"""pytest's hooks in sessions that sit an exam. Each only delegates."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import pytest

from jmle_plugin.ask.lean import import_vcr
from jmle_plugin.ask.recording import MATCHER, matches
from jmle_plugin.ask.sitting import Sitting
from jmle_plugin.fixtures import seat_of
from jmle_plugin.options import Settings
from jmle_plugin.outcomes import error_without_traceback, shown_status
from jmle_plugin.session import ExamSession


def start(config: pytest.Config, settings: Settings, sittings: Sequence[Sitting]) -> None:
    """Apply what the settings say to pytest-recording; take the aggregator's seat.

    Workers have no aggregator: their reports travel to the controller's.
    """
    # syrupy warns where a session ends before its workers reported; that is ours to tell.
    config.addinivalue_line("filterwarnings", "ignore:syrupy:UserWarning")
    if settings.offline:
        config.option.record_mode = "none"
        config.option.block_network = True
    if not hasattr(config, "workerinput"):
        workers = str(config.getoption("numprocesses", default=None) or 0)
        config.pluginmanager.register(ExamSession(settings, sittings, workers), "jmle-session")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Where only exam tests use cassettes, spare the import of what they do not use."""
    recorded = (item for item in session.items if item.get_closest_marker("vcr"))
    if all(seat_of(item) for item in recorded):
        import_vcr()


@pytest.hookimpl(optionalhook=True)
def pytest_recording_configure(vcr: Any) -> None:
    """Teach vcrpy what makes a stored reply an answer to today's question."""
    vcr.register_matcher(MATCHER, matches)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say what is wrong in a line, and let an outage carry its mark."""
    report = yield
    return error_without_traceback(item, call, report)


def pytest_report_teststatus(
    report: pytest.TestReport,
) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
    """Show a wrong answer as `wrong`."""
    return shown_status(report)
