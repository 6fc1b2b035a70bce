"""How long to wait before asking again: exponential, jittered, and never sooner than told."""

from __future__ import annotations

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
    told = plain.get("retry-after")
    seconds = _number(told)
    if seconds is not None or told is None:
        return seconds
    try:
        date = parsedate_to_datetime(told)
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
