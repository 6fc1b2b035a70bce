"""Asks ahead: the announced requests in their order, so many at a time, each until it is done.

A request ends as a completion, journalled before a client sees it, or as a `Failure`. What
no retry can mend ends the run: the other requests end as stopped.
"""

from __future__ import annotations

import asyncio
import math
import sys
import time
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jmle_plugin.gateway.budget import Budget, Outcomes, Tally
from jmle_plugin.gateway.concurrency import Call
from jmle_plugin.gateway.failures import ProviderError
from jmle_plugin.gateway.journal import Entry, Journal, Keeper
from jmle_plugin.gateway.limits import HEADERS, Lane, allowances, delay
from jmle_plugin.gateway.protocol import Announced, GatewayConfig, Key
from jmle_plugin.gateway.status import FATAL, SPENT, STOPPED, Course, Failure, Outcome, RunStatus

Ask = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
"""Request body -> completion; raises ProviderError."""


_WASTED = 2
"""How often an answer that nothing can be read from is asked for again: each may be billed."""


@dataclass(slots=True, eq=False)
class _Asking:
    """A request on its way to its outcome."""

    request: Announced
    attempts: int = 0
    """Calls that failed."""
    wasted: int = 0


@dataclass(frozen=True, slots=True)
class _Begun:
    """A call that has begun: the `number`-th of its lane, expected to cost `tokens`."""

    call: Call
    number: int
    tokens: float


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
        self._begun = asyncio.Event()
        self._stirred = asyncio.Event()
        """Set whenever another call may have become possible, or none any more."""
        self._halt: Failure | None = None
        self._fatal: str | None = None
        self._capped = False
        self._tally = Tally()
        self._keeper = Keeper(journal)
        keys = [one.key for one in requests]
        self._outcomes = Outcomes(keys, journal.entries, self._tally)
        for key, reason in (held or {}).items():
            if self._outcomes.lacks(key):
                self._outcomes.settle(key, Failure(STOPPED, reason))
        self._queue = deque(_Asking(one) for one in requests if self._outcomes.lacks(one.key))
        """What was not asked yet."""
        self._again: deque[_Asking] = deque()
        """What is to be asked once more, now; it goes first."""
        self._resting: dict[_Asking, asyncio.TimerHandle] = {}
        """What is to be asked once more, later."""
        budget.when_over(self._cap)
        budget.watch(self._stirred.set)

    def begin(self) -> None:
        """Ask from now on."""
        self._begun.set()

    async def run(self) -> None:
        """Once begun, ask everything; returns when each request has its outcome."""
        await self._begun.wait()
        async with self._keeper.keeping(), asyncio.TaskGroup() as group:
            while (asking := await self._next()) is not None:
                group.create_task(self._work(asking, self._begin(asking.request)))

    def knows(self, key: Key) -> bool:
        """Whether that request was announced."""
        return key in self._outcomes

    async def outcome(self, key: Key) -> Outcome:
        """Wait for the outcome of an announced request: the same one for every client."""
        return await self._outcomes.wait(key)

    def stop(self, reason: str) -> None:
        """Make no more calls; those in flight end as they do."""
        if self._halt is not None:
            return
        self._halt = Failure(STOPPED, reason)
        self._begun.set()
        self._stirred.set()
        for timer in self._resting.values():
            timer.cancel()
        for asking in (*self._queue, *self._again, *self._resting):
            self._outcomes.settle(asking.request.key, self._halt)
        for waiting in (self._queue, self._again, self._resting):
            waiting.clear()

    def status(self) -> RunStatus:
        """Where the run stands."""
        self._tally.resting = len(self._resting)
        course = self._lane.concurrency.course()
        return self._tally.status(
            total=len(self._outcomes),
            waiting=len(self._queue),
            limit=self._lane.concurrency.calls,
            course=None if course is None else Course(**course),
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

    async def _next(self) -> _Asking | None:
        """What is to be asked, once it may be; None when there is nothing more to ask."""
        while self._halt is None:
            self._stirred.clear()
            ready = self._again or self._queue
            if ready:
                wait = self._wait(ready[0])
                if wait <= 0.0:
                    return ready.popleft()
            elif self._resting or self._tally.in_flight:
                wait = math.inf
            else:
                return None
            try:
                async with asyncio.timeout(None if math.isinf(wait) else wait):
                    await self._stirred.wait()
            except TimeoutError:
                continue
        return None

    def _wait(self, asking: _Asking) -> float:
        """Seconds until it may be asked; infinite where that is not a question of time."""
        if not self._budget.may_begin():
            return math.inf
        return self._lane.wait(self._tally.expected(asking.request.body), time.monotonic())

    async def _work(self, asking: _Asking, begun: _Begun) -> None:
        request = asking.request
        try:
            completion = await self._call(request, begun)
        except ProviderError as error:
            outcome = self._judge(error, asking)
        except Exception as error:  # noqa: BLE001 - a test waits for this outcome
            traceback.print_exc(file=sys.stderr)
            outcome = self._halt or self._end(
                f"the gateway failed: {type(error).__name__}: {error}"
            )
        else:
            # The disk takes its time; the next call does not wait for it.
            self._keep(request, completion)
            return
        if outcome is not None:
            self._outcomes.settle(request.key, outcome)
        self._stirred.set()

    def _keep(self, request: Announced, completion: dict[str, Any]) -> None:
        entry = Entry(request.question, request.epoch, request.digest, completion)

        def kept(problem: str | None) -> None:
            # A reply that could be paid for twice is not handed out, nor are more bought.
            outcome = completion if problem is None else self._end(problem)
            self._outcomes.settle(request.key, outcome)

        self._keeper.keep(entry, kept)

    def _judge(self, error: ProviderError, asking: _Asking) -> Failure | None:
        """The failure that `error` is; None where the request is asked again."""
        asking.attempts += 1
        asking.wasted += error.wasted
        if self._halt is not None:
            return self._halt  # calls that were under way would only repeat its reason
        message, attempts = error.message, asking.attempts
        if error.fatal:
            return self._end(message)
        if attempts > self._config.max_retries or asking.wasted > _WASTED:
            return Failure(
                SPENT, f"{message} (asked {attempts} times)" if attempts > 1 else message
            )
        wait = delay(attempts, error.retry_after, first=self._config.backoff)
        if error.rate_limited and error.retry_after is not None:
            # Said to one, meant for all: others would only be refused as well.
            self._lane.pause_until = max(self._lane.pause_until, time.monotonic() + wait)
        self._resting[asking] = asyncio.get_running_loop().call_later(wait, self._rested, asking)
        return None

    def _rested(self, asking: _Asking) -> None:
        del self._resting[asking]
        self._again.append(asking)
        self._tally.retries += 1
        self._stirred.set()

    def _begin(self, request: Announced) -> _Begun:
        """Count a call that begins now."""
        self._budget.begin()
        self._tally.in_flight += 1
        call = self._lane.concurrency.begin(time.monotonic())
        return _Begun(call, self._lane.quota.begin(), self._tally.expected(request.body))

    async def _call(self, request: Announced, begun: _Begun) -> dict[str, Any]:
        lane, tally = self._lane, self._tally
        actual = 0.0
        completion = None
        refused = False

        def heed(headers: Mapping[str, str]) -> None:
            tokens = tally.expected(request.body)
            lane.quota.heed(allowances(headers), begun.number, tokens, time.monotonic())

        HEADERS.set(heed)
        try:
            completion = await self._ask(request.body)
            actual = tally.count(completion)
        except ProviderError as error:
            refused = error.rate_limited
            raise
        else:
            return completion
        finally:
            now = time.monotonic()
            if refused:
                lane.concurrency.refuse(begun.call, now)
            else:
                lane.concurrency.end(begun.call, now, replied=completion is not None)
            lane.pace.settle(begun.tokens, actual)
            tally.in_flight -= 1
            self._budget.end(completion)
