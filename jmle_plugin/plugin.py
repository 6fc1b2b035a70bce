"""pytest's hooks. Each only delegates; nobody imports this module."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import pytest

from jmle_plugin import fixtures
from jmle_plugin.ask.recording import MATCHER, matches
from jmle_plugin.collection import (
    SITTINGS_KEY,
    open_sittings,
    refuse_unseated,
    register_markers,
    seat_parameters,
)
from jmle_plugin.errors import JmleError
from jmle_plugin.options import add_options, read_settings
from jmle_plugin.outcomes import error_without_traceback, shown_status
from jmle_plugin.session import ExamSession


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the exam's options."""
    add_options(parser)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Read the settings, open the sittings, take a seat where the session ends."""
    # Last, so that it comes after pytest-recording whatever the install order.
    config.pluginmanager.register(fixtures, "jmle-fixtures")
    try:
        settings = read_settings(config)
        sittings = open_sittings(settings)
    except JmleError as error:
        raise pytest.UsageError(str(error)) from error
    register_markers(config, sittings)
    config.stash[fixtures.SETTINGS_KEY] = settings
    config.stash[SITTINGS_KEY] = sittings
    if settings.offline:
        config.option.record_mode = "none"
        config.option.block_network = True
    if sittings and not hasattr(config, "workerinput"):
        workers = str(config.getoption("numprocesses", default=None) or 0)
        config.pluginmanager.register(ExamSession(settings, sittings, workers), "jmle-session")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test per question for whatever uses the `seat` fixture."""
    if "seat" in metafunc.fixturenames:
        metafunc.parametrize("seat", seat_parameters(metafunc.config), indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse to examine nobody (a worker leaves that to its controller)."""
    if not hasattr(config, "workerinput"):
        refuse_unseated(config, [item.nodeid for item in items])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: Sequence[str]) -> None:
    """Refuse to examine nobody, on the controller."""
    refuse_unseated(node.config, ids)


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
