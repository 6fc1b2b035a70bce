"""How many calls at a time, and how many a minute.

Neither knows time nor tasks of its own: the scheduler asks, waits and tells.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

LONGEST = 60.0
"""Seconds of the longest wait of our own choosing."""


def delay(
    attempt: int,
    retry_after: float | None,
    *,
    first: float,
    random_share: Callable[[], float] = random.random,
) -> float:
    """Seconds to wait before retry `attempt` (1, 2...).

    Half of the exponential wait is left to chance, so that requests which failed together
    do not come back together. `retry_after` is the provider's own word, in seconds: the
    wait is at least that, and at most a tenth longer where it is the longer of the two.
    """
    longest = min(LONGEST, first * 2.0 ** min(attempt - 1, 30))
    own = longest * (0.5 + 0.5 * random_share())
    if retry_after is None:
        return own
    return max(own, retry_after * (1.0 + 0.1 * random_share()))


def retry_after(
    headers: Mapping[str, str], *, now: Callable[[], float] = time.time
) -> float | None:
    """Seconds a provider asks to wait, from its response headers; None where it says nothing.

    Understands `retry-after-ms`, and `retry-after` as seconds or as an HTTP date.
    """
    plain = {str(name).lower(): str(value).strip() for name, value in headers.items()}
    milliseconds = _number(plain.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000.0
    value = plain.get("retry-after")
    seconds = _number(value)
    if seconds is not None or value is None:
        return seconds
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, date.timestamp() - now())


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else None
    except ValueError:
        return None
    # NaN and infinities parse as floats; neither is a time to wait.
    return value if value is not None and 0.0 <= value < float("inf") else None


class AdaptiveLimit:
    """Calls in flight: halved when the provider says too many, raised again with success.

    Additive increase, multiplicative decrease: each whole round of successes allows one
    more call at a time, up to the limit it began with.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._limit = float(most)
        self._lowered = -math.inf

    @property
    def calls(self) -> int:
        """Calls allowed at a time, at least 1."""
        return int(self._limit)

    def lower(self, *, started: float, now: float) -> None:
        """Too many: of a call that started at `started` (seconds on the caller's clock).

        Calls that were under way when the limit was last lowered say nothing new.
        """
        if started < self._lowered:
            return
        self._limit = max(1.0, float(self.calls // 2))
        self._lowered = now

    def raise_(self) -> None:
        """A call succeeded."""
        self._limit = min(float(self._most), self._limit + 1.0 / self._limit)


class Pace:
    """Requests and tokens per minute, spread evenly.

    Requests keep a distance. Tokens come from a bucket that holds ten seconds' worth; a
    call takes what it is expected to cost and settles the rest when its reply is there.
    """

    _BURST = 10.0
    """Seconds of tokens that may be spent at once."""

    def __init__(self, rpm: float | None, tpm: float | None, *, now: float) -> None:
        self._distance = 60.0 / rpm if rpm else 0.0
        self._next = now
        self._rate = tpm / 60.0 if tpm else 0.0
        self._capacity = self._rate * self._BURST
        self._level = self._capacity
        self._filled = now

    def wait(self, tokens: float, now: float) -> float:
        """Seconds until a call of about `tokens` tokens may start; 0.0 books it now."""
        self._fill(now)
        wait = max(0.0, self._next - now)
        if self._rate:
            # One larger than the bucket must still pass: it waits for a full one.
            lacking = min(tokens, self._capacity) - self._level
            # Rounding may not leave a wait too short to be one.
            wait = max(wait, lacking / self._rate if lacking > 1e-6 else 0.0)  # noqa: PLR2004
        if wait > 0.0:
            return wait
        self._next = max(self._next, now) + self._distance
        self._level -= tokens
        return 0.0

    def settle(self, expected: float, actual: float) -> None:
        """A call booked as `expected` tokens cost `actual` ones."""
        self._level += expected - actual

    def _fill(self, now: float) -> None:
        self._level = min(self._capacity, self._level + (now - self._filled) * self._rate)
        self._filled = now


class Lane:
    """What the runs of one model share: calls at a time and a minute, and pauses.

    A provider limits a model, however many runs ask it.
    """

    def __init__(self, most: int, rpm: float | None, tpm: float | None, *, now: float) -> None:
        self.limit = AdaptiveLimit(most)
        self.pace = Pace(rpm, tpm, now=now)
        self.in_flight = 0
        self.pause_until = 0.0
        """Before this time on the caller's clock no call starts."""

    @property
    def has_room(self) -> bool:
        """Whether one more call may be in flight."""
        return self.in_flight < self.limit.calls
