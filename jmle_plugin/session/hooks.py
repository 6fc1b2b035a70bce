"""pytest's hooks in sessions that sit an exam. Each only delegates."""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from jmle_plugin.ask.matching import MATCHER, matches
from jmle_plugin.ask.recording import import_vcr
from jmle_plugin.ask.sitting import Sitting
from jmle_plugin.session.collection import COMPLETE_KEY, as_usage_error
from jmle_plugin.session.fixtures import SERVICE_KEY, WORKER_INPUT, Service, seat_of
from jmle_plugin.session.outcomes import shown_status, with_mark
from jmle_plugin.session.settings import SETTINGS_KEY, Settings
from jmle_plugin.text import Inert, in_a_job


def start(config: pytest.Config, settings: Settings, sittings: Sequence[Sitting]) -> None:
    """Apply what the settings say to pytest-recording; take the aggregator's seat.

    Workers have no aggregator: their reports travel to the controller's.
    """
    # syrupy warns where a session ends before its workers reported; that is ours to tell.
    config.addinivalue_line("filterwarnings", "ignore:syrupy:UserWarning")
    if settings.offline:
        config.option.record_mode = "none"
    if hasattr(config, "workerinput"):
        if sent := config.workerinput.get(WORKER_INPUT):
            config.stash[SERVICE_KEY] = Service(sent["address"], sent["token"])
        return
    from jmle_plugin.session.aggregator import ExamSession  # noqa: PLC0415 - workers have none

    if in_a_job() and config.pluginmanager.has_plugin("terminalreporter"):
        _let_no_command_through(config.get_terminal_writer())
    workers = str(config.getoption("numprocesses", default=None) or 0)
    with as_usage_error():
        complete = config.stash.get(COMPLETE_KEY, ())
        session = ExamSession(settings, sittings, workers, complete)
    config.pluginmanager.register(session, "jmle-session")
    looks_only = any(config.getoption(name) for name in ("collectonly", "setuponly", "setupplan"))
    if not settings.may_record or looks_only:
        return
    from jmle_plugin.session.live_hooks import LivePlugin, asks_elsewhere  # noqa: PLC0415

    if not asks_elsewhere(config):
        live = LivePlugin(config, settings, sittings, session)
        config.pluginmanager.register(live, "jmle-live")
        live.start()
    elif settings.record_mode == "rewrite":
        raise pytest.UsageError(
            "--record-mode=rewrite sets recorded replies aside, which only the suite's own "
            "gateway does: a conftest or plugin gives another model_client or gateway_url"
        )


def _let_no_command_through(writer: Any) -> None:
    """Replies, names and errors are foreign text, wherever pytest writes and folds them."""
    write, harmless = writer.write, Inert()

    def written(text: str, *, flush: bool = False, **markup: bool) -> None:
        write(harmless(text), flush=flush, **markup)

    writer.write = written


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """With --offline, block the network as --block-network does, once instead of per test."""
    with network_blocked(session.config):
        return (yield)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Make the run itself cheap: a question's test is far shorter than what surrounds it."""
    # Where only exam tests use cassettes, spare the import of what they do not use.
    recorded = (item for item in session.items if item.get_closest_marker("vcr"))
    if all(seat_of(item) for item in recorded):
        import_vcr()
    # Modules, exam and tests stay until the end: looking through them for garbage, which
    # pytest does five times over at its end, takes a sixth of a replay.
    gc.freeze()


@contextmanager
def network_blocked(config: pytest.Config) -> Iterator[None]:
    """Connections to other machines are refused while tests run in this process."""
    if not config.stash[SETTINGS_KEY].offline:
        yield
        return
    from pytest_recording.network import blocking_context  # noqa: PLC0415

    allowed = config.getoption("--allowed-hosts", default=None)
    with blocking_context(allowed_hosts=allowed.split(",") if allowed else None):
        yield


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
    return with_mark(item, call, report)


def pytest_report_teststatus(
    report: pytest.TestReport,
) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
    """Show a wrong answer as `wrong`."""
    return shown_status(report)
