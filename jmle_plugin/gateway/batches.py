"""Asks the requests of one run in batches: each ordered once, and collected now or later.

An order is written down before it is placed. One whose answer was lost is looked for by its nonce
among the provider's batches before anything of it is ordered again.
"""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from jmle_plugin.gateway.batch_file import Order, Orders, Stage, custom_id, request_line, results_in
from jmle_plugin.gateway.batch_service import Batch, BatchService, now
from jmle_plugin.gateway.budget import Budget, Outcomes, Tally, most_cost
from jmle_plugin.gateway.failures import ProviderError, Redaction
from jmle_plugin.gateway.journal import Entry, Journal
from jmle_plugin.gateway.protocol import Announced, Announcement, GatewayConfig, Key, ModelFacts
from jmle_plugin.gateway.provider import Provider
from jmle_plugin.gateway.status import FATAL, SPENT, STOPPED, Failure, Outcome, RunStatus

MOST_REQUESTS, MOST_BYTES = 50_000, 200 * 1000 * 1000
"""Of one file, by OpenAI's limits; the others' are no lower."""
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0


class BatchScheduler:
    """Stands where a `Scheduler` does for runs that are asked in batches."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a run is made of
        self,
        config: GatewayConfig,
        announcement: Announcement,
        provider: Provider,
        service: BatchService,
        facts: ModelFacts,
        journal: Journal,
        budget: Budget,
    ) -> None:
        """Takes the run's open orders from beside its journal; JournalError for a damaged file."""
        self._config, self._run = config, announcement.run
        self._recorded = set(announcement.recorded)
        self._provider, self._service, self._facts = provider, service, facts
        self._journal, self._budget = journal, budget
        self._orders = Orders(journal.path.parent)
        self._begun, self._halted = asyncio.Event(), asyncio.Event()
        self._tally = Tally()
        self._fatal: str | None = None
        self._capped = False
        self._stands: dict[str, str] = {}
        """Where an order stands, by its nonce, in words."""
        self._doubtful: set[str] = set()
        self._requests = {one.key: one for one in announcement.requests}
        self._outcomes = Outcomes(self._requests, journal.entries, self._tally)

    def begin(self) -> None:
        """Order and collect from now on."""
        self._begun.set()

    def knows(self, key: Key) -> bool:
        """Whether that request was announced."""
        return key in self._outcomes

    async def outcome(self, key: Key) -> Outcome:
        """Wait for the outcome of an announced request: the same one for every client."""
        return await self._outcomes.wait(key)

    def stop(self, reason: str) -> None:
        """Place no more orders and wait for none; a step under way is ended first."""
        for key in [] if self._begun.is_set() else self._outcomes.unsettled:
            self._outcomes.settle(key, Failure(STOPPED, reason))
        self._halted.set()
        self._begun.set()

    def status(self) -> RunStatus:
        """Where the run stands."""
        standing = "; ".join(
            f"batch {one}: {self._stands[one.nonce]}"
            for one in self._orders.open
            if one.nonce in self._stands
        )
        return self._tally.status(
            total=len(self._outcomes),
            waiting=0,
            limit=1,
            stopped=self._halted.is_set(),
            capped=self._capped,
            fatal=self._fatal,
            batch=standing,
        )

    async def run(self) -> None:
        """Once begun, collect and order; returns when each request has its outcome."""
        await self._begun.wait()
        try:
            if self._outcomes.unsettled:
                await self._work()
        except ProviderError as error:
            self._end(error.message)
        except Exception as error:  # noqa: BLE001 - tests wait for outcomes
            traceback.print_exc(file=sys.stderr)
            self._end(f"the gateway failed: {type(error).__name__}: {error}")
        held = self._orders.held()
        for key in self._outcomes.unsettled:
            self._outcomes.settle(key, Failure(STOPPED, self._why_waiting(held.get(key))))

    def _why_waiting(self, order: Order | None) -> str:
        if order is not None:
            return f"waiting for batch {order}: {self._stands.get(order.nonce, 'not collected')}"
        return self._fatal or "no order was placed for it: the session has ended"

    async def _work(self) -> None:
        for order in self._orders.open:
            await self._resolve(order)
        await self._collect()
        await self._place()
        pause = _FIRST_PAUSE
        while self._config.batch_wait and self._waiting() and not self._halted.is_set():
            await self._pause(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)
            await self._collect()

    async def _pause(self, seconds: float) -> None:
        """Wait so long, or until everything is stopped."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._halted.wait(), max(seconds, 0.0))

    # Orders of earlier sessions

    async def _resolve(self, order: Order) -> None:
        """Forget what was recorded of an order, and find out whether it was placed."""
        left = [one for one in order.requests if one not in self._recorded]
        if len(left) < len(order.requests):
            order = order.model_copy(update={"requests": left})
            self._orders.put(order if left else order.at_stage(Stage.CLOSED))
        if order.stage is Stage.PLANNED:
            self._orders.put(order.at_stage(Stage.CLOSED))
        elif order.stage is Stage.CREATING and left:
            await self._find(order)

    async def _find(self, order: Order) -> None:
        """Adopt an order whose answer was lost, or close it where it was never placed."""
        try:
            if (found := await self._service.find(order.nonce, order.at)) is None:
                # A batch may be listed a while after it was created.
                await self._pause(order.at + self._config.batch_settling - now())
                found = await self._service.find(order.nonce, order.at)
        except ProviderError as error:
            self._doubt(order, f"whether it was placed cannot be found out ({error.message})")
        else:
            stage = Stage.CLOSED if found is None else Stage.WAITING
            self._orders.put(order.at_stage(stage, batch=found.name if found else ""))

    def _doubt(self, order: Order, why: str) -> None:
        if self._config.batch_again:
            self._orders.put(order.at_stage(Stage.CLOSED))
        else:
            self._stands[order.nonce] = f"{why}; --batch-again orders it once more"
            self._doubtful.add(order.nonce)

    # Collecting

    async def _collect(self) -> None:
        for order in self._orders.open:
            if order.stage is Stage.WAITING:
                await self._look(order)

    async def _look(self, order: Order) -> None:
        try:
            batch = await self._service.look(order.batch)
            if batch.ended:
                await self._take(order, batch)
        except ProviderError as error:
            if error.fatal:
                self._doubt(order, f"cannot be looked up ({error.message})")
            else:
                self._stands[order.nonce] = f"cannot be looked up now ({error.message})"
        else:
            self._stands[order.nonce] = (
                f"{batch.status}, {batch.done} of {batch.total or len(order.requests)} done"
            )

    async def _take(self, order: Order, batch: Batch) -> None:
        """Keep the replies of a batch that has ended; what has none is settled without one."""
        names = {custom_id(self._run, key): key for key in order.keys}
        problems: dict[Key, str] = {}
        kept: dict[Key, Outcome] = {}
        for file in batch.files:
            content = await self._service.content(file)
            for result in results_in(content.splitlines(), file):
                key = names.get(result.name)
                if key is None or not self._outcomes.lacks(key) or key in kept:
                    continue
                body = self._requests[key].body
                problems[key] = result.problem
                if result.problem:
                    continue
                try:
                    completion = await self._provider.read(body, result.status, result.answer)
                except ProviderError as error:
                    problems[key] = error.message
                    continue
                self._journal.write(Entry(*key, completion))
                kept[key] = completion
                self._tally.count(completion)
        await asyncio.to_thread(self._journal.sync)
        left = [one for one in order.requests if one not in self._requests]
        stage = Stage.WAITING if left else Stage.CLOSED
        self._orders.put(order.model_copy(update={"requests": left, "stage": stage}))
        for key in order.keys:
            if not self._outcomes.lacks(key):
                continue
            why = problems.get(key) or batch.why or "it holds no result for the question"
            lost = f"batch {order} ended ({batch.status}) without this reply: {why}"
            self._outcomes.settle(key, kept.get(key) or Failure(SPENT, lost))

    # Ordering

    async def _place(self) -> None:
        """Order what is in no order and was not collected."""
        held = self._orders.held()
        fitting = self._affordable(
            [self._requests[key] for key in self._outcomes.unsettled if key not in held]
        )
        lines: list[tuple[Key, bytes]] = []
        size = 0
        for request in fitting:
            if self._halted.is_set():
                return
            made = await self._provider.write(request.body)
            line = request_line(custom_id(self._run, request.key), made.body)
            if lines and (len(lines) == MOST_REQUESTS or size + len(line) > MOST_BYTES):
                await self._order(lines)
                lines, size = [], 0
            lines.append((request.key, line))
            size += len(line)
        if lines:
            await self._order(lines)

    async def _order(self, lines: Sequence[tuple[Key, bytes]]) -> None:
        order, standing = await self._service.order(self._orders, lines)
        self._stands[order.nonce] = standing

    def _affordable(self, requests: Sequence[Announced]) -> list[Announced]:
        """The first of `requests` that the budget has room for; the others are settled."""
        chosen: list[Announced] = []
        for request in requests:
            if self._budget.reserve(most_cost(request.body, self._facts)):
                chosen.append(request)
                continue
            self._capped = True
            why = Failure(STOPPED, "not asked: --max-cost has no room for it")
            for one in requests[len(chosen) :]:
                self._outcomes.settle(one.key, why)
            break
        return chosen

    def _waiting(self) -> bool:
        """Whether a reply to anything that was announced may still come."""
        sure = (one for one in self._orders.open if one.nonce not in self._doubtful)
        keys = {key for one in sure if one.stage is Stage.WAITING for key in one.keys}
        return not keys.isdisjoint(self._outcomes.unsettled)

    def _end(self, message: str) -> None:
        """The first request that is open gets the reason, the others that asking was stopped."""
        self._fatal = message
        self._halted.set()
        held = self._orders.held()
        if left := [key for key in self._outcomes.unsettled if key not in held]:
            self._outcomes.settle(left[0], Failure(FATAL, message))


Batched = Callable[[Announcement, str, Journal, Budget], BatchScheduler]
"""(announcement, model, journal, budget) -> what asks its requests in batches."""


def batched(
    config: GatewayConfig,
    provider: Provider,
    facts: Mapping[str, ModelFacts],
    redact: Redaction,
) -> Batched | None:
    """What asks in batches; None where that is not wanted. `facts` are by model."""
    if not config.batch:
        return None

    def made(
        announcement: Announcement, model: str, journal: Journal, budget: Budget
    ) -> BatchScheduler:
        service = BatchService(facts[model].provider, provider.route(model), redact)
        return BatchScheduler(
            config, announcement, provider, service, facts[model], journal, budget
        )

    return made
