"""The gateway's HTTP service, loopback only and guarded by a token, over all runs of a session."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from jmle_plugin.errors import GatewayError, JournalError
from jmle_plugin.files import canonical_json, digest, read_json
from jmle_plugin.gateway.batch_file import Orders
from jmle_plugin.gateway.batches import Batched, BatchScheduler
from jmle_plugin.gateway.budget import Budget, Tally
from jmle_plugin.gateway.journal import Journal
from jmle_plugin.gateway.limits import Lane
from jmle_plugin.gateway.protocol import (
    ANNOUNCE_PATH,
    CHAT_PATH,
    EPOCH_HEADER,
    HOST,
    MAX_ANNOUNCEMENT,
    MAX_BODY,
    QUESTION_HEADER,
    RUN_HEADER,
    STATUS_PATH,
    STOP_PATH,
    Announcement,
    GatewayConfig,
    ImageFile,
    Key,
)
from jmle_plugin.gateway.scheduler import Ask, Scheduler
from jmle_plugin.gateway.status import REFUSED, Failure, GatewayStatus, Outcome, RunStatus


class Runs:
    """Runs in one event loop; make it there."""

    def __init__(self, config: GatewayConfig, journals: Mapping[str, Journal]) -> None:
        """`journals` are open, by the run's name."""
        self._config = config
        self._models = {run.run: run.model for run in config.runs}
        self._journals = journals
        self._budget = Budget(config.max_cost)
        self._lanes: dict[str, Lane] = {}
        self._schedulers: dict[str, Scheduler | BatchScheduler] = {}
        self._start: Callable[[Announcement], Scheduler | BatchScheduler] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._begun = False
        self._apart: set[str] = set()
        self._stopped: str | None = None
        self.images: dict[str, ImageFile] = {}
        """The figures of everything announced, by sha256."""

    def open(self, ask: Ask, group: asyncio.TaskGroup, batch: Batched | None = None) -> None:
        """Take announcements from now on; calls are made in tasks of `group`.

        With `batch` runs are asked in batches, by what it makes of an announcement.
        """
        config = self._config

        def start(announcement: Announcement) -> Scheduler | BatchScheduler:
            journal, model = self._journals[announcement.run], self._models[announcement.run]
            if batch is not None and not announcement.at_once:
                batched = batch(announcement, model, journal, self._budget)
                self._tasks.append(group.create_task(batched.run()))
                return batched
            orders = Orders(journal.path.parent) if not announcement.at_once else None
            waiting = {
                key: f"waiting for batch {order}: --batch collects it"
                for key, order in (orders.held() if orders else {}).items()
            }
            if (lane := self._lanes.get(model)) is None:
                lane = self._lanes[model] = self._lane()
            scheduler = Scheduler(
                config,
                announcement.requests,
                ask,
                journal,
                self._budget,
                lane,
                waiting,
            )
            self._tasks.append(group.create_task(scheduler.run()))
            return scheduler

        self._start = start

    def _lane(self) -> Lane:
        config = self._config
        return Lane(config.find_concurrency(), config.rpm, config.tpm, now=time.monotonic())

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
        elif self._begun or announcement.at_once:
            scheduler.begin()
        if announcement.at_once:
            self._apart.add(run)

    def begin(self, run: str) -> None:
        """Ask from now on, what is announced later as well: a test wants a reply of `run`.

        A run that is asked at once makes no other begin.
        """
        if run in self._apart:
            return
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
            status = self._schedulers[run].status()
            if run in self._apart:  # no question of an exam: what it cost is all that counts
                counts = ("waiting", "unfinished", "in_flight", "done", "failed", "from_journal")
                status = status.model_copy(update=dict.fromkeys(counts, 0))
            return status
        limit = self._config.find_concurrency().calls
        return Tally().status(total=0, waiting=0, limit=limit, stopped=self._stopped is not None)


_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Service:
    """Answers with what the runs have."""

    def __init__(self, runs: Runs, token: str) -> None:
        self._runs = runs
        self._expected = f"Bearer {token}".encode()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """Serve until the block ends; yields the port."""
        application = web.Application(client_max_size=MAX_BODY, middlewares=[self._guard])
        application.add_routes(
            [
                web.post(CHAT_PATH, self._chat),
                web.post(ANNOUNCE_PATH, self._announce),
                web.get(STATUS_PATH, self._status),
                web.post(STOP_PATH, self._stop),
            ]
        )
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, 0, backlog=512).start()
            yield int(runner.addresses[0][1])
        finally:
            await runner.cleanup()

    @web.middleware
    async def _guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        given = request.headers.get("authorization", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._expected):
            return _error(401, "the token is missing or wrong", REFUSED)
        most = MAX_ANNOUNCEMENT if request.path == ANNOUNCE_PATH else MAX_BODY
        if (request.content_length or 0) > most:
            return _too_large(most)
        try:
            return await handler(request)
        except web.HTTPRequestEntityTooLarge:
            return _too_large(most)
        except web.HTTPException as error:
            return _error(error.status, error.reason, REFUSED)

    async def _chat(self, request: web.Request) -> web.Response:
        try:
            key = await _key(request)
        except ValueError as error:
            return _error(400, f"this is no request of ours: {error}", REFUSED)
        run = request.headers.get(RUN_HEADER, "")
        if not self._runs.knows(run, key):
            return _error(
                403,
                f"question {key[0]} (epoch {key[1]}) of run {run!r} was not announced like this",
                REFUSED,
            )
        # Only now is it certain that a client wants replies of ours: nothing was asked yet.
        self._runs.begin(run)
        outcome = await self._runs.outcome(run, key)
        if isinstance(outcome, Failure):
            return _error(outcome.status, outcome.message, outcome.kind)
        return _json(200, outcome)

    async def _announce(self, request: web.Request) -> web.Response:
        raw = await request.clone(client_max_size=MAX_ANNOUNCEMENT).read()
        try:
            # Large: meanwhile others are answered.
            announcement = await asyncio.to_thread(Announcement.from_line, raw)
            self._runs.announce(announcement)
        except (GatewayError, JournalError) as error:
            return _error(400, str(error), REFUSED)
        return await self._status(request)

    async def _status(self, _: web.Request) -> web.Response:
        return _json(200, self._runs.status().model_dump())

    async def _stop(self, request: web.Request) -> web.Response:
        raw = await request.read()
        try:
            report = read_json(raw) if raw else {}
        except ValueError as error:
            return _error(400, f"this is no request of ours: {error}", REFUSED)
        reason = report.get("reason") if isinstance(report, dict) else None
        self._runs.stop(reason if isinstance(reason, str) and reason else "asking was stopped")
        return await self._status(request)


async def _key(request: web.Request) -> Key:
    """Which announced request this is; ValueError where it cannot be one."""
    question = request.headers.get(QUESTION_HEADER, "")
    epoch = int(request.headers.get(EPOCH_HEADER, "1"))
    try:
        return (question, epoch, digest(read_json(await request.read())))
    except RecursionError as error:
        raise ValueError("it nests without end") from error


def _too_large(most: int) -> web.Response:
    # The rest of the body is not read: the connection cannot be used again.
    response = _error(413, f"a request has at most {most} bytes", REFUSED)
    response.force_close()
    return response


def _error(status: int, message: str, kind: str) -> web.Response:
    return _json(status, {"error": {"message": message, "type": kind}})


def _json(status: int, content: dict[str, Any]) -> web.Response:
    return web.Response(
        status=status, body=canonical_json(content), content_type="application/json"
    )
