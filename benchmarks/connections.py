"""What a connection of its own for every call costs, as a ratio to connections that are kept.

    python -m benchmarks.connections [--calls 200] [--rounds 5]

The gateway's own way to ask (`Provider.ask`, litellm included) against a provider on loopback,
in turns; the ratio is taken within each round. Plain HTTP: what TLS adds is not measured.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import anyio

from benchmarks.ratios import ratio_text
from jmle_plugin.gateway import library
from jmle_plugin.gateway.provider import Provider

ROOT = Path(__file__).resolve().parents[1]
CASES = ((1, 0.0), (16, 0.5))
"""(calls in flight, seconds a reply takes)."""
BODY = {"model": "openai/slow", "messages": [{"role": "user", "content": "問題" * 300}]}


class Connections:
    """Keeps connections or not, as told, and counts those that are made."""

    def __init__(self) -> None:
        self.kept = False
        self.made = 0
        leaves, connect = library._leaves, anyio.connect_tcp  # noqa: SLF001

        def left(httpx: Any, request: Any) -> bool:
            asks = leaves(httpx, request)
            if self.kept:
                request.headers["connection"] = "keep-alive"
            return asks

        async def connected(*arguments: Any, **more: Any) -> Any:
            self.made += 1
            return await connect(*arguments, **more)

        library._leaves = left  # noqa: SLF001
        anyio.connect_tcp = connected


async def seconds(provider: Provider, calls: int, in_flight: int) -> tuple[float, float]:
    """How long so many calls take: by the clock, and of this process' processor time."""
    left = iter(range(calls))

    async def ask() -> None:
        for _ in left:
            await provider.ask(BODY)

    begun, worked = time.monotonic(), time.process_time()
    async with asyncio.TaskGroup() as group:
        for _ in range(in_flight):
            group.create_task(ask())
    return time.monotonic() - begun, time.process_time() - worked


async def compare(connections: Connections, base: str, in_flight: int, given: Any) -> str:
    """The line of one case."""
    provider = Provider({}, timeout=60.0, api_base=base)
    await seconds(provider, in_flight, in_flight)  # what is loaded at first
    pairs, more, made = [], [], {True: 0, False: 0}
    for number in range(given.rounds):
        took = {}
        for kept in (True, False) if number % 2 else (False, True):
            connections.kept, connections.made = kept, 0
            took[kept] = await seconds(provider, given.calls, in_flight)
            made[kept] = connections.made
        pairs.append((took[True][0], took[False][0]))
        more.append(1000 * (took[False][1] - took[True][1]) / given.calls)
    return (
        f"{ratio_text(pairs, 'kept connections')}; {statistics.median(more):+.2f} ms of processor "
        f"time a call ({min(more):+.2f} to {max(more):+.2f}); "
        f"{made[False]} connections for {given.calls} calls, kept {made[True]}"
    )


def main() -> None:
    """Measure and print a line a case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    os.environ["OPENAI_API_KEY"] = "none-needed"
    library.load_litellm()
    connections = Connections()
    script = [sys.executable, str(ROOT / "benchmarks" / "slow_provider.py")]
    for in_flight, delay in CASES:
        with subprocess.Popen([*script, str(delay)], stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None  # noqa: S101 - a pipe was asked for
            base = f"http://127.0.0.1:{server.stdout.readline().strip()}/v1"
            told = asyncio.run(compare(connections, base, in_flight, given))
            server.kill()
        print(f"{in_flight} in flight, {delay:g} s a reply: {told}", flush=True)


if __name__ == "__main__":
    main()
