"""An OpenAI-shaped provider that takes its time; a process of its own, so that it disturbs nobody.

    python benchmarks/slow_provider.py SECONDS [HELD [GROWTH]]

prints its port, answers every question after so many seconds (`GROWTH` more for each call under
way), refuses calls beyond `HELD` at a time with 429 (0: none), and tells at `GET /seen` how many
calls were under way, when, at `GET /refused` which calls were refused. `POST /forget` begins anew.
"""

from __future__ import annotations

import asyncio
import sys
import time

from aiohttp import web

REPLY = "考えた結果、次のように答える。" * 20 + "\n\n【回答】a"


class Provider:
    """Counts calls under way."""

    def __init__(self, delay: float, held: float = 0, growth: float = 0.0) -> None:
        self._delay, self._held, self._growth = delay, held, growth
        self._refused: list[bool] = []
        self._level = 0
        self._levels: list[tuple[float, int]] = []

    async def answer(self, request: web.Request) -> web.Response:
        """One reply, later."""
        await request.read()
        self._refused.append(0 < self._held <= self._level)
        if self._refused[-1]:
            return web.json_response({"error": {"message": "too many at a time"}}, status=429)
        self._count(1)
        try:
            await asyncio.sleep(self._delay + self._growth * self._level)
        finally:
            self._count(-1)
        message = {"role": "assistant", "content": REPLY}
        return web.json_response(
            {
                "id": "slow",
                "object": "chat.completion",
                "created": 0,
                "model": "slow",
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 500, "completion_tokens": 200, "total_tokens": 700},
            }
        )

    async def seen(self, _: web.Request) -> web.Response:
        """(seconds, calls under way) at each change."""
        return web.json_response(self._levels)

    async def refused(self, _: web.Request) -> web.Response:
        """Whether each call was refused, in their order."""
        return web.json_response(self._refused)

    async def forget(self, _: web.Request) -> web.Response:
        """Begin anew."""
        self._levels.clear()
        self._refused.clear()
        return web.json_response({})

    def _count(self, change: int) -> None:
        self._level += change
        self._levels.append((time.monotonic(), self._level))


async def serve(*figures: float) -> None:
    """Answer until killed."""
    provider = Provider(*figures)
    application = web.Application(client_max_size=1 << 26)
    application.add_routes(
        [
            web.post("/v1/chat/completions", provider.answer),
            web.get("/seen", provider.seen),
            web.get("/refused", provider.refused),
            web.post("/forget", provider.forget),
        ]
    )
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=512).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(*map(float, sys.argv[1:])))
