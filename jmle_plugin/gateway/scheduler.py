"""Asks ahead: the announced requests in their order, so many at a time, each until it is done.

A request ends as a completion, journalled before a client sees it, or as a `Failure`. What
no retry can mend ends the run: the other requests end as stopped.
"""

from __future__ import annotations

import asyncio
import sys
import time
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any

from jmle_plugin.gateway.budget import Budget, Tally
from jmle_plugin.gateway.failures import ProviderError
from jmle_plugin.gateway.journal import Entry, Journal
from jmle_plugin.gateway.keeper import Keeper
from jmle_plugin.gateway.limits import Lane, delay
from jmle_plugin.gateway.protocol import Announced, GatewayConfig, Key
from jmle_plugin.gateway.status import FATAL, SPENT, STOPPED, Failure, Outcome, RunStatus

Ask = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
"""Request body -> completion; raises ProviderError."""


_WASTED = 2
"""How often an answer that nothing can be read from is asked for again: each may be billed."""


class Scheduler:
    """Asks the requests of one run. Lives in one event loop; make it there."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a run is made of
        self,
        config: GatewayConfig,
        requests: Sequence[Announced],
        ask: Ask,
        journal: Journal,
        budget: Budget,
        lane: Lane,
        held: Mapping[Key, str] | None = None,
    ) -> None:
        """`budget` is shared by all runs, `lane` by those of one model.

        What is `held` is asked elsewhere, and not here: its outcome is that it was not asked.
        """
        self._config = config
        self._ask = ask
        self._journal = journal
        self._lane = lane
        self._budget = budget
        self._halted = asyncio.Event()
        self._begun = asyncio.Event()
        self._halt: Failure | None = None
        self._fatal: str | None = None
        self._capped = False
        self._tally = Tally()
        self._keeper = Keeper(journal)
        loop = asyncio.get_running_loop()
        self._outcomes: dict[Key, asyncio.Future[Outcome]] = {
            request.key: loop.create_future() for request in requests
        }
        for entry in journal.entries:
            future = self._outcomes.get(entry.key)
            if future is not None and not future.done():
                future.set_result(entry.response)
                self._tally.done += 1
                self._tally.from_journal += 1
        for key, reason in (held or {}).items():
            future = self._outcomes.get(key)
            if future is not None and not future.done():
                future.set_result(Failure(STOPPED, reason))
                self._tally.failed += 1
        self._queue = deque(one for one in requests if not self._outcomes[one.key].done())
        budget.when_over(self._cap)

    def begin(self) -> None:
        """Ask from now on."""
        self._begun.set()

    async def run(self) -> None:
        """Once begun, ask everything; returns when each request has its outcome."""
        await self._begun.wait()
        async with self._keeper.keeping(), asyncio.TaskGroup() as group:
            for _ in range(min(self._config.concurrency, len(self._queue))):
                group.create_task(self._work())

    def knows(self, key: Key) -> bool:
        """Whether that request was announced."""
        return key in self._outcomes

    async def outcome(self, key: Key) -> Outcome:
        """Wait for the outcome of an announced request: the same one for every client."""
        return await asyncio.shield(self._outcomes[key])

    def stop(self, reason: str) -> None:
        """Make no more calls; those in flight end as they do."""
        if self._halt is not None:
            return
        self._halt = Failure(STOPPED, reason)
        self._halted.set()
        self._begun.set()
        while self._queue:
            self._settle(self._queue.popleft(), self._halt)

    def status(self) -> RunStatus:
        """Where the run stands."""
        return self._tally.status(
            total=len(self._outcomes),
            waiting=len(self._queue),
            limit=self._lane.limit.calls,
            stopped=self._halt is not None,
            capped=self._capped,
            fatal=self._fatal,
        )

    def _end(self, message: str) -> Failure:
        """Stop for good: the failure of the request that is the reason."""
        self._fatal = self._fatal or message
        self.stop(f"asking was stopped: {message}")
        return Failure(FATAL, message)

    def _cap(self, reason: str) -> None:
        self._capped = self._halt is None
        self.stop(reason)

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
                outcome = self._end(f"the gateway failed: {type(error).__name__}: {error}")
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
            self._settle(request, self._end(problem))

        self._keeper.keep(entry, kept)

    async def _until_done(self, request: Announced) -> Outcome:
        attempt = wasted = 0
        while True:
            if (halt := await self._permission(request)) is not None:
                return halt
            try:
                completion = await self._call(request)
            except ProviderError as error:
                attempt += 1
                wasted += error.wasted
                outcome = self._judge(error, attempt, wasted)
                if outcome is not None:
                    return outcome
                wait = delay(attempt, error.retry_after, first=self._config.backoff)
                if error.rate_limited and error.retry_after is not None:
                    # Told to one, meant for all: others would only be refused as well.
                    self._lane.pause_until = max(self._lane.pause_until, time.monotonic() + wait)
                self._tally.resting += 1
                await self._sleep(wait)
                self._tally.resting -= 1
                if self._halt is None:
                    self._tally.retries += 1
            else:
                return completion

    def _judge(self, error: ProviderError, attempt: int, wasted: int) -> Failure | None:
        """The failure that `error` is; None to ask again."""
        if self._halt is not None:
            return self._halt  # calls that were under way would only repeat its reason
        message = error.message
        if error.fatal:
            return self._end(message)
        if attempt > self._config.max_retries or wasted > _WASTED:
            return Failure(SPENT, f"{message} (asked {attempt} times)" if attempt > 1 else message)
        return None

    async def _call(self, request: Announced) -> dict[str, Any]:
        started = time.monotonic()
        expected = self._tally.expected(request.body)
        actual = 0.0
        completion = None
        try:
            completion = await self._ask(request.body)
            actual = self._tally.count(completion)
        except ProviderError as error:
            if error.rate_limited:
                self._lane.limit.lower(started=started, now=time.monotonic())
            raise
        else:
            self._lane.limit.raise_()
            return completion
        finally:
            self._lane.pace.settle(expected, actual)
            self._budget.end(completion)
            self._tally.in_flight -= 1
            self._lane.in_flight -= 1
            async with self._budget.changed:
                self._budget.changed.notify_all()

    async def _permission(self, request: Announced) -> Failure | None:
        """Wait until one more call may be made, and count it; or what stopped everything."""
        while self._halt is None:
            wait = self._lane.pause_until - time.monotonic()
            if wait <= 0.0 and not self._has_room():
                await self._race(self._room())
                continue
            if wait <= 0.0:
                wait = self._lane.pace.wait(self._tally.expected(request.body), time.monotonic())
            if wait <= 0.0:
                self._budget.begin()
                self._tally.in_flight += 1
                self._lane.in_flight += 1
                return None
            await self._sleep(wait)
        return self._halt

    def _has_room(self) -> bool:
        return self._lane.has_room and self._budget.may_begin()

    async def _room(self) -> None:
        async with self._budget.changed:
            await self._budget.changed.wait_for(self._has_room)

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
