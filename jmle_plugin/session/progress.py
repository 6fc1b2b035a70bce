"""What a session that asks says: its plan, then where it stands, in lines that any log can hold."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TextIO

from jmle_plugin.ask.run import ImageMode
from jmle_plugin.ask.sitting import Seat, Sitting
from jmle_plugin.errors import GatewayError
from jmle_plugin.files import digest
from jmle_plugin.gateway.batch_file import ORDERS
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
    recorded: tuple[Seat, ...]

    def lines(self, facts: ModelFacts, at_a_time: str, *, batch: bool = False) -> Iterator[str]:
        """The plan for people; `at_a_time` says how many calls there are."""
        run = self.sitting.run
        how = f"in batches of {facts.provider}" if batch else at_a_time
        yield (
            f"{run.run} sits {self.sitting.exam.id}: {len(self.asked)} to ask, "
            f"{len(self.recorded)} from cassettes, {how}"
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
        bodies: dict[str, dict[str, Any]] = {}
        for seat in self.asked:
            name, body = seat.question.id, seat.request.body
            of = digest(body)
            body = bodies.setdefault(of, body)  # that of the first epoch: there may be many
            requests.append(Announced(question=name, epoch=seat.epoch, digest=of, body=body))
            if self.sitting.run.images is ImageMode.VISION:
                images |= {
                    one.sha256: ImageFile(path=str(one.path), media_type=one.media_type)
                    for one in seat.question.images
                }
        ordered = (self.sitting.folder / ORDERS).exists()  # else there is no use for them
        recorded = [
            (seat.question.id, seat.epoch, digest(seat.request.body))
            for seat in (self.recorded if ordered else ())
        ]
        return Announcement(
            run=self.sitting.run.address,
            requests=requests,
            images=images,
            recorded=recorded,
        )

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
    """Whole lines between pytest's own, from any thread at any time, and one in place below them.

    Until `close`, a line that pytest has begun (dots, a test's name) is held back until it is
    whole, so that none of ours stands in its middle. Make it while nothing is captured: during
    a test, pytest's own way to the terminal leads into what that test has printed.
    """

    def __init__(self, reporter: Any, *, in_place: bool) -> None:
        self._writer = reporter.config.get_terminal_writer()
        self._in_place = in_place
        self._bar: Any = None
        self._held = ""
        self._lock = threading.RLock()
        reporter.flush()
        self._theirs = self._writer._file  # noqa: SLF001 - pytest has no other way between
        try:
            out = os.dup(self._theirs.fileno())
        except (OSError, ValueError):  # a stream without a file: then no file is captured
            self._out, self._own = self._theirs, False
        else:
            encoding = self._theirs.encoding
            self._out = inert(os.fdopen(out, "w", encoding=encoding, errors="replace"))
            self._own = True
        if self._writer.width_of_current_line:  # less than 0 where it holds a return
            self._put("\n")
        self._writer._file = self  # noqa: SLF001

    def write(self, text: str) -> int:
        """What pytest writes: its whole lines at once, and the rest once it is whole."""
        with self._lock:
            whole, newline, self._held = (self._held + text).rpartition("\n")
            if newline:
                self._put(whole + newline)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._theirs, name)

    def say(self, line: str) -> None:
        """Write a line of its own."""
        with self._lock:
            self._put(f"{line}\n")

    def show(self, line: str, done: int, total: int) -> None:
        """Write how far `total` has come: in place on a terminal, else as a line of its own."""
        if not self._in_place:
            self.say(line)
            return
        with self._lock:
            self._bar = self._bar or _bar(self._out)
            self._bar.n, self._bar.total = done, total
            self._bar.set_description_str(line)
            if done == total:
                self.leave()

    def leave(self) -> None:
        """Take the line in place away; what is shown from now on is a line of its own."""
        with self._lock:
            self._in_place = False
            if self._bar is not None:
                self._bar.close()
                self._bar = None

    def close(self) -> None:
        """Let pytest write on by itself, and let go of the file."""
        with self._lock:
            if self._writer._file is not self:  # noqa: SLF001
                return
            self.leave()
            self._out.flush()
            self._writer._file = self._theirs  # noqa: SLF001
            self._theirs.write(self._held)
            self._theirs.flush()
            if self._own:
                self._out.close()

    def _put(self, text: str) -> None:
        if self._bar is not None:
            self._bar.clear()
        self._out.write(text)
        self._out.flush()
        if self._bar is not None:
            self._bar.refresh()


def _bar(file: TextIO) -> Any:
    """A line in place, which gets each time what to show."""
    from tqdm import tqdm  # noqa: PLC0415 - on a terminal alone

    class Bar(tqdm):  # type: ignore[misc]
        monitor_interval = 0  # no thread that would redraw it
        _lock = threading.RLock()  # its own would be one between processes

    # Letters alone: the blocks it draws otherwise are two columns wide on many Japanese terminals.
    form = "{desc} [{bar}]"
    return Bar(file=file, bar_format=form, ascii=" #", leave=False, position=0, dynamic_ncols=True)


class Progress:
    """Shows every `interval` seconds how far asking has come, from a thread of its own.

    `show` gets a line, the number of requests that have an outcome and the number of all.
    Nothing is shown any more once they are the same.
    """

    def __init__(
        self,
        status: Callable[[], GatewayStatus],
        show: Callable[[str, int, int], None],
        interval: float,
    ) -> None:
        self._status = status
        self._show = show
        self._interval = interval
        self._begun = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Show no more."""
        self._ended.set()
        self._thread.join(self._interval)

    def _run(self) -> None:
        # A gateway that is gone is reported by who watches it.
        with contextlib.suppress(GatewayError):
            while not self._ended.wait(self._interval):
                status = self._status()
                if self._ended.is_set():
                    return
                done, left = status.done + status.failed, status.waiting + status.unfinished
                line = progress_line(status, time.monotonic() - self._begun)
                self._show(line, done, done + left)
                if not left:
                    return


def progress_line(status: GatewayStatus, seconds: float) -> str:
    """One line; `seconds` since asking began."""
    asked = status.done + status.failed
    left = status.waiting + status.unfinished
    parts = [f"{status.done}/{asked + left} answered", f"{status.in_flight} in flight"]
    if asked:
        rate = asked / seconds
        parts += [f"{rate * 60:.0f}/min", f"{_clock(left / rate)} left"]
    if status.cost != 0.0:  # nothing was spent yet, or what was is not yet known
        parts.append(f"cost {dollars(status.cost)}")
    if status.failed:
        parts.append(f"{status.failed} failed")
    if status.retries:
        parts.append(count(status.retries, "retry", "retries"))
    return ", ".join(parts)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
