"""Asks ahead: the announced requests in their order, so many at a time, each until it is done.

A request ends as a completion, journalled before anybody sees it, or as a `Failure`. What
no retry can mend ends all of them.
"""

from __future__ import annotations

import asyncio
import sys
import time
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from jmle_plugin.ask.gateway.backoff import delay
from jmle_plugin.ask.gateway.failures import ProviderError
from jmle_plugin.ask.gateway.journal import Entry, Journal
from jmle_plugin.ask.gateway.keeper import Keeper
from jmle_plugin.ask.gateway.limits import AdaptiveLimit, Pace
from jmle_plugin.ask.gateway.outcome import FATAL, SPENT, STOPPED, Failure, Outcome
from jmle_plugin.ask.gateway.protocol import Announced, GatewayConfig, GatewayStatus, Key
from jmle_plugin.ask.gateway.tally import Tally

Ask = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
"""Request body -> completion; raises ProviderError."""


class Scheduler:
    """Runs in one event loop; make it there."""

    def __init__(
        self,
        config: GatewayConfig,
        ask: Ask,
        journal: Journal,
        *,
        redact: Callable[[str], str] = str,
    ) -> None:
        """`redact` takes secrets out of a provider's message."""
        self._config = config
        self._ask = ask
        self._journal = journal
        self._redact = redact
        self._limit = AdaptiveLimit(config.concurrency)
        self._pace = Pace(config.rpm, config.tpm, now=time.monotonic())
        self._pause_until = 0.0
        self._changed = asyncio.Condition()
        self._halted = asyncio.Event()
        self._begun = asyncio.Event()
        self._halt: Failure | None = None
        self._tally = Tally()
        self._keeper = Keeper(journal)
        loop = asyncio.get_running_loop()
        self._outcomes: dict[Key, asyncio.Future[Outcome]] = {
            request.key: loop.create_future() for request in config.requests
        }
        for entry in journal.entries:
            future = self._outcomes.get(entry.key)
            if future is not None and not future.done():
                future.set_result(entry.response)
                self._tally.done += 1
                self._tally.from_journal += 1
        self._queue = deque(one for one in config.requests if not self._outcomes[one.key].done())
        if not config.hold:
            self.begin()

    def begin(self) -> None:
        """Ask from now on."""
        self._begun.set()

    async def run(self) -> None:
        """Ask everything that was announced; returns when each request has its outcome."""
        await self._begun.wait()
        async with self._keeper.keeping(), asyncio.TaskGroup() as group:
            for _ in range(min(self._config.concurrency, len(self._queue))):
                group.create_task(self._work())

    def knows(self, key: Key) -> bool:
        """Whether that request was announced."""
        return key in self._outcomes

    async def outcome(self, key: Key) -> Outcome:
        """Wait for the outcome of an announced request: the same one whoever waits."""
        return await asyncio.shield(self._outcomes[key])

    def stop(self, reason: str = "asking was stopped") -> None:
        """Make no more calls; those in flight end as they do."""
        self._stop(Failure(STOPPED, reason))

    def status(self) -> GatewayStatus:
        """Where everything stands."""
        halt = self._halt
        return self._tally.status(
            total=len(self._outcomes),
            waiting=len(self._queue),
            limit=self._limit.calls,
            stopped=halt is not None,
            fatal=halt.message if halt and halt.kind == FATAL else None,
        )

    def _stop(self, failure: Failure) -> None:
        if self._halt is not None:
            return
        self._halt = failure
        self._halted.set()
        self._begun.set()
        while self._queue:
            self._settle(self._queue.popleft(), failure)

    def _settle(self, request: Announced, outcome: Outcome) -> None:
        if isinstance(outcome, Failure):
            self._tally.failed += 1
        else:
            self._tally.done += 1
        self._outcomes[request.key].set_result(outcome)

    async def _work(self) -> None:
        while self._queue:
            request = self._queue.popleft()
            try:
                outcome = await self._until_done(request)
            except Exception as error:  # noqa: BLE001 - a test waits for this outcome
                traceback.print_exc(file=sys.stderr)
                outcome = Failure(FATAL, f"the gateway failed: {type(error).__name__}: {error}")
                self._stop(outcome)
            if isinstance(outcome, Failure):
                self._settle(request, outcome)
            else:
                # The disk takes its time; the next call does not wait for it.
                self._keep(request, outcome)

    def _keep(self, request: Announced, completion: dict[str, Any]) -> None:
        entry = Entry(request.question, request.epoch, request.digest, completion)

        def kept(problem: str | None) -> None:
            if problem is None:
                self._settle(request, completion)
                return
            # A reply that could be paid for twice is not handed out, nor are more bought.
            failure = Failure(FATAL, problem)
            self._stop(failure)
            self._settle(request, failure)

        self._keeper.keep(entry, kept)

    async def _until_done(self, request: Announced) -> Outcome:
        attempt = 0
        while True:
            if (halt := await self._permission(request)) is not None:
                return halt
            try:
                completion = await self._call(request)
            except ProviderError as error:
                attempt += 1
                outcome = self._judge(error, attempt)
                if outcome is not None:
                    return outcome
                wait = delay(attempt, error.retry_after, first=self._config.backoff)
                if error.rate_limited and error.retry_after is not None:
                    # Told to one, meant for all: others would only be refused as well.
                    self._pause_until = max(self._pause_until, time.monotonic() + wait)
                self._tally.resting += 1
                await self._sleep(wait)
                self._tally.resting -= 1
                if self._halt is None:
                    self._tally.retries += 1
            else:
                return completion

    def _judge(self, error: ProviderError, attempt: int) -> Failure | None:
        """The failure that `error` is; None to ask again."""
        message = self._redact(error.message)
        if error.fatal:
            self._stop(Failure(FATAL, message))
        if self._halt is not None:
            return self._halt
        if attempt > self._config.max_retries:
            return Failure(SPENT, f"{message} (asked {attempt} times)" if attempt > 1 else message)
        return None

    async def _call(self, request: Announced) -> dict[str, Any]:
        started = time.monotonic()
        expected = self._tally.expected(request.body)
        actual = 0.0
        try:
            completion = await self._ask(request.body)
            actual = self._tally.count(completion)
        except ProviderError as error:
            if error.rate_limited:
                self._limit.lower(started=started, now=time.monotonic())
            raise
        else:
            self._limit.raise_()
            return completion
        finally:
            self._pace.settle(expected, actual)
            self._tally.in_flight -= 1
            async with self._changed:
                self._changed.notify_all()

    async def _permission(self, request: Announced) -> Failure | None:
        """Wait until one more call may be made, and count it; or what stopped everything."""
        while self._halt is None:
            wait = self._pause_until - time.monotonic()
            if wait <= 0.0 and self._tally.in_flight >= self._limit.calls:
                await self._race(self._room())
                continue
            if wait <= 0.0:
                wait = self._pace.wait(self._tally.expected(request.body), time.monotonic())
            if wait <= 0.0:
                self._tally.in_flight += 1
                return None
            await self._sleep(wait)
        return self._halt

    async def _room(self) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._tally.in_flight < self._limit.calls)

    async def _sleep(self, seconds: float) -> None:
        await self._race(asyncio.sleep(seconds))

    async def _race(self, what: Coroutine[Any, Any, None]) -> None:
        """Wait for `what`, or for everything to be stopped."""
        tasks = [asyncio.create_task(what), asyncio.create_task(self._halted.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
