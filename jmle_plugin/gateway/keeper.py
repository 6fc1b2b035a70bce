"""Between event loop and disk: written at once, synced together, handed out after that.

A sync takes 3 to 50 ms. One for each of 64 replies, one after the other, would keep
finished replies from their tests for seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from jmle_plugin.gateway.journal import Entry, Journal

Kept = Callable[[str | None], None]
"""Called in the loop once a reply is on disk (None), or with why it cannot be."""


class Keeper:
    """Keeps replies in a journal, in the order given."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._unsynced: list[Kept] = []
        self._wake = asyncio.Event()
        self._ended = False

    def keep(self, entry: Entry, kept: Kept) -> None:
        """Have a reply written, and `kept` called when it is safe."""
        try:
            # Here and now: what is handed to the system outlives a killed process.
            self._journal.write(entry)
        except (OSError, ValueError) as error:  # ValueError: it is closed, we are leaving
            kept(self._problem(error))
            return
        self._unsynced.append(kept)
        self._wake.set()

    @asynccontextmanager
    async def keeping(self) -> AsyncIterator[None]:
        """Sync until the block ends and nothing is left to sync."""
        syncing = asyncio.create_task(self._sync())
        try:
            yield
        finally:
            self._ended = True
            self._wake.set()
            await syncing

    async def _sync(self) -> None:
        while self._unsynced or not self._ended:
            await self._wake.wait()
            self._wake.clear()
            batch, self._unsynced = self._unsynced, []
            problem = await asyncio.to_thread(self._synced) if batch else None
            for kept in batch:
                kept(problem)
            if self._unsynced or self._ended:
                self._wake.set()

    def _synced(self) -> str | None:
        try:
            self._journal.sync()
        except (OSError, ValueError) as error:
            return self._problem(error)
        return None

    def _problem(self, error: Exception) -> str:
        return f"{self._journal.path} cannot be written ({error})"
