"""How many calls of one model to have in flight: found by asking, without a clock of its own.

It starts low and doubles while more calls in flight bring more replies a second; where only
the replies' latency grows it goes back. What a provider refuses (HTTP 429) shows its limit: the
level falls below what was accepted and comes back in small steps, each after a longer wait than
the one before, so that refusals stay rare however long a session takes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

START = 8
"""Calls in flight at first."""
MOST = 256
"""Calls in flight at most, unless the user says otherwise."""

_KEPT = 0.9
"""Of the calls in flight that were accepted, the share to go on with when others are refused."""
_WORTH = 0.1
"""What more calls must bring: calls in the power of this, against throughput. 0 is nothing more
for more calls, 1 as much more as there are more calls."""
_PROBE_WORTH = 0.3
"""The same where a good level is known: what is less may be noise."""
_PROBE = 1.5
"""How far a good level is left to see whether another is better."""
_COUNTED = 0.75
"""The share of a window's calls whose replies are waited for: the slowest would take long."""
_FULL = 0.9
"""The share of the level that has to be in flight for a window to say anything."""
_QUIET = 24
"""Replies in a row, at least, before another level is tried."""
_LONGEST = 32
"""How many times longer the waits become at most."""
_COURSE = 100
"""Changes of the level that are kept."""


class _Phase(StrEnum):
    RAMP = "ramp"
    """Doubling, from the start."""
    HOLD = "hold"
    """Staying at a good level."""
    PROBE = "probe"
    """Trying another one."""
    CLIMB = "climb"
    """Going back up, step by step, after a refusal."""


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A call in flight."""

    began: float
    beside: int
    """Calls in flight when it began, itself included."""
    window: int
    counted: bool
    """Whether its window waits for it."""


class _Window:
    """The calls that begin at one level; `size` of them are counted.

    Those count that begin beside at least half the level: what the first ones see is not it.
    """

    def __init__(self, number: int, level: int) -> None:
        self.number = number
        self.size = (level + 1) // 2
        self._level = level
        self._begun = 0
        self._ended = 0
        self._most = 0
        self._replies = 0
        self._seconds = 0.0
        self._beside = 0

    def begin(self, now: float, beside: int) -> Call:
        self._most = max(self._most, beside)
        counted = self._begun < self.size and beside > self._level // 2
        self._begun += counted
        return Call(now, beside, self.number, counted)

    def end(self, call: Call, now: float, *, replied: bool) -> None:
        self._ended += 1
        if replied:
            self._replies += 1
            self._seconds += now - call.began
            self._beside += call.beside

    @property
    def is_over(self) -> bool:
        return self._ended >= math.ceil(self.size * _COUNTED)

    def measured(self) -> tuple[float, float] | None:
        """(calls in flight, replies a second), by Little's law; None where nothing was measured.

        Nothing is where the level was never reached: then something else limits the calls.
        """
        if not self._replies or self._most < _FULL * self._level:
            return None
        calls = self._beside / self._replies
        mean = self._seconds / self._replies
        return calls, calls / mean if mean > 0.0 else math.inf


class Concurrency:
    """The level: calls that may be in flight. Seconds are those of the caller's clock."""

    def __init__(self, start: int, most: int) -> None:
        """Begin with `start` calls, never more than `most`; both at least 1."""
        self._most = most
        self._level = min(start, most)
        self.in_flight = 0
        self._refused = 0
        self._peak = 0
        self._levels: list[tuple[float, int]] = []
        """(time, level) at the first call and at changes, as far as they are kept."""
        self._phase = _Phase.RAMP
        self._window = _Window(0, self.calls)
        self._best: tuple[int, tuple[float, float]] | None = None
        """The level that others are compared with, and what was measured there."""
        self._step = 1
        self._patience = 1
        self._wait = 1
        """How long this hold is, in shortest ones."""
        self._quiet = 0
        """Replies since this hold began."""
        self._saturated = False
        """Whether more calls were tried, and brought no more replies."""
        self._down = False
        """Whether the last probe was one downwards."""
        self._ceiling = 0
        """Calls that were accepted when others were refused; 0 while none were."""
        self._half = self._bound = self._level
        """Half of the level at the last refusal, and what it may be at most after that."""
        self._refused_in = -1
        """The window of the last refusal: calls that began until then belong to it."""
        self._refused_at = 0.0

    @property
    def calls(self) -> int:
        """Calls allowed in flight, at least 1."""
        return self._level

    @property
    def has_room(self) -> bool:
        """Whether one more call may be in flight."""
        return self.in_flight < self.calls

    def course(self) -> dict[str, Any] | None:
        """What became of the level, as the fields of a `Course`; None before the first call."""
        if not self._levels:
            return None
        start = self._levels[0][0]
        levels = [(round(now - start, 1), level) for now, level in self._levels]
        return {
            "levels": levels, "last": self.calls, "most": self._peak, "refused": self._refused,
        }  # fmt: skip

    def begin(self, now: float) -> Call:
        """A call begins."""
        self.in_flight += 1
        self._peak = max(self._peak, self.in_flight)
        if not self._levels:
            self._levels.append((now, self.calls))
        return self._window.begin(now, self.in_flight)

    def end(self, call: Call, now: float, *, replied: bool) -> None:
        """A call ended with a reply, or in a way that says nothing of how many there may be."""
        window = self._window
        if call.counted and call.window == window.number:
            window.end(call, now, replied=replied)
        self.in_flight -= 1
        self._quiet += replied
        if window.is_over:
            found = window.measured()
            self._open(self._level if found is None else self._judge(found), now)

    def refuse(self, call: Call, now: float) -> None:
        """A call was refused: there are too many."""
        self._refused += 1
        self.in_flight -= 1
        again = call.window <= self._refused_in
        if again:
            # It was under way with the one refused before, so that fewer were accepted then.
            self._ceiling -= self._ceiling > 0
        else:
            first, soon = self._refused_in < 0, self._quiet < self._level
            self._patience = 1 if first else min(_LONGEST, self._patience * 2)
            self._ceiling = self.in_flight
            # A second one in the next window: it is not by a few calls that there are too many.
            self._half = self._level // 2
            self._bound = self._level if first or not soon else self._half
            self._refused_in, self._refused_at = self._window.number, now
        # Where none was accepted, it was not their number that was refused.
        level = min(self._bound, round(self._ceiling * _KEPT)) if self._ceiling else self._half
        self._best = None
        self._stay(1 if level < self._ceiling else self._patience)
        if again and self._levels[-1][0] >= self._refused_at:
            self._levels.pop()  # one change with the refusal before it
        self._open(level, now)

    def _stay(self, wait: int) -> None:
        self._phase, self._wait, self._quiet = _Phase.HOLD, wait, 0

    def _open(self, level: int, now: float) -> None:
        """Go on at `level`, with a new window."""
        self._level = max(1, level)
        if self._levels and self._levels[-1][1] != self.calls and len(self._levels) < _COURSE:
            self._levels.append((now, self.calls))
        self._window = _Window(self._window.number + 1, self.calls)

    def _judge(self, found: tuple[float, float]) -> int:
        """The level to go on with after a whole window at this one."""
        level = self._level
        if self._phase is _Phase.HOLD:
            return self._hold(found)
        if self._best is None:
            self._best = (level, found)
            return self._next()
        if self._phase is _Phase.CLIMB and level < _PROBE * self._best[0]:
            return self._next()  # so small a gain cannot be seen
        if self._is_better(found, self._best[1]):
            self._best = (level, found)
            self._patience = max(1, self._patience // 2)
            return self._next()
        # Back to where it was better; the next probe waits longer.
        self._saturated |= level > self._best[0]
        self._ceiling, self._level = 0, self._best[0]
        if self._phase is _Phase.RAMP:  # fewer may do as well, or better
            self._phase, self._down = _Phase.PROBE, True
            return self._next()
        self._patience = min(_LONGEST, self._patience * 2)
        self._stay(self._patience)
        return self._level

    def _is_better(self, found: tuple[float, float], before: tuple[float, float]) -> bool:
        more = math.log(found[0] / before[0])
        if math.isinf(before[1]):
            return False  # replies that take no time: there is nothing to gain
        gain = math.log(found[1] / before[1]) if math.isfinite(found[1]) else math.inf
        if more <= 0.0:
            return bool(gain >= _WORTH * -more)
        return bool(gain > more * (_PROBE_WORTH if self._phase is _Phase.PROBE else _WORTH))

    def _hold(self, found: tuple[float, float]) -> int:
        level = self._level
        if self._best is not None and all(map(math.isfinite, found)):
            before = self._best[1]
            found = (found[0], before[1] + (found[1] - before[1]) / 4)
        self._best = (level, found)
        if self._quiet < self._wait * max(_QUIET, 2 * level):
            return level
        if self._ceiling:
            self._phase, self._step = _Phase.CLIMB, 1
        else:
            self._phase, self._down = _Phase.PROBE, self._saturated and not self._down
        return self._next()

    def _next(self) -> int:
        """The level to try after this one."""
        level = self._level
        if self._phase is _Phase.RAMP:
            wanted = level * 2
        elif self._phase is _Phase.CLIMB:
            wanted = level + self._step
            self._step *= 2
            if level < self._ceiling <= wanted:  # so many were accepted; more only later
                self._stay(self._patience)
                wanted = self._ceiling
        elif self._down:
            wanted = int(level / _PROBE)
        else:
            wanted = max(level + 1, int(level * _PROBE))
        wanted = max(1, min(wanted, self._most))
        if wanted == level:
            self._stay(self._patience)
        return wanted
