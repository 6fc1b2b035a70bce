"""All runs of a session: a scheduler for each, what they share, and when asking begins."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

from jmle_plugin.errors import GatewayError
from jmle_plugin.gateway.budget import Budget
from jmle_plugin.gateway.journal import Journal
from jmle_plugin.gateway.limits import Lane
from jmle_plugin.gateway.protocol import Announcement, GatewayConfig, ImageFile, Key
from jmle_plugin.gateway.scheduler import Ask, Scheduler
from jmle_plugin.gateway.status import GatewayStatus, Outcome, RunStatus
from jmle_plugin.gateway.tally import Tally


class Runs:
    """Runs in one event loop; make it there."""

    def __init__(
        self,
        config: GatewayConfig,
        journals: Mapping[str, Journal],
    ) -> None:
        """`journals` are open, by the run's name."""
        self._config = config
        self._models = {run.run: run.model for run in config.runs}
        self._journals = journals
        self._budget = Budget(config.max_cost)
        self._lanes: dict[str, Lane] = {}
        self._schedulers: dict[str, Scheduler] = {}
        self._start: Callable[[Announcement], Scheduler] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._begun = False
        self._stopped: str | None = None
        self.images: dict[str, ImageFile] = {}
        """The figures of everything announced, by sha256."""

    def open(self, ask: Ask, group: asyncio.TaskGroup) -> None:
        """Take announcements from now on; calls are made in tasks of `group`."""
        config = self._config

        def start(announcement: Announcement) -> Scheduler:
            model = self._models[announcement.run]
            if model not in self._lanes:
                self._lanes[model] = Lane(
                    config.concurrency, config.rpm, config.tpm, now=time.monotonic()
                )
            scheduler = Scheduler(
                config,
                announcement.requests,
                ask,
                self._journals[announcement.run],
                self._budget,
                self._lanes[model],
            )
            self._tasks.append(group.create_task(scheduler.run()))
            return scheduler

        self._start = start

    def announce(self, announcement: Announcement) -> None:
        """Know a run's requests; GatewayError where they cannot be its requests."""
        run = announcement.run
        if self._start is None:
            raise GatewayError("requests can be announced once the gateway is ready")
        if run not in self._models:
            raise GatewayError(f"there is no run {run!r} in this session")
        if run in self._schedulers:
            raise GatewayError(f"the requests of run {run!r} were announced before")
        for request in announcement.requests:
            if request.body["model"] != self._models[run]:
                raise GatewayError(
                    f"question {request.question} of run {run!r} is for another model than "
                    f"{self._models[run]!r}"
                )
        self.images.update(announcement.images)
        scheduler = self._schedulers[run] = self._start(announcement)
        if self._stopped is not None:
            scheduler.stop(self._stopped)
        elif self._begun:
            scheduler.begin()

    def begin(self) -> None:
        """Ask from now on, what is announced later as well."""
        self._begun = True
        for scheduler in self._schedulers.values():
            scheduler.begin()

    def stop(self, reason: str) -> None:
        """Make no more calls; those in flight end as they do."""
        self._stopped = self._stopped or reason
        for scheduler in self._schedulers.values():
            scheduler.stop(reason)

    async def end(self, reason: str) -> None:
        """Stop, and wait until what is in flight has ended and is on disk."""
        self.stop(reason)
        if self._tasks:
            await asyncio.wait(self._tasks)

    def knows(self, run: str, key: Key) -> bool:
        """Whether that request was announced."""
        return run in self._schedulers and self._schedulers[run].knows(key)

    async def outcome(self, run: str, key: Key) -> Outcome:
        """Wait for the outcome of an announced request."""
        return await self._schedulers[run].outcome(key)

    def status(self) -> GatewayStatus:
        """Where every run stands."""
        return GatewayStatus(runs={run: self._status(run) for run in self._models})

    def _status(self, run: str) -> RunStatus:
        if run in self._schedulers:
            return self._schedulers[run].status()
        return Tally().status(
            total=0, waiting=0, limit=self._config.concurrency, stopped=self._stopped is not None
        )
