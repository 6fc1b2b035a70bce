"""How many calls a minute, and what the provider says of that.

None of it knows time nor tasks of its own: the scheduler asks, waits and tells.
"""

from __future__ import annotations

import math
import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from jmle_plugin.gateway.concurrency import Concurrency

HEADERS: ContextVar[Callable[[Mapping[str, str]], None] | None] = ContextVar(
    "HEADERS", default=None
)
"""What is called with the headers of the answer to the call that the running task makes."""

PATIENCE = 3600.0
"""Seconds; a provider that asks to wait longer (a day's quota) is out for this session."""
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


_LEFT = re.compile(
    r"(?:anthropic-|x-)?ratelimit-"
    r"(?:(?P<figure>remaining|reset)(?:-(?P<what>requests|tokens))?"
    r"|(?P<counted>requests|(?:input-|output-)?tokens)-(?P<its>remaining|reset))"
)
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|[smhd]))+")
_LONG_AGO = 1e9
"""More seconds than any limit is for: such a figure is a time since 1970."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a provider says is left of a limit: requests, or tokens, for so many seconds."""

    left: float
    tokens: bool
    seconds: float


def allowances(
    headers: Mapping[str, str], *, now: Callable[[], float] = time.time
) -> list[Allowance]:
    """What an answer's rate-limit headers say is left, each with the seconds until it is more.

    Knows the headers of OpenAI and those who follow it (`x-ratelimit-remaining-requests`, reset
    after `6m0s`), of Anthropic (`anthropic-ratelimit-tokens-remaining`, reset at a time) and the
    plain `ratelimit-remaining`. What cannot be read is left out.
    """
    found: dict[str, dict[str, str]] = {}
    for name, value in headers.items():
        if part := _LEFT.fullmatch(str(name).lower()):
            what = part["what"] or part["counted"] or ""
            found.setdefault(what, {})[part["figure"] or part["its"]] = str(value).strip()
    made = []
    for what, figures in found.items():
        left, seconds = _number(figures.get("remaining")), _until(figures.get("reset"), now)
        if left is not None and seconds is not None:
            made.append(Allowance(left, "tokens" in what, seconds))
    return made


def _until(text: str | None, now: Callable[[], float]) -> float | None:
    """Seconds until a time, or as a number or duration (`1m2.5s`); None for anything else."""
    if (number := _number(text)) is not None:
        if number > _LONG_AGO * 1000:
            number /= 1000
        return max(0.0, number - now()) if number > _LONG_AGO else number
    if text and _DURATION.fullmatch(text):
        parts = re.findall(r"(\d+(?:\.\d+)?)(ms|[smhd])", text)
        return sum(float(amount) * _UNITS[unit] for amount, unit in parts)
    try:
        return max(0.0, datetime.fromisoformat(text or "").timestamp() - now())
    except (ValueError, OverflowError):
        return None


class Quota:
    """Calls that the provider says are left, until a time."""

    def __init__(self) -> None:
        self.begun = 0
        self._left = math.inf
        self._until = 0.0

    def begin(self) -> int:
        """A call begins; its number."""
        self.begun += 1
        self._left -= 1
        return self.begun

    def heed(self, allowed: Sequence[Allowance], number: int, tokens: float, now: float) -> None:
        """Take what the answer to call `number` allows: calls begun since are not in it.

        A call costs about so many `tokens`. What would take an hour or more is not waited for.
        """
        self._left = math.inf
        for one in allowed:
            left = one.left / max(1.0, tokens) if one.tokens else one.left
            left -= self.begun - number
            if left < self._left and 0.0 < one.seconds < PATIENCE:
                self._left, self._until = left, now + one.seconds

    def wait(self, now: float) -> float:
        """Seconds until a call may begin."""
        return 0.0 if self._left >= 1.0 else max(0.0, self._until - now)


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

    def __init__(
        self, concurrency: Concurrency, rpm: float | None, tpm: float | None, *, now: float
    ) -> None:
        self.concurrency = concurrency
        self.pace = Pace(rpm, tpm, now=now)
        self.quota = Quota()
        self.pause_until = 0.0
        """Before this time on the caller's clock no call starts."""

    def wait(self, tokens: float, now: float) -> float:
        """Seconds until a call of about `tokens` tokens may begin; 0.0 books it now.

        Infinite while as many as may be are in flight.
        """
        if not self.concurrency.has_room:
            return math.inf
        held = max(self.pause_until - now, self.quota.wait(now))
        return held if held > 0.0 else self.pace.wait(tokens, now)
