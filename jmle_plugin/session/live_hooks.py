"""pytest's hooks of a session that may ask, where it is controlled. Each only delegates."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any

import pytest

from jmle_plugin.ask.sitting import Seat, Sitting
from jmle_plugin.session import fixtures
from jmle_plugin.session.aggregator import ExamSession
from jmle_plugin.session.collection import as_usage_error, seat_part, seats
from jmle_plugin.session.fixtures import SERVICE_KEY, WORKER_INPUT, seat_of
from jmle_plugin.session.live.asking import LiveAsking
from jmle_plugin.session.live.progress import Voice
from jmle_plugin.session.settings import Settings

_OVERRIDABLE = (fixtures.__name__, "pytest_recording.plugin")
"""Where the fixtures come from that a user may override."""
_WITHOUT_XDIST = 8
"""Calls at a time where no number of workers says it."""
_ON_TERMINAL, _IN_LOG = 10.0, 30.0
"""Seconds between two lines of progress."""


class LivePlugin:
    """Starts asking when the selection is known, ends it with the session."""

    def __init__(
        self,
        config: pytest.Config,
        settings: Settings,
        sittings: Sequence[Sitting],
        session: ExamSession,
    ) -> None:
        workers = config.getoption("numprocesses", default=None) or _WITHOUT_XDIST
        self._config = config
        self._sittings = sittings
        with as_usage_error():
            self._live = LiveAsking(settings, sittings, workers)
        self._session = session
        self._begun = self._ended = False

    def start(self) -> None:
        """Start the gateway; UsageError where that cannot be."""
        self._config.add_cleanup(self._end)
        with as_usage_error():
            self._live.start(self._voice()[0])
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
            for run, reason in self._live.finish().items():
                self._session.not_asked(reason, run)

    def _ask(self, chosen: Iterable[Seat]) -> None:
        if self._begun or asks_elsewhere(self._config):
            return
        self._begun = True
        say, interval = self._voice()
        with as_usage_error():
            self._live.ask(chosen, say, interval=interval)

    def _voice(self) -> tuple[Callable[[str], None], float | None]:
        """Where to say how it goes, and how often; nothing is said under -q."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None or reporter.verbosity < 0:
            return (lambda _: None), None
        voice = Voice(reporter)
        self._config.add_cleanup(voice.close)
        return voice.say, _ON_TERMINAL if reporter.isatty else _IN_LOG


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
