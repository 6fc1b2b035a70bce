"""The gateway process: `python -m jmle_plugin.gateway`, started by `launch`."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO, cast

from jmle_plugin.errors import GatewayError, JmleError
from jmle_plugin.gateway.batch_service import TAKES
from jmle_plugin.gateway.failures import RedactedStream, Redaction
from jmle_plugin.gateway.journal import Journal
from jmle_plugin.gateway.library import load_litellm
from jmle_plugin.gateway.models import model_facts
from jmle_plugin.gateway.protocol import (
    LEAVE,
    GatewayConfig,
    Listening,
    ModelFacts,
    Ready,
    Refused,
)


def judge(config: GatewayConfig) -> Ready | Refused:
    """Whether this can be asked; imports litellm.

    Raises GatewayError for an unknown model.
    """
    litellm = load_litellm()
    facts = {
        model: _priced(model_facts(litellm, model, config.base(model), batch=config.batch), config)
        for model in config.models
    }
    if config.batch and (others := sorted({one.provider for one in facts.values()} - set(TAKES))):
        return Refused(
            error=f"--batch orders nothing from {', '.join(others)}: litellm creates no batches "
            "in OpenAI's form there",
            remedy=f"It does at {', '.join(TAKES)}. Leave out --batch to ask one by one.",
        )
    unpriced = [
        model for model, known in facts.items() if None in (known.input_price, known.output_price)
    ]
    if config.max_cost is not None and unpriced:
        return Refused(
            error=f"--max-cost cannot be kept: the prices of {', '.join(unpriced)} are unknown",
            remedy="Give --price-in and --price-out.",
        )
    return Ready(models=facts)


def _priced(facts: ModelFacts, config: GatewayConfig) -> ModelFacts:
    if config.prices is None:
        return facts
    prices = {"input_price": config.prices.input, "output_price": config.prices.output}
    return facts.model_copy(update=prices)


def unreachable(problems: Mapping[str, str]) -> Refused:
    """The refusal to begin where no call to a model can be made: `problems` says why, by model."""
    return Refused(
        error="; ".join(f"{model} cannot be asked: {one}" for model, one in problems.items()),
        remedy="Set the environment variable that the provider has for its key, or name a server "
        "that needs no key with --api-base.",
    )


_PR_SET_PDEATHSIG = 1
_SHORT = (
    "the key that goes out has fewer than 8 characters: where a server repeats it, it is not hidden"
)
_GONE = "the session that asked is gone"


def main() -> int:
    """Serve until the parent is gone; 1 where that cannot be begun."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to interpret
    answer = _take_stdout()
    try:
        config = GatewayConfig.from_line(sys.stdin.buffer.readline())
    except GatewayError as error:
        return _refuse(answer, Refused(error=str(error)))
    redact = Redaction(os.environ, [config.token])
    sys.stderr = cast("type[sys.stderr]", RedactedStream(sys.stderr, redact))  # type: ignore[valid-type]
    _die_with(config.parent)
    try:
        with ExitStack() as stack:
            journals = {
                run.run: stack.enter_context(Journal(Path(run.journal))) for run in config.runs
            }
            departure = Departure(journals.values(), config.grace)
            departure.watch()
            return asyncio.run(_serve(config, journals, redact, answer, departure))
    except JmleError as error:
        return _refuse(answer, Refused(error=redact(str(error))))


class Departure:
    """Ends this process: at once where the parent says so, else when what is paid for is there.

    SIGTERM, SIGHUP and the end of standard input mean that the parent is gone or about to be:
    no call is made any more, and those in flight get `grace` seconds to arrive and be
    journalled. A session that is begun meanwhile waits for that at the journal.
    """

    def __init__(self, journals: Collection[Journal], grace: float) -> None:
        self._journals = journals
        self._grace = grace
        # No Event: its lock would stop a handler that interrupts another, and with it the loop.
        # Every thread of a dying parent sends its signal, so that several come at once.
        self._wanted: SimpleQueue[None] = SimpleQueue()
        self.last: Callable[[], Future[None]] | None = None
        """Stops asking; its result is there once nothing is in flight. None before asking."""

    def watch(self) -> None:
        """End the process when its time has come; call it in the main thread."""
        for name in ("SIGTERM", "SIGHUP"):
            if (number := getattr(signal, name, None)) is not None:
                signal.signal(number, lambda *_: self._wanted.put(None))
        # Threads: a handler may interrupt the very writing of a line, and the loop may hang.
        for target in (self._listen, self._end):
            threading.Thread(target=target, daemon=True).start()

    def _listen(self) -> None:
        for line in sys.stdin.buffer:
            if line == LEAVE:
                self._leave()
        self._wanted.put(None)

    def _end(self) -> None:
        self._wanted.get()
        if self.last is not None:
            for journal in self._journals:
                journal.announce_end()
            with suppress(TimeoutError):
                self.last().result(self._grace)
        self._leave()

    def _leave(self) -> None:
        """End at once, whatever the loop and the libraries' threads are about."""
        for journal in self._journals:
            journal.close()  # but not in the middle of a line
        os._exit(0)


async def _serve(
    config: GatewayConfig,
    journals: Mapping[str, Journal],
    redact: Redaction,
    answer: BinaryIO,
    departure: Departure,
) -> int:
    from jmle_plugin.gateway.batches import batched  # noqa: PLC0415 - nothing heavy yet
    from jmle_plugin.gateway.provider import Provider  # noqa: PLC0415
    from jmle_plugin.gateway.server import Runs, Service  # noqa: PLC0415

    runs = Runs(config, journals)
    async with Service(runs, config.token).listening() as port:
        _say(answer, Listening(port=port))
        # It imports litellm, which takes seconds: in a thread, so that we answer meanwhile.
        verdict = await asyncio.to_thread(judge, config)
        if isinstance(verdict, Refused):
            return _refuse(answer, verdict.model_copy(update={"error": redact(verdict.error)}))
        provider = Provider(
            runs.images,
            timeout=config.request_timeout,
            api_base=config.api_base,
            bases=config.bases,
            max_edge=config.image_max_edge,
            prices=config.prices,
            redaction=redact,
            end_optional=config.finish_optional,
            batch=config.batch,
        )
        problems = {
            model: problem
            for model in config.models
            if (problem := await provider.problem(model)) is not None
        }
        if problems:
            return _refuse(answer, unreachable(problems))
        async with asyncio.TaskGroup() as group:
            runs.open(provider.ask, group, batched(config, provider, verdict.models, redact))
            loop = asyncio.get_running_loop()
            departure.last = lambda: asyncio.run_coroutine_threadsafe(runs.end(_GONE), loop)
            _say(answer, verdict.model_copy(update={"warning": _SHORT if redact.too_short else ""}))
            await asyncio.Event().wait()  # replies are asked for until the parent leaves
    return 0


def _take_stdout() -> BinaryIO:
    """Standard output for our lines alone: whatever libraries print goes to standard error."""
    own = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(own, "wb")


def _say(answer: BinaryIO, what: Listening | Ready | Refused) -> None:
    answer.write(what.line())
    answer.flush()


def _refuse(answer: BinaryIO, refused: Refused) -> int:
    _say(answer, refused)
    return 1


def _die_with(parent: int) -> None:
    """On Linux, have the kernel tell this process that its parent is gone."""
    # Its end closes our standard input too, unless a forked child of it holds that open.
    if not parent or sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before it could be watched
        os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
