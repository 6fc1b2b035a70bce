"""pytest's hooks of a session that may ask, where it is controlled. Each only delegates."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Sequence
from typing import Any

import pytest

from jmle_plugin.ask.sitting import Seat, Sitting
from jmle_plugin.session import fixtures
from jmle_plugin.session.aggregator import ExamSession
from jmle_plugin.session.asking import LiveAsking
from jmle_plugin.session.collection import as_usage_error, seat_part, seats
from jmle_plugin.session.fixtures import SERVICE_KEY, WORKER_INPUT, seat_of
from jmle_plugin.session.progress import Voice
from jmle_plugin.session.settings import Settings

_OVERRIDABLE = (fixtures.__name__, "pytest_recording.plugin")
"""Where the fixtures come from that a user may override."""
_ON_TERMINAL, _IN_LOG = 1.0, 30.0
"""Seconds until progress is shown again."""


class LivePlugin:
    """Starts asking when the selection is known, ends it with the session."""

    def __init__(
        self,
        config: pytest.Config,
        settings: Settings,
        sittings: Sequence[Sitting],
        session: ExamSession,
    ) -> None:
        self._config = config
        self._sittings = sittings
        with as_usage_error():
            self._live = LiveAsking(settings, sittings)
        self._session = session
        self._begun = self._ended = False
        self._voice: Voice | None = None

    def start(self) -> None:
        """Start the gateway; UsageError where that cannot be."""
        self._config.add_cleanup(self._end)
        with as_usage_error():
            self._live.start(reporter.write_line if (reporter := self._reporter()) else _unsaid)
        self._config.stash[SERVICE_KEY] = self._live

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Without xdist: ask for what was selected, once the terminal has said how much it is."""
        if not self._config.getoption("numprocesses", default=None):
            self._ask(seat for item in session.items if (seat := seat_of(item)))

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker which runs it sits and where it asks; no command line holds this."""
        node.workerinput[WORKER_INPUT] = {
            "runs": [
                (
                    str(one.folder),
                    one.run.model_dump(mode="json"),
                    str(one.prompt.file) if one.prompt else None,
                )
                for one in self._sittings
            ],
            "address": self._live.address,
            "token": self._live.token,
        }

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """With xdist: every worker tells the same selection; the first one counts."""
        if not self._begun:
            known = seats(self._sittings)
            self._ask(known[name] for name in map(seat_part, ids) if name in known)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self) -> Generator[None, object, object]:
        """End asking before replies are counted."""
        self._end()
        return (yield)

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            try:
                for run, reason in self._live.finish().items():
                    self._session.not_asked(reason, run)
                self._session.asked(self._live.courses)
            finally:
                if self._voice is not None:
                    self._voice.close()

    def _ask(self, chosen: Iterable[Seat]) -> None:
        if self._begun or asks_elsewhere(self._config):
            return
        self._begun = True
        reporter = self._reporter()
        with as_usage_error():
            if reporter is None:
                self._live.ask(chosen, _unsaid, interval=None)
                return
            in_place = reporter.isatty and not self._shares_terminal()
            self._voice = voice = Voice(reporter, in_place=in_place)
            interval = _ON_TERMINAL if in_place else _IN_LOG
            self._live.ask(chosen, voice.say, interval=interval, show=voice.show)
            if self._live.address is None:  # there was nothing to ask
                voice.close()

    @pytest.hookimpl(optionalhook=True)
    def pytest_enter_pdb(self) -> None:
        """Leave the terminal to the debugger."""
        if self._voice is not None:
            self._voice.leave()

    def _reporter(self) -> Any:
        """Who writes to the terminal; None under -q, where nothing is said."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        return None if reporter is None or reporter.verbosity < 0 else reporter

    def _shares_terminal(self) -> bool:
        """Whether others write there in lines of their own: what tests print, a debugger."""
        option = self._config.getoption
        debugged = any(option(name, default=False) for name in ("usepdb", "trace"))
        printed = option("capture", default="no") == "no"
        return debugged or printed or os.environ.get("TERM") == "dumb"


def _unsaid(_: str) -> None:
    """Say nothing."""


def asks_elsewhere(config: pytest.Config) -> bool:
    """Whether a conftest or plugin decides who is asked or where replies lie.

    Then it is not known here what is missing, and nothing is asked ahead.
    """
    return any(
        hasattr(plugin, name)
        for plugin in config.pluginmanager.get_plugins()
        if getattr(plugin, "__name__", "") not in _OVERRIDABLE
        for name in ("model_client", "gateway_url", "vcr_cassette_dir", "default_cassette_name")
    )
