"""What the announced requests of a run come to, for all who wait for one of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from jmle_plugin.gateway.budget import Tally
from jmle_plugin.gateway.journal import Entry
from jmle_plugin.gateway.protocol import Key
from jmle_plugin.gateway.status import Failure, Outcome


class Outcomes:
    """Each request's outcome, there once it is settled. Lives in one event loop; make it there."""

    def __init__(self, keys: Iterable[Key], entries: Iterable[Entry], tally: Tally) -> None:
        """What is journalled is settled; `tally` counts."""
        loop = asyncio.get_running_loop()
        self._futures: dict[Key, asyncio.Future[Outcome]] = {
            key: loop.create_future() for key in keys
        }
        self._tally = tally
        for entry in entries:
            if self.lacks(entry.key):
                self.settle(entry.key, entry.response)
                tally.from_journal += 1

    def __len__(self) -> int:
        return len(self._futures)

    def __contains__(self, key: Key) -> bool:
        return key in self._futures

    def lacks(self, key: Key) -> bool:
        """Whether that request was announced and has no outcome yet."""
        return key in self._futures and not self._futures[key].done()

    @property
    def unsettled(self) -> list[Key]:
        """The requests without an outcome, in their order."""
        return [key for key, one in self._futures.items() if not one.done()]

    def settle(self, key: Key, outcome: Outcome) -> None:
        """Give a request its outcome."""
        if isinstance(outcome, Failure):
            self._tally.failed += 1
        else:
            self._tally.done += 1
        self._futures[key].set_result(outcome)

    async def wait(self, key: Key) -> Outcome:
        """The outcome of an announced request, once it is there: the same for every client."""
        return await asyncio.shield(self._futures[key])
