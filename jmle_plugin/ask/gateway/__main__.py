"""The gateway process: `python -m jmle_plugin.ask.gateway`, started by `launch`."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
import threading
from pathlib import Path
from typing import BinaryIO, cast

from jmle_plugin.ask.gateway.journal import Journal
from jmle_plugin.ask.gateway.protocol import GatewayConfig, Ready, Refused
from jmle_plugin.ask.gateway.redaction import RedactedStream, Redaction
from jmle_plugin.errors import GatewayError, JmleError

_PR_SET_PDEATHSIG = 1


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
        with Journal(Path(config.journal)) as journal:
            # From a thread of its own: the handler may interrupt the very writing of a line.
            leave = threading.Thread(target=_leave, args=(journal,), daemon=True)
            signal.signal(signal.SIGTERM, lambda *_: leave.start())
            threading.Thread(target=_leave_at_end_of_input, args=(journal,), daemon=True).start()
            return asyncio.run(_serve(config, journal, redact, answer))
    except JmleError as error:
        return _refuse(answer, Refused(error=redact(str(error))))


def _leave(journal: Journal) -> None:
    """End the process at once, whatever the loop and the libraries' threads are about."""
    journal.close()  # but not in the middle of a line
    os._exit(0)


def _leave_at_end_of_input(journal: Journal) -> None:
    """Wait for the end of standard input: the parent closed it, or is dead."""
    while sys.stdin.buffer.read(1 << 16):
        pass
    _leave(journal)


async def _serve(
    config: GatewayConfig,
    journal: Journal,
    redact: Redaction,
    answer: BinaryIO,
) -> int:
    from jmle_plugin.ask.gateway.provider import (  # noqa: PLC0415 - imports nothing heavy yet
        Provider,
        missing_credentials,
        model_facts,
    )
    from jmle_plugin.ask.gateway.scheduler import Scheduler  # noqa: PLC0415
    from jmle_plugin.ask.gateway.server import Service  # noqa: PLC0415

    facts = {model: model_facts(model, config.api_base) for model in config.models}
    missing = {
        name for model in config.models for name in missing_credentials(model, config.api_base)
    }
    if missing:
        names = " or ".join(sorted(missing))
        message = f"no key for {', '.join(config.models)}: {names} is not set"
        return _refuse(answer, Refused(error=message, missing_credentials=sorted(missing)))
    provider = Provider(config.images, timeout=config.request_timeout, api_base=config.api_base)
    scheduler = Scheduler(config, provider.ask, journal, redact=redact)
    async with Service(scheduler, config.token).listening() as port:
        _say(answer, Ready(port=port, models=facts))
        await scheduler.run()
        await asyncio.Event().wait()  # replies are asked for until the parent leaves
    return 0


def _take_stdout() -> BinaryIO:
    """Standard output for one line alone: whatever libraries print goes to standard error."""
    own = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(own, "wb")


def _say(answer: BinaryIO, what: Ready | Refused) -> None:
    answer.write(what.line())
    answer.close()


def _refuse(answer: BinaryIO, refused: Refused) -> int:
    _say(answer, refused)
    return 1


def _die_with(parent: int) -> None:
    """On Linux, have the kernel end this process with its parent."""
    # Its end closes our standard input too, unless a forked child of it holds that open.
    if not parent or sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before it could be watched
        os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
