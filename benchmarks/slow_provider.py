"""An OpenAI-shaped provider that takes its time; a process of its own, so that it disturbs nobody.

    python benchmarks/slow_provider.py SECONDS

prints its port, answers every question after so many seconds, and tells at `GET /seen` how
many calls were under way, when. `POST /forget` begins anew.
"""

from __future__ import annotations

import asyncio
import sys
import time

from aiohttp import web

REPLY = "考えた結果、次のように答える。" * 20 + "\n\n【回答】a"


class Provider:
    """Counts calls under way."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._level = 0
        self._levels: list[tuple[float, int]] = []

    async def answer(self, request: web.Request) -> web.Response:
        """One reply, later."""
        await request.read()
        self._count(1)
        try:
            await asyncio.sleep(self._delay)
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

    async def forget(self, _: web.Request) -> web.Response:
        """Begin anew."""
        self._levels.clear()
        return web.json_response({})

    def _count(self, change: int) -> None:
        self._level += change
        self._levels.append((time.monotonic(), self._level))


async def serve(delay: float) -> None:
    """Answer until killed."""
    provider = Provider(delay)
    application = web.Application(client_max_size=1 << 26)
    application.add_routes(
        [
            web.post("/v1/chat/completions", provider.answer),
            web.get("/seen", provider.seen),
            web.post("/forget", provider.forget),
        ]
    )
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=512).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
