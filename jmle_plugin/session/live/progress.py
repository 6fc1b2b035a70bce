"""What a session that asks says: its plan, then where it stands, in lines that any log can hold."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from jmle_plugin.ask.run import ImageMode
from jmle_plugin.ask.sitting import Seat, Sitting
from jmle_plugin.errors import GatewayError
from jmle_plugin.files import digest
from jmle_plugin.gateway.models import estimate_tokens
from jmle_plugin.gateway.protocol import Announced, Announcement, ImageFile, ModelFacts
from jmle_plugin.gateway.status import GatewayStatus
from jmle_plugin.report.layout import dollars
from jmle_plugin.text import count, inert

_SHORT, _LONG = 300, 3000
"""Completion tokens of a terse reply and of one that reasons: what recorded runs have."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One run's part of a session that asks: `recorded` replies are there already."""

    sitting: Sitting
    asked: tuple[Seat, ...]
    recorded: int

    def lines(self, facts: ModelFacts, concurrency: int) -> Iterator[str]:
        """The plan for people; `concurrency` is calls at a time."""
        run = self.sitting.run
        yield (
            f"{run.run} sits {self.sitting.exam.id}: {len(self.asked)} to ask, "
            f"{self.recorded} from cassettes, {concurrency} at a time"
        )
        if self.sitting.half:
            yield f"  figures left out; text-only replies are those of {run.text_only_from}"
        if run.no_vision:
            yield f"  {run.model} is known to see no figures: the run is blind"
        yield f"  projected cost: {self._cost(facts)}"

    @property
    def announcement(self) -> Announcement:
        """The requests that are to be made, and their figures."""
        images: dict[str, ImageFile] = {}
        requests = []
        for seat in self.asked:
            name, body = seat.question.id, seat.request.body
            requests.append(
                Announced(question=name, epoch=seat.epoch, digest=digest(body), body=body)
            )
            if self.sitting.run.images is ImageMode.VISION:
                images |= {
                    one.sha256: ImageFile(path=str(one.path), media_type=one.media_type)
                    for one in seat.question.images
                }
        return Announcement(run=self.sitting.run.address, requests=requests, images=images)

    def _cost(self, facts: ModelFacts) -> str:
        if facts.input_price is None or facts.output_price is None:
            return "unknown (no price is known: give --price-in and --price-out)"
        prompts = sum(estimate_tokens(seat.request.body) for seat in self.asked)
        fixed = prompts * facts.input_price
        short, long = (
            dollars(fixed + len(self.asked) * tokens * facts.output_price)
            for tokens in (_SHORT, _LONG)
        )
        return f"{short} with {_SHORT} tokens a reply, {long} with {_LONG:,}"


class Voice:
    """Says lines where pytest writes, from any thread and at any time.

    Make it while nothing is captured: during a test, pytest's own way to the terminal leads
    into what that test has printed.
    """

    def __init__(self, reporter: Any) -> None:
        self._reporter = reporter
        reporter.flush()
        try:
            out = os.dup(sys.stdout.fileno())
        except (OSError, ValueError):  # a stream without a file: then no file is captured
            self._file = None
        else:
            opened = os.fdopen(out, "w", encoding=sys.stdout.encoding, errors="replace")
            self._file = inert(opened)

    def say(self, line: str) -> None:
        """Write a line of its own."""
        if self._file is None:
            self._reporter.ensure_newline()
            self._reporter.write_line(line)
            return
        # What `ensure_newline` does, there.
        begun = "\n" if self._reporter.currentfspath else ""
        self._reporter.currentfspath = None
        self._file.write(f"{begun}{line}\n")
        self._file.flush()

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()


_MANY = 100_000
"""Tokens from which on thousands are shown."""


class Progress:
    """Says every `interval` seconds how far asking has come, from a thread of its own.

    Nothing is said any more once every request has its outcome.
    """

    def __init__(
        self, status: Callable[[], GatewayStatus], say: Callable[[str], None], interval: float
    ) -> None:
        self._status = status
        self._say = say
        self._interval = interval
        self._begun = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Say no more."""
        self._ended.set()
        self._thread.join(self._interval)

    def _run(self) -> None:
        # A gateway that is gone is reported by who watches it.
        with contextlib.suppress(GatewayError):
            while not self._ended.wait(self._interval):
                status = self._status()
                if self._ended.is_set():
                    return
                self._say(progress_line(status, time.monotonic() - self._begun))
                if not status.waiting + status.unfinished:
                    return


def progress_line(status: GatewayStatus, seconds: float) -> str:
    """One line; `seconds` since asking began."""
    asked = status.done + status.failed
    left = status.waiting + status.unfinished
    tokens = status.tokens.prompt + status.tokens.completion
    parts = [
        f"{status.done}/{asked + left} answered",
        f"{status.in_flight} in flight",
        f"{tokens:,} tokens" if tokens < _MANY else f"{tokens // 1000:,}k tokens",
    ]
    if status.cost != 0.0:  # nothing was spent yet, or what was is not yet known
        parts.append(f"cost {dollars(status.cost)}")
    if asked:
        rate = asked / seconds
        parts += [f"{rate * 60:.0f}/min", f"{_clock(left / rate)} left"]
    if status.failed:
        parts.append(f"{status.failed} failed")
    if status.retries:
        parts.append(count(status.retries, "retry", "retries"))
    return ", ".join(parts)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
