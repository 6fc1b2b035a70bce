"""What of the suite's time is litellm's: its own `acompletion`, set up as the gateway does.

    python -m benchmarks.bare_litellm EXAM.toml API_BASE IN_FLIGHT [TIMES]

asks every question of the exam once (or so often), with its figures, and keeps nothing.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from benchmarks.thread_pool import shown
from jmle_plugin.exam.model import Question
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.gateway.library import load_litellm


async def main() -> None:
    """Ask everything."""
    pack, base, in_flight = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    times = int(sys.argv[4]) if sys.argv[4:] else 1
    exam, litellm = load_exam(pack, data_root=pack.parent), load_litellm()
    places = asyncio.Semaphore(in_flight)

    async def ask(question: Question) -> None:
        async with places:
            await litellm.acompletion(
                model="openai/slow", messages=shown(exam, question), api_base=base, api_key="none",
                max_retries=0, timeout=600,
            )  # fmt: skip

    await asyncio.gather(*map(ask, [*exam.questions.values()] * times))


if __name__ == "__main__":
    asyncio.run(main())
